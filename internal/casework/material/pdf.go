package material

import (
	"bytes"
	"compress/zlib"
	"io"
)

// acts are the names in a PDF behind which something happens when it is
// opened or clicked, or another file hides. Each is long enough not to stand
// in a picture's bytes by chance.
var acts = [][]byte{
	[]byte("/JavaScript"), []byte("/OpenAction"), []byte("/Launch"), []byte("/EmbeddedFile"), []byte("/RichMedia"),
	[]byte("/SubmitForm"), []byte("/ImportData"), []byte("/GoToE"), []byte("/Rendition"), []byte("/Movie"),
}

// Bounds of the work on one PDF, which an attacker could make long.
const (
	mostUnfolded = 256 << 20 // bytes to which all streams unfold
	mostFolded   = 64 << 20  // bytes read for it: streams may lie in each other
	mostStreams  = 50_000
)

// checkPDF returns the message key of what is wrong; "" if nothing is.
//
// It does not read the structure, which an attacker could write so that two
// readers disagree on it. It looks for the names everywhere: in the bytes as
// they are, with the escapes of names undone, and in whatever unfolds as a
// stream, wherever the word stream stands.
func checkPDF(data []byte) string {
	end := bytes.LastIndex(data, []byte("%%EOF"))
	if end < 0 {
		return "material.cut_off"
	}
	if len(bytes.Trim(data[end+5:], "\r\n \t\x00")) > 0 {
		return "material.goes_on"
	}
	head := bytes.ToLower(data[:min(len(data), 1024)])
	if bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<script")) || bytes.Contains(head, []byte("<!doctype")) {
		return "material.two_in_one"
	}
	plain := undoEscapes(data)
	switch {
	case bytes.Contains(plain, []byte("/Encrypt")):
		return "material.pdf_locked"
	case hiddenObjects(plain):
		return "material.pdf_hidden"
	case acting(plain):
		return "material.pdf_acts"
	}
	return checkStreams(data)
}

func acting(text []byte) bool {
	for _, name := range acts {
		if bytes.Contains(text, name) {
			return true
		}
	}
	return false
}

// undoEscapes writes #xx, as names may, as the character that it stands for.
func undoEscapes(data []byte) []byte {
	if !bytes.ContainsRune(data, '#') {
		return data
	}
	plain := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] == '#' && i+2 < len(data) {
			high, ok := digit(data[i+1])
			low, ok2 := digit(data[i+2])
			if ok && ok2 {
				plain = append(plain, high<<4|low)
				i += 2
				continue
			}
		}
		plain = append(plain, data[i])
	}
	return plain
}

func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// hiddenObjects reports whether a stream of objects is folded in a way that is
// not unfolded here.
func hiddenObjects(plain []byte) bool {
	for rest := plain; ; {
		i := bytes.Index(rest, []byte("/ObjStm"))
		if i < 0 {
			return false
		}
		begin := max(0, bytes.LastIndex(rest[:i], []byte("obj")))
		end := bytes.Index(rest[i:], []byte("stream"))
		if end < 0 {
			return true
		}
		dictionary := rest[begin : i+end]
		for _, filter := range []string{"/ASCII", "/LZW", "/RunLength", "/Crypt", "/AHx", "/A85", "/RL"} {
			if bytes.Contains(dictionary, []byte(filter)) {
				return true
			}
		}
		rest = rest[i+end:]
	}
}

// checkStreams unfolds whatever stands behind the word stream and unfolds.
func checkStreams(data []byte) string {
	left, in := int64(mostUnfolded), &bounded{left: mostFolded}
	var folded io.ReadCloser
	for rest, n := data, 0; ; {
		i := bytes.Index(rest, []byte("stream"))
		if i < 0 {
			return ""
		}
		rest = rest[i+len("stream"):]
		in.Reset(bytes.TrimLeft(rest, "\r\n \t"))
		var err error
		if folded == nil {
			folded, err = zlib.NewReader(in)
		} else {
			err = folded.(zlib.Resetter).Reset(in, nil)
		}
		if err != nil {
			continue // not folded, or a picture: its bytes were searched as they are
		}
		found, unfolded := searchFolded(folded, left)
		if found != "" {
			return found
		}
		if left, n = left-unfolded, n+1; left <= 0 || in.left <= 0 || n > mostStreams {
			return "material.pdf_too_deep"
		}
	}
}

// bounded is a reader of bytes that ends when too much was read of all.
type bounded struct {
	bytes.Reader
	left int64
}

// ReadByte keeps the unfolder from reading ahead.
func (b *bounded) ReadByte() (byte, error) {
	if b.left--; b.left < 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return b.Reader.ReadByte()
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// searchFolded looks for acts and malware in what r unfolds to, a window at a
// time, up to most bytes, and returns the message key. What is broken is
// searched as far as it goes, as readers do.
func searchFolded(r io.Reader, most int64) (found string, n int64) {
	const overlap = 72 // longer than any name with its escapes, and than the test text
	window := make([]byte, 0, overlap+64<<10)
	for n < most {
		at := len(window)
		read, err := r.Read(window[at:cap(window)])
		n += int64(read)
		window = window[:at+read]
		switch {
		case bytes.Contains(window, eicar):
			return "material.malware", n
		case acting(undoEscapes(window)):
			return "material.pdf_acts", n
		case err != nil:
			return "", n
		}
		if len(window) > overlap {
			window = append(window[:0], window[len(window)-overlap:]...)
		}
	}
	return "", n
}
