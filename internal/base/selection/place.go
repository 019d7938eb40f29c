package selection

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/paging"
	"kaishu/internal/base/problem"
)

// Place returns the key of c for Select.After, or nil if c is nil. The key of
// rows is the values of the order columns, then the row number; that of groups
// is the values of the order columns, then of the group columns. It fails
// with the field problem "paging.bad_cursor" at "?after" when number or types
// do not fit s, which has been checked.
func Place(c *paging.Cursor, s Select, schema Schema) ([]any, error) {
	if c == nil {
		return nil, nil
	}
	wanted := keyColumns(s, schema)
	fits := len(c.Key) == len(wanted)
	for i := 0; fits && i < len(wanted); i++ {
		last := i == len(wanted)-1
		if !s.Grouped() && last {
			n, ok := c.Key[i].(json.Number)
			row, err := strconv.ParseInt(string(n), 10, 64)
			fits = ok && err == nil && row >= 0
		} else {
			fits = keyFits(c.Key[i], wanted[i].Type)
		}
	}
	if !fits {
		var p problem.List
		p.Add("?after", "paging.bad_cursor")
		return nil, p.Err()
	}
	return c.Key, nil
}

// keyColumns returns the columns whose values make up a place.
func keyColumns(s Select, schema Schema) []Column {
	fields := schema.Columns
	names := make([]string, 0, len(s.Order)+len(s.Group))
	for _, o := range s.Order {
		names = append(names, o.Column)
	}
	if s.Grouped() {
		fields = Fields(s, schema)
		names = append(names, s.Group...)
	}
	var columns []Column
	for _, n := range names {
		if i := slices.IndexFunc(fields, func(c Column) bool { return c.Name == n }); i >= 0 {
			columns = append(columns, fields[i])
		}
	}
	if !s.Grouped() {
		columns = append(columns, Column{Type: Integer})
	}
	return columns
}

// keyFits reports whether v, a value of a cursor, is null or a cell of type t.
// Exact numbers may come as text or as number.
func keyFits(v any, t Type) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return t == Boolean
	case string:
		switch t {
		case Text:
			return true
		case Date:
			return day(v)
		case DateTime:
			canonical, ok := local(v)
			return ok && canonical == v
		case Integer, Decimal:
			_, ok := decimal(v)
			return ok
		}
	case json.Number:
		canonical, ok := decimal(string(v))
		return ok && t.Numeric() && (t != Integer || !strings.ContainsAny(canonical, ".e"))
	}
	return false
}
