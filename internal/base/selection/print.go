package selection

import (
	"fmt"
	"strings"
	"unicode"
)

// Where writes e as canonical CQL2 text, "" for nil. [ParseWhere] reads it
// back as e.
func Where(e Expr) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	write(&b, e)
	return b.String()
}

func write(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case And:
		join(b, e, " AND ", "TRUE")
	case Or:
		join(b, e, " OR ", "FALSE")
	case Not:
		writeNot(b, e)
	case Intersects:
		writeIntersects(b, e)
	case Always:
		b.WriteString(strings.ToUpper(fmt.Sprint(bool(e))))
	default:
		writePredicate(b, e, "")
	}
}

// join writes parts in parentheses where the text needs them, and nowhere
// else, so that what could be parsed is not too deep when written.
func join(b *strings.Builder, parts []Expr, word, none string) {
	if len(parts) == 0 {
		b.WriteString(none)
	}
	for i, part := range parts {
		if i > 0 {
			b.WriteString(word)
		}
		_, or := part.(Or)
		_, and := part.(And)
		if or || and && word == " AND " {
			wrap(b, part)
		} else {
			write(b, part)
		}
	}
}

func wrap(b *strings.Builder, e Expr) {
	b.WriteByte('(')
	write(b, e)
	b.WriteByte(')')
}

func writeNot(b *strings.Builder, n Not) {
	switch n.Part.(type) {
	case IsNull, Like, Between, In:
		writePredicate(b, n.Part, "NOT ")
		return
	}
	b.WriteString("NOT ")
	switch n.Part.(type) {
	case And, Or:
		wrap(b, n.Part)
	default:
		write(b, n.Part)
	}
}

// writePredicate writes a condition on one column; not is "NOT " or "".
func writePredicate(b *strings.Builder, e Expr, not string) {
	switch e := e.(type) {
	case Compare:
		b.WriteString(name(e.Column) + " " + string(e.Op) + " " + literal(e.Value))
	case Between:
		b.WriteString(name(e.Column) + " " + not + "BETWEEN " + literal(e.Low) + " AND " + literal(e.High))
	case In:
		b.WriteString(name(e.Column) + " " + not + "IN (")
		for i, v := range e.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(literal(v))
		}
		b.WriteByte(')')
	case Like:
		b.WriteString(name(e.Column) + " " + not + "LIKE " + quote(e.Pattern))
	case IsNull:
		b.WriteString(name(e.Column) + " IS " + not + "NULL")
	default:
		panic(fmt.Sprintf("selection: unknown expression %T", e))
	}
}

func writeIntersects(b *strings.Builder, e Intersects) {
	w, s, east, n := double(e.West), double(e.South), double(e.East), double(e.North)
	b.WriteString("S_INTERSECTS(" + GeometryProperty + ",")
	if w == east && s == n {
		b.WriteString("POINT(" + w + " " + s + "))")
	} else {
		b.WriteString("BBOX(" + w + "," + s + "," + east + "," + n + "))")
	}
}

func literal(l Literal) string {
	switch l.Type {
	case Boolean:
		return strings.ToUpper(l.Text)
	case Date:
		return "DATE('" + l.Text + "')"
	case DateTime:
		return "TIMESTAMP('" + utc(l.Text) + "')"
	case Integer, Number, Decimal:
		return l.Text
	}
	return quote(l.Text)
}

var unescapes = map[rune]string{
	'\'': `''`, '\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`,
}

// quote writes a string literal. A backslash is doubled unless it stands
// before % or _, as it does in patterns.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	in := []rune(text)
	for i, r := range in {
		escaped, ok := unescapes[r]
		switch {
		case ok:
			b.WriteString(escaped)
		case r == '\\' && !(i+1 < len(in) && (in[i+1] == '%' || in[i+1] == '_')):
			b.WriteString(`\\`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// name writes a column's name, in quotes unless it is plain.
func name(column string) string {
	if plain(column) && startsName([]rune(column)[0]) && !reserved(column) {
		return column
	}
	return `"` + strings.ReplaceAll(column, `"`, `""`) + `"`
}

// plain reports whether name is made of letters, ASCII digits and _ only.
func plain(name string) bool {
	for _, r := range name {
		if !digit(r) && !(startsName(r) && (r == '_' || unicode.IsLetter(r))) {
			return false
		}
	}
	return name != ""
}
