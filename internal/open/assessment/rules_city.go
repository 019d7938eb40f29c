package assessment

import (
	"strconv"

	"kaishu/internal/base/selection"
)

// city: points, a longitude and a latitude, lie in the box around the city;
// see numbers.json. Article 16(1).
var city = check{Kind: "city", Dimension: Accuracy, Clause: "16(1)", Fields: [2]int{2, 2},
	faults: func(f *faults, r Rule) {
		for i := range r.Fields {
			if c, ok := f.column(r, i); ok && !c.Type.Numeric() {
				f.add("fields/"+strconv.Itoa(i), "assessment.needs_numbers", "field", c.Name)
			}
		}
	},
	ask: func(r Rule, w World) Ask {
		inside := selection.And{between(w, r.Fields[0], w.City.West, w.City.East), between(w, r.Fields[1], w.City.South, w.City.North), selection.Not{Part: selection.IsNull{Column: r.Fields[1]}}}
		return holds(r.Fields[0], inside, w)
	}}

// between is a condition for a column of numbers. A column of whole numbers
// takes whole bounds.
func between(w World, column string, low, high float64) selection.Expr {
	c, _ := w.Schema.Column(column)
	digits := -1
	switch c.Type {
	case selection.Integer:
		digits = 0
	case selection.Decimal:
		digits = c.Scale
	}
	bound := func(v float64) selection.Literal {
		return selection.Literal{Type: c.Type, Text: strconv.FormatFloat(v, 'f', digits, 64)}
	}
	return selection.Between{Column: column, Low: bound(low), High: bound(high)}
}
