package duckdb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Bulk makes the files for download of a table, but for Parquet, which is the
// canonical file itself, in folder dir, as far as they are in only. It
// runs in the worker process, in memory that does not grow with the table: the
// table is read once, in parts, and every format is written beside the others.
// It fails if the file does not hold t.Rows rows.
func Bulk(ctx context.Context, parquet string, t tabular.Table, dir string, only ...tabular.Format) ([]tabular.Bulk, error) {
	db, err := Loader{Dir: dir}.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	b := bulk{db: db, from: "read_parquet(" + text(parquet) + ", file_row_number=true)", table: t, dir: dir}
	var held int64
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+b.from).Scan(&held); err != nil {
		return nil, fmt.Errorf("count table: %w", err)
	}
	if held != t.Rows {
		return nil, fmt.Errorf("make files: the table holds %d rows, not %d", held, t.Rows)
	}
	all := slices.DeleteFunc(b.formats(), func(f *file) bool { return !slices.Contains(only, f.Format) })
	var wanted []*file
	for _, f := range all {
		if f.Refused == "" {
			wanted = append(wanted, f)
		}
	}
	if err := b.write(ctx, wanted); err != nil {
		return nil, err
	}
	made := make([]tabular.Bulk, len(all))
	for i, f := range all {
		made[i] = f.Bulk
	}
	return made, nil
}

// bulk makes the files of one table.
type bulk struct {
	db    *sql.DB
	from  string
	table tabular.Table
	dir   string
}

// file is one format under way.
type file struct {
	tabular.Bulk
	encode func(w io.Writer, each func(func([]any) error) error) error
	rows   chan [][]any
}

// formats returns the files that the table can have, those that cannot hold it
// refused.
func (b bulk) formats() []*file {
	columns := b.table.Columns
	object := func(buf []byte, row []any) []byte { return tabular.AppendObject(buf, columns, row) }
	type each = func(func([]any) error) error
	all := []*file{
		{Bulk: tabular.Bulk{Format: tabular.CSV}, encode: func(w io.Writer, each each) error { return encloseCSV(w, columns, each) }},
		{Bulk: tabular.Bulk{Format: tabular.XLSX, Refused: sheetRefuses(b.table.Rows, len(columns))},
			encode: func(w io.Writer, each each) error { return writeSheet(w, b.dir, columns, each) }},
		{Bulk: tabular.Bulk{Format: tabular.JSON}, encode: func(w io.Writer, each each) error { return enclose(w, "[\n", ",\n", "\n]\n", each, object) }},
		{Bulk: tabular.Bulk{Format: tabular.NDJSON}, encode: func(w io.Writer, each each) error { return enclose(w, "", "\n", "\n", each, object) }},
	}
	if b.table.Geometry != nil {
		all = append(all, &file{Bulk: tabular.Bulk{Format: tabular.GeoJSON},
			encode: func(w io.Writer, each each) error { return encloseGeoJSON(w, columns, *b.table.Geometry, each) }})
	}
	return all
}

// batch is how many rows are handed from the reader to the writers at once.
const batch = 1000

// write reads the table once and has every file written beside.
func (b bulk) write(ctx context.Context, files []*file) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var read error // set before the channels are closed
	var writers sync.WaitGroup
	errs := make([]error, len(files))
	for i, f := range files {
		f.rows = make(chan [][]any, 2)
		writers.Go(func() {
			err := f.write(b.dir, &read)
			if err != nil && !errors.Is(err, errNotRead) {
				errs[i] = fmt.Errorf("make %s: %w", f.Format, err)
				cancel()
			}
			for range f.rows { // nobody waits for a file that is given up
			}
		})
	}
	read = b.each(ctx, func(rows [][]any) {
		for _, f := range files {
			f.rows <- rows
		}
	})
	for _, f := range files {
		close(f.rows)
	}
	writers.Wait()
	if err := errors.Join(errs...); err != nil {
		return err // what was read is then cut short by us
	}
	return read
}

// errNotRead ends a file whose rows did not all arrive.
var errNotRead = errors.New("rows were not read")

// write encodes the rows that come. A file whose format cannot hold a cell is
// refused and removed.
func (f *file) write(dir string, read *error) error {
	path := filepath.Join(dir, "table."+string(f.Format))
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<20)
	err = f.encode(w, func(do func([]any) error) error {
		for rows := range f.rows {
			for _, row := range rows {
				if err := do(row); err != nil {
					return err
				}
			}
		}
		if *read != nil {
			return errNotRead
		}
		return nil
	})
	if errors.Is(err, errCellTooLong) {
		f.Refused = "tabular.cell_too_long_for_xlsx"
		return errors.Join(out.Close(), os.Remove(path))
	}
	if err := errors.Join(err, w.Flush()); err != nil {
		return errors.Join(err, out.Close())
	}
	info, err := out.Stat()
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	f.Path, f.Bytes = path, info.Size()
	return nil
}

