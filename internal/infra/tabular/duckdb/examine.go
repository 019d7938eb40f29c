package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/tabular"
)

var _ tabular.Examiner = (*Engine)(nil)

// lying returns an instance of the engine for tables as they lie in their
// objects, with the bounds of the engine itself. Results may come in any
// order.
func (e *Engine) lying(ctx context.Context) (*sql.DB, error) {
	database.MustBeOutside(ctx)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("open engine: %w", err)
	}
	db.SetMaxOpenConns(1)
	for _, set := range append(e.options.bounds(), fmt.Sprintf("SET threads=%d", e.options.Connections), "SET preserve_insertion_order=false") {
		if _, err := db.ExecContext(ctx, set); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", set, err), db.Close())
		}
	}
	return db, nil
}

// scanOf returns the SQL name of the Parquet object of t.
func (e *Engine) scanOf(t tabular.Table, options string) (string, error) {
	path, err := e.options.Objects(t.Parquet)
	if err != nil {
		return "", fmt.Errorf("find table: %w", err)
	}
	return "read_parquet(" + text(path) + options + ")", nil
}

// Repeats implements tabular.Examiner. Rows are told apart by a hash of 64
// bits first, which takes a fraction of the memory; only those that share one
// are compared.
func (e *Engine) Repeats(ctx context.Context, t tabular.Table, columns []string, limit int) (r tabular.Rows, err error) {
	db, err := e.lying(ctx)
	if err != nil {
		return r, err
	}
	defer db.Close()
	from, err := e.scanOf(t, "")
	if err != nil {
		return r, err
	}
	kinds := columnsOf(t.Schema, columns)
	plain, list, named := make([]string, len(kinds)), make([]string, len(kinds)), make([]string, len(kinds))
	for i, c := range kinds {
		plain[i], named[i] = stored(i), quote(c.Name)+" AS "+stored(i)
		list[i] = output(c, stored(i))
	}
	all := strings.Join(plain, ", ")
	rows := "(SELECT " + strings.Join(named, ", ") + " FROM " + from + ")"
	row := "hash(" + all + ")"
	// The sum is a decimal to the engine.
	return listed(ctx, db, "SELECT "+strings.Join(list, ", ")+", n, CAST(sum(n - 1) OVER () AS BIGINT) FROM (SELECT "+all+", count(*) AS n FROM "+rows+
		" WHERE "+row+" IN (SELECT h FROM (SELECT "+row+" AS h FROM "+rows+") GROUP BY h HAVING count(*) > 1) GROUP BY "+all+" HAVING count(*) > 1)"+
		fmt.Sprintf(" ORDER BY n DESC, %s LIMIT %d", all, limit), kinds)
}

// Strangers implements tabular.Examiner.
func (e *Engine) Strangers(ctx context.Context, t tabular.Table, column string, known tabular.Table, among string, limit int) (r tabular.Rows, err error) {
	db, err := e.lying(ctx)
	if err != nil {
		return r, err
	}
	defer db.Close()
	here, err := e.scanOf(t, "")
	if err != nil {
		return r, err
	}
	there, err := e.scanOf(known, "")
	if err != nil {
		return r, err
	}
	cells := func(of tabular.Table, name, from string) string {
		c := columnsOf(of.Schema, []string{name})[0]
		return "(SELECT CAST(" + output(c, quote(name)) + " AS VARCHAR) AS v FROM " + from + " WHERE " + quote(name) + " IS NOT NULL)"
	}
	return listed(ctx, db, "SELECT v, n, CAST(sum(n) OVER () AS BIGINT) FROM (SELECT v, count(*) AS n FROM "+cells(t, column, here)+
		" WHERE v NOT IN (SELECT v FROM "+cells(known, among, there)+") GROUP BY v)"+
		fmt.Sprintf(" ORDER BY n DESC, v LIMIT %d", limit), []selection.Column{{Type: selection.Text}})
}

// columnsOf returns the columns of those names.
func columnsOf(s selection.Schema, names []string) []selection.Column {
	all := make([]selection.Column, len(names))
	for i, name := range names {
		c, ok := s.Column(name)
		if !ok {
			panic("duckdb: no column " + name)
		}
		all[i] = c
	}
	return all
}

