package assessment

import "kaishu/internal/base/probe"

// once: columns name each row once (重复). Rows in which one of them is empty
// are not looked at; see filled. Article 16(1).
var once = check{Kind: "once", Dimension: Accuracy, Clause: "16(1)", Fields: [2]int{1, 8},
	ask: func(r Rule, _ World) Ask { return Ask{Test: probe.Once{Columns: r.Fields}} }}
