package assessment

import (
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

// within: cells lie between two values, both included, of which one may be
// left open (错值). Article 16(1).
var within = check{Kind: "within", Dimension: Accuracy, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"low", "high"},
	faults: func(f *faults, r Rule) {
		if r.Low == "" && r.High == "" {
			f.add("low", "assessment.one_bound")
		}
		c, ok := f.column(r, 0)
		if !ok {
			return
		}
		if c.Type == selection.Boolean {
			f.add("fields/0", "assessment.needs_order", "field", c.Name)
			return
		}
		before := len(problemsOf(f.List))
		for param, bound := range r.bounds(c) {
			if bound != nil {
				f.fits([]string{"low", "high"}[param], bound)
			}
		}
		if r.Low != "" && r.High != "" && len(problemsOf(f.List)) == before && crossed(c, r.Low, r.High) {
			f.add("high", "assessment.crossed")
		}
	},
	ask: func(r Rule, w World) Ask {
		c, _ := w.Schema.Column(r.Fields[0])
		var all selection.And
		for _, bound := range r.bounds(c) {
			if bound != nil {
				all = append(all, bound)
			}
		}
		if len(all) == 1 {
			return holds(c.Name, all[0], w)
		}
		return holds(c.Name, all, w)
	}}

// bounds are the conditions of the two bounds; nil for an open one.
func (r Rule) bounds(c selection.Column) (all [2]selection.Expr) {
	if r.Low != "" {
		all[0] = selection.Compare{Column: c.Name, Op: selection.GreaterEqual, Value: written(c, r.Low)}
	}
	if r.High != "" {
		all[1] = selection.Compare{Column: c.Name, Op: selection.LessEqual, Value: written(c, r.High)}
	}
	return all
}

// crossed reports whether nothing lies between low and high.
func crossed(c selection.Column, low, high string) bool {
	if !c.Type.Numeric() {
		return low > high
	}
	a, errA := number(low)
	b, errB := number(high)
	return errA == nil && errB == nil && a > b
}

// problemsOf returns what was told so far.
func problemsOf(l *problem.List) []problem.Field {
	if p := problem.As(l.Err()); p != nil {
		return p.Fields
	}
	return nil
}
