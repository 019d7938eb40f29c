package yearlyreview

import (
	"context"
	"fmt"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Result is what the public learns of a year: who has looked over his list, and
// what came of it. What is decided of single items it learns from the work
// orders.
type Result struct {
	Year     int             `json:"year"`
	AsOf     workday.Date    `json:"as_of"`
	Opens    workday.Date    `json:"opens"`
	Due      workday.Date    `json:"due"` // last day to sign
	Bodies   int             `json:"bodies"`
	Done     int             `json:"done"`     // accepted by the authority
	Signed   int             `json:"signed"`   // done, or waiting for the authority
	Late     int             `json:"late"`     // signed late, or not yet though the day has passed
	Verdicts map[Verdict]int `json:"verdicts"` // of what is done
	Items    []Outcome       `json:"items"`    // by name of the body's id
}

// Outcome is one publisher in a [Result].
type Outcome struct {
	Body     string          `json:"body"`
	Name     locale.Text     `json:"name"`
	State    string          `json:"state"` // of States
	Late     bool            `json:"late"`
	SignedOn workday.Date    `json:"signed_on"`          // "" if it has not
	Listed   int             `json:"listed"`             // entries that were looked over
	Unopened int             `json:"unopened"`           // and resources
	Verdicts map[Verdict]int `json:"verdicts,omitempty"` // once it is done
}

// States are how far a publisher is, as the public is told.
var States = []string{"open", "signed", "done"}

func state(s Stage) string {
	switch s {
	case StageSigned:
		return "signed"
	case StageReviewed, StageClosed:
		return "done"
	}
	return "open"
}

// AllVerdicts lists the verdicts in the order of the form.
func AllVerdicts() []Verdict { return append(Listed.Verdicts(), Unopened.Verdicts()...) }

// Years returns the years that have reviews, the newest first. It is public.
func (s *Service) Years(ctx context.Context, _ permit.Actor) (all []int, err error) {
	all = []int{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT DISTINCT year FROM yearlyreview ORDER BY year DESC`)
		if err != nil {
			return fmt.Errorf("list years: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				return fmt.Errorf("list years: %w", err)
			}
			all = append(all, n)
		}
		return rows.Err()
	})
	return all, err
}

// Result returns what the public learns of a year; problem.NotFound if no
// review is of that year. Article 10.
func (s *Service) Result(ctx context.Context, _ permit.Actor, year int) (x Result, err error) {
	x = Result{Year: year, AsOf: s.today(), Opens: YearOf(year).Opens, Verdicts: map[Verdict]int{}, Items: []Outcome{}}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `WHERE year = ? ORDER BY body_id`, year)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return problem.New(problem.NotFound, "yearlyreview.no_year", "year", year)
		}
		for _, r := range rows {
			b, err := s.Organisations.GetTx(tx, permit.Platform, r.Body)
			if err != nil {
				return err
			}
			x.add(r, b.Name)
		}
		return nil
	})
	return x, err
}

func (x *Result) add(r row, name locale.Text) {
	o := Outcome{Body: r.Body, Name: name, State: state(r.Stage), Late: r.Late, SignedOn: r.SignedOn, Listed: r.tally.Listed, Unopened: r.tally.Unopened}
	x.Bodies++
	x.Due = max(x.Due, r.Due)
	if o.Late {
		x.Late++
	}
	if o.State != "open" {
		x.Signed++
	}
	if o.State == "done" {
		x.Done++
		o.Verdicts = r.tally.Verdicts
		for v, n := range o.Verdicts {
			x.Verdicts[v] += n
		}
	}
	x.Items = append(x.Items, o)
}
