package search

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"kaishu/internal/base/problem"
)

// Find answers q. By relevance, a dataset titled exactly as the text comes
// first, then those with every word in the title, then the rest, each by
// BM25F; equals by shorter title. Whatever the sort, equals come by ID, so a
// Place says without doubt what follows it.
//
// It fails with problem.Invalid "search.query_too_long" at "?q" and
// "search.limit" at "?limit", and with ctx's error when cut short.
func (x *Index) Find(ctx context.Context, q Query) (Answer, error) {
	if err := check(q); err != nil {
		return Answer{}, err
	}
	s := search{query: q, terms: parse(q.Text)}
	if err := s.match(ctx, x.now.Load()); err != nil {
		return Answer{}, err
	}
	a := Answer{Total: s.total(), Facets: s.count()}
	page, more, err := s.rank(ctx)
	if err != nil {
		return Answer{}, err
	}
	a.Hits = make([]Hit, len(page))
	for i, h := range page {
		a.Hits[i] = s.hit(h)
	}
	if more {
		last := page[len(page)-1]
		a.Next = &Place{Score: last.score, ID: last.entry.id}
	}
	return a, nil
}

func check(q Query) error {
	var p problem.List
	if utf8.RuneCountInString(q.Text) > MaxText {
		p.Add("?q", "search.query_too_long", "limit", MaxText)
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		p.Add("?limit", "search.limit", "limit", MaxLimit)
	}
	return p.Err()
}

// search is one query at work.
type search struct {
	query   Query
	terms   []term
	rarity  []float64 // of each term, as a factor of its score
	matches []match
}

// match is what is found in one view.
type match struct {
	view
	byText *roaring.Bitmap            // all words, whatever the facets
	chosen map[string]*roaring.Bitmap // per facet with a choice
	found  *roaring.Bitmap            // all words and all choices
}

func (s *search) match(ctx context.Context, now *state) error {
	known := make([]uint64, len(s.terms))
	silent := len(s.terms) == 0 && strings.TrimSpace(s.query.Text) != ""
	for _, v := range now.views {
		if silent {
			break
		}
		m := match{view: v, byText: v.live, chosen: map[string]*roaring.Bitmap{}}
		var open []*term // those that the grams leave open
		for i := range s.terms {
			t := &s.terms[i]
			set := v.propose(t)
			known[i] += set.GetCardinality()
			m.byText = roaring.And(m.byText, set)
			if v.all != nil && !t.whole() {
				open = append(open, t)
			}
		}
		if err := m.verify(ctx, open); err != nil {
			return err
		}
		m.choose(s.query.Facets)
		s.matches = append(s.matches, m)
	}
	s.rarity = rarities(known, now.n)
	return ctx.Err()
}

// rarities returns how much each term tells: more if fewer of n documents hold
// it. It moves in quarter steps, so that scores hold still while a few
// documents come and go.
func rarities(known []uint64, n int) []float64 {
	r := make([]float64, len(known))
	for i, k := range known {
		idf := math.Log(1 + (float64(n)+0.5)/(float64(k)+0.5))
		r[i] = max(0.25, math.Round(idf*4)/4)
	}
	if len(r) == 1 {
		r[0] = 1
	}
	return r
}

// stride is how many documents are read between two looks at the context.
const stride = 2048

// verify keeps the documents of byText in which every one of terms stands.
func (m *match) verify(ctx context.Context, terms []*term) error {
	if len(terms) == 0 {
		return nil
	}
	kept := make([]uint32, 0, m.byText.GetCardinality())
	err := each(ctx, m.byText, func(i uint32) {
		text := m.entries[i].text
		for _, t := range terms {
			if t.next(text, 0) < 0 {
				return
			}
		}
		kept = append(kept, i)
	})
	m.byText = roaring.BitmapOf(kept...)
	return err
}

// each calls f with each member of b, until ctx is done.
func each(ctx context.Context, b *roaring.Bitmap, f func(uint32)) error {
	var buffer [stride]uint32
	for it := b.ManyIterator(); ; {
		n := it.NextMany(buffer[:])
		if n == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, i := range buffer[:n] {
			f(i)
		}
	}
}

func (m *match) choose(facets map[string][]string) {
	for facet, values := range facets {
		if len(values) == 0 {
			continue
		}
		sets := make([]*roaring.Bitmap, len(values))
		for i, value := range values {
			sets[i] = orNothing(m.facets[facet][value])
		}
		m.chosen[facet] = roaring.FastOr(sets...)
	}
	m.found = m.except("")
}

// except returns what is found if the choice of one facet is left out.
func (m *match) except(facet string) *roaring.Bitmap {
	set := m.byText
	for f, chosen := range m.chosen {
		if f != facet {
			set = roaring.And(set, chosen)
		}
	}
	return set
}

func (s *search) total() (n int64) {
	for _, m := range s.matches {
		n += int64(m.found.GetCardinality())
	}
	return n
}

func (s *search) count() map[string][]Count {
	counts := make(map[string][]Count, len(s.query.Counts))
	for _, facet := range s.query.Counts {
		sums := map[string]int64{}
		for _, m := range s.matches {
			base := m.found
			if m.chosen[facet] != nil {
				base = m.except(facet)
			}
			for value, set := range m.facets[facet] {
				if n := base.AndCardinality(set); n > 0 {
					sums[value] += int64(n)
				}
			}
		}
		list := make([]Count, 0, len(sums))
		for value, n := range sums {
			list = append(list, Count{value, n})
		}
		slices.SortFunc(list, func(a, b Count) int {
			if a.N != b.N {
				return int(b.N - a.N)
			}
			return strings.Compare(a.Value, b.Value)
		})
		counts[facet] = list
	}
	return counts
}
