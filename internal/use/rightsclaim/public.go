package rightsclaim

import (
	"context"
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Suspension is what everybody may read of a complaint because of which the
// opening was stopped: nothing of who complained, nor of what he wrote.
type Suspension struct {
	Dataset  string       `json:"dataset"`
	Title    locale.Text  `json:"title"`
	Body     string       `json:"body"`  // id of the publisher
	Class    string       `json:"class"` // of Rights
	Since    workday.Date `json:"since"`
	Stage    Stage        `json:"stage"`
	Held     bool         `json:"held"` // it is stopped because of this
	Reason   string       `json:"reason,omitempty"`
	Result   string       `json:"result,omitempty"`
	ResultOn workday.Date `json:"result_on,omitempty"`
	Summary  string       `json:"summary,omitempty"` // of the report
	PlanOn   workday.Date `json:"plan_on,omitempty"` // when it is to open again
	Version  int          `json:"version,omitempty"` // with which it was opened again
}

// Suspensions is a part of the public list.
type Suspensions struct {
	Items []Suspension `json:"items"`
	Next  string       `json:"next,omitempty"`
}

// Suspensions returns what was suspended because of complaints, newest first,
// of one dataset, or for slug "" of all. Article 31(2).
func (s *Service) Suspensions(ctx context.Context, who permit.Actor, slug, after string, limit int) (p Suspensions, err error) {
	p.Items = []Suspension{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if slug != "" {
			if _, err := s.Entries.GetTx(tx, who, slug); err != nil {
				return err
			}
		}
		rows, err := list(tx, `WHERE public = 1 AND (? = '' OR dataset = ?) AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, slug, slug, after, after, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			p.Next = rows[limit-1].ID
		}
		for _, r := range rows {
			x, err := s.suspension(tx, r)
			if err != nil {
				return err
			}
			p.Items = append(p.Items, x)
		}
		return nil
	})
	return p, err
}

func (s *Service) suspension(tx *database.Tx, r row) (x Suspension, err error) {
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return x, err
	}
	x = Suspension{Dataset: r.Dataset, Title: e.Title, Body: r.Body, Class: r.Right, Since: r.SuspendedOn, Stage: r.Stage, Held: r.Held, Reason: r.Reason,
		Result: r.Result, ResultOn: r.ResultOn, PlanOn: r.PlanOn, Version: r.Version}
	if r.Report != nil {
		x.Summary = r.Report.Summary
	}
	return x, nil
}

// Instruction is what one data user is told: to delete data that is withdrawn.
// He reads nothing of the complaint.
type Instruction struct {
	ID          string        `json:"id"`          // of the case
	Application string        `json:"application"` // id of his application
	Number      string        `json:"number"`      // and its number
	Dataset     string        `json:"dataset"`
	Title       locale.Text   `json:"title"`
	Class       string        `json:"class"`
	Summary     string        `json:"summary"`
	On          workday.Date  `json:"on"`
	Due         workday.Date  `json:"due"`
	Left        deadline.Left `json:"left,omitzero"`
	DoneOn      workday.Date  `json:"done_on,omitempty"` // "" while the receipt is missing
	Note        string        `json:"note,omitempty"`
}

// Instructions is a part of a user's list.
type Instructions struct {
	Items []Instruction `json:"items"`
	Next  string        `json:"next,omitempty"`
}

// Instructions returns what who, or the organisation that he acts for, was told
// to delete, newest first.
func (s *Service) Instructions(ctx context.Context, who permit.Actor, after string, limit int) (p Instructions, err error) {
	if err := MayOwn.Asked(who); err != nil {
		return p, err
	}
	p.Items = []Instruction{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `WHERE id IN (SELECT case_id FROM rightsclaim_user WHERE account = ? OR organisation = ? AND organisation <> '') AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`,
			who.Account, who.Organisation, after, after, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			p.Next = rows[limit-1].ID
		}
		for _, r := range rows {
			for _, d := range r.Deletions {
				if !Uses(who, d.User) {
					continue
				}
				i, err := s.instruction(tx, r, d)
				if err != nil {
					return err
				}
				p.Items = append(p.Items, i)
			}
		}
		slices.SortStableFunc(p.Items, func(a, b Instruction) int { return len(a.DoneOn) - len(b.DoneOn) })
		return nil
	})
	return p, err
}

func (s *Service) instruction(tx *database.Tx, r row, d Deletion) (i Instruction, err error) {
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return i, err
	}
	i = Instruction{ID: r.ID, Application: d.ID, Number: d.Number, Dataset: r.Dataset, Title: e.Title, Class: r.Right, Summary: r.Report.Summary, On: r.ResultOn, Due: r.Clock.Due.Day, DoneOn: d.DoneOn, Note: d.Note}
	if d.DoneOn == "" {
		i.Left, err = r.Clock.Left(s.Book().Calendar(), s.today())
	}
	return i, err
}
