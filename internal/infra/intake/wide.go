package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"kaishu/internal/base/problem"
)

// spellWide reads UTF-16 that a byte order mark announces, that want names or
// that the zero bytes of its ASCII show; encoding is "" for anything else.
func spellWide(ctx context.Context, r io.ReadSeeker, want string) (s spelling, err error) {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return s, fmt.Errorf("read head of file: %w", err)
	}
	if err := rewind(r); err != nil {
		return s, err
	}
	if s.encoding = wideOrder(head[:n]); s.encoding == "" && (want == utf16leName || want == utf16beName) && bytes.IndexByte(head[:n], 0) >= 0 {
		s.encoding = want
	}
	if s.encoding == "" {
		return s, nil
	}
	text, buf := decoded(r, s.encoding), make([]byte, blockSize)
	var lf, cr int64
	for {
		n, err := text.Read(buf)
		block := buf[:n]
		for _, bad := range []struct {
			code string
			sign []byte
		}{{"intake.nul_byte", []byte{0}}, {"intake.encoding_unknown", replacement}} {
			if i := bytes.Index(block, bad.sign); i >= 0 {
				return s, problem.New(problem.Invalid, bad.code, "line", 1+lf+int64(bytes.Count(block[:i], []byte{'\n'})))
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

// wideOrder returns the UTF-16 that head is in, or "". Without a mark the
// commas, tabs and line ends decide: in UTF-16 these bytes have a zero beside
// them, but for Chinese characters with such a byte (上 is 4E 0A); in other text
// with zeros in it nearly none has. A quarter is far from both.
func wideOrder(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16leName
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16beName
	}
	signs, little, big := 0, 0, 0
	for i := 0; i+1 < len(head); i += 2 {
		a, b := head[i], head[i+1]
		switch {
		case !cuts(a) && !cuts(b):
			continue
		case cuts(a) && b == 0:
			little++
		case cuts(b) && a == 0:
			big++
		}
		signs++
	}
	switch {
	case little*4 > signs && little > big:
		return utf16leName
	case big*4 > signs && big > little:
		return utf16beName
	}
	return ""
}

func cuts(c byte) bool {
	return c == ',' || c == '\t' || c == '\n' || c == '\r' || c == ';' || c == '|'
}

func hasReplacement(text []byte) bool { return bytes.Contains(text, replacement) }
