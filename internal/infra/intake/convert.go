package intake

import (
	"bytes"
	"strconv"

	"kaishu/internal/base/selection"
)

// column converts the cells of one column.
type column struct {
	RecipeColumn
	keepBlanks bool
	half       bool
	nulls      []string
	last       []byte // of the rows above, as written; for FillDown
}

// converters returns one converter per column.
func (r Recipe) converters() []column {
	all := make([]column, len(r.Columns))
	for i, c := range r.Columns {
		all[i] = column{RecipeColumn: c, keepBlanks: r.Blanks == KeepBlanks, half: r.Width == HalfWide, nulls: r.Nulls}
	}
	return all
}

// null reports whether a trimmed cell is one of the recipe's words for
// "nothing".
func (c *column) null(b []byte) bool {
	for _, word := range c.nulls {
		if len(word) == len(b) && word == string(b) {
			return true
		}
	}
	return false
}

// text writes a cell of text; b is the cell trimmed.
func (c *column) text(dst, cell, b []byte) []byte {
	if c.null(b) {
		return dst
	}
	if !c.keepBlanks {
		cell = b
	}
	if c.half && hasWide(cell) {
		cell = []byte(narrowWords(string(cell)))
	}
	return appendQuoted(dst, cell)
}

// convert writes cell as the clean CSV has it: text in quotes, everything else
// canonical without, nothing for an empty cell. It returns the reason why the
// cell does not fit the column, or "".
func (c *column) convert(dst, cell []byte, g *glimpse) (out []byte, code string) {
	b := g.b
	if c.Type == selection.Text {
		return c.text(dst, cell, b), ""
	}
	if len(b) == 0 || nullWord(b) || c.null(b) {
		return dst, ""
	}
	if g.plain && c.plain(g) {
		dst = append(dst, b...)
		if g.class == isStamp || g.class == isMidnight {
			dst[len(dst)-len("T00:00:00")] = 'T'
		}
		return dst, ""
	}
	out, code = c.write(dst, b)
	if code == "" {
		return out, ""
	}
	if other := c.plainer(b); other != nil {
		if out, again := c.write(dst, other); again == "" {
			return out, ""
		}
	}
	return dst, code
}

// plain reports whether a plain cell is written as the clean CSV
// has it.
func (c *column) plain(g *glimpse) bool {
	seen := g.class
	switch c.Type {
	case selection.Integer:
		return seen == isInteger
	case selection.Number:
		return seen == isInteger || seen == isFraction
	case selection.Decimal:
		return (seen == isInteger || seen == isFraction) && int(g.fraction) <= c.Scale && int(g.whole) <= maxDigits-c.Scale
	case selection.Date:
		return seen == isDate
	case selection.DateTime:
		return seen == isStamp || seen == isMidnight
	}
	return false
}

// plainer spells a cell as ASCII and reads its unit: １，２００例 and 0.12万
// become 1200. It returns nil if that changes nothing.
func (c *column) plainer(b []byte) []byte {
	n := trim(narrow(b))
	if c.Type.Numeric() {
		if number, suffix, ok := cutMeasure(n); ok {
			if shift, ok := measured(suffix, c.Unit); ok {
				if _, ok := parseNumeral(number); ok {
					return moved(number, shift)
				}
			}
		}
	}
	if len(n) == 0 || bytes.Equal(n, b) {
		return nil
	}
	return n
}

// write writes a cell that says something, in a column that is not text.
func (c *column) write(dst, b []byte) (out []byte, code string) {
	switch c.Type {
	case selection.Integer:
		return appendInteger(dst, b)
	case selection.Number:
		n, ok := parseNumeral(b)
		if !ok || n.class(b) == isCode && n.zero {
			return dst, "intake.not_a_number"
		}
		from := len(dst)
		if dst = appendPlain(dst, b); !n.double(dst[from:]) {
			return dst[:from], "intake.number_too_long"
		}
		return dst, ""
	case selection.Decimal:
		n, ok := parseNumeral(b)
		switch {
		case !ok || n.exponent || n.class(b) == isCode && n.zero:
			return dst, "intake.not_a_number"
		case n.fraction > c.Scale || n.whole > maxDigits-c.Scale:
			return dst, "intake.number_too_long"
		}
		return appendPlain(dst, b), ""
	case selection.Boolean:
		value, _, ok := parseBool(b)
		if !ok {
			return dst, "intake.not_a_boolean"
		}
		return strconv.AppendBool(dst, value), ""
	case selection.Date:
		d, ok := anyDate(b)
		if !ok {
			return dst, "intake.not_a_date"
		}
		return d.appendTo(dst), ""
	}
	s, ok := parseStamp(b)
	if !ok {
		return dst, "intake.not_a_datetime"
	}
	return s.appendTo(dst), ""
}

func appendInteger(dst, b []byte) ([]byte, string) {
	n, ok := parseNumeral(b)
	if !ok || n.point || n.exponent || n.zero {
		return dst, "intake.not_an_integer"
	}
	from := len(dst)
	dst = appendPlain(dst, b)
	if n.whole >= 19 {
		if _, err := strconv.ParseInt(string(dst[from:]), 10, 64); err != nil {
			return dst[:from], "intake.number_too_long"
		}
	}
	if n.digits == 0 {
		dst = append(dst[:from], '0')
	}
	return dst, ""
}

// appendQuoted writes text; an empty cell is no text at all.
func appendQuoted(dst, text []byte) []byte {
	if len(text) == 0 {
		return dst
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, text[:i+1]...), '"')
		text = text[i+1:]
	}
	return append(append(dst, text...), '"')
}
