package duckdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Export implements tabular.Reader. Rows come part by part, so that neither a
// slow reader nor a large answer holds memory or an engine: by place if they
// are wanted as they lie; otherwise they are sorted once, into a file.
//
// XLSX fails with problem.TooLarge if the format cannot hold the answer.
func (r *reader) Export(ctx context.Context, s selection.Select, f tabular.Format, w io.Writer) (n int64, err error) {
	columns := selection.Fields(s, r.table.Schema)
	if f == tabular.Parquet {
		return r.exportParquet(ctx, s, columns, w)
	}
	if f == tabular.XLSX {
		if err := r.fitsSheet(ctx, s, columns); err != nil {
			return 0, err
		}
	}
	next, done, err := r.source(ctx, s, columns)
	if err != nil {
		return 0, err
	}
	defer done()
	out := bufio.NewWriterSize(w, 64<<10)
	each := func(do func([]any) error) error {
		n, err = drain(ctx, next, do)
		return err
	}
	switch f {
	case tabular.NDJSON:
		err = enclose(out, "", "\n", "\n", each, func(b []byte, row []any) []byte { return tabular.AppendObject(b, columns, row) })
	case tabular.JSON:
		err = enclose(out, "[\n", ",\n", "\n]\n", each, func(b []byte, row []any) []byte { return tabular.AppendObject(b, columns, row) })
	case tabular.CSV:
		err = encloseCSV(out, columns, each)
	case tabular.GeoJSON:
		if r.table.Geometry == nil {
			return 0, errors.New("export as geojson: the table has no points")
		}
		err = encloseGeoJSON(out, columns, *r.table.Geometry, each)
	case tabular.XLSX:
		err = writeSheet(out, filepath.Join(r.engine.options.Dir, "tmp"), columns, each)
	default:
		return 0, fmt.Errorf("export as %s: not a format", f)
	}
	if errors.Is(err, errCellTooLong) {
		return n, problem.New(problem.TooLarge, "tabular.cell_too_long_for_xlsx")
	}
	if err != nil {
		return n, err
	}
	return n, out.Flush()
}

// fitsSheet fails with problem.TooLarge if a sheet cannot hold the answer.
func (r *reader) fitsSheet(ctx context.Context, s selection.Select, columns []selection.Column) error {
	rows, err := r.Total(ctx, s)
	if err != nil {
		return err
	}
	if s.Limit > 0 {
		rows = min(rows, int64(s.Limit))
	}
	if code := sheetRefuses(rows, len(columns)); code != "" {
		return problem.New(problem.TooLarge, code, "rows", rows)
	}
	return nil
}

// encloseCSV writes the header and the rows, each ended by LF.
func encloseCSV(w io.Writer, columns []selection.Column, each func(func([]any) error) error) error {
	head := tabular.AppendCSV(nil, names(columns))
	return enclose(w, string(head), "", "\n", each, func(b []byte, row []any) []byte { return tabular.AppendCSV(append(b, '\n'), row) })
}

func names(columns []selection.Column) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		all[i] = c.Name
	}
	return all
}

// part returns the next rows of an answer, or none at its end.
type part func(ctx context.Context) ([][]any, error)

// drain hands over each row of next, and has the following part read while the
// rows of one are written.
func drain(ctx context.Context, next part, do func([]any) error) (n int64, err error) {
	type answer struct {
		rows [][]any
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	parts := make(chan answer)
	go func() {
		defer close(parts)
		for {
			rows, err := next(ctx)
			select {
			case parts <- answer{rows, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || len(rows) == 0 {
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range parts { // the reader has ended when the channel is closed
		}
	}()
	for p := range parts {
		if p.err != nil {
			return n, p.err
		}
		for _, row := range p.rows {
			if err := do(row); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, ctx.Err()
}

// source returns the parts of s and what to do when they are no longer needed.
func (r *reader) source(ctx context.Context, s selection.Select, columns []selection.Column) (next part, done func(), err error) {
	if s.Grouped() || !r.natural(s.Order) {
		return r.sorted(ctx, s, columns)
	}
	left, ended := s.Limit, false
	return func(ctx context.Context) ([][]any, error) {
		if ended {
			return nil, nil
		}
		if s.Limit = maxPage; left > 0 {
			s.Limit = min(maxPage, left)
		}
		p, err := r.Page(ctx, s)
		if left > 0 {
			left -= len(p.Rows)
			ended = left == 0
		}
		s.After = p.Last
		ended = ended || p.Last == nil
		return p.Rows, err
	}, func() {}, nil
}
