package objection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
)

// Told are the notices of this package: the objector's, the publisher's and
// the centre's, those of who follows the dataset, and what the days bring.
var Told = kinds("received", "refused", "plausible", "replied", "new", "severe", "suspended", "to_trace", "to_confirm", "again", "to_correct", "to_reply", "reopened",
	"marked", "corrected", "due", "overdue", "to_authority")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "objection." + n, Topic: "objection.topic", Title: "objection.told_" + n, Text: "objection.told_" + n + "_text"})
	}
	return all
}

// editors and leads are the publisher's people who answer.
var (
	editors = []permit.Role{permit.OpnEditor, permit.OpnLead}
	leads   = []permit.Role{permit.OpnLead}
)

// tell tells whom it concerns what happened. What the objector is told when he
// submits waits until his row is there.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) error {
	for _, e := range events {
		if err := s.tellOne(tx, before, after, e); err != nil {
			return err
		}
	}
	if after.Severe && !before.Severe {
		return s.publisher(tx, after, "severe", leads...)
	}
	return nil
}

func (s *Service) tellOne(tx *database.Tx, before, after row, e Event) error {
	switch e := e.(type) {
	case Submitted:
		return s.centre(tx, after, "new", permit.CtrQuality)
	case Refused:
		return s.author(tx, after, "refused")
	case Marked:
		return all(s.author(tx, after, "plausible"), s.publisher(tx, after, "to_trace", editors...), s.followers(tx, after, "marked"))
	case Found:
		return s.publisher(tx, after, "to_confirm", leads...)
	case Redone, SentBack:
		return s.publisher(tx, after, "again", editors...)
	case Confirmed:
		return s.publisher(tx, after, "to_correct", editors...)
	case Dismissed:
		return s.centre(tx, after, "to_reply", permit.CtrQuality)
	case Corrected:
		return all(s.centre(tx, after, "to_reply", permit.CtrQuality), s.followers(tx, after, "corrected"))
	case Closed:
		return s.author(tx, after, "replied")
	case Reopened:
		return all(s.centre(tx, after, "reopened", permit.CtrQuality), s.publisher(tx, after, "reopened", leads...))
	case Suspended:
		return s.centre(tx, after, "suspended", permit.CtrQuality)
	case Rang:
		for _, name := range e.Steps {
			step, _ := StepOf(before.Stage, name)
			for _, role := range step.Tell {
				if err := s.role(tx, after, name, role); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// all returns the first of errors.
func all(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// role tells who holds a role: of the publisher, or anywhere.
func (s *Service) role(tx *database.Tx, r row, kind string, role permit.Role) error {
	if role.Reach() == permit.OwnBody {
		return s.publisher(tx, r, kind, role)
	}
	return s.centre(tx, r, kind, role)
}

func (s *Service) centre(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	accounts, err := s.Holders.HoldersAnywhere(tx, permit.Platform, roles...)
	if err != nil {
		return err
	}
	return s.each(tx, r, kind, "/desk/objections/"+r.ID, accounts)
}

func (s *Service) publisher(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	accounts, err := s.Holders.HoldersOf(tx, permit.Platform, r.Body, roles...)
	if err != nil {
		return err
	}
	return s.each(tx, r, kind, "/desk/objections/"+r.ID, accounts)
}

// author tells the objector, if he has an account; else his number and code
// show it to him.
func (s *Service) author(tx *database.Tx, r row, kind string) error {
	a, err := s.authors().LoadTx(tx, permit.Platform, r.ID)
	if err != nil || a.Account == "" {
		return err
	}
	return s.each(tx, r, kind, "/objections/"+r.ID, []string{a.Account})
}

func (s *Service) followers(tx *database.Tx, r row, kind string) error {
	if s.Followers == nil {
		return nil
	}
	accounts, err := s.Followers.FollowersTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return err
	}
	return s.each(tx, r, kind, "/objections/"+r.ID, accounts)
}

func (s *Service) each(tx *database.Tx, r row, kind, about string, accounts []string) error {
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return err
	}
	for _, account := range slices.Compact(slices.Sorted(slices.Values(accounts))) {
		n := notice.Notice{Key: strings.Join([]string{r.ID, fmt.Sprint(r.revision), kind, account}, "."), Account: account, Kind: "objection." + kind, About: about,
			Args: map[string]any{"number": r.Number, "title": e.Title, "due": locale.Same(string(r.Clock.Due.Day)), "version": r.Version}}
		if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
			return err
		}
	}
	return nil
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "objection.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings to every objection: warnings, lateness, and
// the erasing of what objectors wrote. It may run again, and after days that
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
				if err != nil || next(r.Case) == "" || next(r.Case) > today {
					return err
				}
				var c Command = Ring{}
				if !slices.Contains(open, r.Stage) {
					c = Erase{}
				}
				_, err = s.move(tx, permit.Platform, r, c)
				return err
			})
			if err != nil {
				return n, err
			}
			last, n = id, n+1
		}
	}
}

// Recompute counts the last days of open objections again, by a calendar that
// has changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := list(tx, `WHERE turn <> '' ORDER BY id`)
		if err != nil {
			return 0, err
		}
		counters := map[string]*deadline.Counter{}
		for _, r := range rows {
			p, _ := PhaseOf(r.Stage)
			if counters[p.Term] == nil {
				counters[p.Term] = deadline.NewCounter(book, p.Term, p.Steps)
			}
			again, err := counters[p.Term].Recount(r.Clock)
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
