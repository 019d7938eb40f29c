package assessment

import (
	"kaishu/internal/base/probe"
	"kaishu/internal/base/selection"
)

// depends: in rows in which one condition is true, so is another. Both are
// written in CQL2, as filters of the data API are. Article 16(1).
var depends = check{Kind: "depends", Dimension: Consistency, Clause: "16(1)", Takes: []string{"when", "then"},
	faults: func(f *faults, r Rule) {
		for _, part := range []struct{ param, text string }{{"when", r.When}, {"then", r.Then}} {
			if part.text == "" {
				f.add(part.param, "required")
				continue
			}
			e, err := selection.ParseWhere(part.text)
			if err != nil {
				f.retell(part.param, err)
				continue
			}
			f.fits(part.param, e)
		}
	},
	ask: func(r Rule, w World) Ask {
		var all [2]selection.Expr
		for i, text := range []string{r.When, r.Then} {
			e, err := selection.ParseWhere(text)
			if err == nil {
				all[i], err = typed(e, w.Schema)
			}
			if err != nil {
				return Ask{Note: "assessment.does_not_fit", Broken: true}
			}
		}
		return Ask{Test: probe.Holds{When: all[0], Then: all[1]}}
	}}
