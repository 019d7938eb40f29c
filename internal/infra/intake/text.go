package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"kaishu/internal/base/problem"
)

// textReader reads delimited text.
type textReader struct{ eol byte }

// delimiters in the order of preference where two cut a file equally well: a
// tab or a bar is rarely part of a text.
var delimiters = []byte{'\t', '|', ',', ';'}

func (t *textReader) padded() bool { return false }

func (t *textReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	if given == nil {
		given = &Recipe{}
	}
	form := Recipe{Format: "csv", Delimiter: given.Delimiter}
	if given.Format != "" && given.Format != form.Format {
		return form, problem.New(problem.Invalid, "intake.format_differs", "want", given.Format, "got", form.Format)
	}
	if given.Encoding != "" && !slices.Contains([]string{utf8Name, gb18030Name, utf16leName, utf16beName}, given.Encoding) {
		return form, problem.New(problem.Invalid, "intake.encoding_not_read", "encoding", given.Encoding)
	}
	s, err := spell(ctx, f)
	if err != nil {
		return form, err
	}
	t.eol = s.eol
	switch form.Encoding = s.encoding; {
	case given.Encoding == "":
	case s.ascii:
		form.Encoding = given.Encoding
	case given.Encoding != s.encoding:
		return form, problem.New(problem.Invalid, "intake.encoding_differs", "want", given.Encoding, "got", s.encoding)
	}
	if form.Delimiter == "" && !given.full() {
		d, err := t.delimiter(f, form.Encoding)
		form.Delimiter = string(rune(d))
		return form, err
	}
	if len(form.Delimiter) != 1 || bytes.IndexByte(delimiters, form.Delimiter[0]) < 0 {
		return form, problem.New(problem.Invalid, "intake.delimiter_unknown", "delimiter", form.Delimiter)
	}
	return form, nil
}

func (t *textReader) open(f *os.File, form Recipe) (rows, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("rewind file: %w", err)
	}
	return newTokenizer(decoded(f, form.Encoding), form.Delimiter[0], t.eol), nil
}

// delimiter tries each one on the first records. The best cuts most records
// into the same number of fields, and into many that are not empty.
func (t *textReader) delimiter(f *os.File, encoding string) (byte, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("rewind file: %w", err)
	}
	sample, err := io.ReadAll(io.LimitReader(decoded(f, encoding), 4*blockSize))
	if err != nil {
		return 0, fmt.Errorf("read head of file: %w", err)
	}
	best, most := byte(','), 0.0
	for _, d := range delimiters {
		if score := t.score(sample, d); score > most {
			best, most = d, score
		}
	}
	return best, nil
}

func (t *textReader) score(sample []byte, delim byte) float64 {
	const enough = 1000
	tokens := newTokenizer(bytes.NewReader(sample), delim, t.eol)
	byWidth, filled, records := map[int]int{}, 0, 0
	first := 0
	var r row
	for records < enough && tokens.next(&r) == nil {
		width := len(r.fields)
		if records == 0 {
			first = width
		}
		records++
		byWidth[width]++
		for _, field := range r.fields {
			if len(field) > 0 {
				filled++
			}
		}
	}
	common := 1
	for width, n := range byWidth {
		if n > byWidth[common] || n == byWidth[common] && width > common {
			common = width
		}
	}
	if common < 2 {
		return 0
	}
	share := float64(byWidth[common]) / float64(records)
	score := share * share * float64(filled) / float64(records)
	if first != common {
		score /= 2
	}
	return score
}
