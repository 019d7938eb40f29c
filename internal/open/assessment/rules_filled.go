package assessment

import "kaishu/internal/base/probe"

// filled: cells have a value (空值). Share is how many of them must; all if it
// is not said. Article 16(1).
var filled = check{Kind: "filled", Dimension: Completeness, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"share"},
	faults: func(f *faults, r Rule) { f.share(r) },
	ask:    func(r Rule, _ World) Ask { return Ask{Test: probe.Filled{Column: r.Fields[0]}} }}

// share tells of a share that is none.
func (f *faults) share(r Rule) {
	if !(r.Share >= 0 && r.Share <= 1) {
		f.add("share", "assessment.no_share")
	}
}
