package intake

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// Text that no delimiter cuts is a table of one column: a list of codes, of
// names. An article, a page of Markdown, a YAML document or a program is none,
// and made into one it would be nonsense. Only clear marks of these count;
// what has none of them is a list.

var (
	keyLine    = regexp.MustCompile(`^[\s-]*["']?[A-Za-z_$][\w.$/-]*["']?:(\s|$)`)        // name: value
	bulletLine = regexp.MustCompile(`^\s*([-*+]|\d{1,2}\.) \S`)                           // - item
	nestedLine = regexp.MustCompile(`^\s*- (- |[\w$-]+: )|^\s+- `)                        // - - item, - name: value
	titleLine  = regexp.MustCompile("^\\s*(#{1,6} \\S|```|> )")                           // ## Title
	ruledLine  = regexp.MustCompile(`^\s*([-=+|]{4,}[-=+| ]*|\|.*\|)\s*$`)                // +-----+, | cell |
	tagLine    = regexp.MustCompile(`^\s*</?[A-Za-z!]`)                                   // <tag
	codeLine   = regexp.MustCompile(`[{;]\s*$|^\s*([})\]]+[,;]?|//.*|/\*.*|#include.*)$`) // {, a statement;, }
	sentence   = regexp.MustCompile(`[.!?]["')]?(\s|$)|[。！？；]`)
)

// judged is how many lines are looked at.
const judged = 1000

// judgement is what the lines of a text look like.
type judgement struct {
	lines                                         int // with anything in them
	keys, bullets, nested, titles, ruled, tags    int
	code, prose, sentences, quoted, indented, gap int
	headed                                        bool // the first line may name a column
	firstTag                                      bool
}

// judge looks at the lines of a sample of text.
func judge(sample []byte, eol byte) (j judgement) {
	blank := false
	for len(sample) > 0 && j.lines < judged {
		var line []byte
		line, sample, _ = bytes.Cut(sample, []byte{eol})
		line = bytes.TrimRight(line, " \t\r")
		if len(line) == 0 || j.lines == 0 && string(line) == "---" { // the start of a document
			blank = true
			continue
		}
		if j.lines == 0 {
			j.firstTag = tagLine.Match(line)
			j.headed = width(line) <= 30 && !sentence.Match(line)
		} else if blank {
			j.gap++
		}
		blank = false
		j.lines++
		j.see(line)
		if j.lines == 1 && j.marks() > 0 {
			j.headed = false
		}
	}
	return j
}

func (j *judgement) see(line []byte) {
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	key := keyLine.Match(line)
	count(&j.keys, key)
	count(&j.bullets, !key && bulletLine.Match(line))
	count(&j.nested, nestedLine.Match(line))
	count(&j.titles, titleLine.Match(line))
	count(&j.ruled, ruledLine.Match(line))
	count(&j.tags, tagLine.Match(line))
	count(&j.code, !key && codeLine.Match(line))
	count(&j.quoted, line[0] == '"')
	count(&j.indented, line[0] == ' ' || line[0] == '\t')
	if proseLike(line) {
		j.prose++
		letter, _ := utf8.DecodeRune(bytes.TrimLeft(line, " \t"))
		count(&j.sentences, unicode.IsLower(letter) || sentence.Match(line))
	}
}

// marks are lines of Markdown, a drawn table or a program.
func (j judgement) marks() int { return j.keys + j.bullets + j.titles + j.ruled + j.tags + j.code }

// table reports whether the text may be a table of one column.
func (j judgement) table() bool {
	half := func(n int) bool { return 2*n >= j.lines }
	switch {
	case j.lines < 2 || j.quoted > 0:
		return true
	case j.headed && j.gap == 0 && j.indented == 0 && j.ruled == 0:
		return true
	case j.keys > 0 && j.keys+j.bullets+j.titles+j.code == j.lines, j.nested > 0 && j.nested+j.keys+j.bullets == j.lines:
		return false // YAML and the like
	case j.lines < 3:
		return true
	case half(j.titles+j.ruled+j.bullets+j.keys) && j.titles+j.ruled > 0:
		return false // Markdown, a drawn table
	case half(j.tags) && j.firstTag, half(j.code) && j.indented > 0:
		return false // a page, a program
	}
	return !half(j.prose) || 10*j.sentences < 3*j.lines
}

// width is how wide a line is on a screen.
func width(line []byte) (n int) {
	for _, r := range string(line) {
		if n++; r >= 0x2e80 {
			n++
		}
	}
	return n
}

// proseLike reports whether a line is long and made of words in a row.
func proseLike(line []byte) bool {
	line = bytes.TrimSpace(line)
	if width(line) < 40 || bytes.Contains(line, []byte("  ")) || bytes.IndexByte(line, '\t') >= 0 {
		return false
	}
	if bytes.ContainsAny(line, "，。；？！") {
		return true
	}
	words, plain := bytes.Fields(line), 0
	for _, w := range words {
		w = bytes.Trim(w, ".,;:!?\"'()*`")
		if len(w) > 0 && bytes.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' }) < 0 {
			plain++
		}
	}
	return len(words) >= 6 && 4*plain >= 3*len(words)
}

// notTable reports whether a text is no table: the delimiter leaves its lines
// whole, and they look like something else.
func notTable(sample []byte, delim, eol byte) bool {
	tokens := newTokenizer(bytes.NewReader(sample), delim, eol)
	var r row
	records, cut := 0, 0
	for records < judged && tokens.next(&r) == nil {
		filled := 0
		for _, field := range r.fields {
			if len(trim(field)) > 0 {
				filled++
			}
		}
		if records == 0 && filled > 1 {
			return false // a header
		}
		if records++; filled > 1 {
			cut++
		}
	}
	return 2*cut < records && !judge(sample, eol).table()
}
