package assessment

import (
	"strings"

	"kaishu/internal/base/probe"
	"kaishu/internal/base/selection"
)

// unit: measures are in one unit. Of a column of numbers the dictionary must
// name it; in a column of texts it stands behind each number. Article 16(1).
var unit = check{Kind: "unit", Dimension: Consistency, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"unit"},
	faults: func(f *faults, r Rule) {
		f.require("unit", r.Unit)
		if c, ok := f.column(r, 0); ok && !c.Type.Numeric() && c.Type != selection.Text {
			f.add("fields/0", "assessment.needs_numbers", "field", c.Name)
		}
	},
	ask: func(r Rule, w World) Ask {
		c, _ := w.Schema.Column(r.Fields[0])
		if c.Type == selection.Text {
			return Ask{Test: probe.Matching{Column: c.Name, Pattern: `[-+]?[0-9]+(\.[0-9]+)?\s*` + literal(r.Unit)}}
		}
		a := &probe.Answer{Looked: 1}
		if w.Units[c.Name] != r.Unit {
			a.Failed = 1
		}
		return Ask{Answer: a}
	}}

// literal writes text so that a pattern takes each character as it is.
func literal(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
