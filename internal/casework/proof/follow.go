package proof

import (
	"context"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
)

// Kinds are the notices of this package.
var Kinds = []notice.Kind{
	{Name: "proof.submitted", Topic: "proof.topic", Title: "proof.told_submitted", Text: "proof.told_submitted_text"},
	{Name: "proof.accepted", Topic: "proof.topic", Title: "proof.told_accepted", Text: "proof.told_accepted_text"},
	{Name: "proof.returned", Topic: "proof.topic", Title: "proof.told_returned", Text: "proof.told_returned_text"},
	{Name: "proof.refused", Topic: "proof.topic", Title: "proof.told_refused", Text: "proof.told_refused_text"},
	{Name: "proof.lapsed", Topic: "proof.topic", Title: "proof.told_lapsed", Text: "proof.told_lapsed_text"},
}

// tell tells the applicant what became of his case.
func (s *Service) tell(tx *database.Tx, before, after row) error {
	kind := "proof." + string(after.Stage)
	if before.Stage == after.Stage || after.Stage == StageDraft || after.Stage == StageWithdrawn {
		return nil
	}
	return s.Notices.Tell(tx, permit.Platform, notice.Notice{Account: after.Applicant, Kind: kind, About: "/proof/" + after.ID,
		Args: map[string]any{"number": after.Number, "due": day(after.Due.Day), "until": day(after.LapseOn), "erase": day(after.EraseOn), "reasons": s.Say(after.Reasons)}})
}

// day writes a day in both languages.
func day(d workday.Date) locale.Text { return locale.Text{ZH: string(d), EN: string(d)} }

// Say puts reasons into words.
func (s *Service) Say(r Reasons) locale.Text {
	say := func(l locale.Lang, between string) string {
		var all []string
		for _, code := range r.Codes {
			all = append(all, s.Words.Say(l, "proof.reason."+code, nil))
		}
		if note := strings.TrimSpace(r.Note); note != "" {
			all = append(all, note)
		}
		return strings.Join(all, between)
	}
	return locale.Text{ZH: say(locale.ZH, "；"), EN: say(locale.EN, "; ")}
}

// The jobs of this package: what happens when a day has come. Each may run
// twice, and too early.
const (
	jobLapse = "proof.lapse"
	jobErase = "proof.erase"
)

type job struct {
	Case string `json:"case"`
}

// schedule arranges for the day on which the case lapses or is erased.
func (s *Service) schedule(tx *database.Tx, r row) error {
	switch {
	case r.Erased:
		return nil
	case r.Ended():
		return queue.Enqueue(tx, jobErase+"/"+r.ID, jobErase, job{r.ID}, r.EraseOn.Time())
	case r.LapseOn != "":
		return queue.Enqueue(tx, jobLapse+"/"+r.ID+"/"+string(r.LapseOn), jobLapse, job{r.ID}, r.LapseOn.AddDays(1).Time())
	}
	return nil
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{
		queue.Handle(jobLapse, func(ctx context.Context, j job) error { return s.tick(ctx, j.Case, Lapse{}) }),
		queue.Handle(jobErase, func(ctx context.Context, j job) error { return s.tick(ctx, j.Case, Erase{}) }),
	}
}

// tick asks c of a case in the name of the clock, if it can still be done.
func (s *Service) tick(ctx context.Context, caseID string, c Command) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, caseID)
		if err != nil {
			return err
		}
		if Table.Permit(r.Stage, c.Verb(), permit.Platform, r.Did) != nil {
			return nil // somebody went on with it
		}
		_, err = s.move(tx, permit.Platform, r, c)
		return err
	})
}

// Recompute returns what counts the last days of open cases again, by a
// calendar that has changed, and says how many of them moved. It has no effect
// but on its transaction.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		for last := ""; ; {
			rows, err := list(tx, `stage = 'submitted' AND id > ? ORDER BY id`, last)
			if err != nil || len(rows) == 0 {
				return changed, err
			}
			for _, r := range rows {
				due, err := book.Due(TermDecide, r.SubmittedOn)
				if err != nil {
					return changed, err
				}
				after, err := s.move(tx, who, r, Recount{due})
				if err != nil {
					return changed, err
				}
				if after.Due != r.Due {
					changed++
				}
				last = r.ID
			}
		}
	}
}
