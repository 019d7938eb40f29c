// Package pdf writes official letters as PDF files: text, numbered lists and
// tables of facts on pages of A4, in Chinese and in Latin script.
//
// The fonts travel in the binary; a file embeds only the glyphs that it shows.
// The text of a file is the text that was given: whoever copies or searches it
// gets the same characters back, also rare ones, and also those that no font
// of ours can draw and that therefore appear as a crossed box.
//
// The same letter makes the same bytes, so that its hash can be recorded.
//
// Read letter.go, set.go (blocks become rows, rows become pages), lines.go
// (where a line may end), font.go and subset.go (glyphs), file.go (the bytes).
package pdf

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Letter is what a body writes to somebody. All words are the caller's.
// Empty parts leave no room.
type Letter struct {
	Lang      string    // of the text, as BCP 47: "zh-CN", "en"; decides sizes and indents
	Head      []string  // the issuing body, above a rule; one entry a line
	Number    string    // of the document, under the rule
	Title     string    // also the title of the file
	Blocks    []Block   // the text
	Signature []string  // body and date, on the right; never alone on a page
	Foot      []string  // small print after the signature: where to ask, how to verify
	Created   time.Time // recorded in the file, in UTC; zero leaves it out

	// Page words the foot of each page, such as "第 1 页 共 2 页"; nil leaves
	// it out.
	Page func(page, of int) string
}

// A Block is a heading, or paragraphs, or a numbered list, or a table of
// facts; if several are given, they follow each other in this order.
type Block struct {
	Heading string   // stays with what follows it
	Text    string   // a line feed begins a new paragraph
	Items   []string // numbered from 1
	Facts   []Fact
}

// A Fact is a row of a table: what it is called and what it is.
type Fact struct{ Label, Value string }

// Write writes l to w as a PDF file of one page or more. It fails if w does,
// or if a letter needs more than MaxGlyphs different characters of one font.
func Write(w io.Writer, l Letter) error {
	set, err := newSetter(l.Lang)
	if err != nil {
		return err
	}
	pages := set.paginate(set.letter(l))
	b, err := set.file(l, pages)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write letter %q: %w", l.Number, err)
	}
	return nil
}

// Missing returns the characters of text that no font of ours can draw, each
// once, in the order of their numbers. A letter shows them as a crossed box.
func Missing(text string) ([]rune, error) {
	all, err := faces()
	if err != nil {
		return nil, err
	}
	var missing []rune
	for _, r := range clean(text) {
		if f, glyph := all.find(r, false); f == serif && glyph == 0 && !invisible(r) {
			missing = append(missing, r)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing), nil
}

// clean takes from text what has no place on paper: other controls than the
// line feed become spaces, and broken UTF-8 becomes U+FFFD.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < ' ' || 0x7f <= r && r < 0xa0:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), string(utf8.RuneError)))
}
