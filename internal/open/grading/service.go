package grading

import (
	"context"
	"embed"
	"slices"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Subject is an entry of the open list as far as grading cares.
type Subject struct {
	Slug   string      `json:"slug"`
	Body   string      `json:"body"` // id of the publisher
	Title  locale.Text `json:"title"`
	Fields []FieldName `json:"fields"`
}

// Subjects finds entries; the open list, which comes later, answers.
type Subjects interface {
	// Subject returns the entry called slug, or problem.NotFound.
	Subject(tx *database.Tx, who permit.Actor, slug string) (Subject, error)
	// Slugs lists the entries that are not withdrawn.
	Slugs(ctx context.Context, who permit.Actor) ([]string, error)
}

// Scanner looks at the fields of an entry and their samples for identifiers.
// It suggests; a person decides.
type Scanner interface {
	Suggest(tx *database.Tx, who permit.Actor, s Subject) ([]Suggestion, error)
}

// Tools are what the service works with.
type Tools struct {
	DB       *database.DB
	Clock    clock.Clock
	Book     func() terms.Book
	Subjects Subjects
	Scanner  Scanner // nil for names only
}

// Service keeps the gradings, the profiles and the overlays.
type Service struct {
	Tools
	first Profile // what the platform is delivered with
}

// New returns the service. It fails if the profile that comes with it does not
// hold.
func New(t Tools) (*Service, error) {
	p, err := Default()
	return &Service{t, p}, err
}

// Stream is the ledger stream of the grading of the entry called slug.
func Stream(slug string) string { return "grading/" + slug }

// Do asks c of the grading of an entry, as it stood at revision seen; 0 for
// however it stands. Whoever may not see it is told that there is none.
func (s *Service) Do(ctx context.Context, who permit.Actor, slug string, seen int, c Command) (g Case, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		subject, r, err := s.see(tx, who, slug)
		if err != nil {
			return err
		}
		if seen != 0 && seen != r.revision {
			return problem.New(problem.Conflict, "moved_meanwhile")
		}
		if grade, ok := c.(Grade); ok {
			c = Grade{tidy(grade.Sheet)}
		}
		if r, err = s.move(tx, who, subject, r, c); err != nil {
			return err
		}
		g = r.state
		if g.Stage == StageRejected { // its fields may have changed while it waited
			r, err = s.rescan(tx, subject, r)
			g = r.state
		}
		return err
	})
	return g, err
}

// tidy drops what a form sends without meaning it: no deviation, blank lists.
func tidy(s Sheet) Sheet {
	if v := s.Deviation; v != nil && v.Type == "" && strings.TrimSpace(v.Reason) == "" && len(v.Fields) == 0 {
		s.Deviation = nil
	}
	return s
}

// see returns a grading that who may see, with its entry.
func (s *Service) see(tx *database.Tx, who permit.Actor, slug string) (Subject, row[Case], error) {
	subject, err := s.Subjects.Subject(tx, permit.Platform, slug)
	if problem.Is(err, problem.NotFound) || err == nil && !MaySee(who, subject.Body) {
		err = notFound()
	}
	if err != nil {
		return subject, row[Case]{}, err
	}
	r, ok, err := load(tx, slug)
	if !ok {
		r.state = Case{Slug: slug, Body: subject.Body, Stage: StageNotGraded}
	}
	return subject, r, err
}

// facts gathers what the rules need; the neighbours are those of the fields
// that are graded.
func (s *Service) facts(tx *database.Tx, who permit.Actor, subject Subject, fields []Field) (f Facts, err error) {
	f = Facts{Who: who.For(subject.Body), Today: workday.Of(s.Clock.Now()), Fields: subject.Fields}
	if f.Profile, err = s.ProfileTx(tx, who); err != nil {
		return f, err
	}
	if f.Overlay, err = s.OverlayTx(tx, who, subject.Body); err != nil {
		return f, err
	}
	f.Joined, err = neighbours(tx, f.Profile.Content, subject.Slug, fields)
	return f, err
}

// move decides, saves and appends.
func (s *Service) move(tx *database.Tx, who permit.Actor, subject Subject, before row[Case], c Command) (row[Case], error) {
	f, err := s.facts(tx, who, subject, fieldsOf(before.state, c))
	if err != nil {
		return before, err
	}
	events, err := Decide(f, before.state, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.state = Evolve(after.state, e)
	}
	after.revision += len(events)
	if err := save(tx, after.state, before.revision, after.revision); err != nil {
		return before, err
	}
	if _, ok := c.(Confirm); ok {
		if err := saveLinks(tx, f.Profile.Content, after.state); err != nil {
			return before, err
		}
	}
	return after, ledger.Append(tx, Stream(subject.Slug), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// fieldsOf returns the fields that c is about.
func fieldsOf(g Case, c Command) []Field {
	switch c := c.(type) {
	case Grade:
		return c.Fields
	case Confirm:
		if g.Draft != nil {
			return g.Draft.Fields
		}
	}
	return nil
}

// Refresh looks at the entry as it is now: a new one is scanned, what waits
// for a grader gets suggestions for its fields, and what is in force is due
// again if its fields are no longer those that were graded. It may run again.
func (s *Service) Refresh(ctx context.Context, who permit.Actor, slug string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error { return s.RefreshTx(tx, who, slug) })
}

// RefreshTx is [Service.Refresh] within tx.
func (s *Service) RefreshTx(tx *database.Tx, _ permit.Actor, slug string) error {
	subject, r, err := s.see(tx, permit.Platform, slug)
	if err != nil {
		return err
	}
	if d := r.state.InForce; d != nil && (r.state.Stage == StageConfirmed || r.state.Stage == StageReviewDue) && !sameFields(subject.Fields, d.Fields) {
		if r, err = s.move(tx, permit.Platform, subject, r, DueAgain{Reasons: []string{SchemaChanged}}); err != nil {
			return err
		}
	}
	_, err = s.rescan(tx, subject, r)
	return err
}

// rescan takes the suggestions in, where a grader may use them.
func (s *Service) rescan(tx *database.Tx, subject Subject, r row[Case]) (row[Case], error) {
	if Table.Permit(r.state.Stage, Scan{}.Verb(), permit.Platform, nil) != nil {
		return r, nil
	}
	p, err := s.ProfileTx(tx, permit.Platform)
	if err != nil {
		return r, err
	}
	suggestions := p.Suggest(subject.Fields)
	if s.Scanner != nil {
		found, err := s.Scanner.Suggest(tx, permit.Platform, subject)
		if err != nil {
			return r, err
		}
		suggestions = merge(suggestions, found)
	}
	return s.move(tx, permit.Platform, subject, r, Scan{Slug: subject.Slug, Body: subject.Body, Suggestions: suggestions})
}

// merge puts what a scan of the rows found in the place of what the name of a
// field says.
func merge(names, found []Suggestion) []Suggestion {
	all := slices.Clone(names)
	for _, f := range found {
		i := slices.IndexFunc(all, func(s Suggestion) bool { return s.Field == f.Field })
		if i < 0 {
			all = append(all, f)
		} else {
			all[i] = f
		}
	}
	return all
}

// sameFields reports whether exactly the fields of an entry are graded, in
// whatever order.
func sameFields(now []FieldName, then []Field) bool {
	if len(now) != len(then) {
		return false
	}
	return !slices.ContainsFunc(now, func(n FieldName) bool {
		return !slices.ContainsFunc(then, func(f Field) bool { return f.Name == n.Name })
	})
}
