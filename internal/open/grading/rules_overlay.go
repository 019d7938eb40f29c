package grading

import (
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
)

// KindFloor is a level that every field of a kind has at least.
type KindFloor struct {
	Kind      string    `json:"kind"`
	Dimension Dimension `json:"dimension"`
	Level     int       `json:"level"`
}

// Tightening is what a publisher's own rules (行业、区域实施细则) say on top of
// the profile (A13.2). Where one of its rules holds, its type stands in place
// of the profile's; it may only be stricter.
type Tightening struct {
	Label        locale.Text   `json:"label"`
	Rules        []Rule        `json:"rules,omitempty"`
	Floors       []KindFloor   `json:"floors,omitempty"`
	Combinations []Combination `json:"combinations,omitempty"`
	Measures     []Measure     `json:"measures,omitempty"`
	Library      []Shelf       `json:"library,omitempty"`
}

// Overlay is the tightening of a publisher, as one version. The zero Overlay
// says nothing.
type Overlay struct {
	Body    string `json:"body"`
	Version int    `json:"version"` // 1, 2, 3 …; 0 for none
	Tightening
}

// Loosening is one case in which an overlay would open more than the profile.
type Loosening struct {
	Rule   string       `json:"rule"` // id
	Levels Levels       `json:"levels"`
	Flags  []string     `json:"flags,omitempty"`
	Was    opening.Type `json:"was"` // by the profile
	Would  opening.Type `json:"would"`
}

// Loosenings lists every combination of levels and flags for which t opens
// more than c.
func Loosenings(c Content, t Tightening) (all []Loosening) {
	sets := c.FlagSets()
	for _, l := range Every() {
		for _, set := range sets {
			was, _ := first(c, c.Rules, l, set)
			if r, ok := first(c, t.Rules, l, set); ok && r.Then.Looser(was.Then) {
				all = append(all, Loosening{Rule: r.ID, Levels: l, Flags: set, Was: was.Then, Would: r.Then})
			}
		}
	}
	return all
}

// MaxOverlay bounds each list of an overlay. [D]
const MaxOverlay = 50

// CheckOverlay tells every fault of t under c, and names every loosening; nil
// if t only tightens.
func CheckOverlay(c Content, t Tightening) error {
	var p problem.List
	p.Require("/label/zh", t.Label.ZH)
	if namesOfficial(t.Label) {
		p.Add("/label/zh", "grading.not_the_guide")
	}
	if len(t.Rules)+len(t.Floors)+len(t.Combinations)+len(t.Measures)+len(t.Library) == 0 {
		p.Add("/rules", "grading.empty_overlay")
	}
	for _, n := range []int{len(t.Rules), len(t.Floors), len(t.Combinations), len(t.Measures), len(t.Library)} {
		if n > MaxOverlay {
			p.Add("/rules", "grading.too_many", "most", MaxOverlay)
		}
	}
	checkRules(&p, c, "/rules", t.Rules)
	for n, f := range t.Floors {
		if _, ok := c.Kind(f.Kind); !ok {
			p.Add(at("/floors", n)+"/kind", "grading.unknown_kind", "kind", f.Kind)
		}
		if !slices.Contains(Dimensions, f.Dimension) || f.Level < 1 || f.Level > MaxLevel {
			p.Add(at("/floors", n)+"/level", "grading.no_level")
		}
	}
	checkCombinations(&p, c, t.Combinations)
	for n, x := range t.Combinations {
		if slices.ContainsFunc(c.Combinations, func(o Combination) bool { return o.ID == x.ID }) {
			p.Add(at("/combinations", n)+"/id", "grading.code_twice", "code", x.ID)
		}
	}
	checkMeasures(&p, "/measures", t.Measures)
	for n, x := range t.Measures {
		if slices.ContainsFunc(c.Measures, func(o Measure) bool { return o.Code == x.Code && o.Name != x.Name }) {
			p.Add(at("/measures", n)+"/code", "grading.code_twice", "code", x.Code)
		}
	}
	checkLibrary(&p, "/library", t.Library)
	if err := p.Err(); err != nil {
		return err
	}
	tellLoosenings(&p, c, t)
	for _, l := range overlaySlides(c, t) {
		p.Add("/rules", "grading.not_monotone", "levels", l.String())
	}
	return p.Err()
}

// tellLoosenings adds one fault per rule, combination of levels and pair of
// types, with the number of sets of flags for which it holds and the first.
func tellLoosenings(p *problem.List, c Content, t Tightening) {
	type group struct {
		rule       string
		l          Levels
		was, would opening.Type
	}
	count, firstOf := map[group]int{}, map[group][]string{}
	var order []group
	for _, x := range Loosenings(c, t) {
		g := group{x.Rule, x.Levels, x.Was, x.Would}
		if count[g]++; count[g] == 1 {
			order, firstOf[g] = append(order, g), x.Flags
		}
	}
	for _, g := range order {
		n := slices.IndexFunc(t.Rules, func(r Rule) bool { return r.ID == g.rule })
		p.Add(at("/rules", n), "grading.loosens."+string(g.was)+"_"+string(g.would), "levels", g.l.String(), "flags", c.names(firstOf[g]), "sets", count[g])
	}
}

// names returns the names of flags, in a row.
func (c Content) names(flags []string) locale.Text {
	if len(flags) == 0 {
		return locale.Text{ZH: "—", EN: "—"}
	}
	var zh, en []string
	for _, code := range flags {
		f, _, _ := c.Flag(code)
		zh, en = append(zh, f.Name.ZH), append(en, f.Name.EN)
	}
	return locale.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")}
}

// overlaySlides returns where, with t, a higher level or one more flag opens
// more: then raising a level could loosen.
func overlaySlides(c Content, t Tightening) (slides []Levels) {
	sets := c.FlagSets()
	mapped := map[Levels][]opening.Type{}
	for _, l := range Every() {
		for _, set := range sets {
			was, _ := first(c, c.Rules, l, set)
			kind := was.Then
			if r, ok := first(c, t.Rules, l, set); ok {
				kind = opening.Strictest(kind, r.Then)
			}
			mapped[l] = append(mapped[l], kind)
		}
	}
	for _, l := range Every() {
		if slidesAt(mapped, l, len(c.Flags())) {
			slides = append(slides, l)
		}
	}
	return slides
}

// Under returns the content with the library and the measures that the
// overlay adds.
func (o Overlay) Under(c Content) Content {
	c.Library = slices.Concat(c.Library, o.Library)
	c.Measures = slices.Concat(c.Measures, o.Measures)
	return c
}
