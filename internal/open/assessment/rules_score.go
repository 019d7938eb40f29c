package assessment

import (
	"math"
	"slices"

	"kaishu/internal/base/workday"
)

// Result is what one rule found in a version. It names rows, never what
// stands in them: that is read again by whoever may see it, through the door.
type Result struct {
	Rule    Rule    `json:"rule"`
	BuiltIn bool    `json:"built_in,omitempty"` // every dataset is held to it
	Checked int64   `json:"checked"`            // rows, cells, or 1 for the table
	Failed  int64   `json:"failed"`
	Passed  bool    `json:"passed"`
	Note    string  `json:"note,omitempty"`   // message code: why it could not be asked
	Waived  bool    `json:"waived,omitempty"` // broken, and a waiver covered it
	Rows    []int64 `json:"rows,omitempty"`   // failing ones, the first few, counted from 0 in the order of the table
}

// Share is how much of what was checked is right, between 0 and 1; of a broken
// rule that could not be asked nothing is. Measured is false if there was
// nothing to check.
func (r Result) Share() (share float64, measured bool) {
	switch {
	case r.Checked > 0:
		return float64(r.Checked-r.Failed) / float64(r.Checked), true
	case !r.Passed:
		return 0, true
	}
	return 0, false
}

// Judged returns what an answer means for a rule.
func Judged(r Rule, a Ask, checked, failed int64, rows []int64) Result {
	x := Result{Rule: r, Note: a.Note, Checked: checked, Failed: failed, Rows: rows, Passed: failed == 0 && !a.Broken}
	if r.Kind == filled.Kind && r.Share > 0 && checked > 0 && !a.Broken {
		share, _ := x.Share()
		x.Passed = share >= r.Share
	}
	return x
}

// Points are the score of one dimension.
type Points struct {
	Dimension Dimension `json:"dimension"`
	Measured  bool      `json:"measured"`
	Points    float64   `json:"points"` // 0 to 100, one digit after the point, never rounded up
	Rules     int       `json:"rules"`  // that it was made of
}

// Score is how good a version is.
type Score struct {
	On       workday.Date `json:"on"`
	Measured bool         `json:"measured"` // of some dimension
	Total    float64      `json:"total"`    // 0 to 100
	By       []Points     `json:"by"`       // in the order of [Dimensions]
}

// Weights are the figures of the score that hold on a day, by name.
type Weights map[string]float64

// Beside is what a score is made of beside rules.
type Beside struct {
	Standing string `json:"standing,omitempty"` // how the dataset keeps its frequency, see open/timeliness; "" if unknown
	Made     int    `json:"made,omitempty"`     // files that can be downloaded
	Offered  int    `json:"offered,omitempty"`  // formats that are tried; 0 while none is made
}

// Rate makes the score of results: per dimension the mean of the rules' shares,
// those that hold releases counting more; in total the mean of the dimensions
// that were measured, by weight. Article 16; weights are ours [D].
func Rate(results []Result, b Beside, w Weights, on workday.Date) Score {
	sum, weight, rules := map[Dimension]float64{}, map[Dimension]float64{}, map[Dimension]int{}
	count := func(d Dimension, share, by float64) {
		sum[d], weight[d], rules[d] = sum[d]+share*by, weight[d]+by, rules[d]+1
	}
	for _, r := range results {
		c, known := Find(r.Rule.Kind)
		share, measured := r.Share()
		if !known || !measured {
			continue
		}
		by := w["rule.should"]
		if r.Rule.Must {
			by = w["rule.must"]
		}
		count(c.Dimension, share, by)
	}
	if points, ok := w["timeliness."+b.Standing]; ok {
		count(Timeliness, points/100, 1)
	}
	if b.Offered > 0 {
		count(Accessibility, float64(b.Made)/float64(b.Offered), 1)
	}
	s := Score{On: on}
	total, all := 0.0, 0.0
	for _, d := range Dimensions {
		p := Points{Dimension: d, Measured: weight[d] > 0, Rules: rules[d]}
		if p.Measured {
			share := sum[d] / weight[d]
			p.Points = down(100 * share)
			total, all = total+share*w["dimension."+string(d)], all+w["dimension."+string(d)]
		}
		s.By = append(s.By, p)
	}
	if s.Measured = all > 0; s.Measured {
		s.Total = down(100 * total / all)
	}
	return s
}

// down cuts to one digit: 99.99 is not 100.
func down(points float64) float64 { return math.Floor(points*10+1e-9) / 10 }

// Same reports whether o says what s says, whatever the day.
func (s Score) Same(o Score) bool {
	return s.Measured == o.Measured && s.Total == o.Total && slices.Equal(s.By, o.By)
}
