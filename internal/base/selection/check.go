package selection

import (
	"slices"

	"kaishu/internal/base/problem"
)

// The limits of the other parts of a query.
const (
	MaxColumns    = 1_000
	MaxOrder      = 16
	MaxGroup      = 16
	MaxAggregates = 32
)

// maxFaults is how many faults of one parameter are told at once.
const maxFaults = 20

// Check returns s made fit for an engine: every name is a column, every
// literal has its column's type and is canonical. A day compared with a
// datetime column becomes the instants of that day; IS NULL of the geometry
// becomes that of its two columns. After is left as it is; see [Place].
//
// It fails with problem.Invalid and every fault, at "?select", "?where",
// "?order", "?group", "?aggregate" and "?limit", at most 20 of each.
func Check(s Select, schema Schema) (Select, error) {
	c := &checker{schema: schema, told: map[string]int{}}
	for _, column := range schema.Columns {
		c.names = append(c.names, column.Name)
	}
	c.columns("?select", s.Columns, MaxColumns)
	s.Where = c.filter(s.Where)
	c.order(s)
	c.groups(s)
	if s.Limit < 0 {
		c.add("?limit", "selection.bad_limit")
	}
	if err := c.faults.Err(); err != nil {
		return Select{}, err
	}
	return s, nil
}

type checker struct {
	schema Schema
	names  []string
	faults problem.List
	told   map[string]int
}

// full reports whether enough has been told of a parameter.
func (c *checker) full(pointer string) bool { return c.told[pointer] >= maxFaults }

func (c *checker) add(pointer, code string, args ...any) {
	if !c.full(pointer) {
		c.told[pointer]++
		c.faults.Add(pointer, code, args...)
	}
}

func (c *checker) column(pointer, name string) (Column, bool) {
	column, ok := c.schema.Column(name)
	if !ok && !c.full(pointer) {
		c.unknown(pointer, name, c.names)
	}
	return column, ok
}

func (c *checker) unknown(pointer, name string, known []string) {
	if near := nearest(name, known); near != "" {
		c.add(pointer, "selection.unknown_column_near", "column", cut(name), "near", near)
	} else {
		c.add(pointer, "selection.unknown_column", "column", cut(name))
	}
}

// columns checks a list of distinct columns.
func (c *checker) columns(pointer string, names []string, most int) {
	if len(names) > most {
		c.add(pointer, "selection.too_many_names", "max", most)
		return
	}
	for _, n := range names {
		c.column(pointer, n)
	}
	for _, n := range twice(names) {
		c.add(pointer, "selection.duplicate", "name", cut(n))
	}
}

func (c *checker) order(s Select) {
	if len(s.Order) > MaxOrder {
		c.add("?order", "selection.too_many_names", "max", MaxOrder)
		return
	}
	asked := slices.Clone(s.Group)
	for _, a := range s.Aggregates {
		asked = append(asked, a.Name())
	}
	var names []string
	for _, o := range s.Order {
		names = append(names, o.Column)
		if !s.Grouped() {
			c.column("?order", o.Column)
		} else if !slices.Contains(asked, o.Column) {
			c.add("?order", "selection.order_not_in_groups", "name", cut(o.Column))
		}
	}
	for _, n := range twice(names) {
		c.add("?order", "selection.duplicate", "name", cut(n))
	}
}

func (c *checker) groups(s Select) {
	if !s.Grouped() {
		return
	}
	c.columns("?group", s.Group, MaxGroup)
	if len(s.Columns) > 0 {
		c.add("?select", "selection.columns_with_groups")
	}
	if len(s.Aggregates) == 0 {
		c.add("?group", "selection.group_needs_aggregate")
	}
	if len(s.Aggregates) > MaxAggregates {
		c.add("?aggregate", "selection.too_many_names", "max", MaxAggregates)
		return
	}
	names := slices.Clone(s.Group)
	for _, a := range s.Aggregates {
		c.aggregate(a)
		if slices.Contains(names, a.Name()) {
			c.add("?aggregate", "selection.duplicate", "name", cut(a.Name()))
		}
		names = append(names, a.Name())
	}
}

func (c *checker) aggregate(a Aggregate) {
	if !slices.Contains(Functions, a.Function) {
		c.add("?aggregate", "selection.unknown_aggregate", "function", cut(string(a.Function)))
		return
	}
	if a.Column == "" {
		if a.Function != Count {
			c.add("?aggregate", "selection.aggregate_needs_column", "function", string(a.Function))
		}
		return
	}
	column, ok := c.column("?aggregate", a.Column)
	if !ok {
		return
	}
	switch {
	case (a.Function == Sum || a.Function == Avg) && !column.Type.Numeric():
		c.add("?aggregate", "selection.aggregate_needs_number", "function", string(a.Function), "column", a.Column)
	case (a.Function == Min || a.Function == Max) && column.Type == Boolean:
		c.add("?aggregate", "selection.aggregate_needs_order", "function", string(a.Function), "column", a.Column)
	}
}

// Functions lists the aggregate functions.
var Functions = []Function{Count, CountDistinct, Sum, Avg, Min, Max}

// Fields returns the columns of the answer to s, which has been checked. Sums
// of integers are integers, averages are numbers.
func Fields(s Select, schema Schema) []Column {
	if !s.Grouped() && len(s.Columns) == 0 {
		return schema.Columns
	}
	var fields []Column
	for _, n := range append(slices.Clone(s.Columns), s.Group...) {
		column, _ := schema.Column(n)
		fields = append(fields, column)
	}
	for _, a := range s.Aggregates {
		column, _ := schema.Column(a.Column)
		switch a.Function {
		case Count, CountDistinct:
			column = Column{Type: Integer}
		case Avg:
			column = Column{Type: Number}
		}
		column.Name = a.Name()
		fields = append(fields, column)
	}
	return fields
}
