package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// matchBytes bounds one query of Matching: the engine holds its groups, and
// the driver its answer.
const matchBytes = 32 << 20

// shortRows is how many rows of a column of short texts are asked for at once,
// at least: texts of up to about 1,000 bytes.
const shortRows = matchBytes / 1024

// Matching implements tabular.Examiner. Each column is read by itself and in
// parts, as [Engine.Digits] reads: what repeats within a part is handed over
// once, and the answer to one query is small even if every cell is another.
func (e *Engine) Matching(ctx context.Context, t tabular.Table, columns []string, pattern string, each func(column int, cell string, times int64) error) error {
	db, err := e.lying(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	from, err := e.scanOf(t, ", file_row_number=true")
	if err != nil {
		return err
	}
	for i, c := range columnsOf(t.Schema, columns) {
		size, err := digitPart(ctx, db, from, []selection.Column{c}, matchBytes)
		if err != nil {
			return told(ctx, err)
		}
		times, group := "count(*)", " GROUP BY v"
		if size < shortRows { // long texts hardly repeat, and groups of them take much memory
			times, group = "1", ""
		}
		for row := int64(0); row < t.Rows; row += size {
			query := fmt.Sprintf("SELECT v, %s FROM (SELECT left(CAST(%s AS VARCHAR), %d) AS v FROM %s WHERE file_row_number BETWEEN %d AND %d) WHERE regexp_matches(v, %s)%s",
				times, quote(c.Name), tabular.MaxRuns, from, row, row+size-1, text(pattern), group)
			if err := matching(ctx, db, query, i, each); err != nil {
				return told(ctx, err)
			}
		}
	}
	return nil
}

func matching(ctx context.Context, db *sql.DB, query string, column int, each func(column int, cell string, times int64) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var cell string
		var times int64
		if err := rows.Scan(&cell, &times); err != nil {
			return err
		}
		if err := each(column, cell, times); err != nil {
			return err
		}
	}
	return rows.Err()
}
