package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold returns s as it is compared: NFKC, lower case, white space and control
// characters as single spaces, none at the ends, invisible characters gone.
// It never holds a zero byte.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	walk(s, func(r rune, _, _ int) { b.WriteRune(r) })
	return strings.TrimSuffix(b.String(), " ")
}

// foldSpans is fold, except for a space at the end, with the span of s that
// each byte of the folded text came from.
func foldSpans(s string) (string, []Span) {
	var b strings.Builder
	spans := make([]Span, 0, len(s))
	walk(s, func(r rune, from, to int) {
		n, _ := b.WriteRune(r)
		for range n {
			spans = append(spans, Span{from, to})
		}
	})
	return b.String(), spans
}

// walk calls emit with each character of the folded s and the bytes of s that
// it came from.
func walk(s string, emit func(r rune, from, to int)) {
	last := ' '
	step := func(r rune, from, to int) {
		if r = foldRune(r); r < 0 || r == ' ' && last == ' ' {
			return
		}
		last = r
		emit(r, from, to)
	}
	if norm.NFKC.IsNormalString(s) {
		for i := 0; i < len(s); {
			r, n := utf8.DecodeRuneInString(s[i:])
			step(r, i, i+n)
			i += n
		}
		return
	}
	for from := 0; from < len(s); {
		n := norm.NFKC.NextBoundaryInString(s[from:], true)
		for _, r := range norm.NFKC.String(s[from : from+n]) {
			step(r, from, from+n)
		}
		from += n
	}
}

// foldRune returns -1 for a character that nobody sees.
func foldRune(r rune) rune {
	switch {
	case r >= 0x3400 && r <= 0x9fff:
		return r
	case unicode.IsSpace(r) || unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), r == '\u034f':
		return -1
	}
	return unicode.ToLower(r)
}

// class is what a character is to the index.
type class byte

const (
	sign class = iota // neither of the others: it parts words
	han               // written without spaces: Han and kana
	word              // letters, digits and marks of the rest
)

func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' {
			return word
		}
		return sign
	case r >= 0x4e00 && r <= 0x9fff:
		return han
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return han
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return word
	}
	return sign
}

// run is a longest stretch of one class.
type run struct {
	class    class
	from, to int
}

// runs calls yield with each run of Han or of word characters of a folded text.
func runs(s string, yield func(run)) {
	current := run{class: sign}
	for i, r := range s {
		c := classOf(r)
		if c == current.class {
			continue
		}
		if current.class != sign {
			current.to = i
			yield(current)
		}
		current = run{class: c, from: i}
	}
	if current.class != sign {
		current.to = len(s)
		yield(current)
	}
}
