package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"time"

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
	for _, c := range schema.Columns {
		f := figures{ctx: ctx, db: db, from: from, column: c, rows: p.Rows}
		one, err := f.all()
		if err != nil {
			return p, fmt.Errorf("profile column %q: %w", c.Name, err)
		}
		p.Columns = append(p.Columns, one)
	}
	return p, nil
}

// figures computes the profile of one column.
type figures struct {
	ctx    context.Context
	db     *sql.DB
	from   string
	column selection.Column
	rows   int64
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
		if p.Top, err = f.top(nil, ""); err != nil {
			return p, err
		}
	}
	b, ok := bucketsOf(f.column, p)
	if ok {
		p.Buckets, err = f.count(b, nil, "")
	}
	return p, err
}

// short cuts a text figure to what is shown.
func (f figures) short(expr string) string {
	if f.column.Type == selection.Text {
		return fmt.Sprintf("left(%s, %d)", expr, cutText)
	}
	return output(f.column, expr)
}

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
	v := f
	v.column.Name = "v"
	query := "SELECT " + v.short(quote("v")) + ", n FROM (SELECT v, count(*) AS n FROM (SELECT " + name + " AS v FROM " + f.from +
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

// buckets are equal steps over a column's range. Dates count in days, date-
// times in seconds, from 1970.
type buckets struct {
	low, step float64
	n         int
	column    selection.Column
}

// bucketsOf chooses round bounds that hold the column's values.
func bucketsOf(c selection.Column, p tabular.ColumnProfile) (buckets, bool) {
	low, ok1 := number(c, p.Min)
	high, ok2 := number(c, p.Max)
	if !ok1 || !ok2 || math.IsInf(high-low, 0) {
		return buckets{}, false
	}
	if low == high {
		return buckets{low: low, step: 1, n: 1, column: c}, true
	}
	step := roundStep(c, (high-low)/maxBuckets)
	first := math.Floor(low/step) * step
	n := int(math.Floor((high-first)/step)) + 1
	for n > maxBuckets {
		step *= 2
		first = math.Floor(low/step) * step
		n = int(math.Floor((high-first)/step)) + 1
	}
	return buckets{low: first, step: step, n: n, column: c}, true
}

// roundStep returns the next 1, 2 or 5 times a power of ten; whole units for
// integers and days; units of the clock for date-times.
func roundStep(c selection.Column, least float64) float64 {
	if c.Type == selection.DateTime {
		for _, s := range []float64{1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400} {
			if s >= least {
				return s
			}
		}
		return math.Ceil(least/86400) * 86400
	}
	if c.Type == selection.Integer || c.Type == selection.Date {
		least = math.Max(least, 1)
	}
	ten := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*ten >= least*(1-1e-12) {
			return m * ten
		}
	}
	return 10 * ten
}

// number places a figure of the profile on the axis of its column.
func number(c selection.Column, v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), c.Type == selection.Integer
	case float64:
		return v, c.Type.Numeric()
	case string:
		switch c.Type {
		case selection.Date:
			t, err := time.Parse(time.DateOnly, v)
			return float64(t.Unix()) / 86400, err == nil
		case selection.DateTime:
			t, err := time.Parse("2006-01-02T15:04:05.999999", v)
			return float64(t.UnixMicro()) / 1e6, err == nil
		case selection.Integer, selection.Decimal:
			n, err := strconv.ParseFloat(v, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// bound writes a place on the axis as the column's values are written.
func (b buckets) bound(x float64) any {
	switch b.column.Type {
	case selection.Integer:
		if math.Abs(x) < 1<<53 {
			return int64(math.Round(x))
		}
		return strconv.FormatFloat(x, 'f', 0, 64)
	case selection.Date:
		return time.Unix(int64(x)*86400, 0).UTC().Format(time.DateOnly)
	case selection.DateTime:
		return time.UnixMicro(int64(math.Round(x * 1e6))).UTC().Format("2006-01-02T15:04:05.999999")
	case selection.Decimal:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return x
}

// count fills the buckets; condition is SQL with args, or "".
func (f figures) count(b buckets, args []any, condition string) ([]tabular.Bucket, error) {
	all := make([]tabular.Bucket, b.n)
	for i := range all {
		low := math.Round((b.low+float64(i)*b.step)*1e9) / 1e9
		high := math.Round((b.low+float64(i+1)*b.step)*1e9) / 1e9
		all[i] = tabular.Bucket{Low: b.bound(low), High: b.bound(high)}
	}
	name := quote(f.column.Name)
	axis := map[selection.Type]string{selection.Date: "date_diff('day', DATE '1970-01-01', " + name + ")",
		selection.DateTime: "epoch_us(" + name + ") / 1e6"}[f.column.Type]
	if axis == "" {
		axis = "CAST(" + name + " AS DOUBLE)"
	}
	query := fmt.Sprintf("SELECT b, count(*) FROM (SELECT CAST(least(greatest(floor((%s - CAST(%s AS DOUBLE)) / CAST(%s AS DOUBLE) + 1e-9), 0), %d) AS BIGINT) AS b FROM %s WHERE %s IS NOT NULL",
		axis, exact(b.low), exact(b.step), b.n-1, f.from, name)
	if f.column.Type == selection.Number {
		query += " AND isfinite(" + name + ")"
	}
	rows, err := f.db.QueryContext(f.ctx, query+condition+") GROUP BY b", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	err = scanAll(rows, 2, func(row []any) error {
		all[row[0].(int64)].Rows = row[1].(int64)
		return nil
	})
	return all, err
}

func exact(x float64) string { return "'" + strconv.FormatFloat(x, 'g', -1, 64) + "'" }

// Histogram implements tabular.Reader.
func (r *reader) Histogram(ctx context.Context, where selection.Expr, column string, like tabular.ColumnProfile) (tabular.ColumnProfile, error) {
	ctx, cancel := context.WithTimeout(ctx, r.engine.options.Timeout)
	defer cancel()
	c, ok := r.table.Column(column)
	if !ok {
		return like, fmt.Errorf("histogram of unknown column %q", column)
	}
	f := figures{ctx: ctx, db: r.engine.db, from: r.from, column: c}
	f.column.Name = storedOf(r.table.Schema, c.Name)
	q := r.statement()
	condition := ""
	if where != nil {
		condition = " AND " + q.where(where)
	}
	p := like
	var err error
	if like.Top != nil {
		if p.Top, err = f.top(q.args, condition); err != nil {
			return like, told(ctx, err)
		}
	}
	if b, ok := bucketsOf(c, like); ok && like.Buckets != nil {
		if p.Buckets, err = f.count(b, q.args, condition); err != nil {
			return like, told(ctx, err)
		}
	}
	return p, nil
}
