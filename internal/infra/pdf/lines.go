package pdf

import (
	"strings"
	"unicode"
)

// Marks that may not begin a line, and marks that may not end one.
const (
	noStart = "，。、；：？！…—～·》〉」』】〕〗〙〛〞〟）］｝｠”’々ー゛゜％‰℃℉℅" +
		"﹐﹑﹒﹔﹕﹖﹗﹚﹜﹞﹀﹂﹄︾︼︺︸︶︴．，／" + ",.;:?!)]}>%°′″»›"
	noEnd = "《〈「『【〔〖〘〚〝（［｛｟“‘﹙﹛﹝︽︻︹︷︵＄￥￡№" + "([{<$¥£€#«‹"
)

// mayEnd tells whether a line may end after the character i of text.
func mayEnd(text []char, i int) bool {
	if i+1 >= len(text) {
		return true
	}
	next := text[i+1].r
	if space(next) || attached(next) || strings.ContainsRune(noStart, next) {
		return false
	}
	// What counts is the last character that stands by itself.
	at := i
	for at > 0 && attached(text[at].r) {
		if text[at].r == 0x200B { // the space of no width: "a line may end here"
			return true
		}
		at--
	}
	spaced := false
	for at > 0 && space(text[at].r) {
		at, spaced = at-1, true
	}
	last := text[at].r
	switch {
	case strings.ContainsRune(noEnd, last):
		return false
	case spaced || space(last):
		return true
	case wide(last) || wide(next):
		return true
	}
	return strings.ContainsRune("-–—/?&=_", last) && unicode.IsLetter(next)
}

func space(r rune) bool {
	return r == ' ' || r == 0x3000 || 0x2000 <= r && r <= 0x200A && r != 0x2007
}

// attached tells whether r belongs to the character before it.
func attached(r rune) bool { return invisible(r) || unicode.In(r, unicode.Mn, unicode.Me) }

// invisible tells whether r asks for nothing to be drawn: joiners and selectors
// of variants. Marks that turn the direction of text are not among them, so that
// nobody can hide them in a letter.
func invisible(r rune) bool {
	return r == 0xAD || r == 0x34F || 0x200B <= r && r <= 0x200D || r == 0x2060 || r == 0xFEFF ||
		0xFE00 <= r && r <= 0xFE0F || 0xE0100 <= r && r <= 0xE01EF
}

// wide tells whether r is as wide as a Han character, so that a line may end on
// either side of it.
func wide(r rune) bool {
	switch {
	case r < 0x2E80:
		return false
	case r <= 0xA4CF, 0xAC00 <= r && r <= 0xD7A3, 0xF900 <= r && r <= 0xFAFF, 0xFE30 <= r && r <= 0xFE4F,
		0xFF01 <= r && r <= 0xFF60, 0xFFE0 <= r && r <= 0xFFE6, 0x1F300 <= r && r <= 0x1FAFF:
		return true
	}
	return 0x20000 <= r && r <= 0x3FFFF
}

// lines cuts text into lines of at most width, in units of the em; the first
// is shorter by indent. Spaces where a line ends stay with it and take no
// room. A word longer than a line is cut. No character is lost or added.
func lines(text []char, width, indent float64) [][]char {
	var out [][]char
	start, end := 0, 0 // of the line; end is the last place where it may end
	room, used := width-indent, 0.0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if used+c.width > room+1e-9 && !space(c.r) && i > start && !attached(c.r) {
			if end == start {
				end = i
			}
			out = append(out, text[start:end])
			start, room, used = end, width, 0
			i = start - 1
			continue
		}
		used += c.width
		if mayEnd(text, i) {
			end = i + 1
		}
	}
	if start < len(text) || len(text) == 0 {
		out = append(out, text[start:])
	}
	return out
}

// seen returns the width of a line without the spaces at its end.
func seen(line []char) float64 {
	line = trimmed(line)
	w := 0.0
	for _, c := range line {
		w += c.width
	}
	return w
}

func trimmed(line []char) []char {
	n := len(line)
	for n > 0 && space(line[n-1].r) {
		n--
	}
	return line[:n]
}
