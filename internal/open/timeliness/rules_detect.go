package timeliness

import (
	"maps"
	"slices"

	"kaishu/internal/base/workday"
)

// Problem is why a dataset is of little use (问题数据).
type Problem string

// Detector finds one kind of problem. Each stands in a file of its own:
// rules_missing.go, rules_fragmented.go, rules_tiny.go, rules_stalled.go,
// rules_unused.go.
type Detector struct {
	Problem    Problem
	Article    string   // the clause that asks for the opposite
	Thresholds []string // names in numbers.json
	Find       func(World) []Found
}

// Detectors lists every detector.
var Detectors = []Detector{missing, fragmented, tiny, stalled, unused}

// Problems lists what they find.
func Problems() (all []Problem) {
	for _, d := range Detectors {
		all = append(all, d.Problem)
	}
	return all
}

// Thresholds are figures by name.
type Thresholds map[string]int

// World is what detectors look at.
type World struct {
	Today      workday.Date
	Thresholds Thresholds
	Areas      []string // names of districts, e.g. "静安区", that a name may be split by
	Subjects   []Subject
}

// Subject is one dataset on the list, as detectors see it.
type Subject struct {
	Slug, Body, Title string
	Conditional       bool // its data is given on application (Article 18)
	Promise           Promise
	Listed            workday.Date // "" if unknown
	Items             int          // data items that the entry explains
	Released          bool         // data, or a sample of conditional data, is offered
	Rows              int64        // of the newest data; meaningless unless Full
	Full              bool         // the data itself is held, not a sample only
	Contents          []Content    // of what was released in full, newest first
	Uses              *int64       // downloads and calls in unused.months; nil if not known
}

// Content is what one version held.
type Content struct {
	Day  workday.Date // up to which it is
	Hash string       // of the canonical table
}

// Found is what a detector found.
type Found struct {
	Problem  Problem          `json:"problem"`
	Body     string           `json:"body"`     // id of the publisher
	Subject  string           `json:"subject"`  // slug, or what the names of several have in common
	Datasets []string         `json:"datasets"` // slugs
	Says     []string         `json:"says"`     // what is the matter, codes
	Figures  map[string]int64 `json:"figures,omitempty"`
}

func (f Found) same(g Found) bool {
	return f.Problem == g.Problem && f.Body == g.Body && f.Subject == g.Subject && slices.Equal(f.Datasets, g.Datasets) && slices.Equal(f.Says, g.Says) && maps.Equal(f.Figures, g.Figures)
}

// Detect returns what all detectors find.
func Detect(w World) (all []Found) {
	for _, d := range Detectors {
		all = append(all, d.Find(w)...)
	}
	return all
}

// one is a finding of a single dataset.
func one(p Problem, s Subject, figures map[string]int64, says ...string) Found {
	return Found{Problem: p, Body: s.Body, Subject: s.Slug, Datasets: []string{s.Slug}, Says: says, Figures: figures}
}
