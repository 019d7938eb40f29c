package listdesk

import (
	"slices"

	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// columns are the columns of the newest full table; nil if there is none.
func columns(all []version.Version) (out []column) {
	for _, v := range all {
		if v.Outcome == nil || v.Kind != version.Full || v.Stage == version.StageDiscarded {
			continue
		}
		for _, col := range v.Outcome.Columns {
			out = append(out, column{col.Name, string(col.Type)})
		}
		break
	}
	return out
}

type column struct{ name, kind string }

// withColumns lists the columns of the table, each with its item, then what
// only the dictionary names; with no table some empty rows.
func withColumns(items []openlist.Item, cols []column) (all []openlist.Item) {
	for _, col := range cols {
		i := slices.IndexFunc(items, func(i openlist.Item) bool { return i.Name == col.name })
		if i < 0 {
			all = append(all, openlist.Item{Name: col.name})
			continue
		}
		all = append(all, items[i])
	}
	for _, i := range items {
		if !slices.ContainsFunc(cols, func(col column) bool { return col.name == i.Name }) {
			all = append(all, i)
		}
	}
	if len(cols) == 0 {
		all = append(all, make([]openlist.Item, spareItems)...)
	}
	return all
}
