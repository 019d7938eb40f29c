package rightsclaim

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
	"kaishu/internal/infra/queue"
)

// Told are the notices of this package: the complainant's, the data users',
// the publisher's, the centre's and the authority's, and what the days bring.
var Told = kinds("received", "wanted", "verifying", "suspended", "refused", "extended", "answered", // the complainant's
	"stopped", "goes_on", "delete", // the data users'
	"new", "evidence", "stop_public", "emergency", "to_withdraw", // the office's
	"soon", "due", "overdue", "lapsed", "undeleted")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "rightsclaim." + n, Topic: "rightsclaim.topic", Title: "rightsclaim.told_" + n, Text: "rightsclaim.told_" + n + "_text"})
	}
	return all
}

// tell tells whom it concerns what happened. What the complainant is told when
// he files waits until his row is there.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) error {
	for _, e := range events {
		if err := s.tellOne(tx, before, after, e); err != nil {
			return err
		}
	}
	if after.Held && !before.Held {
		return first(s.users(tx, after, "stopped"), s.office(tx, after, "stop_public", permit.CtrOps, permit.AutOfficer))
	}
	return nil
}

func (s *Service) tellOne(tx *database.Tx, before, after row, e Event) error {
	switch e := e.(type) {
	case Filed:
		return s.office(tx, after, "new", permit.OpnLead, permit.CtrOps)
	case Asked:
		return s.author(tx, after, "wanted")
	case Attached:
		return s.office(tx, after, "evidence", permit.OpnLead)
	case Suspended:
		if e.Emergency {
			return first(s.author(tx, after, "suspended"), s.office(tx, after, "emergency", permit.OpnLead))
		}
		return s.author(tx, after, "suspended")
	case Verified:
		return s.author(tx, after, "verifying")
	case Refused:
		return s.author(tx, after, "refused")
	case Extended:
		return s.author(tx, after, "extended")
	case Withdrawing:
		return first(s.author(tx, after, "answered"), s.delete(tx, after))
	case Linked:
		return s.office(tx, after, "to_withdraw", permit.OpnEditor, permit.OpnLead, permit.CtrListReviewer)
	case Resumed, Processing:
		return s.answered(tx, before, after)
	case Reopened:
		return first(s.author(tx, after, "answered"), s.users(tx, after, "goes_on"))
	case Rang:
		for _, name := range e.Steps {
			step, _ := StepOf(before.Case, name)
			if err := s.office(tx, after, name, step.Tell...); err != nil {
				return err
			}
		}
	}
	return nil
}

// answered tells of a result: users of what was stopped that it goes on.
func (s *Service) answered(tx *database.Tx, before, after row) error {
	if before.Held && !after.Held {
		if err := s.users(tx, after, "goes_on"); err != nil {
			return err
		}
	}
	return s.author(tx, after, "answered")
}

// first returns the first of errors.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// office tells who holds one of the roles: of the publisher, or anywhere.
func (s *Service) office(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	var accounts []string
	for _, role := range roles {
		var more []string
		var err error
		if role.Reach() == permit.OwnBody {
			more, err = s.Holders.HoldersOf(tx, permit.Platform, r.Body, role)
		} else {
			more, err = s.Holders.HoldersAnywhere(tx, permit.Platform, role)
		}
		if err != nil {
			return err
		}
		accounts = append(accounts, more...)
	}
	about := "/desk/complaints/" + r.ID
	if kind == "to_withdraw" {
		about = "/desk/list/orders/" + r.Order
	}
	return s.each(tx, r, kind, about, accounts)
}

// author tells the complainant, if he has an account; else his number and code
// show it to him.
func (s *Service) author(tx *database.Tx, r row, kind string) error {
	a, err := s.authors().LoadTx(tx, permit.Platform, r.ID)
	if err != nil || a.Account == "" {
		return err
	}
	return s.each(tx, r, kind, "/complaints/"+r.ID, []string{a.Account})
}

// users tells who was given the data.
func (s *Service) users(tx *database.Tx, r row, kind string) error {
	if s.Users == nil {
		return nil
	}
	all, err := s.Users(tx, r.Dataset)
	var accounts []string
	for _, u := range all {
		accounts = append(accounts, u.Account)
	}
	return first(err, s.each(tx, r, kind, "/suspensions", accounts))
}

// delete tells who is to delete what is withdrawn.
func (s *Service) delete(tx *database.Tx, r row) error {
	var accounts []string
	for _, d := range r.Deletions {
		accounts = append(accounts, d.Account)
	}
	return s.each(tx, r, "delete", "/my/deletions", accounts)
}

func (s *Service) each(tx *database.Tx, r row, kind, about string, accounts []string) error {
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return err
	}
	class := s.Notices.Words
	for _, account := range without(accounts) {
		n := notice.Notice{Key: strings.Join([]string{r.ID, fmt.Sprint(r.revision), kind, account}, "."), Account: account, Kind: "rightsclaim." + kind, About: about,
			Args: map[string]any{"number": r.Number, "title": e.Title, "due": locale.Same(string(r.Clock.Due.Day)),
				"class": locale.Text{ZH: class.Say(locale.ZH, "rightsclaim.right."+r.Right, nil), EN: class.Say(locale.EN, "rightsclaim.right."+r.Right, nil)}}}
		if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
			return err
		}
	}
	return nil
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "rightsclaim.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings to every complaint: warnings, lateness, and
// the erasing of what complainants wrote. It may run again, and after days that
// were missed. It returns how many it touched.
func (s *Service) Today(ctx context.Context, _ permit.Actor) (n int, err error) {
	today, last := s.today(), ""
	for {
		var due []row
		err = s.DB.Read(ctx, func(tx *database.Tx) error {
			due, err = list(tx, `WHERE next_on <> '' AND next_on <= ? AND id > ? ORDER BY id LIMIT 100`, today, last)
			return err
		})
		if err != nil || len(due) == 0 {
			return n, err
		}
		for _, x := range due {
			err := s.DB.Write(ctx, func(tx *database.Tx) error {
				r, err := load(tx, x.ID)
				if err != nil || next(r.Case) == "" || next(r.Case) > today {
					return err
				}
				var c Command = Ring{}
				if r.Stage == StageClosed || r.Stage == StageInvalid {
					c = Erase{}
				}
				_, err = s.move(tx, permit.Platform, r, c)
				return err
			})
			if err != nil {
				return n, err
			}
			last, n = x.ID, n+1
		}
	}
}

// Recompute counts the last days of open complaints again, by a calendar that
// has changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := list(tx, `WHERE live = 1 ORDER BY id`)
		if err != nil {
			return 0, err
		}
		counters := map[string]*deadline.Counter{}
		for _, r := range rows {
			p, ok := PhaseOf(r.Case)
			if !ok || p.Term == "" {
				continue
			}
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
