package condition

import (
	"context"
	"embed"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/openlist"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Tools are what the service works with.
type Tools struct {
	DB        *database.DB
	Clock     clock.Clock
	IDs       *id.Source
	Entries   *openlist.Service
	Codes     ScenarioSource
	Materials *material.Service // keeps the templates
	// WillBe reports whether an order under way makes an entry conditional, so
	// that its conditions can be ready by then; nil if there are no orders. It is
	// set once the orders are wired.
	WillBe func(tx *database.Tx, entry string) (bool, error)
}

// Service keeps the sets.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// View is a set as somebody who may see it sees it.
type View struct {
	Set       Set        `json:"set"`
	Templates []Template `json:"templates"`         // files that the set's materials name
	Changes   []Change   `json:"changes,omitempty"` // against the version before
	Can       []string   `json:"can,omitempty"`     // verbs that are open to the reader
}

// Template is a file to fill in.
type Template struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Media  string `json:"media"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Template returns the file of a material of v.
func (v View) Template(id string) (Template, bool) {
	for _, t := range v.Templates {
		if t.ID == id {
			return t, true
		}
	}
	return Template{}, false
}

// Draft begins a set for the entry, with the content of the one in force.
func (s *Service) Draft(ctx context.Context, who permit.Actor, entry string) (set Set, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, entry)
		if err != nil {
			return err
		}
		newest, _, err := count(tx, entry, "")
		if err != nil {
			return err
		}
		c := Draft{ID: s.IDs.Make("cnd"), Entry: entry, Body: e.Publisher, Version: newest + 1, Content: whole(Content{})}
		if now, err := inForce(tx, entry); err == nil {
			c.Content = now.Content
			c.Content.MaterialsConfirmed = false
		} else if !problem.Is(err, problem.NotFound) {
			return err
		}
		r, err := s.move(tx, who, row{Set: Set{Entry: entry, Body: e.Publisher}}, c)
		set = r.Set
		return err
	})
	return set, err
}

// Do asks c of a version of the entry's set. Whoever may not see it is told
// that there is none. What is accepted takes the place of the set in force.
func (s *Service) Do(ctx context.Context, who permit.Actor, entry string, version int, c Command) (after Set, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, entry, version)
		if err != nil {
			return err
		}
		switch x := c.(type) {
		case Fill:
			c = Fill{whole(x.Content)}
		case Accept:
			if err := s.makeWay(tx, who, r); err != nil {
				return err
			}
		}
		if r, err = s.move(tx, who, r, c); err != nil {
			return err
		}
		after = r.Set
		if after.Stage == StageInForce || after.Stage == StageDiscarded {
			return s.tidy(tx, entry)
		}
		return nil
	})
	return after, err
}

// Fill writes the content of a draft, whole. A material without an id gets one.
func (s *Service) Fill(ctx context.Context, who permit.Actor, entry string, version int, c Content) (Set, error) {
	return s.Do(ctx, who, entry, version, Fill{c})
}

// Propose hands a draft to the lead.
func (s *Service) Propose(ctx context.Context, who permit.Actor, entry string, version int) (Set, error) {
	return s.Do(ctx, who, entry, version, Propose{})
}

// Endorse finds conditions of the kind "other" reasonable.
func (s *Service) Endorse(ctx context.Context, who permit.Actor, entry string, version int) (Set, error) {
	return s.Do(ctx, who, entry, version, Endorse{})
}

// Accept puts a set in force.
func (s *Service) Accept(ctx context.Context, who permit.Actor, entry string, version int) (Set, error) {
	return s.Do(ctx, who, entry, version, Accept{})
}

// Return gives a set back to the editor.
func (s *Service) Return(ctx context.Context, who permit.Actor, entry string, version int, reason string) (Set, error) {
	return s.Do(ctx, who, entry, version, Return{Reason: reason})
}

// Discard gives a draft up.
func (s *Service) Discard(ctx context.Context, who permit.Actor, entry string, version int) (Set, error) {
	return s.Do(ctx, who, entry, version, Discard{})
}

// makeWay puts the set in force behind the one that is about to be accepted:
// a reader sees the old or the new.
func (s *Service) makeWay(tx *database.Tx, who permit.Actor, r row) error {
	if err := Table.Permit(r.Stage, Accept{}.Verb(), who.For(r.Body), r.Did); err != nil {
		return err
	}
	old, err := inForce(tx, r.Entry)
	if problem.Is(err, problem.NotFound) {
		return nil
	}
	if err == nil {
		_, err = s.move(tx, permit.Platform, old, Supersede{})
	}
	return err
}

// move decides, saves and appends.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command) (row, error) {
	f, err := s.facts(tx, who, before.Set)
	if err != nil {
		return before, err
	}
	events, err := Decide(f, before.Set, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.Set = Evolve(after.Set, e)
	}
	after.revision += len(events)
	if err := save(tx, after.Set, before.revision, after.revision); err != nil {
		return before, err
	}
	return after, ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// Stream is the ledger stream of the set with that id.
func Stream(id string) string { return "condition/" + id }

func (s *Service) facts(tx *database.Tx, who permit.Actor, set Set) (f Facts, err error) {
	f = Facts{Who: who.For(set.Body), Today: workday.Of(s.Clock.Now()), Scenarios: map[string]bool{}, Templates: map[string]bool{}}
	e, err := s.Entries.GetTx(tx, permit.Platform, set.Entry)
	if err != nil {
		return f, err
	}
	if f.Conditional = e.Opening == openlist.Conditional && e.Stage != openlist.StageWithdrawn; !f.Conditional && s.WillBe != nil {
		if f.Conditional, err = s.WillBe(tx, set.Entry); err != nil {
			return f, err
		}
	}
	if _, f.Open, err = count(tx, set.Entry, set.ID); err != nil {
		return f, err
	}
	for _, x := range s.Codes.InForce() {
		f.Scenarios[x.Code] = !x.Ended
	}
	files, err := s.Materials.List(tx, permit.Platform, shelf(set.Entry))
	if err != nil {
		return f, err
	}
	for _, m := range files {
		f.Templates[m.ID] = !m.Purged()
	}
	now, err := inForce(tx, set.Entry)
	switch {
	case err == nil:
		f.Current = &now.Set
	case !problem.Is(err, problem.NotFound):
		return f, err
	}
	return f, nil
}

// see returns a set that who may see. Reviewers of the centre and the
// authority see drafts of entries, too, that are not on the list yet.
func (s *Service) see(tx *database.Tx, who permit.Actor, entry string, version int) (row, error) {
	r, err := load(tx, entry, version)
	if err == nil {
		err = s.maySee(tx, who, r.Set)
	}
	if err != nil {
		return row{}, err
	}
	return r, nil
}

func (s *Service) maySee(tx *database.Tx, who permit.Actor, set Set) error {
	if !MaySee(who.For(set.Body), set) {
		return notFound()
	}
	if who.HasAny(permit.CtrListReviewer, permit.AutOfficer, permit.Clock) {
		return nil
	}
	_, err := s.Entries.GetTx(tx, who, set.Entry)
	return err
}