// listed runs query, which gives the cells of columns, a count, and the total.
func listed(ctx context.Context, db *sql.DB, query string, columns []selection.Column) (r tabular.Rows, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return r, told(ctx, err)
	}
	defer rows.Close()
	n := len(columns)
	err = scanAll(rows, n+2, func(row []any) error {
		r.Total = row[n+1].(int64)
		cellsOf(columns, row[:n])
		r.First = append(r.First, row[:n+1:n+1])
		return nil
	})
	return r, told(ctx, err)
}

// The pieces of a run of digits, see tabular.Examiner.
const (
	aDigit   = `[0-9０-９]`
	between  = `[ \t\x{00A0}\x{3000}.．\-－‐–—−]{0,2}`
	enough   = aDigit + `(?:` + between + aDigit + `){10}`
	aRun     = `[A-Za-z_+＋]?` + aDigit + `(?:` + between + aDigit + `){10,}[A-Za-zＸｘ_]{0,2}`
	anOnline = `(?i)https?://[!-~]+`
)

// mayHold is the condition that the cell name has a run of digits: quick, and
// true of a few more.
func mayHold(c selection.Column, name string) string {
	if c.Type != selection.Text {
		return "(" + name + " NOT BETWEEN -9999999999 AND 9999999999)"
	}
	return "regexp_matches(" + name + ", " + text(enough) + ")"
}

// runs writes the runs of digits in the cell name as text; null if there are
// none.
func runs(c selection.Column, name string) string {
	cell := "CAST(" + name + " AS VARCHAR)"
	if c.Type == selection.Text {
		cell = "CASE WHEN contains(" + name + ", '://') THEN regexp_replace(" + name + ", " + text(anOnline) + ", ' ', 'g') ELSE " + name + " END"
	}
	return "CASE WHEN " + mayHold(c, name) + " THEN nullif(left(array_to_string(regexp_extract_all(" + cell + ", " + text(aRun) +
		fmt.Sprintf("), chr(10)), %d), '') END", tabular.MaxRuns)
}

// Bounds of one query of Digits: the driver holds its whole answer.
const (
	digitColumns = 100
	digitBytes   = 128 << 20
	digitRows    = 8 * rowGroup
)

// Digits implements tabular.Examiner. The table is read in parts, so that the
// answer to one of them is small even if every cell is one.
func (e *Engine) Digits(ctx context.Context, t tabular.Table, columns []string, each func(column int, runs string) error) error {
	db, err := e.lying(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	from, err := e.scanOf(t, ", file_row_number=true")
	if err != nil {
		return err
	}
	first := 0
	for part := range slices.Chunk(columnsOf(t.Schema, columns), digitColumns) {
		list, may := make([]string, len(part)), make([]string, len(part))
		for i, c := range part {
			list[i], may[i] = runs(c, quote(c.Name))+" AS "+stored(i), mayHold(c, quote(c.Name))
		}
		size, err := digitPart(ctx, db, from, part, digitBytes)
		if err != nil {
			return told(ctx, err)
		}
		for row := int64(0); row < t.Rows; row += size {
			query := fmt.Sprintf("SELECT %s FROM %s WHERE file_row_number BETWEEN %d AND %d AND (%s)",
				strings.Join(list, ", "), from, row, row+size-1, strings.Join(may, " OR "))
			if err := digits(ctx, db, query, first, len(part), each); err != nil {
				return told(ctx, err)
			}
		}
		first += len(part)
	}
	return nil
}

// digitPart returns how many rows may be asked for at once, by the longest
// text of each column, if their texts may take so many bytes.
func digitPart(ctx context.Context, db *sql.DB, from string, columns []selection.Column, bytes int64) (int64, error) {
	var widest []string
	for _, c := range columns {
		if c.Type == selection.Text {
			widest = append(widest, fmt.Sprintf("least(coalesce(max(strlen(%s)), 0), %d)", quote(c.Name), 3*tabular.MaxRuns))
		}
	}
	width := int64(64 * len(columns))
	if len(widest) > 0 {
		var texts int64
		if err := db.QueryRowContext(ctx, "SELECT CAST("+strings.Join(widest, " + ")+" AS BIGINT) FROM "+from).Scan(&texts); err != nil {
			return 0, err
		}
		width += texts
	}
	return max(1, min(digitRows, bytes/width)), nil
}

func digits(ctx context.Context, db *sql.DB, query string, first, width int, each func(column int, runs string) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	cells, into := make([]sql.NullString, width), make([]any, width)
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range cells {
			if !c.Valid {
				continue
			}
			if err := each(first+i, c.String); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}
