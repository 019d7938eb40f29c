package objection

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"slices"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Holders knows which accounts hold a role.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, body string, roles ...permit.Role) ([]string, error)
	HoldersAnywhere(tx *database.Tx, who permit.Actor, roles ...permit.Role) ([]string, error)
}

// Followers knows which accounts follow a dataset; package adjustment does.
type Followers interface {
	FollowersTx(tx *database.Tx, who permit.Actor, slug string) ([]string, error)
}

// Tools are what the service works with.
type Tools struct {
	DB        *database.DB
	Clock     clock.Clock
	IDs       *id.Source
	Book      func() terms.Book
	Box       notice.Box
	Entries   *openlist.Service
	Versions  *version.Service
	Materials *material.Service
	Notices   *notice.Service
	Holders   Holders
	Followers Followers // nil: none; set it before use
	// Stopped ends every read of a dataset that is under way, see package
	// obtain/access; nil in tests of other things.
	Stopped func(ctx context.Context, dataset string) error
}

// Service keeps the objections.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// Stream is the ledger stream of an objection.
func Stream(id string) string { return "objection/" + id }

// Submit enters an objection to the dataset called slug, by anybody; file may
// be nil. What the objector wrote stands in no event. Article 16(2).
func (s *Service) Submit(ctx context.Context, who permit.Actor, slug string, in Form, file *material.Scratch) (got Receipt, err error) {
	caseID := s.IDs.Make("obj")
	in = trimmed(in)
	enter := func(tx *database.Tx, file string) error {
		before, err := s.sentBefore(tx, slug, in)
		if err != nil || before.ID != "" {
			got = before
			return cmp.Or(err, errSentBefore)
		}
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil {
			return err
		}
		c := Submit{ID: caseID, Dataset: slug, Body: e.Publisher, Form: in, File: file}
		if c.Number, err = nextNumber(tx, workday.Of(s.Clock.Now())); err != nil {
			return err
		}
		got = Receipt{ID: caseID, Number: c.Number}
		r, err := s.move(tx, who, row{Case: Case{ID: caseID, Dataset: slug, Body: e.Publisher}}, c)
		if err != nil {
			return err
		}
		if got.Code, err = s.enter(tx, who, caseID, in); err != nil {
			return err
		}
		return s.author(tx, r, "received")
	}
	if file == nil {
		err = s.DB.Write(ctx, func(tx *database.Tx) error { return enter(tx, "") })
	} else {
		_, err = s.Materials.Keep(ctx, permit.Actor{}, caseID, file, func(tx *database.Tx, m material.Material) error { return enter(tx, m.ID) })
	}
	if errors.Is(err, errSentBefore) {
		err = nil
	}
	return got, err
}

// Check tells every fault of a form that is not sent yet.
func (s *Service) Check(ctx context.Context, who permit.Actor, slug string, in Form) error {
	return s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil {
			return err
		}
		c := Submit{Dataset: slug, Body: e.Publisher, Form: trimmed(in)}
		f, err := s.facts(tx, who, Case{Dataset: slug, Body: e.Publisher}, c)
		if err == nil {
			_, err = Decide(f, Case{}, c)
		}
		return err
	})
}

// trimmed takes away what nobody means: blanks at the ends, and empty lines.
func trimmed(in Form) Form {
	blank := func(text string) bool { return strings.TrimSpace(text) == "" }
	in.Fields, in.Rows = slices.DeleteFunc(slices.Clone(in.Fields), blank), slices.DeleteFunc(slices.Clone(in.Rows), blank)
	for i := range in.Rows {
		in.Rows[i] = strings.TrimSpace(in.Rows[i])
	}
	if in.Target == Dataset {
		in.Fields = nil
	}
	if in.Target != Rows {
		in.Rows = nil
	}
	in.Contact = strings.TrimSpace(in.Contact)
	return in
}

// Do asks c of an objection. Seen is the revision that whoever asks has seen;
// 0 if he does not say. Whoever may not see it is told that there is none.
func (s *Service) Do(ctx context.Context, who permit.Actor, caseID string, seen int, c Command) (v View, err error) {
	switch c.(type) {
	case Submit, Reopen, Attach, Erase, Ring, Recount:
		return v, problem.New(problem.Forbidden, "flow.not_your_step") // by ways of their own
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, caseID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			lines, err := ledger.History(tx, Stream(r.ID))
			if err != nil {
				return err
			}
			return ledger.Moved(s.Notices.Words, "objection.moved", lines, seen)
		}
		if r, err = s.move(tx, who, r, c); err != nil {
			return err
		}
		v, err = s.view(tx, who, r, false)
		return err
	})
	if _, stops := c.(Suspend); stops && err == nil && s.Stopped != nil {
		err = s.Stopped(ctx, v.Case.Dataset)
	}
	return v, err
}

