package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/duckdb/duckdb-go/v2"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// reader implements tabular.Reader.
type reader struct {
	engine *Engine
	table  tabular.Table
	copy   *served
	from   string // SQL name of the table
	closed atomic.Bool
}

// Close implements tabular.Reader.
func (r *reader) Close() error {
	if r.closed.CompareAndSwap(false, true) {
		r.engine.release(r.copy)
	}
	return nil
}

func (r *reader) statement() *statement {
	return &statement{geometry: r.table.Geometry, schema: r.table.Schema}
}

// maxPage is the most rows that a page holds.
const maxPage = 10_000

// Page implements tabular.Reader.
func (r *reader) Page(ctx context.Context, s selection.Select) (p tabular.Page, err error) {
	if s.Limit < 1 || s.Limit > maxPage {
		return p, fmt.Errorf("page of %d rows: must be 1 to %d", s.Limit, maxPage)
	}
	ctx, cancel := r.engine.bounded(ctx)
	defer cancel()
	p.Columns = selection.Fields(s, r.table.Schema)
	q := r.statement()
	var keys []sortKey
	if s.Grouped() {
		var fields []string
		fields, keys = r.groups(q, s, p.Columns)
		q.begin("SELECT " + strings.Join(append(fields, outputs(keys)...), ", ") + " FROM ")
		fmt.Fprintf(q, "%s LIMIT %d", orderBy(keys), s.Limit+1)
	} else {
		keys = r.rows(q, s, p.Columns)
	}
	cells := len(p.Columns)
	more := false
	var last []any
	err = r.scan(ctx, q, cells+len(keys), func(row []any) error {
		if len(p.Rows) == s.Limit {
			more = true
			return nil
		}
		p.Rows = append(p.Rows, cellsOf(p.Columns, row[:cells:cells]))
		last = row[cells:]
		if !s.Grouped() {
			p.Numbers = append(p.Numbers, row[len(row)-1].(int64))
		}
		return nil
	})
	if more {
		p.Last = place(keys, last)
	}
	return p, err
}

// natural reports whether order is that in which the rows lie.
func (r *reader) natural(order []selection.Order) bool {
	for i, o := range order {
		if i >= len(r.table.Key) || o.Column != r.table.Key[i] || o.Descending {
			return false
		}
	}
	return true
}

// rows writes the query of a page of rows and one more, and returns the keys
// of its total order, which it selects behind the cells.
//
// In the natural order the rows come as they lie, since the engine has one
// thread, and reading ends at the limit. In another order the rows are found
// first, by their keys alone, and only those of the page are read whole:
// measured, this takes a fifteenth of the time.
func (r *reader) rows(q *statement, s selection.Select, columns []selection.Column) []sortKey {
	keys := r.keys(q, s.Order)
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = output(c, q.col(c.Name))
	}
	q.WriteString("SELECT " + strings.Join(append(list, outputs(keys)...), ", ") + " FROM " + r.from)
	limit := fmt.Sprintf(" LIMIT %d", s.Limit+1)
	if r.natural(s.Order) {
		if s.After != nil {
			s.After = s.After[len(keys)-1:]
		}
		q.WriteString(r.conditions(q, s, keys[len(keys)-1:]) + limit)
		return keys
	}
	q.WriteString(" WHERE rowid IN (SELECT rowid FROM " + r.from + r.conditions(q, s, keys) + orderBy(keys) + limit + ")" + orderBy(keys))
	return keys
}

// keys are the columns of the order, then the row's place.
func (r *reader) keys(q *statement, order []selection.Order) (keys []sortKey) {
	for _, o := range order {
		c, _ := r.table.Column(o.Column)
		keys = append(keys, sortKey{expr: q.col(c.Name), column: c, descending: o.Descending})
	}
	return append(keys, sortKey{expr: rowid, column: selection.Column{Type: selection.Integer}})
}

// conditions returns the clause for the filter and the place of s.
func (r *reader) conditions(q *statement, s selection.Select, keys []sortKey) string {
	var all []string
	if s.Where != nil {
		all = append(all, q.where(s.Where))
	}
	if s.After != nil {
		all = append(all, q.after(keys, s.After))
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

func outputs(keys []sortKey) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = output(k.column, k.expr)
	}
	return all
}

