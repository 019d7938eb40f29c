package quality

import (
	"context"

	"kaishu/internal/open/version"
)

// repeatsCheck: no row stands there twice (重复). A few are only noted, since
// two like readings may both be true. Article 16(1).
var repeatsCheck = check{name: "repeats", clause: "16(1)", since: "2022-12-31", severity: holds, run: repeats}

// MaxRepeatedShare is the share of rows that may equal an earlier one in all
// cells before a person must look. [D]
const MaxRepeatedShare = 0.01

func repeats(ctx context.Context, x *examination) ([]version.Finding, error) {
	names := make([]string, len(x.table.Columns))
	for i, c := range x.table.Columns {
		names[i] = c.Name
	}
	if x.table.Rows < 2 || x.repeated == 0 || x.distinct || x.unique(names...) {
		return nil, nil
	}
	found, err := x.engine.Repeats(ctx, x.table, names, maxGroups)
	if err != nil || found.Total == 0 {
		return nil, err
	}
	f := hold("quality.rows_repeated", "", map[string]any{"n": found.Total, "of": x.table.Rows, "share": percent(found.Total, x.table.Rows)})
	if float64(found.Total) <= MaxRepeatedShare*float64(x.table.Rows) {
		f.Code, f.Note = "quality.some_rows_repeated", true
	}
	f.Cells = x.evidence(found.First, names...)
	return []version.Finding{f}, nil
}