// move decides, saves and appends, and does what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command) (row, error) {
	f, err := s.facts(tx, who, before.Case, c)
	if err != nil {
		return before, err
	}
	events, err := Decide(f, before.Case, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.Case = Evolve(after.Case, e)
	}
	after.revision += len(events)
	after.changed = s.Clock.Now()
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	by := who
	switch c.(type) {
	case Submit, Reopen, Attach:
		by = permit.Actor{} // who objects stands where it can be erased
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, by, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	switch c := c.(type) {
	case Suspend:
		_, err = s.Entries.SuspendTx(tx, who, after.Dataset, []string{c.Reason})
	case Erase:
		err = s.erase(tx, after.ID)
	}
	if err != nil {
		return before, err
	}
	return after, s.tell(tx, before, after, events)
}

// facts gathers what the rules need to know.
func (s *Service) facts(tx *database.Tx, who permit.Actor, o Case, c Command) (f Facts, err error) {
	f = Facts{Who: who.For(o.Body), Today: workday.Of(s.Clock.Now()), Mine: true} // mine: see [Service.mine]
	e, err := s.Entries.GetTx(tx, permit.Platform, o.Dataset)
	if err != nil {
		return f, err
	}
	f.Listed = e.Listed()
	book := s.Book()
	switch c := c.(type) {
	case Submit:
		f.Known, err = s.fields(tx, e)
	case Mark:
		f.Newest, _, err = s.release(tx, o.Dataset, 0)
	case Correct:
		_, f.Release, err = s.release(tx, o.Dataset, c.Version)
	case Close, Refuse:
		reopen, err := book.Due(TermReopen, f.Today)
		if err != nil {
			return f, err
		}
		erase, err := book.Due(TermErase, f.Today)
		if err != nil {
			return f, err
		}
		f.ReopenUntil, f.EraseOn = reopen.Day, erase.Day
	}
	if err != nil {
		return f, err
	}
	f.Clock, err = clockOf(book, o, Leads(o.Stage, c.Verb()), f.Today)
	return f, err
}

// clockOf is the clock of the phase of a stage that is entered today. The ten
// days of a correction count from the tracing, as those of the finding do:
// SM-15 gives them for both together.
func clockOf(book terms.Book, o Case, to Stage, today workday.Date) (deadline.Clock, error) {
	p, ok := PhaseOf(to)
	if !ok {
		return deadline.Clock{}, nil
	}
	if to == StageConfirmed && o.TracedOn != "" {
		today = o.TracedOn
	}
	return deadline.Start(book, p.Term, p.Steps, today)
}

// fields are the names of the fields of an entry: those that it explains, and
// those of its table if everybody may know them.
func (s *Service) fields(tx *database.Tx, e openlist.Entry) (names []string, err error) {
	for _, i := range e.Items {
		names = append(names, i.Name)
	}
	all, err := s.Versions.ListTx(tx, permit.Platform, e.Slug)
	for _, v := range all {
		if v.Stage != version.StageReleased || v.Outcome == nil || !version.OpenToAll(v.Kind, string(e.Opening)) {
			continue
		}
		for _, c := range v.Outcome.Columns {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names, err
}

// Fields returns the names of the fields to which one may object.
func (s *Service) Fields(ctx context.Context, who permit.Actor, slug string) (names []string, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, slug)
		if err == nil {
			names, err = s.fields(tx, e)
		}
		return err
	})
	return names, err
}

// release returns the number of the version in force, and what is known of the
// version called number.
func (s *Service) release(tx *database.Tx, slug string, number int) (newest int, r Release, err error) {
	all, err := s.Versions.ListTx(tx, permit.Platform, slug)
	for _, v := range all {
		if v.Kind != version.Full {
			continue
		}
		if v.Stage == version.StageReleased {
			newest = v.Number
		}
		if v.Number == number {
			r = Release{Readable: v.Readable(), Current: v.Stage == version.StageReleased, On: v.ReleasedOn}
		}
	}
	return newest, r, err
}

// see returns a case that who may see.
func (s *Service) see(tx *database.Tx, who permit.Actor, caseID string) (row, error) {
	r, err := load(tx, caseID)
	if err != nil {
		return row{}, err
	}
	if here := who.For(r.Body); r.Public || Works(here, r.Case) || Oversees(here) {
		return r, nil
	}
	a, err := s.authors().LoadTx(tx, permit.Platform, caseID)
	if err != nil {
		return row{}, err
	}
	if !a.Owns(who) {
		return row{}, notFound()
	}
	return r, nil
}
