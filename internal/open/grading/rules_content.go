package grading

import (
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
)

// ConditionKinds are the six kinds of condition of Article 15, by the codes of
// open/condition.
var ConditionKinds = []string{"scenario", "security", "feedback", "capability", "credit", "other"}

// both asks for words in both languages: a profile is read by everybody.
func both(p *problem.List, pointer string, t locale.Text) {
	p.Require(pointer+"/zh", t.ZH)
	p.Require(pointer+"/en", t.EN)
}

func checkAxes(p *problem.List, c Content) {
	if len(c.Dimensions) != len(Dimensions) {
		p.Add("/dimensions", "grading.three_dimensions")
		return
	}
	for n, a := range c.Dimensions {
		pointer := at("/dimensions", n)
		if a.Code != Dimensions[n] {
			p.Add(pointer+"/code", "grading.three_dimensions")
		}
		both(p, pointer+"/name", a.Name)
		if len(a.Levels) != MaxLevel+1 {
			p.Add(pointer+"/levels", "grading.five_levels")
		}
		for i, t := range a.Levels {
			both(p, at(pointer+"/levels", i), t)
		}
	}
}

// the codes of flags that Article 14(1) gives; a profile may add its own.
var (
	lawCloses    = []string{"personal_privacy", "personal_information", "trade_secret", "confidential_business", "forbidden_by_law"}
	lawCondition = []string{"high_security", "timely", "continuous"}
)

func checkFlags(p *problem.List, c Content) {
	seen := map[string]bool{}
	for _, group := range []struct {
		pointer string
		flags   []Flag
		law     []string
	}{{"/closed_flags", c.Closed, lawCloses}, {"/conditional_flags", c.Conditional, lawCondition}} {
		for n, f := range group.flags {
			p.Require(at(group.pointer, n)+"/code", f.Code)
			if seen[f.Code] {
				p.Add(at(group.pointer, n)+"/code", "grading.code_twice", "code", f.Code)
			}
			seen[f.Code] = true
			both(p, at(group.pointer, n)+"/name", f.Name)
			if !knownEvidence(f.LiftedBy) {
				p.Add(at(group.pointer, n)+"/lifted_by", "grading.unknown_evidence")
			}
		}
		for _, code := range group.law {
			if !slices.ContainsFunc(group.flags, func(f Flag) bool { return f.Code == code }) {
				p.Add(group.pointer, "grading.flag_missing", "code", code)
			}
		}
	}
	if len(seen) > MaxFlags {
		p.Add("/closed_flags", "grading.too_many", "most", MaxFlags)
	}
}

func knownEvidence(kinds []string) bool {
	return !slices.ContainsFunc(kinds, func(k string) bool { return k != Desensitised && k != Consent })
}

func checkKinds(p *problem.List, c Content) {
	seen := map[string]bool{}
	for n, k := range c.Kinds {
		pointer := at("/kinds", n)
		p.Require(pointer+"/code", k.Code)
		if seen[k.Code] {
			p.Add(pointer+"/code", "grading.code_twice", "code", k.Code)
		}
		seen[k.Code] = true
		both(p, pointer+"/name", k.Name)
		if !inRange(k.Suggest) {
			p.Add(pointer+"/suggest", "grading.no_level")
		}
	}
	checkCombinations(p, c, c.Combinations)
}

func checkCombinations(p *problem.List, c Content, all []Combination) {
	seen := map[string]bool{}
	for n, x := range all {
		pointer := at("/combinations", n)
		p.Require(pointer+"/id", x.ID)
		if seen[x.ID] {
			p.Add(pointer+"/id", "grading.code_twice", "code", x.ID)
		}
		seen[x.ID] = true
		for _, code := range slices.Concat(x.Kinds, x.All) {
			if _, ok := c.Kind(code); !ok {
				p.Add(pointer+"/kinds", "grading.unknown_kind", "kind", code)
			}
		}
		if x.Least < 0 || x.Least > len(x.Kinds) || x.Least+len(x.All) < 2 {
			p.Add(pointer+"/least", "grading.no_combination")
		}
		if !slices.Contains(Dimensions, x.Dimension) {
			p.Add(pointer+"/dimension", "grading.unknown_dimension")
		}
		if x.From < 0 || x.To <= x.From || x.To > MaxLevel {
			p.Add(pointer+"/to", "grading.no_raise")
		}
		both(p, pointer+"/words", x.Words)
		if !knownEvidence(x.LiftedBy) {
			p.Add(pointer+"/lifted_by", "grading.unknown_evidence")
		}
	}
}

