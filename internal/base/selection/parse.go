package selection

import (
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/problem"
)

// What a message says was expected; the same in every language.
const (
	expectCondition = `name, NOT, (, TRUE, FALSE, S_INTERSECTS(…)`
	expectName      = `name, "name"`
	expectOperator  = `= <> < <= > >= IS, LIKE, BETWEEN, IN`
	expectCompare   = `= <> < <= > >=`
	expectValue     = `'text', 123, TRUE, DATE('2026-03-05'), TIMESTAMP('2026-03-05T00:00:00Z')`
	expectGeometry  = `geometry, POINT(121.47 31.23), BBOX(120.8,30.6,122.2,31.9)`
	expectEnd       = `AND, OR`
)

// ParseWhere reads a filter in CQL2 text. Blank text is no filter: the answer
// is nil. Numbers have type [Number] and instants are local time, whatever
// the column; [Check] makes them fit. It fails with one field problem at
// "?where": the first place that cannot be read, or the limit that was passed.
func ParseWhere(text string) (Expr, error) {
	e, f := parse(text)
	if f != nil {
		var p problem.List
		p.Add("?where", f.code, f.args...)
		return nil, p.Err()
	}
	return e, nil
}

func parse(text string) (Expr, *fault) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, &fault{code: "selection.bad_text"}
	}
	in := []rune(text)
	if len(in) > MaxText {
		return nil, tooMany("selection.too_long", MaxText)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	tokens, f := scan(in)
	if f != nil {
		return nil, f
	}
	p := &parser{runes: in, tokens: tokens}
	e, f := p.or()
	if f == nil && p.now().kind != end {
		f = p.wrong(expectEnd)
	}
	if f != nil {
		return nil, f
	}
	if utf8.RuneCountInString(Where(e)) > MaxText {
		return nil, tooMany("selection.too_long", MaxText)
	}
	return e, nil
}

func tooMany(code string, max int) *fault { return &fault{code, []any{"max", max}} }

// parser descends into the text. Its recursion is bounded by MaxDepth.
type parser struct {
	runes      []rune
	tokens     []token
	pos        int
	depth      int
	conditions int
	values     int
}

func (p *parser) now() token   { return p.tokens[p.pos] }
func (p *parser) after() token { return p.tokens[min(p.pos+1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.now()
	if t.kind != end {
		p.pos++
	}
	return t
}

// word reports whether the next token is the keyword w.
func (p *parser) word(w string) bool {
	return p.now().kind == bare && strings.EqualFold(p.now().text, w)
}

// called reports whether a word with an opening parenthesis is next.
func (p *parser) called() bool {
	return p.now().kind == bare && p.after().kind == sign && p.after().text == "("
}

// named reports whether the name of a column is next.
func (p *parser) named() bool {
	t := p.now()
	return t.kind == quoted || t.kind == bare && !reserved(t.text) && !p.called()
}

func (p *parser) isSign(s string) bool { return p.now().kind == sign && p.now().text == s }

func (p *parser) takeWord(w string) bool {
	if !p.word(w) {
		return false
	}
	p.pos++
	return true
}

func (p *parser) takeSign(s string) *fault {
	if !p.isSign(s) {
		return p.wrong(s)
	}
	p.pos++
	return nil
}

// wrong says that something else was expected here. A full-width sign within
// the name at fault is the likelier cause.
func (p *parser) wrong(expected string) *fault {
	t := p.now()
	if t.kind == bare {
		for i, r := range []rune(t.text) {
			if _, ok := lookalikes[r]; ok {
				return wrong(p.runes, t.at-1+i, expected)
			}
		}
	}
	return wrong(p.runes, t.at-1, expected)
}

func (p *parser) enter() *fault {
	if p.depth++; p.depth > MaxDepth {
		return tooMany("selection.too_deep", MaxDepth)
	}
	return nil
}

func (p *parser) count() *fault {
	if p.conditions++; p.conditions > MaxConditions {
		return tooMany("selection.too_many_conditions", MaxConditions)
	}
	return nil
}

func (p *parser) or() (Expr, *fault) {
	parts, f := p.chain("OR", p.and)
	if f != nil || len(parts) == 1 {
		return first(parts), f
	}
	return Or(parts), nil
}

func (p *parser) and() (Expr, *fault) {
	parts, f := p.chain("AND", p.not)
	if f != nil || len(parts) == 1 {
		return first(parts), f
	}
	return And(parts), nil
}

func (p *parser) chain(word string, part func() (Expr, *fault)) ([]Expr, *fault) {
	var parts []Expr
	for {
		e, f := part()
		if f != nil {
			return nil, f
		}
		parts = append(parts, e)
		if !p.takeWord(word) {
			return parts, nil
		}
	}
}

func first(parts []Expr) Expr {
	if len(parts) == 0 {
		return nil
	}
	return parts[0]
}

func (p *parser) not() (Expr, *fault) {
	if !p.takeWord("NOT") {
		return p.primary()
	}
	if f := p.enter(); f != nil {
		return nil, f
	}
	defer func() { p.depth-- }()
	e, f := p.not()
	return Not{e}, f
}

func (p *parser) primary() (Expr, *fault) {
	if p.isSign("(") {
		p.pos++
		if f := p.enter(); f != nil {
			return nil, f
		}
		defer func() { p.depth-- }()
		e, f := p.or()
		if f != nil {
			return nil, f
		}
		return e, p.takeSign(")")
	}
	if f := p.count(); f != nil {
		return nil, f
	}
	switch t := p.now(); {
	case p.called() && p.word("S_INTERSECTS"):
		return p.intersects()
	case p.called() && !p.word("DATE") && !p.word("TIMESTAMP"):
		return nil, p.unknownFunction()
	case p.word("TRUE") || p.word("FALSE"):
		if a := p.after(); a.kind != sign || !comparison(a.text) {
			return Always(strings.EqualFold(p.take().text, "TRUE")), nil
		}
		return p.turned()
	case p.called() || t.kind == textual || t.kind == numeric:
		return p.turned()
	case p.named():
		return p.predicate(p.take().text)
	}
	return nil, p.wrong(expectCondition)
}

func (p *parser) unknownFunction() *fault {
	t := p.now()
	if reserved(t.text) {
		return p.wrong(expectCondition)
	}
	return &fault{"selection.unknown_function", []any{"at", t.at, "function", cut(t.text)}}
}
