// Package tabular is the published tables: immutable Parquet files by hash,
// and whatever is derived from them. Engines stand behind [Engine]; the suite
// in tabulartest holds all of them to the same answers.
//
// Only open/version, open/quality and obtain/access are handed an engine
// (house.md law 5); everybody else asks obtain/access for a [Reader].
package tabular

import (
	"context"
	"errors"
	"io"

	"kaishu/internal/base/selection"
)

// Table is one immutable table of a dataset version.
type Table struct {
	Parquet string // SHA-256 of the canonical Parquet object, hex
	selection.Schema
	Rows int64
	Key  []string // columns by which the serving copy is sorted; empty for file order
}

// Engine opens tables and makes what is derived from them.
type Engine interface {
	// Open returns a reader of t. It makes the serving copy first if that is
	// missing. Close the reader when done; the copy stays.
	Open(ctx context.Context, t Table) (Reader, error)
	// Prepare makes the serving copy of t now, so that the first reader need
	// not wait. Doing it twice changes nothing.
	Prepare(ctx context.Context, t Table) error
	// Close frees everything. No reader may be open.
	Close() error
}

// Reader answers queries on one table. It may be shared between goroutines.
// Queries must have passed selection.Check for the table's schema. When ctx
// ends, the query is cancelled and ctx's error returned. A query over its
// limit of memory or time fails with problem.Exhausted "tabular.too_heavy".
type Reader interface {
	// Page returns the rows, or groups, of s, at most s.Limit (1…10,000).
	Page(ctx context.Context, s selection.Select) (Page, error)
	// Total returns the exact number of rows that where lets through, or of
	// groups if s is grouped; order, limit and place are left aside.
	Total(ctx context.Context, s selection.Select) (int64, error)
	// Export writes all rows of s in format to w, in bounded memory, page by
	// page. It returns the number of rows written.
	Export(ctx context.Context, s selection.Select, f Format, w io.Writer) (int64, error)
	// Histogram counts the rows that where lets through per bucket of the
	// column's histogram or top values, in the shape of the profile.
	Histogram(ctx context.Context, where selection.Expr, column string, like ColumnProfile) (ColumnProfile, error)
	Close() error
}

// Page is an answer of rows.
type Page struct {
	Columns []selection.Column // of the answer, in order; aggregates have their name
	Rows    [][]any            // see [Value]
	// Last is the place of the last row, for Select.After; nil if no row
	// follows. Values are nil, string, bool or json.Number.
	Last []any
	// Numbers are the rows' places, counted from 0, in the table's natural
	// order: by declared key, then as in the file. The row at place n is the
	// page of Select{After: {n-1}, Limit: 1}. Nil for groups.
	Numbers []int64
}

// Value documents a cell: nil, string (Text; Date "2006-01-02"; DateTime
// "2006-01-02T15:04:05" with a fraction if there is one), int64, float64
// (never NaN or infinite), bool, or [Exact].
type Value = any

// Exact is a decimal number, or an integer that does not fit in 64 bits, as
// canonical text.
type Exact string

// ErrTooLarge says that what would be written is larger than may be.
var ErrTooLarge = errors.New("larger than may be")

// Format is a file format of tables.
type Format string

// The formats that are made.
const (
	CSV     Format = "csv" // UTF-8 without BOM, quoted as RFC 4180 says, lines end in LF, header first
	XLSX    Format = "xlsx"
	JSON    Format = "json" // one array of objects
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
	GeoJSON Format = "geojson" // only with selection.Geometry; a FeatureCollection of points
)

// Formats lists the formats in the order pages show them.
var Formats = []Format{CSV, XLSX, JSON, NDJSON, Parquet, GeoJSON}

// MaxXLSXRows is how many rows of data an XLSX sheet holds beside its header.
const MaxXLSXRows = 1_048_576 - 1

// MediaType returns the format's media type.
func (f Format) MediaType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case JSON:
		return "application/json"
	case NDJSON:
		return "application/x-ndjson"
	case Parquet:
		return "application/vnd.apache.parquet"
	case GeoJSON:
		return "application/geo+json"
	}
	return "application/octet-stream"
}

// Profile is what is known of a table from reading it whole.
type Profile struct {
	Rows    int64           `json:"rows"`
	Columns []ColumnProfile `json:"columns"` // in the table's order
}

// ColumnProfile is the statistics of one column.
type ColumnProfile struct {
	Name     string      `json:"name"`
	Nulls    int64       `json:"nulls"`
	Distinct int64       `json:"distinct"`            // exact up to 1,000,000 rows, else approximate
	Approx   bool        `json:"approx,omitempty"`    // Distinct is an estimate
	Min      any         `json:"min,omitempty"`       // as in JSON answers; for Text the first by code point, cut to 200 characters
	Max      any         `json:"max,omitempty"`       //
	Mean     *float64    `json:"mean,omitempty"`      // numeric columns
	Top      []ValueRows `json:"top,omitempty"`       // most frequent values, at most 10, commonest first
	Buckets  []Bucket    `json:"buckets,omitempty"`   // at most 20 of equal width; numeric and temporal columns
	MaxChars int         `json:"max_chars,omitempty"` // longest text in characters
}

// ValueRows is a value and the number of rows that hold it.
type ValueRows struct {
	Value any   `json:"value"`
	Rows  int64 `json:"rows"`
}

// Bucket counts the rows from Low (included) to High (left out, but for the
// last bucket). Bounds are as in JSON answers of the column's type.
type Bucket struct {
	Low  any   `json:"low"`
	High any   `json:"high"`
	Rows int64 `json:"rows"`
}

// Bulk is one file made for download.
type Bulk struct {
	Format Format `json:"format"`
	Path   string `json:"path"` // in the folder asked for, not yet an object
	Bytes  int64  `json:"bytes"`
	// Refused is a message code when the format cannot hold the table, such as
	// "tabular.too_many_rows_for_xlsx"; Path is then empty.
	Refused string `json:"refused,omitempty"`
}
