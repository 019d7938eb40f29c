package query

import (
	"slices"

	"kaishu/internal/base/problem"
)

// Limits of one answer. [D]
const (
	DefaultLimit = 100    // rows of a page, if the reader does not say
	MaxPage      = 10_000 // rows of one JSON page
)

// Formats are the formats of an answer; the first is the default. JSON comes
// in pages, all others whole.
var Formats = []string{"json", "ndjson", "csv", "parquet", "geojson"}

// Paged reports whether answers in format come in pages.
func Paged(format string) bool { return format == Formats[0] }

// CheckFormat returns the problem of a format that is not offered, and of a
// cursor where there are no pages.
func CheckFormat(format, after string, hasGeometry, grouped Truth) error {
	var p problem.List
	switch {
	case !slices.Contains(Formats, format):
		p.Add("?format", "query.unknown_format", "format", format)
	case format == "geojson" && grouped == Yes:
		p.Add("?format", "query.groups_have_no_geometry")
	case format == "geojson" && hasGeometry == No:
		p.Add("?format", "query.no_geometry")
	}
	if after != "" && !Paged(format) {
		p.Add("?after", "query.cursor_is_for_pages", "format", format)
	}
	return p.Err()
}

// Truth is a yes or a no with a name at the place of the call.
type Truth bool

// The two truths.
const (
	Yes Truth = true
	No  Truth = false
)
