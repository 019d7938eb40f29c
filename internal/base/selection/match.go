package selection

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Truth is a value of three-valued logic. The zero Truth is Unknown.
type Truth int

// The three values. A filter lets a row through only if it is True.
const (
	Unknown Truth = 0
	False   Truth = -1
	True    Truth = 1
)

func truth(is bool) Truth {
	if is {
		return True
	}
	return False
}

// Matches says whether the row fulfils e, which has been checked: the meaning
// of the tree, without any speed. row returns the cell of a column as in
// tabular.Value: nil, string, int64, float64, bool, or exact text. g may be
// nil if e does not ask for places. It panics on a cell that does not fit its
// literal.
func Matches(e Expr, row func(column string) any, g *Geometry) Truth {
	switch e := e.(type) {
	case nil:
		return True
	case And:
		least := True
		for _, part := range e {
			least = min(least, Matches(part, row, g))
		}
		return least
	case Or:
		most := False
		for _, part := range e {
			most = max(most, Matches(part, row, g))
		}
		return most
	case Not:
		return -Matches(e.Part, row, g)
	case Always:
		return truth(bool(e))
	case IsNull:
		return truth(row(e.Column) == nil)
	case Intersects:
		return inside(e, row(g.Longitude), row(g.Latitude))
	}
	return matchesCell(e, row)
}

func matchesCell(e Expr, row func(column string) any) Truth {
	switch e := e.(type) {
	case Compare:
		cell := row(e.Column)
		if cell == nil {
			return Unknown
		}
		return truth(holds(compareCell(cell, e.Value), e.Op))
	case Between:
		return min(
			matchesCell(Compare{e.Column, GreaterEqual, e.Low}, row),
			matchesCell(Compare{e.Column, LessEqual, e.High}, row))
	case In:
		most := False
		for _, v := range e.Values {
			most = max(most, matchesCell(Compare{e.Column, Equal, v}, row))
		}
		return most
	case Like:
		cell := row(e.Column)
		if cell == nil {
			return Unknown
		}
		return truth(MatchLike(e.Pattern, cell.(string)))
	}
	panic(fmt.Sprintf("selection: unknown expression %T", e))
}

func holds(order int, op Op) bool {
	switch op {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterEqual:
		return order >= 0
	}
	panic("selection: unknown operator " + string(op))
}

// compareCell compares a cell, not nil, with a literal of its type.
func compareCell(cell any, l Literal) int {
	switch l.Type {
	case Text, Date, DateTime:
		return strings.Compare(cell.(string), l.Text)
	case Boolean:
		order := map[bool]int{true: 1}
		return cmp.Compare(order[cell.(bool)], order[l.Text == "true"])
	}
	if v, ok := cell.(float64); ok {
		other, err := strconv.ParseFloat(l.Text, 64)
		if err != nil {
			panic("selection: literal " + l.Text + " that is not a number")
		}
		return cmp.Compare(v, other)
	}
	a, ok := new(big.Rat).SetString(fmt.Sprint(cell))
	b, fine := new(big.Rat).SetString(l.Text)
	if !ok || !fine {
		panic(fmt.Sprintf("selection: cannot compare %v with %v", cell, l))
	}
	return a.Cmp(b)
}

func inside(box Intersects, longitude, latitude any) Truth {
	if longitude == nil || latitude == nil {
		return Unknown
	}
	x, y := degrees(longitude), degrees(latitude)
	return truth(box.West <= x && x <= box.East && box.South <= y && y <= box.North)
}

func degrees(cell any) float64 {
	v, err := strconv.ParseFloat(fmt.Sprint(cell), 64)
	if err != nil {
		panic(fmt.Sprintf("selection: coordinate %v that is not a number", cell))
	}
	return v
}

// MatchLike reports whether text as a whole fits a LIKE pattern: % stands for
// any run of characters, _ for one, \ takes the next character as it is. Time
// is at most the product of the lengths.
func MatchLike(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	i, j := 0, 0        // next of p and of t
	star, mark := -1, 0 // the last % and where its run may end
	for j < len(t) {
		width, fits := 1, false
		switch {
		case i == len(p):
		case p[i] == '%':
			star, mark = i, j
			i++
			continue
		case p[i] == '\\' && i+1 < len(p):
			width, fits = 2, p[i+1] == t[j]
		default:
			fits = p[i] == '_' || p[i] == t[j]
		}
		switch {
		case fits:
			i, j = i+width, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}
