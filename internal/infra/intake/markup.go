package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

type token uint8

const (
	openTag token = iota + 1
	closeTag
	someText
)

// maxToken is the longest tag, text or comment in bytes.
const maxToken = maxRecord + 64<<10

var errTokenTooLong = errors.New("a tag or a text is too long")

// markupReader cuts the XML of office documents into tags and text, as
// encoding/xml does without namespaces, but ten times as fast, since nothing
// is allocated. It does not check that tags match, and takes no document type
// declarations, hence no entities but the five of XML itself.
type markupReader struct {
	src    io.Reader
	buf    []byte
	start  int // buf[start:end] is read but not cut
	end    int
	eof    bool
	single bool // the tag just told was an empty element: its end comes next

	// The token. All of it is valid until the next one is read.
	kind  token
	name  []byte // of a tag, without its prefix
	attrs []markupAttr
	text  []byte // of someText, without entities
	plain []byte // buffer of texts that had some
}

type markupAttr struct{ prefix, name, raw []byte }

func newMarkupReader(src io.Reader) *markupReader {
	return &markupReader{src: src, buf: make([]byte, 64<<10)}
}

// next reads a token, or returns io.EOF.
func (m *markupReader) next() error {
	if m.single {
		m.single, m.kind, m.attrs = false, closeTag, m.attrs[:0]
		return nil
	}
	for {
		if m.start == m.end {
			if m.eof {
				return io.EOF
			}
			if err := m.fill(); err != nil {
				return err
			}
			continue
		}
		if m.buf[m.start] != '<' {
			return m.chars()
		}
		if told, err := m.markup(); told || err != nil {
			return err
		}
	}
}

// fill reads on; what is not yet cut moves to the front of the buffer.
func (m *markupReader) fill() error {
	if m.start > 0 {
		copy(m.buf, m.buf[m.start:m.end])
		m.start, m.end = 0, m.end-m.start
	}
	if m.end == len(m.buf) {
		if len(m.buf) >= maxToken {
			return errTokenTooLong
		}
		m.buf = append(m.buf, make([]byte, len(m.buf))...)
	}
	n, err := m.src.Read(m.buf[m.end:])
	m.end += n
	if err == io.EOF {
		m.eof = true
		return nil
	}
	return err
}

// find returns where mark stands, counted from start, reading on as needed.
func (m *markupReader) find(from int, mark string) (int, error) {
	for {
		if from < m.end-m.start {
			if i := bytes.Index(m.buf[m.start+from:m.end], []byte(mark)); i >= 0 {
				return from + i, nil
			}
			from = max(from, m.end-m.start-len(mark)+1)
		}
		if m.eof {
			return 0, io.ErrUnexpectedEOF
		}
		if err := m.fill(); err != nil {
			return 0, err
		}
	}
}

func (m *markupReader) chars() error {
	n, err := m.find(0, "<")
	if err == io.ErrUnexpectedEOF && m.eof {
		n, err = m.end-m.start, nil
	}
	if err != nil {
		return err
	}
	raw := m.buf[m.start : m.start+n]
	m.start += n
	m.kind = someText
	m.text, err = m.decode(raw, true)
	return err
}

// markup reads what begins with <. told is false for what is no token.
func (m *markupReader) markup() (told bool, err error) {
	for m.end-m.start < len("<![CDATA[") && !m.eof {
		if err := m.fill(); err != nil {
			return false, err
		}
	}
	head := m.buf[m.start:m.end]
	switch {
	case bytes.HasPrefix(head, []byte("<?")):
		n, err := m.find(2, "?>")
		if err != nil {
			return false, err
		}
		err = onlyUTF8(m.buf[m.start+2 : m.start+n])
		m.start += n + 2
		return false, err
	case bytes.HasPrefix(head, []byte("<!--")):
		n, err := m.find(4, "-->")
		m.start += n + 3
		return false, err
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		n, err := m.find(9, "]]>")
		if err != nil {
			return false, err
		}
		raw := m.buf[m.start+9 : m.start+n]
		m.start += n + 3
		m.kind = someText
		m.text, err = m.decode(raw, false)
		return true, err
	case bytes.HasPrefix(head, []byte("<!")):
		return false, errors.New("document type declaration")
	}
	n, err := m.tagEnd()
	if err != nil {
		return false, err
	}
	tag := m.buf[m.start+1 : m.start+n]
	m.start += n + 1
	return true, m.tag(tag)
}

// tagEnd returns where the tag's > stands, counted from start.
func (m *markupReader) tagEnd() (int, error) {
	quote := byte(0)
	for i := 1; ; i++ {
		for m.start+i >= m.end {
			if m.eof {
				return 0, io.ErrUnexpectedEOF
			}
			if err := m.fill(); err != nil {
				return 0, err
			}
		}
		switch c := m.buf[m.start+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return i, nil
		case c == '"' || c == '\'':
			quote = c
		}
	}
}

