package review

import (
	"context"
	"fmt"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/obtain/application"
)

// Progress is an order as its applicant sees it: whose turn, how long, what is
// asked, and the result; nothing of how it came about.
type Progress struct {
	ID        string        `json:"id"`
	Number    string        `json:"number"`
	Body      string        `json:"body"`
	Stage     Stage         `json:"stage"` // proposed counts as in review
	Received  workday.Date  `json:"received_on"`
	Due       workday.Due   `json:"due"`
	Left      deadline.Left `json:"left"`
	Late      bool          `json:"late,omitempty"`
	Datasets  []Wanted      `json:"datasets"`
	Questions []Question    `json:"questions,omitempty"`
	Verdicts  []Verdict     `json:"verdicts,omitempty"` // once decided
	DecidedOn workday.Date  `json:"decided_on,omitempty"`
	DecidedAt time.Time     `json:"decided_at,omitzero"`
	Days      int           `json:"days,omitempty"`
}

// Of returns the orders of an application, for its applicant and those who may
// see it.
func (s *Service) Of(ctx context.Context, who permit.Actor, caseID string) (all []Progress, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		c, err := s.Applications.Get(tx, who, caseID)
		if err == nil && !application.MaySee(who, c) {
			err = problem.New(problem.NotFound, "application.not_found")
		}
		if err != nil {
			return err
		}
		rows, err := list(tx, `WHERE application = ? ORDER BY id`, caseID)
		for _, r := range rows {
			if err == nil {
				var p Progress
				p, err = s.progress(tx, r.Order)
				all = append(all, p)
			}
		}
		return err
	})
	return all, err
}

func (s *Service) progress(tx *database.Tx, o Order) (p Progress, err error) {
	p = Progress{ID: o.ID, Number: o.Number, Body: o.Body, Stage: o.Stage, Received: o.Clock.ReceivedOn, Due: o.Clock.Due, Late: o.Clock.Late,
		Datasets: o.Datasets, Questions: o.Questions, DecidedOn: o.DecidedOn, Days: o.Days}
	switch o.Stage {
	case StageProposed:
		p.Stage = StageInReview
	case StageDecided:
		p.Verdicts = o.Verdicts
		lines, err := ledger.History(tx, Stream(o.ID))
		if err != nil {
			return p, err
		}
		for _, l := range lines {
			if l.Kind == (Decided{}).Kind() {
				p.DecidedAt = l.At
			}
		}
	}
	p.Left, err = o.Clock.Left(s.Book().Calendar(), s.today())
	return p, err
}

// Letter returns a decided order for its letter, to whoever may see the order
// or the application. Anybody else, and before the decision, gets nothing.
func (s *Service) Letter(ctx context.Context, who permit.Actor, orderID string) (o Order, about application.Shown, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := load(tx, orderID)
		if err != nil {
			return err
		}
		c, err := s.Applications.Get(tx, who, r.Application)
		if err != nil {
			return err
		}
		if r.Stage != StageDecided || !application.MaySee(who, c) && !MaySee(who, r.Order) {
			return notFound()
		}
		o = r.Order
		about, err = s.Applications.ShowTx(tx, who, r.Application, nil)
		return err
	})
	return o, about, err
}

// GrantedTx returns the applications by which somebody was granted a dataset,
// oldest first: whoever has the data. Article 31(2).
func (s *Service) GrantedTx(tx *database.Tx, who permit.Actor, dataset string) (all []application.Case, err error) {
	rows, err := tx.Query(`
		SELECT DISTINCT r.application
		FROM   review_decision d JOIN review r ON r.id = d.review
		WHERE  d.dataset = ? AND d.approved = 1
		ORDER  BY r.application`, dataset)
	if err != nil {
		return nil, fmt.Errorf("list who was granted %s: %w", dataset, err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list who was granted %s: %w", dataset, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list who was granted %s: %w", dataset, err)
	}
	for _, id := range ids {
		c, err := s.Applications.Get(tx, who, id)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
