package assessment

import "kaishu/internal/base/probe"

// order: the first of two columns, such as a begin, is not after the second,
// such as an end. Article 16(1).
var order = check{Kind: "order", Dimension: Consistency, Clause: "16(1)", Fields: [2]int{2, 2},
	faults: func(f *faults, r Rule) {
		first, ok := f.column(r, 0)
		second, also := f.column(r, 1)
		comparable := first.Type == second.Type || first.Type.Numeric() && second.Type.Numeric() || first.Type.Temporal() && second.Type.Temporal()
		if ok && also && !comparable {
			f.add("fields/1", "assessment.not_comparable", "first", first.Name, "second", second.Name)
		}
	},
	ask: func(r Rule, _ World) Ask { return Ask{Test: probe.Ordered{First: r.Fields[0], Second: r.Fields[1]}} }}
