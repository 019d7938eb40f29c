package duckdb

import (
	"fmt"
	"strings"

	"kaishu/internal/base/selection"
)

// native returns the engine's type of a column.
func native(c selection.Column) string {
	switch c.Type {
	case selection.Integer:
		return "BIGINT"
	case selection.Number:
		return "DOUBLE"
	case selection.Decimal:
		return fmt.Sprintf("DECIMAL(38,%d)", c.Scale)
	case selection.Boolean:
		return "BOOLEAN"
	case selection.Date:
		return "DATE"
	case selection.DateTime:
		return "TIMESTAMP"
	}
	return "VARCHAR"
}

// quote writes a name so that it can only be a name.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// stored is the name of a column in a serving copy: its place, so that no name
// of the data, such as rowid, can meet one of the engine's.
func stored(place int) string { return fmt.Sprintf("c%d", place) }

// storedOf returns the name in the serving copy of the column called name.
func storedOf(schema selection.Schema, name string) string {
	for i, c := range schema.Columns {
		if c.Name == name {
			return stored(i)
		}
	}
	panic("duckdb: no column " + name + ": the query was not checked")
}

// text writes a text constant of our own, such as a path.
func text(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

// output writes an expression of column c so that it arrives as the cell that
// tabular.Value describes.
func output(c selection.Column, expr string) string {
	switch c.Type {
	case selection.Date:
		return "CAST(" + expr + " AS VARCHAR)"
	case selection.DateTime:
		return "replace(CAST(" + expr + " AS VARCHAR), ' ', 'T')"
	case selection.Decimal:
		return "CAST(" + expr + " AS VARCHAR)"
	}
	return expr
}

// statement is SQL under way. Values only ever become parameters.
type statement struct {
	strings.Builder
	before   string
	args     []any
	geometry *selection.Geometry
	schema   selection.Schema
}

// begin puts text without parameters before everything written so far.
func (s *statement) begin(text string) { s.before = text + s.before }

func (s *statement) String() string { return s.before + s.Builder.String() }

// col returns the SQL name of a column.
func (s *statement) col(name string) string { return storedOf(s.schema, name) }

// bind adds a parameter and returns its place holder, cast to the column's
// type.
func (s *statement) bind(c selection.Column, value any) string {
	s.args = append(s.args, value)
	return "CAST(? AS " + native(c) + ")"
}

func (s *statement) literal(column string, l selection.Literal) string {
	c, _ := s.schema.Column(column)
	return s.bind(c, l.Text)
}

// where returns e as a condition.
func (s *statement) where(e selection.Expr) string {
	switch e := e.(type) {
	case selection.And:
		return s.join(e, " AND ")
	case selection.Or:
		return s.join(e, " OR ")
	case selection.Not:
		return "(NOT " + s.where(e.Part) + ")"
	case selection.Compare:
		return "(" + s.col(e.Column) + " " + string(e.Op) + " " + s.literal(e.Column, e.Value) + ")"
	case selection.Between:
		low := s.literal(e.Column, e.Low)
		return "(" + s.col(e.Column) + " BETWEEN " + low + " AND " + s.literal(e.Column, e.High) + ")"
	case selection.In:
		values := make([]string, len(e.Values))
		for i, v := range e.Values {
			values[i] = s.literal(e.Column, v)
		}
		return "(" + s.col(e.Column) + " IN (" + strings.Join(values, ", ") + "))"
	case selection.Like:
		s.args = append(s.args, e.Pattern)
		return "(" + s.col(e.Column) + ` LIKE CAST(? AS VARCHAR) ESCAPE '\')`
	case selection.IsNull:
		return "(" + s.col(e.Column) + " IS NULL)"
	case selection.Intersects:
		s.args = append(s.args, e.West, e.East, e.South, e.North)
		lon, lat := s.col(s.geometry.Longitude), s.col(s.geometry.Latitude)
		// A point that lacks a coordinate is nowhere: neither inside nor outside.
		return "(CASE WHEN " + lon + " IS NULL OR " + lat + " IS NULL THEN NULL ELSE " +
			lon + " BETWEEN CAST(? AS DOUBLE) AND CAST(? AS DOUBLE) AND " + lat + " BETWEEN CAST(? AS DOUBLE) AND CAST(? AS DOUBLE) END)"
	case selection.Always:
		return map[selection.Always]string{true: "TRUE", false: "FALSE"}[e]
	}
	panic(fmt.Sprintf("duckdb: no SQL for %T", e))
}

func (s *statement) join(parts []selection.Expr, by string) string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = s.where(p)
	}
	return "(" + strings.Join(all, by) + ")"
}

// sortKey is one expression to order by.
type sortKey struct {
	expr       string
	column     selection.Column // its type
	native     string           // the engine's type; that of column if ""
	descending bool
}

// bind adds a value to compare the key with.
func (k sortKey) bind(s *statement, value any) string {
	if k.native == "" {
		return s.bind(k.column, fmt.Sprint(value))
	}
	s.args = append(s.args, fmt.Sprint(value))
	return "CAST(? AS " + k.native + ")"
}

// orderBy writes the clause; nulls come last in both directions. Without keys
// there is none.
func orderBy(keys []sortKey) string {
	if len(keys) == 0 {
		return ""
	}
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.expr + map[bool]string{true: " DESC NULLS LAST", false: " ASC NULLS LAST"}[k.descending]
	}
	return " ORDER BY " + strings.Join(all, ", ")
}

// after returns the condition that a row stands behind the given place: some
// key is behind, and all keys before it are equal.
func (s *statement) after(keys []sortKey, place []any) string {
	var ways []string
	for i, k := range keys {
		if place[i] == nil {
			continue // nulls are last: nothing is behind one
		}
		var all []string
		for j, before := range keys[:i] {
			if place[j] == nil {
				all = append(all, before.expr+" IS NULL")
			} else {
				all = append(all, before.expr+" = "+before.bind(s, place[j]))
			}
		}
		sign := " > "
		if k.descending {
			sign = " < "
		}
		behind := k.expr + sign + k.bind(s, place[i])
		if k.expr != rowid {
			behind = "(" + behind + " OR " + k.expr + " IS NULL)"
		}
		ways = append(ways, "("+strings.Join(append(all, behind), " AND ")+")")
	}
	if len(ways) == 0 {
		return "FALSE"
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// rowid is the row's place in the serving copy.
const rowid = "rowid"

// aggregate writes the expression of a, whose answer is the column c. Sums and
// means of numbers that overflow are null, as cells are.
func (s *statement) aggregate(a selection.Aggregate, c selection.Column) string {
	switch {
	case a.Column == "":
		return "count(*)"
	case a.Function == selection.CountDistinct:
		return "count(DISTINCT " + s.col(a.Column) + ")"
	}
	return finite(c, string(a.Function)+"("+s.col(a.Column)+")")
}

// wide is the engine's type of a, whose answer is the column c: sums of
// integers may need more than 64 bits.
func wide(a selection.Aggregate, c selection.Column) string {
	if a.Function == selection.Sum && c.Type == selection.Integer {
		return "HUGEINT"
	}
	return native(c)
}
