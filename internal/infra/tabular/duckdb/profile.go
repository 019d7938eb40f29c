package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Bounds of a profile.
const (
	exactRows  = 1_000_000 // up to so many rows, distinct values are counted exactly
	topValues  = 10        // most frequent values kept
	topGroups  = 100_000   // with more distinct values, the most frequent say little
	maxBuckets = 20
	cutText    = 200 // characters of a text that are kept
)

// profile reads the table in from once per figure and column.
func profile(ctx context.Context, db *sql.DB, from string, schema selection.Schema) (p tabular.Profile, err error) {
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+from).Scan(&p.Rows); err != nil {
		return p, fmt.Errorf("count rows: %w", err)
	}
	if len(schema.Columns) > partColumns && p.Rows <= partRows {
		p.Columns, err = profileParts(ctx, db, from, schema.Columns, p.Rows)
	} else {
		p.Columns, err = profileColumns(ctx, db, from, schema.Columns, p.Rows)
	}
	return p, err
}

// A wide table is read in parts of so many columns, each into memory: every
// query of the file would read what it says of all of them.
const partColumns, partRows = 100, 100_000

func profileParts(ctx context.Context, db *sql.DB, from string, columns []selection.Column, rows int64) (all []tabular.ColumnProfile, err error) {
	for part := range slices.Chunk(columns, partColumns) {
		names := make([]string, len(part))
		for i, c := range part {
			names[i] = quote(c.Name)
		}
		if _, err := db.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE part AS SELECT "+strings.Join(names, ", ")+" FROM "+from); err != nil {
			return nil, fmt.Errorf("read columns: %w", err)
		}
		some, err := profileColumns(ctx, db, "part", part, rows)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if _, err := db.ExecContext(ctx, "DROP TABLE part"); err != nil {
		return nil, fmt.Errorf("drop columns: %w", err)
	}
	return all, nil
}

func profileColumns(ctx context.Context, db *sql.DB, from string, columns []selection.Column, rows int64) (all []tabular.ColumnProfile, err error) {
	for _, c := range columns {
		f := figures{ctx: ctx, db: db, from: from, column: c, rows: rows}
		one, err := f.all()
		if err != nil {
			return nil, fmt.Errorf("profile column %q: %w", c.Name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// figures computes the profile of one column.
type figures struct {
	ctx    context.Context
	db     *sql.DB
	from   string
	column selection.Column
	rows   int64
	whole  bool // no text is longer than what is shown
}

func (f figures) all() (p tabular.ColumnProfile, err error) {
	name := quote(f.column.Name)
	p.Name = f.column.Name
	distinct := "count(DISTINCT " + name + ")"
	if f.rows > exactRows {
		distinct, p.Approx = "approx_count_distinct("+name+")", true
	}
	low, high, mean, chars := f.short("min("+name+")"), f.short("max("+name+")"), "NULL", "0"
	if f.column.Type.Numeric() {
		mean = "avg(CAST(" + name + " AS DOUBLE))"
	}
	if f.column.Type == selection.Text {
		chars = "coalesce(max(length(" + name + ")), 0)"
	}
	var meanOf sql.NullFloat64
	var lowOf, highOf any
	err = f.db.QueryRowContext(f.ctx, "SELECT count(*) - count("+name+"), "+distinct+", "+low+", "+high+", "+mean+", CAST("+chars+" AS BIGINT) FROM "+f.from).
		Scan(&p.Nulls, &p.Distinct, &lowOf, &highOf, &meanOf, &p.MaxChars)
	if err != nil {
		return p, err
	}
	p.Min, p.Max = shown(cell(f.column, lowOf)), shown(cell(f.column, highOf))
	if meanOf.Valid && !math.IsNaN(meanOf.Float64) && !math.IsInf(meanOf.Float64, 0) {
		p.Mean = &meanOf.Float64
	}
	if p.Approx && p.Distinct > f.rows-p.Nulls {
		p.Distinct = f.rows - p.Nulls // an estimate may overshoot what is possible
	}
	if p.Distinct > 0 && p.Distinct <= topGroups && p.Distinct < f.rows-p.Nulls || p.Distinct > 0 && p.Distinct <= topValues {
		f.whole = p.MaxChars <= cutText
		if p.Top, err = f.top(nil, ""); err != nil {
			return p, err
		}
	}
	p.Buckets, err = f.count(bucketsOf(f.column, p), nil, "")
	return p, err
}

// cut shortens a text to what is shown.
func (f figures) cut(expr string) string {
	if f.column.Type == selection.Text && !f.whole {
		return fmt.Sprintf("left(%s, %d)", expr, cutText)
	}
	return expr
}

// short writes a figure as a cell, cut to what is shown.
func (f figures) short(expr string) string { return output(f.column, f.cut(expr)) }

// shown turns a cell into what stands in JSON.
func shown(v any) any {
	switch v := v.(type) {
	case int64:
		if v > 1<<53 || v < -1<<53 {
			return strconv.FormatInt(v, 10)
		}
	case tabular.Exact:
		return string(v)
	}
	return v
}

// top returns the most frequent values; condition is SQL with args, or "".
func (f figures) top(args []any, condition string) (all []tabular.ValueRows, err error) {
	name := quote(f.column.Name)
	// The inner query leaves one column of a known name: an alias beside the
	// table's own columns could be the name of one of them.
	query := "SELECT " + output(f.column, quote("v")) + ", n FROM (SELECT v, count(*) AS n FROM (SELECT " + f.cut(name) + " AS v FROM " + f.from +
		" WHERE " + name + " IS NOT NULL" + condition + ") GROUP BY v) ORDER BY n DESC, v" + fmt.Sprintf(" LIMIT %d", topValues)
	rows, err := f.db.QueryContext(f.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	err = scanAll(rows, 2, func(row []any) error {
		all = append(all, tabular.ValueRows{Value: shown(cell(f.column, row[0])), Rows: row[1].(int64)})
		return nil
	})
	return all, err
}
