package selection

import (
	"strings"
	"unicode"
)

type kind int

const (
	end     kind = iota
	bare         // a name or a keyword as typed
	quoted       // a name in double quotes, unescaped
	textual      // a string literal, unescaped
	numeric      // a number, canonical
	sign         // ( ) , = <> < <= > >=
)

type token struct {
	kind kind
	text string
	at   int // character position, from 1
}

// fault is what is wrong with a filter, before it has a pointer.
type fault struct {
	code string
	args []any
}

type scanner struct {
	in  []rune
	pos int
	out []token
}

// scan cuts a filter into tokens; the last is of kind end.
func scan(in []rune) ([]token, *fault) {
	s := &scanner{in: in}
	for {
		for s.pos < len(in) && unicode.IsSpace(in[s.pos]) {
			s.pos++
		}
		if s.pos == len(in) {
			s.add(end, "", s.pos)
			return s.out, nil
		}
		if f := s.next(); f != nil {
			return nil, f
		}
	}
}

func (s *scanner) add(k kind, text string, from int) {
	s.out = append(s.out, token{k, text, from + 1})
}

func (s *scanner) peek(ahead int) rune {
	if s.pos+ahead < len(s.in) {
		return s.in[s.pos+ahead]
	}
	return 0
}

func (s *scanner) next() *fault {
	r, from := s.in[s.pos], s.pos
	unsigned := 0
	if r == '+' || r == '-' {
		unsigned = 1
	}
	switch {
	case r == '\'':
		return s.literal()
	case r == '"':
		return s.name()
	case digit(s.peek(unsigned)) || s.peek(unsigned) == '.' && digit(s.peek(unsigned+1)):
		return s.number()
	case startsName(r):
		for s.pos < len(s.in) && inName(s.in[s.pos]) {
			s.pos++
		}
		s.add(bare, string(s.in[from:s.pos]), from)
		return nil
	case strings.ContainsRune("(),=<>", r):
		return s.sign()
	}
	if r == '!' && s.peek(1) == '=' {
		return s.wrong(from, "<>")
	}
	return s.wrong(from, expectCondition)
}

func (s *scanner) sign() *fault {
	from := s.pos
	text := string(s.in[from])
	if two := text + string(s.peek(1)); two == "<=" || two == ">=" || two == "<>" {
		text = two
	} else if two == "==" {
		return s.wrong(from, "=")
	}
	s.pos += len(text)
	s.add(sign, text, from)
	return nil
}

// escapes are those of requirement /req/cql2-text/escaping. A backslash before
// any other character stands for itself, so that LIKE can use it.
var escapes = map[rune]rune{
	'\'': '\'', '\\': '\\',
	'a': '\a', 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r',
}

func (s *scanner) literal() *fault {
	from := s.pos
	var b strings.Builder
	for s.pos++; s.pos < len(s.in); s.pos++ {
		r := s.in[s.pos]
		escaped, known := escapes[s.peek(1)]
		switch {
		case r == '\\' && known:
			b.WriteRune(escaped)
			s.pos++
		case r != '\'':
			b.WriteRune(r)
		case s.peek(1) == '\'':
			b.WriteRune('\'')
			s.pos++
		default:
			s.pos++
			s.add(textual, b.String(), from)
			return nil
		}
	}
	return s.open(from, "'")
}

func (s *scanner) name() *fault {
	from := s.pos
	var b strings.Builder
	for s.pos++; s.pos < len(s.in); s.pos++ {
		r := s.in[s.pos]
		if r == '"' {
			if s.peek(1) != '"' {
				s.pos++
				if b.Len() == 0 {
					return s.wrong(from, expectName)
				}
				s.add(quoted, b.String(), from)
				return nil
			}
			s.pos++
		}
		b.WriteRune(r)
	}
	return s.open(from, `"`)
}

