package assessment

import (
	"kaishu/internal/base/workday"
)

// Run is what the rules found in one version, and the scores that it had.
type Run struct {
	Version string       `json:"version"` // id
	Dataset string       `json:"dataset"` // slug
	Number  int          `json:"number"`
	Content string       `json:"content"` // SHA-256 of the table that was looked at
	Edition int          `json:"edition"` // of the set of rules; 0 for built-in rules alone
	On      workday.Date `json:"on"`
	Results []Result     `json:"results"`
	Beside  Beside       `json:"beside"`
	Score   Score        `json:"score"`
	History []Score      `json:"history"` // oldest first; a day on which nothing changed is left out
}

// RunEvent is something that happened to a run.
type RunEvent interface{ Kind() string }

// The events of runs.
type (
	// Assessed: the rules were asked.
	Assessed struct {
		Version string       `json:"version"`
		Dataset string       `json:"dataset"`
		Number  int          `json:"number"`
		Content string       `json:"content"`
		Edition int          `json:"edition"`
		On      workday.Date `json:"on"`
		Results []Result     `json:"results"`
		Beside  Beside       `json:"beside"`
		Score   Score        `json:"score"`
	}
	// Scored: something beside the rules has changed.
	Scored struct {
		Beside Beside `json:"beside"`
		Score  Score  `json:"score"`
	}
)

func (Assessed) Kind() string { return "assessment.assessed" }
func (Scored) Kind() string   { return "assessment.scored" }

// MaxHistory is how many scores of a version are kept, the newest. [D]
const MaxHistory = 100

// EvolveRun returns x as it stands after event.
func EvolveRun(x Run, event RunEvent) Run {
	switch e := event.(type) {
	case Assessed:
		x.Version, x.Dataset, x.Number, x.Content, x.Edition, x.On, x.Results = e.Version, e.Dataset, e.Number, e.Content, e.Edition, e.On, e.Results
		return x.scored(e.Beside, e.Score)
	case Scored:
		return x.scored(e.Beside, e.Score)
	}
	panic("assessment: cannot evolve by " + event.Kind())
}

func (x Run) scored(b Beside, s Score) Run {
	x.Beside, x.Score = b, s
	if n := len(x.History); n > 0 && x.History[n-1].Same(s) {
		return x
	}
	x.History = append(x.History[:len(x.History):len(x.History)], s)
	x.History = x.History[max(0, len(x.History)-MaxHistory):]
	return x
}

// Rescore returns the event that brings the score of x to what holds beside
// the rules today; nil if it changes nothing.
func Rescore(x Run, b Beside, w Weights, today workday.Date) []RunEvent {
	s := Rate(x.Results, b, w, today)
	if b == x.Beside && s.Same(x.Score) {
		return nil
	}
	return []RunEvent{Scored{Beside: b, Score: s}}
}

// Held returns the results that hold a release: rules that must hold, are
// broken, and are not waived.
func Held(results []Result) (all []Result) {
	for _, r := range results {
		if r.Rule.Must && !r.Passed && !r.Waived {
			all = append(all, r)
		}
	}
	return all
}

// Timed reports whether some rule gives another answer on another day.
func Timed(rules []Rule) bool {
	for _, r := range rules {
		if c, ok := Find(r.Kind); ok && c.Timed {
			return true
		}
	}
	return false
}
