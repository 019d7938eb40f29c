package assessment

import "kaishu/internal/base/selection"

// past: days are not in the future. Article 16(1).
var past = check{Kind: "past", Dimension: Accuracy, Clause: "16(1)", Fields: [2]int{1, 1}, Timed: true,
	faults: func(f *faults, r Rule) {
		if c, ok := f.column(r, 0); ok && !c.Type.Temporal() {
			f.add("fields/0", "assessment.needs_days", "field", c.Name)
		}
	},
	ask: func(r Rule, w World) Ask {
		today := selection.Literal{Type: selection.Text, Text: string(w.Today)}
		return holds(r.Fields[0], selection.Compare{Column: r.Fields[0], Op: selection.LessEqual, Value: today}, w)
	}}
