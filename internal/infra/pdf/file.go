package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// A file is a PDF file being written: objects, numbered from 1.
type file struct {
	bytes.Buffer
	places []int // of objects, in bytes from the start
}

// The first objects of each file have fixed numbers; the rest follow.
const (
	catalog = 1 + iota
	information
	pageTree
	resources
	firstFree
)

// object writes object n, whose body is words of PDF.
func (f *file) object(n int, format string, values ...any) {
	for len(f.places) < n {
		f.places = append(f.places, 0)
	}
	f.places[n-1] = f.Len()
	fmt.Fprintf(f, "%d 0 obj\n"+format+"\nendobj\n", append([]any{n}, values...)...)
}

// stream writes object n, whose body is data; more stands in its dictionary.
func (f *file) stream(n int, data []byte, more string) error {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(data); err != nil {
		return fmt.Errorf("pack object %d: %w", n, err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack object %d: %w", n, err)
	}
	f.object(n, "<< /Length %d /Filter /FlateDecode%s >>\nstream\n%s\nendstream", packed.Len(), more, packed.Bytes())
	return nil
}

// file returns the bytes of l, set on pages.
func (s *setter) file(l Letter, pages [][]row) ([]byte, error) {
	contents := make([][]byte, len(pages))
	for i, rows := range pages {
		var foot []char
		if l.Page != nil {
			foot = s.chars(strings.ReplaceAll(l.Page(i+1, len(pages)), "\n", " "))
		}
		contents[i] = s.content(rows, foot)
	}
	if s.err != nil {
		return nil, s.err
	}

	f := &file{}
	f.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	f.object(catalog, "<< /Type /Catalog /Pages %d 0 R /Lang %s /ViewerPreferences << /DisplayDocTitle true >> >>", pageTree, textString(l.Lang))
	created := ""
	if !l.Created.IsZero() {
		created = l.Created.UTC().Format(" /CreationDate (D:20060102150405Z)")
	}
	f.object(information, "<< /Title %s /Producer (Kaishu)%s >>", textString(strings.ReplaceAll(clean(l.Title), "\n", " ")), created)
	next := firstFree
	var kids, fonts strings.Builder
	for _, content := range contents {
		f.object(next, "<< /Type /Page /Parent %d 0 R /Contents %d 0 R >>", pageTree, next+1)
		if err := f.stream(next+1, content, ""); err != nil {
			return nil, err
		}
		fmt.Fprintf(&kids, "%d 0 R ", next)
		next += 2
	}
	for i, sub := range s.subsets {
		if sub.used() {
			fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, next)
			if err := f.font(sub, next); err != nil {
				return nil, err
			}
			next += 5
		}
	}
	f.object(pageTree, "<< /Type /Pages /Count %d /Kids [ %s] /MediaBox [0 0 %.2f %.2f] /Resources %d 0 R >>",
		len(pages), kids.String(), pageWidth, pageHeight, resources)
	f.object(resources, "<< /Font << %s>> >>", fonts.String())
	return f.end(), nil
}

// end writes the table of objects. The identity of the file is its hash.
func (f *file) end() []byte {
	id := sha256.Sum256(f.Bytes())
	at := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", len(f.places)+1)
	for _, place := range f.places {
		fmt.Fprintf(f, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(f, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%x> <%[4]x>] >>\nstartxref\n%d\n%%%%EOF\n",
		len(f.places)+1, catalog, information, id[:16], at)
	return f.Bytes()
}

// textString is a string that people read, with its quotes: UTF-16.
func textString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String() + ">"
}

// content draws one page.
func (s *setter) content(rows []row, foot []char) []byte {
	var b bytes.Buffer
	y := pageHeight - top
	for _, r := range rows {
		y -= r.before
		if r.rule {
			fmt.Fprintf(&b, "0.5 w 0.6 G %.2f %.2f m %.2f %.2f l S\n", left, y, left+textWidth, y)
		}
		y -= r.height
		for _, p := range r.parts {
			// The base line lies so that the text stands in the middle of its height.
			draw(&b, p, y+(r.height-p.size)/2+0.12*p.size)
		}
	}
	draw(&b, part{x: (textWidth - seen(foot)*s.page.size) / 2, size: s.page.size, text: foot}, footLine)
	return b.Bytes()
}

// draw shows a line of text at height y, changing fonts as its characters want.
func draw(b *bytes.Buffer, p part, y float64) {
	if len(p.text) == 0 {
		return
	}
	fmt.Fprintf(b, "BT 1 0 0 1 %.2f %.2f Tm\n", left+p.x, y)
	line := trimmed(p.text)
	for i, c := range p.text {
		if i == 0 || c.face != p.text[i-1].face {
			if i > 0 {
				b.WriteString(">] TJ\n")
			}
			fmt.Fprintf(b, "/F%d %.2f Tf [<", c.face, p.size)
		}
		fmt.Fprintf(b, "%04X", c.code)
		if p.apart > 0 && widens(line, i) {
			fmt.Fprintf(b, "> %.0f <", -1000*p.apart/p.size)
		}
	}
	b.WriteString(">] TJ ET\n")
}

// font writes the five objects of a font, from number n: the font as text sees
// it, the font as numbered glyphs, its measures, its glyphs, and the way back
// from codes to characters.
func (f *file) font(s *subset, n int) error {
	glyphs, err := s.trueType()
	if err != nil {
		return err
	}
	name := s.tag() + "+Kaishu" + strings.ToUpper(s.name[:1]) + s.name[1:]
	f.object(n, "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, n+1, n+4)
	var widths strings.Builder
	for _, w := range s.widths {
		fmt.Fprintf(&widths, "%.0f ", w*1000)
	}
	f.object(n+1, "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"+
		" /FontDescriptor %d 0 R /CIDToGIDMap /Identity /DW 1000 /W [0 [%s]] >>", name, n+2, widths.String())
	scaled := func(table string, at int) int {
		return int(int16(binary.BigEndian.Uint16(s.tables[table][at:]))) * 1000 / s.em
	}
	f.object(n+2, "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight 733 /StemV 80 /FontFile2 %d 0 R >>",
		name, scaled("head", 36), scaled("head", 38), scaled("head", 40), scaled("head", 42), scaled("hhea", 4), scaled("hhea", 6), n+3)
	if err := f.stream(n+3, glyphs, fmt.Sprintf(" /Length1 %d", len(glyphs))); err != nil {
		return err
	}
	return f.stream(n+4, s.toUnicode(), "")
}

// toUnicode is the map from codes to characters; at most 100 entries a section.
func (s *subset) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for from := 1; from < len(s.runes); from += 100 {
		to := min(from+100, len(s.runes))
		fmt.Fprintf(&b, "%d beginbfchar\n", to-from)
		for code := from; code < to; code++ {
			fmt.Fprintf(&b, "<%04X> <", code)
			for _, unit := range utf16.Encode(s.runes[code : code+1]) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
