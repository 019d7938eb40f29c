package selection

import (
	"slices"
	"strconv"
	"strings"
)

// keywords cannot be names unless they are quoted.
var keywords = []string{"AND", "OR", "NOT", "IS", "NULL", "LIKE", "BETWEEN", "IN", "TRUE", "FALSE"}

func reserved(name string) bool { return slices.Contains(keywords, strings.ToUpper(name)) }

func comparison(text string) bool { return strings.ContainsAny(text, "=<>") }

// mirror turns a comparison round: 5 < a is a > 5.
var mirror = map[Op]Op{
	Equal: Equal, NotEqual: NotEqual,
	Less: Greater, LessEqual: GreaterEqual, Greater: Less, GreaterEqual: LessEqual,
}

// turned reads a comparison with the literal on the left.
func (p *parser) turned() (Expr, *fault) {
	value, f := p.literal()
	if f != nil {
		return nil, f
	}
	if p.now().kind != sign || !comparison(p.now().text) {
		return nil, p.wrong(expectCompare)
	}
	op := Op(p.take().text)
	if p.named() {
		return Compare{p.take().text, mirror[op], value}, nil
	}
	return nil, p.wrong(expectName)
}

// predicate reads what is said of column.
func (p *parser) predicate(column string) (Expr, *fault) {
	if p.now().kind == sign && comparison(p.now().text) {
		op := Op(p.take().text)
		if p.word("NULL") {
			return nil, &fault{"selection.use_is_null", []any{"at", p.now().at, "column", cut(column)}}
		}
		value, f := p.literal()
		return Compare{column, op, value}, f
	}
	if p.takeWord("IS") {
		turn := p.takeWord("NOT")
		if !p.takeWord("NULL") {
			return nil, p.wrong("NULL")
		}
		return negated(IsNull{column}, turn), nil
	}
	turn := p.takeWord("NOT")
	var e Expr
	var f *fault
	switch {
	case p.takeWord("LIKE"):
		e, f = p.like(column)
	case p.takeWord("BETWEEN"):
		e, f = p.between(column)
	case p.takeWord("IN"):
		e, f = p.in(column)
	case turn:
		f = p.wrong("LIKE, BETWEEN, IN")
	default:
		f = p.wrong(expectOperator)
	}
	return negated(e, turn), f
}

func negated(e Expr, turn bool) Expr {
	if turn {
		return Not{e}
	}
	return e
}

func (p *parser) like(column string) (Expr, *fault) {
	if p.now().kind != textual {
		return nil, p.wrong("'text%'")
	}
	return Like{column, p.take().text}, nil
}

func (p *parser) between(column string) (Expr, *fault) {
	low, f := p.literal()
	if f != nil {
		return nil, f
	}
	if !p.takeWord("AND") {
		return nil, p.wrong("AND")
	}
	high, f := p.literal()
	return Between{column, low, high}, f
}

func (p *parser) in(column string) (Expr, *fault) {
	if f := p.takeSign("("); f != nil {
		return nil, f
	}
	var values []Literal
	for {
		value, f := p.literal()
		if f != nil {
			return nil, f
		}
		if p.values++; p.values > MaxValues {
			return nil, tooMany("selection.too_many_values", MaxValues)
		}
		values = append(values, value)
		if p.isSign(")") {
			p.pos++
			return In{column, values}, nil
		}
		if !p.isSign(",") {
			return nil, p.wrong(", )")
		}
		p.pos++
	}
}

func (p *parser) literal() (Literal, *fault) {
	switch t := p.now(); {
	case t.kind == textual:
		return Literal{Text, p.take().text}, nil
	case t.kind == numeric:
		return Literal{Number, p.take().text}, nil
	case p.takeWord("TRUE"):
		return Literal{Boolean, "true"}, nil
	case p.takeWord("FALSE"):
		return Literal{Boolean, "false"}, nil
	case p.called() && (p.word("DATE") || p.word("TIMESTAMP")):
		return p.instant()
	case p.named():
		return Literal{}, &fault{"selection.value_without_quotes", []any{"at", t.at, "near", cut(t.text)}}
	case p.called():
		return Literal{}, p.unknownFunction()
	}
	return Literal{}, p.wrong(expectValue)
}

