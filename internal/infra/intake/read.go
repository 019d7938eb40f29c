package intake

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
	// fails if it did not get as many rows, and returns their number.
	Load(ctx context.Context, csv io.Reader, schema selection.Schema, wantRows func() int64, parquetPath string) (int64, error)
	// Profile reads the file that Load wrote.
	Profile(ctx context.Context, parquetPath string, schema selection.Schema) (tabular.Profile, error)
}

// Read reads one file in this process: first to learn how, unless req has a
// recipe, then to convert it. It fails with a problem that names the line, the
// format or every difference from the recipe; nothing is changed silently:
// what does not fit is set aside and counted. Articles 9(3), 16(1).
//
// Cells of text are kept as they are, blanks included; an empty one is null,
// in quotes or not. In other columns blanks around a cell do not count, and
// NA, N/A, NaN, null, NULL, -, — and / are null too.
func Read(ctx context.Context, req Request, loader Loader) (Result, error) {
	f, err := os.Open(req.Path)
	if err != nil {
		return Result{}, fmt.Errorf("open upload: %w", err)
	}
	defer f.Close()
	r, err := sniff(f)
	if err != nil {
		return Result{}, err
	}
	if req.Recipe != nil {
		if err := checkRecipe(*req.Recipe); err != nil {
			return Result{}, err
		}
	}
	form, err := r.look(ctx, f, req.Recipe)
	if err != nil {
		return Result{}, err
	}
	if req.Recipe == nil {
		form, err = guess(ctx, r, f, form)
	} else {
		form.Version, form.HeaderRows, form.Columns = req.Recipe.Version, req.Recipe.HeaderRows, req.Recipe.Columns
		err = compare(r, f, form)
	}
	if err != nil {
		return Result{}, err
	}
	return load(ctx, r, f, form, req.Dir, loader)
}

// compare holds the first record of the file against the recipe.
func compare(r reader, f *os.File, form Recipe) error {
	pass, err := r.open(f, form)
	if err != nil {
		return err
	}
	var first row
	switch err := pass.next(&first); {
	case err == io.EOF:
		return problem.New(problem.Invalid, "intake.empty")
	case err != nil:
		return err
	case first.code != "":
		return problem.New(problem.Invalid, "intake.header_unreadable", "line", first.line)
	case form.HeaderRows == 0 && r.padded():
		return nil
	}
	var names []string
	for _, cell := range first.fields {
		names = append(names, string(cell))
	}
	for r.padded() && len(names) < len(form.Columns) {
		names = append(names, "")
	}
	return form.fits(names)
}

// load is the second pass: it converts every record and streams the clean ones
// into the loader.
func load(ctx context.Context, r reader, f *os.File, form Recipe, dir string, loader Loader) (Result, error) {
	result := Result{Recipe: form, Parquet: filepath.Join(dir, "table.parquet")}
	aside, err := newShelf(filepath.Join(dir, "set_aside.ndjson"))
	if err != nil {
		return Result{}, err
	}
	defer aside.close()
	pass, err := r.open(f, form)
	if err != nil {
		return Result{}, err
	}
	c := &conversion{form: form, padded: r.padded(), aside: aside, places: places(form.Columns)}
	loaded, err := c.stream(ctx, pass, loader, result)
	if err != nil {
		return Result{}, err
	}
	if loaded != c.out || c.in != c.out+c.aside.rows {
		return Result{}, fmt.Errorf("load table: %d rows in, %d out, %d set aside, %d loaded", c.in, c.out, c.aside.rows, loaded)
	}
	if err := aside.close(); err != nil {
		return Result{}, err
	}
	result.RowsIn, result.RowsOut = c.in, c.out
	result.RowsSetAside, result.CellsSetAside, result.SetAside = aside.rows, aside.cells, aside.path
	result.Geometry = geometry(c.places)
	result.Profile, err = loader.Profile(ctx, result.Parquet, result.Schema())
	if err != nil {
		return Result{}, fmt.Errorf("profile table: %w", err)
	}
	return result, nil
}

// conversion is the state of the second pass.
type conversion struct {
	form    Recipe
	padded  bool
	aside   *shelf
	places  []*place
	in, out int64
	line    []byte
	misfits []SetAside // of the present record
}

// stream runs the loader beside the conversion and waits for both.
func (c *conversion) stream(ctx context.Context, pass rows, loader Loader, result Result) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	read, write := io.Pipe()
	type answer struct {
		rows int64
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		rows, err := loader.Load(ctx, read, result.Schema(), func() int64 { return c.out }, result.Parquet)
		if err != nil {
			read.CloseWithError(err)
		} else {
			read.CloseWithError(io.ErrClosedPipe)
		}
		done <- answer{rows, err}
	}()
	err := c.all(ctx, pass, write)
	write.CloseWithError(err) // nil becomes io.EOF
	a := <-done
	switch {
	case err != nil && (a.err == nil || !errors.Is(err, a.err)):
		return 0, err
	case a.err != nil:
		return 0, fmt.Errorf("load table: %w", a.err)
	}
	return a.rows, nil
}

// all converts every record and writes the rows in large pieces.
func (c *conversion) all(ctx context.Context, pass rows, w io.Writer) error {
	var r row
	if c.form.HeaderRows > 0 {
		if err := pass.next(&r); err != nil {
			return fmt.Errorf("read header again: %w", err)
		}
	}
	for {
		err := pass.next(&r)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		c.in++
		if err := c.record(r); err != nil {
			return err
		}
		if len(c.line) < blockSize {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := w.Write(c.line); err != nil {
			return err
		}
		c.line = c.line[:0]
	}
	_, err := w.Write(c.line)
	return err
}

// record adds one record to c.line, or sets it aside.
func (c *conversion) record(r row) error {
	width := len(c.form.Columns)
	code := r.code
	if code == "" && (len(r.fields) != width || blankTail(r.fields[width-1:]) > 0) {
		switch used := len(r.fields) - blankTail(r.fields); {
		case used == 0:
			code = "intake.empty_row"
		case used > width || len(r.fields) < width && !c.padded:
			code = "intake.wrong_field_count"
		}
	}
	if code != "" {
		return c.aside.row(SetAside{Row: c.in, Line: r.line, Text: r.text(), Code: code})
	}
	c.misfits = c.misfits[:0]
	for i := range c.form.Columns {
		if i > 0 {
			c.line = append(c.line, ',')
		}
		if i >= len(r.fields) {
			continue
		}
		from := len(c.line)
		column := &c.form.Columns[i]
		if c.line, code = column.convert(c.line, r.fields[i]); code != "" {
			c.misfits = append(c.misfits, SetAside{Row: c.in, Line: r.line, Column: column.Name, Text: string(r.fields[i]), Code: code})
		}
		if p := c.places[i]; p != nil {
			p.add(c.line[from:])
		}
	}
	c.line = append(c.line, '\n')
	c.out++
	return c.aside.put(c.misfits)
}
