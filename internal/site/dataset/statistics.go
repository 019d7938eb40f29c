package dataset

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
)

// Bounds of a chart.
const (
	mostBars   = 30
	mostPoints = 1000
)

type statisticsPage struct {
	*view
	Xs, Ys, Functions []option
	Figure            *figurePage
	Faults            []web.FieldFail
	Columns           []fieldRow
}

// figurePage is the chart and the table under it.
type figurePage struct {
	Title  string
	SVG    string
	X, Y   string
	Points []figureRow
	CSV    string // address of the same figures as CSV
	Image  string // address of the chart as a file
	Cite   string
	More   int64 // groups that are not shown
}

// Drawing returns the chart for the page. It is made here, of escaped words.
func (f *figurePage) Drawing() template.HTML { return template.HTML(f.SVG) }

type figureRow struct {
	Label, Value string
}

type option struct {
	Value, Label string
	Chosen       bool
}

// choiceOf is what a chart shows: figures of y per x.
type choiceOf struct {
	x, y     selection.Column // y "" for the number of rows
	function selection.Function
	kind     shape
}

func (s *Service) statistics(c *web.Context) error {
	p, err := s.figures(c)
	if err != nil {
		return err
	}
	status := p.status()
	if len(p.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	p.NoIndex = c.Request.URL.RawQuery != ""
	return s.pages.Render(c, status, "statistics", p)
}

// chart gives the chart alone, as a file.
func (s *Service) chart(c *web.Context) error {
	p, err := s.figures(c)
	if err != nil {
		return err
	}
	if p.Figure == nil {
		return problem.New(problem.NotFound, "dataset.no_chart")
	}
	return c.Bytes(http.StatusOK, "image/svg+xml", []byte(p.Figure.SVG))
}

func (s *Service) figures(c *web.Context) (*statisticsPage, error) {
	v, err := s.look(c, c.Param("slug"), "statistics")
	if err != nil {
		return nil, err
	}
	p := &statisticsPage{view: v}
	if !v.Readable {
		return p, nil
	}
	profile, err := v.reading.Profile(c.Request.Context())
	if err != nil {
		return nil, err
	}
	p.Columns = fieldRows(v, c.Lang, &profile)
	for i := range p.Columns {
		p.Columns[i].Type = c.Say("dataset.type." + p.Columns[i].Type)
	}
	chosen, ok := choose(c.Request.URL.Query(), v.schema(), profile)
	p.options(c, chosen, profile)
	if !ok {
		return p, nil
	}
	return p, s.figure(c, p, chosen)
}

// yearly finds texts that are years, as statistical tables write them.
var yearly = regexp.MustCompile(`^(1[89]|20)\d\d年?$`)

// choose takes what the reader chose, and fills the rest by itself: along time
// if there is a time, else per the text with the fewest values.
func choose(values url.Values, schema selection.Schema, profile tabular.Profile) (choiceOf, bool) {
	var ch choiceOf
	best := 0
	for i, col := range schema.Columns {
		if fit := axis(col, profile.Columns[i]); values.Get("x") == col.Name || values.Get("x") == "" && fit > best {
			best, ch.x = fit, col
		}
	}
	if ch.x.Name == "" {
		return ch, false
	}
	ch.kind, ch.function = asBars, selection.Function(values.Get("f"))
	for i, col := range schema.Columns {
		if col.Name == ch.x.Name && axis(col, profile.Columns[i]) >= 3 {
			ch.kind = asLine
		}
		wanted := values.Has("y")
		if col.Type.Numeric() && col.Name != ch.x.Name && (wanted && values.Get("y") == col.Name || !wanted && ch.y.Name == "" && measures(col, schema)) {
			ch.y = col
		}
	}
	switch {
	case ch.y.Name == "":
		ch.function = selection.Count
	case ch.function != selection.Sum && ch.function != selection.Avg:
		ch.function = selection.Avg
	}
	return ch, true
}

// axis says how well a column serves as axis: 3 for time, 2 and 1 for groups,
// 0 not at all.
func axis(col selection.Column, p tabular.ColumnProfile) int {
	switch {
	case p.Distinct < 2:
		return 0
	case col.Type.Temporal() && p.Distinct <= mostPoints:
		return 3
	case col.Type == selection.Text && p.Distinct <= 200 && yearLike(p):
		return 3
	case col.Type == selection.Text && p.Distinct <= mostBars:
		return 2
	case col.Type == selection.Text && p.Distinct <= mostPoints, col.Type == selection.Boolean,
		col.Type == selection.Integer && p.Distinct <= mostBars: // a code, or a small count
		return 1
	}
	return 0
}

func yearLike(p tabular.ColumnProfile) bool {
	low, _ := p.Min.(string)
	high, _ := p.Max.(string)
	return yearly.MatchString(low) && yearly.MatchString(high)
}

// measures reports whether a number is a measure: coordinates and numbers that
// name things are not.
func measures(col selection.Column, schema selection.Schema) bool {
	g := schema.Geometry
	if g != nil && (col.Name == g.Longitude || col.Name == g.Latitude) {
		return false
	}
	return !naming.MatchString(col.Name)
}

var naming = regexp.MustCompile(`(?i)(^|_|\b)(id|no|code|year|month|day)$|代码|编号|序号|编码|年份|Code$`)

func (p *statisticsPage) options(c *web.Context, ch choiceOf, profile tabular.Profile) {
	title := func(col selection.Column) string {
		if item, ok := p.Entry.Item(col.Name); ok && item.Title.In(c.Lang) != "" {
			return item.Title.In(c.Lang)
		}
		return col.Name
	}
	p.Ys = append(p.Ys, option{Value: "", Label: c.Say("dataset.count_rows"), Chosen: ch.y.Name == ""})
	for i, col := range p.schema().Columns {
		if axis(col, profile.Columns[i]) > 0 {
			p.Xs = append(p.Xs, option{Value: col.Name, Label: title(col), Chosen: col.Name == ch.x.Name})
		}
		if col.Type.Numeric() {
			p.Ys = append(p.Ys, option{Value: col.Name, Label: title(col), Chosen: col.Name == ch.y.Name})
		}
	}
	for _, f := range []selection.Function{selection.Avg, selection.Sum} {
		p.Functions = append(p.Functions, option{Value: string(f), Label: c.Say("dataset.function." + string(f)), Chosen: f == ch.function})
	}
}

// figure asks for the figures and draws them.
func (s *Service) figure(c *web.Context, p *statisticsPage, ch choiceOf) error {
	q := selection.Select{Group: []string{ch.x.Name}, Aggregates: []selection.Aggregate{{Function: ch.function, Column: ch.y.Name}}, Limit: mostPoints}
	q.Order = []selection.Order{{Column: ch.x.Name}}
	if ch.kind == asBars {
		q.Order, q.Limit = []selection.Order{{Column: q.Aggregates[0].Name(), Descending: true}}, mostBars
	}
	q.Where = selection.Not{Part: selection.IsNull{Column: ch.x.Name}}
	checked, err := selection.Check(q, p.schema())
	if err != nil {
		return err
	}
	a, err := s.Queries.Page(c.Request.Context(), p.reading, checked, "")
	if wrong := problem.As(err); wrong != nil {
		p.Faults = faults(c, wrong)
		return nil
	}
	if err != nil {
		return err
	}
	f := &figurePage{X: labelOf(p.Xs), Y: measureOf(c, p, ch), More: a.Total - int64(len(a.Rows))}
	var points []point
	for _, row := range a.Rows {
		one := point{Label: figure(row[0])}
		if v, ok := float(row[1]); ok {
			one.Value = &v
		}
		points = append(points, one)
		value := "—"
		if one.Value != nil {
			value = amount(*one.Value)
		}
		f.Points = append(f.Points, figureRow{Label: one.Label, Value: value})
	}
	f.Title = c.Say("dataset.figure_title", "y", f.Y, "x", f.X)
	f.SVG = draw(ch.kind, f.Title, c.Say("dataset.figure_about", "n", len(points)), points)
	query := url.Values{"x": {ch.x.Name}, "y": {ch.y.Name}, "f": {string(ch.function)}}
	f.Image = p.URL("dataset.chart", p.Entry.Slug) + "?" + query.Encode()
	f.CSV = "/api/v1/datasets/" + p.Entry.Slug + "/rows?" + url.Values{"group": {quoted(ch.x.Name)}, "aggregate": selection.Values(checked)["aggregate"],
		"order": selection.Values(checked)["order"], "format": {"csv"}}.Encode()
	f.Cite = c.Say("dataset.cite", "body", p.Body, "title", p.Entry.Title, "number", p.Version.Number, "day", string(p.UpdatedOn), "url", c.Public(p.Dataset(p.Entry.Slug)))
	p.Figure = f
	return nil
}

func labelOf(all []option) string {
	for _, o := range all {
		if o.Chosen {
			return o.Label
		}
	}
	return ""
}

func measureOf(c *web.Context, p *statisticsPage, ch choiceOf) string {
	if ch.y.Name == "" {
		return c.Say("dataset.count_rows")
	}
	item, _ := p.Entry.Item(ch.y.Name)
	name := labelOf(p.Ys)
	if item.Unit != "" {
		name += "（" + item.Unit + "）"
	}
	return c.Say("dataset.function."+string(ch.function)) + " " + name
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case tabular.Exact:
		return parseFloat(string(v))
	}
	return 0, false
}
