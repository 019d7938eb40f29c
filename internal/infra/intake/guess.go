package intake

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

const (
	maxColumns = 5000
	maxDigits  = 38 // of a decimal
)

// tally counts what the cells of one column look like.
type tally struct {
	n            [classes]int64
	groupedPoint int64 // 1,234.5
	plain        int64 // numbers from 1000 up without a comma
	inexact      int64 // numbers that a double would change
	exponents    int64
	whole        int // most digits before the point
	fraction     int // and after it
}

func (t *tally) add(cell []byte) {
	b := trim(cell)
	c, n := classify(b)
	t.n[c]++
	if !numeric(c) {
		return
	}
	t.whole = max(t.whole, n.whole)
	t.fraction = max(t.fraction, n.fraction)
	switch {
	case n.grouped && n.point:
		t.groupedPoint++
	case !n.grouped && n.whole >= 4:
		t.plain++
	}
	if n.exponent {
		t.exponents++
	}
	if (n.digits > 15 || n.exponent) && !n.double(appendPlain(nil, b)) {
		t.inexact++
	}
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

func (t *tally) numbers() int64 {
	return t.n[isInteger] + t.n[isFraction] + t.n[isDay8] + t.n[isGrouped]
}

// column decides the type. name is the header, since only a header tells
// 20260305 from a number.
func (t *tally) column(name string) (selection.Type, int) {
	day8 := int64(0)
	if name = strings.ToLower(name); strings.Contains(name, "日期") || strings.Contains(name, "date") {
		day8 = t.n[isDay8]
	}
	switch {
	case t.nearly(t.n[isTrueFalse]) || t.nearly(t.n[isYesNo]):
		return selection.Boolean, 0
	case t.n[isCode] == 0 && t.nearly(t.n[isDate]+day8):
		return selection.Date, 0
	case t.nearly(t.n[isStamp]):
		return selection.DateTime, 0
	case t.n[isCode] > 0:
		return selection.Text, 0
	}
	fits := t.numbers()
	if t.plain > 0 {
		fits -= t.n[isGrouped]
	}
	switch {
	case !t.nearly(fits):
		return selection.Text, 0
	case t.n[isFraction]+t.groupedPoint == 0:
		return selection.Integer, 0
	case t.inexact == 0:
		return selection.Number, 0
	case t.exponents == 0 && t.whole+t.fraction <= maxDigits:
		return selection.Decimal, t.fraction
	}
	return selection.Text, 0
}

// survey is what the first pass learns of a file without a recipe.
type survey struct {
	first   [][]byte // the first record
	columns []tally  // of the records after it
	fit     int64    // records with as many fields as the first
	unlike  int64    // and the others
	line    int64    // of the first that is unlike
}

// guess reads the whole file and returns a complete recipe.
func guess(ctx context.Context, r reader, f *os.File, form Recipe) (Recipe, error) {
	pass, err := r.open(f, form)
	if err != nil {
		return form, err
	}
	var s survey
	if err := s.read(ctx, pass, r.padded()); err != nil {
		return form, err
	}
	if s.unlike > s.fit {
		return form, problem.New(problem.Invalid, "intake.rows_unlike_header",
			"fields", len(s.first), "rows", s.unlike, "line", s.line)
	}
	return s.recipe(form)
}

func (s *survey) read(ctx context.Context, pass rows, padded bool) error {
	var r row
	switch err := pass.next(&r); {
	case err == io.EOF:
		return problem.New(problem.Invalid, "intake.empty")
	case err != nil:
		return err
	case r.code != "":
		return problem.New(problem.Invalid, "intake.header_unreadable", "line", r.line)
	}
	s.first = copyFields(r.fields)
	s.columns = make([]tally, len(s.first))
	narrowest := len(s.first) - blankTail(s.first)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := pass.next(&r)
		if err == io.EOF {
			return tooMany(len(s.columns))
		}
		if err != nil {
			return err
		}
		used := len(r.fields) - blankTail(r.fields)
		for padded && used > len(s.columns) {
			s.columns = append(s.columns, tally{})
		}
		switch {
		case used == 0:
			continue
		case r.code != "" || used > len(s.columns) || !padded && len(r.fields) < narrowest:
			if s.unlike++; s.line == 0 {
				s.line = r.line
			}
			continue
		}
		s.fit++
		for i, cell := range r.fields[:min(len(r.fields), len(s.columns))] {
			s.columns[i].add(cell)
		}
	}
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

// headed reports whether the first record names the columns: it does unless it
// has numbers or dates where the column below has them, and nothing else
// there.
func (s *survey) headed() bool {
	alike, years := 0, []int(nil)
	for i, cell := range s.first {
		t := &s.columns[i]
		b := trim(cell)
		c, _ := classify(b)
		if c == isEmpty || c == isNullWord {
			continue
		}
		switch {
		case t.nearly(t.numbers() + t.n[isCode]):
			if !numeric(c) {
				return true
			}
			year, _ := strconv.Atoi(string(b)) // 0 if it is no year
			years = append(years, year)
		case t.nearly(t.n[isDate] + t.n[isStamp]):
			if c != isDate && c != isStamp {
				return true
			}
		default:
			continue
		}
		alike++
	}
	return alike == 0 || alike == len(years) && series(years)
}

// series reports whether years follow one another, as in a header over a
// column per year.
func series(years []int) bool {
	for i, y := range years {
		if y < 1900 || y > 2100 || i > 0 && y-years[i-1] != years[1]-years[0] {
			return false
		}
	}
	return len(years) > 1 && years[0] != years[1]
}

// recipe completes form. Columns at the end that have neither a name nor a
// cell are left out.
func (s *survey) recipe(form Recipe) (Recipe, error) {
	form.Version = 1
	if s.headed() {
		form.HeaderRows = 1
	}
	if form.HeaderRows == 0 {
		for i, cell := range s.first {
			s.columns[i].add(cell)
		}
	}
	width := len(s.columns)
	for width > 0 && s.columns[width-1].filled() == 0 && s.columns[width-1].n[isNullWord] == 0 &&
		(form.HeaderRows == 0 || width > len(s.first) || len(trim(s.first[width-1])) == 0) {
		width--
	}
	if width == 0 {
		return form, problem.New(problem.Invalid, "intake.empty")
	}
	sources := make([]string, width)
	if form.HeaderRows > 0 {
		for i := range min(width, len(s.first)) {
			sources[i] = string(s.first[i])
		}
	}
	names := columnNames(sources)
	for i, name := range names {
		t, scale := s.columns[i].column(name)
		form.Columns = append(form.Columns, RecipeColumn{Source: sources[i], Name: name, Type: t, Scale: scale})
	}
	return form, checkRecipe(form)
}
