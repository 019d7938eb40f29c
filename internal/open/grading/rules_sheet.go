package grading

import (
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// maxText is in characters, maxFields of one table. [D]
const (
	maxText   = 2000
	maxFields = 2000
)

func needText(p *problem.List, pointer, text string) {
	p.Require(pointer, text)
	if len([]rune(text)) > maxText {
		p.Add(pointer, "grading.too_long", "most", maxText)
	}
}

// CheckSheet tells every fault of s in form order, or nil: each flag answered,
// each field of the entry graded in each dimension, lifts with evidence,
// measures where the data is open under conditions, a deviation only stricter
// and with its reason, and nothing that is closed opened without evidence.
func CheckSheet(f Facts, g Case, s Sheet) error {
	var p problem.List
	checkAnswers(&p, f.Profile.Content, s)
	checkFields(&p, f, s)
	checkLifts(&p, f, g, s)
	r := Derive(f.Profile, f.Overlay, s, g.kinds(), f.Joined)
	checkChosen(&p, f, s, r)
	checkDeviation(&p, s, r)
	if g.InForce != nil && g.InForce.Type == opening.Closed && r.Type.Looser(opening.Closed) && len(g.Evidence) == 0 {
		p.Add("/evidence", "grading.needs_evidence")
	}
	return p.Err()
}

func checkAnswers(p *problem.List, c Content, s Sheet) {
	for _, flag := range c.Flags() {
		if a := s.Flags[flag.Code]; a != Yes && a != No {
			p.Add("/flags/"+flag.Code, "grading.answer_flag", "flag", flag.Name)
		}
	}
	if len(s.Flags) > len(c.Flags()) {
		p.Add("/flags", "grading.unknown_flags")
	}
}

func checkFields(p *problem.List, f Facts, s Sheet) {
	if len(s.Fields) > maxFields {
		p.Add("/fields", "grading.too_many", "most", maxFields)
		return
	}
	left := map[string]bool{}
	for _, name := range f.Fields {
		left[name.Name] = true
	}
	for n, field := range s.Fields {
		pointer := at("/fields", n)
		if !left[field.Name] {
			p.Add(pointer+"/name", "grading.unknown_field", "field", field.Name)
		}
		delete(left, field.Name)
		if _, ok := f.Profile.Kind(field.Kind); field.Kind != "" && !ok {
			p.Add(pointer+"/kind", "grading.unknown_kind", "kind", field.Kind)
		}
		for _, x := range []struct {
			pointer string
			level   *int
			of      Dimension
		}{{"/p", field.P, P}, {"/o", field.O, O}, {"/x", field.X, X}} {
			if x.level == nil || *x.level < 0 || *x.level > MaxLevel {
				p.Add(pointer+x.pointer, "grading.no_level_of", "field", field.Name, "dimension", f.Profile.dimensionName(x.of))
			}
		}
	}
	for _, name := range f.Fields {
		if left[name.Name] {
			p.Add("/fields", "grading.field_missing", "field", name.Name)
		}
	}
	if len(f.Fields) == 0 {
		p.Add("/fields", "grading.no_fields")
	}
}

func (c Content) dimensionName(d Dimension) locale.Text {
	for _, a := range c.Dimensions {
		if a.Code == d {
			return a.Name
		}
	}
	return locale.Text{ZH: string(d), EN: string(d)}
}

// checkLifts: only what is there is lifted, and only by evidence of the right
// kind.
func checkLifts(p *problem.List, f Facts, g Case, s Sheet) {
	kinds := g.kinds()
	for n, code := range s.Lifts {
		var by []string
		known := false
		if flag, _, ok := f.Profile.Flag(code); ok && s.Flags[code] == Yes {
			by, known = flag.LiftedBy, true
		}
		for _, x := range slices.Concat(f.Profile.Combinations, f.Overlay.Combinations) {
			if x.ID == code {
				by, known = x.LiftedBy, true
			}
		}
		switch {
		case !known || len(by) == 0:
			p.Add(at("/lifts", n), "grading.not_lifted")
		case !slices.ContainsFunc(by, func(k string) bool { return slices.Contains(kinds, k) }):
			p.Add(at("/lifts", n), "grading.lift_needs_evidence")
		}
	}
}

// checkChosen: the measures are known, and if the data is open under
// conditions, those of its level are among them (A13.2).
func checkChosen(p *problem.List, f Facts, s Sheet, r Result) {
	c := f.Overlay.Under(f.Profile.Content)
	known := func(code string) bool {
		return slices.ContainsFunc(c.Measures, func(m Measure) bool { return m.Code == code })
	}
	for n, code := range s.Measures {
		if !known(code) {
			p.Add(at("/measures", n), "grading.unknown_measure", "code", code)
		}
	}
	_, need := c.Suggested(r)
	for _, m := range c.Measures {
		if slices.Contains(need, m.Code) && !slices.Contains(s.Measures, m.Code) {
			p.Add("/measures", "grading.measure_missing", "measure", m.Name)
		}
	}
}

func checkDeviation(p *problem.List, s Sheet, r Result) {
	v := s.Deviation
	if v == nil {
		return
	}
	if !v.Type.Known() || !r.Rules.Looser(v.Type) {
		p.Add("/deviation/type", "grading.only_stricter")
	}
	needText(p, "/deviation/reason", v.Reason)
	ground := false
	for n, name := range v.Fields {
		i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
		if i < 0 {
			p.Add(at("/deviation/fields", n), "grading.unknown_field", "field", name)
		} else if s.Fields[i].Levels().Max() > 0 {
			ground = true
		}
	}
	if !ground {
		p.Add("/deviation/fields", "grading.no_ground")
	}
}

// MaxEvidence bounds the documents of one grading. [D]
const MaxEvidence = 20

func checkEvidence(e Evidence, today workday.Date, g Case) error {
	var p problem.List
	switch e.Kind {
	case Desensitised:
		needText(&p, "/method", e.Method)
		needText(&p, "/residual", e.Residual)
	case Consent:
	default:
		p.Add("/kind", "grading.unknown_evidence")
	}
	needText(&p, "/who", e.Who)
	if !e.On.Valid() || e.On > today {
		p.Add("/on", "grading.no_day")
	}
	needText(&p, "/document", e.Document)
	if len(g.Evidence) >= MaxEvidence {
		p.Add("/document", "grading.too_many", "most", MaxEvidence)
	}
	return p.Err()
}
