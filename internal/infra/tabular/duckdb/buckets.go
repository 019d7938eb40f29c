package duckdb

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// grid is where bounds may lie: the multiples of unit × 10^exponent. Days count
// from 1970, instants in seconds from then.
type grid struct {
	unit     int64
	exponent int
}

func (g grid) step() float64 { return float64(g.unit) * math.Pow10(g.exponent) }

// at returns multiple k. It is read from decimal digits, so that 3 × 0.1 is
// 0.3.
func (g grid) at(k int64) float64 {
	x, _ := strconv.ParseFloat(fmt.Sprintf("%de%d", k*g.unit, g.exponent), 64)
	return x
}

// bucketsOf chooses round bounds that hold the column's values, in equal
// steps, for columns that have such an order and a value.
func bucketsOf(c selection.Column, p tabular.ColumnProfile) []tabular.Bucket {
	low, ok1 := number(c, p.Min)
	high, ok2 := number(c, p.Max)
	if !ok1 || !ok2 || math.IsInf(high-low, 0) {
		return nil
	}
	// Bounds nearer than the digits of a double could not be told apart.
	least := math.Max((high-low)/maxBuckets, math.Max(math.Abs(low), math.Abs(high))*1e-15)
	if low == high || least == 0 { // one value
		least = math.Max(1, math.Abs(low)/1e12)
	}
	g := roundGrid(c, least)
	first, n := g.cover(low, high)
	for n > maxBuckets { // the range lies across one bound too many
		g = roundGrid(c, g.step()*1.01)
		first, n = g.cover(low, high)
	}
	all := make([]tabular.Bucket, n)
	for i := range all {
		all[i] = tabular.Bucket{Low: bound(c, g, first+int64(i)), High: bound(c, g, first+int64(i)+1)}
	}
	return all
}

// cover returns the first multiple and the number of steps that hold low to
// high. The last step holds its upper bound.
func (g grid) cover(low, high float64) (first, n int64) {
	first = int64(math.Floor(low / g.step()))
	for g.at(first) > low {
		first--
	}
	for g.at(first+1) <= low {
		first++
	}
	n = max(1, int64(math.Ceil(high/g.step()))-first)
	for g.at(first+n) < high {
		n++
	}
	for n > 1 && g.at(first+n-1) >= high {
		n--
	}
	return first, n
}

// clockSteps are round lengths in seconds.
var clockSteps = []int64{1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400}

