package listdesk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// Tables reads the first table of a spreadsheet or a CSV file: one map per row,
// by heading.
type Tables interface {
	Records(ctx context.Context, path, name, dir string) ([]map[string]string, error)
}

// itemColumns are headings of the columns that describe a data item, in a table
// whose other columns describe its entry.
var itemColumns = map[string]string{"字段名": "name", "字段英文名": "name", "数据项": "name", "数据项名称": "name", "信息项": "name", "field": "name",
	"字段中文名": "title/zh", "数据项中文名": "title/zh", "字段标题": "title/zh", "字段说明": "description/zh", "数据项说明": "description/zh",
	"字段英文标题": "title/en", "字段英文说明": "description/en", "单位": "unit", "计量单位": "unit", "unit": "unit", "代码表": "codes", "codes": "codes"}

// sheet is what a table says of many entries.
type sheet struct {
	entries []adjustment.NewEntry
	lines   []int   // of the table, counted from 1, in which each entry begins
	items   [][]int // the line of each item, by entry
	unknown []string
}

// many reads a table with one row of headings: each row tells of an entry, or,
// where the address is left blank or said again, of one more data item of it.
func many(rows [][]string, codes openlist.Codes) (s sheet, err error) {
	if len(rows) == 0 {
		return s, noSheet("listdesk.nothing_pasted")
	}
	parts, fields := make([]string, len(rows[0])), make([]string, len(rows[0]))
	for i, h := range rows[0] {
		word := strings.ToLower(strings.Join(strings.Fields(strings.TrimPrefix(h, "\ufeff")), ""))
		parts[i], fields[i] = labels[word], ""
		if part := itemColumns[word]; part != "" {
			parts[i], fields[i] = "", part
		} else if parts[i] == "" && word != "" {
			s.unknown = append(s.unknown, h)
		}
	}
	at := slices.Index(parts, "slug")
	if at < 0 {
		return s, noSheet("listdesk.no_address_column")
	}
	byslug := map[string]int{}
	for n, row := range rows[1:] {
		if err := s.line(n+2, row, at, parts, fields, byslug, codes); err != nil {
			return s, err
		}
	}
	if len(s.unknown) > 0 {
		return s, noSheet("listdesk.unknown_columns", "columns", strings.Join(s.unknown, "、"))
	}
	if len(s.entries) == 0 {
		return s, noSheet("listdesk.nothing_pasted")
	}
	return s, nil
}

func noSheet(code string, args ...any) error {
	var l problem.List
	l.Add("rows", code, args...)
	return l.Err()
}

// line takes one row into s.
func (s *sheet) line(n int, row []string, at int, parts, fields []string, byslug map[string]int, codes openlist.Codes) error {
	says := map[string]string{}
	var item openlist.Item
	for i, value := range row {
		if value = strings.TrimSpace(value); i >= len(parts) || value == "" {
			continue
		}
		switch {
		case fields[i] == "name":
			item.Name = value
		case fields[i] != "":
			set(&item, fields[i], value)
		case i != at && parts[i] != "":
			says[parts[i]] = value
		}
	}
	slug := ""
	if at < len(row) {
		slug = strings.TrimSpace(row[at])
	}
	if slug == "" && len(says) == 0 && item == (openlist.Item{}) {
		return nil
	}
	k, known := byslug[slug]
	if slug == "" && len(says) == 0 && len(s.entries) > 0 {
		k, known = len(s.entries)-1, true
	}
	if !known {
		k = len(s.entries)
		byslug[slug] = k
		s.entries, s.lines, s.items = append(s.entries, adjustment.NewEntry{Slug: slug}), append(s.lines, n), append(s.items, nil)
	}
	var w written
	apply(&w, says, codes)
	e := &s.entries[k]
	if len(says) > 0 { // an earlier row of the same entry stands before a later one
		d, err := adjustment.Over(w.description(""), e.Description)
		if err != nil {
			return err
		}
		d.Items = e.Items // as the rows have them: a name that comes twice is told
		e.Description = d
	}
	if item != (openlist.Item{}) {
		e.Items = append(e.Items, item)
		s.items[k] = append(s.items[k], n)
	}
	return nil
}

// place names the line of the table that a fault is about, and the rest of its
// pointer.
func (s sheet) place(pointer string) (line int, rest string) {
	n, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/entries/"), "/")
	i, err := strconv.Atoi(n)
	if err != nil || i >= len(s.lines) {
		return 0, pointer
	}
	if part, ok := strings.CutPrefix(rest, "items/"); ok {
		n, part, _ := strings.Cut(part, "/")
		if j, err := strconv.Atoi(n); err == nil && j < len(s.items[i]) {
			return s.items[i][j], "/items/" + s.entries[i].Items[j].Name + "/" + part
		}
	}
	return s.lines[i], "/" + rest
}

// rowsOf cuts a table copied from a spreadsheet, or the text of a CSV file.
func rowsOf(text string) [][]string {
	first, _, _ := strings.Cut(text, "\n")
	if !strings.Contains(first, "\t") && strings.Contains(first, ",") {
		read := csv.NewReader(strings.NewReader(text))
		read.FieldsPerRecord, read.LazyQuotes = -1, true
		if rows, err := read.ReadAll(); err == nil {
			return rows
		}
	}
	return tableOf(text)
}