// instant reads DATE('…') and TIMESTAMP('…').
func (p *parser) instant() (Literal, *fault) {
	word := strings.ToUpper(p.take().text)
	p.pos++
	t := p.now()
	if t.kind != textual {
		return Literal{}, p.wrong("'2026-03-05'")
	}
	p.pos++
	l, ok, code := Literal{Date, t.text}, day(t.text), "selection.bad_date"
	if word == "TIMESTAMP" {
		code, l.Type = "selection.bad_timestamp", DateTime
		l.Text, ok = local(t.text)
	}
	if !ok {
		return Literal{}, &fault{code, []any{"at", t.at, "value", cut(t.text)}}
	}
	return l, p.takeSign(")")
}

// intersects reads S_INTERSECTS with its arguments in either order.
func (p *parser) intersects() (Expr, *fault) {
	p.pos += 2
	var box Intersects
	var f *fault
	propertyFirst := p.named() && !p.word("POINT")
	if propertyFirst {
		if f = p.geometry(); f == nil {
			f = p.takeSign(",")
		}
	}
	if f != nil {
		return nil, f
	}
	if box, f = p.shape(); f != nil {
		return nil, f
	}
	if !propertyFirst {
		if f = p.takeSign(","); f == nil {
			f = p.geometry()
		}
	}
	if f == nil {
		f = p.takeSign(")")
	}
	if f != nil {
		return nil, f
	}
	if box.West <= box.East {
		return box, nil
	}
	return p.across(box)
}

// across cuts a box that crosses the antimeridian in two. They are counted as
// the parentheses and the condition that they are when written out.
func (p *parser) across(box Intersects) (Expr, *fault) {
	if f := p.count(); f != nil {
		return nil, f
	}
	if f := p.enter(); f != nil {
		return nil, f
	}
	p.depth--
	west, east := box, box
	west.East, east.West = 180, -180
	return Or{west, east}, nil
}

func (p *parser) geometry() *fault {
	t := p.now()
	if t.kind != quoted && t.kind != bare || t.text != GeometryProperty {
		return p.wrong(GeometryProperty)
	}
	p.pos++
	return nil
}

// shape reads a point or a box. Heights are read and left aside, as in all
// spatial relations of the standard.
func (p *parser) shape() (Intersects, *fault) {
	at := p.now().at
	var ns []float64
	var f *fault
	ok := true
	var box Intersects
	switch {
	case p.takeWord("POINT"):
		p.takeWord("Z")
		ns, f = p.numbers("")
		if ok = len(ns) == 2 || len(ns) == 3; ok {
			box = Intersects{ns[0], ns[1], ns[0], ns[1]}
		}
	case p.takeWord("BBOX"):
		ns, f = p.numbers(",")
		if len(ns) == 6 {
			ns = []float64{ns[0], ns[1], ns[3], ns[4]}
		}
		if ok = len(ns) == 4; ok {
			box = Intersects{ns[0], ns[1], ns[2], ns[3]}
		}
	default:
		return box, p.wrong(expectGeometry)
	}
	if f == nil && !(ok && box.onEarth()) {
		f = &fault{"selection.bad_coordinates", []any{"at", at}}
	}
	return box, f
}

func (b Intersects) onEarth() bool {
	return -180 <= b.West && b.West <= 180 && -180 <= b.East && b.East <= 180 &&
		-90 <= b.South && b.South <= b.North && b.North <= 90
}

// numbers reads numbers in parentheses, at most seven.
func (p *parser) numbers(between string) ([]float64, *fault) {
	if f := p.takeSign("("); f != nil {
		return nil, f
	}
	var ns []float64
	for len(ns) < 7 {
		if p.now().kind != numeric {
			return nil, p.wrong("123")
		}
		v, err := strconv.ParseFloat(p.take().text, 64)
		if err != nil {
			v = 1e9 // beyond the range of doubles, so not on earth either
		}
		ns = append(ns, v)
		if p.isSign(")") {
			p.pos++
			return ns, nil
		}
		if between != "" {
			if f := p.takeSign(between); f != nil {
				return nil, f
			}
		}
	}
	return nil, p.wrong(")")
}
