// Package search is the catalogue's full-text index: Han bigrams, roaring
// bitmaps and BM25F in memory, one on every node, thrown away and rebuilt at
// will (research/stack.md 3).
//
// Texts and queries are folded alike: NFKC (full width becomes half width),
// lower case, runs of white space become one space, invisible characters go.
// The grams only propose documents; the stored text decides, so a word is
// found where it literally stands and nowhere else.
//
// Read search.go, words.go (what a query asks), segment.go (what is stored),
// index.go (how it changes) and find.go.
package search

import (
	"embed"

	"kaishu/internal/base/locale"
)

// Messages holds the words of this package's problems.
//
//go:embed messages.*.json
var Messages embed.FS

// Document is one dataset as the index sees it. The index copies what it
// needs; the maps stay the caller's.
type Document struct {
	ID     string              // slug
	Fields map[Field]string    // texts to search, per field; the text of Title is Title.ZH if none is given
	Parts  []Part              // columns of the dataset, each found and shown by name
	Facets map[string][]string // facet → values (codes), e.g. "domain" → "道路交通"
	Sorts  map[string]int64    // sort name → value, e.g. "updated" → unix day; larger first, below 2⁵³
	Title  locale.Text         // shown; an English title is searched like Title, and not marked
}

// Field is a searched field; its weight is the index's.
type Field string

// The searched fields, heaviest first.
const (
	Title     Field = "title"
	Tags      Field = "tags"
	Publisher Field = "publisher"
	Abstract  Field = "abstract"
	Columns   Field = "columns" // names and descriptions of Parts; filled in by the index
)

// Part is a column of a dataset: its name and what it means.
type Part struct{ Name, Description string }

// The bounds of a query.
const (
	MaxText      = 200 // characters of Query.Text
	MaxLimit     = 200 // of Query.Limit
	DefaultLimit = 20  // for Query.Limit 0
	MaxColumns   = 8   // of Hit.Columns
)

// Query is a search. The zero Query finds everything.
//
// Words of Text stand apart by spaces, punctuation, or a change between Han
// and other writing. A run of Han characters must stand so in the text. A
// Latin word or number must stand there as a whole word, or, if it is the
// last of Text, begin one. Signs inside a word belong to it (PM2.5, wi-fi).
// A text that holds signs but no word finds nothing.
type Query struct {
	Text   string              // words; all must be found; "…" “…” 「…」 is a phrase
	Facets map[string][]string // chosen values: OR within a facet, AND between facets; none chosen = any
	Sort   string              // "" for relevance, or a name of Document.Sorts
	Limit  int                 // 1…200; 0 is DefaultLimit
	After  *Place              // nil for the first page
	Counts []string            // facets to count
}

// Place is where a page ended. It need not be in the index any more.
type Place struct {
	Score float64 // or the sort value
	ID    string
}

// Answer is what a search found.
type Answer struct {
	Total  int64
	Hits   []Hit
	Facets map[string][]Count // per facet of Query.Counts, counted under the other facets' choice; commonest first, then by value; no zeros
	Next   *Place             // nil if no hit follows
}

// Count is a facet's value and how many datasets have it.
type Count struct {
	Value string
	N     int64
}

// Hit is one dataset found.
type Hit struct {
	ID      string
	Title   locale.Text      // Document.Title
	Score   float64          // relevance, or the value sorted by; least if the document has none
	Columns []string         // names of Parts that matched, at most MaxColumns, in the dataset's order
	Marks   map[Field][]Span // where the words stand in Title and Abstract as given, in order, not overlapping
}

// Span is a half-open range of bytes in a field's text.
type Span struct{ From, To int }

// Suggestion is a way out of a search that found nothing: one facet or one
// word to drop. Exactly one of Facet and Word is set.
type Suggestion struct {
	Facet string // the facet whose choice is dropped
	Word  string // the word that is dropped, as typed
	Query Query  // what remains, from its first page
	Total int64  // what it finds; never 0
}