// textOf writes the rows of a file as they would be pasted, tabs between cells.
func textOf(records []map[string]string) string {
	var heads []string
	seen := map[string]bool{}
	for _, r := range records {
		for h := range r {
			if !seen[h] {
				seen[h] = true
				heads = append(heads, h)
			}
		}
	}
	slices.SortFunc(heads, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	var b strings.Builder
	line := func(cell func(string) string) {
		for i, h := range heads {
			if i > 0 {
				b.WriteByte('\t')
			}
			text := cell(h)
			if strings.ContainsAny(text, "\t\n\r\"") {
				text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
	line(func(h string) string { return h })
	for _, r := range records {
		line(func(h string) string { return r[h] })
	}
	return b.String()
}

// rank puts the address first and data items last.
func rank(h string) string {
	switch word := strings.ToLower(strings.Join(strings.Fields(h), "")); {
	case labels[word] == "slug":
		return "0"
	case itemColumns[word] == "name":
		return "2"
	case itemColumns[word] != "":
		return "3" + h
	}
	return "1" + h
}

type importPage struct {
	layout.Page
	Form    layout.Form
	Text    string
	Reason  string
	Wrong   []importFault
	More    int
	Items   []importItem
	Done    bool
	Changes int // of the items that change something
}

type importFault struct {
	Line  int // 0 for the table as a whole
	Where string
	Text  string
}

type importItem struct {
	adjustment.Imported
	Changes []changed
}

// importForm asks for a table of many entries.
func (p *Pages) importForm(c *web.Context) error {
	return p.showImport(c, importPage{}, http.StatusOK)
}

func (p *Pages) showImport(c *web.Context, x importPage, status int) error {
	x.Page, x.Form = p.Layout.Page(c, c.Say("listdesk.import")), layout.Blank(c, nil)
	x.NoIndex, x.Crumbs = true, p.crumbs(c)
	return p.pages.Render(c, status, "import", x)
}

// importRead reads a file into the form, and says what would come of it.
func (p *Pages) importRead(c *web.Context) error {
	var text string
	none := true
	err := c.Files(func(_, name string, file io.Reader) error {
		none = false
		records, err := p.recordsOf(c.Request.Context(), name, file)
		text = textOf(records)
		return err
	})
	if err == nil && none {
		err = noSheet("listdesk.no_file")
	}
	return p.importText(c, text, c.Typed("reason"), true, err)
}

func (p *Pages) recordsOf(ctx context.Context, name string, file io.Reader) (all []map[string]string, err error) {
	dir, err := os.MkdirTemp(p.Scratch, "entries-")
	if err != nil {
		return nil, fmt.Errorf("make folder of an import: %w", err)
	}
	defer os.RemoveAll(dir)
	at := filepath.Join(dir, "sheet")
	f, err := os.Create(at)
	if err != nil {
		return nil, fmt.Errorf("make file of an import: %w", err)
	}
	_, err = io.Copy(f, file)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return p.Tables.Records(ctx, at, name, dir)
}

// importDo says what would come of the table, or does it.
func (p *Pages) importDo(c *web.Context) error {
	return p.importText(c, c.Typed("rows"), c.Typed("reason"), c.Typed("do") != "import", nil)
}

// mostFaults is how many faults of a table a page tells.
const mostFaults = 100

func (p *Pages) importText(c *web.Context, text, reason string, try bool, err error) error {
	x := importPage{Text: text, Reason: reason}
	var s sheet
	if err == nil {
		s, err = many(rowsOf(text), p.Entries.Codes(permit.Platform))
	}
	var all []adjustment.Imported
	if err == nil {
		all, err = p.Orders.Import(c.Request.Context(), c.Actor, adjustment.Bulk{Entries: s.entries, Reason: reason, Try: try})
	}
	if told := layout.Told(err); told != nil {
		x.tell(c, p, s, told)
		return p.showImport(c, x, layout.Status)
	}
	if err != nil {
		return err
	}
	x.Done = !try
	for _, i := range all {
		item := importItem{Imported: i}
		for _, d := range i.Differences {
			item.Changes = append(item.Changes, p.inWords(c, d))
		}
		x.Items = append(x.Items, item)
		if i.Way != adjustment.WayKept {
			x.Changes++
		}
	}
	return p.showImport(c, x, http.StatusOK)
}

func (x *importPage) tell(c *web.Context, p *Pages, s sheet, told *problem.Error) {
	shape := c.Shape(0, told)
	if len(shape.Errors) == 0 {
		x.Wrong = append(x.Wrong, importFault{Text: shape.Detail})
	}
	for i, e := range shape.Errors {
		f := importFault{Text: e.Detail}
		var rest string
		if f.Line, rest = s.place(told.Fields[i].Pointer); f.Line > 0 {
			f.Where = p.where(c, rest)
			if rest == "/slug" {
				f.Where = c.Say("listdesk.slug")
			}
		}
		x.Wrong = append(x.Wrong, f)
	}
	if x.More = len(x.Wrong) - mostFaults; x.More > 0 {
		x.Wrong = x.Wrong[:mostFaults]
	}
}
