package grading

import (
	"context"
	"slices"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// jobRegrade makes due again what a profile or an overlay changes.
const jobRegrade = "grading.regrade"

type regradeJob struct {
	Body string `json:"body,omitempty"` // "" for every body
}

// mornings looks, each day, at entries as they are now, and at what is a year
// old.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "grading.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{
		queue.Handle(jobRegrade, func(ctx context.Context, j regradeJob) error {
			_, err := s.Regrade(ctx, permit.Platform, j.Body)
			return err
		}),
		s.mornings().Handler(),
	}
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Regrade makes due again what by the profile and the overlay in force would
// have another type, or lacks an answer: of a body, or of all for "". It may
// run again. It returns how many it made due.
func (s *Service) Regrade(ctx context.Context, who permit.Actor, body string) (n int, err error) {
	return s.each(ctx, who, body, func(tx *database.Tx, subject Subject, r row[Case]) (string, error) {
		p, err := s.ProfileTx(tx, who)
		if err != nil {
			return "", err
		}
		if _, hit, err := s.hit(tx, p, r.state); err != nil || !hit {
			return "", err
		}
		return ProfileChanged, nil
	})
}

// Today looks at every entry as it is now, and makes due what was confirmed a
// year ago. It may run again, and after days that were missed. It returns how
// many gradings it made due for their age.
func (s *Service) Today(ctx context.Context, who permit.Actor) (n int, err error) {
	slugs, err := s.Subjects.Slugs(ctx, who)
	if err != nil {
		return 0, err
	}
	for _, slug := range slugs {
		if err := s.Refresh(ctx, who, slug); err != nil && !problem.Is(err, problem.NotFound) {
			return 0, err
		}
	}
	limit := s.today().AddMonths(-12)
	return s.each(ctx, who, "", func(_ *database.Tx, _ Subject, r row[Case]) (string, error) {
		if r.state.InForce.ConfirmedOn > limit {
			return "", nil
		}
		return Yearly, nil
	})
}