// groups writes the groups as a table of their own, so that a place in them is
// a condition like any other. It returns the fields that the answer selects
// from it, which are called f0, f1, …, and the keys of the total order. Figures
// of the whole table are one row and need no key.
func (r *reader) groups(q *statement, s selection.Select, columns []selection.Column) (fields []string, keys []sortKey) {
	place := map[string]sortKey{}
	var inner, names []string
	for i, c := range columns {
		k := sortKey{expr: fmt.Sprintf("f%d", i), column: c, native: native(c)}
		expr := ""
		if i < len(s.Group) {
			expr = q.col(c.Name)
			names = append(names, expr)
		} else {
			a := s.Aggregates[i-len(s.Group)]
			expr, k.native = q.aggregate(a, c), wide(a, c)
		}
		inner = append(inner, expr+" AS "+k.expr)
		fields = append(fields, output(c, k.expr))
		if _, known := place[c.Name]; !known { // a column may be called like an aggregate: groups come first
			place[c.Name] = k
		}
	}
	for _, o := range s.Order {
		k := place[o.Column]
		k.descending = o.Descending
		keys = append(keys, k)
	}
	for _, g := range s.Group {
		keys = append(keys, place[g])
	}
	q.WriteString("(SELECT " + strings.Join(inner, ", ") + " FROM " + r.from + r.conditions(q, selection.Select{Where: s.Where}, nil))
	if len(names) > 0 {
		q.WriteString(" GROUP BY " + strings.Join(names, ", "))
	}
	q.WriteString(") AS groups" + r.conditions(q, selection.Select{After: s.After}, keys))
	return fields, keys
}

// Total implements tabular.Reader.
func (r *reader) Total(ctx context.Context, s selection.Select) (n int64, err error) {
	ctx, cancel := r.engine.bounded(ctx)
	defer cancel()
	q := r.statement()
	s.Order, s.After = nil, nil
	if s.Grouped() {
		r.groups(q, s, selection.Fields(s, r.table.Schema))
	} else {
		q.WriteString(r.from + r.conditions(q, s, nil))
	}
	q.begin("SELECT count(*) FROM ")
	err = r.scan(ctx, q, 1, func(row []any) error {
		n = row[0].(int64)
		return nil
	})
	return n, err
}

// scan runs q and hands over its rows, whose slice may be kept.
func (r *reader) scan(ctx context.Context, q *statement, width int, each func(row []any) error) error {
	return r.told(ctx, scanQuery(ctx, r.engine.db, q, width, each))
}

func scanQuery(ctx context.Context, db *sql.DB, q *statement, width int, each func(row []any) error) error {
	rows, err := db.QueryContext(ctx, q.String(), q.args...)
	if err != nil {
		return err
	}
	return errors.Join(scanAll(rows, width, each), rows.Close())
}

func scanAll(rows *sql.Rows, width int, each func(row []any) error) error {
	into := make([]any, width)
	for rows.Next() {
		row := make([]any, width)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// errTooLong ends a query that is over its time.
var errTooLong = errors.New("query over its time")

// bounded returns a context for one query.
func (e *Engine) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, e.options.Timeout, errTooLong)
}

// told turns the limits of time and memory into the problem that a reader can
// act on. No row of the query may be open: a damaged copy is closed.
func (r *reader) told(ctx context.Context, err error) error {
	if damaged(err) {
		r.engine.condemn(ctx, r.copy)
	}
	return told(ctx, err)
}

func told(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(context.Cause(ctx), errTooLong), outOfMemory(err):
		return problem.New(problem.Exhausted, "tabular.too_heavy")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("query table: %w", err)
}

func outOfMemory(err error) bool {
	e, ok := errors.AsType[*duckdb.Error](err)
	return ok && e.Type == duckdb.ErrorTypeOutOfMemory
}

// cellsOf turns what the driver returns into cells, in place.
func cellsOf(columns []selection.Column, row []any) []any {
	for i, v := range row {
		row[i] = cell(columns[i], v)
	}
	return row
}

func cell(c selection.Column, v any) any {
	switch v := v.(type) {
	case string:
		if c.Type == selection.Decimal {
			return tabular.Exact(v)
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
		return tabular.Exact(v.String())
	}
	return v
}

// place turns the order values of a row into a cursor's key.
func place(keys []sortKey, row []any) []any {
	all := make([]any, len(row))
	for i, v := range row {
		switch v := cell(keys[i].column, v).(type) {
		case int64:
			all[i] = json.Number(strconv.FormatInt(v, 10))
		case float64:
			all[i] = json.Number(strconv.FormatFloat(v, 'g', -1, 64))
		case tabular.Exact:
			all[i] = json.Number(v)
		default:
			all[i] = v
		}
	}
	return all
}
