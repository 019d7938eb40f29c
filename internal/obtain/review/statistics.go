package review

import (
	"context"
	"fmt"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Usual is what became of applications for one dataset.
type Usual struct {
	Decided  int `json:"decided"`
	Approved int `json:"approved"`
	Days     int `json:"days"` // working days, the middle one of all
}

// Group is how one kind of applicant, or all, fared (Article 19(2)(1)).
type Group struct {
	Applicant string `json:"applicant,omitempty"` // "" for all
	Decided   int    `json:"decided"`             // datasets
	Approved  int    `json:"approved"`
	Narrowed  int    `json:"narrowed"` // of the approved, with less than was applied for
	Days      int    `json:"days"`     // working days, the middle one of all
	OnTime    int    `json:"on_time"`
}

// Statistics are the decisions of a period, for everybody.
type Statistics struct {
	From    workday.Date `json:"from"`
	To      workday.Date `json:"to"`
	All     Group        `json:"all"`
	Groups  []Group      `json:"groups"`
	Waiting int          `json:"waiting"` // orders now
	Overdue int          `json:"overdue"` // of them, past their last day
}

// Decision is one decision, without anything of the applicant but the kind.
type Decision struct {
	Dataset   string       `json:"dataset"`
	Publisher string       `json:"publisher"`
	Applicant string       `json:"applicant"`
	Scenario  string       `json:"scenario"`
	Approved  bool         `json:"approved"`
	Narrowed  bool         `json:"narrowed"`
	Reasons   []string     `json:"reasons,omitempty"` // codes
	Days      int          `json:"days"`
	Late      bool         `json:"late,omitempty"`
	DecidedOn workday.Date `json:"decided_on"`
}

// Usual returns what became of applications for a dataset so far.
func (s *Service) Usual(ctx context.Context, _ permit.Actor, dataset string) (u Usual, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		g, err := groups(tx, `dataset = ?`, dataset)
		if err == nil && len(g) > 0 {
			u = Usual{g[0].Decided, g[0].Approved, g[0].Days}
		}
		return err
	})
	return u, err
}

// Statistics returns the decisions from one day up to another.
func (s *Service) Statistics(ctx context.Context, _ permit.Actor, from, to workday.Date) (st Statistics, err error) {
	st = Statistics{From: from, To: to}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := groups(tx, `decided_on >= ? AND decided_on <= ?`, from, to)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			st.All, st.Groups = all[0], all[1:]
		}
		return tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN due < ? THEN 1 ELSE 0 END), 0) FROM review WHERE `+waiting, s.today()).Scan(&st.Waiting, &st.Overdue)
	})
	return st, err
}

// groups counts decisions of which where holds: all of them first, then by
// kind of applicant; nothing if there are none.
func groups(tx *database.Tx, where string, args ...any) (all []Group, err error) {
	rows, err := tx.Query(`
		SELECT applicant, days, COUNT(*), SUM(approved), SUM(narrowed), SUM(1 - late)
		FROM   review_decision
		WHERE  `+where+`
		GROUP  BY applicant, days
		ORDER  BY applicant, days`, args...)
	if err != nil {
		return nil, fmt.Errorf("count decisions: %w", err)
	}
	defer rows.Close()
	days := map[string]map[int]int{"": {}}
	for rows.Next() {
		var g Group
		var day int
		if err := rows.Scan(&g.Applicant, &day, &g.Decided, &g.Approved, &g.Narrowed, &g.OnTime); err != nil {
			return nil, fmt.Errorf("count decisions: %w", err)
		}
		if len(all) == 0 {
			all = append(all, Group{})
		}
		if last := all[len(all)-1]; len(all) == 1 || last.Applicant != g.Applicant {
			all, days[g.Applicant] = append(all, Group{Applicant: g.Applicant}), map[int]int{}
		}
		for _, to := range []*Group{&all[0], &all[len(all)-1]} {
			to.Decided, to.Approved, to.Narrowed, to.OnTime = to.Decided+g.Decided, to.Approved+g.Approved, to.Narrowed+g.Narrowed, to.OnTime+g.OnTime
			days[to.Applicant][day] += g.Decided
		}
	}
	for i := range all {
		all[i].Days = middle(days[all[i].Applicant], all[i].Decided)
	}
	return all, rows.Err()
}

// middle returns the middle of n days, where count says how often each is.
func middle(count map[int]int, n int) int {
	for day, seen := 0, 0; ; day++ {
		if seen += count[day]; seen*2 >= n {
			return day
		}
	}
}

// Decisions returns the latest decisions, of one dataset or of all, at most
// limit.
func (s *Service) Decisions(ctx context.Context, _ permit.Actor, dataset string, limit int) (all []Decision, err error) {
	where, args := ``, []any{}
	if dataset != "" {
		where, args = `WHERE dataset = ?`, []any{dataset}
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(`
			SELECT dataset, publisher, applicant, scenario, approved, narrowed, reasons, days, late, decided_on
			FROM   review_decision `+where+`
			ORDER  BY decided_on DESC, review DESC LIMIT ?`, append(args, limit)...)
		if err != nil {
			return fmt.Errorf("list decisions: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var d Decision
			var approved, narrowed, late int
			var reasons string
			if err := rows.Scan(&d.Dataset, &d.Publisher, &d.Applicant, &d.Scenario, &approved, &narrowed, &reasons, &d.Days, &late, &d.DecidedOn); err != nil {
				return fmt.Errorf("list decisions: %w", err)
			}
			d.Approved, d.Narrowed, d.Late, d.Reasons = approved == 1, narrowed == 1, late == 1, strings.Fields(reasons)
			all = append(all, d)
		}
		return rows.Err()
	})
	return all, err
}
