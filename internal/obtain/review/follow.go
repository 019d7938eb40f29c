package review

import (
	"context"
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
	"kaishu/internal/obtain/application"
)

// Told are the notices of this package.
var Told = kinds("handed", "asked", "answered", "consulted", "advised", "proposed", "sent_back", "decided", "withdrawn",
	"unopened", "warning_1", "warning_2", "warning_3", "overdue", "to_authority", "to_general_office")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "review." + n, Topic: "review.topic", Title: "review.told_" + n, Text: "review.told_" + n + "_text"})
	}
	return all
}

// tell tells whom it concerns what happened.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) (err error) {
	for _, e := range events {
		switch e := e.(type) {
		case Handed:
			err = s.office(tx, after, "handed", permit.OpnReviewer, permit.OpnLead)
		case Asked:
			err = s.applicant(tx, after, "asked")
		case Answered:
			err = s.accounts(tx, after, "answered", after.Did["take"])
		case Consulted:
			err = s.accounts(tx, after, "consulted", e.Experts...)
		case Resumed:
			err = s.accounts(tx, after, "advised", after.Did["take"])
		case Proposed:
			err = s.office(tx, after, "proposed", permit.OpnLead)
		case SentBack:
			err = s.accounts(tx, after, "sent_back", after.Did["propose"])
		case Decided:
			err = s.applicant(tx, after, "decided")
		case Withdrawn:
			err = s.office(tx, after, "withdrawn", permit.OpnReviewer, permit.OpnLead)
		case Rang:
			for _, step := range e.Steps {
				if roles := Tell(before.Order, step); err == nil && len(roles) > 0 {
					err = s.office(tx, after, step, roles...)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// office tells everybody who holds one of roles: in the publisher for roles of
// a body, anywhere for the others.
func (s *Service) office(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	var all []string
	for _, role := range roles {
		body := ""
		if role.Reach() == permit.OwnBody {
			body = r.Body
		}
		some, err := s.People.Holders(tx, body, role)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	return s.accounts(tx, r, kind, all...)
}

func (s *Service) accounts(tx *database.Tx, r row, kind string, accounts ...string) error {
	for _, a := range application.Accounts(accounts...) {
		if slices.ContainsFunc(r.Recused, permit.Actor{Account: a}.Is) {
			continue
		}
		n := notice.Notice{Account: a, Kind: "review." + kind, About: "/desk/orders/" + r.ID, Args: args(r)}
		if strings.HasPrefix(kind, "to_") || slices.Contains([]string{"unopened", "warning_1", "warning_2", "warning_3", "overdue"}, kind) {
			n.Key = strings.Join([]string{r.ID, kind, a}, ".") // once, however often the clock ticks
		}
		if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) applicant(tx *database.Tx, r row, kind string) error {
	c, err := s.Applications.Get(tx, permit.Platform, r.Application)
	if err != nil {
		return err
	}
	for _, a := range application.Accounts(c.Account, c.Did["submit"]) {
		if err := s.Notices.Tell(tx, permit.Platform, notice.Notice{Account: a, Kind: "review." + kind, About: "/applications/" + r.Application, Args: args(r)}); err != nil {
			return err
		}
	}
	return nil
}

func args(r row) map[string]any {
	return map[string]any{"number": r.Order.Number, "application": r.Subject.Number, "due": locale.Same(r.Clock.Due.Day)}
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "review.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings to every order: warnings, lateness and the
// way up. It never decides one. It may run again, and after days that were
// missed. It returns how many it touched.
func (s *Service) Today(ctx context.Context, who permit.Actor) (n int, err error) {
	var due []string
	err = s.DB.Read(ctx, func(tx *database.Tx) (err error) {
		due, err = ids(tx, `WHERE `+waiting+` AND next_on <> '' AND next_on <= ? ORDER BY due, id`, s.today())
		return err
	})
	for _, id := range due {
		if err != nil {
			return n, err
		}
		n++
		err = s.DB.Write(ctx, func(tx *database.Tx) error {
			r, err := load(tx, id)
			if err == nil && slices.Contains(Open, r.Stage) {
				_, err = s.move(tx, who, r, Ring{})
			}
			return err
		})
	}
	return n, err
}

// Recompute returns what counts the last days of open orders again, by a
// calendar that has changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := list(tx, `WHERE stage IN ('assigned','in_review','expert_review','proposed') ORDER BY id`)
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
