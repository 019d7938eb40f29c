package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// term is one thing that a document must hold: a run of Han, a word, or a
// phrase.
type term struct {
	text    string // folded, as it must stand in one text
	open    bool   // the last word: it may go on where text ends
	startsW bool   // text begins with a word character, so no word may run into it
	endsW   bool   // text ends with one
	runs    []run  // of text; never empty
	source  []Span // where it stands in the query as typed, with quotation marks
}

// parse reads the words of a query, each once.
func parse(text string) []term {
	folded, spans := foldSpans(text)
	var terms []term
	add := func(from, to, outerFrom, outerTo int) int {
		t, ok := newTerm(strings.TrimSpace(folded[from:to]))
		if !ok {
			return -1
		}
		t.source = []Span{{spans[outerFrom].From, spans[outerTo-1].To}}
		if i := slices.IndexFunc(terms, func(o term) bool { return o.text == t.text }); i >= 0 {
			terms[i].source = append(terms[i].source, t.source...)
			return i
		}
		terms = append(terms, t)
		return len(terms) - 1
	}
	open := -1 // the term that is the last word
	for i := 0; i < len(folded); {
		r, n := utf8.DecodeRuneInString(folded[i:])
		if isQuote(r) {
			if length := strings.IndexFunc(folded[i+n:], isQuote); length >= 0 {
				end := i + n + length
				_, m := utf8.DecodeRuneInString(folded[end:])
				if add(i+n, end, i, end+m) >= 0 {
					open = -1
				}
				i = end + m
				continue
			}
		}
		c := classOf(r)
		if c == sign {
			i += n
			continue
		}
		end := wordEnd(folded, i, c)
		at := add(i, end, i, end)
		open = -1
		if c == word && len(terms[at].source) == 1 {
			open = at // a word that stood there before, whole, stays whole
		}
		i = end
	}
	if open >= 0 {
		terms[open].open = true
	}
	return terms
}

func newTerm(text string) (term, bool) {
	t := term{text: text}
	runs(text, func(r run) { t.runs = append(t.runs, r) })
	if len(t.runs) == 0 {
		return t, false
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	t.startsW, t.endsW = classOf(first) == word, classOf(last) == word
	return t, true
}

// wordEnd returns where the word that begins at from ends. A single joining
// sign between word characters is part of the word.
func wordEnd(s string, from int, c class) int {
	for i := from; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if classOf(r) == c {
			i += n
			continue
		}
		if c != word || !strings.ContainsRune(".-_'&", r) {
			return i
		}
		if next, _ := utf8.DecodeRuneInString(s[i+n:]); classOf(next) != word {
			return i
		}
		i += n
	}
	return len(s)
}

func isQuote(r rune) bool { return strings.ContainsRune("\"“”「」", r) }

// whole reports whether the grams of t are exact: nothing is left to verify.
func (t *term) whole() bool {
	if len(t.runs) != 1 || t.runs[0].to-t.runs[0].from != len(t.text) {
		return false
	}
	return t.runs[0].class == word || utf8.RuneCountInString(t.text) <= 2
}

// next returns where t stands in the folded text at or after from, or -1.
func (t *term) next(text string, from int) int {
	for {
		i := t.index(text, from)
		if i < 0 || t.standsAt(text, i) {
			return i
		}
		from = t.after(i)
	}
}

// index is strings.Index from a place on. It looks for the last byte first:
// Han characters share a few first bytes, which stand everywhere, and differ
// in their last.
func (t *term) index(text string, from int) int {
	last := len(t.text) - 1
	for at := from + last; at < len(text); at++ {
		i := strings.IndexByte(text[at:], t.text[last])
		if i < 0 {
			return -1
		}
		at += i
		if text[at-last:at+1] == t.text {
			return at - last
		}
	}
	return -1
}

// after returns where to look for the occurrence that follows the one at i.
func (t *term) after(i int) int {
	_, n := utf8.DecodeRuneInString(t.text)
	return i + n
}

// standsAt reports whether the occurrence at i is not a piece of a longer word.
func (t *term) standsAt(text string, i int) bool {
	if t.startsW {
		if before, _ := utf8.DecodeLastRuneInString(text[:i]); classOf(before) == word {
			return false
		}
	}
	if t.endsW && !t.open {
		if after, _ := utf8.DecodeRuneInString(text[i+len(t.text):]); classOf(after) == word {
			return false
		}
	}
	return true
}
