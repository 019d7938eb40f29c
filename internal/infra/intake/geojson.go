package intake

import (
	"bytes"
	"encoding/json"
	"strings"

	"kaishu/internal/base/problem"
)

// isFeature reports whether a record is a feature of GeoJSON.
func isFeature(element []byte) bool {
	feature, geometry := false, false
	members(element, func(key, value []byte) {
		feature = feature || string(key) == `"type"` && string(value) == `"Feature"`
		geometry = geometry || string(key) == `"geometry"`
	})
	return feature && geometry
}

// geometryOf takes a geometry apart.
func geometryOf(value []byte) (kind string, coordinates, parts []byte) {
	if len(value) == 0 || value[0] != '{' {
		return "", nil, nil
	}
	members(value, func(key, v []byte) {
		switch string(key) {
		case `"type"`:
			kind = string(cellOf(v))
		case `"coordinates"`:
			coordinates = v
		case `"geometries"`:
			parts = v
		}
	})
	return kind, coordinates, parts
}

func (s *jsonShape) seeGeometry(value []byte) {
	kind, coordinates, _ := geometryOf(value)
	switch n := len(numbers(coordinates)); {
	case kind == "":
	case kind == "Point" && n >= 2:
		s.points = max(s.points, min(n, 3))
	default:
		s.others = true
	}
}

// numbers returns the numbers of a position, nil if it is none.
func numbers(position []byte) (all [][]byte) {
	if len(position) == 0 || position[0] != '[' {
		return nil
	}
	ok := true
	items(position, func(v []byte) {
		ok = ok && (v[0] == '-' || v[0] >= '0' && v[0] <= '9')
		all = append(all, v)
	})
	if !ok {
		return nil
	}
	return all
}

// settle adds the columns of the geometry behind the others and takes the
// system of the coordinates from crs: RFC 7946 knows WGS 84 only, files of
// before may name another.
func (s *jsonShape) settle(crs []byte) error {
	if !s.geo || s.settled {
		return nil
	}
	s.settled = true
	system, err := systemOf(crs)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, name := range columnNames(s.names) {
		taken[strings.ToLower(name)] = true
	}
	add := func(name string) string {
		name = unique(name, taken)
		s.names = append(s.names, name)
		return name
	}
	if s.lon = len(s.names); s.points > 0 {
		s.place = &Coordinates{Longitude: add("经度"), Latitude: add("纬度"), System: system}
		if s.points > 2 {
			add("高程")
		}
	}
	if s.wkt = len(s.names); s.others {
		add("geometry")
	}
	return tooMany(len(s.names))
}

func systemOf(crs []byte) (string, error) {
	if len(crs) == 0 || crs[0] != '{' {
		return WGS84, nil
	}
	var named struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(crs, &named); err != nil {
		return "", problem.New(problem.Invalid, "intake.crs_not_read", "crs", cut(string(crs)))
	}
	switch name := strings.ToUpper(named.Properties.Name); {
	case strings.HasSuffix(name, "CRS84") || strings.HasSuffix(name, ":4326"):
		return WGS84, nil
	case strings.HasSuffix(name, ":4490"):
		return CGCS2000, nil
	}
	return "", problem.New(problem.Invalid, "intake.crs_not_read", "crs", cut(named.Properties.Name))
}

// fillGeometry writes a point as its coordinates, all else as well-known text.
func (s *jsonShape) fillGeometry(value []byte, fields [][]byte) bool {
	kind, coordinates, parts := geometryOf(value)
	if kind == "" {
		return string(value) == "null"
	}
	if all := numbers(coordinates); kind == "Point" && len(all) >= 2 {
		copy(fields[s.lon:s.lon+s.points], all)
		return true
	}
	text, ok := wellKnown(nil, kind, coordinates, parts, 0)
	if ok && s.others {
		fields[s.wkt] = text
	}
	return ok
}

// depths are how many arrays the coordinates of a geometry are within.
var depths = map[string]int{"Point": 1, "LineString": 2, "MultiPoint": 2, "Polygon": 3, "MultiLineString": 3, "MultiPolygon": 4}

// wellKnown appends a geometry as well-known text (OGC 06-103r4).
func wellKnown(dst []byte, kind string, coordinates, parts []byte, level int) ([]byte, bool) {
	if kind == "GeometryCollection" {
		if len(parts) == 0 || parts[0] != '[' || level > 3 {
			return dst, false
		}
		dst, ok, first := append(dst, "GEOMETRYCOLLECTION ("...), true, true
		items(parts, func(value []byte) {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			k, c, p := geometryOf(value)
			var fine bool
			dst, fine = wellKnown(dst, k, c, p, level+1)
			ok = ok && fine
		})
		return append(dst, ')'), ok
	}
	depth := depths[kind]
	if depth == 0 || len(coordinates) == 0 {
		return dst, false
	}
	dst = append(append(dst, strings.ToUpper(kind)...), ' ')
	if depth == 1 {
		dst = append(dst, '(')
		dst, ok := positions(dst, coordinates, depth)
		return append(dst, ')'), ok
	}
	return positions(dst, coordinates, depth)
}

func positions(dst, value []byte, depth int) ([]byte, bool) {
	if depth == 1 {
		all := numbers(value)
		return append(dst, bytes.Join(all, []byte{' '})...), len(all) >= 2
	}
	if value[0] != '[' {
		return dst, false
	}
	dst, ok, first := append(dst, '('), true, true
	items(value, func(v []byte) {
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		var fine bool
		dst, fine = positions(dst, v, depth-1)
		ok = ok && fine
	})
	return append(dst, ')'), ok && !first
}
