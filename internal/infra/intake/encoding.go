package intake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"kaishu/internal/base/problem"
)

// The encodings of text files, as in a recipe.
const (
	utf8Name    = "utf-8"
	gb18030Name = "gb18030" // also what GBK and GB 2312 are read as
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
)

var (
	bom         = []byte("\ufeff")
	replacement = []byte("\ufffd")
)

// spelling is how a text file is written.
type spelling struct {
	encoding string
	ascii    bool // both encodings would read the same
	eol      byte
}

// spell reads the whole of r to find its encoding. It fails with a problem
// that names the line if the text is in none, or in two.
func spell(ctx context.Context, r io.ReadSeeker) (spelling, error) {
	if wide, err := spellWide(ctx, r); err != nil || wide.encoding != "" {
		return wide, err
	}
	s, valid, err := scanAll(ctx, r)
	if err != nil || valid {
		return s, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return s, fmt.Errorf("rewind file: %w", err)
	}
	s.encoding = gb18030Name
	return s, weigh(ctx, r, s.eol)
}

// spellWide reads UTF-16 that a byte order mark announces; encoding is "" if
// there is none.
func spellWide(ctx context.Context, r io.ReadSeeker) (s spelling, err error) {
	mark := make([]byte, 2)
	n, err := io.ReadFull(r, mark)
	if _, back := r.Seek(0, io.SeekStart); back != nil {
		return s, fmt.Errorf("rewind file: %w", back)
	}
	switch {
	case n < 2:
		return s, nil
	case string(mark) == "\xff\xfe":
		s.encoding = utf16leName
	case string(mark) == "\xfe\xff":
		s.encoding = utf16beName
	default:
		return s, nil
	}
	text, buf := decoded(r, s.encoding), make([]byte, blockSize)
	var lf, cr int64
	for {
		n, err := text.Read(buf)
		block := buf[:n]
		for code, sign := range map[string][]byte{"intake.nul_byte": {0}, "intake.encoding_unknown": replacement} {
			if i := bytes.Index(block, sign); i >= 0 {
				return s, problem.New(problem.Invalid, code, "line", 1+lf+int64(bytes.Count(block[:i], []byte{'\n'})))
			}
		}
		lf += int64(bytes.Count(block, []byte{'\n'}))
		cr += int64(bytes.Count(block, []byte{'\r'}))
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, fmt.Errorf("read file: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return s, err
		}
	}
	if s.eol = '\n'; lf == 0 && cr > 0 {
		s.eol = '\r'
	}
	return s, nil
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cutRune returns how many bytes at the end of b are the beginning of a
// character.
func cutRune(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return i
			}
			break
		}
	}
	return 0
}

// evidence is what the lines of a file that is not all UTF-8 say.
type evidence struct {
	marked   int64 // lines with bytes beyond ASCII
	utf8     int64 // of which: UTF-8, with Chinese in it
	sure     bool  // one of these is too long for chance
	firstU   int64
	firstBad int64 // first line that is not UTF-8
	neither  int64 // first line that is neither UTF-8 nor GB18030
	common   int64 // characters of GB 2312 level 1
	rare     int64 // other characters of two bytes, but signs
}

// weigh accepts text that is GB18030 throughout. Short GB18030 lines can be
// UTF-8 by chance: four Chinese characters on one line, or one line in a
// hundred, can not.
func weigh(ctx context.Context, r io.Reader, eol byte) error {
	var e evidence
	lines := bufio.NewReaderSize(r, maxRecord)
	decoder := newGB18030()
	var text []byte
	for number := int64(1); ; number++ {
		line, err := lines.ReadSlice(eol)
		if errors.Is(err, bufio.ErrBufferFull) {
			return problem.New(problem.Invalid, "intake.record_too_long", "line", number, "mebibytes", maxRecord>>20)
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("read file: %w", err)
		}
		if number%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if e.plain(line) {
			if e.marked++; e.firstBad == 0 {
				e.firstBad = number
			}
		} else if !isASCII(line) {
			if need := 3*len(line) + 8; cap(text) < need {
				text = make([]byte, 2*need)
			}
			n, _, err := decoder.Transform(text[:cap(text)], line, true)
			if err != nil {
				return fmt.Errorf("decode line %d: %w", number, err)
			}
			e.add(number, line, text[:n])
		}
		if err == io.EOF {
			break
		}
	}
	switch {
	case e.neither > 0:
		return problem.New(problem.Invalid, "intake.encoding_unknown", "line", e.neither)
	case e.sure || e.utf8*100 > e.marked:
		return problem.New(problem.Invalid, "intake.encoding_mixed", "line", max(e.firstU, e.firstBad))
	case e.common+e.rare >= 20 && e.rare*2 > e.common:
		return problem.New(problem.Invalid, "intake.encoding_unknown", "line", e.firstBad)
	}
	return nil
}

