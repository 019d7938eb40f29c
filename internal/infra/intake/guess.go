package intake

import (
	"cmp"
	"context"
	"io"
	"maps"
	"os"
	"slices"

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

func (t *tally) add(cell []byte) {
	b := trim(cell)
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

// null notes a word that may say "nothing".
func (t *tally) null(b []byte) bool {
	if len(b) > maxNullWord || !nullWords[string(b)] {
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

// survey is what the first pass learns of a file.
type survey struct {
	width   int     // columns that the header names
	columns []tally // of the rows
	fit     int64   // rows with as many fields as the header
	unlike  int64   // and the others
	line    int64   // of the first that is unlike
}

// guess completes form, which says how the file is opened, by what given says
// and by the whole file.
func guess(ctx context.Context, r reader, f *os.File, form Recipe, given *Recipe) (Recipe, error) {
	if given == nil {
		given = &Recipe{}
	}
	form.Version = 1
	form.Totals, form.Notes, form.Mode = LeaveOut, LeaveOut, given.Mode
	form.Blanks = given.Blanks
	head, err := peek(ctx, r, f, form, headRecords)
	if err != nil {
		return form, err
	}
	known, declares := r.(declared)
	switch h := findHead(head); {
	case given.Head != nil:
		form.Head = given.Head
	case declares:
		form.Head = &Head{Rows: 1}
	default:
		form.Head = &h
	}
	if form.Head.Above+form.Head.Rows > len(head) {
		return form, problem.New(problem.Invalid, "intake.head_too_long", "rows", form.Head.Above+form.Head.Rows, "of", len(head))
	}
	names := namesOf(head, *form.Head)
	b, _, err := newBody(r, f, form)
	if err != nil {
		return form, err
	}
	b.width = max(len(names), usualWidth(head))
	b.totals, b.notes = given.Totals != AsData && !declares, given.Notes != AsData && !declares
	s := survey{width: len(names), columns: make([]tally, len(names))}
	if err := s.read(ctx, b, r.padded() || form.Head.Rows == 0); err != nil {
		return form, err
	}
	if s.unlike > s.fit {
		return form, problem.New(problem.Invalid, "intake.rows_unlike_header",
			"fields", s.width, "rows", s.unlike, "line", s.line)
	}
	form.Totals, form.Notes = found(given.Totals, b.sawTotals), found(given.Notes, b.sawNotes)
	if declares {
		return s.declare(form, given, known)
	}
	return s.recipe(form, given, names)
}

// found returns what is given, else whether such lines are to be left out.
func found(given string, saw bool) string {
	if given == "" && saw {
		return LeaveOut
	}
	return cmp.Or(given, AsData)
}

func namesOf(head []Line, h Head) []string {
	if h.Rows == 0 {
		width := usualWidth(head[min(h.Above, len(head)-1):])
		return make([]string, width)
	}
	return headers(head[h.Above : h.Above+h.Rows])
}

// read reads every row. A table that grows may have rows longer than its
// header.
func (s *survey) read(ctx context.Context, b *body, grows bool) error {
	narrowest := s.width
	var r row
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := b.next(&r)
		if err == io.EOF {
			return tooMany(len(s.columns))
		}
		if err != nil {
			return err
		}
		used := len(r.fields) - blankTail(r.fields)
		for grows && used > len(s.columns) && len(s.columns) <= maxColumns {
			s.columns = append(s.columns, tally{})
		}
		if r.code != "" || used > len(s.columns) || !grows && len(r.fields) < narrowest {
			if s.unlike++; s.line == 0 {
				s.line = b.number(r)
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

// recipe completes form. Columns at the end that have neither a name nor a
// cell are left out.
func (s *survey) recipe(form Recipe, given *Recipe, headers []string) (Recipe, error) {
	width := len(s.columns)
	for width > 0 && s.columns[width-1].filled() == 0 && s.columns[width-1].n[isNullWord] == 0 &&
		(width > len(headers) || cleanName(headers[width-1]) == "") {
		width--
	}
	if width == 0 {
		return form, problem.New(problem.Invalid, "intake.empty")
	}
	sources := make([]string, width)
	copy(sources, headers)
	for i, name := range columnNames(sources) {
		c := s.columns[i].column(sources[i])
		c.Name = name
		form.Columns = append(form.Columns, c)
	}
	return s.settle(form, given)
}

// declare takes the columns as the file has them; a type that only the cells
// can tell is guessed.
func (s *survey) declare(form Recipe, given *Recipe, known declared) (Recipe, error) {
	columns := known.columns()
	sources := make([]string, len(columns))
	for i, c := range columns {
		sources[i] = c.Source
	}
	for i, name := range columnNames(sources) {
		c := columns[i]
		if c.Type == "" && i < len(s.columns) {
			c = s.columns[i].column(c.Source)
		}
		c.Name = name
		form.Columns = append(form.Columns, c)
	}
	form.Coordinates = known.coordinates()
	return s.settle(form, given)
}

// settle decides what concerns the whole table.
func (s *survey) settle(form Recipe, given *Recipe) (Recipe, error) {
	form.Nulls, form.Width = given.Nulls, given.Width
	seen := map[string]bool{}
	wide := false
	for i, c := range form.Columns {
		if i >= len(s.columns) {
			break
		}
		wide = wide || c.Type == selection.Text && s.columns[i].wide > 0
		for word := range s.columns[i].nulls {
			seen[word] = true
		}
	}
	if form.Nulls == nil {
		form.Nulls = slices.Sorted(maps.Keys(seen))
	}
	if form.Width == "" && wide {
		form.Width = HalfWide
	}
	form.Coordinates = findPlace(form, given.Coordinates)
	return form, checkRecipe(form)
}
