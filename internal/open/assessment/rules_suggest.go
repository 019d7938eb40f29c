package assessment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
)

// Seen is what the profile of a released version tells of one column.
type Seen struct {
	selection.Column
	Rows     int64
	Nulls    int64
	Distinct int64
	Approx   bool     // Distinct is an estimate
	Min, Max string   // as cells are written; "" if there are none, or they were cut
	Chars    int      // of the longest text
	Values   []string // every value, if they are few
}

// Suggestion is a rule that a version would keep, and why it is one.
type Suggestion struct {
	Rule
	Because string         `json:"because"` // message code
	Args    map[string]any `json:"args,omitempty"`
}

// Bounds of what is suggested. [D]
const (
	FewValues   = 20 // different values that look like a list
	EnoughRows  = 30 // fewer say nothing of the next version
	ShortTexts  = 32 // characters; longer texts are told, not coded
	UsualJump   = 0.5
	FewPerValue = 3 // rows for each value of a list, at the least
)

// Suggest returns the rules that a publisher might hold a dataset to, by what
// its version of today looks like: each of them holds there. Rules that are in
// set already are left out. A publisher takes or leaves them; nothing is
// confirmed by itself.
func Suggest(all []Seen, rows int64, today workday.Date, set []Rule) (out []Suggestion) {
	if rows < EnoughRows {
		return nil
	}
	add := func(because string, r Rule, args ...any) {
		if slices.ContainsFunc(set, r.Same) {
			return
		}
		s := Suggestion{Rule: r, Because: because, Args: map[string]any{}}
		for i := 0; i+1 < len(args); i += 2 {
			s.Args[args[i].(string)] = args[i+1]
		}
		out = append(out, s)
	}
	for _, c := range all {
		fields := []string{c.Name}
		filledRows := rows - c.Nulls
		if filledRows == 0 {
			continue
		}
		if c.Nulls == 0 {
			add("assessment.because_filled", Rule{Kind: filled.Kind, Fields: fields}, "n", rows)
		}
		if !c.Approx && c.Nulls == 0 && c.Distinct == rows && c.Type != selection.Number {
			add("assessment.because_once", Rule{Kind: once.Kind, Fields: fields}, "n", rows)
		}
		if c.coded(filledRows) {
			add("assessment.because_values", Rule{Kind: values.Kind, Fields: fields, Values: c.Values}, "n", len(c.Values))
		}
		if c.Type.Temporal() && c.Max != "" && day(c.Max) <= today {
			add("assessment.because_past", Rule{Kind: past.Kind, Fields: fields}, "last", string(day(c.Max)))
		}
		if c.Type.Numeric() && !looksLikeCode(c.Name) && notNegative(c.Min) {
			add("assessment.because_within", Rule{Kind: within.Kind, Fields: fields, Low: "0"}, "low", c.Min)
		}
	}
	for _, pair := range spans(all) {
		add("assessment.because_order", Rule{Kind: order.Kind, Fields: pair[:]})
	}
	if pair, ok := point(all); ok {
		add("assessment.because_city", Rule{Kind: city.Kind, Fields: pair[:]})
	}
	add("assessment.because_jump", Rule{Kind: jump.Kind, Share: UsualJump}, "share", fmt.Sprintf("%.0f%%", 100*UsualJump))
	return out
}

// coded reports whether a column looks like one of a list of codes.
func (c Seen) coded(filled int64) bool {
	if n := len(c.Values); n == 0 || n > FewValues || int64(n)*FewPerValue > filled {
		return false
	}
	return c.Type == selection.Text && c.Chars <= ShortTexts
}

// day is the day of a cell of days or instants.
func day(cell string) workday.Date { return workday.Date(cell[:min(len(cell), len("2026-01-02"))]) }

func notNegative(low string) bool {
	n, err := number(low)
	return err == nil && n >= 0
}

func looksLikeCode(name string) bool {
	return containsAny(name, "编号", "代码", "编码", "id", "code")
}

func containsAny(name string, words ...string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}

// spans are pairs of columns of days that are named as begin and end.
func spans(all []Seen) (pairs [][2]string) {
	for _, words := range [][2]string{{"开始", "结束"}, {"起始", "终止"}, {"起始", "截止"}, {"start", "end"}, {"begin", "end"}} {
		for _, a := range all {
			if !a.Type.Temporal() || !strings.Contains(strings.ToLower(a.Name), words[0]) {
				continue
			}
			other := strings.Replace(strings.ToLower(a.Name), words[0], words[1], 1)
			for _, b := range all {
				if b.Type == a.Type && strings.ToLower(b.Name) == other {
					pairs = append(pairs, [2]string{a.Name, b.Name})
				}
			}
		}
	}
	return pairs
}

// point finds the columns of a longitude and a latitude, if there is one of
// each.
func point(all []Seen) (pair [2]string, ok bool) {
	var found [2][]string
	for _, c := range all {
		if c.Type != selection.Number && c.Type != selection.Decimal {
			continue
		}
		if containsAny(c.Name, "经度", "longitude", "lng") || strings.EqualFold(c.Name, "lon") {
			found[0] = append(found[0], c.Name)
		}
		if containsAny(c.Name, "纬度", "latitude") || strings.EqualFold(c.Name, "lat") {
			found[1] = append(found[1], c.Name)
		}
	}
	if len(found[0]) != 1 || len(found[1]) != 1 {
		return pair, false
	}
	return [2]string{found[0][0], found[1][0]}, true
}

// BuiltIn returns the rules that every dataset is held to: its rows and its
// declared key once, the key filled, and declared codes known. They lower the
// score; what holds a release of the like is for open/quality.
func BuiltIn(key []string, codes map[string]Rule) (all []Rule) {
	all = append(all, Rule{Kind: repeats.Kind})
	if len(key) > 0 {
		all = append(all, Rule{Kind: once.Kind, Fields: key})
	}
	for _, name := range key {
		all = append(all, Rule{Kind: filled.Kind, Fields: []string{name}})
	}
	for _, name := range slices.Sorted(maps.Keys(codes)) {
		all = append(all, codes[name])
	}
	return all
}
