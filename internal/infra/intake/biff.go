package intake

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"

	"kaishu/internal/base/problem"
)

// Records of BIFF that are read ([MS-XLS] 2.3).
const (
	biffFormula    = 0x0006
	biffEnd        = 0x000a
	biffDateMode   = 0x0022
	biffFilePass   = 0x002f
	biffContinue   = 0x003c
	biffCodePage   = 0x0042
	biffBoundSheet = 0x0085
	biffMulRK      = 0x00bd
	biffRString    = 0x00d6
	biffXF         = 0x00e0
	biffMerged     = 0x00e5
	biffSST        = 0x00fc
	biffLabelSST   = 0x00fd
	biffNumber     = 0x0203
	biffLabel      = 0x0204
	biffBoolErr    = 0x0205
	biffString     = 0x0207
	biffRK         = 0x027e
	biffFormat     = 0x041e
	biffBegin      = 0x0809
)

// maxXLS is the most bytes of an XLS file. The format has 65,536 rows of 256
// columns.
const maxXLS = 512 << 20

var errRecordShort = errors.New("a record is too short")

// biff reads the records of the stream that holds a workbook.
type biff struct {
	src  *bufio.Reader
	kind uint16
	body []byte // of the record; valid until the next one is read
	buf  []byte
}

// workbookStream opens the stream of a workbook in an OLE2 file. It fails with
// a problem if the file is encrypted, or something else than a workbook.
func workbookStream(f *os.File) (*mscfb.File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat file: %w", err)
	}
	if info.Size() > maxXLS {
		return nil, problem.New(problem.Invalid, "intake.unpacks_too_large")
	}
	box, err := mscfb.New(f)
	if err != nil {
		return nil, sheetFault(err)
	}
	other := "OLE2"
	var book *mscfb.File
	for _, s := range box.File {
		if len(s.Path) > 0 {
			continue
		}
		switch s.Name {
		case "Workbook":
			book = s
		case "Book":
			if book == nil {
				book = s
			}
		case "WordDocument":
			other = "DOC"
		case "PowerPoint Document":
			other = "PPT"
		}
	}
	if book != nil && book.Size <= info.Size() {
		return book, nil
	}
	if book != nil {
		return nil, broken(book.Name)
	}
	if err := encrypted(f, info.Size()); err != nil {
		return nil, err
	}
	return nil, problem.New(problem.Unsupported, "intake.format_not_read", "format", other)
}

// newBiff opens the records from an offset of the workbook on. Each pass has a
// stream of its own.
func newBiff(f *os.File, offset int64) (*biff, error) {
	stream, err := workbookStream(f)
	if err != nil {
		return nil, err
	}
	if _, err := stream.Seek(offset, io.SeekStart); err != nil {
		return nil, sheetFault(err)
	}
	return &biff{src: bufio.NewReaderSize(stream, 64<<10)}, nil
}

// next reads a record, or returns io.EOF.
func (b *biff) next() error {
	var head [4]byte
	if _, err := io.ReadFull(b.src, head[:]); err != nil {
		return err
	}
	b.kind = binary.LittleEndian.Uint16(head[:])
	size := int(binary.LittleEndian.Uint16(head[2:]))
	b.buf = slices.Grow(b.buf[:0], size)[:size]
	b.body = b.buf
	_, err := io.ReadFull(b.src, b.body)
	return noEOF(err)
}

// more goes on to the record that continues this one. It fails with
// errRecordShort if there is none.
func (b *biff) more() error {
	head, err := b.src.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	if len(head) < 4 || binary.LittleEndian.Uint16(head) != biffContinue {
		return errRecordShort
	}
	return b.next()
}

