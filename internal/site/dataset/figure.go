package dataset

import (
	"net/url"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
)

// figure asks for the figures and draws them.
func (s *Service) figure(c *web.Context, p *statisticsPage, ch choiceOf) error {
	q, err := selection.Check(ch.question(), p.schema())
	if err != nil {
		return err
	}
	a, err := s.Queries.Page(c.Request.Context(), p.reading, q, "")
	if wrong := problem.As(err); wrong != nil {
		p.Faults = faults(c, wrong)
		return nil
	}
	if err != nil {
		return err
	}
	f := &figurePage{X: p.titleOf(ch.x.Name), Y: measureOf(c, p, ch)}
	points, by := ch.points(a.Rows)
	for _, one := range points {
		row := figureRow{Label: one.Label, Value: "—", Figure: one.Value}
		if one.Value != nil {
			row.Value = amount(*one.Value)
		}
		f.Points = append(f.Points, row)
	}
	f.Title = c.Say("dataset.figure_title", "y", f.Y, "x", f.X)
	if by != "" {
		f.Title += c.Say("dataset.by." + by)
	}
	f.SVG = draw(ch.kind, f.Title, c.Say("dataset.figure_about", "n", len(points)), points)
	query := url.Values{"x": {ch.x.Name}, "y": {ch.y.Name}, "f": {string(ch.function)}}
	if n := p.Asked(); n > 0 {
		query.Set("version", strconv.Itoa(n))
	}
	f.Image = p.URL("dataset.chart", p.Entry.Slug) + "?" + query.Encode()
	f.CSV = p.URL("dataset.figures_csv", p.Entry.Slug) + "?" + query.Encode()
	if f.More = a.Total - int64(len(a.Rows)); f.More > 0 {
		asked := selection.Values(q)
		f.All = "/api/v1/datasets/" + p.Entry.Slug + "/rows?" + url.Values{"group": asked["group"], "aggregate": asked["aggregate"],
			"order": asked["order"], "where": asked["where"], "version": {strconv.Itoa(p.Version.Number)}, "format": {"csv"}}.Encode()
	}
	f.Cite = c.Say("dataset.cite", "body", p.Body, "title", p.Entry.Title, "number", p.Version.Number, "day", string(p.UpdatedOn), "url", c.Public(p.Dataset(p.Entry.Slug)))
	p.Figure = f
	return nil
}

// question asks for the figures of a choice. Along time an average is asked
// for as a sum and a count, so that days can be put together to months.
func (ch choiceOf) question() selection.Select {
	q := selection.Select{Group: []string{ch.x.Name}, Where: selection.Not{Part: selection.IsNull{Column: ch.x.Name}}}
	q.Aggregates = []selection.Aggregate{{Function: ch.function, Column: ch.y.Name}}
	if ch.kind == asBars {
		q.Order, q.Limit = []selection.Order{{Column: q.Aggregates[0].Name(), Descending: true}}, mostBars
		return q
	}
	if ch.function == selection.Avg {
		q.Aggregates = []selection.Aggregate{{Function: selection.Sum, Column: ch.y.Name}, {Function: selection.Count, Column: ch.y.Name}}
	}
	q.Order, q.Limit = []selection.Order{{Column: ch.x.Name}}, mostGroups
	return q
}

// points turns the answer to the question into points. by names what they
// were put together by; "" if they were not.
func (ch choiceOf) points(rows [][]any) (all []point, by string) {
	if ch.kind == asBars {
		for _, row := range rows {
			one := point{Label: figure(row[0])}
			if v, ok := float(row[1]); ok {
				one.Value = &v
			}
			all = append(all, one)
		}
		return all, ""
	}
	cutAt, by := resolution(rows)
	var sum, n float64
	var any bool
	end := func(label string) {
		one := point{Label: label}
		if any {
			value := sum
			if ch.function == selection.Avg {
				value = sum / n
			}
			one.Value = &value
		}
		all, sum, n, any = append(all, one), 0, 0, false
	}
	for i, row := range rows {
		label := labelAt(row[0], cutAt)
		if v, ok := float(row[1]); ok {
			sum, any = sum+v, true
		}
		if ch.function == selection.Avg {
			if v, ok := float(row[2]); ok {
				n += v
			}
		}
		if i+1 == len(rows) || labelAt(rows[i+1][0], cutAt) != label {
			end(label)
		}
	}
	return trimmed(all), by
}

// resolutions are the beginnings of an instant, from the finest.
var resolutions = []struct {
	chars int
	by    string
}{{16, "minute"}, {13, "hour"}, {10, "day"}, {7, "month"}, {4, "year"}}

// resolution says how many characters of the instants are kept, so that there
// are not too many points; 0 for all.
func resolution(rows [][]any) (chars int, by string) {
	if len(rows) <= mostPoints {
		return 0, ""
	}
	for _, r := range resolutions {
		last, n := "", 0
		for _, row := range rows {
			if label := labelAt(row[0], r.chars); label != last {
				last, n = label, n+1
			}
		}
		if n <= mostPoints {
			return r.chars, r.by
		}
	}
	return 0, ""
}

// labelAt writes an instant or day for people, cut to a resolution.
func labelAt(v any, chars int) string {
	s := figure(v)
	if chars == 0 || len(s) <= chars {
		return s
	}
	if chars == 13 { // "2026-03-05 08"
		return s[:chars] + ":00"
	}
	return s[:chars]
}

// trimmed leaves out what has no figure at both ends.
func trimmed(all []point) []point {
	for len(all) > 0 && all[0].Value == nil {
		all = all[1:]
	}
	for len(all) > 0 && all[len(all)-1].Value == nil {
		all = all[:len(all)-1]
	}
	return all
}

// measureOf names the figures: "平均降水量（毫米）".
func measureOf(c *web.Context, p *statisticsPage, ch choiceOf) string {
	if ch.y.Name == "" {
		return c.Say("dataset.count_rows")
	}
	name := p.titleOf(ch.y.Name)
	if item, _ := p.Entry.Item(ch.y.Name); item.Unit != "" && !strings.Contains(name, item.Unit) {
		name = c.Say("dataset.with_unit", "name", name, "unit", item.Unit)
	}
	return c.Say("dataset.measured."+string(ch.function), "name", name)
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case tabular.Exact:
		f, err := strconv.ParseFloat(string(v), 64)
		return f, err == nil
	}
	return 0, false
}
