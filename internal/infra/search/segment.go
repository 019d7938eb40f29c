package search

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"kaishu/internal/base/locale"
)

// zones are the fields in the order in which an entry's text holds them. A
// weight is what one occurrence counts; length, in characters, is a usual one
// of the field, and slope says how much a longer text dilutes it. Lengths are
// fixed, not averages of the index, so that scores do not drift while someone
// turns pages.
var zones = [...]struct{ weight, length, slope float64 }{
	{12, 20, 0.3}, // title
	{5, 15, 0.3},  // tags
	{5.5, 15, 0},  // publisher: above the shortest abstract
	{1.5, 60, 0.7},
	{1, 120, 0.7}, // columns
}

// entry is a document ready to be searched. It is never changed.
type entry struct {
	id       string
	shown    locale.Text
	title    string // as given
	abstract string // as given
	parts    []string
	text     string              // folded pieces, each closed by a zero byte: title, English title; tags; publisher; abstract; name and description of each part
	ends     [len(zones)]int     // where each zone of text ends
	weights  [len(zones)]float64 // of an occurrence in each zone
	titled   int                 // bytes of the folded title
	length   int                 // characters of the folded title
	facets   []choice
	sorts    []ordinal
}

type choice struct{ facet, value string }

type ordinal struct {
	name  string
	value int64
}

func newEntry(d Document) *entry {
	e := &entry{id: d.ID, shown: d.Title, title: titleOf(d), abstract: d.Fields[Abstract]}
	var b strings.Builder
	piece := func(s string) {
		b.WriteString(fold(s))
		b.WriteByte(0)
	}
	zone := 0
	end := func() {
		e.ends[zone] = b.Len()
		zone++
	}
	piece(e.title)
	e.titled = b.Len() - 1
	piece(d.Title.EN)
	end()
	for _, f := range []Field{Tags, Publisher, Abstract} {
		piece(d.Fields[f])
		end()
	}
	for _, p := range d.Parts {
		e.parts = append(e.parts, p.Name)
		piece(p.Name)
		piece(p.Description)
	}
	end()
	e.text = b.String()
	e.length = utf8.RuneCountInString(e.text[:e.titled])
	from := 0
	for z, s := range zones {
		n := float64(utf8.RuneCountInString(e.text[from:e.ends[z]]))
		e.weights[z] = s.weight / (1 - s.slope + s.slope*n/s.length)
		from = e.ends[z]
	}
	for facet, values := range d.Facets {
		for _, v := range values {
			e.facets = append(e.facets, choice{facet, v})
		}
	}
	for name, v := range d.Sorts {
		e.sorts = append(e.sorts, ordinal{name, v})
	}
	return e
}

// titleOf returns the text that stands in field Title of d.
func titleOf(d Document) string {
	if s := d.Fields[Title]; s != "" {
		return s
	}
	return d.Title.ZH
}

// titledAs reports whether text, folded, is the whole title in a language.
func (e *entry) titledAs(text string) bool {
	return e.text[:e.titled] == text || e.text[e.titled+1:e.ends[0]-1] == text
}

// segment is a set of entries with bitmaps of their ordinals. It is never
// changed; which of its entries are still in the index its view says.
type segment struct {
	entries []*entry
	all     *postings // of whole texts; nil if the segment is so small that it is read through
	titles  *postings // of titles alone: they rank first, so the rest need seldom be scored
	facets  map[string]map[string]*roaring.Bitmap
	sorts   map[string][]float64 // by ordinal; least for none
}

// least is the sort value of a document that has none: it comes last.
const least = float64(math.MinInt64)

// newHeap makes a segment without grams: quick to make, slow to search, for
// few entries.
func newHeap(entries []*entry) *segment {
	s := &segment{
		entries: entries,
		facets:  map[string]map[string]*roaring.Bitmap{},
		sorts:   map[string][]float64{},
	}
	for i, e := range entries {
		for _, c := range e.facets {
			values := s.facets[c.facet]
			if values == nil {
				values = map[string]*roaring.Bitmap{}
				s.facets[c.facet] = values
			}
			if values[c.value] == nil {
				values[c.value] = roaring.New()
			}
			values[c.value].Add(uint32(i))
		}
		for _, o := range e.sorts {
			column := s.sorts[o.name]
			if column == nil {
				column = slices.Repeat([]float64{least}, len(entries))
				s.sorts[o.name] = column
			}
			column[i] = float64(o.value)
		}
	}
	return s
}

// newSegment makes a segment with grams.
func newSegment(entries []*entry) *segment {
	s := newHeap(entries)
	s.all = newPostings(entries, func(e *entry) string { return e.text })
	s.titles = newPostings(entries, func(e *entry) string { return e.text[:e.ends[0]] })
	return s
}

// propose returns a superset of the entries that hold t, to be read only: the
// very set if t is whole, or if the segment has no grams.
func (s *segment) propose(t *term) *roaring.Bitmap {
	if s.all != nil {
		return s.all.propose(t)
	}
	found := roaring.New()
	for i, e := range s.entries {
		if t.next(e.text, 0) >= 0 {
			found.Add(uint32(i))
		}
	}
	return found
}
