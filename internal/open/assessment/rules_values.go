package assessment

import (
	"slices"
	"strconv"

	"kaishu/internal/base/selection"
)

// values: cells hold one of a list of values (错值). Article 16(1).
var values = check{Kind: "values", Dimension: Normativity, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"values"},
	faults: func(f *faults, r Rule) {
		switch {
		case len(r.Values) == 0:
			f.add("values", "required")
		case len(r.Values) > MaxValues:
			f.add("values", "assessment.too_many_values", "most", MaxValues)
			return
		}
		c, known := f.column(r, 0)
		for i, v := range r.Values {
			at := "values/" + strconv.Itoa(i)
			switch {
			case len([]rune(v)) > MaxText:
				f.add(at, "assessment.too_long", "most", MaxText)
			case slices.Contains(r.Values[:i], v):
				f.add(at, "assessment.value_twice", "value", v)
			case known:
				f.fits(at, selection.In{Column: c.Name, Values: []selection.Literal{written(c, v)}})
			}
		}
	},
	ask: func(r Rule, w World) Ask {
		c, _ := w.Schema.Column(r.Fields[0])
		all := make([]selection.Literal, len(r.Values))
		for i, v := range r.Values {
			all[i] = written(c, v)
		}
		return holds(c.Name, selection.In{Column: c.Name, Values: all}, w)
	}}
