// Package search is the catalogue's full-text index: Han bigrams, roaring
// bitmaps and BM25F in memory, one on every node, thrown away and rebuilt at
// will (research/stack.md 3).
package search

import "kaishu/internal/base/locale"

// Document is one dataset as the index sees it.
type Document struct {
	ID     string              // slug
	Fields map[Field]string    // texts to search, per field
	Parts  []Part              // columns of the dataset, each found and shown by name
	Facets map[string][]string // facet → values (codes), e.g. "domain" → "道路交通"
	Sorts  map[string]int64    // sort name → value, e.g. "updated" → unix day; larger first
	Title  locale.Text         // shown
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

// Query is a search. The zero Query finds everything.
type Query struct {
	Text   string              // words; all must be found; "…" is a phrase
	Facets map[string][]string // chosen values: OR within a facet, AND between facets
	Sort   string              // "" for relevance, or a name of Document.Sorts
	Limit  int                 // 1…200
	After  *Place              // nil for the first page
	Counts []string            // facets to count
}

// Place is where a page ended.
type Place struct {
	Score float64 // or the sort value
	ID    string
}

// Answer is what a search found.
type Answer struct {
	Total  int64
	Hits   []Hit
	Facets map[string][]Count // per facet of Query.Counts, counted under the other facets' choice; commonest first
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
	Score   float64
	Columns []string         // names of Parts that matched, at most 8, in the dataset's order
	Marks   map[Field][]Span // where the words stand in Title and Abstract, in order, not overlapping
}

// Span is a half-open range of bytes in a field's text.
type Span struct{ From, To int }
