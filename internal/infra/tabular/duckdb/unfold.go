package duckdb

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Unfold implements intake.Loader: it writes the rows of a Parquet file that
// somebody sent as CSV without a header, commas, LF, text in quotes where
// needed, null and the empty text as nothing. Lists, maps and structures become
// JSON, bytes hexadecimal digits, instants the time of day in China (UTC+8, in
// use for all of the country since 1992). With more than most columns nothing
// is written. It fails when the CSV grows beyond limit bytes.
func (l Loader) Unfold(ctx context.Context, parquet, csv string, most int, limit int64) ([]selection.Column, error) {
	db, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	from := "read_parquet(" + text(parquet) + ")"
	rows, err := db.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+from+")")
	if err != nil {
		return nil, fmt.Errorf("describe Parquet: %w", err)
	}
	defer rows.Close()
	var columns []selection.Column
	var cells []string
	for rows.Next() {
		var name, native string
		if err := rows.Scan(&name, &native); err != nil {
			return nil, fmt.Errorf("describe Parquet: %w", err)
		}
		c, cell := unfolded(name, native)
		columns, cells = append(columns, c), append(cells, cell)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("describe Parquet: %w", err)
	}
	if len(columns) > most {
		return columns, nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go watchSize(ctx, csv, limit, stop)
	_, err = db.ExecContext(ctx, "COPY (SELECT "+strings.Join(cells, ", ")+" FROM "+from+") TO "+text(csv)+
		" (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '')")
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("read Parquet: %w", err)
	}
	return columns, nil
}

// watchSize stops the work when a file has grown too large.
func watchSize(ctx context.Context, path string, limit int64, stop context.CancelCauseFunc) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if info, err := os.Stat(path); err == nil && info.Size() > limit {
				stop(tabular.ErrTooLarge)
				return
			}
		}
	}
}

// unfolded returns the column that a Parquet column becomes, and its cell as
// SQL.
func unfolded(name, native string) (c selection.Column, cell string) {
	c = selection.Column{Name: name, Type: selection.Text}
	column := quote(name)
	words := "CAST(" + column + " AS VARCHAR)"
	switch {
	case strings.HasSuffix(native, "]") || strings.HasPrefix(native, "STRUCT(") || strings.HasPrefix(native, "MAP(") || strings.HasPrefix(native, "UNION("):
		return c, "CAST(to_json(" + column + ") AS VARCHAR)"
	case native == "BLOB" || strings.HasPrefix(native, "GEOMETRY"):
		return c, "CASE WHEN " + column + " IS NOT NULL THEN hex(CAST(" + column + " AS BLOB)) END"
	case native == "BOOLEAN":
		c.Type = selection.Boolean
	case native == "TINYINT" || native == "SMALLINT" || native == "INTEGER" || native == "BIGINT" || native == "UTINYINT" || native == "USMALLINT" || native == "UINTEGER":
		c.Type = selection.Integer
	case native == "UBIGINT" || native == "HUGEINT" || native == "UHUGEINT":
		c.Type = selection.Decimal
	case native == "FLOAT" || native == "DOUBLE":
		c.Type = selection.Number
		return c, "CASE WHEN NOT isnan(" + column + ") THEN " + words + " END"
	case strings.HasPrefix(native, "DECIMAL("):
		var digits int
		if _, err := fmt.Sscanf(native, "DECIMAL(%d,%d)", &digits, &c.Scale); err != nil {
			return c, words // as text, which loses nothing
		}
		c.Type = selection.Decimal
	case native == "DATE":
		c.Type = selection.Date
	case native == "TIMESTAMP WITH TIME ZONE":
		c.Type = selection.DateTime
		return c, "CAST(make_timestamp(epoch_us(" + column + ") + 28800000000) AS VARCHAR)"
	case strings.HasPrefix(native, "TIMESTAMP"):
		c.Type = selection.DateTime
		return c, "CAST(CAST(" + column + " AS TIMESTAMP) AS VARCHAR)"
	}
	return c, words
}
