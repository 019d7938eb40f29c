package grading

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// MaxLevel is the highest level of a dimension; the lowest is 0.
const MaxLevel = 4

// Dimension is what a level is about.
type Dimension string

// The dimensions.
const (
	P Dimension = "P" // 个人
	O Dimension = "O" // 组织
	X Dimension = "X" // 客体: what is neither person nor organisation
)

// Dimensions lists the dimensions.
var Dimensions = []Dimension{P, O, X}

// Levels is one level per dimension, each 0 to [MaxLevel].
type Levels struct {
	P int `json:"p"`
	O int `json:"o"`
	X int `json:"x"`
}

// At returns the level in d.
func (l Levels) At(d Dimension) int {
	switch d {
	case P:
		return l.P
	case O:
		return l.O
	}
	return l.X
}

// Raised returns l with at least level n in d.
func (l Levels) Raised(d Dimension, n int) Levels {
	switch d {
	case P:
		l.P = max(l.P, n)
	case O:
		l.O = max(l.O, n)
	case X:
		l.X = max(l.X, n)
	}
	return l
}

// Max returns the highest level of all dimensions.
func (l Levels) Max() int { return max(l.P, l.O, l.X) }

// Every lists all combinations of levels.
func Every() (all []Levels) {
	for p := range MaxLevel + 1 {
		for o := range MaxLevel + 1 {
			for x := range MaxLevel + 1 {
				all = append(all, Levels{p, o, x})
			}
		}
	}
	return all
}

// Words is something of a profile that has a code and a name.
type Words struct {
	Code string      `json:"code"`
	Name locale.Text `json:"name"`
}

// Axis is a dimension with its levels in words, from 0 up.
type Axis struct {
	Code   Dimension     `json:"code"`
	Name   locale.Text   `json:"name"`
	Levels []locale.Text `json:"levels"`
}

// What evidence there is that lifts a flag or a combination (Article 14(1)).
const (
	Desensitised = "desensitised" // 脱密、脱敏处理
	Consent      = "consent"      // 相关权利人同意开放
)

// Flag is a question that is answered yes or no.
type Flag struct {
	Words
	Article  string   `json:"article,omitempty"`
	LiftedBy []string `json:"lifted_by,omitempty"` // kinds of evidence; nil for none
}

// Match says when a rule holds: if any of its parts does.
type Match struct {
	Always      bool     `json:"always,omitempty"`
	Closed      bool     `json:"closed,omitempty"`      // any closed flag is set
	Conditional bool     `json:"conditional,omitempty"` // any conditional flag is set
	Flags       []string `json:"flags,omitempty"`       // any of these flags is set
	AtLeast     []Floor  `json:"at_least,omitempty"`    // any of these levels is reached
}

// Floor is a level in a dimension; "" is any of them.
type Floor struct {
	Dimension Dimension `json:"dimension,omitempty"`
	Level     int       `json:"level"`
}

// Rule is one row of the mapping: the first that holds decides (A13.4).
type Rule struct {
	ID    string       `json:"id"`
	When  Match        `json:"when"`
	Then  opening.Type `json:"then"`
	Words locale.Text  `json:"words"`
}

// FieldKind is what a field tells, as far as it matters beside others, and
// the words by which its name may be known.
type FieldKind struct {
	Words
	Names   []string `json:"names,omitempty"`
	Suggest Levels   `json:"suggest"` // what is proposed for a field of this kind
	Links   bool     `json:"links,omitempty"`
}

// Combination is a set of fields that tells more than each of them: if fields
// of at least Least of the Kinds, and one of each of All, are there, and the
// table is at level From in Dimension at least, it is at level To.
type Combination struct {
	ID        string      `json:"id"`
	Kinds     []string    `json:"kinds"`
	All       []string    `json:"all,omitempty"`
	Least     int         `json:"least"` // of Kinds, counted once each
	Dimension Dimension   `json:"dimension"`
	From      int         `json:"from"`
	To        int         `json:"to"`
	LiftedBy  []string    `json:"lifted_by,omitempty"`
	Words     locale.Text `json:"words"`
}

