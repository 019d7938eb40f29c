package listdesk

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/infra/web"
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

func (x *editorPage) rows(c *web.Context, cols []column) {
	for i := 0; x.Form.Has("/items/" + strconv.Itoa(i) + "/name"); i++ {
		at := "/items/" + strconv.Itoa(i)
		row := itemRow{At: at, N: i + 1, Name: x.Form.Value(at + "/name")}
		if n := slices.IndexFunc(cols, func(col column) bool { return col.name == row.Name }); n >= 0 {
			row.Type, row.Fixed = c.Say("desk.type."+cols[n].kind), true
		}
		row.Faults = x.Form.Faults(at + "/name")
		for _, part := range itemParts {
			name := at + "/" + part
			faults := x.Form.Faults(name)
			row.Faults = append(row.Faults, faults...)
			row.Cells = append(row.Cells, cell{Name: name, Value: x.Form.Value(name), Label: c.Say("listdesk.item." + strings.ReplaceAll(part, "/", "_")), Wrong: len(faults) > 0})
		}
		x.Rows = append(x.Rows, row)
	}
}

// mark writes what the gates find of the items that are kept beside the cells
// that it is about.
func (x *editorPage) mark(kept []openlist.Item) {
	for _, g := range x.Gates {
		for _, f := range g.Fails {
			rest, ok := strings.CutPrefix(f.Pointer, "/items/")
			n, part, _ := strings.Cut(rest, "/")
			i, err := strconv.Atoi(n)
			if !ok || err != nil || i >= len(kept) {
				continue
			}
			k := slices.IndexFunc(x.Rows, func(r itemRow) bool { return r.Name == kept[i].Name })
			if k < 0 {
				continue
			}
			x.Rows[k].Faults = append(x.Rows[k].Faults, f.Detail)
			for j := range x.Rows[k].Cells {
				if strings.HasSuffix(x.Rows[k].Cells[j].Name, "/"+part) {
					x.Rows[k].Cells[j].Wrong = true
				}
			}
		}
	}
}