func (s *scanner) number() *fault {
	from := s.pos
	digits := func() {
		for digit(s.peek(0)) {
			s.pos++
		}
	}
	if s.in[s.pos] == '+' || s.in[s.pos] == '-' {
		s.pos++
	}
	digits()
	if s.peek(0) == '.' {
		s.pos++
		digits()
	}
	if e := s.peek(0); e == 'e' || e == 'E' {
		ahead := 1
		if s.peek(1) == '+' || s.peek(1) == '-' {
			ahead = 2
		}
		if digit(s.peek(ahead)) {
			s.pos += ahead
			digits()
		}
	}
	typed := string(s.in[from:s.pos])
	if s.pos < len(s.in) && inName(s.in[s.pos]) {
		last := s.pos
		for last < len(s.in) && inName(s.in[last]) {
			last++
		}
		return s.wrong(from, `"`+cut(string(s.in[from:last]))+`"`)
	}
	canonical, ok := decimal(typed)
	if !ok {
		return &fault{"selection.bad_number", []any{"at", from + 1, "value", cut(typed)}}
	}
	s.add(numeric, canonical, from)
	return nil
}

// open says that what began at from never ends.
func (s *scanner) open(from int, expected string) *fault {
	return &fault{"selection.unclosed", []any{"at", from + 1, "near", cut(string(s.in[from:])), "expected", expected}}
}

// wrong says that something else was expected at from. A keyword that ran into
// a full-width parenthesis just before is told first: IN（1，2）.
func (s *scanner) wrong(from int, expected string) *fault {
	for _, t := range s.out[max(0, len(s.out)-2):] {
		if i := strings.IndexAny(t.text, "（）"); t.kind == bare && i > 0 && reserved(t.text[:i]) {
			return wrong(s.in, t.at-1+i, expected)
		}
	}
	return wrong(s.in, from, expected)
}

func wrong(in []rune, from int, expected string) *fault {
	if from >= len(in) {
		return &fault{"selection.syntax_end", []any{"at", len(in) + 1, "expected", expected}}
	}
	if half, ok := lookalikes[in[from]]; ok {
		return &fault{"selection.fullwidth", []any{"at", from + 1, "near", string(in[from]), "expected", half}}
	}
	return &fault{"selection.syntax", []any{"at", from + 1, "near", cut(string(in[from:])), "expected", expected}}
}

// lookalikes are what a Chinese keyboard makes of our signs.
var lookalikes = map[rune]string{
	'（': "(", '）': ")", '，': ",", '＝': "=", '＜': "<", '＞': ">", '‘': "'", '’': "'", '“': `"`, '”': `"`,
}

func digit(r rune) bool { return '0' <= r && r <= '9' }

// names holds the identifierStart characters of the standard's grammar, but
// for the full-width signs that are read as mistakes.
var names = &unicode.RangeTable{
	R16: []unicode.Range16{
		{':', ':', 1}, {'A', 'Z', 1}, {'_', '_', 1}, {'a', 'z', 1},
		{0xC0, 0xD6, 1}, {0xD8, 0xF6, 1}, {0xF8, 0x2FF, 1}, {0x370, 0x37D, 1}, {0x37F, 0x1FFE, 1},
		{0x200C, 0x200D, 1}, {0x2070, 0x218F, 1}, {0x2C00, 0x2FEF, 1}, {0x3001, 0xD7FF, 1},
		{0xF900, 0xFDCF, 1}, {0xFDF0, 0xFFFC, 1},
	},
	R32: []unicode.Range32{{0x10000, 0xEFFFF, 1}},
}

func startsName(r rune) bool {
	_, mistake := lookalikes[r]
	return unicode.Is(names, r) && !mistake && !unicode.IsSpace(r)
}

// inName lets full-width parentheses through, which are common in the names
// of Chinese columns.
func inName(r rune) bool {
	return startsName(r) || digit(r) || r == '.' || r == '（' || r == '）' ||
		0x300 <= r && r <= 0x36F || r == 0x203F || r == 0x2040
}

// cut shortens what a user typed, for messages.
func cut(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
