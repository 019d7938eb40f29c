package dataset

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
)

// Rows and columns of a preview.
const (
	pageRows    = 50
	shownAtOnce = 12 // columns of a wide table, until the reader chooses
)

// previewPage is the first tab.
type previewPage struct {
	*view
	Faults     []web.FieldFail // of the reader's query
	Where      string          // present condition, CQL2
	Chips      []chip
	Heads      []head
	Lines      []bodyRow
	Total      int64
	Filtered   bool
	First      string // address of the first page; "" if this is it
	Next       string // address of the next page; "" if this is the last
	CSV, JSON  string
	AllColumns []choice
	Hidden     int // columns that are not shown
	Keep       []pair
	Operators  []operator
	Clear      string
	Fields     []fieldRow
}

type choice struct {
	Name, Value, Title string
	Shown              bool
}

type pair struct{ Name, Value string }

type bodyRow struct {
	Place int64 // counted from 1
	Href  string
	Cells []cellView
}

type cellView struct {
	Text    string
	Null    bool
	Numeric bool
	Differs bool // from what it was, in a comparison
}

func (s *Service) preview(c *web.Context) error {
	slug, format := suffix(c.Param("slug"))
	if format != "" {
		values := c.Request.URL.Query()
		return s.Queries.Serve(c, slug, format, values)
	}
	if to, ok := s.compose(c); ok {
		return c.Redirect(http.StatusSeeOther, to)
	}
	v, err := s.look(c, slug, "preview")
	if err != nil {
		return err
	}
	p := &previewPage{view: v, Fields: fieldRows(v, c.Lang, nil)}
	status := v.status()
	if v.Readable {
		faults, err := s.fill(c, p)
		if err != nil {
			return err
		}
		if p.Faults = faults; len(faults) > 0 {
			status = http.StatusUnprocessableEntity
		}
	}
	p.NoIndex = c.Request.URL.RawQuery != ""
	return s.pages.Render(c, status, "preview", p)
}

// suffix splits the format from an address such as "metro.csv".
func suffix(slug string) (string, string) {
	if at := strings.LastIndexByte(slug, '.'); at > 0 {
		return slug[:at], slug[at+1:]
	}
	return slug, ""
}

// fill runs the reader's query. Faults of the query are shown on the page,
// beside what he wrote; nothing he wrote is lost.
func (s *Service) fill(c *web.Context, p *previewPage) ([]web.FieldFail, error) {
	values := c.Request.URL.Query()
	schema := p.schema()
	p.Where = values.Get("where")
	p.Keep = keep(values, "where")
	p.Operators = operators(c)
	p.pager(values, "")
	q, err := selection.Parse(values, schema, selection.Limits{Default: pageRows, Max: 200})
	if err == nil && q.Grouped() {
		err = problem.New(problem.Invalid, "dataset.no_groups_here")
	}
	if wrong := problem.As(err); wrong != nil {
		p.choices(schema, selection.Select{})
		p.Clear = p.URL("dataset.preview", p.Entry.Slug)
		return faults(c, wrong), nil
	}
	if err != nil {
		return nil, err
	}
	if len(q.Columns) == 0 && len(schema.Columns) > shownAtOnce {
		for _, col := range schema.Columns[:shownAtOnce] {
			q.Columns = append(q.Columns, col.Name)
		}
	}
	ctx := c.Request.Context()
	a, err := s.Queries.Page(ctx, p.reading, q, values.Get("after"))
	if wrong := problem.As(err); wrong != nil {
		p.choices(schema, q)
		return faults(c, wrong), nil
	}
	if err != nil {
		return nil, err
	}
	if err := p.count(c, record.View, "html", len(a.Rows)); err != nil {
		return nil, err
	}
	p.Total, p.Filtered = a.Total, q.Where != nil
	p.choices(schema, q)
	p.chips(c, values, q.Where)
	p.table(a.Page)
	p.pager(values, a.Next)
	return nil, s.heads(c, p, a.Columns, q, values)
}

// keep lists the parameters that a form passes on unchanged.
func keep(values url.Values, except ...string) (all []pair) {
	for _, name := range []string{"where", "order", "select", "version"} {
		for _, v := range values[name] {
			if v != "" && !contains(except, name) {
				all = append(all, pair{name, v})
			}
		}
	}
	return all
}

// faults lists what is wrong, in the reader's words.
func faults(c *web.Context, p *problem.Error) []web.FieldFail {
	shape := c.Shape(http.StatusUnprocessableEntity, p)
	if len(shape.Errors) > 0 {
		return shape.Errors
	}
	return []web.FieldFail{{Code: shape.Code, Detail: shape.Detail}}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// link returns the preview's address with one parameter changed; the place in
// the pages is given up.
func (p *view) link(values url.Values, name string, to ...string) string {
	next := url.Values{}
	for _, k := range keep(values, name) {
		next.Add(k.Name, k.Value)
	}
	for _, v := range to {
		if v != "" {
			next.Add(name, v)
		}
	}
	at := p.URL("dataset.preview", p.Entry.Slug)
	if len(next) == 0 {
		return at
	}
	return at + "?" + next.Encode()
}

// choices lists the columns for the form that shows and hides them.
func (p *previewPage) choices(schema selection.Schema, q selection.Select) {
	for _, col := range schema.Columns {
		item, _ := p.Entry.Item(col.Name)
		shown := len(q.Columns) == 0 || contains(q.Columns, col.Name)
		if !shown {
			p.Hidden++
		}
		p.AllColumns = append(p.AllColumns, choice{Name: col.Name, Value: quoted(col.Name), Title: item.Title.In(p.Lang()), Shown: shown})
	}
}

// quoted writes a name as selection reads it in lists and conditions.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (p *previewPage) table(page tabular.Page) {
	for i, row := range page.Rows {
		r := bodyRow{Place: page.Numbers[i] + 1, Href: p.URL("dataset.row", p.Entry.Slug, page.Numbers[i]) + p.versionQuery()}
		for j, v := range row {
			r.Cells = append(r.Cells, cellOf(page.Columns[j], v))
		}
		p.Lines = append(p.Lines, r)
	}
}

// cellOf writes a cell for people.
func cellOf(col selection.Column, v any) cellView {
	c := cellView{Text: tabular.Text(v), Null: v == nil, Numeric: col.Type.Numeric()}
	if col.Type == selection.DateTime {
		c.Text = strings.Replace(c.Text, "T", " ", 1)
	}
	return c
}

func (p *view) versionQuery() string {
	if p.IsLatest() {
		return ""
	}
	return "?version=" + strconv.Itoa(p.Version.Number)
}

func (p *previewPage) pager(values url.Values, next string) {
	if values.Get("after") != "" {
		p.First = p.link(values, "after")
	}
	if next != "" {
		p.Next = p.link(values, "after", next)
	}
	query := url.Values{}
	for _, k := range keep(values) {
		query.Add(k.Name, k.Value)
	}
	tail := ""
	if len(query) > 0 {
		tail = "?" + query.Encode()
	}
	at := p.URL("dataset.preview", p.Entry.Slug)
	p.CSV, p.JSON = at+".csv"+tail, at+".json"+tail
}
