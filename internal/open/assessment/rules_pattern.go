package assessment

import "kaishu/internal/base/probe"

// pattern: cells are written as a regular expression says. Article 16(1).
var pattern = check{Kind: "pattern", Dimension: Normativity, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"pattern"},
	faults: func(f *faults, r Rule) {
		switch {
		case r.Pattern == "":
			f.add("pattern", "required")
		case len([]rune(r.Pattern)) > MaxPattern:
			f.add("pattern", "assessment.too_long", "most", MaxPattern)
		case !probe.Compiles(r.Pattern):
			f.add("pattern", "assessment.no_pattern")
		}
	},
	ask: func(r Rule, _ World) Ask { return Ask{Test: probe.Matching{Column: r.Fields[0], Pattern: r.Pattern}} }}
