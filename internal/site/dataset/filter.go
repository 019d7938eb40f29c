package dataset

import (
	"net/url"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/web"
)

// operator is a comparison that the filter form offers.
type operator struct{ Value, Label string }

// chip is one part of the condition: in words, as it is written, and the
// address of the view without it.
type chip struct{ Words, Label, Remove string }

// operatorKeys are the comparisons that the form offers, in order, and what
// their words are called.
var operatorKeys = []struct{ op, key string }{{"=", "equal"}, {"<>", "not_equal"}, {"<", "less"}, {"<=", "at_most"}, {">", "more"},
	{">=", "at_least"}, {"contains", "contains"}, {"begins", "begins"}, {"empty", "empty"}, {"filled", "filled"}}

// operators are the comparisons that the form offers.
func operators(c *web.Context) []operator {
	var all []operator
	for _, o := range operatorKeys {
		all = append(all, operator{Value: o.op, Label: wordsOf(c, o.op)})
	}
	return all
}

func wordsOf(c *web.Context, op string) string {
	for _, o := range operatorKeys {
		if o.op == op {
			return c.Say("dataset.op." + o.key)
		}
	}
	return op
}

// compose turns the filter form (a column, a comparison, a value) into a
// condition and returns the address of the filtered view.
func (s *Service) compose(c *web.Context) (string, bool) {
	values := c.Request.URL.Query()
	column, op := values.Get("column"), values.Get("op")
	if column == "" || op == "" {
		return "", false
	}
	v, err := s.look(c, c.Param("slug"), "preview")
	if err != nil {
		return "", false
	}
	col, ok := v.schema().Column(column)
	if !ok {
		col.Name = column // the page says that there is no such field
	}
	condition, where := conditionOf(col, op, strings.TrimSpace(values.Get("value"))), values.Get("where")
	switch {
	case condition == "":
		condition = where
	case where != "":
		condition = "(" + where + ") AND " + condition
		if parsed, err := selection.ParseWhere(condition); err == nil {
			condition = selection.Where(parsed)
		}
	}
	return v.link(values, "where", condition), true
}

// conditionOf writes a condition; "" if nothing was asked. That a field equals
// nothing means that it is empty.
func conditionOf(col selection.Column, op, value string) string {
	name := quoted(col.Name)
	pattern := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, `'`, `''`).Replace(value)
	switch {
	case op == "empty", op == "=" && value == "":
		return name + " IS NULL"
	case op == "filled", op == "<>" && value == "":
		return name + " IS NOT NULL"
	case value == "":
		return ""
	case op == "contains":
		return name + " LIKE '%" + pattern + "%'"
	case op == "begins":
		return name + " LIKE '" + pattern + "%'"
	}
	return name + " " + op + " " + literalOf(col, value)
}

// literalOf writes a value as CQL2 reads it for the column.
func literalOf(col selection.Column, value string) string {
	switch {
	case col.Type.Numeric():
		return strings.NewReplacer(",", "", "，", "").Replace(value)
	case col.Type == selection.Boolean:
		return strings.ToUpper(value)
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

// chips are the parts of the condition, each of which can be taken away.
func (p *previewPage) chips(c *web.Context, values url.Values, where selection.Expr) {
	if where == nil {
		return
	}
	parts := []selection.Expr{where}
	if and, ok := where.(selection.And); ok {
		parts = and
	}
	for i, part := range parts {
		rest := ""
		for j, other := range parts {
			if i != j {
				rest = both(rest, other)
			}
		}
		p.Chips = append(p.Chips, chip{Words: p.inWords(c, part), Label: selection.Where(part), Remove: p.link(values, "where", rest)})
	}
	p.Clear = p.link(values, "where")
}

// inWords says a plain condition in words; "" if it is not plain.
func (p *previewPage) inWords(c *web.Context, e selection.Expr) string {
	say := func(column, op, value string) string {
		return strings.TrimSpace(p.titleOf(column) + " " + wordsOf(c, op) + " " + value)
	}
	switch e := e.(type) {
	case selection.Compare:
		return say(e.Column, string(e.Op), shownLiteral(e.Value))
	case selection.IsNull:
		return say(e.Column, "empty", "")
	case selection.Not:
		if null, ok := e.Part.(selection.IsNull); ok {
			return say(null.Column, "filled", "")
		}
	case selection.Like:
		inner, begins := strings.CutSuffix(e.Pattern, "%")
		if strings.ContainsAny(strings.Trim(inner, "%"), `%_\`) || !begins {
			return ""
		}
		if within, ok := strings.CutPrefix(inner, "%"); ok {
			return say(e.Column, "contains", within)
		}
		return say(e.Column, "begins", inner)
	}
	return ""
}

// shownLiteral writes a constant of a condition for people.
func shownLiteral(l selection.Literal) string {
	if l.Type == selection.DateTime {
		return strings.Replace(l.Text, "T", " ", 1)
	}
	return l.Text
}

// titleOf returns what a field means, or its name.
func (v *view) titleOf(column string) string {
	if item, ok := v.Entry.Item(column); ok && item.Title.In(v.Lang()) != "" {
		return item.Title.In(v.Lang())
	}
	return column
}

// both joins a condition to a text of others.
func both(text string, e selection.Expr) string {
	if text == "" {
		return selection.Where(e)
	}
	old, err := selection.ParseWhere(text)
	if err != nil {
		return selection.Where(e)
	}
	if and, ok := old.(selection.And); ok {
		return selection.Where(append(and[:len(and):len(and)], e))
	}
	return selection.Where(selection.And{old, e})
}
