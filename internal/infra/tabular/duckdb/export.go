package duckdb

import (
	"bufio"
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

// exportPage is how many rows of an export are in memory at once.
const exportPage = 10_000

// Export implements tabular.Reader. Rows come page by page, by key, so that
// neither a slow reader nor a large answer holds memory or an engine.
func (r *reader) Export(ctx context.Context, s selection.Select, f tabular.Format, w io.Writer) (n int64, err error) {
	columns := selection.Fields(s, r.table.Schema)
	if f == tabular.Parquet {
		return r.exportParquet(ctx, s, columns, w)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	each := func(do func([]any) error) error {
		n, err = r.pages(ctx, s, do)
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
		err = r.exportGeoJSON(out, columns, each)
	default:
		return 0, fmt.Errorf("export as %s: not a format of exports", f)
	}
	if err != nil {
		return n, err
	}
	return n, out.Flush()
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

// exportGeoJSON writes features. The two coordinates are asked for beside the
// columns that the reader wants.
func (r *reader) exportGeoJSON(out io.Writer, columns []selection.Column, each func(func([]any) error) error) error {
	at := pointAt(columns, *r.table.Geometry)
	for i, name := range []string{r.table.Geometry.Longitude, r.table.Geometry.Latitude} {
		if columns[at[i]].Name != name {
			return fmt.Errorf("export as geojson: column %q is not among those asked for", name)
		}
	}
	return enclose(out, `{"type":"FeatureCollection","features":[`+"\n", ",\n", "\n]}\n", each, func(b []byte, row []any) []byte {
		return tabular.AppendFeature(b, columns, row, at)
	})
}

// pages walks through s and hands over each row.
func (r *reader) pages(ctx context.Context, s selection.Select, do func([]any) error) (n int64, err error) {
	limit := int64(s.Limit)
	for {
		s.Limit = exportPage
		if limit > 0 {
			s.Limit = int(min(exportPage, limit-n))
		}
		p, err := r.Page(ctx, s)
		if err != nil {
			return n, err
		}
		for _, row := range p.Rows {
			if err := do(row); err != nil {
				return n, err
			}
			n++
		}
		if p.Last == nil || limit > 0 && n >= limit {
			return n, nil
		}
		s.After = p.Last
	}
}

// exportParquet lets the engine write a file and sends that.
func (r *reader) exportParquet(ctx context.Context, s selection.Select, columns []selection.Column, w io.Writer) (n int64, err error) {
	dir, err := os.MkdirTemp(filepath.Join(r.engine.options.Dir, "tmp"), "export-")
	if err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	q := r.statement()
	keys := r.build(q, s, columns)
	q.WriteString(orderBy(keys))
	if s.Limit > 0 {
		fmt.Fprintf(q, " LIMIT %d", s.Limit)
	}
	path := filepath.Join(dir, "rows.parquet")
	// The query selects its cells and then its keys; the file wants the native
	// columns only, so they are selected again by place.
	list := make([]string, len(columns))
	place := make([]string, len(columns)+len(keys))
	for i := range place {
		place[i] = fmt.Sprintf("v%d", i)
	}
	for i, c := range columns {
		list[i] = "CAST(v" + fmt.Sprint(i) + " AS " + native(c) + ") AS " + quote(c.Name)
	}
	query := "SELECT " + strings.Join(list, ", ") + " FROM (" + q.String() + ") AS rows(" + strings.Join(place, ", ") + ")"
	if err := r.engine.db.QueryRowContext(ctx, "COPY ("+query+") TO "+text(path)+" (FORMAT parquet, COMPRESSION zstd)", q.args...).Scan(&n); err != nil {
		return 0, told(ctx, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("open export: %w", err)
	}
	_, err = io.Copy(w, f)
	return n, errors.Join(err, f.Close())
}
