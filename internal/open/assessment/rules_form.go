package assessment

import (
	"slices"
	"strings"

	"kaishu/internal/base/probe"
)

// form: cells are written as numbers, days, codes or addresses are. Article
// 16(1).
var form = check{Kind: "form", Dimension: Normativity, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"form"},
	faults: func(f *faults, r Rule) {
		if !slices.Contains(probe.Forms, probe.Form(r.Form)) {
			f.add("form", "assessment.unknown_form", "known", strings.Join(FormNames(), ", "))
		}
	},
	ask: func(r Rule, _ World) Ask { return Ask{Test: probe.Reads{Column: r.Fields[0], As: probe.Form(r.Form)}} }}

// FormNames lists the forms that a cell can be held to.
func FormNames() (all []string) {
	for _, f := range probe.Forms {
		all = append(all, string(f))
	}
	return all
}
