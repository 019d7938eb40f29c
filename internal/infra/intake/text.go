package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"kaishu/internal/base/problem"
)

// textReader reads delimited text.
type textReader struct{ eol byte }

// delimiters in the order of preference where two cut a file equally well: a
// tab or a bar is rarely part of a text.
var delimiters = []byte{'\t', '|', ',', ';', 0x1f, 0x01, '^', '~', ':'}

// A sign from common on is part of many texts: only a file that it cuts alike
// from end to end is cut by it.
const common = 4

func (t *textReader) padded() bool { return false }

func (t *textReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	if given == nil {
		given = &Recipe{}
	}
	form := Recipe{Format: "csv", Delimiter: given.Delimiter}
	if given.Format != "" && given.Format != form.Format {
		return form, problem.New(problem.Invalid, "intake.format_differs", "want", given.Format, "got", form.Format)
	}
	s, err := spell(ctx, f, given.Encoding)
	if err != nil {
		return form, err
	}
	t.eol, form.Encoding = s.eol, s.encoding
	if form.Delimiter == "" && !given.full() {
		sample, err := t.sample(f, form.Encoding)
		if err != nil {
			return form, err
		}
		d := t.delimiter(sample)
		if form.Delimiter = string(rune(d)); given.Format == "" && given.Head == nil && notTable(sample, d, t.eol) {
			return form, problem.New(problem.Unsupported, "intake.not_a_table")
		}
		return form, nil
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

// sample returns the beginning of a file as UTF-8.
func (t *textReader) sample(f *os.File, encoding string) ([]byte, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("rewind file: %w", err)
	}
	sample, err := io.ReadAll(io.LimitReader(decoded(f, encoding), 4*blockSize))
	if err != nil {
		return nil, fmt.Errorf("read head of file: %w", err)
	}
	return sample, nil
}

// delimiter tries each one on the first records. The best cuts most records
// into the same number of fields, and into many that are not empty.
func (t *textReader) delimiter(sample []byte) byte {
	if d := announced(sample); d != 0 {
		return d
	}
	best, most := byte(','), 0.0
	for i, d := range delimiters[:len(delimiters)-1] { // a colon stands in every hour
		if score, alike := t.score(sample, d); score > most && (i < common || alike) {
			best, most = d, score
		}
	}
	return best
}

// announced returns the delimiter that a first line "sep=;" names, as
// spreadsheets write it, or 0.
func announced(sample []byte) byte {
	line, _, _ := bytes.Cut(sample, []byte{'\n'})
	line = bytes.Trim(line, "\r\"")
	if len(line) != len("sep=;") || !bytes.EqualFold(line[:4], []byte("sep=")) || bytes.IndexByte(delimiters, line[4]) < 0 {
		return 0
	}
	return line[4]
}

// score says how well a delimiter cuts the sample, and whether it cuts every
// record alike.
func (t *textReader) score(sample []byte, delim byte) (score float64, alike bool) {
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
	most := 1
	for width, n := range byWidth {
		if n > byWidth[most] || n == byWidth[most] && width > most {
			most = width
		}
	}
	if most < 2 {
		return 0, false
	}
	share := float64(byWidth[most]) / float64(records)
	score = share * share * float64(filled) / float64(records)
	if first != most {
		score /= 2
	}
	return score, len(byWidth) == 1 && records > 1
}
