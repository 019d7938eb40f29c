package intake

import (
	"bytes"
	"strconv"

	"kaishu/internal/base/selection"
)

// convert writes cell as the clean CSV has it: text in quotes, everything else
// canonical without, nothing for an empty cell. It returns the reason why the
// cell does not fit the column, or "".
func (c RecipeColumn) convert(dst, cell []byte) (out []byte, code string) {
	if c.Type == selection.Text {
		return appendQuoted(dst, cell), ""
	}
	b := trim(cell)
	if len(b) == 0 || nullWord(b) {
		return dst, ""
	}
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
		d, ok := parseDate(b)
		if !ok {
			d, ok = parseDay8(b)
		}
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
