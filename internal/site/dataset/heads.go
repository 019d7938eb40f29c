package dataset

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
)

// head is the head of one column: what it is, how it is filled, how its
// values lie, and the links to sort and filter by it.
type head struct {
	Column  selection.Column
	Item    openlist.Item
	Type    string // word
	Empty   string // share of empty cells, "" if none
	Chart   template.HTML
	Range   string // from where to where the bars go
	Top     []topValue
	Kinds   string // number of different values, "" if the values are shown
	Up      string // address of the view sorted upwards
	Down    string
	Sorted  string // "ascending", "descending" or ""
	Numeric bool
}

type topValue struct {
	Text string
	Rows int64
	Href string
}

// recounted is for how many columns a filter's own figures are counted; a
// reader who looks at more of them at once sees none in the rest.
const recounted = 24

// shownTop is how many frequent values stand in a column's head.
const shownTop = 3

// heads fills the heads: from the stored profile, or, under a filter, counted
// anew for the columns that are shown.
func (s *Service) heads(c *web.Context, p *previewPage, columns []selection.Column, q selection.Select, values url.Values) error {
	profile, err := p.reading.Profile(c.Request.Context())
	if err != nil {
		return err
	}
	byName := map[string]tabular.ColumnProfile{}
	for _, one := range profile.Columns {
		byName[one.Name] = one
	}
	for i, col := range columns {
		one := byName[col.Name]
		if q.Where != nil && i >= recounted {
			one = tabular.ColumnProfile{Name: col.Name}
		} else if q.Where != nil {
			if one, err = s.Queries.Histogram(c.Request.Context(), p.reading, q.Where, one); err != nil {
				return err
			}
		}
		item, _ := p.Entry.Item(col.Name)
		h := head{Column: col, Item: item, Type: c.Say("dataset.type." + string(col.Type)), Numeric: col.Type.Numeric(),
			Up: p.link(values, "order", quoted(col.Name)), Down: p.link(values, "order", quoted(col.Name)+" desc")}
		if q.Where == nil && profile.Rows > 0 && one.Nulls > 0 {
			h.Empty = share(one.Nulls, profile.Rows)
		}
		for _, o := range q.Order {
			if o.Column == col.Name {
				h.Sorted = map[bool]string{false: "ascending", true: "descending"}[o.Descending]
			}
		}
		h.lie(p, col, one, q.Where, values)
		if q.Where == nil && h.Chart == "" && len(h.Top) == 0 && one.Distinct > 0 {
			h.Kinds = locale.Count(one.Distinct)
		}
		p.Heads = append(p.Heads, h)
	}
	return nil
}

// lie draws how the values lie: bars for numbers and days, words for texts.
func (h *head) lie(p *previewPage, col selection.Column, one tabular.ColumnProfile, where selection.Expr, values url.Values) {
	if len(one.Buckets) > 1 {
		h.Range = figure(one.Buckets[0].Low) + " – " + figure(one.Buckets[len(one.Buckets)-1].High)
		h.Chart = bars(one.Buckets, func(b tabular.Bucket, last bool) string {
			return p.link(values, "where", narrowed(where, bucketCondition(col, b, last)))
		})
		return
	}
	for _, v := range one.Top[:min(shownTop, len(one.Top))] {
		t, ok := v.Value.(string)
		if !ok || col.Type != selection.Text && col.Type != selection.Boolean {
			t = fmt.Sprint(v.Value)
		}
		condition := quoted(col.Name) + " = " + literalOf(col, t)
		h.Top = append(h.Top, topValue{Text: t, Rows: v.Rows, Href: p.link(values, "where", narrowed(where, condition))})
	}
}

// narrowed adds a condition in text to an expression.
func narrowed(where selection.Expr, condition string) string {
	e, err := selection.ParseWhere(condition)
	if err != nil {
		return condition // a value too long for a condition: the page says so
	}
	if where == nil {
		return selection.Where(e)
	}
	return both(selection.Where(where), e)
}

func bucketCondition(col selection.Column, b tabular.Bucket, last bool) string {
	value := func(v any) string {
		if col.Type.Temporal() {
			return "'" + fmt.Sprint(v) + "'"
		}
		return tabular.Text(jsonCell(v))
	}
	less := " < "
	if last {
		less = " <= "
	}
	return quoted(col.Name) + " >= " + value(b.Low) + " AND " + quoted(col.Name) + less + value(b.High)
}

// jsonCell turns a figure that was read from JSON into a cell.
func jsonCell(v any) any {
	switch v := v.(type) {
	case float64:
		if v == float64(int64(v)) && v < 1e15 && v > -1e15 {
			return int64(v)
		}
	}
	return v
}

func share(part, whole int64) string {
	percent := 100 * float64(part) / float64(whole)
	switch {
	case percent > 0 && percent < 0.1:
		return "< 0.1%"
	case percent > 99.9 && part < whole:
		return "> 99.9%"
	}
	return fmt.Sprintf("%.1f%%", percent)
}

// bars draws a small histogram whose bars are links. The bars are for the
// pointer: the keyboard has the filter form, which says the same, and is not
// led through hundreds of them before it reaches the table.
func bars(buckets []tabular.Bucket, href func(b tabular.Bucket, last bool) string) template.HTML {
	const width, height = 120, 28
	most := int64(1)
	for _, b := range buckets {
		most = max(most, b.Rows)
	}
	step := float64(width) / float64(len(buckets))
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="lie" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true">`, width, height, width, height)
	for i, b := range buckets {
		tall := float64(height-1) * float64(b.Rows) / float64(most)
		if b.Rows > 0 {
			tall = max(tall, 1.5)
		}
		words := template.HTMLEscapeString(fmt.Sprintf("%s – %s: %s", figure(b.Low), figure(b.High), locale.Count(b.Rows)))
		fmt.Fprintf(&out, `<a href="%s" rel="nofollow" tabindex="-1"><title>%s</title><rect x="%.2f" y="0" width="%.2f" height="%d" fill="transparent"/><rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="#1F5FA8"/></a>`,
			template.HTMLEscapeString(href(b, i == len(buckets)-1)), words, float64(i)*step, step, height,
			float64(i)*step+0.5, float64(height)-tall, step-1, tall)
	}
	out.WriteString(`</svg>`)
	return template.HTML(out.String())
}

// figure writes a value of a profile for people.
func figure(v any) string {
	s := tabular.Text(jsonCell(v))
	if instant.MatchString(s) {
		return strings.Replace(s, "T", " ", 1)
	}
	return s
}

var instant = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}`)
