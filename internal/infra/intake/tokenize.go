package intake

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"

	"kaishu/internal/base/problem"
)

// maxRecord is the longest record in bytes. A quote that is never closed runs
// into it instead of into memory. Loaders take lines of 16 MiB, and quotes are
// doubled on the way there.
const maxRecord = 4 << 20

const blockSize = 256 << 10

// row is one record as a pass sees it. Its bytes are valid until the next one
// is read.
type row struct {
	line   int64    // on which it starts, counted from 1; 0 in a sheet
	fields [][]byte // UTF-8, without quotes
	raw    []byte   // as it stands, without its line end; nil in a sheet
	code   string   // why it cannot be read; "" if it can
	codes  []string // of its cells likewise, whose bytes then are no value; nil if all can be read. Made anew for each row
}

// tokenizer cuts UTF-8 text into records. Lines without a single byte are no
// records. Quotes count only at the start of a field; blanks between a closing
// quote and the delimiter belong to no field.
type tokenizer struct {
	src     io.Reader
	delim   byte
	eol     byte // '\n', whose preceding '\r' is left out, or '\r'
	buf     []byte
	start   int // buf[start:end] is read but not cut
	end     int
	eof     bool
	line    int64 // of the next record
	open    int   // offset in the record of the quote opened last
	fields  [][]byte
	scratch []byte // of fields with doubled quotes
}

func newTokenizer(src io.Reader, delim, eol byte) *tokenizer {
	return &tokenizer{src: src, delim: delim, eol: eol, buf: make([]byte, blockSize), line: 1}
}

// next cuts one record, or returns io.EOF, a problem that names the line, or
// the error of the source.
func (t *tokenizer) next(r *row) error {
	seen := 0 // bytes of the line already searched
	for {
		i := bytes.IndexByte(t.buf[t.start+seen:t.end], t.eol)
		switch {
		case i >= 0:
			i += seen
		case !t.eof:
			seen = t.end - t.start
			if err := t.fill(); err != nil {
				return err
			}
			continue
		case t.start == t.end:
			return io.EOF
		default:
			i = t.end - t.start
		}
		line := t.buf[t.start : t.start+i]
		if bytes.IndexByte(line, '"') >= 0 {
			return t.quoted(r)
		}
		t.start = min(t.start+i+1, t.end)
		t.line++
		line = t.chomp(line)
		if seen = 0; len(line) == 0 {
			continue
		}
		t.split(line)
		*r = row{line: t.line - 1, fields: t.fields, raw: line}
		return nil
	}
}

// chomp leaves out the carriage return of a line end.
func (t *tokenizer) chomp(line []byte) []byte {
	if n := len(line); n > 0 && t.eol == '\n' && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// split cuts a line without quotes, looking at eight bytes at a time.
func (t *tokenizer) split(line []byte) {
	const low, high = 0x7f7f7f7f7f7f7f7f, 0x8080808080808080
	fields, from, i, delim := t.fields[:0], 0, 0, t.delim
	every := uint64(delim) * 0x0101010101010101
	for ; i+8 <= len(line); i += 8 {
		v := binary.LittleEndian.Uint64(line[i:]) ^ every // a zero byte where the delimiter stands
		for hits := ^((v&low + low) | v) & high; hits != 0; hits &= hits - 1 {
			at := i + bits.TrailingZeros64(hits)>>3
			fields = append(fields, line[from:at])
			from = at + 1
		}
	}
	for ; i < len(line); i++ {
		if line[i] == delim {
			fields = append(fields, line[from:i])
			from = i + 1
		}
	}
	t.fields = append(fields, line[from:])
}

// quoted cuts a record that has quotes, reading on until all of it is there.
func (t *tokenizer) quoted(r *row) error {
	for {
		end, code, done := t.parse(t.buf[t.start:t.end])
		if done {
			raw := t.buf[t.start : t.start+end]
			*r = row{line: t.line, fields: t.fields, raw: t.chomp(raw), code: code}
			t.line += int64(bytes.Count(raw, []byte{t.eol})) + 1
			t.start = min(t.start+end+1, t.end)
			return nil
		}
		if t.eof {
			return problem.New(problem.Invalid, "intake.quote_not_closed", "line", t.lineAt(t.open))
		}
		if err := t.fill(); err != nil {
			return err
		}
	}
}

func (t *tokenizer) lineAt(offset int) int64 {
	return t.line + int64(bytes.Count(t.buf[t.start:t.start+offset], []byte{t.eol}))
}

// parse cuts the record at the start of data and returns where its line end
// stands. done is false if more bytes are needed.
func (t *tokenizer) parse(data []byte) (end int, code string, done bool) {
	t.fields, t.scratch = t.fields[:0], t.scratch[:0]
	for pos := 0; ; pos++ {
		begin := pos
		var field []byte
		quoted := pos < len(data) && data[pos] == '"'
		if quoted {
			var ok bool
			if field, pos, ok = t.unquote(data, pos); !ok {
				return 0, "", false
			}
			for pos < len(data) && (data[pos] == ' ' || data[pos] == '\t') && data[pos] != t.delim {
				pos++
			}
		}
		stop := pos
		for stop < len(data) && data[stop] != t.delim && data[stop] != t.eol {
			stop++
		}
		if stop == len(data) && !t.eof {
			return 0, "", false
		}
		last := stop == len(data) || data[stop] == t.eol
		rest := data[pos:stop]
		if last {
			rest = t.chomp(rest)
		}
		switch {
		case !quoted:
			field = rest
		case len(rest) > 0:
			field, code = data[begin:stop], "intake.stray_quote"
		}
		t.fields = append(t.fields, field)
		if last {
			return stop, code, true
		}
		pos = stop
	}
}

// unquote returns the content of the quoted field at data[pos] and the place
// after its closing quote.
func (t *tokenizer) unquote(data []byte, pos int) (field []byte, after int, ok bool) {
	from, doubled := pos+1, false
	t.open = pos
	for at := from; ; at += 2 {
		i := bytes.IndexByte(data[at:], '"')
		if i < 0 {
			return nil, 0, false
		}
		at += i
		switch {
		case at+1 < len(data) && data[at+1] == '"':
			doubled = true
		case at+1 == len(data) && !t.eof:
			return nil, 0, false
		case doubled:
			return t.undouble(data[from:at]), at + 1, true
		default:
			return data[from:at], at + 1, true
		}
	}
}

// undouble copies text, since the record as it stands may be wanted too.
func (t *tokenizer) undouble(text []byte) []byte {
	from := len(t.scratch)
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		t.scratch = append(t.scratch, text[:i+1]...)
		text = text[i+2:]
	}
	t.scratch = append(t.scratch, text...)
	return t.scratch[from:len(t.scratch):len(t.scratch)]
}

// fill reads until the buffer is full or the source ends, so that a long
// record is not cut again for every few bytes.
func (t *tokenizer) fill() error {
	t.end = copy(t.buf, t.buf[t.start:t.end])
	t.start = 0
	if t.end == len(t.buf) {
		if len(t.buf) >= maxRecord {
			return problem.New(problem.Invalid, "intake.record_too_long", "line", t.line, "mebibytes", maxRecord>>20)
		}
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	n, err := io.ReadFull(t.src, t.buf[t.end:])
	t.end += n
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		t.eof, err = true, nil
	}
	return err
}
