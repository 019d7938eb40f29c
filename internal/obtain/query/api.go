package query

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
	"kaishu/internal/obtain/download"
)

// exportTime bounds one export.
const exportTime = 10 * time.Minute

// Rows is the JSON answer of the rows route. Items are objects of the asked
// columns, in order; integers beyond ±2^53 and decimals are strings.
type Rows struct {
	Items  []json.RawMessage `json:"items"`
	Total  int64             `json:"total"`
	Next   string            `json:"next"`
	Fields []Field           `json:"fields"`
}

// Field describes one field of the items.
type Field struct {
	Name  string         `json:"name"`
	Type  selection.Type `json:"type"`
	Scale int            `json:"scale,omitempty"`
	Title string         `json:"title,omitempty"`
	Unit  string         `json:"unit,omitempty"`
}

// Routes are the addresses of this package.
func (q *Service) Routes() []web.Route {
	return []web.Route{{
		Method: "GET", Path: "/api/v1/datasets/{slug}/rows", Name: "query.rows", May: permit.Public, API: true,
		Query: []web.Param{
			{Name: "select", Type: "string"}, {Name: "where", Type: "string"}, {Name: "order", Type: "string"},
			{Name: "group", Type: "string"}, {Name: "aggregate", Type: "string", Example: "count(*)"},
			{Name: "limit", Type: "integer", Default: strconv.Itoa(DefaultLimit)}, {Name: "after", Type: "string"},
			{Name: "format", Type: "string", Enum: Formats, Default: Formats[0]},
			{Name: "version", Type: "string", Default: "latest"},
		},
		Answer: Rows{}, Media: []string{"application/x-ndjson", "text/csv", "application/vnd.apache.parquet", "application/geo+json"},
		Check: q.check, Do: q.rows,
	}}
}

func (q *Service) rows(c *web.Context) error {
	values := c.Request.URL.Query()
	return q.Serve(c, c.Param("slug"), cmp.Or(values.Get("format"), Formats[0]), values)
}

// check returns the faults of the query itself.
func (q *Service) check(c *web.Context) error {
	values := c.Request.URL.Query()
	n, err := download.Number(cmp.Or(values.Get("version"), "latest"))
	if err != nil {
		return err
	}
	r, err := q.door.Open(c.Request.Context(), c.Actor, c.Param("slug"), n)
	if err != nil {
		return err
	}
	_, err = q.Parse(r, values, cmp.Or(values.Get("format"), Formats[0]))
	return err
}

// Serve answers the query in values on a dataset, in format. Pages use it to
// give their own view as data.
func (q *Service) Serve(c *web.Context, slug, format string, values url.Values) error {
	n, err := download.Number(cmp.Or(values.Get("version"), "latest"))
	if err != nil {
		return err
	}
	r, err := q.door.Open(c.Request.Context(), c.Actor, slug, n)
	if err != nil {
		return err
	}
	s, err := q.Parse(r, values, format)
	if err != nil {
		return err
	}
	if Paged(format) {
		return q.answer(c, r, s, values)
	}
	return q.export(c, r, s, tabular.Format(format))
}

// Parse reads a query from the parameters of an address, with every fault of
// every parameter.
func (q *Service) Parse(r *access.Reading, values url.Values, format string) (selection.Select, error) {
	var p problem.List
	schema := r.Version.Outcome.Schema
	s, err := selection.Parse(values, schema, limits(format))
	if err := p.Merge(err); err != nil {
		return s, err
	}
	if err := p.Merge(CheckFormat(format, values.Get("after"), Truth(schema.Geometry != nil), Truth(s.Grouped()))); err != nil {
		return s, err
	}
	return s, p.Err()
}

// limits are those of a page, or none for an answer that comes whole.
func limits(format string) selection.Limits {
	if Paged(format) {
		return selection.Limits{Default: DefaultLimit, Max: MaxPage}
	}
	return selection.Limits{}
}

func (q *Service) answer(c *web.Context, r *access.Reading, s selection.Select, values url.Values) error {
	a, err := q.Page(c.Request.Context(), r, s, values.Get("after"))
	if err != nil {
		return err
	}
	if err := r.Count(c.Request.Context(), record.Call, "json", int64(len(a.Rows)), 0); err != nil {
		return err
	}
	if a.Next != "" {
		values.Set("after", a.Next)
		c.Link("next", c.Request.URL.Path+"?"+values.Encode())
	}
	return c.JSON(200, Rows{Items: Items(a.Page), Total: a.Total, Next: a.Next, Fields: fields(r, a.Columns, c.Lang)})
}

// Items writes the rows of a page as JSON objects.
func Items(p tabular.Page) []json.RawMessage {
	items := make([]json.RawMessage, len(p.Rows))
	for i, row := range p.Rows {
		items[i] = tabular.AppendObject(nil, p.Columns, row)
	}
	return items
}

func fields(r *access.Reading, columns []selection.Column, l locale.Lang) []Field {
	all := make([]Field, len(columns))
	for i, c := range columns {
		item, _ := r.Entry.Item(c.Name)
		all[i] = Field{Name: c.Name, Type: c.Type, Scale: c.Scale, Title: item.Title.In(l), Unit: item.Unit}
	}
	return all
}

func (q *Service) export(c *web.Context, r *access.Reading, s selection.Select, f tabular.Format) error {
	if err := r.Count(c.Request.Context(), record.Call, string(f), 0, 0); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), exportTime)
	defer cancel()
	name := download.FileName(r.Entry.Title.In(locale.ZH), string(f))
	return c.Stream(f.MediaType(), name, func(w io.Writer) error {
		_, err := q.Export(ctx, r, s, f, w)
		return err
	})
}
