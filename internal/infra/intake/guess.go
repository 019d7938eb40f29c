package intake

import (
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

const (
	maxColumns = 5000
	maxDigits  = 38 // of a decimal
)

// tally counts what the cells of one column look like.
type tally struct {
	n        [classes]int64
	inexact  int64 // numbers that a double would change
	exponent int64
	point    int64 // numbers with digits after the point
	serials  int64 // integers that may be a spreadsheet's days
	whole    int   // most digits before the point
	fraction int   // and after it
	wide     int64 // texts with letters or digits of full width
	suffixes map[string]int64
	nulls    map[string]int64 // words that may say "nothing"
}

// maxSuffixes is how many different suffixes a column of numbers may have.
const maxSuffixes = 8

// add counts one cell; g is what a look at it shows.
func (t *tally) add(cell []byte, g *glimpse) {
	g.look(cell)
	if g.plain {
		t.plain(g)
		return
	}
	t.long(g.b)
}

// long counts a trimmed cell in any spelling.
func (t *tally) long(b []byte) {
	c, n := classify(b)
	t.n[c]++
	switch {
	case c == isText:
		if t.null(b) {
			t.n[isText]--
			t.n[isNullWord]++
		} else if len(b) >= 3 && hasWide(b) {
			t.wide++
		}
	case c == isNullWord:
		t.null(b)
	case c == isMeasure:
		t.measure(narrow(b))
	case numeric(c):
		if b[0] >= 0x80 {
			b = narrow(b)
		}
		if c == isInteger && n.whole == 5 {
			if _, ok := parseSerial(b); ok {
				t.serials++
			}
		}
		t.number(b, n)
	}
}

func (t *tally) plain(g *glimpse) {
	t.n[g.class]++
	switch g.class {
	case isFraction:
		t.point++
		t.fraction = max(t.fraction, int(g.fraction))
	case isInteger:
		if g.whole == 5 {
			if _, ok := parseSerial(g.b); ok {
				t.serials++
			}
		}
	default:
		return
	}
	t.whole = max(t.whole, int(g.whole))
}

// null notes a word that may say "nothing".
func (t *tally) null(b []byte) bool {
	if !saysNothing(b) {
		return false
	}
	if t.nulls == nil {
		t.nulls = map[string]int64{}
	}
	t.nulls[string(b)]++
	return true
}

func (t *tally) measure(b []byte) {
	number, suffix, _ := cutMeasure(b)
	if t.suffixes == nil {
		t.suffixes = map[string]int64{}
	}
	if t.suffixes[suffix] > 0 || len(t.suffixes) < maxSuffixes {
		t.suffixes[suffix]++
	}
	if shift, ok := measured(suffix, ""); ok {
		number = moved(number, shift)
	}
	if n, ok := parseNumeral(number); ok {
		t.number(number, n)
	}
}

func (t *tally) number(b []byte, n numeral) {
	t.whole = max(t.whole, n.whole)
	t.fraction = max(t.fraction, n.fraction)
	if n.point || n.exponent {
		t.point++
	}
	if n.exponent {
		t.exponent++
	}
	if (n.digits > 15 || n.exponent) && !n.double(appendPlain(nil, b)) {
		t.inexact++
	}
}

// unit returns the unit that the cells carry, given the one in the header, and
// whether all of their suffixes can be read with it.
func (t *tally) unit(header string) (unit string, ok bool) {
	unit = headerUnit(header)
	if unit == "" {
		most := int64(0)
		for s, n := range t.suffixes {
			if units[s] && (n > most || n == most && s < unit) {
				unit, most = s, n
			}
		}
	}
	for s := range t.suffixes {
		if _, fits := measured(s, unit); !fits {
			return unit, false
		}
	}
	return unit, true
}

func numeric(c class) bool {
	return c == isInteger || c == isFraction || c == isGrouped || c == isCode || c == isDay8
}

// filled returns the number of cells that say something.
func (t *tally) filled() int64 {
	var all int64
	for c := isNullWord + 1; c < classes; c++ {
		all += t.n[c]
	}
	return all
}

// nearly reports whether k of the filled cells are all of them, or 99 in 100
// of twenty or more.
func (t *tally) nearly(k int64) bool {
	all := t.filled()
	return all > 0 && (k == all || all >= 20 && k*100 >= all*99)
}

// column decides the type of a column and its unit. header tells 20260305 from
// a number and 310101 from a quantity.
func (t *tally) column(header string) (c RecipeColumn) {
	c = RecipeColumn{Source: header, Type: selection.Text}
	name := cleanName(header)
	days := t.n[isDate] + t.n[isMidnight]
	if numberedDay(name) || days > 0 {
		days += t.n[isDay8]
	}
	if days*2 >= t.filled() || numberedDay(name) {
		days += t.serials
	}
	numbers := t.n[isInteger] + t.n[isFraction] + t.n[isDay8] + t.n[isGrouped]
	unit, oneUnit := t.unit(header)
	if oneUnit {
		numbers += t.n[isMeasure]
	}
	switch {
	case t.nearly(t.n[isTrueFalse]) || t.nearly(t.n[isYesNo]):
		c.Type = selection.Boolean
	case t.n[isCode] == 0 && t.nearly(days):
		c.Type = selection.Date
	case t.n[isStamp] > 0 && t.nearly(t.n[isStamp]+t.n[isMidnight]):
		c.Type = selection.DateTime
	case t.n[isCode] > 0 || isCodeName(name) || !t.nearly(numbers):
	case t.point == 0:
		c.Type, c.Unit = selection.Integer, unit
	case t.inexact == 0:
		c.Type, c.Unit = selection.Number, unit
	case t.exponent == 0 && t.whole+t.fraction <= maxDigits:
		c.Type, c.Scale, c.Unit = selection.Decimal, t.fraction, unit
	}
	return c
}

func tooMany(columns int) error {
	if columns > maxColumns {
		return problem.New(problem.Invalid, "intake.too_many_columns", "columns", columns, "most", maxColumns)
	}
	return nil
}

func copyFields(fields [][]byte) [][]byte {
	all := make([][]byte, len(fields))
	for i, f := range fields {
		all[i] = append([]byte(nil), f...)
	}
	return all
}

// blankTail returns the number of empty fields at the end.
func blankTail(fields [][]byte) int {
	n := 0
	for n < len(fields) && len(trim(fields[len(fields)-1-n])) == 0 {
		n++
	}
	return n
}
