package grading

import (
	"slices"
	"strings"

	"kaishu/internal/base/opening"
)

// Answers to a flag. Whatever is not No counts as Yes.
const (
	Yes = "yes"
	No  = "no"
)

// Field is a field of the table as it is graded. A level that was not chosen
// is nil, and counts as the highest.
type Field struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"` // code of a [FieldKind]; "" for none
	P    *int   `json:"p"`
	O    *int   `json:"o"`
	X    *int   `json:"x"`
}

// Levels returns the levels of f.
func (f Field) Levels() Levels {
	or := func(n *int) int {
		if n == nil {
			return MaxLevel
		}
		return *n
	}
	return Levels{or(f.P), or(f.O), or(f.X)}
}

// Deviation is a type stricter than the rules derive (A13.2), for a reason
// that some fields give.
type Deviation struct {
	Type   opening.Type `json:"type"`
	Reason string       `json:"reason"`
	Fields []string     `json:"fields"` // at least one, of a level of 1 or more (A14.5)
}

// Sheet is everything that a grader answers.
type Sheet struct {
	Flags     map[string]string `json:"flags"` // code → Yes or No, for every flag of the profile
	Fields    []Field           `json:"fields"`
	Lifts     []string          `json:"lifts,omitempty"` // codes of flags and ids of combinations that evidence lifts
	Measures  []string          `json:"measures,omitempty"`
	Deviation *Deviation        `json:"deviation,omitempty"`
}

// Neighbour is another open entry that a table can be joined with, and what
// it then tells.
type Neighbour struct {
	Slug   string   `json:"slug"`
	On     []string `json:"on"` // fields by which they are joined
	Fields []Field  `json:"fields"`
}

// Step is one reason of a result. Say is a message key; its words take the
// other parts.
type Step struct {
	Say       string       `json:"say"`
	Rule      string       `json:"rule,omitempty"` // id of a rule or a combination, code of a flag
	From      string       `json:"from,omitempty"` // field, or fields
	With      []string     `json:"with,omitempty"` // slugs of other entries
	Dimension Dimension    `json:"dimension,omitempty"`
	Level     int          `json:"level"`
	Type      opening.Type `json:"type,omitempty"`
}

func sameStep(a, b Step) bool {
	return a.Say == b.Say && a.Rule == b.Rule && a.From == b.From && a.Dimension == b.Dimension && a.Level == b.Level && a.Type == b.Type && slices.Equal(a.With, b.With)
}

// Result is what a sheet amounts to.
type Result struct {
	Type   opening.Type `json:"type"`
	Rules  opening.Type `json:"rules"` // without the deviation
	Levels Levels       `json:"levels"`
	Set    []string     `json:"set,omitempty"` // flags that are set and not lifted
	Trace  []Step       `json:"trace"`
}

// Derive returns the opening type of a sheet, and the steps that led to it
// (Article 14): the level of the table is the highest of its fields, of what
// they tell together, and of what they tell beside other open entries; the
// profile maps it, an overlay and a deviation may tighten it. evidence lists
// the kinds of evidence that lies there. The same input gives the same result.
func Derive(p Profile, o Overlay, s Sheet, evidence []string, joined []Neighbour) Result {
	d := &deriving{profile: p, overlay: o, sheet: s, evidence: evidence}
	d.flags()
	fields := d.floored(s.Fields, true)
	d.highest(fields)
	d.together(fields)
	d.beside(fields, joined)
	d.mapped()
	return d.Result
}

type deriving struct {
	profile  Profile
	overlay  Overlay
	sheet    Sheet
	evidence []string
	Result
}

func (d *deriving) say(s Step) {
	s.Say = "grading.trace." + s.Say
	d.Trace = append(d.Trace, s)
}

func (d *deriving) lifted(code string, by []string) bool {
	return slices.Contains(d.sheet.Lifts, code) && slices.ContainsFunc(by, func(k string) bool { return slices.Contains(d.evidence, k) })
}

func (d *deriving) flags() {
	for _, f := range d.profile.Flags() {
		switch {
		case d.sheet.Flags[f.Code] == No:
		case d.lifted(f.Code, f.LiftedBy):
			d.say(Step{Say: "flag_lifted", Rule: f.Code})
		default:
			d.Set = append(d.Set, f.Code)
			d.say(Step{Say: "flag", Rule: f.Code})
		}
	}
}

// graded is a field with its levels, and the entry that it is from; "" for
// the one that is graded.
type graded struct {
	name, kind, of string
	Levels
}