// Measure is a supervision measure (监管措施), and the levels that ask for it.
type Measure struct {
	Words
	Levels  []int `json:"levels,omitempty"`         // 2 and 3: of data that is open under conditions
	Flagged []int `json:"flagged_levels,omitempty"` // levels that ask for it only if a conditional flag is set
}

// Condition is a condition of the library (Article 15), written as
// open/condition writes its own.
type Condition struct {
	Kind     string      `json:"kind"`
	Text     locale.Text `json:"text"`
	Risk     locale.Text `json:"risk"`
	Allow    []string    `json:"allow,omitempty"`
	Deny     []string    `json:"deny,omitempty"`
	Evidence string      `json:"evidence,omitempty"`
	Level    string      `json:"level,omitempty"`
	Every    string      `json:"every,omitempty"`
	Spot     bool        `json:"spot_checks,omitempty"`
	Cite     bool        `json:"cite,omitempty"`
	Lists    []string    `json:"lists,omitempty"`
}

// Shelf is a condition with the levels that it fits.
type Shelf struct {
	Code      string    `json:"code"`
	Levels    []int     `json:"levels"`
	Flagged   bool      `json:"flagged,omitempty"` // only if a conditional flag is set
	Condition Condition `json:"condition"`
}

// Example shows how something is graded (A13.6).
type Example struct {
	Name   locale.Text  `json:"name"`
	Levels Levels       `json:"levels"`
	Flags  []string     `json:"flags,omitempty"`
	Type   opening.Type `json:"type"`
	Why    locale.Text  `json:"why"`
}

// Content is what a profile says (Article 13(3)): method, dimensions and
// levels, safeguards; levels to types; conditions per level; examples.
type Content struct {
	Label        locale.Text   `json:"label"`
	Method       []locale.Text `json:"method"` // paragraphs: principles, process
	Dimensions   []Axis        `json:"dimensions"`
	Closed       []Flag        `json:"closed_flags"`      // Article 14(1)(一), and important data
	Conditional  []Flag        `json:"conditional_flags"` // Article 14(1)(二)
	Kinds        []FieldKind   `json:"kinds"`
	Combinations []Combination `json:"combinations"`
	Rules        []Rule        `json:"rules"` // in order
	Library      []Shelf       `json:"library"`
	Measures     []Measure     `json:"measures"`
	Safeguards   []locale.Text `json:"safeguards"`
	Examples     []Example     `json:"examples"`
}

// Profile is a version of the rules of grading.
type Profile struct {
	Version string       `json:"version"`
	From    workday.Date `json:"from,omitempty"`  // first day in force
	Until   workday.Date `json:"until,omitempty"` // last day; "" while it is in force
	Content
}

// Flag returns the flag with that code, and whether it closes.
func (c Content) Flag(code string) (f Flag, closes, ok bool) {
	for _, f := range c.Closed {
		if f.Code == code {
			return f, true, true
		}
	}
	for _, f := range c.Conditional {
		if f.Code == code {
			return f, false, true
		}
	}
	return f, false, false
}

// Flags lists every flag, closed ones first.
func (c Content) Flags() []Flag { return slices.Concat(c.Closed, c.Conditional) }

// Kind returns the kind of field with that code.
func (c Content) Kind(code string) (FieldKind, bool) {
	i := slices.IndexFunc(c.Kinds, func(k FieldKind) bool { return k.Code == code })
	if i < 0 {
		return FieldKind{}, false
	}
	return c.Kinds[i], true
}

// holds reports whether m holds of levels l and the flags that are set.
func (m Match) holds(c Content, l Levels, set []string) bool {
	any := func(of []Flag) bool {
		return slices.ContainsFunc(of, func(f Flag) bool { return slices.Contains(set, f.Code) })
	}
	return m.Always || m.Closed && any(c.Closed) || m.Conditional && any(c.Conditional) ||
		slices.ContainsFunc(m.Flags, func(f string) bool { return slices.Contains(set, f) }) ||
		slices.ContainsFunc(m.AtLeast, func(f Floor) bool {
			return f.Dimension == "" && l.Max() >= f.Level || f.Dimension != "" && l.At(f.Dimension) >= f.Level
		})
}

