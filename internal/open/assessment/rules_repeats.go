package assessment

import "kaishu/internal/base/probe"

// repeats: no row stands there twice (重复). Article 16(1).
var repeats = check{Kind: "repeats", Dimension: Accuracy, Clause: "16(1)",
	ask: func(_ Rule, w World) Ask {
		all := make([]string, len(w.Schema.Columns))
		for i, c := range w.Schema.Columns {
			all[i] = c.Name
		}
		if len(all) == 0 {
			return Ask{Answer: &probe.Answer{}}
		}
		return Ask{Test: probe.Once{Columns: all, Nulls: true}}
	}}
