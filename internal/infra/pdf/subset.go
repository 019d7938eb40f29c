package pdf

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Flags of a component in a composite glyph, as OpenType's table "glyf" has them.
const (
	wordArguments = 0x0001
	oneScale      = 0x0008
	more          = 0x0020
	twoScales     = 0x0040
	fourScales    = 0x0080
)

// shape returns the outline of a glyph as the font has it.
func (f *face) shape(glyph uint16) ([]byte, error) {
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	long := binary.BigEndian.Uint16(f.tables["head"][50:]) == 1
	var from, to int
	switch at := int(glyph); {
	case long && 4*at+8 <= len(loca):
		from, to = int(binary.BigEndian.Uint32(loca[4*at:])), int(binary.BigEndian.Uint32(loca[4*at+4:]))
	case !long && 2*at+4 <= len(loca):
		from, to = 2*int(binary.BigEndian.Uint16(loca[2*at:])), 2*int(binary.BigEndian.Uint16(loca[2*at+2:]))
	default:
		return nil, fmt.Errorf("font %s has no glyph %d", f.name, glyph)
	}
	if from > to || to > len(glyf) {
		return nil, fmt.Errorf("font %s: glyph %d lies outside its table", f.name, glyph)
	}
	return glyf[from:to], nil
}

// components returns where a shape names the glyphs that it is composed of;
// none if it is an outline of its own.
func components(shape []byte) []int {
	if len(shape) < 10 || int16(binary.BigEndian.Uint16(shape)) >= 0 {
		return nil
	}
	var places []int
	for at := 10; at+4 <= len(shape); {
		flags := binary.BigEndian.Uint16(shape[at:])
		places = append(places, at+2)
		at += 4 + 2
		if flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&fourScales != 0:
			at += 8
		}
		if flags&more == 0 {
			break
		}
	}
	return places
}

// trueType returns a font file in which glyph n is the shape of code n, and
// which ends with the components that these are made of.
func (s *subset) trueType() ([]byte, error) {
	sources := make([]uint16, len(s.glyphs))
	place := map[uint16]uint16{} // of a component in the new file
	for i, g := range s.glyphs {
		sources[i] = uint16(g)
	}
	var glyf, hmtx []byte
	loca := binary.BigEndian.AppendUint32(nil, 0)
	for i := 0; i < len(sources); i++ {
		shape, err := s.shape(sources[i])
		if err != nil {
			return nil, err
		}
		if i < len(s.empty) && s.empty[i] {
			shape = nil
		}
		shape = slices.Clone(shape)
		for _, at := range components(shape) {
			part := binary.BigEndian.Uint16(shape[at:])
			if _, ok := place[part]; !ok {
				if len(sources) == 0xFFFF {
					return nil, fmt.Errorf("letter needs too many parts of font %s", s.name)
				}
				place[part] = uint16(len(sources))
				sources = append(sources, part)
			}
			binary.BigEndian.PutUint16(shape[at:], place[part])
		}
		glyf = append(glyf, shape...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		hmtx = append(hmtx, s.metrics(sources[i])...)
	}
	return s.assemble(glyf, loca, hmtx, len(sources)), nil
}

// metrics returns a glyph's width and left bearing, as the table "hmtx" has them.
func (f *face) metrics(glyph uint16) []byte {
	hmtx, full := f.tables["hmtx"], int(binary.BigEndian.Uint16(f.tables["hhea"][34:]))
	if at := int(glyph); at < full {
		return hmtx[4*at : 4*at+4]
	}
	bearing := 4*full + 2*(int(glyph)-full)
	return append(slices.Clone(hmtx[4*(full-1):4*(full-1)+2]), hmtx[bearing:bearing+2]...)
}

// assemble puts the tables together that a font in a PDF file needs.
func (s *subset) assemble(glyf, loca, hmtx []byte, count int) []byte {
	put16 := func(table string, at, v int) []byte {
		t := slices.Clone(s.tables[table])
		binary.BigEndian.PutUint16(t[at:], uint16(v))
		return t
	}
	head := put16("head", 50, 1)
	binary.BigEndian.PutUint32(head[8:], 0)
	tables := map[string][]byte{
		"glyf": glyf, "loca": loca, "hmtx": hmtx, "head": head,
		"hhea": put16("hhea", 34, count), "maxp": put16("maxp", 4, count),
	}
	for _, tag := range []string{"cvt ", "fpgm", "prep"} {
		if t := s.tables[tag]; t != nil {
			tables[tag] = t
		}
	}
	tags := slices.Sorted(maps.Keys(tables))
	power := 0
	for 2<<power <= len(tags) {
		power++
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{len(tags), 16 << power, power, 16 * (len(tags) - 1<<power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*len(tags)
	var body []byte
	for _, tag := range tags {
		t := tables[tag]
		size := len(t)
		for len(t)%4 != 0 {
			t = append(slices.Clip(t), 0)
		}
		out = append(out, tag...)
		out = binary.BigEndian.AppendUint32(out, sum(t))
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(size))
		body = append(body, t...)
		at += len(t)
	}
	out = append(out, body...)
	whole := 0xB1B0AFBA - sum(out)
	headAt := binary.BigEndian.Uint32(out[12+16*slices.Index(tags, "head")+8:])
	binary.BigEndian.PutUint32(out[headAt+8:], whole)
	return out
}

// sum is the check sum of a table, or of a file, of whole words.
func sum(b []byte) (n uint32) {
	for ; len(b) >= 4; b = b[4:] {
		n += binary.BigEndian.Uint32(b)
	}
	return n
}
