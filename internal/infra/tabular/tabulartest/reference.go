package tabulartest

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// reference answers q in the plainest way, and tells the rows' places.
func reference(s Sample, q selection.Select) (rows [][]any, places []int64) {
	columns := s.Table.Columns
	type placed struct {
		row   []any
		place int64
	}
	var found []placed
	for i, row := range s.Natural() {
		if q.Where == nil || selection.Matches(q.Where, cellsOf(columns, row), s.Table.Geometry) == selection.True {
			found = append(found, placed{row, int64(i)})
		}
	}
	if q.Grouped() {
		for _, f := range found {
			rows = append(rows, f.row)
		}
		return referenceGroups(s, q, rows), nil
	}
	slices.SortStableFunc(found, func(a, b placed) int { return compareRows(columns, q.Order, a.row, b.row) })
	fields := selection.Fields(q, s.Table.Schema)
	for _, f := range found {
		cells := make([]any, len(fields))
		for i, c := range fields {
			cells[i] = f.row[at(columns, c.Name)]
		}
		rows, places = append(rows, cells), append(places, f.place)
	}
	return rows, places
}

// cellsOf returns the cells of a row by name, exact numbers as text.
func cellsOf(columns []selection.Column, row []any) func(name string) any {
	return func(name string) any {
		v := row[at(columns, name)]
		if e, ok := v.(tabular.Exact); ok {
			return string(e)
		}
		return v
	}
}

func at(columns []selection.Column, name string) int {
	return slices.IndexFunc(columns, func(c selection.Column) bool { return c.Name == name })
}

func referenceGroups(s Sample, q selection.Select, rows [][]any) (answer [][]any) {
	columns := s.Table.Columns
	members := map[string][][]any{}
	var names []string
	if len(q.Group) == 0 {
		names = []string{""} // figures of the whole are there even if no row is
	}
	for _, row := range rows {
		name := ""
		for _, g := range q.Group {
			name += fmt.Sprintf("%#v\x00", row[at(columns, g)])
		}
		if len(members[name]) == 0 && len(q.Group) > 0 {
			names = append(names, name)
		}
		members[name] = append(members[name], row)
	}
	for _, name := range names {
		var cells []any
		for _, g := range q.Group {
			cells = append(cells, members[name][0][at(columns, g)])
		}
		for _, a := range q.Aggregates {
			cells = append(cells, figure(a, columns, members[name]))
		}
		answer = append(answer, cells)
	}
	order := slices.Clone(q.Order)
	for _, g := range q.Group {
		order = append(order, selection.Order{Column: g})
	}
	slices.SortFunc(answer, func(a, b []any) int { return compareRows(selection.Fields(q, s.Table.Schema), order, a, b) })
	return answer
}

// figure computes one aggregate.
func figure(a selection.Aggregate, columns []selection.Column, rows [][]any) any {
	if a.Column == "" {
		return int64(len(rows))
	}
	i := at(columns, a.Column)
	var cells []any
	for _, row := range rows {
		if row[i] != nil {
			cells = append(cells, row[i])
		}
	}
	if a.Function == selection.Count {
		return int64(len(cells))
	}
	slices.SortFunc(cells, compareCells)
	if a.Function == selection.CountDistinct {
		return int64(len(slices.Compact(cells)))
	}
	if len(cells) == 0 {
		return nil
	}
	switch a.Function {
	case selection.Min:
		return cells[0]
	case selection.Max:
		return cells[len(cells)-1]
	}
	sum := new(big.Rat)
	for _, v := range cells {
		sum.Add(sum, rational(v))
	}
	value, _ := sum.Float64() // the samples' values are quarters: exact in every order
	switch {
	case a.Function == selection.Avg:
		return value / float64(len(cells))
	case columns[i].Type == selection.Number:
		return value
	case columns[i].Type == selection.Decimal:
		return tabular.Exact(sum.FloatString(columns[i].Scale))
	case sum.Num().IsInt64():
		return sum.Num().Int64()
	}
	return tabular.Exact(sum.Num().String())
}

func rational(v any) *big.Rat {
	r, ok := new(big.Rat).SetString(tabular.Text(v))
	if !ok {
		panic("tabulartest: no number")
	}
	return r
}

// compareRows orders rows, nulls last in both directions.
func compareRows(columns []selection.Column, order []selection.Order, a, b []any) int {
	for _, o := range order {
		i := at(columns, o.Column)
		x, y := a[i], b[i]
		switch {
		case x == nil && y == nil:
			continue
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		c := compareCells(x, y)
		if o.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// compareCells orders two cells of one column, neither null.
func compareCells(x, y any) int {
	switch x := x.(type) {
	case string:
		return strings.Compare(x, y.(string)) // UTF-8 keeps the order of code points
	case float64:
		return cmp.Compare(x, y.(float64))
	case bool:
		return cmp.Compare(fmt.Sprint(x), fmt.Sprint(y))
	}
	return rational(x).Cmp(rational(y)) // integers, some beyond 64 bits, and decimals
}