// roundGrid returns the next 1, 2 or 5 times a power of ten from least on;
// units of the clock for instants; never finer than the column's values.
func roundGrid(c selection.Column, least float64) grid {
	switch c.Type {
	case selection.DateTime:
		for _, s := range clockSteps {
			if float64(s) >= least {
				return grid{unit: s}
			}
		}
		days := roundGrid(selection.Column{Type: selection.Integer}, least/86400)
		return grid{unit: days.unit * 86400, exponent: days.exponent}
	case selection.Integer, selection.Date:
		least = math.Max(least, 1)
	case selection.Decimal:
		least = math.Max(least, math.Pow10(-c.Scale))
	}
	exponent := int(math.Floor(math.Log10(least)))
	for _, unit := range []int64{1, 2, 5} {
		if g := (grid{unit: unit, exponent: exponent}); g.step() >= least*(1-1e-12) {
			return g
		}
	}
	return grid{unit: 1, exponent: exponent + 1}
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

// bound writes multiple k of g as the column's values are written.
func bound(c selection.Column, g grid, k int64) any {
	switch c.Type {
	case selection.Date:
		return time.Unix(int64(g.at(k))*86400, 0).UTC().Format(time.DateOnly)
	case selection.DateTime:
		return time.Unix(int64(g.at(k)), 0).UTC().Format("2006-01-02T15:04:05")
	case selection.Integer, selection.Decimal:
		digits := new(big.Rat)
		digits.SetString(fmt.Sprintf("%de%d", k*g.unit, g.exponent))
		if c.Type == selection.Decimal {
			return digits.FloatString(min(c.Scale, max(0, -g.exponent)))
		}
		if n := digits.Num(); n.IsInt64() {
			return shown(n.Int64())
		}
		return map[int]string{-1: fmt.Sprint(math.MinInt64), 1: fmt.Sprint(math.MaxInt64)}[digits.Sign()]
	}
	return g.at(k)
}

// count fills the buckets in one reading, by the very bounds that they show;
// condition is SQL with args, or "". The outer bounds are open: they hold all
// values, and may lie beyond what the type can say.
func (f figures) count(buckets []tabular.Bucket, args []any, condition string) ([]tabular.Bucket, error) {
	if len(buckets) == 0 {
		return nil, nil
	}
	if all, ok, err := f.estimate(buckets, args, condition); ok || err != nil {
		return all, err
	}
	return f.compare(buckets, args, condition)
}

// compare counts by comparing values with bounds.
func (f figures) compare(buckets []tabular.Bucket, args []any, condition string) ([]tabular.Bucket, error) {
	name := quote(f.column.Name)
	q := &statement{}
	q.WriteString("SELECT k, count(*) FROM (SELECT ")
	bucketOf(q, f.column, name, buckets, 0)
	q.WriteString(" AS k FROM " + f.from + " WHERE " + name + " IS NOT NULL" + condition)
	if f.column.Type == selection.Number {
		q.WriteString(" AND isfinite(" + name + ")")
	}
	q.WriteString(") GROUP BY k")
	q.args = append(q.args, args...)
	all := emptied(buckets)
	err := scanQuery(f.ctx, f.db, q, 2, func(row []any) error {
		k, ok := row[0].(int32)
		if !ok || int(k) >= len(all) {
			return fmt.Errorf("count buckets: %v is none", row[0])
		}
		all[k].Rows = row[1].(int64)
		return nil
	})
	return all, err
}

func emptied(buckets []tabular.Bucket) []tabular.Bucket {
	all := append([]tabular.Bucket(nil), buckets...)
	for i := range all {
		all[i].Rows = 0
	}
	return all
}

// estimate counts numbers by arithmetic, in half the time, and makes sure of
// the answer by the least and the greatest value of each step: ok is false if
// one lies beyond its bounds, or is no number of any step.
func (f figures) estimate(buckets []tabular.Bucket, args []any, condition string) (all []tabular.Bucket, ok bool, err error) {
	const exact = 1 << 53 // up to there a double holds every integer
	low, isLow := number(f.column, buckets[0].Low)
	high, isHigh := number(f.column, buckets[len(buckets)-1].High)
	step := (high - low) / float64(len(buckets))
	if f.column.Type != selection.Number && f.column.Type != selection.Integer || !isLow || !isHigh || !(step > 0) || math.Abs(low) > exact || math.Abs(high) > exact {
		return nil, false, nil
	}
	name := quote(f.column.Name)
	q := &statement{args: append([]any{low, step}, args...)}
	q.WriteString("SELECT k, count(*), CAST(min(v) AS DOUBLE), CAST(max(v) AS DOUBLE) FROM (" +
		"SELECT v, TRY_CAST(floor((CAST(v AS DOUBLE) - CAST(? AS DOUBLE)) / CAST(? AS DOUBLE) + 1e-9) AS BIGINT) AS k" +
		" FROM (SELECT " + name + " AS v FROM " + f.from + " WHERE " + name + " IS NOT NULL" + condition + ")) GROUP BY k")
	all, ok = emptied(buckets), true
	last := int64(len(all) - 1)
	err = scanQuery(f.ctx, f.db, q, 4, func(row []any) error {
		k, is := row[0].(int64)
		least, isLeast := row[2].(float64)
		greatest, isGreatest := row[3].(float64)
		if ok = ok && is && isLeast && isGreatest; !ok {
			return nil
		}
		k = max(0, min(k, last))
		from, _ := number(f.column, all[k].Low)
		to, _ := number(f.column, all[k].High)
		ok = (k == 0 || least >= from) && (k == last || greatest < to)
		all[k].Rows += row[1].(int64)
		return nil
	})
	return all, ok && err == nil, err
}

// bucketOf writes the number of the bucket that holds a value, found by halves:
// each row is compared with as many bounds as it takes.
func bucketOf(q *statement, c selection.Column, name string, buckets []tabular.Bucket, first int) {
	if len(buckets) == 1 {
		q.WriteString(fmt.Sprintf("CAST(%d AS INTEGER)", first))
		return
	}
	half := len(buckets) / 2
	q.WriteString("CASE WHEN " + name + " < " + q.bind(c, boundText(buckets[half].Low)) + " THEN ")
	bucketOf(q, c, name, buckets[:half], first)
	q.WriteString(" ELSE ")
	bucketOf(q, c, name, buckets[half:], first+half)
	q.WriteString(" END")
}

// boundText returns a bound as its column reads it. Profiles that were stored
// as JSON give every number as float64.
func boundText(v any) string {
	if x, ok := v.(float64); ok {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// Histogram implements tabular.Reader. Buckets are those of like; the most
// frequent values are those of the rows let through.
func (r *reader) Histogram(ctx context.Context, where selection.Expr, column string, like tabular.ColumnProfile) (tabular.ColumnProfile, error) {
	ctx, cancel := r.engine.bounded(ctx)
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
			return like, r.told(ctx, err)
		}
	}
	if p.Buckets, err = f.count(like.Buckets, q.args, condition); err != nil {
		return like, r.told(ctx, err)
	}
	return p, nil
}
