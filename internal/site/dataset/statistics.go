package dataset

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
)

// Bounds of a chart.
const (
	mostBars   = 30
	mostPoints = 400    // along time; more are put together by hour, day, month or year
	mostGroups = 10_000 // that one question to the engine may give
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
	More   int64  // groups that are not shown
	All    string // address of all groups as CSV; "" if all are shown
}

// Drawing returns the chart for the page. It is made here, of escaped words.
func (f *figurePage) Drawing() template.HTML { return template.HTML(f.SVG) }

type figureRow struct {
	Label, Value string
	Figure       *float64 // nil for none
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
	if err := p.count(c, record.View, "html", p.told()); err != nil {
		return err
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
	if err := p.count(c, record.View, "svg", p.told()); err != nil {
		return err
	}
	return c.Bytes(http.StatusOK, "image/svg+xml", []byte(p.Figure.SVG))
}

// told is the number of figures that the page shows.
func (p *statisticsPage) told() int {
	if p.Figure == nil {
		return 0
	}
	return len(p.Figure.Points)
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
	case col.Type.Temporal() && p.Distinct <= mostGroups:
		return 3
	case col.Type == selection.Text && p.Distinct <= 200 && yearLike(p), col.Type == selection.Integer && isYear(col, p):
		return 3
	case col.Type == selection.Text && p.Distinct <= mostBars:
		return 2
	case col.Type == selection.Text && p.Distinct <= 1000, col.Type == selection.Boolean,
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

// isYear reports whether whole numbers are years: they are called so and lie
// where years do.
func isYear(col selection.Column, p tabular.ColumnProfile) bool {
	low, ok := p.Min.(float64)
	high, and := p.Max.(float64)
	return ok && and && low >= 1500 && high <= 2200 && year.MatchString(col.Name)
}

var year = regexp.MustCompile(`(?i)(^|_|\b)(year|yr)(_|\b|$)|年份|年度|^年$`)

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
	p.Ys = append(p.Ys, option{Value: "", Label: c.Say("dataset.count_rows"), Chosen: ch.y.Name == ""})
	for i, col := range p.schema().Columns {
		if axis(col, profile.Columns[i]) > 0 {
			p.Xs = append(p.Xs, option{Value: col.Name, Label: p.titleOf(col.Name), Chosen: col.Name == ch.x.Name})
		}
		if col.Type.Numeric() {
			p.Ys = append(p.Ys, option{Value: col.Name, Label: p.titleOf(col.Name), Chosen: col.Name == ch.y.Name})
		}
	}
	for _, f := range []selection.Function{selection.Avg, selection.Sum} {
		p.Functions = append(p.Functions, option{Value: string(f), Label: c.Say("dataset.function." + string(f)), Chosen: f == ch.function})
	}
}
