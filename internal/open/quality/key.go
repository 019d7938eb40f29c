package quality

import (
	"context"
	"strings"

	"kaishu/internal/open/version"
)

// keyCheck: the declared key is there, and names each row once. That it is
// never empty is for the nulls. Article 16(1).
var keyCheck = check{name: "key", clause: "16(1)", since: "2022-12-31", severity: holds, run: key}

// maxGroups is how many repeated keys or rows are shown.
const maxGroups = 5

func key(ctx context.Context, x *examination) (all []version.Finding, _ error) {
	for _, name := range x.Entry.Key {
		if _, ok := x.table.Column(name); !ok {
			all = append(all, hold("quality.key_missing", name, map[string]any{}))
		}
	}
	if len(all) > 0 || len(x.Entry.Key) == 0 || x.unique(x.Entry.Key...) {
		return all, nil
	}
	found, err := x.engine.Repeats(ctx, x.table, x.Entry.Key, maxGroups)
	if err != nil || found.Total == 0 {
		x.distinct = err == nil
		return nil, err
	}
	f := hold("quality.key_repeated", x.Entry.Key[0], map[string]any{"n": found.Total, "columns": strings.Join(x.Entry.Key, ", ")})
	f.Cells = x.evidence(found.First, x.Entry.Key...)
	return []version.Finding{f}, nil
}

// unique reports whether the profile already says that one of the columns
// names each row once.
func (x *examination) unique(columns ...string) bool {
	for _, name := range columns {
		p := x.profile[name]
		if !p.Approx && p.Distinct == x.table.Rows {
			return true
		}
	}
	return false
}
