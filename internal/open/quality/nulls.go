package quality

import (
	"context"
	"slices"

	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/version"
)

// nullsCheck: no blanks (空值) where something must stand, and not many more
// of them than in the version before. Article 16(1).
var nullsCheck = check{name: "nulls", clause: "16(1)", since: "2022-12-31", severity: holds, run: nulls}

// MaxMoreEmpty is how much the share of empty cells of a column may grow from
// one version to the next: more than one in five means that something was lost
// on the way. [D]
const MaxMoreEmpty = 0.2

func nulls(_ context.Context, x *examination) (all []version.Finding, _ error) {
	for _, c := range x.table.Columns {
		p := x.profile[c.Name]
		then, known := x.before[c.Name]
		all = append(all, emptyCells(p, x.table.Rows, slices.Contains(x.Entry.Key, c.Name), then, x.rowsThen, known)...)
	}
	return all, nil
}

// emptyCells judges one column of a table of rows rows; then is what it was in
// the version before, if that is known.
func emptyCells(p tabular.ColumnProfile, rows int64, key bool, then tabular.ColumnProfile, rowsThen int64, known bool) []version.Finding {
	known = known && rowsThen > 0
	switch {
	case rows == 0 || p.Nulls == 0:
		return nil
	case key:
		return []version.Finding{hold("quality.key_empty", p.Name, map[string]any{"n": p.Nulls, "share": percent(p.Nulls, rows)})}
	case p.Nulls == rows:
		f := hold("quality.column_empty", p.Name, map[string]any{})
		f.Note = known && then.Nulls == rowsThen // it was, and a person let it go
		return []version.Finding{f}
	case known && float64(p.Nulls)/float64(rows) > float64(then.Nulls)/float64(rowsThen)+MaxMoreEmpty:
		return []version.Finding{hold("quality.more_empty", p.Name, map[string]any{
			"n": p.Nulls, "share": percent(p.Nulls, rows), "before": percent(then.Nulls, rowsThen)})}
	}
	return nil
}
