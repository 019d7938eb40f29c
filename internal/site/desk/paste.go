package desk

import (
	"slices"
	"strings"

	"kaishu/internal/open/openlist"
)

// headings are words by which a heading names a part.
var headings = map[string]string{"字段名": "name", "字段": "name", "字段英文名": "name", "英文名": "name", "名称": "name", "name": "name", "field": "name", "column": "name",
	"中文名": "title/zh", "字段中文名": "title/zh", "中文名称": "title/zh", "含义": "title/zh", "标题": "title/zh", "title": "title/en", "title_zh": "title/zh", "title_en": "title/en",
	"说明": "description/zh", "字段说明": "description/zh", "描述": "description/zh", "备注": "description/zh", "description": "description/en", "description_zh": "description/zh", "description_en": "description/en",
	"单位": "unit", "计量单位": "unit", "unit": "unit", "英文说明": "description/en", "英文标题": "title/en", "代码表": "codes", "代码": "codes", "codes": "codes"}

// fill enters the rows of text, cells with tabs between, into items.
func fill(items []openlist.Item, text string) (all []openlist.Item, n int, unknown []string) {
	all = slices.Clone(items)
	order := append([]string{"name"}, parts...)
	for i, row := range tableOf(text) {
		if i == 0 {
			if named, ok := named(row); ok {
				order = named
				continue
			}
		}
		at := slices.Index(order, "name")
		if at < 0 || at >= len(row) || row[at] == "" {
			continue
		}
		k := slices.IndexFunc(all, func(i openlist.Item) bool { return strings.EqualFold(i.Name, row[at]) })
		if k < 0 {
			unknown = append(unknown, row[at])
			continue
		}
		for j, value := range row {
			if j < len(order) && value != "" {
				set(&all[k], order[j], value)
			}
		}
		n++
	}
	return all, n, unknown
}

// named reads a row of headings; a heading that is not known is passed over.
func named(row []string) (order []string, ok bool) {
	for _, h := range row {
		part := headings[strings.ToLower(strings.Join(strings.Fields(h), ""))]
		order = append(order, part)
		ok = ok || part == "name"
	}
	return order, ok
}

// tableOf cuts a copied table into rows and cells: tabs between cells, quotes
// around a cell that holds a line break, as spreadsheets write them.
func tableOf(text string) (rows [][]string) {
	var row []string
	var b strings.Builder
	quoted := false
	end := func() { row = append(row, strings.TrimSpace(b.String())); b.Reset() }
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case quoted && ch == '"' && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case ch == '"' && (quoted || b.Len() == 0):
			quoted = !quoted
		case ch == '\t' && !quoted:
			end()
		case ch == '\n' && !quoted:
			end()
			rows, row = append(rows, row), nil
		default:
			b.WriteByte(ch)
		}
	}
	if end(); len(row) > 1 || row[0] != "" {
		rows = append(rows, row)
	}
	return rows
}

func set(i *openlist.Item, part, value string) {
	switch part {
	case "title/zh":
		i.Title.ZH = value
	case "title/en":
		i.Title.EN = value
	case "description/zh":
		i.Description.ZH = value
	case "description/en":
		i.Description.EN = value
	case "unit":
		i.Unit = value
	case "codes":
		i.Codes = value
	}
}
