package assessment

import "kaishu/internal/base/probe"

// length: cells have so many characters. Article 16(1).
var length = check{Kind: "length", Dimension: Normativity, Clause: "16(1)", Fields: [2]int{1, 1}, Takes: []string{"least", "most"},
	faults: func(f *faults, r Rule) {
		switch {
		case r.Least < 0:
			f.add("least", "assessment.no_number")
		case r.Most < 0:
			f.add("most", "assessment.no_number")
		case r.Least == 0 && r.Most == 0:
			f.add("least", "assessment.one_bound")
		case r.Most > 0 && r.Least > r.Most:
			f.add("most", "assessment.crossed")
		}
	},
	ask: func(r Rule, _ World) Ask {
		return Ask{Test: probe.Long{Column: r.Fields[0], Least: r.Least, Most: r.Most}}
	}}
