package catalogue

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/search"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
)

// Facets are the filters, in the order in which pages show them. Each is a
// query parameter of its name.
var Facets = []string{"domain", "opening", "data", "timeliness", "format", "publisher", "frequency", "first"}

// Sorts are the orders; the first is the default when there are words to find,
// the second when there are none.
var Sorts = []string{"relevance", "updated", "rows"}

// Question is a search of the catalogue as an address holds it.
type Question struct {
	Text   string
	Facets map[string][]string
	Sort   string // of Sorts
	After  string // cursor; "" for the first page
	Limit  int
}

// Read takes a question from the parameters of an address. Codes that no list
// has, and sorts that are none, are told all at once.
func (s *Service) Read(values url.Values) (Question, error) {
	q := Question{Text: strings.TrimSpace(values.Get("q")), Sort: values.Get("sort"), After: values.Get("after"), Facets: map[string][]string{}}
	var p problem.List
	for _, name := range Facets {
		for _, v := range values[name] {
			if v == "" || slices.Contains(q.Facets[name], v) {
				continue
			}
			q.Facets[name] = append(q.Facets[name], v)
			if known := s.Values(name); known != nil && !slices.Contains(known, v) {
				p.Add("?"+name, "catalogue.unknown_value", "value", v, "known", strings.Join(known, ", "))
			}
		}
	}
	if q.Sort == "" {
		q.Sort = q.usual()
	}
	if !slices.Contains(Sorts, q.Sort) {
		p.Add("?sort", "catalogue.unknown_value", "value", q.Sort, "known", strings.Join(Sorts, ", "))
	}
	return q, p.Err()
}

// usual is the sort that need not be said.
func (q Question) usual() string {
	if q.Text == "" {
		return Sorts[1]
	}
	return Sorts[0]
}

// Values returns the codes that a facet may have, in order; nil if they come
// from the data.
func (s *Service) Values(facet string) (all []string) {
	switch facet {
	case "domain":
		for _, d := range s.Codes().Domains {
			all = append(all, d.Code)
		}
	case "frequency":
		for _, f := range s.Codes().Frequencies {
			all = append(all, f.Code)
		}
	case "opening":
		all = []string{string(openlist.Unconditional), string(openlist.Conditional)}
	case "timeliness":
		for _, x := range timeliness.Classes {
			all = append(all, string(x))
		}
	case "data":
		for _, h := range Holdings {
			all = append(all, string(h))
		}
	case "format":
		for _, f := range tabular.Formats {
			all = append(all, string(f))
		}
		all = append(all, FormatAPI)
	}
	return all
}

// query is the question as the index takes it.
func (q Question) query() search.Query {
	sq := search.Query{Text: q.Text, Facets: q.Facets, Limit: q.Limit, Counts: Facets}
	if q.Sort != Sorts[0] {
		sq.Sort = q.Sort
	}
	return sq
}

// fingerprint ties a cursor to its question.
func (q Question) fingerprint() string {
	parts := []string{q.Text, q.Sort}
	for _, name := range slices.Sorted(maps.Keys(q.Facets)) {
		parts = append(parts, name)
		parts = append(parts, slices.Sorted(slices.Values(q.Facets[name]))...)
	}
	return paging.Fingerprint(parts...)
}

// Found is an answer.
type Found struct {
	Question Question
	Total    int64
	Hits     []Hit
	Counts   map[string][]search.Count
	Next     string // cursor; "" if this is the last page
}

// Hit is a dataset found.
type Hit struct {
	Record
	Columns []string // names of the columns that matched
	marks   map[search.Field][]search.Span
}

// Find answers q.
func (s *Service) Find(ctx context.Context, q Question) (Found, error) {
	s.turn()
	f := Found{Question: q}
	sq := q.query()
	cursor, err := paging.Parse(q.After, q.fingerprint())
	if err == nil && cursor != nil {
		sq.After, err = place(cursor)
	}
	if err != nil {
		return f, err
	}
	a, err := s.Index.Find(ctx, sq)
	if err != nil {
		return f, err
	}
	f.Total, f.Counts = a.Total, a.Facets
	for _, h := range a.Hits {
		if r, ok := s.Lookup(h.ID); ok { // it may have gone this very moment
			f.Hits = append(f.Hits, Hit{Record: r, Columns: h.Columns, marks: h.Marks})
		}
	}
	if a.Next != nil {
		f.Next = paging.Cursor{Query: q.fingerprint(), Key: []any{a.Next.Score, a.Next.ID}}.String()
	}
	return f, nil
}

func place(c *paging.Cursor) (*search.Place, error) {
	if len(c.Key) == 2 {
		number, isNumber := c.Key[0].(json.Number)
		id, isText := c.Key[1].(string)
		if score, err := number.Float64(); isNumber && isText && err == nil {
			return &search.Place{Score: score, ID: id}, nil
		}
	}
	var p problem.List
	p.Add("?after", "paging.bad_cursor")
	return nil, p.Err()
}

// Label is the word for a value of a facet.
func (s *Service) Label(l locale.Lang, say func(string, ...any) string, facet, value string) string {
	switch facet {
	case "domain":
		if d, ok := s.Codes().Domain(value); ok {
			return d.Name.In(l)
		}
	case "frequency":
		if f, ok := s.Codes().Frequency(value); ok {
			return f.Name.In(l)
		}
	case "publisher":
		s.mu.RLock()
		defer s.mu.RUnlock()
		if name, ok := s.bodies[value]; ok {
			return name.In(l)
		}
	case "opening":
		if slices.Contains(s.Values(facet), value) {
			return say("openlist.opening." + value)
		}
	case "timeliness":
		if slices.Contains(s.Values(facet), value) {
			return say("timeliness.class." + value)
		}
	case "data":
		if slices.Contains(s.Values(facet), value) {
			return say("catalogue.data." + value)
		}
	case "format":
		return formatWord(say, value)
	}
	return value
}

func formatWord(say func(string, ...any) string, format string) string {
	switch format {
	case FormatAPI:
		return say("catalogue.format.api")
	case string(tabular.Parquet):
		return "Parquet"
	case string(tabular.GeoJSON):
		return "GeoJSON"
	}
	return strings.ToUpper(format)
}

// Address returns the parameters of q, without its cursor; "" or "?…".
func (q Question) Address() string {
	values := url.Values{}
	if q.Text != "" {
		values.Set("q", q.Text)
	}
	for name, chosen := range q.Facets {
		if len(chosen) > 0 {
			values[name] = chosen
		}
	}
	if q.Sort != "" && q.Sort != q.usual() {
		values.Set("sort", q.Sort)
	}
	if q.After != "" {
		values.Set("after", q.After)
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// first returns q at its first page.
func (q Question) first() Question {
	q.After = ""
	return q
}

// toggled returns q with value of facet chosen, or no longer chosen.
func (q Question) toggled(facet, value string) Question {
	q = q.first()
	q.Facets = maps.Clone(q.Facets)
	if i := slices.Index(q.Facets[facet], value); i >= 0 {
		q.Facets[facet] = slices.Delete(slices.Clone(q.Facets[facet]), i, i+1)
	} else {
		q.Facets[facet] = append(slices.Clone(q.Facets[facet]), value)
	}
	return q
}

// chosen reports whether value of facet is.
func (q Question) chosen(facet, value string) bool { return slices.Contains(q.Facets[facet], value) }

// worded returns q with other words; the sort goes back to what is usual.
func (q Question) worded(text string) Question {
	q = q.first()
	q.Text = text
	q.Sort = q.usual()
	return q
}
