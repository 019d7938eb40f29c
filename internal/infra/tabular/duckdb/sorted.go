package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// sorted has the engine sort s into a file and reads that by place. done
// removes the file.
func (r *reader) sorted(ctx context.Context, s selection.Select, columns []selection.Column) (next part, done func(), err error) {
	plain := make([]string, len(columns))
	list := make([]string, len(columns))
	for i, c := range columns {
		plain[i] = fmt.Sprintf("v%d", i)
		list[i] = plain[i]
		if bigSum(s, columns, i) {
			list[i] = "CAST(" + list[i] + " AS HUGEINT)"
		}
		list[i] = output(c, list[i])
	}
	path, rows, done, err := r.writeFile(ctx, s, columns, plain, maxPage)
	if err != nil {
		return nil, nil, err
	}
	from := int64(0)
	return func(ctx context.Context) (part [][]any, err error) {
		if from >= rows {
			return nil, nil
		}
		ctx, cancel := r.engine.bounded(ctx)
		defer cancel()
		q := r.statement()
		fmt.Fprintf(q, "SELECT %s FROM read_parquet(%s, file_row_number=true) WHERE file_row_number BETWEEN %d AND %d ORDER BY file_row_number",
			strings.Join(list, ", "), text(path), from, from+maxPage-1)
		err = r.scan(ctx, q, len(columns), func(row []any) error {
			part = append(part, cellsOf(columns, row))
			return nil
		})
		if err == nil && int64(len(part)) != min(maxPage, rows-from) {
			err = fmt.Errorf("read sorted rows: %d after %d of %d", len(part), from, rows)
		}
		from += maxPage
		return part, err
	}, done, nil
}

// exportParquet lets the engine write a file and sends that.
func (r *reader) exportParquet(ctx context.Context, s selection.Select, columns []selection.Column, w io.Writer) (n int64, err error) {
	named := make([]string, len(columns))
	for i, c := range columns {
		named[i] = c.Name
	}
	path, n, done, err := r.writeFile(ctx, s, columns, named, rowGroup)
	if err != nil {
		return 0, err
	}
	defer done()
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("open export: %w", err)
	}
	_, err = io.Copy(w, f)
	return n, errors.Join(err, f.Close())
}

// bigSum reports whether column i of the answer is a sum of integers, which
// may need more than 64 bits. Parquet holds it as a decimal of 38 digits.
func bigSum(s selection.Select, columns []selection.Column, i int) bool {
	i -= len(columns) - len(s.Aggregates)
	return i >= 0 && s.Aggregates[i].Function == selection.Sum && columns[i+len(columns)-len(s.Aggregates)].Type == selection.Integer
}

// writeFile has the engine write s, in its order, to a Parquet file of its
// own, and returns the number of rows. done removes the file.
func (r *reader) writeFile(ctx context.Context, s selection.Select, columns []selection.Column, names []string, group int) (path string, n int64, done func(), err error) {
	q := r.statement()
	fields := make([]string, len(columns))
	var keys []sortKey
	if s.Grouped() {
		_, keys = r.groups(q, s, columns)
		for i := range columns {
			fields[i] = fmt.Sprintf("f%d", i)
			if bigSum(s, columns, i) {
				fields[i] = "CAST(" + fields[i] + " AS DECIMAL(38,0))"
			}
		}
	} else {
		keys = r.keys(q, s.Order)
		q.WriteString(r.from + r.conditions(q, s, keys))
		for i, c := range columns {
			fields[i] = q.col(c.Name)
		}
		if r.natural(s.Order) {
			keys = nil
		}
	}
	// Names are given outside: within, one of the data's could stand for
	// another column in the order.
	outer := make([]string, len(columns))
	for i := range fields {
		fields[i] += fmt.Sprintf(" AS x%d", i)
		outer[i] = fmt.Sprintf("x%d AS %s", i, quote(names[i]))
	}
	q.begin("SELECT " + strings.Join(outer, ", ") + " FROM (SELECT " + strings.Join(fields, ", ") + " FROM ")
	q.WriteString(orderBy(keys))
	if s.Limit > 0 {
		fmt.Fprintf(q, " LIMIT %d", s.Limit)
	}
	dir, err := os.MkdirTemp(filepath.Join(r.engine.options.Dir, "tmp"), "export-")
	if err != nil {
		return "", 0, nil, fmt.Errorf("make folder: %w", err)
	}
	done = func() { os.RemoveAll(dir) }
	path = filepath.Join(dir, "rows.parquet")
	query := fmt.Sprintf("COPY (%s)) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)", q.String(), text(path), group)
	if err := r.engine.db.QueryRowContext(ctx, query, q.args...).Scan(&n); err != nil {
		done()
		return "", 0, nil, r.told(ctx, err)
	}
	return path, n, done, nil
}

var _ tabular.Reader = (*reader)(nil)
