package assessment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/probe"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
)

// Kind is one check of the library.
type Kind string

// Dimension is one of the six of GB/T 36344. Which one a check counts for is
// ours [D].
type Dimension string

// The dimensions, in the order of the standard.
const (
	Normativity   Dimension = "normativity"   // 规范性
	Completeness  Dimension = "completeness"  // 完整性
	Accuracy      Dimension = "accuracy"      // 准确性
	Consistency   Dimension = "consistency"   // 一致性
	Timeliness    Dimension = "timeliness"    // 时效性
	Accessibility Dimension = "accessibility" // 可访问性
)

// Dimensions lists them.
var Dimensions = []Dimension{Normativity, Completeness, Accuracy, Consistency, Timeliness, Accessibility}

// Rule is one check with its parameters. Which of them a check takes, the
// library says; see [Library].
type Rule struct {
	Kind   Kind     `json:"kind"`
	Fields []string `json:"fields,omitempty"` // columns, in the order the check names
	// Must holds the release of a version that breaks the rule, until the rule
	// is waived; otherwise the score is lower, and that is all.
	Must    bool     `json:"must,omitempty"`
	Low     string   `json:"low,omitempty"`  // as the column's cells are written
	High    string   `json:"high,omitempty"` //
	Least   int      `json:"least,omitempty"`
	Most    int      `json:"most,omitempty"`
	Share   float64  `json:"share,omitempty"`   // between 0 and 1
	Pattern string   `json:"pattern,omitempty"` // regular expression of RE2, for the whole cell
	Values  []string `json:"values,omitempty"`
	When    string   `json:"when,omitempty"` // CQL2
	Then    string   `json:"then,omitempty"` // CQL2
	Dataset string   `json:"dataset,omitempty"`
	Among   string   `json:"among,omitempty"` // column of Dataset
	Form    string   `json:"form,omitempty"`  // see probe.Forms
	Unit    string   `json:"unit,omitempty"`
}

// Same reports whether r and o ask the same. Whether they must hold is not
// part of it: a waiver stays with its rule.
func (r Rule) Same(o Rule) bool {
	r.Must, o.Must = false, false
	return fmt.Sprintf("%#v", clean([]Rule{r})) == fmt.Sprintf("%#v", clean([]Rule{o}))
}

// clean returns rules with nothing where there is an empty list, so that they
// are the same before and after they were stored.
func clean(rules []Rule) (all []Rule) {
	for _, r := range rules {
		if len(r.Fields) == 0 {
			r.Fields = nil
		}
		if len(r.Values) == 0 {
			r.Values = nil
		}
		all = append(all, r)
	}
	return all
}

// World is what a rule needs to know beside itself.
type World struct {
	Schema     selection.Schema
	Rows       int64
	RowsBefore int64 // of the version before; -1 if there is none
	Today      workday.Date
	City       Box
	Units      map[string]string   // of the dictionary, by column; "" for none
	Known      map[string][]string // columns of the released datasets that may be referred to
}

// Box is an area, in degrees.
type Box struct {
	West  float64 `json:"west"`
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
}

// Ask is what a rule asks of a table: a test, or an answer that needs none, or
// a note why it cannot be asked.
type Ask struct {
	Test   probe.Test
	Answer *probe.Answer
	Note   string // message code
	Broken bool   // what the note says counts as broken
}

// check is one check of the library.
type check struct {
	Kind      Kind
	Dimension Dimension
	Clause    string // of the regulation
	Fields    [2]int // least and most number of columns
	Takes     []string
	Timed     bool // the answer changes with the day
	faults    func(*faults, Rule)
	ask       func(Rule, World) Ask
}

// Library lists the checks.
var Library = []check{filled, once, repeats, within, length, pattern, values, order, past, depends, refers, form, jump, city, rounded, unit}

// Find returns the check of a kind.
func Find(k Kind) (check, bool) {
	i := slices.IndexFunc(Library, func(c check) bool { return c.Kind == k })
	if i < 0 {
		return check{}, false
	}
	return Library[i], true
}

// Bounds of a set of rules. [D]
const (
	MaxRules   = 200
	MaxValues  = 200
	MaxPattern = 500
	MaxText    = 200
)

// faults gathers what is wrong with one rule.
type faults struct {
	*problem.List
	at     string            // pointer of the rule
	schema *selection.Schema // nil if there is no table yet
}

func (f *faults) add(param, code string, args ...any) { f.Add(f.at+"/"+param, code, args...) }

// column returns the column at a place of Fields, if it is known.
func (f *faults) column(r Rule, place int) (selection.Column, bool) {
	if f.schema == nil || place >= len(r.Fields) {
		return selection.Column{}, false
	}
	return f.schema.Column(r.Fields[place])
}

// fits tells what the table makes of a condition.
func (f *faults) fits(param string, e selection.Expr) {
	if f.schema == nil {
		return
	}
	_, err := typed(e, *f.schema)
	f.retell(param, err)
}