// floored returns the fields with what the overlay asks of their kinds.
func (d *deriving) floored(fields []Field, own bool) (all []graded) {
	for _, f := range fields {
		g := graded{name: f.Name, kind: f.Kind, Levels: f.Levels()}
		for _, k := range d.overlay.Floors {
			if up := g.Raised(k.Dimension, k.Level); k.Kind == f.Kind && up != g.Levels {
				g.Levels = up
				if own {
					d.say(Step{Say: "floor", From: f.Name, Dimension: k.Dimension, Level: k.Level})
				}
			}
		}
		all = append(all, g)
	}
	return all
}

// highest takes the highest level in each dimension, and names the fields that
// have it.
func (d *deriving) highest(fields []graded) {
	for _, dim := range Dimensions {
		top := 0
		for _, f := range fields {
			top = max(top, f.At(dim))
		}
		d.Levels = d.Levels.Raised(dim, top)
		if top == 0 {
			d.say(Step{Say: "none", Dimension: dim})
			continue
		}
		for _, f := range fields {
			if f.At(dim) == top {
				d.say(Step{Say: "field", From: f.name, Dimension: dim, Level: top})
			}
		}
	}
}

func (d *deriving) combinations() []Combination {
	return slices.Concat(d.profile.Combinations, d.overlay.Combinations)
}

// together raises the level by what the fields of the table tell together.
func (d *deriving) together(fields []graded) {
	for _, c := range d.combinations() {
		parts, found := c.find(fields)
		switch {
		case !found:
		case d.lifted(c.ID, c.LiftedBy):
			d.say(Step{Say: "combination_lifted", Rule: c.ID, From: joinNames(parts)})
		default:
			d.Levels = d.Levels.Raised(c.Dimension, c.To)
			d.say(Step{Say: "combination", Rule: c.ID, From: joinNames(parts), Dimension: c.Dimension, Level: c.To})
		}
	}
}

// beside raises the level by what the table tells beside all that it can be
// joined with (mosaic). A combination that its own fields make already is not
// told again, unless it was lifted there: a report on one table says nothing
// about two.
func (d *deriving) beside(fields []graded, joined []Neighbour) {
	if len(joined) == 0 {
		return
	}
	all := slices.Clone(fields)
	for _, n := range joined {
		for _, f := range d.floored(n.Fields, false) {
			f.of = n.Slug
			all = append(all, f)
		}
	}
	for _, c := range d.combinations() {
		_, alone := c.find(fields)
		parts, found := c.find(all)
		if !found || alone && !d.lifted(c.ID, c.LiftedBy) {
			continue
		}
		var own []graded
		var with []string
		for _, p := range parts {
			if p.of == "" {
				own = append(own, p)
			} else if !slices.Contains(with, p.of) {
				with = append(with, p.of)
			}
		}
		if len(own) == 0 || len(with) == 0 {
			continue
		}
		d.Levels = d.Levels.Raised(c.Dimension, c.To)
		d.say(Step{Say: "join", Rule: c.ID, From: joinNames(own), With: with, Dimension: c.Dimension, Level: c.To})
	}
}

// find returns the fields that make the combination, and whether they do.
func (c Combination) find(fields []graded) (parts []graded, found bool) {
	kinds, own := map[string]bool{}, 0
	for _, f := range fields {
		if f.of == "" {
			own = max(own, f.At(c.Dimension))
		}
		if slices.Contains(c.Kinds, f.kind) || slices.Contains(c.All, f.kind) {
			parts = append(parts, f)
			kinds[f.kind] = true
		}
	}
	n := 0
	for _, k := range c.Kinds {
		if kinds[k] {
			n++
		}
	}
	return parts, own >= c.From && n >= c.Least && !slices.ContainsFunc(c.All, func(k string) bool { return !kinds[k] })
}

func (d *deriving) mapped() {
	d.Type = opening.Closed
	if r, ok := first(d.profile.Content, d.profile.Rules, d.Levels, d.Set); ok {
		d.Type = r.Then
		d.say(Step{Say: "rule", Rule: r.ID, Type: r.Then})
	}
	if r, ok := first(d.profile.Content, d.overlay.Rules, d.Levels, d.Set); ok && d.Type.Looser(r.Then) {
		d.Type = r.Then
		d.say(Step{Say: "overlay", Rule: r.ID, Type: r.Then})
	}
	d.Rules = d.Type
	if v := d.sheet.Deviation; v != nil && v.Type.Known() && d.Type.Looser(v.Type) {
		d.Type = v.Type
		d.say(Step{Say: "deviation", From: strings.Join(v.Fields, "、"), Type: v.Type})
	}
}

func joinNames(fields []graded) string {
	var names []string
	for _, f := range fields {
		if !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, "、")
}
