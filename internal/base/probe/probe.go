// Package probe is what one quality rule asks of every row of a table. It is a
// small tree, as base/selection is for queries: rules make it, and engines,
// which see nothing else, answer all probes of a table in one reading.
//
// Regulation: Article 16(1).
package probe

import (
	"regexp"

	"kaishu/internal/base/selection"
)

// Test is one question. A cell without a value is looked at by [Filled] only:
// that something is missing is one fault, and no second one of another kind.
type Test interface{ isTest() }

type (
	// Filled looks at every row; a cell without a value fails, and so does a
	// text of nothing but blanks.
	Filled struct{ Column string }
	// Holds looks at the rows in which Column has a value and When is true;
	// those fail in which Then is not true. Column may be "" and When nil.
	// Both have passed selection.Check.
	Holds struct {
		Column     string
		When, Then selection.Expr
	}
	// Matching looks at the filled cells; those fail that Pattern, a regular
	// expression of RE2, does not match from the first to the last character.
	Matching struct{ Column, Pattern string }
	// Long looks at the filled cells; those fail that have fewer than Least or
	// more than Most characters. Most is 0 for no bound.
	Long struct {
		Column      string
		Least, Most int
	}
	// Ordered looks at the rows in which both columns have a value; those fail
	// in which that of First is greater than that of Second.
	Ordered struct{ First, Second string }
	// Reads looks at the filled cells; those fail that are not of the form.
	Reads struct {
		Column string
		As     Form
	}
	// Rounded looks at the filled cells of a column of numbers; those fail that
	// have more than Most digits after the point.
	Rounded struct {
		Column string
		Most   int
	}
	// Known looks at the filled cells; those fail that no cell of the column
	// Among of another table equals, both as text. In says which table, see
	// the engine.
	Known struct{ Column, In, Among string }
	// Once fails for every row that equals an earlier one in Columns. It looks
	// at the rows in which all of them have a value, or, with Nulls, at every
	// row, nulls being equal.
	Once struct {
		Columns []string
		Nulls   bool
	}
)

func (Filled) isTest()   {}
func (Holds) isTest()    {}
func (Matching) isTest() {}
func (Long) isTest()     {}
func (Ordered) isTest()  {}
func (Reads) isTest()    {}
func (Rounded) isTest()  {}
func (Known) isTest()    {}
func (Once) isTest()     {}

// Form is how a cell is written.
type Form string

// The forms.
const (
	Integer      Form = "integer"       // 12, -3
	Number       Form = "number"        // 12, 12.50, -0.3
	Date         Form = "date"          // 2026-03-05, and such a day there is
	DateTime     Form = "datetime"      // 2026-03-05T08:30:00, or with a blank for the T
	URL          Form = "url"           // http://… or https://…
	CreditCode   Form = "credit_code"   // 统一社会信用代码, 18 signs
	DivisionCode Form = "division_code" // 行政区划代码 of 6, 9 or 12 digits
)

// Forms lists the forms.
var Forms = []Form{Integer, Number, Date, DateTime, URL, CreditCode, DivisionCode}

// Answer is what a test found.
type Answer struct {
	Looked int64   `json:"looked"`         // rows or cells
	Failed int64   `json:"failed"`         // of those
	Rows   []int64 `json:"rows,omitempty"` // where, counted from 0 in the order of the table as it lies; the first Shown
}

// Shown is how many failing rows an [Answer] names. [D]
const Shown = 20

// Compiles reports whether pattern is a regular expression that engines know.
func Compiles(pattern string) bool {
	_, err := regexp.Compile(pattern)
	return err == nil
}
