package adjustment

import (
	"context"
	"fmt"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// Told are the notices of this package.
var Told = kinds("new", "downgrade", "returned", "accepted", "effective", "unopened", "due", "overdue", "announced", "changed", "withdrawn")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "adjustment." + n, Topic: "adjustment.topic", Title: "adjustment.told_" + n, Text: "adjustment.told_" + n + "_text"})
	}
	return all
}

// tell tells whom it concerns what happened.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) error {
	for _, e := range events {
		var err error
		switch e := e.(type) {
		case Submitted:
			if err = s.officers(tx, after, "new", permit.CtrListReviewer); err == nil && after.Downgrade() {
				err = s.officers(tx, after, "downgrade", permit.AutOfficer)
			}
		case Returned:
			err = s.publisher(tx, after, "returned", permit.OpnEditor, permit.OpnLead)
		case Accepted:
			if err = s.publisher(tx, after, "accepted", permit.OpnEditor, permit.OpnLead); err == nil && after.Downgrade() && e.EffectiveOn > e.On {
				err = s.followers(tx, after, "announced")
			}
		case Effected:
			kind := "changed"
			if after.Kind == Withdraw {
				kind = "withdrawn"
			}
			if err = s.publisher(tx, after, "effective", permit.OpnEditor, permit.OpnLead); err == nil {
				err = s.followers(tx, after, kind)
			}
		case Rang:
			for _, step := range e.Steps {
				if err == nil {
					err = s.officers(tx, after, step, Tell(before.Order, step)...)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) officers(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	if len(roles) == 0 {
		return nil
	}
	accounts, err := s.Holders.HoldersAnywhere(tx, permit.Platform, roles...)
	if err != nil {
		return err
	}
	return s.all(tx, r, kind, "/desk/list/orders/"+r.ID, accounts)
}

func (s *Service) publisher(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	accounts, err := s.Holders.HoldersOf(tx, permit.Platform, r.Body, roles...)
	if err != nil {
		return err
	}
	return s.all(tx, r, kind, "/desk/list/orders/"+r.ID, accounts)
}

func (s *Service) all(tx *database.Tx, r row, kind, about string, accounts []string) error {
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Entry)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		n := notice.Notice{Key: strings.Join([]string{r.ID, fmt.Sprint(r.revision), kind, account}, "."), Account: account, Kind: "adjustment." + kind, About: about,
			Args: map[string]any{"number": r.Number, "title": e.Title, "due": locale.Same(r.Clock.Due.Day), "effective": locale.Same(max(r.EffectiveOn, r.EffectOn)), "faults": len(r.Faults)}}
		if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
			return err
		}
	}
	return nil
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "adjustment.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings to every order: warnings, lateness, and the
// effect of what was accepted for it. It may run again, and after days that
// were missed. It returns how many it touched.
func (s *Service) Today(ctx context.Context, _ permit.Actor) (n int, err error) {
	today := workday.Of(s.Clock.Now())
	for last := ""; ; {
		var ids []string
		err := s.DB.Read(ctx, func(tx *database.Tx) error {
			rows, err := list(tx, `WHERE next_on <> '' AND next_on <= ? AND id > ? ORDER BY id LIMIT 200`, today, last)
			for _, r := range rows {
				ids = append(ids, r.ID)
			}
			return err
		})
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			err := s.DB.Write(ctx, func(tx *database.Tx) error {
				r, err := load(tx, id)
				if err != nil || next(r.Order) == "" || next(r.Order) > today {
					return err
				}
				if r.Stage == StageAccepted {
					_, err = s.effect(tx, r)
				} else {
					_, err = s.move(tx, permit.Platform, r, Ring{})
				}
				return err
			})
			if err != nil {
				return n, err
			}
			last, n = id, n+1
		}
	}
}

// Recompute counts the last days of open orders again, by a calendar that has
// changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := list(tx, `WHERE stage IN ('submitted','reviewing') ORDER BY id`)
		if err != nil {
			return 0, err
		}
		counter := deadline.NewCounter(book, TermReview, Steps)
		for _, r := range rows {
			again, err := counter.Recount(r.Clock)
			if err != nil {
				return changed, err
			}
			if again.Equal(r.Clock) {
				continue
			}
			if _, err := s.move(tx, who, r, Recount{again}); err != nil {
				return changed, err
			}
			changed++
		}
		return changed, nil
	}
}

// events are one of each kind.
var events = []ledger.Event{Drafted{}, Filled{}, Submitted{}, Taken{}, Acknowledged{}, Returned{}, Accepted{}, Effected{}, Cancelled{}, Rang{}, Recounted{}}

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Order], error) {
			return ledger.Row[Order]{Stream: Stream(r.ID), Revision: r.revision, State: r.Order}, nil
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}
