package rightsclaim

import (
	"cmp"
	"context"
	"embed"
	"errors"
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
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/grading"
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

// Tools are what the service works with.
type Tools struct {
	DB        *database.DB
	Clock     clock.Clock
	IDs       *id.Source
	Book      func() terms.Book
	Box       notice.Box
	Entries   *openlist.Service
	Gradings  *grading.Service
	Versions  *version.Service
	Orders    *adjustment.Service
	Materials *material.Service
	Notices   *notice.Service
	Holders   Holders
	// Users returns who was given the data of a dataset, by application.
	Users func(tx *database.Tx, dataset string) ([]User, error)
	// Stopped ends every read of a dataset that is under way, and returns when
	// none is. It is called when the suspension is durable and before the act is
	// answered.
	Stopped func(ctx context.Context, dataset string) error
}

// Service keeps the complaints.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// Stream is the ledger stream of a complaint.
func Stream(id string) string { return "rightsclaim/" + id }

// File enters a complaint about the dataset called slug, by anybody. What the
// complainant wrote stands in no event. Without evidence, f is nil, it tells
// that with every other fault. Article 31(1).
func (s *Service) File(ctx context.Context, who permit.Actor, slug string, in Form, f *material.Scratch) (got Receipt, err error) {
	in.Contact = strings.TrimSpace(in.Contact)
	if f == nil {
		return got, s.check(ctx, who, slug, in, "")
	}
	caseID := s.IDs.Make("rcl")
	_, err = s.Materials.Keep(ctx, permit.Actor{}, caseID, f, func(tx *database.Tx, m material.Material) error {
		before, err := s.sentBefore(tx, slug, in)
		if err != nil || before.ID != "" {
			got = before
			return cmp.Or(err, errSentBefore)
		}
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil {
			return err
		}
		c := File{ID: caseID, Dataset: slug, Body: e.Publisher, Form: in, Evidence: m.ID}
		if c.Number, err = nextNumber(tx, s.today()); err != nil {
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
	})
	if errors.Is(err, errSentBefore) {
		err = nil
	}
	return got, err
}

// Check tells every fault of a form whose file is there, and is not sent yet.
func (s *Service) Check(ctx context.Context, who permit.Actor, slug string, in Form) error {
	return s.check(ctx, who, slug, in, "there")
}

func (s *Service) check(ctx context.Context, who permit.Actor, slug string, in Form, evidence string) error {
	return s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil {
			return err
		}
		c := File{Dataset: slug, Body: e.Publisher, Form: in, Evidence: evidence}
		f, err := s.facts(tx, who, Case{Dataset: slug, Body: e.Publisher}, c)
		if err == nil {
			_, err = Decide(f, Case{}, c)
		}
		return err
	})
}

// Do asks c of a complaint. Seen is the revision that whoever asks has seen; 0
// if he does not say. Whoever may not see it is told that there is none. When
// it returns from an act that stops the opening, nobody reads the data any more.
func (s *Service) Do(ctx context.Context, who permit.Actor, caseID string, seen int, c Command) (v View, err error) {
	switch c.(type) {
	case File, Attach, Link, Acknowledge, Close, Erase, Ring, Recount:
		return v, problem.New(problem.Forbidden, "flow.not_your_step") // by ways of their own
	}
	stopped := false
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
			return ledger.Moved(s.Notices.Words, "rightsclaim.moved", lines, seen)
		}
		held := r.Held
		if r, err = s.move(tx, who, r, c); err != nil {
			return err
		}
		stopped = r.Held && !held
		v, err = s.view(tx, who, r, false)
		return err
	})
	if err == nil && stopped && s.Stopped != nil {
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
	case File, Attach:
		by = permit.Actor{} // who complains stands where it can be erased
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, by, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	if err := s.tell(tx, before, after, events); err != nil {
		return before, err
	}
	return s.follow(tx, who, before, after, c)
}

// facts gathers what the rules need to know.
func (s *Service) facts(tx *database.Tx, who permit.Actor, o Case, c Command) (f Facts, err error) {
	f = Facts{Who: who.For(o.Body), Today: s.today(), Mine: true} // mine: see [Service.mine] and [Service.Acknowledge]
	e, err := s.Entries.GetTx(tx, permit.Platform, o.Dataset)
	if err != nil {
		return f, err
	}
	f.Listed = e.Listed()
	book := s.Book()
	switch c.(type) {
	case Withdraw:
		if s.Users != nil {
			f.Users, err = s.Users(tx, o.Dataset)
		}
	case Process, Reopen:
		err = s.standing(tx, o.Dataset, &f)
	case Refuse, Close:
		var erase workday.Due
		erase, err = book.Due(TermErase, f.Today)
		f.EraseOn = erase.Day
	}
	if err != nil {
		return f, err
	}
	f.Clock, err = clockOf(book, o, c, f.Today)
	return f, err
}

// clockOf is the clock of the phase that c leads to, from today. An extension
// counts from the day from which the term counted.
func clockOf(book terms.Book, o Case, c Command, today workday.Date) (deadline.Clock, error) {
	after := o
	after.Stage = Leads(o.Stage, c.Verb())
	if _, ok := c.(Extend); ok {
		after.Extended, today = "asked for", o.Clock.ReceivedOn
	}
	p, ok := PhaseOf(after)
	if !ok || p.Term == "" || today == "" {
		return deadline.Clock{}, nil
	}
	return deadline.Start(book, p.Term, p.Steps, today)
}

// standing is the version in force, and how often the entry was graded.
func (s *Service) standing(tx *database.Tx, slug string, f *Facts) error {
	all, err := s.Versions.ListTx(tx, permit.Platform, slug)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.Kind == version.Full && v.Stage == version.StageReleased {
			f.Newest = v.Number
		}
	}
	lines, err := ledger.History(tx, grading.Stream(slug))
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.Kind == (grading.Confirmed{}).Kind() {
			f.Gradings++
		}
	}
	g, ok, err := s.Gradings.Of(tx, permit.Platform, slug)
	f.Graded = ok && g.Stage == grading.StageConfirmed
	return err
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// see returns a case that who may see: who works on it, supervises it or filed
// it.
func (s *Service) see(tx *database.Tx, who permit.Actor, caseID string) (row, error) {
	r, err := load(tx, caseID)
	if err != nil {
		return row{}, err
	}
	if here := who.For(r.Body); Works(here) || Oversees(here) {
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
