package search

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
)

// ranked is a document with its place in the order.
type ranked struct {
	score float64
	entry *entry
}

// before orders hits: higher score first, then by ID.
func (a ranked) before(b ranked) int {
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	return strings.Compare(a.entry.id, b.entry.id)
}

// worstFirst is a heap that keeps the best hits by giving up its first.
type worstFirst []ranked

func (h worstFirst) Len() int           { return len(h) }
func (h worstFirst) Less(i, j int) bool { return h[i].before(h[j]) > 0 }
func (h worstFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *worstFirst) Push(x any)        { *h = append(*h, x.(ranked)) }
func (h *worstFirst) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// rank returns the page that follows the query's place, and whether more
// follows it.
func (s *search) rank(ctx context.Context) (page []ranked, more bool, err error) {
	limit := cmp.Or(s.query.Limit, DefaultLimit)
	best := make(worstFirst, 0, limit+2)
	add := func(m match, set *roaring.Bitmap) error {
		score := s.scorer(m)
		return each(ctx, set, func(i uint32) {
			r := ranked{score(i), m.entries[i]}
			if s.passed(r) || len(best) > limit && r.before(best[0]) > 0 {
				return
			}
			heap.Push(&best, r)
			if len(best) > limit+1 {
				heap.Pop(&best)
			}
		})
	}
	rest := make([]*roaring.Bitmap, len(s.matches))
	for i, m := range s.matches {
		first := s.likelyTitles(m)
		rest[i] = roaring.AndNot(m.found, first)
		if err := add(m, first); err != nil {
			return nil, false, err
		}
	}
	for i, m := range s.matches {
		if len(best) > limit && best[0].score >= tierStep && s.query.Sort == "" {
			break // nothing without every word in its title comes before these
		}
		if err := add(m, rest[i]); err != nil {
			return nil, false, err
		}
	}
	slices.SortFunc(best, ranked.before)
	if len(best) > limit {
		return best[:limit], true, nil
	}
	return best, false, nil
}

// likelyTitles returns those found in m that may have every term in the
// title. No other has.
func (s *search) likelyTitles(m match) *roaring.Bitmap {
	set := m.found
	if m.titles == nil || s.query.Sort != "" {
		return set
	}
	for i := range s.terms {
		set = roaring.And(set, m.titles.propose(&s.terms[i]))
	}
	return set
}

// passed reports whether r came on an earlier page.
func (s *search) passed(r ranked) bool {
	p := s.query.After
	if p == nil || r.score < p.Score {
		return false
	}
	return r.score > p.Score || r.entry.id <= p.ID
}

// scorer returns the score of m's entries under the query's sort.
func (s *search) scorer(m match) func(uint32) float64 {
	if s.query.Sort != "" {
		column := m.sorts[s.query.Sort]
		return func(i uint32) float64 {
			if column == nil {
				return least
			}
			return column[i]
		}
	}
	if len(s.terms) == 0 {
		return func(uint32) float64 { return 0 }
	}
	title := fold(s.query.Text)
	if first, _ := utf8.DecodeRuneInString(title); len(s.terms) == 1 && isQuote(first) {
		title = s.terms[0].text
	}
	return func(i uint32) float64 { return s.relevance(m.entries[i], title) }
}

// A score is made of three layers that never touch: the tier, BM25F rounded
// to 1/precision, and the shortness of the title. So score and ID alone are a
// total order.
const (
	tierStep   = 1e6 // above the BM25F of any query
	precision  = 1e4
	shortness  = 1e-9 // per character; longest times it is below 1/precision
	longest    = 9999
	saturation = 1.2 // BM25's k1
)

// relevance scores an entry that holds all terms.
func (s *search) relevance(e *entry, title string) float64 {
	sum, inTitle := 0.0, true
	for i := range s.terms {
		t := &s.terms[i]
		weight, zone := 0.0, 0
		at := t.next(e.text, 0)
		inTitle = inTitle && at < e.ends[0]
		for ; at >= 0; at = t.next(e.text, t.after(at)) {
			for at >= e.ends[zone] {
				zone++
			}
			weight += e.weights[zone]
		}
		sum += s.rarity[i] * weight * (1 + saturation) / (weight + saturation)
	}
	tier := 0.0
	switch {
	case e.titledAs(title):
		tier = 2
	case inTitle:
		tier = 1
	}
	return tier*tierStep + math.Round(sum*precision)/precision + float64(longest-min(e.length, longest))*shortness
}