// first returns the first of rules that holds; false if none does.
func first(c Content, rules []Rule, l Levels, set []string) (Rule, bool) {
	for _, r := range rules {
		if r.When.holds(c, l, set) {
			return r, true
		}
	}
	return Rule{}, false
}

// FlagSets lists every set of flags that there can be.
func (c Content) FlagSets() (all [][]string) {
	flags := c.Flags()
	for n := range 1 << len(flags) {
		var set []string
		for i, f := range flags {
			if n&(1<<i) != 0 {
				set = append(set, f.Code)
			}
		}
		all = append(all, set)
	}
	return all
}

// MaxFlags bounds the flags of a profile, because every set of them is tried.
const MaxFlags = 12

// unmapped returns every combination of levels that, with some set of flags,
// no rule maps, and those where a higher level or one more flag opens more.
func (c Content) unmapped() (gaps, slides []Levels) {
	sets := c.FlagSets()
	// By the number of the set as FlagSets counts, per level.
	mapped := map[Levels][]opening.Type{}
	for _, l := range Every() {
		for _, set := range sets {
			r, _ := first(c, c.Rules, l, set)
			mapped[l] = append(mapped[l], r.Then)
		}
	}
	for _, l := range Every() {
		if slices.ContainsFunc(mapped[l], func(t opening.Type) bool { return !t.Known() }) {
			gaps = append(gaps, l)
		}
		if slidesAt(mapped, l, len(c.Flags())) {
			slides = append(slides, l)
		}
	}
	return gaps, slides
}

// slidesAt reports whether from l one level more, or one flag more, opens
// more.
func slidesAt(mapped map[Levels][]opening.Type, l Levels, flags int) bool {
	for n, here := range mapped[l] {
		for _, d := range Dimensions {
			up := l.Raised(d, l.At(d)+1)
			if up.At(d) <= MaxLevel && mapped[up][n].Looser(here) {
				return true
			}
		}
		for i := range flags {
			if n&(1<<i) == 0 && mapped[l][n|1<<i].Looser(here) {
				return true
			}
		}
	}
	return false
}

// String is how people write levels, e.g. "P2·O0·X1".
func (l Levels) String() string {
	return "P" + strconv.Itoa(l.P) + "·O" + strconv.Itoa(l.O) + "·X" + strconv.Itoa(l.X)
}

// official are the names that a profile of ours may not bear: nobody may take
// it for the city's own text.
var official = []string{"分级分类指南", "上海市", "shanghai"}

func namesOfficial(t locale.Text) bool {
	both := strings.ToLower(t.ZH + " " + t.EN)
	return slices.ContainsFunc(official, func(name string) bool { return strings.Contains(both, name) })
}

// Check tells every fault of c in form order; nil if there is none.
func (c Content) Check() error {
	var p problem.List
	p.Require("/label/zh", c.Label.ZH)
	p.Require("/label/en", c.Label.EN)
	if namesOfficial(c.Label) {
		p.Add("/label/zh", "grading.not_the_guide")
	}
	if len(c.Method) == 0 {
		p.Add("/method", "grading.part_missing")
	}
	checkAxes(&p, c)
	checkFlags(&p, c)
	checkKinds(&p, c)
	checkRules(&p, c, "/rules", c.Rules)
	checkShelves(&p, c)
	if err := p.Err(); err != nil {
		return err
	}
	gaps, slides := c.unmapped()
	for _, l := range gaps {
		p.Add("/rules", "grading.not_mapped", "levels", l.String())
	}
	if len(gaps) > 0 {
		return p.Err()
	}
	for _, l := range slides {
		p.Add("/rules", "grading.not_monotone", "levels", l.String())
	}
	for n, e := range c.Examples {
		if r, _ := first(c, c.Rules, e.Levels, e.Flags); r.Then != e.Type {
			p.Add(at("/examples", n)+"/type", "grading.example_differs", "type", string(r.Then))
		}
	}
	return p.Err()
}

func at(list string, n int) string { return list + "/" + strconv.Itoa(n) }
