package intake

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Messages holds the words for this package's codes.
//
//go:embed messages.*.json
var Messages embed.FS

// Loader makes the canonical Parquet file. cmd wires one; intake needs no
// engine of its own.
type Loader interface {
	// Load reads clean CSV to its end and writes it as Parquet: UTF-8, commas,
	// LF, no header; text in quotes, everything else canonical and without
	// quotes, NULL as nothing at all. In a table of one column a line can thus
	// be empty: it is a row. wantRows may be called once csv has ended. Load
	// fails if it did not get as many rows, and returns their number. No line is
	// longer than longest bytes, 0 for 16 MiB. It fails with
	// tabular.ErrTooLarge if memory does not suffice.
	Load(ctx context.Context, csv io.Reader, schema selection.Schema, wantRows func() int64, longest int, parquetPath string) (int64, error)
	// Append writes the rows of base and then those of added, two files of the
	// same columns that Load wrote, into one, and returns their number.
	Append(ctx context.Context, base, added, parquetPath string) (int64, error)
	// Unfold writes the rows of a Parquet file as CSV without a header and
	// returns its columns; nothing is written if they are more than most. It
	// fails with tabular.ErrTooLarge when the CSV takes more than limit bytes.
	Unfold(ctx context.Context, parquetPath, csvPath string, most int, limit int64) ([]selection.Column, error)
	// Profile reads the file that Load or Append wrote.
	Profile(ctx context.Context, parquetPath string, schema selection.Schema) (tabular.Profile, error)
}

// Read reads one file in this process: first to learn how, as far as req has
// no recipe, then to convert it. It fails with a problem that names the line,
// the format or every difference from the recipe; nothing is changed silently:
// what does not fit is set aside and counted. Articles 9(3), 16(1).
//
// Blanks around cells do not count unless the recipe keeps them in text; an
// empty cell is null, in quotes or not. In columns that are not text NA, N/A,
// NaN, null, NULL, -, — and / are null too; the recipe names further words,
// which count in text as well.
func Read(ctx context.Context, req Request, loader Loader) (Result, error) {
	f, err := os.Open(req.Path)
	if err != nil {
		return Result{}, fmt.Errorf("open upload: %w", err)
	}
	defer f.Close()
	given := req.Recipe
	if given != nil {
		if err := checkRecipe(*given); err != nil {
			return Result{}, err
		}
	}
	upload := f
	f, entry, l, err := unpack(ctx, upload, req.Dir, given)
	if err != nil {
		return Result{}, err
	}
	if f != upload {
		defer f.Close()
	}
	defer l.close()
	r, err := readerOf(f, l)
	if err != nil {
		return Result{}, err
	}
	if p, ok := r.(*parquetReader); ok {
		if f, err = p.unfold(ctx, f, req.Dir, loader); err != nil {
			return Result{}, err
		}
		defer f.Close()
	}
	form, err := r.look(ctx, f, given)
	if err != nil {
		return Result{}, err
	}
	form.Entry = entry
	if given.full() {
		whole := *given
		whole.Entry, whole.Format, whole.Encoding, whole.Delimiter, whole.Sheet = entry, form.Format, form.Encoding, form.Delimiter, form.Sheet
		if form, err = compare(ctx, r, f, whole); err != nil {
			return Result{}, err
		}
		return load(ctx, source{r: r, f: f, form: form}, req, loader)
	}
	from, err := learn(ctx, r, f, form, given)
	if err != nil {
		return Result{}, err
	}
	return load(ctx, from, req, loader)
}

// readerOf returns the reader of a file; l is what stands beside it.
func readerOf(f *os.File, l *layer) (reader, error) {
	if l != nil && l.shp != nil {
		return &dbfReader{layer: l}, nil
	}
	r, err := sniff(f)
	if d, ok := r.(*dbfReader); ok {
		d.layer = l
	}
	return r, err
}

// learn makes the recipe: of all rows of a short file, of the first ones of a
// long one.
func learn(ctx context.Context, r reader, f *os.File, form Recipe, given *Recipe) (source, error) {
	s, err := newSurvey(ctx, r, f, form, given)
	if err != nil {
		return source{}, err
	}
	form, whole, err := s.read(ctx, r, f, firstRows)
	if err == nil && !whole {
		return source{r: r, f: f, form: form, s: s}, nil
	}
	if err != nil && !whole { // the other rows may say otherwise
		form, _, err = s.read(ctx, r, f, math.MaxInt64)
	}
	return source{r: r, f: f, form: form}, err
}

// source is a file and how it is read.
type source struct {
	r    reader
	f    *os.File
	form Recipe
	s    *survey // looks at the rows meanwhile, if the recipe is of the first rows only
	long bool    // some row is longer than usual, or all of them do not fit into memory as usual
}

// open begins a pass over the rows. above are the lines before them.
func (s source) open() (b *body, above []Line, err error) {
	if s.s != nil {
		return s.s.open(s.r, s.f)
	}
	return newBody(s.r, s.f, s.form)
}

var (
	errSurprise = errors.New("later rows say another recipe than the first")
	errLongRow  = errors.New("a row is longer than usual")
)

// Bytes of a row on its way to the loader. Engines hold several of the longest
// ones at a time, so the usual ones are tried first.
const (
	usualRow   = 1 << 20
	longestRow = 16 << 20 // maxRecord, with quotes doubled and around each cell
)

