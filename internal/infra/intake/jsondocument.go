package intake

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"kaishu/internal/base/problem"
)

var errRecordTooLong = errors.New("a record is longer than may be")

// jsonDocument is a document of which one record at a time is in memory.
type jsonDocument struct {
	*json.Decoder
	src *boundedReader
	raw json.RawMessage
}

// boundedReader lets a decoder read only so far ahead.
type boundedReader struct {
	r    io.Reader
	at   int64
	most int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.at >= b.most {
		return 0, errRecordTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.most-b.at)])
	b.at += int64(n)
	return n, err
}

func newJSONDocument(r io.Reader) *jsonDocument {
	src := &boundedReader{r: r}
	d := &jsonDocument{Decoder: json.NewDecoder(src), src: src}
	d.UseNumber()
	return d
}

// ahead lets one record more be read.
func (d *jsonDocument) ahead() { d.src.most = d.InputOffset() + maxRecord + blockSize }

func (d *jsonDocument) token() (json.Token, error) {
	d.ahead()
	return d.Token()
}

// element returns the next value as it stands, valid until the next one.
func (d *jsonDocument) element() ([]byte, error) {
	d.ahead()
	d.raw = d.raw[:0]
	err := d.Decode(&d.raw)
	return d.raw, err
}

// leave goes behind the end of the array or object that was begun last.
func (d *jsonDocument) leave() error {
	for depth := 1; depth > 0; {
		t, err := d.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}

// enter goes to the elements of the array at path.
func (d *jsonDocument) enter(path []string) error {
	if len(path) == 0 {
		_, err := d.token()
		return err
	}
	if _, err := d.token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.token()
		if err != nil {
			return err
		}
		if key == path[0] {
			return d.enter(path[1:])
		}
		value, err := d.token()
		if err == nil && (value == json.Delim('[') || value == json.Delim('{')) {
			err = d.leave()
		}
		if err != nil {
			return err
		}
	}
	return io.ErrUnexpectedEOF
}

// jsonSource yields the records one by one as they stand, with their line if
// there is one to each.
type jsonSource interface {
	next() (element []byte, line int64, err error)
}

type jsonElements struct {
	d   *jsonDocument
	one bool // the document itself
	n   int
}

func (e *jsonElements) next() ([]byte, int64, error) {
	if e.n++; e.one && e.n > 1 || !e.one && !e.d.More() {
		return nil, 0, io.EOF
	}
	element, err := e.d.element()
	return element, 0, err
}

type jsonLines struct {
	lines *bufio.Reader
	line  int64
}

func (l *jsonLines) next() ([]byte, int64, error) {
	for {
		text, err := l.lines.ReadSlice('\n')
		l.line++
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, 0, problem.New(problem.Invalid, "intake.record_too_long", "line", l.line, "mebibytes", maxRecord>>20)
		}
		if err != nil && err != io.EOF {
			return nil, 0, fmt.Errorf("read file: %w", err)
		}
		if text = trim(text); len(text) > 0 {
			return text, l.line, nil
		}
		if err == io.EOF {
			return nil, 0, err
		}
	}
}

// jsonRows is one pass: the names of the columns, then the records.
type jsonRows struct {
	from   jsonSource
	shape  *jsonShape
	fields [][]byte
	opened bool
	header bool // the first array, which names the columns, is passed
}

func (p *jsonRows) next(r *row) error {
	if !p.opened {
		p.opened = true
		*r = row{}
		for _, name := range p.shape.names {
			r.fields = append(r.fields, []byte(name))
		}
		return nil
	}
	element, line, err := p.from.next()
	if err != nil {
		return err
	}
	if !p.header {
		if p.header = true; p.shape.named && element[0] == '[' {
			if element, line, err = p.from.next(); err != nil {
				return err
			}
		}
	}
	clear(p.fields)
	*r = row{line: line, fields: p.fields, raw: element}
	r.code = p.shape.fill(element, p.fields)
	return nil
}
