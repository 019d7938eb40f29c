package assessment

import (
	"slices"

	"kaishu/internal/base/probe"
)

// refers: cells stand in a column of another open dataset, as released now. A
// dataset that is not there cannot be held against anybody: that is noted.
// Article 16(1).
var refers = check{Kind: "refers", Dimension: Consistency, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"dataset", "among"},
	faults: func(f *faults, r Rule) {
		f.require("dataset", r.Dataset)
		f.require("among", r.Among)
	},
	ask: func(r Rule, w World) Ask {
		if !slices.Contains(w.Known[r.Dataset], r.Among) {
			return Ask{Note: "assessment.nothing_to_refer_to"}
		}
		return Ask{Test: probe.Known{Column: r.Fields[0], In: r.Dataset, Among: r.Among}}
	}}
