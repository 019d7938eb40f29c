// Package catalogue is how datasets are found: the search index, the page of
// results with its filters, the same as JSON and CSV, the search interface,
// the site map.
//
// The index is memory that can be thrown away: Rebuild makes it from the
// database, the Listener keeps it fresh line by line of the ledger, and when
// a day begins in Shanghai every promise of updates is judged anew.
//
// Read service.go (what is known), record.go (one dataset), find.go (asking),
// then api.go and pages.go.
package catalogue