// each asks of every grading in force why it is due again, each in a
// transaction of its own; "" if it is not.
func (s *Service) each(ctx context.Context, who permit.Actor, body string, why func(*database.Tx, Subject, row[Case]) (string, error)) (n int, err error) {
	var slugs []string
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		return s.eachInForce(tx, body, func(g Case) error { slugs = append(slugs, g.Slug); return nil })
	})
	if err != nil {
		return 0, err
	}
	for _, slug := range slugs {
		err := s.DB.Write(ctx, func(tx *database.Tx) error {
			subject, r, err := s.see(tx, permit.Platform, slug)
			if problem.Is(err, problem.NotFound) {
				return nil // its entry is withdrawn
			}
			if err != nil || Table.Permit(r.state.Stage, DueAgain{}.Verb(), who, nil) != nil {
				return err
			}
			reason, err := why(tx, subject, r)
			if err != nil || reason == "" {
				return err
			}
			before := r.revision
			if r, err = s.move(tx, who, subject, r, DueAgain{Reasons: []string{reason}}); err == nil && r.revision > before {
				n++
				_, err = s.rescan(tx, subject, r)
			}
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// joinable makes due again the neighbours of an entry that was just confirmed,
// if beside it they would be stricter. It is safe to repeat.
func (s *Service) joinable(tx *database.Tx, slug string) error {
	r, ok, err := load(tx, slug)
	if err != nil || !ok || r.state.InForce == nil {
		return err
	}
	p, err := s.ProfileTx(tx, permit.Platform)
	if err != nil {
		return err
	}
	around, err := neighbours(tx, p.Content, slug, r.state.InForce.Fields)
	if err != nil {
		return err
	}
	for _, n := range around {
		subject, other, err := s.see(tx, permit.Platform, n.Slug)
		if problem.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		h, hit, err := s.hit(tx, p, other.state)
		if err != nil {
			return err
		}
		if !hit || !h.Was.Looser(h.Would) || Table.Permit(other.state.Stage, DueAgain{}.Verb(), permit.Platform, nil) != nil {
			continue
		}
		if _, err := s.move(tx, permit.Platform, subject, other, DueAgain{Reasons: []string{NewJoinable}}); err != nil {
			return err
		}
	}
	return nil
}

// Told are the kinds of notice of this package.
var Told = []notice.Kind{
	{Name: "grading.waits", Topic: "grading.topic", Title: "grading.told_waits", Text: "grading.told_waits_text"},
	{Name: "grading.came_back", Topic: "grading.topic", Title: "grading.told_came_back", Text: "grading.told_came_back_text"},
	{Name: "grading.in_force", Topic: "grading.topic", Title: "grading.told_in_force", Text: "grading.told_in_force_text"},
	{Name: "grading.is_due", Topic: "grading.topic", Title: "grading.told_is_due", Text: "grading.told_is_due_text"},
}

// Holders finds who holds a role in a body; people/account does.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, organisation string, roles ...permit.Role) ([]string, error)
}

// Teller is how people of the publisher learn what waits for them.
type Teller struct {
	Gradings *Service
	Notices  *notice.Service
	Holders  Holders
}

// Reactions returns what follows from events of gradings: checkers learn that
// one waits, the grader that it came back or is in force, graders that one is
// due again; and neighbours of what is newly open are looked at again.
func (t Teller) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("grading.tell_graded", func(_ context.Context, tx *database.Tx, e ledger.Entry[Graded]) error {
			return t.tell(tx, e.Line, StageGraded, "grading.waits", "")
		}),
		ledger.On("grading.tell_rejected", func(_ context.Context, tx *database.Tx, e ledger.Entry[Rejected]) error {
			return t.tell(tx, e.Line, StageRejected, "grading.came_back", e.Event.Reason)
		}),
		ledger.On("grading.tell_confirmed", func(_ context.Context, tx *database.Tx, e ledger.Entry[Confirmed]) error {
			return t.tell(tx, e.Line, StageConfirmed, "grading.in_force", "")
		}),
		ledger.On("grading.tell_due", func(_ context.Context, tx *database.Tx, e ledger.Entry[FellDue]) error {
			return t.tell(tx, e.Line, StageReviewDue, "grading.is_due", "")
		}),
		ledger.On("grading.joinable", func(_ context.Context, tx *database.Tx, e ledger.Entry[Confirmed]) error {
			return t.Gradings.joinable(tx, e.Event.Slug)
		}),
	}
}

// tell tells those whom it concerns, unless the grading has moved on since. It
// is safe to repeat: the key follows from the line.
func (t Teller) tell(tx *database.Tx, l ledger.Line, stage Stage, kind, reason string) error {
	subject, r, err := t.Gradings.see(tx, permit.Platform, l.Stream[len(Stream("")):])
	if problem.Is(err, problem.NotFound) || err == nil && r.state.Stage != stage {
		return nil
	}
	if err != nil {
		return err
	}
	grader, behalf := permit.Doers(r.state.Did["grade"])
	to := []string{grader}
	switch stage {
	case StageGraded:
		if to, err = t.Holders.HoldersOf(tx, permit.Platform, r.state.Body, permit.OpnReviewer); err != nil {
			return err
		}
		to = slices.DeleteFunc(to, func(account string) bool { return account == grader || account == behalf })
	case StageReviewDue:
		if to, err = t.Holders.HoldersOf(tx, permit.Platform, r.state.Body, permit.OpnGrader); err != nil {
			return err
		}
	}
	for _, account := range to {
		err := t.Notices.Tell(tx, permit.Platform, notice.Notice{Key: kind + "." + strconv.FormatInt(l.Seq, 10) + "." + account, Account: account, Kind: kind,
			Args: map[string]any{"title": subject.Title.ZH, "reason": reason}, About: "/desk/gradings/" + subject.Slug})
		if err != nil {
			return err
		}
	}
	return nil
}