// retell tells the faults of err at a parameter.
func (f *faults) retell(param string, err error) {
	p := problem.As(err)
	if p == nil {
		return
	}
	for _, x := range p.Fields {
		x.Pointer = f.at + "/" + param
		f.Keep(x)
	}
	if len(p.Fields) == 0 {
		f.Keep(problem.Field{Pointer: f.at + "/" + param, Code: p.Code, Args: p.Args})
	}
}

// typed returns a condition made fit for the table.
func typed(e selection.Expr, schema selection.Schema) (selection.Expr, error) {
	s, err := selection.Check(selection.Select{Where: e}, schema)
	return s.Where, err
}

// Faults tells every fault of rules, for a table of that schema; nil if there
// is no table yet. Pointers begin /rules/0.
func Faults(rules []Rule, schema *selection.Schema) error {
	var l problem.List
	tell(&l, rules, schema)
	return l.Err()
}

// tell tells the faults of rules, see [Faults].
func tell(l *problem.List, rules []Rule, schema *selection.Schema) {
	if len(rules) > MaxRules {
		l.Add("/rules", "assessment.too_many_rules", "most", MaxRules)
		return
	}
	for i, r := range rules {
		f := &faults{List: l, at: "/rules/" + strconv.Itoa(i), schema: schema}
		c, ok := Find(r.Kind)
		if !ok {
			f.add("kind", "assessment.unknown_kind", "kind", string(r.Kind))
			continue
		}
		if slices.ContainsFunc(rules[:i], r.Same) {
			f.add("kind", "assessment.twice")
		}
		f.named(c, r)
		f.untaken(c, r)
		if c.faults != nil {
			c.faults(f, r)
		}
	}
}

// named tells what is wrong with the columns.
func (f *faults) named(c check, r Rule) {
	if n := len(r.Fields); n < c.Fields[0] || n > c.Fields[1] {
		f.add("fields", "assessment.wrong_number", "least", c.Fields[0], "most", c.Fields[1])
	}
	for i, name := range r.Fields {
		if slices.Contains(r.Fields[:i], name) {
			f.add("fields/"+strconv.Itoa(i), "assessment.field_twice", "field", name)
		}
		if f.schema == nil {
			continue
		}
		if _, ok := f.schema.Column(name); !ok {
			f.add("fields/"+strconv.Itoa(i), "assessment.no_such_field", "field", name)
		}
	}
}

// untaken tells of parameters that the check does not take.
func (f *faults) untaken(c check, r Rule) {
	for _, p := range r.given() {
		if !slices.Contains(c.Takes, p) {
			f.add(p, "assessment.not_asked")
		}
	}
}

// given lists the parameters that r has.
func (r Rule) given() (all []string) {
	for _, p := range []struct {
		name string
		is   bool
	}{{"low", r.Low != ""}, {"high", r.High != ""}, {"least", r.Least != 0}, {"most", r.Most != 0}, {"share", r.Share != 0}, {"pattern", r.Pattern != ""},
		{"values", len(r.Values) > 0}, {"when", r.When != ""}, {"then", r.Then != ""}, {"dataset", r.Dataset != ""}, {"among", r.Among != ""}, {"form", r.Form != ""}, {"unit", r.Unit != ""}} {
		if p.is {
			all = append(all, p.name)
		}
	}
	return all
}

// require tells of a parameter that is missing, or too long.
func (f *faults) require(param, value string) {
	if strings.TrimSpace(value) == "" {
		f.add(param, "required")
	} else if len([]rune(value)) > MaxText {
		f.add(param, "assessment.too_long", "most", MaxText)
	}
}

// Of returns what r asks of a table.
func (r Rule) Of(w World) Ask {
	c, ok := Find(r.Kind)
	if !ok {
		return Ask{Note: "assessment.unknown_kind", Broken: true}
	}
	for _, name := range r.Fields {
		if _, ok := w.Schema.Column(name); !ok {
			return Ask{Note: "assessment.field_missing", Broken: true}
		}
	}
	// A table may have changed since the rule was confirmed.
	if Faults([]Rule{r}, &w.Schema) != nil {
		return Ask{Note: "assessment.does_not_fit", Broken: true}
	}
	return c.ask(r, w)
}

// holds asks that a condition is true of the cells of column; it was checked.
func holds(column string, e selection.Expr, w World) Ask {
	then, err := typed(e, w.Schema)
	if err != nil {
		return Ask{Note: "assessment.does_not_fit", Broken: true}
	}
	return Ask{Test: probe.Holds{Column: column, Then: then}}
}

// written is a constant as people write it in a form; what it means, the
// column's type says.
func written(c selection.Column, text string) selection.Literal {
	if c.Type.Numeric() || c.Type == selection.Boolean {
		return selection.Literal{Type: c.Type, Text: strings.TrimSpace(text)}
	}
	return selection.Literal{Type: selection.Text, Text: strings.TrimSpace(text)}
}

func number(text string) (float64, error) { return strconv.ParseFloat(strings.TrimSpace(text), 64) }

// pointer is that of a rule in a set.
func pointer(place int) string { return "/rules/" + strconv.Itoa(place) }
