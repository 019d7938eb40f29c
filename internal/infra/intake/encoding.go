package intake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/traditionalchinese"
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
	big5Name    = "big5"
)

// textEncodings are those that a recipe may name.
var textEncodings = []string{utf8Name, gb18030Name, utf16leName, utf16beName, big5Name}

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

// spell reads the whole of r to find its encoding. want, unless it is "",
// decides where bytes can be read in several. It fails with a problem that
// names the line if the text is in none, or in two.
func spell(ctx context.Context, r io.ReadSeeker, want string) (spelling, error) {
	if want != "" && !slices.Contains(textEncodings, want) {
		return spelling{}, problem.New(problem.Invalid, "intake.encoding_not_read", "encoding", want)
	}
	s, err := spellAny(ctx, r, want)
	if err != nil {
		return s, err
	}
	if want != "" && s.ascii {
		s.encoding = want
	}
	if want != "" && s.encoding != want {
		return s, problem.New(problem.Invalid, "intake.encoding_differs", "want", want, "got", s.encoding)
	}
	return s, nil
}

func spellAny(ctx context.Context, r io.ReadSeeker, want string) (spelling, error) {
	if wide, err := spellWide(ctx, r, want); err != nil || wide.encoding != "" {
		return wide, err
	}
	s, valid, err := scanAll(ctx, r)
	if err != nil || valid {
		return s, err
	}
	if err := rewind(r); err != nil {
		return s, err
	}
	if s.encoding = want; want != gb18030Name && want != big5Name {
		l, line, err := letters(ctx, r, s.eol)
		if err != nil {
			return s, err
		}
		switch s.encoding = l.encoding(); s.encoding {
		case "":
			s.encoding = gb18030Name
		case big5Name:
		default:
			return s, problem.New(problem.Unsupported, "intake.encoding_foreign", "line", line, "encoding", s.encoding)
		}
		if err := rewind(r); err != nil {
			return s, err
		}
	}
	if s.encoding == big5Name {
		return s, weighBig5(ctx, r, s.eol)
	}
	return s, weigh(ctx, r, s.eol, want)
}

func rewind(r io.Seeker) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewind file: %w", err)
	}
	return nil
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

// eachLine calls do for each line, its end included, until the text or do ends:
// do returns io.EOF for enough. A line longer than a record may be is a problem.
func eachLine(ctx context.Context, r io.Reader, eol byte, do func(number int64, line []byte) error) error {
	lines := bufio.NewReaderSize(r, maxRecord)
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
		if done := do(number, line); done == io.EOF || done == nil && err == io.EOF {
			return nil
		} else if done != nil {
			return done
		}
	}
}

// weigh accepts text that is GB18030 throughout. Short GB18030 lines can be
// UTF-8 by chance: four Chinese characters on one line, or one line in a
// hundred, can not. Rare characters are no fault of text that want says is so.
func weigh(ctx context.Context, r io.Reader, eol byte, want string) error {
	var e evidence
	decoder := newGB18030()
	var text []byte
	err := eachLine(ctx, r, eol, func(number int64, line []byte) error {
		if e.plain(line) {
			if e.marked++; e.firstBad == 0 {
				e.firstBad = number
			}
			return nil
		}
		if isASCII(line) {
			return nil
		}
		if need := 3*len(line) + 8; cap(text) < need {
			text = make([]byte, 2*need)
		}
		n, _, err := decoder.Transform(text[:cap(text)], line, true)
		if err != nil {
			return fmt.Errorf("decode line %d: %w", number, err)
		}
		e.add(number, line, text[:n])
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case e.neither > 0:
		return problem.New(problem.Invalid, "intake.encoding_unknown", "line", e.neither)
	case e.sure || e.utf8*100 > e.marked:
		return problem.New(problem.Invalid, "intake.encoding_mixed", "line", max(e.firstU, e.firstBad), "encoding", encodingName(gb18030Name))
	case want == "" && e.common+e.rare >= 20 && e.rare*2 > e.common:
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
			src: r, t: unicode.UTF16(order, unicode.UseBOM).NewDecoder(),
			in: make([]byte, blockSize), out: make([]byte, 4*blockSize),
		}
	}
	if encoding == big5Name {
		return &transcoder{
			src: r, t: traditionalchinese.Big5.NewDecoder(),
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
