package search

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Near returns what q would find without one of its chosen facets or words,
// most first, for the page that says that q found nothing. It returns none if
// q finds something, or if q is not valid. Suggestions that find nothing or
// leave nothing of the query are left out.
func (x *Index) Near(q Query) []Suggestion {
	now := x.now.Load()
	if check(q) != nil || total(now, q) > 0 {
		return nil
	}
	q.After = nil
	var near []Suggestion
	add := func(s Suggestion) {
		s.Total = total(now, s.Query)
		if s.Total > 0 && (strings.TrimSpace(s.Query.Text) != "" || hasChoice(s.Query.Facets)) {
			near = append(near, s)
		}
	}
	for _, facet := range slices.Sorted(maps.Keys(q.Facets)) {
		if len(q.Facets[facet]) > 0 {
			less := q
			less.Facets = maps.Clone(q.Facets)
			delete(less.Facets, facet)
			add(Suggestion{Facet: facet, Query: less})
		}
	}
	for _, t := range parse(q.Text) {
		less := q
		less.Text = cut(q.Text, t.source)
		add(Suggestion{Word: q.Text[t.source[0].From:t.source[0].To], Query: less})
	}
	slices.SortStableFunc(near, func(a, b Suggestion) int { return int(b.Total - a.Total) })
	return near
}

func total(now *state, q Query) int64 {
	s := search{query: q, terms: parse(q.Text)}
	if err := s.match(context.Background(), now); err != nil {
		return 0 // only a context ends a match early, and this one has no end
	}
	return s.total()
}

func hasChoice(facets map[string][]string) bool {
	for _, values := range facets {
		if len(values) > 0 {
			return true
		}
	}
	return false
}

// cut returns text without the given spans; what they parted stays apart. The
// rest keeps its single spaces.
func cut(text string, spans []Span) string {
	var b strings.Builder
	from := 0
	for _, s := range spans {
		b.WriteString(text[from:s.From] + " ")
		from = s.To
	}
	b.WriteString(text[from:])
	return strings.Join(strings.Fields(b.String()), " ")
}
