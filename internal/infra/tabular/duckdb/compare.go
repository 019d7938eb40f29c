package duckdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

var _ tabular.Comparer = (*Engine)(nil)

// Compare implements tabular.Comparer.
func (e *Engine) Compare(ctx context.Context, from, to tabular.Table, key []string, limit int) (d tabular.Difference, err error) {
	d.Fields, d.Columns = tabular.CompareFields(from.Schema, to.Schema)
	for _, k := range key {
		if !slices.ContainsFunc(d.Columns, func(c selection.Column) bool { return c.Name == k }) {
			key = nil // the key itself changed: compare whole rows
			break
		}
	}
	if len(d.Columns) == 0 {
		return d, nil
	}
	older, err := e.Open(ctx, from)
	if err != nil {
		return d, err
	}
	defer older.Close()
	newer, err := e.Open(ctx, to)
	if err != nil {
		return d, err
	}
	defer newer.Close()
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	c := comparison{engine: e, columns: d.Columns, key: key, limit: limit, older: common(older.(*reader), d.Columns), newer: common(newer.(*reader), d.Columns)}
	if d.Key, err = c.unique(ctx); err != nil {
		return d, told(ctx, err)
	}
	if len(d.Key) == 0 {
		d.Added, err = c.except(ctx, c.newer, c.older)
		if err == nil {
			d.Removed, err = c.except(ctx, c.older, c.newer)
		}
		return d, told(ctx, err)
	}
	var errs [3]error
	d.Added, errs[0] = c.anti(ctx, c.newer, c.older)
	d.Removed, errs[1] = c.anti(ctx, c.older, c.newer)
	d.Changed, d.Before, errs[2] = c.changed(ctx)
	return d, told(ctx, errors.Join(errs[:]...))
}

// common is a table with the shared columns only, under their places among
// them.
func common(r *reader, columns []selection.Column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = storedOf(r.table.Schema, c.Name) + " AS " + stored(i)
	}
	return "(SELECT " + strings.Join(all, ", ") + " FROM " + r.from + ")"
}

// comparison is two tables as SQL.
type comparison struct {
	engine       *Engine
	columns      []selection.Column
	older, newer string
	key          []string
	limit        int
}

// unique returns the key if no two rows of a table share it: else a row would
// be compared with all rows of its key, and the counts be wrong.
func (c comparison) unique(ctx context.Context) ([]string, error) {
	if len(c.key) == 0 {
		return nil, nil
	}
	columns := make([]string, len(c.key))
	for i, k := range c.key {
		columns[i] = storedOf(selection.Schema{Columns: c.columns}, k)
	}
	by := strings.Join(columns, ", ")
	for _, table := range []string{c.older, c.newer} {
		var twice bool
		query := "SELECT EXISTS (SELECT 1 FROM " + table + " GROUP BY " + by + " HAVING count(*) > 1)"
		if err := c.engine.db.QueryRowContext(ctx, query).Scan(&twice); err != nil || twice {
			return nil, err
		}
	}
	return c.key, nil
}

func (c comparison) list(of string) string {
	all := make([]string, len(c.columns))
	for i, column := range c.columns {
		all[i] = output(column, of+stored(i))
	}
	return strings.Join(all, ", ")
}

func (c comparison) plain(of string) string {
	all := make([]string, len(c.columns))
	for i := range c.columns {
		all[i] = of + stored(i)
	}
	return strings.Join(all, ", ")
}

// join is the condition that two rows have the same key.
func (c comparison) join() string {
	all := make([]string, len(c.key))
	for i, k := range c.key {
		name := storedOf(selection.Schema{Columns: c.columns}, k)
		all[i] = "a." + name + " IS NOT DISTINCT FROM b." + name
	}
	return strings.Join(all, " AND ")
}

// except returns the rows of one table that the other has not, as often.
func (c comparison) except(ctx context.Context, a, b string) (tabular.Rows, error) {
	return c.rows(ctx, "(SELECT "+c.plain("")+" FROM "+a+" EXCEPT ALL SELECT "+c.plain("")+" FROM "+b+") AS a", "a.")
}

// anti returns the rows of one table whose key the other has not.
func (c comparison) anti(ctx context.Context, a, b string) (tabular.Rows, error) {
	return c.rows(ctx, a+" AS a WHERE NOT EXISTS (SELECT 1 FROM "+b+" AS b WHERE "+c.join()+")", "a.")
}

func (c comparison) rows(ctx context.Context, from, of string) (r tabular.Rows, err error) {
	if err := c.engine.db.QueryRowContext(ctx, "SELECT count(*) FROM "+from).Scan(&r.Total); err != nil {
		return r, err
	}
	r.First, err = c.first(ctx, "SELECT "+c.list(of)+" FROM "+from+" ORDER BY ALL", len(c.columns))
	return r, err
}

func (c comparison) first(ctx context.Context, query string, width int) (all [][]any, err error) {
	rows, err := c.engine.db.QueryContext(ctx, fmt.Sprintf("%s LIMIT %d", query, c.limit))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	err = scanAll(rows, width, func(row []any) error {
		all = append(all, row)
		return nil
	})
	for _, row := range all {
		for part := range slices.Chunk(row, len(c.columns)) {
			cellsOf(c.columns, part)
		}
	}
	return all, err
}

// changed returns the rows that both have by key and that differ elsewhere.
func (c comparison) changed(ctx context.Context) (r tabular.Rows, before [][]any, err error) {
	differ := make([]string, len(c.columns))
	for i := range c.columns {
		differ[i] = "a." + stored(i) + " IS DISTINCT FROM b." + stored(i)
	}
	from := c.newer + " AS a JOIN " + c.older + " AS b ON " + c.join() + " WHERE " + strings.Join(differ, " OR ")
	if err := c.engine.db.QueryRowContext(ctx, "SELECT count(*) FROM "+from).Scan(&r.Total); err != nil {
		return r, nil, err
	}
	n := len(c.columns)
	both, err := c.first(ctx, "SELECT "+c.list("a.")+", "+c.list("b.")+" FROM "+from+" ORDER BY ALL", 2*n)
	for _, row := range both {
		r.First, before = append(r.First, row[:n:n]), append(before, row[n:])
	}
	return r, before, err
}
