package intake

import (
	"encoding/binary"
	"math"
	"strconv"
)

func double(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

func ordinate(dst, b []byte) []byte { return strconv.AppendFloat(dst, double(b), 'f', -1, 64) }

// ring is a part of a shape: points of 16 bytes, and their heights of 8, nil
// in the plane.
type ring struct{ xy, z []byte }

func (r ring) x(i int) float64 { return double(r.xy[16*i:]) }
func (r ring) y(i int) float64 { return double(r.xy[16*i+8:]) }
func (r ring) len() int        { return len(r.xy) / 16 }

// part returns the points from one to before another.
func (r ring) part(from, to int64) ring {
	p := ring{xy: r.xy[16*from : 16*to]}
	if r.z != nil {
		p.z = r.z[8*from : 8*to]
	}
	return p
}

// finite reports whether all numbers of the ring are some.
func (r ring) finite() bool {
	for _, b := range [][]byte{r.xy, r.z} {
		for ; len(b) >= 8; b = b[8:] {
			if v := double(b); math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}

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

// counted reads how many parts and points a shape of lines, polygons or points
// has, and where the parts begin.
func counted(plain int32, b []byte) (parts, n, from int64, ok bool) {
	switch {
	case plain == 8 && len(b) >= 36:
		return 0, int64(binary.LittleEndian.Uint32(b[32:])), 36, true
	case (plain == 3 || plain == 5) && len(b) >= 40:
		return int64(binary.LittleEndian.Uint32(b[32:])), int64(binary.LittleEndian.Uint32(b[36:])), 40, true
	}
	return 0, 0, 0, false
}

func isHigh(kind int32) bool { return kind > 10 && kind < 20 }

// shapeText writes lines, polygons and points as well-known text, with heights
// if the kind has them.
func shapeText(kind int32, b []byte) ([]byte, bool) {
	plain, high := kind%10, isHigh(kind)
	parts, n, from, ok := counted(plain, b)
	if !ok || parts == 0 && plain != 8 {
		return nil, false
	}
	all, ok := pointsOf(b, from+4*parts, n, high)
	if !ok {
		return nil, false
	}
	if plain == 8 {
		return points(begin("MULTIPOINT", high), all), true
	}
	var rings []ring
	for i := range parts {
		from, to := int64(binary.LittleEndian.Uint32(b[40+4*i:])), n
		if i+1 < parts {
			to = int64(binary.LittleEndian.Uint32(b[44+4*i:]))
		}
		if from >= to || to > n {
			return nil, false
		}
		rings = append(rings, all.part(from, to))
	}
	if plain == 5 {
		return polygons(rings, high), true
	}
	if len(rings) == 1 {
		return points(begin("LINESTRING", high), rings[0]), true
	}
	return list(begin("MULTILINESTRING", high), rings), true
}

// hasMeasures reports whether a shape has measures. They stand at its end, and
// those below -10³⁸ say that there is none.
func hasMeasures(kind int32, b []byte) bool {
	from := int64(0)
	switch {
	case kind <= 10:
		return false
	case kind == 11:
		from = 24
	case kind == 21:
		from = 16
	default:
		parts, n, begins, ok := counted(kind%10, b)
		if !ok {
			return false
		}
		if from = begins + 4*parts + 16*n + 16; isHigh(kind) {
			from += 8*n + 16
		}
		if from > int64(len(b)) {
			return false
		}
		b = b[:min(int64(len(b)), from+8*n)]
	}
	for ; from+8 <= int64(len(b)); from += 8 {
		if double(b[from:]) > -1e38 {
			return true
		}
	}
	return false
}

// pointsOf returns the n points that begin at from, with their heights, which
// stand behind all of them and their least and greatest.
func pointsOf(b []byte, from, n int64, high bool) (all ring, ok bool) {
	size := int64(len(b))
	if n == 0 || from+16*n > size {
		return all, false
	}
	all.xy = b[from : from+16*n]
	if high {
		if from += 16*n + 16; from+8*n > size {
			return all, false
		}
		all.z = b[from : from+8*n]
	}
	return all, all.finite()
}

// begin begins well-known text.
func begin(kind string, high bool) []byte {
	if high {
		kind += " Z"
	}
	return append([]byte(kind), ' ')
}

func points(dst []byte, r ring) []byte {
	dst = append(dst, '(')
	for i := range r.len() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(ordinate(dst, r.xy[16*i:]), ' ')
		dst = ordinate(dst, r.xy[16*i+8:])
		if r.z != nil {
			dst = ordinate(append(dst, ' '), r.z[8*i:])
		}
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
func polygons(rings []ring, high bool) []byte {
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
		return list(begin("POLYGON", high), outer[0])
	}
	dst := append(begin("MULTIPOLYGON", high), '(')
	for i, o := range outer {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = list(dst, o)
	}
	return append(dst, ')')
}
