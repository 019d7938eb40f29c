package review

import (
	"context"
	"embed"
	"errors"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/obtain/application"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// People knows who holds a role.
type People interface {
	// Holders returns the accounts that hold one of roles: in the body, or for
	// body "" anywhere.
	Holders(tx *database.Tx, body string, roles ...permit.Role) ([]string, error)
}

// Tools are what the service works with.
type Tools struct {
	DB           *database.DB
	Clock        clock.Clock
	IDs          *id.Source
	Book         func() terms.Book
	Notices      *notice.Service
	Applications *application.Service
	People       People
}

// Service keeps the orders.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

var _ application.Orders = (*Service)(nil)

// Stream is the ledger stream of an order.
func Stream(id string) string { return "review/" + id }

// Hand opens an order for each publisher of an accepted application, in the
// transaction of the acceptance. The ten working days begin.
func (s *Service) Hand(tx *database.Tx, who permit.Actor, c application.Case) error {
	today := s.today()
	for _, body := range c.Publishers() {
		number, err := nextNumber(tx, today)
		if err != nil {
			return err
		}
		clock, err := deadline.Start(s.Book(), TermReview, Steps, today)
		if err != nil {
			return err
		}
		about := Subject{Application: c.ID, Number: c.Number, Applicant: string(c.Applicant), Scenario: c.Content.Scenario.Code,
			External: c.Content.Scenario.External != "", Sets: len(c.Pins)}
		for _, pin := range c.Pins {
			if want, ok := c.Content.Want(pin.Dataset); ok && pin.Publisher == body {
				about.Datasets = append(about.Datasets, Wanted{Dataset: want.Dataset, Set: pin.Set, Fields: want.Fields, From: want.From, To: want.To, Mode: want.Mode, Months: want.Months})
			}
		}
		if _, err := s.move(tx, who, row{}, Hand{ID: s.IDs.Make("ord"), Number: number, Body: body, Subject: about, Clock: clock}); err != nil {
			return err
		}
	}
	return nil
}

// Drop ends the orders of an application that its applicant withdraws, as far
// as they are not decided.
func (s *Service) Drop(tx *database.Tx, who permit.Actor, caseID string) error {
	rows, err := list(tx, `WHERE application = ? ORDER BY id`, caseID)
	for _, r := range rows {
		if err == nil && slices.Contains(Open, r.Stage) {
			_, err = s.move(tx, who, r, Withdraw{})
		}
	}
	return err
}

// Do asks c of an order. Seen is the revision that whoever asks has seen; 0 if
// he does not say. Whoever may not see it is told that there is none.
func (s *Service) Do(ctx context.Context, who permit.Actor, orderID string, seen int, c Command) (v View, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			lines, err := ledger.History(tx, Stream(r.ID))
			if err != nil {
				return err
			}
			return ledger.Moved(s.Notices.Words, "application.moved", lines, seen)
		}
		_, err = s.move(tx, who, r, c)
		return err
	})
	if err != nil {
		return v, err
	}
	v, err = s.View(ctx, who, orderID)
	if _, recused := c.(Recuse); recused { // he sees it no more
		return View{}, nil
	}
	return v, err
}

// Answer answers the first open question of an order, for the applicant, and
// returns the application.
func (s *Service) Answer(ctx context.Context, who permit.Actor, orderID string, a Answer) (caseID string, err error) {
	if err := MayAnswer.Asked(who); err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, orderID)
		if err != nil {
			return err
		}
		c, err := s.Applications.Get(tx, who, r.Application)
		if err != nil {
			return err
		}
		if !application.Mine(who, c) {
			return notFound()
		}
		caseID = r.Application
		_, err = s.move(tx, who, r, a)
		return err
	})
	return caseID, err
}

func (s *Service) see(tx *database.Tx, who permit.Actor, orderID string) (row, error) {
	r, err := load(tx, orderID)
	if err == nil && !MaySee(who, r.Order) {
		return row{}, notFound()
	}
	return r, err
}

// move decides, saves and appends, and does what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command) (row, error) {
	f, err := s.facts(tx, who, before.Order, c)
	if err != nil {
		return before, err
	}
	events, err := Decide(f, before.Order, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.Order = Evolve(after.Order, e)
	}
	after.revision += len(events)
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	if len(after.Experts) > 0 {
		err = saveExperts(tx, after)
	}
	if len(after.Recused) > len(before.Recused) {
		err = errors.Join(err, saveRecused(tx, after))
	}
	if after.Stage == StageDecided && before.Stage != StageDecided {
		err = errors.Join(err, saveDecisions(tx, after.Order))
	}
	if err == nil {
		err = s.conclude(tx, before, after)
	}
	if err != nil {
		return before, err
	}
	return after, s.tell(tx, before, after, events)
}

// conclude tells the application the result once every order is decided.
func (s *Service) conclude(tx *database.Tx, before, after row) error {
	if after.Stage != StageDecided || before.Stage == StageDecided {
		return nil
	}
	rows, err := list(tx, `WHERE application = ?`, after.Application)
	if err != nil {
		return err
	}
	approved := 0
	for _, r := range rows {
		if r.Stage != StageDecided {
			return nil
		}
		for _, v := range r.Verdicts {
			approved += truth(v.Approve)
		}
	}
	return s.Applications.ConcludeTx(tx, permit.Platform, after.Application, approved)
}

func (s *Service) facts(tx *database.Tx, who permit.Actor, o Order, c Command) (f Facts, err error) {
	f = Facts{Who: who, Today: s.today()}
	switch c.(type) {
	case Hand, Ring, Recount:
		return f, nil
	}
	f.Who = who.For(o.Body)
	used, err := s.Book().Calendar().Between(o.Clock.ReceivedOn, f.Today)
	if err != nil {
		return f, err
	}
	f.Used = used.Days
	about, err := s.Applications.Get(tx, who, o.Application)
	if err != nil {
		return f, err
	}
	f.Mine = application.Mine(who, about)
	f.Own = application.Accounts(about.Account, about.Did["submit"])
	switch c.(type) {
	case Propose, Confirm:
		f.Outside, f.Expired, err = s.Applications.Meets(tx, who, about, f.Today)
	case Consult:
		f.Experts, err = s.People.Holders(tx, "", permit.Expert)
	}
	return f, err
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }
