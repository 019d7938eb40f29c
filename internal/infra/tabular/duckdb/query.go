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

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// reader implements tabular.Reader.
type reader struct {
	engine *Engine
	table  tabular.Table
	name   string // of the serving copy
	from   string // SQL name of the table
	closed bool
}

// Close implements tabular.Reader.
func (r *reader) Close() error {
	if !r.closed {
		r.closed = true
		r.engine.release(r.name)
	}
	return nil
}

func (r *reader) statement() *statement {
	return &statement{geometry: r.table.Geometry, schema: r.table.Schema}
}

// Page implements tabular.Reader.
func (r *reader) Page(ctx context.Context, s selection.Select) (p tabular.Page, err error) {
	if s.Limit < 1 || s.Limit > 10_000 {
		return p, fmt.Errorf("page of %d rows: must be 1 to 10,000", s.Limit)
	}
	ctx, cancel := context.WithTimeout(ctx, r.engine.options.Timeout)
	defer cancel()
	p.Columns = selection.Fields(s, r.table.Schema)
	q := r.statement()
	keys := r.build(q, s, p.Columns)
	fmt.Fprintf(q, "%s LIMIT %d", orderBy(keys), s.Limit+1)
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

// build writes the query up to its order, and returns the keys of its total
// order, which the statement selects behind the cells.
func (r *reader) build(q *statement, s selection.Select, columns []selection.Column) []sortKey {
	if s.Grouped() {
		return r.buildGroups(q, s, columns)
	}
	var keys []sortKey
	for _, o := range s.Order {
		c, _ := r.table.Column(o.Column)
		keys = append(keys, sortKey{expr: q.col(c.Name), column: c, descending: o.Descending})
	}
	keys = append(keys, sortKey{expr: rowid, column: selection.Column{Type: selection.Integer}})
	var list []string
	for _, c := range columns {
		list = append(list, output(c, q.col(c.Name)))
	}
	q.WriteString("SELECT " + strings.Join(append(list, outputs(keys)...), ", ") + " FROM " + r.from)
	var conditions []string
	if s.Where != nil {
		conditions = append(conditions, q.where(s.Where))
	}
	if s.After != nil {
		conditions = append(conditions, q.after(keys, s.After))
	}
	if len(conditions) > 0 {
		q.WriteString(" WHERE " + strings.Join(conditions, " AND "))
	}
	return keys
}

func outputs(keys []sortKey) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = output(k.column, k.expr)
	}
	return all
}

// buildGroups puts the groups into a table of their own, so that a place in
// them is a condition like any other.
func (r *reader) buildGroups(q *statement, s selection.Select, columns []selection.Column) []sortKey {
	type field struct {
		name  string
		inner string
	}
	var fields []field
	for _, g := range s.Group {
		fields = append(fields, field{g, q.col(g)})
	}
	for _, a := range s.Aggregates {
		fields = append(fields, field{a.Name(), q.aggregate(a)})
	}
	inner := make([]string, len(fields))
	expr := map[string]string{}
	for i, f := range fields {
		expr[f.name] = fmt.Sprintf("f%d", i)
		inner[i] = f.inner + " AS " + expr[f.name]
	}
	typed := map[string]selection.Column{}
	var list []string
	for _, c := range columns {
		typed[c.Name] = c
		list = append(list, output(c, expr[c.Name]))
	}
	var keys []sortKey
	for _, o := range s.Order {
		keys = append(keys, sortKey{expr: expr[o.Column], column: typed[o.Column], descending: o.Descending})
	}
	for _, g := range s.Group {
		c, _ := r.table.Column(g)
		keys = append(keys, sortKey{expr: expr[g], column: c})
	}
	if len(keys) == 0 { // figures of the whole table: one row
		keys = append(keys, sortKey{expr: "0", column: selection.Column{Type: selection.Integer}})
	}
	q.WriteString("SELECT " + strings.Join(append(list, outputs(keys)...), ", ") + " FROM (SELECT " + strings.Join(inner, ", ") + " FROM " + r.from)
	if s.Where != nil {
		q.WriteString(" WHERE " + q.where(s.Where))
	}
	if len(s.Group) > 0 {
		names := make([]string, len(s.Group))
		for i, g := range s.Group {
			names[i] = q.col(g)
		}
		q.WriteString(" GROUP BY " + strings.Join(names, ", "))
	}
	q.WriteString(") AS groups")
	if s.After != nil {
		q.WriteString(" WHERE " + q.after(keys, s.After))
	}
	return keys
}

// Total implements tabular.Reader.
func (r *reader) Total(ctx context.Context, s selection.Select) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.engine.options.Timeout)
	defer cancel()
	q := r.statement()
	if s.Grouped() {
		inner := s
		inner.Order, inner.After = nil, nil
		q.WriteString("SELECT count(*) FROM (")
		r.buildGroups(q, inner, selection.Fields(inner, r.table.Schema))
		q.WriteString(") AS counted")
	} else {
		q.WriteString("SELECT count(*) FROM " + r.from)
		if s.Where != nil {
			q.WriteString(" WHERE " + q.where(s.Where))
		}
	}
	err = r.scan(ctx, q, 1, func(row []any) error {
		n = row[0].(int64)
		return nil
	})
	return n, err
}

// scan runs q and hands over its rows, whose slice may be kept.
func (r *reader) scan(ctx context.Context, q *statement, width int, each func(row []any) error) error {
	rows, err := r.engine.db.QueryContext(ctx, q.String(), q.args...)
	if err != nil {
		return told(ctx, err)
	}
	defer rows.Close()
	return told(ctx, scanAll(rows, width, each))
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

// told turns the limits of time and memory into the problem that a reader can
// act on.
func told(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded), strings.Contains(err.Error(), "Out of Memory"):
		return problem.New(problem.Exhausted, "tabular.too_heavy")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("query table: %w", err)
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