// begin reads the record that begins a substream and returns whether it is
// BIFF8; if not it is BIFF5. Others are refused.
func (b *biff) begin() (biff8 bool, err error) {
	if err := b.next(); err != nil {
		return false, noEOF(err)
	}
	if b.kind&0xff != biffBegin&0xff || len(b.body) < 4 {
		return false, errors.New("no beginning of a substream")
	}
	switch version := le16(b.body); {
	case b.kind == biffBegin && version == 0x0600:
		return true, nil
	case b.kind == biffBegin && version == 0x0500:
		return false, nil
	default:
		return false, problem.New(problem.Unsupported, "intake.format_not_read", "format", fmt.Sprintf("XLS (BIFF %#04x)", version))
	}
}

// le16 reads two bytes; 0 if they are not there.
func le16(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	return int(binary.LittleEndian.Uint16(b))
}

// take returns the next n bytes, at most 4, even if the record ends between
// them.
func (b *biff) take(n int) (v uint32, err error) {
	for i := range n {
		for len(b.body) == 0 {
			if err := b.more(); err != nil {
				return 0, err
			}
		}
		v |= uint32(b.body[0]) << (8 * i)
		b.body = b.body[1:]
	}
	return v, nil
}

func (b *biff) drop(n int64) error {
	for n > int64(len(b.body)) {
		n -= int64(len(b.body))
		if err := b.more(); err != nil {
			return err
		}
	}
	b.body = b.body[n:]
	return nil
}

// text appends a string of BIFF8 of n characters, from its flags on, and passes
// over what formats it. Where a record ends within the characters, the next one
// begins with new flags.
func (b *biff) text(dst []byte, n int) ([]byte, error) {
	flags, err := b.take(1)
	if err != nil {
		return dst, err
	}
	var runs, extra uint32
	if flags&8 != 0 {
		if runs, err = b.take(2); err != nil {
			return dst, err
		}
	}
	if flags&4 != 0 {
		if extra, err = b.take(4); err != nil {
			return dst, err
		}
	}
	var high rune // the first half of a pair of surrogates
	for n > 0 {
		if len(b.body) == 0 {
			if err := b.more(); err != nil {
				return dst, err
			}
			if flags, err = b.take(1); err != nil {
				return dst, err
			}
			continue
		}
		size := int(flags&1) + 1
		count := min(n, len(b.body)/size)
		if count == 0 {
			return dst, errRecordShort
		}
		dst, high = appendUTF16(dst, b.body[:count*size], size, high)
		b.body = b.body[count*size:]
		n -= count
	}
	if high != 0 {
		dst = utf8.AppendRune(dst, utf8.RuneError)
	}
	return dst, b.drop(int64(runs)*4 + int64(extra))
}

// appendUTF16 appends characters of one byte, the low one, or two.
func appendUTF16(dst, chars []byte, size int, high rune) ([]byte, rune) {
	for i := 0; i < len(chars); i += size {
		c := rune(chars[i])
		if size == 2 {
			c |= rune(chars[i+1]) << 8
		}
		switch {
		case high != 0 && utf16.IsSurrogate(c) && c >= 0xdc00:
			dst, high = utf8.AppendRune(dst, utf16.DecodeRune(high, c)), 0
			continue
		case high != 0:
			dst, high = utf8.AppendRune(dst, utf8.RuneError), 0
		}
		if utf16.IsSurrogate(c) && c < 0xdc00 {
			high = c
		} else {
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst, high
}

// readSST keeps the shared strings, which may go on over many records.
func (b *biff) readSST(ctx context.Context, into *sheetStrings) error {
	if err := b.drop(4); err != nil {
		return err
	}
	count, err := b.take(4)
	if err != nil {
		return err
	}
	var text []byte
	for i := range count {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if len(b.body) == 0 {
			if err := b.more(); err == errRecordShort {
				return nil // fewer than announced: who refers to the others is refused
			} else if err != nil {
				return err
			}
		}
		n, err := b.take(2)
		if err != nil {
			return err
		}
		if text, err = b.text(text[:0], int(n)); err != nil {
			return err
		}
		if err := into.add(text); err != nil {
			return err
		}
	}
	return nil
}
