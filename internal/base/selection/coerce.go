package selection

import (
	"math"
	"strconv"
	"strings"
)

// coerce returns l as a canonical literal of column's type, or the code of
// what is wrong with it and further arguments of the message.
func coerce(column Column, l Literal) (_ Literal, code string, args []any) {
	switch column.Type {
	case Text:
		if l.Type == Text {
			return l, "", nil
		}
		return l, "selection.text_needs_quotes", nil
	case Boolean:
		if l.Type == Boolean && (l.Text == "true" || l.Text == "false") {
			return l, "", nil
		}
		return l, "selection.needs_boolean", nil
	case Date:
		if (l.Type == Text || l.Type == Date) && day(l.Text) {
			return Literal{Date, l.Text}, "", nil
		}
		return l, "selection.needs_day", nil
	case DateTime:
		return coerceInstant(l)
	}
	return coerceNumber(column, l)
}

func coerceInstant(l Literal) (Literal, string, []any) {
	text, ok := "", false
	switch l.Type {
	case Text, Date:
		if ok = day(l.Text); ok {
			text = l.Text + "T00:00:00"
		} else if l.Type == Text {
			text, ok = local(l.Text)
		}
	case DateTime:
		text, ok = local(l.Text)
	}
	if !ok {
		return l, "selection.needs_time", nil
	}
	return Literal{DateTime, text}, "", nil
}

func coerceNumber(column Column, l Literal) (Literal, string, []any) {
	text, ok := decimal(l.Text)
	if !l.Type.Numeric() {
		if l.Type == Text && ok {
			return l, "selection.number_without_quotes", nil
		}
		return l, "selection.needs_number", nil
	}
	if !ok {
		return l, "selection.needs_number", nil
	}
	switch column.Type {
	case Integer:
		if strings.Contains(text, "e-") || strings.Contains(text, ".") && !strings.Contains(text, "e") {
			return l, "selection.not_integer", nil
		}
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return l, "selection.out_of_range", nil
		}
	case Number:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(v, 0) {
			return l, "selection.out_of_range", nil
		}
		text = double(v)
	case Decimal:
		if code := exact(text, column.Scale); code != "" {
			return l, code, []any{"scale", column.Scale}
		}
	}
	return Literal{column.Type, text}, "", nil
}

// exact returns why a canonical number is not a decimal of 38 digits with
// scale of them after the point, or "".
func exact(text string, scale int) string {
	if strings.Contains(text, "e-") {
		return "selection.too_many_decimals"
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(fraction) > scale && !strings.Contains(text, "e") {
		return "selection.too_many_decimals"
	}
	if strings.Contains(text, "e") || len(whole) > 38-scale && whole != "0" {
		return "selection.out_of_range"
	}
	return ""
}

// wholeDay returns the first instant of the day that l names, and of the day
// after, when l is a day compared with a datetime column.
func wholeDay(column Column, l Literal) (from, to Literal, ok bool) {
	if column.Type != DateTime || l.Type != Date && l.Type != Text || !day(l.Text) {
		return from, to, false
	}
	next, ok := nextDay(l.Text)
	return Literal{DateTime, l.Text + "T00:00:00"}, Literal{DateTime, next + "T00:00:00"}, ok
}

// compareDay compares a datetime column with a day: the day is all of its
// instants, so that "<= 31 January" holds the evening of that day.
func compareDay(column string, op Op, from, to Literal) Expr {
	switch op {
	case Less:
		return Compare{column, Less, from}
	case LessEqual:
		return Compare{column, Less, to}
	case Greater:
		return Compare{column, GreaterEqual, to}
	case GreaterEqual:
		return Compare{column, GreaterEqual, from}
	case NotEqual:
		return Or{Compare{column, Less, from}, Compare{column, GreaterEqual, to}}
	}
	return And{Compare{column, GreaterEqual, from}, Compare{column, Less, to}}
}
