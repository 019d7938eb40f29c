package tabular

import "context"

// Examiner looks through whole tables as they lie in their objects, before
// anything is made of them; no serving copy is needed. Engines that can do it
// implement it beside Engine. It takes as long as it takes, in bounded memory;
// when ctx ends it fails with ctx's error.
type Examiner interface {
	// Repeats counts the rows of t that equal an earlier one in columns, nulls
	// being equal, and returns the first limit groups of them, most frequent
	// first: the cells of columns, as [Value], then the int64 number of rows.
	Repeats(ctx context.Context, t Table, columns []string, limit int) (Rows, error)
	// Strangers counts the filled cells of column that the column among of the
	// table known does not hold, both as text, and returns the first limit
	// different ones, most frequent first: the text, then the int64 number.
	Strangers(ctx context.Context, t Table, column string, known Table, among string, limit int) (Rows, error)
	// Digits hands over, for every cell of columns in which at least
	// [MinDigits] digits stand together, where they stand: the column's place
	// in columns, and the runs of digits, one a line. Columns are texts,
	// integers or decimals without a fraction.
	//
	// A run is digits, half- or full-width, with at most two blanks, dots or
	// dashes between each; it begins with the letter, the _ or the + before
	// it, and ends with at most two letters after it. Addresses on the web are
	// passed over; of one cell at most [MaxRuns] characters are handed over.
	Digits(ctx context.Context, t Table, columns []string, each func(column int, runs string) error) error
	// Matching hands over the cells of columns, texts or whole numbers, in
	// which the regular expression pattern (RE2) is found: the column's place
	// in columns, at most [MaxRuns] characters of the cell, and how many times
	// it stands there. In a long table the same cell may come several times.
	Matching(ctx context.Context, t Table, columns []string, pattern string, each func(column int, cell string, times int64) error) error
}

// Bounds of [Examiner.Digits].
const (
	MinDigits = 11
	MaxRuns   = 4000
)
