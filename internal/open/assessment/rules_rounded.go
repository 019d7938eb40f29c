package assessment

import "kaishu/internal/base/probe"

// rounded: numbers have at most so many digits after the point. Article 16(1).
var rounded = check{Kind: "rounded", Dimension: Normativity, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"most"},
	faults: func(f *faults, r Rule) {
		if r.Most < 0 || r.Most > 15 {
			f.add("most", "assessment.no_number")
		}
		if c, ok := f.column(r, 0); ok && !c.Type.Numeric() {
			f.add("fields/0", "assessment.needs_numbers", "field", c.Name)
		}
	},
	ask: func(r Rule, _ World) Ask { return Ask{Test: probe.Rounded{Column: r.Fields[0], Most: r.Most}} }}
