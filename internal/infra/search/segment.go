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
	grams   map[uint64]*roaring.Bitmap // one or two Han characters; nil if the segment is so small that it is read through
	words   map[string]*roaring.Bitmap
	lexicon []string // the words in order
	facets  map[string]map[string]*roaring.Bitmap
	sorts   map[string][]float64 // by ordinal; least for none
}

// least is the sort value of a document that has none: it comes last.
const least = float64(math.MinInt64)

// gram is the key of one character, or of two that stand together.
func gram(a, b rune) uint64 { return uint64(a)<<32 | uint64(b) }

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
	grams := map[uint64]*[]uint32{}
	words := map[string]*[]uint32{}
	for i, e := range entries {
		runs(e.text, func(r run) {
			if r.class == word {
				post(words, e.text[r.from:r.to], uint32(i))
				return
			}
			var before rune
			for _, c := range e.text[r.from:r.to] {
				post(grams, gram(0, c), uint32(i))
				if before != 0 {
					post(grams, gram(before, c), uint32(i))
				}
				before = c
			}
		})
	}
	s.grams, s.words = bitmaps(grams), bitmaps(words)
	s.lexicon = make([]string, 0, len(words))
	for w := range words {
		s.lexicon = append(s.lexicon, w)
	}
	slices.Sort(s.lexicon)
	return s
}

// post adds ordinal i, the greatest so far, to the list of key.
func post[K comparable](lists map[K]*[]uint32, key K, i uint32) {
	list := lists[key]
	if list == nil {
		lists[key] = &[]uint32{i}
		return
	}
	if l := *list; l[len(l)-1] != i {
		*list = append(l, i)
	}
}

func bitmaps[K comparable](lists map[K]*[]uint32) map[K]*roaring.Bitmap {
	m := make(map[K]*roaring.Bitmap, len(lists))
	for k, list := range lists {
		b := roaring.New()
		b.AddMany(*list)
		b.RunOptimize()
		m[k] = b
	}
	return m
}

var nothing = roaring.New()

// propose returns a superset of the entries that hold t, to be read only: the
// very set if t is whole, or if the segment has no grams.
func (s *segment) propose(t *term) *roaring.Bitmap {
	if s.grams == nil {
		found := roaring.New()
		for i, e := range s.entries {
			if t.next(e.text, 0) >= 0 {
				found.Add(uint32(i))
			}
		}
		return found
	}
	var sets []*roaring.Bitmap
	for i, r := range t.runs {
		text := t.text[r.from:r.to]
		switch {
		case r.class == han:
			sets = append(sets, s.han(text)...)
		case t.open && i == len(t.runs)-1:
			sets = append(sets, s.beginning(text))
		default:
			sets = append(sets, orNothing(s.words[text]))
		}
	}
	if len(sets) == 1 {
		return sets[0]
	}
	return roaring.FastAnd(sets...)
}

func (s *segment) han(text string) (sets []*roaring.Bitmap) {
	var before rune
	for _, c := range text {
		if before != 0 {
			sets = append(sets, orNothing(s.grams[gram(before, c)]))
		}
		before = c
	}
	if sets == nil {
		sets = append(sets, orNothing(s.grams[gram(0, before)]))
	}
	return sets
}

// beginning returns the entries with a word that begins with prefix.
func (s *segment) beginning(prefix string) *roaring.Bitmap {
	var sets []*roaring.Bitmap
	i, _ := slices.BinarySearch(s.lexicon, prefix)
	for ; i < len(s.lexicon) && strings.HasPrefix(s.lexicon[i], prefix); i++ {
		sets = append(sets, s.words[s.lexicon[i]])
	}
	return roaring.FastOr(sets...)
}

func orNothing(b *roaring.Bitmap) *roaring.Bitmap {
	if b == nil {
		return nothing
	}
	return b
}
