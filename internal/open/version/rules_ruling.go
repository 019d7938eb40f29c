package version

import (
	"slices"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Ruling is what a second person said of a column: what seems to be direct
// identifiers in it is none. It holds for the column, in later versions too,
// until the evidence is of another kind or surer. Articles 14 and 16(1).
type Ruling struct {
	Column   string       `json:"column"`
	Evidence []string     `json:"evidence"` // of which there was some, see Finding
	Reason   string       `json:"reason"`
	By       string       `json:"by"`
	On       workday.Date `json:"on"`
	Number   int          `json:"number"` // of the version that was looked at
}

// evidence returns what a column seems to hold, in the order of the findings.
func evidence(all []Finding, column string) (kinds []string) {
	for _, f := range all {
		if f.Column == column && f.Evidence != "" && !slices.Contains(kinds, f.Evidence) {
			kinds = append(kinds, f.Evidence)
		}
	}
	return kinds
}

// holds reports whether r still is of what was found: nothing in its column
// is of another kind.
func (r Ruling) holds(found []Finding) bool {
	kinds := evidence(found, r.Column)
	return len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return !slices.Contains(r.Evidence, k) })
}

// inForce returns those of rulings that hold for what was found.
func inForce(rulings []Ruling, found []Finding) (all []Ruling) {
	for _, r := range rulings {
		if r.holds(found) {
			all = append(all, r)
		}
	}
	return all
}

// ruled reports whether f is of a column that was ruled to hold no identifiers.
func ruled(v Version, f Finding) bool {
	return f.Evidence != "" && slices.ContainsFunc(v.Rulings, func(r Ruling) bool { return r.Column == f.Column && r.holds(v.Outcome.Findings) })
}

// ruledAnew reports whether somebody ruled on v itself: a person releases it.
func ruledAnew(v Version) bool {
	return slices.ContainsFunc(v.Rulings, func(r Ruling) bool { return r.Number == v.Number })
}

// Doubted lists the columns of v that seem to hold direct identifiers and were
// not ruled on, in the order in which they were found.
func Doubted(v Version) (columns []string) {
	if v.Outcome == nil {
		return nil
	}
	for _, f := range v.Outcome.Findings {
		if f.Evidence != "" && !ruled(v, f) && !slices.Contains(columns, f.Column) {
			columns = append(columns, f.Column)
		}
	}
	return columns
}

func rule(f Facts, v Version, c Rule) ([]Event, error) {
	var p problem.List
	if c.Column = strings.TrimSpace(c.Column); c.Column == "" {
		p.Add("/column", "required")
	} else if !slices.Contains(Doubted(v), c.Column) {
		p.Add("/column", "version.nothing_to_rule", "column", c.Column)
	}
	p.Require("/reason", c.Reason)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Ruled{Ruling{Column: c.Column, Evidence: evidence(v.Outcome.Findings, c.Column), Reason: c.Reason, By: f.Who.Doer(), On: f.Today, Number: v.Number}}}, nil
}

// withRuling returns v with r in the place of an earlier one of its column.
func withRuling(v Version, r Ruling) Version {
	v.Rulings = slices.DeleteFunc(slices.Clone(v.Rulings), func(old Ruling) bool { return old.Column == r.Column })
	v.Rulings = append(v.Rulings, r)
	if v.Stage == StageBlocked {
		v.Findings = Held(v)
	}
	return v
}

// newest returns the newest ruling of each column. Rulings stand in versions,
// which take over those of earlier ones.
func newest(all []Ruling) (out []Ruling) {
	for _, r := range all {
		i := slices.IndexFunc(out, func(o Ruling) bool { return o.Column == r.Column })
		switch {
		case i < 0:
			out = append(out, r)
		case r.On > out[i].On || r.On == out[i].On && r.Number > out[i].Number:
			out[i] = r
		}
	}
	slices.SortFunc(out, func(a, b Ruling) int { return strings.Compare(a.Column, b.Column) })
	return out
}