// each hands over all rows in the order of the file, read in parts, since the
// driver holds a whole answer in memory (research/stack.md 1.5).
func (b bulk) each(ctx context.Context, do func(rows [][]any)) error {
	columns := b.table.Columns
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = output(c, quote(c.Name))
	}
	ends, err := b.parts(ctx)
	if err != nil {
		return fmt.Errorf("plan parts: %w", err)
	}
	from, seen := int64(0), int64(0)
	for _, end := range ends {
		q := &statement{}
		fmt.Fprintf(q, "SELECT %s FROM %s WHERE file_row_number >= %d AND file_row_number < %d ORDER BY file_row_number", strings.Join(list, ", "), b.from, from, end)
		var rows [][]any
		err := scanQuery(ctx, b.db, q, len(columns), func(row []any) error {
			if rows = append(rows, cellsOf(columns, row)); len(rows) == batch {
				do(rows)
				rows = make([][]any, 0, batch)
			}
			seen++
			return nil
		})
		if err != nil {
			return fmt.Errorf("read table: %w", err)
		}
		do(rows)
		from = end
	}
	if seen != b.table.Rows {
		return fmt.Errorf("read table: %d rows of %d", seen, b.table.Rows)
	}
	return nil
}

// Bounds of a part: rows are planned in blocks, and a part has no more text
// than that, unless a block alone has.
const (
	partBlock = 2048
	partBytes = 32 << 20
)

// parts returns where each part ends, so that none is larger in memory than it
// should be: never more than a row group, and less where texts are long.
func (b bulk) parts(ctx context.Context) (ends []int64, err error) {
	weight := []string{fmt.Sprintf("%d * count(*)", 16*len(b.table.Columns))}
	for _, c := range b.table.Columns {
		if c.Type == selection.Text {
			weight = append(weight, "coalesce(sum(strlen("+quote(c.Name)+")), 0)")
		}
	}
	q := &statement{}
	fmt.Fprintf(q, "SELECT CAST(%s AS BIGINT) FROM %s GROUP BY file_row_number // %d ORDER BY file_row_number // %d", strings.Join(weight, " + "), b.from, partBlock, partBlock)
	from, bytes, block := int64(0), int64(0), int64(0)
	err = scanQuery(ctx, b.db, q, 1, func(row []any) error {
		here := row[0].(int64)
		at := block * partBlock
		if at > from && (bytes+here > partBytes || at-from >= rowGroup) {
			ends, from, bytes = append(ends, at), at, 0
		}
		bytes += here
		block++
		return nil
	})
	if b.table.Rows > 0 {
		ends = append(ends, b.table.Rows)
	}
	return ends, err
}

// encloseGeoJSON writes a collection of features. Both coordinates must be
// among columns.
func encloseGeoJSON(w io.Writer, columns []selection.Column, g selection.Geometry, each func(func([]any) error) error) error {
	place := func(name string) int {
		return slices.IndexFunc(columns, func(c selection.Column) bool { return c.Name == name })
	}
	at := [2]int{place(g.Longitude), place(g.Latitude)}
	if at[0] < 0 || at[1] < 0 {
		return errors.New("a coordinate is not among the columns")
	}
	return enclose(w, `{"type":"FeatureCollection","features":[`+"\n", ",\n", "\n]}\n", each, func(b []byte, row []any) []byte {
		return tabular.AppendFeature(b, columns, row, at)
	})
}

// enclose writes rows between begin and end, with a mark between two.
func enclose(w io.Writer, begin, between, end string, each func(func([]any) error) error, add func([]byte, []any) []byte) error {
	buf := []byte(begin)
	first := true
	err := each(func(row []any) error {
		if !first {
			buf = append(buf, between...)
		}
		first = false
		if buf = add(buf, row); len(buf) < 64<<10 {
			return nil
		}
		_, err := w.Write(buf)
		buf = buf[:0]
		return err
	})
	if err != nil {
		return err
	}
	if first && begin == "" {
		end = "" // no rows: nothing, not an empty line
	}
	_, err = w.Write(append(buf, end...))
	return err
}