// tag reads what stands between < and >.
func (m *markupReader) tag(t []byte) error {
	m.kind, m.attrs = openTag, m.attrs[:0]
	switch {
	case len(t) > 0 && t[0] == '/':
		m.kind, t = closeTag, t[1:]
	case len(t) > 0 && t[len(t)-1] == '/':
		m.single, t = true, t[:len(t)-1]
	}
	n := 0
	for n < len(t) && !isXMLSpace(t[n]) {
		n++
	}
	if n == 0 {
		return errors.New("tag without a name")
	}
	_, m.name = cutPrefix(t[:n])
	for t = trimXMLSpace(t[n:]); len(t) > 0; t = trimXMLSpace(t) {
		is := bytes.IndexByte(t, '=')
		if is <= 0 || m.kind == closeTag {
			return fmt.Errorf("tag %s", m.name)
		}
		var a markupAttr
		name := t[:is]
		for len(name) > 0 && isXMLSpace(name[len(name)-1]) {
			name = name[:len(name)-1]
		}
		a.prefix, a.name = cutPrefix(name)
		t = trimXMLSpace(t[is+1:])
		if len(t) < 2 || t[0] != '"' && t[0] != '\'' {
			return fmt.Errorf("attribute %s", a.name)
		}
		end := bytes.IndexByte(t[1:], t[0])
		if end < 0 {
			return fmt.Errorf("attribute %s", a.name)
		}
		a.raw, t = t[1:1+end], t[end+2:]
		m.attrs = append(m.attrs, a)
	}
	return nil
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func trimXMLSpace(b []byte) []byte {
	for len(b) > 0 && isXMLSpace(b[0]) {
		b = b[1:]
	}
	return b
}

func cutPrefix(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

// attr returns the value of an attribute; nil if the tag has none of the name.
// It is valid until attr is called again.
func (m *markupReader) attr(name string) ([]byte, error) {
	for _, a := range m.attrs {
		if string(a.name) == name {
			return m.decode(a.raw, true)
		}
	}
	return nil, nil
}

// skip reads to the end of the element whose tag was read last.
func (m *markupReader) skip() error {
	for depth := 1; depth > 0; {
		if err := m.next(); err != nil {
			return noEOF(err)
		}
		switch m.kind {
		case openTag:
			depth++
		case closeTag:
			depth--
		}
	}
	return nil
}

// decode replaces entities, where they count, and line ends. Text must be
// UTF-8 without control characters.
func (m *markupReader) decode(raw []byte, entities bool) ([]byte, error) {
	clean, wide := true, false
	for _, c := range raw {
		switch {
		case c >= 0x80:
			wide = true
		case c < ' ' && c != '\n' && c != '\t' && c != '\r':
			return nil, errors.New("illegal character")
		case c == '&' || c == '\r':
			clean = false
		}
	}
	if wide && !utf8.Valid(raw) {
		return nil, errors.New("text is not UTF-8")
	}
	if clean {
		return raw, nil
	}
	out := m.plain[:0]
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\r':
			if i+1 == len(raw) || raw[i+1] != '\n' {
				out = append(out, '\n')
			}
		case c == '&' && entities:
			n, r := entity(raw[i+1:])
			if n == 0 {
				return nil, fmt.Errorf("entity &%.10s", raw[i+1:])
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			out = append(out, c)
		}
	}
	m.plain = out
	return out, nil
}

// entity returns the character that b, which follows an ampersand, begins
// with, and the length of its name; 0 if it is none.
func entity(b []byte) (int, rune) {
	end := bytes.IndexByte(b[:min(len(b), 32)], ';')
	if end < 0 {
		return 0, 0
	}
	name := string(b[:end])
	switch name {
	case "lt":
		return end + 1, '<'
	case "gt":
		return end + 1, '>'
	case "amp":
		return end + 1, '&'
	case "quot":
		return end + 1, '"'
	case "apos":
		return end + 1, '\''
	}
	digits, base := strings.CutPrefix(name, "#x")
	from := 16
	if !base {
		if digits, base = strings.CutPrefix(name, "#"); !base {
			return 0, 0
		}
		from = 10
	}
	n, err := strconv.ParseUint(digits, from, 32)
	r := rune(n)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(r) || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
		return 0, 0
	}
	return end + 1, r
}

// onlyUTF8 refuses an XML declaration of another encoding.
func onlyUTF8(instruction []byte) error {
	if !bytes.HasPrefix(instruction, []byte("xml ")) {
		return nil
	}
	_, rest, ok := bytes.Cut(instruction, []byte("encoding="))
	if !ok || len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return nil
	}
	name, _, ok := bytes.Cut(rest[1:], rest[:1])
	if !ok || len(name) == 0 {
		return nil
	}
	if !bytes.EqualFold(name, []byte("utf-8")) && !bytes.EqualFold(name, []byte("us-ascii")) {
		return fmt.Errorf("XML in %.20s", name)
	}
	return nil
}
