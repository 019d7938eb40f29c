package quality

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// codesCheck: a field whose codes another dataset lists holds only codes that
// stand there (错值). A list that is not there cannot be held against anybody:
// that is noted. Article 16(1).
var codesCheck = check{name: "codes", clause: "16(1)", since: "2022-12-31", severity: holds, run: codes}

func codes(ctx context.Context, x *examination) (all []version.Finding, _ error) {
	for _, item := range x.Entry.Items {
		if _, ok := x.table.Column(item.Name); !ok || item.Codes == "" || x.filled(item.Name) == 0 {
			continue
		}
		f, err := x.strangers(ctx, item)
		if err != nil {
			return nil, err
		}
		all = append(all, f...)
	}
	return all, nil
}

func (x *examination) strangers(ctx context.Context, item openlist.Item) ([]version.Finding, error) {
	args := map[string]any{"dataset": item.Codes}
	list, err := x.entries.Get(ctx, permit.Platform, item.Codes)
	var known *version.Version
	if err == nil {
		known, err = x.Released(ctx, item.Codes)
	}
	if err != nil && !problem.Is(err, problem.NotFound) {
		return nil, err
	}
	if known == nil || len(known.Outcome.Columns) == 0 {
		f := hold("quality.codes_missing", item.Name, args)
		f.Note = true
		return []version.Finding{f}, nil
	}
	found, err := x.engine.Strangers(ctx, x.table, item.Name, tableOf(*known.Outcome), codeColumn(list, *known.Outcome), maxGroups)
	if err != nil || found.Total == 0 {
		return nil, err
	}
	args["n"], args["share"] = found.Total, percent(found.Total, x.filled(item.Name))
	f := hold("quality.code_unknown", item.Name, args)
	f.Cells = x.evidence(found.First, item.Name)
	return []version.Finding{f}, nil
}

// codeColumn is the column of a code list that holds the codes: the first of
// its declared key that the table has, else its first.
func codeColumn(list openlist.Entry, o version.Outcome) string {
	i := slices.IndexFunc(list.Key, func(name string) bool {
		_, ok := o.Column(name)
		return ok
	})
	if i >= 0 {
		return list.Key[i]
	}
	return o.Columns[0].Name
}