// add weighs a line with bytes beyond ASCII; text is what GB18030 makes of it.
func (e *evidence) add(number int64, line, text []byte) {
	e.marked++
	if utf8.Valid(line) {
		if chinese := countChinese(line); chinese > 0 {
			e.utf8++
			e.sure = e.sure || chinese >= 4
			if e.firstU == 0 {
				e.firstU = number
			}
		}
		return
	}
	if e.firstBad == 0 {
		e.firstBad = number
	}
	if e.neither == 0 && bytes.Contains(text, replacement) && !bytes.Contains(line, []byte("\x84\x31\xa4\x37")) {
		e.neither = number
	}
	e.count(line)
}

// plain weighs a line that is nothing but ASCII and characters of two bytes of
// GB18030, and not UTF-8. It reports false, and weighs nothing, for any other.
func (e *evidence) plain(line []byte) bool {
	pairs := pairsOfGB18030()
	var common, rare int64
	marked := false
	for i := 0; i < len(line); i++ {
		a := line[i]
		if a < 0x80 {
			continue
		}
		if i+1 == len(line) || pairs[int(a&0x7f)<<8|int(line[i+1])] == 0 {
			return false
		}
		marked = true
		i++
		switch {
		case a >= 0xb0 && a <= 0xd7 && line[i] >= 0xa1:
			common++
		case a < 0xa1 || a > 0xa9:
			rare++
		}
	}
	if !marked || utf8.Valid(line) {
		return false
	}
	e.common, e.rare = e.common+common, e.rare+rare
	return true
}

// count tells common characters from rare ones by their code. Text of another
// encoding that passes for GB18030 is full of rare ones.
func (e *evidence) count(line []byte) {
	for i := 0; i+1 < len(line); i++ {
		a, b := line[i], line[i+1]
		switch {
		case a < 0x81:
			continue
		case b >= '0' && b <= '9':
			i += 3 // four bytes of this shape are no accident
			continue
		case a >= 0xb0 && a <= 0xd7 && b >= 0xa1:
			e.common++
		case a < 0xa1 || a > 0xa9:
			e.rare++
		}
		i++
	}
}

func countChinese(text []byte) int {
	n := 0
	for _, r := range string(text) {
		if r >= 0x3000 && r <= 0x9fff || r >= 0xff00 && r <= 0xffef {
			n++
		}
	}
	return n
}

// decoded returns r as UTF-8 without a byte order mark.
func decoded(r io.Reader, encoding string) io.Reader {
	if encoding == gb18030Name {
		return &transcoder{
			src: r, t: newGB18030(),
			in: make([]byte, blockSize), out: make([]byte, 4*blockSize),
		}
	}
	if encoding == utf16leName || encoding == utf16beName {
		order := unicode.LittleEndian
		if encoding == utf16beName {
			order = unicode.BigEndian
		}
		return &transcoder{
			src: r, t: unicode.UTF16(order, unicode.ExpectBOM).NewDecoder(),
			in: make([]byte, blockSize), out: make([]byte, 4*blockSize),
		}
	}
	b := bufio.NewReaderSize(r, blockSize)
	if head, _ := b.Peek(len(bom)); bytes.Equal(head, bom) {
		_, _ = b.Discard(len(bom)) // peeked, so it is there
	}
	return b
}

// transcoder is a transform.Reader with large blocks.
type transcoder struct {
	src     io.Reader
	t       transform.Transformer
	in, out []byte
	kept    int    // bytes of in that begin a character
	ready   []byte // of out, not yet handed over
	err     error
}

func (d *transcoder) Read(p []byte) (int, error) {
	for len(d.ready) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		var n int
		n, d.err = d.src.Read(d.in[d.kept:])
		// A byte becomes three at most, so out has room.
		written, used, err := d.t.Transform(d.out, d.in[:d.kept+n], d.err == io.EOF)
		if err != nil && err != transform.ErrShortSrc {
			return 0, fmt.Errorf("decode text: %w", err)
		}
		d.ready = d.out[:written]
		d.kept = copy(d.in, d.in[used:d.kept+n])
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}