// load makes the table. Where the recipe of the first rows turns out not to be
// that of all, the table is made anew.
func load(ctx context.Context, from source, req Request, loader Loader) (Result, error) {
	if err := fitsBase(req.Base, from.form); err != nil && from.s == nil {
		return Result{}, err
	}
	result, err := fill(ctx, from, req, loader)
	for again := true; again; {
		switch {
		case (errors.Is(err, errLongRow) || errors.Is(err, tabular.ErrTooLarge)) && !from.long:
			from.long = true
		case errors.Is(err, errSurprise):
			form, _, err := from.s.read(ctx, from.r, from.f, math.MaxInt64)
			if err != nil {
				return Result{}, err
			}
			from.form, from.s = form, nil
		case err == nil && from.s != nil && !result.Recipe.converts(from.form):
			from.form, from.s = result.Recipe, nil
		default:
			again = false
			continue
		}
		if err := errors.Join(os.RemoveAll(setAsideIn(req)), os.RemoveAll(tableIn(req))); err != nil {
			return Result{}, fmt.Errorf("clear first table: %w", err)
		}
		result, err = fill(ctx, from, req, loader)
	}
	if errors.Is(err, tabular.ErrTooLarge) {
		return Result{}, problem.New(problem.Invalid, "intake.rows_too_large")
	}
	if err != nil {
		return Result{}, err
	}
	if err := appendTo(ctx, req, &result, loader); err != nil {
		return Result{}, err
	}
	result.Profile, err = loader.Profile(ctx, result.Parquet, result.Schema())
	if err != nil {
		return Result{}, fmt.Errorf("profile table: %w", err)
	}
	return result, nil
}

func setAsideIn(req Request) string { return filepath.Join(req.Dir, "set_aside.ndjson") }
func tableIn(req Request) string    { return filepath.Join(req.Dir, "table.parquet") }

// fill converts every record and streams the clean ones into the loader.
func fill(ctx context.Context, from source, req Request, loader Loader) (Result, error) {
	form := from.form
	result := Result{Recipe: form, Parquet: tableIn(req)}
	aside, err := newShelf(setAsideIn(req))
	if err != nil {
		return Result{}, err
	}
	defer aside.close()
	head, err := peek(ctx, from.r, from.f, form, shownLines)
	if err != nil {
		return Result{}, err
	}
	b, above, err := from.open()
	if err != nil {
		return Result{}, err
	}
	for i := range min(len(above), len(head)) {
		head[i].Kind = above[i].Kind
	}
	if book, ok := from.r.(interface{ sheets() []string }); ok {
		result.Sheets = book.sheets()
	}
	c := &conversion{form: form, survey: from.s, longest: usualRow, columns: form.converters(), padded: from.r.padded(), aside: aside, place: newPlace(form), repeats: newRepeats()}
	if from.long {
		c.longest = longestRow
	}
	loaded, err := c.stream(ctx, b, loader, result)
	if err != nil {
		return Result{}, err
	}
	if loaded != c.out || c.in != c.out+c.aside.rows {
		return Result{}, fmt.Errorf("load table: %d rows in, %d out, %d set aside, %d loaded", c.in, c.out, c.aside.rows, loaded)
	}
	if err := aside.close(); err != nil {
		return Result{}, err
	}
	if from.s != nil {
		if result.Recipe, err = from.s.recipe(b); err != nil {
			return Result{}, err
		}
		if err := fitsBase(req.Base, result.Recipe); err != nil {
			return Result{}, err
		}
	}
	result.RowsIn, result.RowsOut = c.in, c.out
	result.RowsSetAside, result.CellsSetAside, result.SetAside = aside.rows, aside.cells, aside.path
	result.Repeated, result.Outside, result.Head, result.Rows = c.repeats.count(), b.outside, head, c.first
	result.Geometry = c.place.geometry(form)
	if known, ok := from.r.(interface{ remarks() []Word }); ok {
		result.Remarks = known.remarks()
	}
	return result, nil
}

const shownLines, shownRows = 20, 20

// fitsBase refuses to append rows to a table of other columns.
func fitsBase(base *Base, form Recipe) error {
	if base == nil || slices.Equal(base.Columns, form.columns()) {
		return nil
	}
	return problem.New(problem.Invalid, "intake.append_other_columns", "want", described(base.Columns), "got", described(form.columns()))
}

func described(all []selection.Column) string {
	var words []string
	for _, c := range all {
		words = append(words, c.Name+" "+string(c.Type))
	}
	return strings.Join(words, ", ")
}

// appendTo puts the rows that came out behind those of the version before.
func appendTo(ctx context.Context, req Request, result *Result, loader Loader) error {
	if req.Base == nil {
		return nil
	}
	whole := filepath.Join(req.Dir, "whole.parquet")
	rows, err := loader.Append(ctx, req.Base.Parquet, result.Parquet, whole)
	if err != nil {
		return fmt.Errorf("append rows: %w", err)
	}
	if rows != req.Base.Rows+result.RowsOut {
		return fmt.Errorf("append rows: %d and %d make %d", req.Base.Rows, result.RowsOut, rows)
	}
	result.RowsBefore, result.Parquet = req.Base.Rows, whole
	return nil
}
