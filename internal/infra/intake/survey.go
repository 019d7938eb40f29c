package intake

import (
	"cmp"
	"context"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

// firstRows make the recipe by which a long file is read, while the survey
// looks at the others.
const firstRows = 20_000

// survey is what is learnt of the rows of a file, to make a recipe of it.
type survey struct {
	form    Recipe   // what is known before the rows are seen
	given   *Recipe  // what the publisher says; empty for nothing
	names   []string // of the header
	known   declared // nil if the file does not declare its columns
	grows   bool     // rows may be longer than the header
	usual   int      // fields that most rows have
	columns []tally
	fit     int64     // rows with as many fields as the header
	unlike  int64     // and the others
	line    int64     // of the first that is unlike
	seen    []glimpse // of the cells of the present row, if they were counted
	checked int64     // rows at the last look whether the recipe still holds
}

// newSurvey looks at the head of a file. form says how it is opened.
func newSurvey(ctx context.Context, r reader, f *os.File, form Recipe, given *Recipe) (*survey, error) {
	if given == nil {
		given = &Recipe{}
	}
	form.Version = 1
	form.Mode, form.Blanks = given.Mode, given.Blanks
	head, err := peek(ctx, r, f, form, headRecords)
	if err != nil {
		return nil, err
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
		return nil, problem.New(problem.Invalid, "intake.head_too_long", "rows", form.Head.Above+form.Head.Rows, "of", len(head))
	}
	form.Totals, form.Notes = AsData, AsData
	if given.Totals != AsData && !declares {
		form.Totals = LeaveOut
	}
	if given.Notes != AsData && !declares {
		form.Notes = LeaveOut
	}
	s := &survey{form: form, given: given, names: namesOf(head, *form.Head), known: known, usual: usualWidth(head)}
	s.grows = r.padded() || form.Head.Rows == 0
	return s, nil
}

// open begins a pass over the rows, of which nothing is known any more.
func (s *survey) open(r reader, f *os.File) (b *body, above []Line, err error) {
	s.columns = make([]tally, len(s.names))
	s.fit, s.unlike, s.line, s.checked = 0, 0, 0, 0
	if b, above, err = newBody(r, f, s.form); err != nil {
		return nil, nil, err
	}
	b.width = max(len(s.names), s.usual)
	return b, above, nil
}

// read makes the recipe of the first rows, at most that many. whole is true if
// there are no others.
func (s *survey) read(ctx context.Context, r reader, f *os.File, most int64) (form Recipe, whole bool, err error) {
	b, _, err := s.open(r, f)
	if err != nil {
		return form, true, err
	}
	var one row
	for n := int64(0); n < most; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return form, true, ctx.Err()
		}
		if err := b.next(&one); err == io.EOF {
			whole = true
			break
		} else if err != nil {
			return form, true, err
		}
		s.see(&one, b)
	}
	form, err = s.recipe(b)
	return form, whole, err
}

// see notes one row. A table that grows may have rows longer than its header.
func (s *survey) see(r *row, b *body) {
	s.seen = s.seen[:0]
	used := len(r.fields) - blankTail(r.fields)
	for s.grows && used > len(s.columns) && len(s.columns) <= maxColumns {
		s.columns = append(s.columns, tally{})
	}
	if r.code != "" || used > len(s.columns) || !s.grows && len(r.fields) < len(s.names) {
		if s.unlike++; s.line == 0 {
			s.line = b.number(*r)
		}
		return
	}
	s.fit++
	n := min(len(r.fields), len(s.columns))
	s.seen = slices.Grow(s.seen, n)[:n]
	for i, cell := range r.fields[:n] {
		s.columns[i].add(cell, &s.seen[i])
	}
}

// recipe is what the rows seen so far say.
func (s *survey) recipe(b *body) (Recipe, error) {
	form := s.form
	if err := tooMany(len(s.columns)); err != nil {
		return form, err
	}
	if s.unlike > s.fit {
		return form, problem.New(problem.Invalid, "intake.rows_unlike_header",
			"fields", len(s.names), "rows", s.unlike, "line", s.line)
	}
	form.Totals, form.Notes = found(s.given.Totals, b.sawTotals), found(s.given.Notes, b.sawNotes)
	if s.known != nil {
		return s.declare(form)
	}
	return s.guessed(form)
}

// holds reports whether the rows so far still say what form does. It looks
// after twice as many rows each time.
func (s *survey) holds(form Recipe, b *body) bool {
	if s.fit < 2*max(s.checked, firstRows) {
		return true
	}
	s.checked = s.fit
	now, err := s.recipe(b)
	return err == nil && now.converts(form)
}

// converts reports whether both recipes make the same table of the same rows.
func (r Recipe) converts(other Recipe) bool {
	r.Totals, r.Notes = other.Totals, other.Notes
	return reflect.DeepEqual(r, other)
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

// recipe completes form. Columns at the end that have neither a name nor a
// cell are left out.
func (s *survey) guessed(form Recipe) (Recipe, error) {
	headers, width := s.names, len(s.columns)
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
	return s.settle(form)
}

// declare takes the columns as the file has them; a type that only the cells
// can tell is guessed.
func (s *survey) declare(form Recipe) (Recipe, error) {
	columns := s.known.columns()
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
	form.Coordinates = s.known.coordinates()
	return s.settle(form)
}

// settle decides what concerns the whole table.
func (s *survey) settle(form Recipe) (Recipe, error) {
	given := s.given
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
