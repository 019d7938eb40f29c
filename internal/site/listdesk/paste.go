package listdesk

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

// labels are words by which the first cell of a row names a part of an entry;
// the second cell is what it is to say.
var labels = map[string]string{"地址": "slug", "slug": "slug", "名称": "/title/zh", "数据集名称": "/title/zh", "英文名称": "/title/en", "摘要": "/abstract/zh", "数据摘要": "/abstract/zh", "英文摘要": "/abstract/en",
	"数据领域": "/domain", "领域": "/domain", "主题": "/theme", "国家主题分类": "/theme", "标签": "/words/tags", "数据标签": "/words/tags", "开放类型": "/opening", "开放属性": "/opening", "更新频率": "/frequency", "更新频度": "/frequency",
	"产生频率": "/production", "数据格式": "/words/formats", "格式": "/words/formats", "使用许可": "/licence/zh", "许可": "/licence/zh", "联系方式": "/contact", "时间范围": "/time_range", "开始日期": "/period/from", "结束日期": "/period/to",
	"地域范围": "/area_range", "行政区划代码": "/area_code", "无关联数据集": "/unrelated", "来源类型": "/source_kind", "公开文件": "/disclosure", "备注": "/remarks", "理由": "/reason", "区别": "/distinct",
	"name": "/title/zh", "abstract": "/abstract/zh", "domain": "/domain", "frequency": "/frequency", "production": "/production", "opening": "/opening", "contact": "/contact", "licence": "/licence/zh"}

// pasted is what a block of a spreadsheet says.
type pasted struct {
	parts   map[string]string // by the name of the input
	items   []openlist.Item
	filled  int      // items
	unknown []string // names that no column has
}

// fill reads text, cells with tabs between: rows that name a part of the entry,
// then the table of its fields under a row of headings. Items find their fields
// by name; with grow, what has no field yet gets one.
func fill(items []openlist.Item, text string, grow bool) pasted {
	p := pasted{parts: map[string]string{}, items: slices.Clone(items)}
	order := append([]string{"name"}, itemParts...)
	for _, row := range tableOf(text) {
		if named, ok := named(row); ok {
			order = named
			continue
		}
		if at := labels[strings.ToLower(strings.Join(strings.Fields(row[0]), ""))]; at != "" && len(row) > 1 && p.filled == 0 && len(p.unknown) == 0 {
			p.parts[at] = row[1]
			continue
		}
		at := slices.Index(order, "name")
		if at < 0 || at >= len(row) || row[at] == "" {
			continue
		}
		k := slices.IndexFunc(p.items, func(i openlist.Item) bool { return strings.EqualFold(i.Name, row[at]) })
		if k < 0 && grow {
			k = len(p.items)
			p.items = append(p.items, openlist.Item{Name: row[at]})
		}
		if k < 0 {
			p.unknown = append(p.unknown, row[at])
			continue
		}
		for j, value := range row {
			if j < len(order) && value != "" {
				set(&p.items[k], order[j], value)
			}
		}
		p.filled++
	}
	return p
}

// named reads a row of headings: it names the field, and says of a second
// column what it is. A heading that is not known is passed over.
func named(row []string) (order []string, ok bool) {
	name, others := false, 0
	for _, h := range row {
		part := headings[strings.ToLower(strings.Join(strings.Fields(h), ""))]
		order = append(order, part)
		if part == "name" {
			name = true
		} else if part != "" {
			others++
		}
	}
	return order, name && (others > 0 || len(row) == 1)
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
