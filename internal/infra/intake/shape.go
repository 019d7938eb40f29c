package intake

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"kaishu/internal/base/problem"
)

// layer is what stands in an archive beside a DBF table.
type layer struct {
	shp      *os.File // nil for a table alone
	memo     *os.File // texts of its memo fields; nil for none
	foxPro   bool     // the memo file is of FoxPro, not of dBASE
	prj, cpg string
}

func (l *layer) close() {
	if l == nil {
		return
	}
	for _, f := range []*os.File{l.shp, l.memo} {
		if f != nil {
			f.Close() // was only read
		}
	}
}

// shapeForm is the geometry of a layer.
type shapeForm struct {
	f        *os.File
	kind     int32 // of the shapes, as in the header
	columns  []string
	place    *Coordinates
	measured bool // a shape had measures, which are left out
}

// shapeKinds are the kinds of shapes by their number.
var shapeKinds = map[int32]string{
	0: "Null", 1: "Point", 3: "PolyLine", 5: "Polygon", 8: "MultiPoint", 11: "PointZ", 13: "PolyLineZ", 15: "PolygonZ", 18: "MultiPointZ",
	21: "PointM", 23: "PolyLineM", 25: "PolygonM", 28: "MultiPointM", 31: "MultiPatch",
}

// remarks says what of the shapes read so far is not in the rows.
func (s *shapeForm) remarks() []Word {
	if s == nil || !s.measured {
		return nil
	}
	return []Word{word("intake.says_measures_left", "kind", shapeKinds[s.kind])}
}

func (s *shapeForm) names() []string {
	if s == nil {
		return nil
	}
	return s.columns
}

func (s *shapeForm) coordinates() *Coordinates {
	if s == nil {
		return nil
	}
	return s.place
}

func newBlocks(f *os.File, from int64) *bufio.Reader {
	return bufio.NewReaderSize(io.NewSectionReader(f, from, math.MaxInt64-from), blockSize)
}

func shapeBroken(reason string) error {
	return problem.New(problem.Invalid, "intake.shape_broken", "reason", reason)
}

// newShapeForm reads the header of a layer's shapes. taken are the names of
// its attributes.
func newShapeForm(l *layer, taken []string) (*shapeForm, error) {
	head := make([]byte, 100)
	if _, err := l.shp.ReadAt(head, 0); err != nil || binary.BigEndian.Uint32(head) != 9994 {
		return nil, shapeBroken("header")
	}
	s := &shapeForm{f: l.shp, kind: int32(binary.LittleEndian.Uint32(head[32:]))}
	switch kind := shapeKinds[s.kind]; kind {
	case "MultiPatch":
		return nil, problem.New(problem.Unsupported, "intake.shapes_not_read", "kind", kind)
	case "":
		return nil, shapeBroken(fmt.Sprintf("shape type %d", s.kind))
	}
	known := map[string]bool{}
	for _, name := range columnNames(taken) {
		known[strings.ToLower(name)] = true
	}
	add := func(name string) string {
		name = unique(name, known)
		s.columns = append(s.columns, name)
		return name
	}
	if s.kind%10 != 1 || s.kind > 21 { // no points
		add("geometry")
		return s, nil
	}
	system, degrees := systemOfPRJ(l.prj)
	if degrees {
		s.place = &Coordinates{Longitude: add("经度"), Latitude: add("纬度"), System: system}
	} else {
		add("x")
		add("y")
	}
	if s.kind == 11 {
		add("高程")
	}
	return s, nil
}

// systemOfPRJ reads the file .prj: degrees is false for coordinates on a
// plane. The system is "", which is asked, if it is none of ours or not named.
func systemOfPRJ(prj string) (system string, degrees bool) {
	word := strings.ToUpper(strings.TrimSpace(prj))
	plain := strings.NewReplacer("_", "", " ", "").Replace(word)
	switch {
	case strings.HasPrefix(word, "PROJCS") || strings.HasPrefix(word, "PROJCRS"):
		return "", false
	case strings.Contains(plain, "CGCS2000") || strings.Contains(plain, "CHINA2000") || strings.Contains(plain, "CHINAGEODETICCOORDINATESYSTEM2000"):
		return CGCS2000, true
	case strings.Contains(plain, "WGS1984") || strings.Contains(plain, "WGS84"):
		return WGS84, true
	}
	return "", true
}

// shapes is one pass over the shapes of a layer.
type shapes struct {
	s *shapeForm
	r *bufio.Reader
	n int64
	b []byte
}

func (s *shapeForm) open() *shapes { return &shapes{s: s, r: newBlocks(s.f, 100)} }

// at returns the cells of shape n, passing over those before.
func (p *shapes) at(n int64) (cells [][]byte, code string, err error) {
	for p.n < n {
		head := make([]byte, 8)
		if _, err := io.ReadFull(p.r, head); err != nil {
			return nil, "", shapeBroken(fmt.Sprintf("record %d", p.n+1))
		}
		p.n++
		size := int64(binary.BigEndian.Uint32(head[4:])) * 2
		if size < 4 {
			return nil, "", shapeBroken(fmt.Sprintf("record %d", p.n))
		}
		if size > maxRecord {
			return nil, "", problem.New(problem.Invalid, "intake.record_too_long", "line", p.n, "mebibytes", maxRecord>>20)
		}
		if int64(cap(p.b)) < size {
			p.b = make([]byte, size)
		}
		p.b = p.b[:size]
		if _, err := io.ReadFull(p.r, p.b); err != nil {
			return nil, "", shapeBroken(fmt.Sprintf("record %d", p.n))
		}
	}
	cells = make([][]byte, len(p.s.columns))
	kind := int32(binary.LittleEndian.Uint32(p.b))
	p.s.measured = p.s.measured || kind == p.s.kind && hasMeasures(kind, p.b[4:])
	switch {
	case kind == 0:
		return cells, "", nil
	case kind != p.s.kind:
		return cells, "intake.geometry_unreadable", nil
	case kind%10 == 1 && kind <= 21:
		if len(p.b) < 4+8*len(cells) {
			return cells, "intake.geometry_unreadable", nil
		}
		for i := range cells {
			cells[i] = ordinate(nil, p.b[4+8*i:])
		}
		return cells, "", nil
	}
	text, ok := shapeText(kind, p.b[4:])
	if !ok {
		return cells, "intake.geometry_unreadable", nil
	}
	cells[0] = text
	return cells, "", nil
}
