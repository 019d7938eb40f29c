package agreement

import (
	"context"
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
var Told = kinds("generated", "proposed", "agreed", "declined", "signed", "effective", "delivery", "amending", "amended", "rejected", "breached", "restored", "terminated",
	"unsigned", "countersign_warning", "countersign_overdue", "expiry_first", "expiry_second", "expired", "lapsed")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "agreement." + n, Topic: "agreement.topic", Title: "agreement.told_" + n, Text: "agreement.told_" + n + "_text"})
	}
	return all
}

// tell tells whom it concerns what happened: of most steps, both sides.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) (err error) {
	both := func(kind string) error {
		if err := s.user(tx, after, kind); err != nil {
			return err
		}
		return s.office(tx, after, kind, permit.OpnLead)
	}
	for _, e := range events {
		switch e := e.(type) {
		case Generated:
			err = both("generated")
		case Proposed:
			err = s.side(tx, after, opposite(e.Change.Side), "proposed")
		case Agreed:
			err = s.side(tx, after, before.Change.Side, "agreed")
		case Declined:
			err = both("declined")
		case Signed:
			err = s.office(tx, after, "signed", permit.OpnLead)
		case Effective:
			if err = both("effective"); err == nil {
				err = s.office(tx, after, "delivery", permit.CtrEngineer)
			}
		case Amending:
			err = s.side(tx, after, opposite(e.Change.Side), "amending")
		case Amended:
			err = both("amended")
		case Rejected:
			err = both("rejected")
		case Breached:
			err = both("breached")
		case Restored:
			err = both("restored")
		case Terminated:
			err = both("terminated")
		case Expired:
			err = both("expired")
		case Lapsed:
			err = both("lapsed")
		case Rang:
			err = s.rang(tx, after, e.Steps)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rang tells of the steps of time.
func (s *Service) rang(tx *database.Tx, r row, steps []string) (err error) {
	for _, name := range steps {
		if step, late := deadline.Find(CountersignSteps, name); late {
			err = s.office(tx, r, name, step.Tell...)
		} else if err = s.user(tx, r, name); err == nil && name != "unsigned" {
			err = s.office(tx, r, name, permit.OpnLead)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) side(tx *database.Tx, r row, side, kind string) error {
	if side == SideUser {
		return s.user(tx, r, kind)
	}
	return s.office(tx, r, kind, permit.OpnLead)
}

// user tells the applicant: who applied, and who may sign for the body.
func (s *Service) user(tx *database.Tx, r row, kind string) error {
	all := []string{r.Account}
	if r.Organisation != "" {
		admins, err := s.People.Holders(tx, r.Organisation, permit.OrgAdmin)
		if err != nil {
			return err
		}
		all = append(all, admins...)
	}
	return s.accounts(tx, r, kind, all)
}

// office tells everybody who holds one of roles: in the publisher for roles of
// a body, anywhere for the others.
func (s *Service) office(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	var all []string
	for _, role := range roles {
		body := ""
		if role.Reach() == permit.OwnBody {
			body = r.Publisher
		}
		some, err := s.People.Holders(tx, body, role)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	return s.accounts(tx, r, kind, all)
}

func (s *Service) accounts(tx *database.Tx, r row, kind string, all []string) error {
	day := r.Clock.Due.Day
	if r.Until != "" {
		day = r.Until
	}
	for _, a := range application.Accounts(all...) {
		err := s.Notices.Tell(tx, permit.Platform, notice.Notice{Key: strings.Join([]string{r.ID, kind, itoa(r.revision), a}, "."), Account: a, Kind: "agreement." + kind, About: "/agreements/" + r.ID,
			Args: map[string]any{"number": r.Agreement.Number, "application": r.ApplicationNumber, "day": locale.Same(day), "reason": r.Reason}})
		if err != nil {
			return err
		}
	}
	return nil
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "agreement.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings to every agreement: reminders, lateness, lapse
// and the end of its time. It signs nothing. It may run again, and after days
// that were missed. It returns how many it touched.
func (s *Service) Today(ctx context.Context, who permit.Actor) (n int, err error) {
	var due []string
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `WHERE next_on <> '' AND next_on <= ? ORDER BY id`, s.today())
		for _, r := range rows {
			due = append(due, r.ID)
		}
		return err
	})
	for _, id := range due {
		if err != nil {
			return n, err
		}
		n++
		err = s.DB.Write(ctx, func(tx *database.Tx) error {
			r, err := load(tx, id)
			for _, c := range []Command{Ring{}, Lapse{}, Expire{}} {
				if err == nil && Table.Permit(r.Stage, c.Verb(), who, r.Did) == nil {
					r, err = s.move(tx, who, r, c, false)
				}
			}
			return err
		})
	}
	return n, err
}

// Recompute returns what counts the last days of unsigned agreements again, by
// a calendar that has changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := list(tx, `WHERE stage IN `+stagesIn([]Stage{StageGenerated, StageNegotiating, StageSigned})+` ORDER BY id`)
		if err != nil {
			return 0, err
		}
		user, publisher := deadline.NewCounter(book, TermSigning, SigningSteps), deadline.NewCounter(book, TermCountersign, CountersignSteps)
		for _, r := range rows {
			counter := user
			if r.Stage == StageSigned {
				counter = publisher
			}
			again, err := counter.Recount(r.Clock)
			if err != nil {
				return changed, err
			}
			if again.Equal(r.Clock) {
				continue
			}
			if _, err := s.move(tx, who, r, Recount{again}, false); err != nil {
				return changed, err
			}
			changed++
		}
		return changed, nil
	}
}
