package catalogue

import (
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/search"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// listPage is the page of results.
type listPage struct {
	layout.Page
	Found
	Rows      []Row
	Filters   []filter
	Chips     []link
	Clear     string // address without any choice; "" if there is none
	Sorts     []link
	Near      []near
	Apart     []near // if Near is empty
	NextPage  string
	FirstPage string // "" on the first page
	CSV, JSON string
}

// Row is one dataset as lists show it.
type Row struct {
	Record
	Href         string
	TitleRuns    []layout.Run
	TitleTag     string // language of the title, if not the page's
	AbstractRuns []layout.Run
	AbstractTag  string
	Matched      string // columns that matched, in words
	FormatWords  string
	DomainWord   string
	Frequency    string
}

// filter is one facet.
type filter struct {
	Name   string
	Values []choice // shown at once
	More   []choice // behind "further values"
}

type choice struct {
	Label  string
	Count  int64
	Chosen bool
	Href   string
}

type link struct {
	Label   string
	Href    string
	Current bool
}

// near is a way out of a search that found nothing.
type near struct {
	Facet bool
	Label string
	Count int64
	Href  string
}

// shownValues is how many values of a facet are shown at once.
const shownValues = 12

func (s *Service) list(c *web.Context) error {
	q, err := s.Read(c.Request.URL.Query())
	if err != nil {
		return err
	}
	q.Limit = pageSize
	f, err := s.Find(c.Request.Context(), q)
	if err != nil {
		return err
	}
	title := c.Say("catalogue.title")
	p := listPage{Page: s.Layout.Page(c, title), Found: f}
	p.Crumbs, p.Search, p.Section = []layout.Crumb{}, q.Text, "catalogue.list"
	p.About = c.Say("catalogue.about")
	p.NoIndex = q.Address() != ""
	if q.Text != "" {
		p.Title = c.Say("catalogue.title_for", "text", q.Text)
	}
	if err := s.fill(c, &p); err != nil {
		return err
	}
	return s.pages.Render(c, http.StatusOK, "list", p)
}

func (s *Service) fill(c *web.Context, p *listPage) (err error) {
	q, here := p.Question, layout.URL(c, "catalogue.list")
	for _, h := range p.Hits {
		p.Rows = append(p.Rows, s.row(c, h))
	}
	for _, name := range Facets {
		f := s.filter(c, q, name, p.Counts[name], here)
		if len(f.Values) > 0 {
			p.Filters = append(p.Filters, f)
		}
	}
	for _, name := range Facets {
		for _, v := range q.Facets[name] {
			p.Chips = append(p.Chips, link{Label: c.Say("catalogue.facet."+name) + c.Say("catalogue.colon") + s.Label(c.Lang, c.Say, name, v), Href: here + q.toggled(name, v).Address()})
		}
	}
	if q.Text != "" {
		p.Chips = append(p.Chips, link{Label: c.Say("catalogue.words") + c.Say("catalogue.colon") + q.Text, Href: here + q.worded("").Address()})
	}
	if len(p.Chips) > 0 {
		p.Clear = here
	}
	for _, name := range Sorts {
		if name == Sorts[0] && q.Text == "" {
			continue
		}
		by := q.first()
		by.Sort = name
		p.Sorts = append(p.Sorts, link{c.Say("catalogue.sort." + name), here + by.Address(), name == q.Sort})
	}
	if p.Total == 0 {
		if p.Near = s.near(c, q, here); len(p.Near) == 0 {
			p.Apart, err = s.apart(c, q, here)
		}
	}
	if p.Next != "" {
		next := q
		next.After = p.Next
		p.NextPage = here + next.Address()
	}
	if q.After != "" {
		p.FirstPage = here + q.first().Address()
	}
	p.CSV = layout.URL(c, "catalogue.csv") + q.first().Address()
	p.JSON = layout.URL(c, "catalogue.json") + q.first().Address()
	return err
}

// filter shows a facet: codes in the order of their list, others commonest
// first; what is chosen is always shown, so that it can be given up.
func (s *Service) filter(c *web.Context, q Question, name string, counts []search.Count, here string) filter {
	if name == "first" { // months are for links, not for choosing
		counts = slices.DeleteFunc(slices.Clone(counts), func(n search.Count) bool { return len(n.Value) != 4 })
		slices.SortFunc(counts, func(a, b search.Count) int { return strings.Compare(b.Value, a.Value) })
	}
	if order := s.Values(name); order != nil {
		counts = slices.Clone(counts)
		slices.SortStableFunc(counts, func(a, b search.Count) int { return slices.Index(order, a.Value) - slices.Index(order, b.Value) })
	}
	f := filter{Name: name}
	limit := shownValues
	if len(counts) <= shownValues+1 {
		limit = len(counts)
	}
	add := func(n search.Count) {
		one := choice{Label: s.Label(c.Lang, c.Say, name, n.Value), Count: n.N, Chosen: q.chosen(name, n.Value), Href: here + q.toggled(name, n.Value).Address()}
		if one.Chosen || len(f.Values) < limit {
			f.Values = append(f.Values, one)
		} else {
			f.More = append(f.More, one)
		}
	}
	for _, n := range counts {
		add(n)
	}
	for _, v := range q.Facets[name] {
		if !slices.ContainsFunc(counts, func(n search.Count) bool { return n.Value == v }) {
			add(search.Count{Value: v})
		}
	}
	return f
}

func (s *Service) near(c *web.Context, q Question, here string) (all []near) {
	for _, n := range s.Index.Near(q.query()) {
		less := q.worded(n.Query.Text)
		less.Facets = n.Query.Facets
		one := near{Label: n.Word, Count: n.Total, Href: here + less.Address()}
		if n.Facet != "" {
			var words []string
			for _, v := range q.Facets[n.Facet] {
				words = append(words, s.Label(c.Lang, c.Say, n.Facet, v))
			}
			one.Facet, one.Label = true, c.Say("catalogue.facet."+n.Facet)+c.Say("catalogue.colon")+strings.Join(words, c.Say("catalogue.comma"))
		}
		all = append(all, one)
	}
	return all
}

// apart looks for each word by itself in the whole catalogue, for a search of
// which no single part is to blame.
func (s *Service) apart(c *web.Context, q Question, here string) (all []near, err error) {
	words := strings.Fields(q.Text)
	if len(words) > maxApart || len(words) == 1 && len(q.Facets) == 0 {
		return nil, nil
	}
	for _, word := range words {
		alone := Question{Text: word, Sort: Sorts[0], Limit: 1}
		f, err := s.Find(c.Request.Context(), alone)
		if err != nil {
			return nil, err
		}
		if f.Total > 0 {
			all = append(all, near{Label: word, Count: f.Total, Href: here + alone.Address()})
		}
	}
	return all, nil
}

// maxApart is how many words are looked for one by one.
const maxApart = 6

// Rows shows the datasets found as lists do.
func (s *Service) Rows(c *web.Context, f Found) []Row {
	rows := make([]Row, len(f.Hits))
	for i, h := range f.Hits {
		rows[i] = s.row(c, h)
	}
	return rows
}

func (s *Service) row(c *web.Context, h Hit) Row {
	r := Row{Record: h.Record, Href: layout.DatasetPath(c.Lang, h.Slug), DomainWord: s.Label(c.Lang, c.Say, "domain", h.Domain),
		Frequency: s.Label(c.Lang, c.Say, "frequency", h.Record.Frequency), Matched: strings.Join(h.matched(h.Columns, c.Lang), c.Say("catalogue.comma"))}
	var marks [][2]int
	if h.Title.LangIn(c.Lang) == locale.ZH {
		marks = spans(h.marks[search.Title], 0)
	}
	r.TitleRuns, r.TitleTag = layout.Runs(h.Title.In(c.Lang), marks), foreign(h.Title, c.Lang)
	abstract, from := h.Abstract.In(c.Lang), 0
	if h.Abstract.LangIn(c.Lang) == locale.EN {
		from = len(h.Abstract.ZH) + 1 // where English stands in the searched text; see joined
	}
	if strings.TrimSpace(abstract) != h.Title.In(c.Lang) {
		r.AbstractRuns, r.AbstractTag = excerpt(abstract, spans(h.marks[search.Abstract], from)), foreign(h.Abstract, c.Lang)
	}
	words := make([]string, len(h.Formats))
	for i, f := range h.Formats {
		words[i] = formatWord(c.Say, f)
	}
	r.FormatWords = strings.Join(words, c.Say("catalogue.comma"))
	return r
}

// foreign returns the tag of the language in which t is shown; "" if it is l.
func foreign(t locale.Text, l locale.Lang) string {
	if in := t.LangIn(l); in != l {
		return in.Tag()
	}
	return ""
}

// spans moves marks to a text that begins at byte from.
func spans(all []search.Span, from int) [][2]int {
	var marks [][2]int
	for _, m := range all {
		if m.From >= from {
			marks = append(marks, [2]int{m.From - from, m.To - from})
		}
	}
	return marks
}

// excerptRunes is the length of an abstract in a list, in characters.
const excerptRunes = 110

// excerpt marks s and cuts it to the length of a list.
func excerpt(s string, marks [][2]int) []layout.Run {
	n := 0
	for at := range s {
		if n++; n > excerptRunes {
			marks = slices.DeleteFunc(marks, func(m [2]int) bool { return m[1] > at })
			return append(layout.Runs(s[:at], marks), layout.Run{Text: "…"})
		}
	}
	return layout.Runs(s, marks)
}

// Tone is the meaning of the opening type's badge.
func (r Record) Tone() layout.Tone {
	switch {
	case r.Stage == openlist.StageSuspended:
		return layout.Bad
	case r.Opening == openlist.Unconditional:
		return layout.Good
	}
	return layout.Warn
}
