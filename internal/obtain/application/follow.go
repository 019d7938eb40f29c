package application

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

// Told are the notices of this package.
var Told = kinds("submitted", "accepted", "declined", "withdrawn", "approved", "rejected", "expired", "new", "unopened", "due", "overdue")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "application." + n, Topic: "application.topic", Title: "application.told_" + n, Text: "application.told_" + n + "_text"})
	}
	return all
}

// tell tells whom it concerns what happened.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) error {
	for _, e := range events {
		switch e := e.(type) {
		case Submitted:
			if err := s.officers(tx, after, "new", permit.CtrIntake); err != nil {
				return err
			}
			return s.applicant(tx, after, "submitted")
		case Accepted:
			return s.applicant(tx, after, "accepted")
		case Declined:
			return s.applicant(tx, after, "declined")
		case Withdrawn:
			if before.Stage == StageDraft {
				return nil
			}
			return s.applicant(tx, after, "withdrawn")
		case Concluded:
			return s.applicant(tx, after, string(after.Stage))
		case Lapsed:
			return s.applicant(tx, after, "expired")
		case Rang:
			for _, step := range e.Steps {
				if err := s.officers(tx, after, step, Tell(before.Case, step)...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// applicant tells the account that began the application, and whoever handed
// it in.
func (s *Service) applicant(tx *database.Tx, r row, kind string) error {
	for _, account := range Accounts(r.Account, r.Did["submit"]) {
		if err := s.Notices.Tell(tx, permit.Platform, notice.Notice{Account: account, Kind: "application." + kind, About: "/applications/" + r.ID, Args: args(r)}); err != nil {
			return err
		}
	}
	return nil
}

// Accounts returns the accounts of doers, each once: whoever acts for another
// stands beside him.
func Accounts(doers ...string) (all []string) {
	for _, d := range doers {
		account, behalf := permit.Doers(d)
		all = append(all, account, behalf)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(a string) bool { return a == "" })
}

// officers tells everybody who holds one of the roles.
func (s *Service) officers(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	if len(roles) == 0 {
		return nil
	}
	accounts, err := s.People.Holders(tx, "", roles...)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		n := notice.Notice{Key: strings.Join([]string{r.ID, fmt.Sprint(r.Round), kind, account}, "."), Account: account, Kind: "application." + kind, About: "/desk/intake/" + r.ID, Args: args(r)}
		if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
			return err
		}
	}
	return nil
}

func args(r row) map[string]any {
	title := r.Content.Scenario.Title
	if title == "" {
		title = r.draft.Scenario.Title
	}
	return map[string]any{"number": r.Number, "title": title, "due": locale.Same(r.Clock.Due.Day), "until": locale.Same(r.LapseOn), "faults": len(r.Faults)}
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "application.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings to every application: warnings, lateness, and
// the end of drafts that nobody goes on with. It never decides one. It may run
// again, and after days that were missed. It returns how many it touched.
func (s *Service) Today(ctx context.Context, who permit.Actor) (n int, err error) {
	today := s.today()
	for {
		var ids []string
		err := s.DB.Read(ctx, func(tx *database.Tx) error {
			rows, err := list(tx, `WHERE next_on <> '' AND next_on <= ? ORDER BY next_on, id LIMIT 200`, today)
			for _, r := range rows {
				ids = append(ids, r.ID)
			}
			return err
		})
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			if err := s.tick(ctx, who, id); err != nil {
				return n, err
			}
			n++
		}
	}
}

func (s *Service) tick(ctx context.Context, who permit.Actor, caseID string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, caseID)
		if err != nil || next(r.Case) == "" || next(r.Case) > s.today() {
			return err
		}
		var c Command = Ring{}
		if r.Turn() == "applicant" {
			c = Lapse{}
		}
		_, err = s.move(tx, who, Identity{}, r, c)
		return err
	})
}

// Recompute returns what counts the last days of open applications again, by a
// calendar that has changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := list(tx, `WHERE stage IN ('submitted','intake') ORDER BY id`)
		if err != nil {
			return 0, err
		}
		counter := deadline.NewCounter(book, TermIntake, Steps)
		for _, r := range rows {
			again, err := counter.Recount(r.Clock)
			if err != nil || again.Equal(r.Clock) {
				if err != nil {
					return changed, err
				}
				continue
			}
			if _, err := s.move(tx, who, Identity{}, r, Recount{again}); err != nil {
				return changed, err
			}
			changed++
		}
		return changed, nil
	}
}
