package intake

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
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
	f       *os.File
	kind    int32 // of the shapes, as in the header
	columns []string
	place   *Coordinates
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
	text, ok := shapeText(kind%10, p.b[4:])
	if !ok {
		return cells, "intake.geometry_unreadable", nil
	}
	cells[0] = text
	return cells, "", nil
}

func double(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

func ordinate(dst, b []byte) []byte { return strconv.AppendFloat(dst, double(b), 'f', -1, 64) }

// ring is a part of a shape: points of 16 bytes.
type ring []byte

func (r ring) x(i int) float64 { return double(r[16*i:]) }
func (r ring) y(i int) float64 { return double(r[16*i+8:]) }
func (r ring) len() int        { return len(r) / 16 }

// area is twice the area that the ring encloses, below 0 if it runs clockwise,
// as outer rings do.
func (r ring) area() (sum float64) {
	for i := range r.len() - 1 {
		sum += (r.x(i)-r.x(0))*(r.y(i+1)-r.y(0)) - (r.x(i+1)-r.x(0))*(r.y(i)-r.y(0))
	}
	return sum
}

// holds reports whether a point lies within the ring.
func (r ring) holds(x, y float64) (inside bool) {
	for i, j := 0, r.len()-1; i < r.len(); j, i = i, i+1 {
		if (r.y(i) > y) != (r.y(j) > y) && x < (r.x(j)-r.x(i))*(y-r.y(i))/(r.y(j)-r.y(i))+r.x(i) {
			inside = !inside
		}
	}
	return inside
}

// shapeText writes lines, polygons and points as well-known text, in the plane.
func shapeText(kind int32, b []byte) ([]byte, bool) {
	if kind == 8 {
		if len(b) < 36 {
			return nil, false
		}
		n := int64(binary.LittleEndian.Uint32(b[32:]))
		if n == 0 || 36+16*n > int64(len(b)) {
			return nil, false
		}
		return points([]byte("MULTIPOINT "), ring(b[36:36+16*n])), true
	}
	if kind != 3 && kind != 5 || len(b) < 40 {
		return nil, false
	}
	parts, all := int64(binary.LittleEndian.Uint32(b[32:])), int64(binary.LittleEndian.Uint32(b[36:]))
	if parts == 0 || 40+4*parts+16*all > int64(len(b)) {
		return nil, false
	}
	var rings []ring
	for i := range parts {
		from, to := int64(binary.LittleEndian.Uint32(b[40+4*i:])), all
		if i+1 < parts {
			to = int64(binary.LittleEndian.Uint32(b[44+4*i:]))
		}
		if from >= to || to > all {
			return nil, false
		}
		body := b[40+4*parts:]
		rings = append(rings, ring(body[16*from:16*to]))
	}
	if kind == 5 {
		return polygons(rings), true
	}
	if len(rings) == 1 {
		return points([]byte("LINESTRING "), rings[0]), true
	}
	return list([]byte("MULTILINESTRING "), rings), true
}

func points(dst []byte, r ring) []byte {
	dst = append(dst, '(')
	for i := range r.len() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(ordinate(dst, r[16*i:]), ' ')
		dst = ordinate(dst, r[16*i+8:])
	}
	return append(dst, ')')
}

func list(dst []byte, rings []ring) []byte {
	dst = append(dst, '(')
	for i, r := range rings {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = points(dst, r)
	}
	return append(dst, ')')
}

// maxRings bounds the search for the ring that holds a hole.
const maxRings = 2000

// polygons puts each hole behind the outer ring that holds it.
func polygons(rings []ring) []byte {
	var outer [][]ring
	var holes []ring
	for _, r := range rings {
		if r.area() <= 0 {
			outer = append(outer, []ring{r})
		} else {
			holes = append(holes, r)
		}
	}
	for _, h := range holes {
		home := -1
		for i, o := range outer[:min(len(outer), maxRings)] {
			if o[0].holds(h.x(0), h.y(0)) && (home < 0 || o[0].area() > outer[home][0].area()) {
				home = i
			}
		}
		if home < 0 {
			outer = append(outer, []ring{h})
		} else {
			outer[home] = append(outer[home], h)
		}
	}
	if len(outer) == 1 {
		return list([]byte("POLYGON "), outer[0])
	}
	dst := []byte("MULTIPOLYGON (")
	for i, o := range outer {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = list(dst, o)
	}
	return append(dst, ')')
}
