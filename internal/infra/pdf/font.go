package pdf

import (
	"bytes"
	"embed"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The fonts, made by tools/fonts from Debian's packages; README.md beside them
// tells what each holds.
//
//go:embed fonts/*.ttf.zst
var fontFiles embed.FS

// The faces, in the order in which they are asked for a character.
const (
	serif = iota // the Han of daily use, of names and places; Latin letters
	latin        // letters that serif lacks, and its marks as Latin text wants them
	droid        // the other Han of the first plane
	faceCount
)

var faceNames = [faceCount]string{"serif", "latin", "droid"}

// A face is one font, opened.
type face struct {
	name   string
	font   *sfnt.Font
	em     int               // units
	tables map[string][]byte // raw, by tag
}

type faceSet [faceCount]*face

// faces opens the fonts, once: 8 MB of memory, some ten milliseconds.
var faces = sync.OnceValues(func() (all faceSet, err error) {
	reader, err := zstd.NewReader(nil)
	if err != nil {
		return all, fmt.Errorf("unpack fonts: %w", err)
	}
	defer reader.Close()
	for i, name := range faceNames {
		packed, err := fontFiles.ReadFile("fonts/" + name + ".ttf.zst")
		if err != nil {
			return all, fmt.Errorf("read font %s: %w", name, err)
		}
		raw, err := reader.DecodeAll(packed, nil)
		if err != nil {
			return all, fmt.Errorf("unpack font %s: %w", name, err)
		}
		if all[i], err = openFace(name, raw); err != nil {
			return all, fmt.Errorf("open font %s: %w", name, err)
		}
	}
	return all, nil
})

func openFace(name string, raw []byte) (*face, error) {
	parsed, err := sfnt.Parse(raw)
	if err != nil {
		return nil, err
	}
	f := &face{name: name, font: parsed, em: int(parsed.UnitsPerEm()), tables: map[string][]byte{}}
	for i := range int(binary.BigEndian.Uint16(raw[4:])) {
		entry := raw[12+16*i:]
		at, size := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		if uint64(at)+uint64(size) > uint64(len(raw)) {
			return nil, io.ErrUnexpectedEOF
		}
		f.tables[string(entry[:4])] = raw[at : at+size]
	}
	for _, need := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf"} {
		if f.tables[need] == nil {
			return nil, fmt.Errorf("no table %s", need)
		}
	}
	return f, nil
}

// find returns the face and the glyph for r; glyph 0 of the first face is the
// crossed box. inLatin asks for quotation marks and dashes of Latin width;
// Chinese fonts make them as wide as Han.
func (all faceSet) find(r rune, inLatin bool) (which int, glyph sfnt.GlyphIndex) {
	order := []int{serif, latin, droid}
	if inLatin && 0x2010 <= r && r <= 0x2026 {
		order = []int{latin, serif, droid}
	}
	var buffer sfnt.Buffer
	for _, i := range order {
		if g, err := all[i].font.GlyphIndex(&buffer, r); err == nil && g != 0 {
			return i, g
		}
	}
	return serif, 0
}

// advance returns the width of a glyph in units of the em.
func (f *face) advance(glyph sfnt.GlyphIndex) (float64, error) {
	var buffer sfnt.Buffer
	a, err := f.font.GlyphAdvance(&buffer, glyph, fixed.I(f.em), font.HintingNone)
	if err != nil {
		return 0, fmt.Errorf("width of glyph %d of font %s: %w", glyph, f.name, err)
	}
	return float64(a) / 64 / float64(f.em), nil
}

// MaxGlyphs is how many different characters of one font a letter may show.
const MaxGlyphs = 20_000

// A char is one character of the letter, as it will be shown.
type char struct {
	r     rune
	face  int
	code  uint16  // its number in the file's font
	width float64 // in units of the em
}

// A subset is what a letter uses of a face. A character's code is its place:
// two characters that look the same and share a glyph keep codes of their own,
// so that each comes back as itself.
type subset struct {
	*face
	runes  []rune // by code; code 0 is none
	glyphs []sfnt.GlyphIndex
	widths []float64
	empty  []bool // nothing is drawn and no room taken
	codes  map[rune]uint16
}

func newSubset(f *face) *subset {
	return &subset{face: f, runes: []rune{0}, glyphs: []sfnt.GlyphIndex{0}, widths: []float64{1}, empty: []bool{false}, codes: map[rune]uint16{}}
}

func (s *subset) used() bool { return len(s.runes) > 1 }

// add returns the code for r.
func (s *subset) add(r rune, glyph sfnt.GlyphIndex) (uint16, error) {
	if code, ok := s.codes[r]; ok {
		return code, nil
	}
	if len(s.runes) > MaxGlyphs {
		return 0, fmt.Errorf("letter needs more than %d characters of font %s", MaxGlyphs, s.name)
	}
	width, err := s.advance(glyph)
	if err != nil {
		return 0, err
	}
	empty := invisible(r)
	if empty {
		width = 0
	}
	code := uint16(len(s.runes))
	s.codes[r] = code
	s.runes, s.glyphs = append(s.runes, r), append(s.glyphs, glyph)
	s.widths, s.empty = append(s.widths, width), append(s.empty, empty)
	return code, nil
}

// tag is six capital letters that follow from what the subset holds, as PDF
// wants before the name of a font that is not whole.
func (s *subset) tag() string {
	sum := uint32(2166136261)
	for _, r := range s.runes {
		sum = (sum ^ uint32(r)) * 16777619
	}
	var b bytes.Buffer
	for range 6 {
		b.WriteByte('A' + byte(sum%26))
		sum /= 26
	}
	return b.String()
}
