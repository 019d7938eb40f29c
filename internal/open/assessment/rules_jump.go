package assessment

import (
	"math"

	"kaishu/internal/base/probe"
)

// jump: the number of rows differs from that of the version before by no more
// than a share of it: half a file is a fault that no row shows. Article 16(1).
var jump = check{Kind: "jump", Dimension: Accuracy, Clause: "16(1)", Takes: []string{"share"},
	faults: func(f *faults, r Rule) {
		if !(r.Share > 0 && r.Share <= 100) {
			f.add("share", "assessment.no_jump")
		}
	},
	ask: func(r Rule, w World) Ask {
		if w.RowsBefore <= 0 {
			return Ask{Note: "assessment.nothing_before"}
		}
		a := &probe.Answer{Looked: 1}
		if math.Abs(float64(w.Rows-w.RowsBefore)) > r.Share*float64(w.RowsBefore) {
			a.Failed = 1
		}
		return Ask{Answer: a}
	}}
