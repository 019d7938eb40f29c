package search

import (
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// postings say which entries of a segment hold a gram: one or two Han
// characters, or a word.
type postings struct {
	grams   map[uint64]*roaring.Bitmap
	words   map[string]*roaring.Bitmap
	lexicon []string // the words in order
}

// gram is the key of one character, or of two that stand together.
func gram(a, b rune) uint64 { return uint64(a)<<32 | uint64(b) }

func newPostings(entries []*entry, text func(*entry) string) *postings {
	grams := map[uint64]*[]uint32{}
	words := map[string]*[]uint32{}
	for i, e := range entries {
		t := text(e)
		runs(t, func(r run) {
			if r.class == word {
				post(words, t[r.from:r.to], uint32(i))
				return
			}
			var before rune
			for _, c := range t[r.from:r.to] {
				post(grams, gram(0, c), uint32(i))
				if before != 0 {
					post(grams, gram(before, c), uint32(i))
				}
				before = c
			}
		})
	}
	p := &postings{grams: bitmaps(grams), words: bitmaps(words)}
	p.lexicon = make([]string, 0, len(words))
	for w := range words {
		p.lexicon = append(p.lexicon, w)
	}
	slices.Sort(p.lexicon)
	return p
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
// very set if t is whole.
func (p *postings) propose(t *term) *roaring.Bitmap {
	var sets []*roaring.Bitmap
	for i, r := range t.runs {
		text := t.text[r.from:r.to]
		switch {
		case r.class == han:
			sets = append(sets, p.han(text)...)
		case t.open && i == len(t.runs)-1:
			sets = append(sets, p.beginning(text))
		default:
			sets = append(sets, orNothing(p.words[text]))
		}
	}
	if len(sets) == 1 {
		return sets[0]
	}
	return roaring.FastAnd(sets...)
}

func (p *postings) han(text string) (sets []*roaring.Bitmap) {
	var before rune
	for _, c := range text {
		if before != 0 {
			sets = append(sets, orNothing(p.grams[gram(before, c)]))
		}
		before = c
	}
	if sets == nil {
		sets = append(sets, orNothing(p.grams[gram(0, before)]))
	}
	return sets
}

// beginning returns the entries with a word that begins with prefix.
func (p *postings) beginning(prefix string) *roaring.Bitmap {
	var sets []*roaring.Bitmap
	i, _ := slices.BinarySearch(p.lexicon, prefix)
	for ; i < len(p.lexicon) && strings.HasPrefix(p.lexicon[i], prefix); i++ {
		sets = append(sets, p.words[p.lexicon[i]])
	}
	return roaring.FastOr(sets...)
}

func orNothing(b *roaring.Bitmap) *roaring.Bitmap {
	if b == nil {
		return nothing
	}
	return b
}
