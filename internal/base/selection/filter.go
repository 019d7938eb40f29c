package selection

import "strings"

// filter checks and rewrites a filter. What comes out can be written and read
// again: links need that.
func (c *checker) filter(e Expr) Expr {
	if e == nil {
		return nil
	}
	before := c.told["?where"]
	e = c.expr(e)
	if c.told["?where"] == before {
		if _, f := parse(Where(e)); f != nil {
			c.add("?where", f.code, f.args...)
		}
	}
	return e
}

func (c *checker) expr(e Expr) Expr {
	switch e := e.(type) {
	case And:
		parts := c.parts(e)
		switch len(parts) {
		case 0:
			return Always(true)
		case 1:
			return parts[0]
		}
		return And(parts)
	case Or:
		parts := c.parts(e)
		switch len(parts) {
		case 0:
			return Always(false)
		case 1:
			return parts[0]
		}
		return Or(parts)
	case Not:
		return Not{c.expr(e.Part)}
	case Compare:
		return c.compare(e)
	case Between:
		return c.between(e)
	case In:
		return c.in(e)
	case Like:
		return c.like(e)
	case IsNull:
		return c.isNull(e)
	case Intersects:
		if c.schema.Geometry == nil {
			c.add("?where", "selection.no_geometry")
		} else if !e.onEarth() || e.West > e.East {
			c.add("?where", "selection.bad_coordinates", "at", 1)
		}
	}
	return e
}

func (c *checker) parts(parts []Expr) []Expr {
	out := make([]Expr, len(parts))
	for i, p := range parts {
		out[i] = c.expr(p)
	}
	return out
}

func (c *checker) literal(column Column, l Literal) Literal {
	fit, code, args := coerce(column, l)
	if code != "" {
		c.add("?where", code, append(args, "column", column.Name, "value", cut(l.Text))...)
	}
	return fit
}

func (c *checker) compare(e Compare) Expr {
	column, ok := c.column("?where", e.Column)
	if !ok {
		return e
	}
	if _, ok := mirror[e.Op]; !ok {
		c.add("?where", "selection.unknown_operator", "operator", cut(string(e.Op)))
	}
	if from, to, ok := wholeDay(column, e.Value); ok {
		return compareDay(e.Column, e.Op, from, to)
	}
	e.Value = c.literal(column, e.Value)
	return e
}

func (c *checker) between(e Between) Expr {
	column, ok := c.column("?where", e.Column)
	if !ok {
		return e
	}
	low, high := c.literal(column, e.Low), c.literal(column, e.High)
	if _, to, ok := wholeDay(column, e.High); ok {
		return And{Compare{e.Column, GreaterEqual, low}, Compare{e.Column, Less, to}}
	}
	return Between{e.Column, low, high}
}

func (c *checker) in(e In) Expr {
	column, ok := c.column("?where", e.Column)
	if !ok {
		return e
	}
	if len(e.Values) == 0 {
		c.add("?where", "selection.empty_list", "column", e.Column)
	}
	var days Or
	values := make([]Literal, 0, len(e.Values))
	seen := map[Literal]bool{}
	for _, v := range e.Values {
		from, to, day := wholeDay(column, v)
		fit := v
		if !day {
			fit = c.literal(column, v)
		}
		if seen[fit] {
			continue
		}
		seen[fit] = true
		if day {
			days = append(days, compareDay(e.Column, Equal, from, to))
		} else {
			values = append(values, fit)
		}
	}
	if len(days) == 0 {
		return In{e.Column, values}
	}
	if len(values) > 0 {
		days = append(days, In{e.Column, values})
	}
	if len(days) == 1 {
		return days[0]
	}
	return days
}

func (c *checker) like(e Like) Expr {
	column, ok := c.column("?where", e.Column)
	if !ok {
		return e
	}
	if column.Type != Text {
		c.add("?where", "selection.like_needs_text", "column", e.Column)
	}
	if trailing := len(e.Pattern) - len(strings.TrimRight(e.Pattern, `\`)); trailing%2 == 1 {
		c.add("?where", "selection.open_escape", "value", cut(e.Pattern))
	}
	return e
}

// isNull reads IS NULL of the geometry, if no column has that name, as that
// of a point without both coordinates.
func (c *checker) isNull(e IsNull) Expr {
	_, ok := c.schema.Column(e.Column)
	if g := c.schema.Geometry; !ok && g != nil && e.Column == GeometryProperty {
		return Or{IsNull{g.Longitude}, IsNull{g.Latitude}}
	}
	c.column("?where", e.Column)
	return e
}