func checkRules(p *problem.List, c Content, list string, rules []Rule) {
	seen := map[string]bool{}
	for n, r := range rules {
		pointer := at(list, n)
		p.Require(pointer+"/id", r.ID)
		if seen[r.ID] {
			p.Add(pointer+"/id", "grading.code_twice", "code", r.ID)
		}
		seen[r.ID] = true
		m := r.When
		if !m.Always && !m.Closed && !m.Conditional && len(m.Flags)+len(m.AtLeast) == 0 {
			p.Add(pointer+"/when", "grading.never_holds")
		}
		for _, code := range m.Flags {
			if _, _, ok := c.Flag(code); !ok {
				p.Add(pointer+"/when/flags", "grading.unknown_flag", "code", code)
			}
		}
		for _, f := range m.AtLeast {
			if f.Dimension != "" && !slices.Contains(Dimensions, f.Dimension) || f.Level < 0 || f.Level > MaxLevel {
				p.Add(pointer+"/when/at_least", "grading.no_level")
			}
		}
		if !r.Then.Known() {
			p.Add(pointer+"/then", "grading.unknown_type")
		}
		both(p, pointer+"/words", r.Words)
	}
}

// checkShelves: every level that may be open under conditions has at least one
// condition and one measure, and all six kinds of Article 15 are known.
func checkShelves(p *problem.List, c Content) {
	checkLibrary(p, "/library", c.Library)
	checkMeasures(p, "/measures", c.Measures)
	for _, level := range conditionLevels {
		if len(pick(c.Library, level, false)) == 0 {
			p.Add("/library", "grading.level_without_condition", "level", level)
		}
		if len(c.measuresAt(level, false)) == 0 {
			p.Add("/measures", "grading.level_without_measure", "level", level)
		}
	}
	if len(c.Safeguards) == 0 {
		p.Add("/safeguards", "grading.part_missing")
	}
	for n, t := range c.Safeguards {
		both(p, at("/safeguards", n), t)
	}
	if len(c.Examples) == 0 {
		p.Add("/examples", "grading.part_missing")
	}
	for n, e := range c.Examples {
		both(p, at("/examples", n)+"/name", e.Name)
		both(p, at("/examples", n)+"/why", e.Why)
		if !inRange(e.Levels) {
			p.Add(at("/examples", n)+"/levels", "grading.no_level")
		}
		if !e.Type.Known() {
			p.Add(at("/examples", n)+"/type", "grading.unknown_type")
		}
	}
}

func checkLibrary(p *problem.List, list string, all []Shelf) {
	for n, s := range all {
		pointer := at(list, n)
		p.Require(pointer+"/code", s.Code)
		if !slices.Contains(ConditionKinds, s.Condition.Kind) {
			p.Add(pointer+"/condition/kind", "grading.unknown_condition", "kind", s.Condition.Kind)
		}
		both(p, pointer+"/condition/text", s.Condition.Text)
		both(p, pointer+"/condition/risk", s.Condition.Risk)
	}
}

func checkMeasures(p *problem.List, list string, all []Measure) {
	seen := map[string]bool{}
	for n, m := range all {
		p.Require(at(list, n)+"/code", m.Code)
		if seen[m.Code] {
			p.Add(at(list, n)+"/code", "grading.code_twice", "code", m.Code)
		}
		seen[m.Code] = true
		both(p, at(list, n)+"/name", m.Name)
	}
}

func inRange(l Levels) bool {
	return !slices.ContainsFunc(Dimensions, func(d Dimension) bool { return l.At(d) < 0 || l.At(d) > MaxLevel })
}

// conditionLevels are the levels whose data may be open under conditions, in
// the library.
var conditionLevels = []int{2, 3}

// level is where in the library data of levels l stands: what is conditional
// for another reason than its level is treated as level 2.
func level(l Levels) int { return min(max(l.Max(), 2), 3) }

func pick(library []Shelf, level int, flagged bool) (all []Condition) {
	for _, s := range library {
		if slices.Contains(s.Levels, level) && (!s.Flagged || flagged) {
			all = append(all, s.Condition)
		}
	}
	return all
}

func (c Content) measuresAt(level int, flagged bool) (all []string) {
	for _, m := range c.Measures {
		if slices.Contains(m.Levels, level) || flagged && slices.Contains(m.Flagged, level) {
			all = append(all, m.Code)
		}
	}
	return all
}

// Suggested returns the conditions and the codes of the measures that the
// profile holds ready for data of that result; none unless it is conditional.
func (c Content) Suggested(r Result) (conditions []Condition, measures []string) {
	if r.Type != opening.Conditional {
		return nil, nil
	}
	flagged := slices.ContainsFunc(c.Conditional, func(f Flag) bool { return slices.Contains(r.Set, f.Code) })
	return pick(c.Library, level(r.Levels), flagged), c.measuresAt(level(r.Levels), flagged)
}
