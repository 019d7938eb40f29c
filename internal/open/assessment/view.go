package assessment

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/version"
)

// Quality is how good a version is, as its reader may know it.
type Quality struct {
	Dataset string   `json:"dataset"` // slug
	Number  int      `json:"number"`  // of the version
	Run     *Run     `json:"-"`       // nil if no rule was asked of it yet
	Score   Score    `json:"score"`
	History []Score  `json:"history"` // oldest first
	Results []Result `json:"results"`
	Weights Weights  `json:"weights"` // by which the score was made; [D]
	// Counted is false if the reader may not know how much data there is:
	// counts are then left out of Results (Article 14).
	Counted bool `json:"counted"`
}

// Latest stands for the newest version that is released, full before sample.
const Latest = 0

// Of returns the quality of version number of the dataset. The score is public
// (requirements A16.1); counts are for those who may see the version's size,
// and the rows that fail for those who look after it. Article 16.
func (s *Service) Of(ctx context.Context, who permit.Actor, dataset string, number int) (q Quality, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, dataset)
		if err != nil {
			return err
		}
		mine := who.For(e.Publisher)
		v, err := s.newest(tx, dataset, func(v version.Version) bool {
			return number == Latest && v.Stage == version.StageReleased || v.Number == number && version.MaySee(mine, v)
		})
		if err != nil {
			return err
		}
		if v == nil {
			if number == Latest {
				return problem.New(problem.NotFound, "version.none_released")
			}
			return problem.New(problem.NotFound, "version.not_found", "slug", dataset, "number", number)
		}
		q = Quality{Dataset: dataset, Number: v.Number, Weights: WeightsOn(s.today()), History: []Score{}, Results: []Result{}}
		r, err := loadRun(tx, v.ID)
		if err != nil || r.revision == 0 {
			return err
		}
		q.Run, q.Score, q.History = &r.state, r.state.Score, r.state.History
		q.Counted = version.OpenToAll(v.Kind, string(e.Opening)) || version.WorksOn(mine)
		for _, x := range r.state.Results {
			q.Results = append(q.Results, shown(x, q.Counted, MaySee(mine)))
		}
		if !MaySee(mine) {
			q.Run = nil
		}
		return nil
	})
	return q, err
}

// shown returns what of a result its reader may know.
func shown(r Result, counted, staff bool) Result {
	if !counted {
		r.Checked, r.Failed = 0, 0
	}
	if !staff {
		r.Rows = nil
	}
	return r
}

// Line is one version in the history of a dataset's scores.
type Line struct {
	Number int   `json:"number"`
	Score  Score `json:"score"`
}

// History returns the scores of the versions of a dataset that who may know
// of, newest first. It is public for what was released.
func (s *Service) History(ctx context.Context, who permit.Actor, dataset string) (all []Line, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, dataset)
		if err != nil {
			return err
		}
		versions, err := s.Versions.ListTx(tx, permit.Platform, dataset)
		if err != nil {
			return err
		}
		may := map[string]bool{}
		for _, v := range versions {
			may[v.ID] = version.MaySee(who.For(e.Publisher), v)
		}
		runs, err := list[Run](tx, "assessment_run", `WHERE dataset = ? ORDER BY number DESC`, dataset)
		for _, r := range runs {
			if may[r.state.Version] {
				all = append(all, Line{Number: r.state.Number, Score: r.state.Score})
			}
		}
		return err
	})
	return all, err
}

// Failing is where a version breaks a rule: rows and columns, and no cells.
// What stands there is read through obtain/access.
type Failing struct {
	Number  int
	Content string // SHA-256 of the table that the rows are counted in
	Result  Result
	Columns []string // the rule's own, or those of its conditions; empty for the whole row
}

// Failing returns where a version breaks the rule at a place of its results.
// Who must look after the dataset's quality; for others there is nothing of
// the kind.
func (s *Service) Failing(ctx context.Context, who permit.Actor, dataset string, number, place int) (f Failing, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		_, err := s.mine(tx, who, dataset)
		return err
	})
	if err != nil {
		return f, err
	}
	q, err := s.Of(ctx, who, dataset, number)
	if err != nil {
		return f, err
	}
	if q.Run == nil || place < 0 || place >= len(q.Run.Results) {
		return f, problem.New(problem.NotFound, "assessment.no_such_rule")
	}
	r := q.Run.Results[place]
	return Failing{Number: q.Number, Content: q.Run.Content, Result: r, Columns: r.Rule.Fields}, nil
}
