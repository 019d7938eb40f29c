package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFlat is how many objects within one another become columns of their own;
// what is deeper stays JSON.
const maxFlat = 5

// jsonShape is what the records of an array have in common.
type jsonShape struct {
	names   []string // of the columns
	index   map[string]int
	seen    int64
	arrays  bool // records are arrays
	named   bool // the first of which names the columns
	geo     bool // records are features
	points  int  // most coordinates of a point
	others  bool // there are geometries that are no points
	lon     int  // column of the first coordinate of a point
	wkt     int  // of the geometry that is no point
	place   *Coordinates
	settled bool
}

// see notes the members of one record, which is valid JSON.
func (s *jsonShape) see(element []byte) {
	if s.index == nil {
		s.index = map[string]int{}
		s.arrays = element[0] == '['
		s.geo = !s.arrays && isFeature(element)
	}
	s.seen++
	if element[0] == '[' {
		if s.arrays {
			s.seeArray(element)
		}
		return
	}
	if s.arrays {
		return
	}
	s.members(element, func(name string, value []byte) {
		if s.geo && name == geometryMember {
			s.seeGeometry(value)
			return
		}
		s.column(name)
	})
}

func (s *jsonShape) column(name string) {
	if _, known := s.index[name]; !known && len(s.names) <= maxColumns {
		s.index[name] = len(s.names)
		if strings.TrimSpace(name) == "" {
			name = fmt.Sprintf("列%d", len(s.names)+1)
		}
		s.names = append(s.names, name)
	}
}

// seeArray makes room for an array's cells. The first array names the columns
// if all of it is text, no two alike.
func (s *jsonShape) seeArray(element []byte) {
	var cells [][]byte
	items(element, func(value []byte) { cells = append(cells, value) })
	if s.seen == 1 {
		taken := map[string]bool{}
		s.named = len(cells) > 0
		for _, c := range cells {
			s.named = s.named && c[0] == '"' && len(trim(unquoted(c))) > 0 && !taken[string(c)]
			taken[string(c)] = true
		}
		if s.named {
			for _, c := range cells {
				s.column(string(unquoted(c)))
			}
			return
		}
	}
	for len(s.names) < len(cells) && len(s.names) <= maxColumns {
		s.column(fmt.Sprintf("列%d", len(s.names)+1))
	}
}

// geometryMember stands for the geometry of a feature among its columns; no
// member has this name, which is no text.
const geometryMember = "\xffgeometry"

// members calls do for each member of a record, those of objects within it as
// a.b, and the properties of a feature without that word.
func (s *jsonShape) members(element []byte, do func(name string, value []byte)) {
	if !s.geo {
		flat(element, "", 1, do)
		return
	}
	members(element, func(key, value []byte) {
		switch name := string(unquoted(key)); {
		case name == "geometry":
			do(geometryMember, value)
		case name == "properties":
			if value[0] == '{' {
				flat(value, "", 1, do)
			}
		case name != "type" && name != "bbox":
			do(name, value)
		}
	})
}

func flat(object []byte, prefix string, level int, do func(name string, value []byte)) {
	members(object, func(key, value []byte) {
		name := prefix + string(unquoted(key))
		if value[0] == '{' && level < maxFlat && len(trim(value[1:len(value)-1])) > 0 {
			flat(value, name+".", level+1, do)
			return
		}
		do(name, value)
	})
}

// fill puts the values of a record into its fields, and returns why it cannot
// be read, or "".
func (s *jsonShape) fill(element []byte, fields [][]byte) (code string) {
	if !json.Valid(element) {
		return "intake.not_json"
	}
	if s.arrays != (element[0] == '[') || element[0] != '[' && element[0] != '{' {
		return "intake.not_a_record"
	}
	put := func(i int, value []byte) {
		cell := cellOf(value)
		switch {
		case fields[i] != nil:
			code = "intake.key_repeated"
		case bytes.IndexByte(cell, 0) >= 0:
			code = "intake.nul_in_cell"
		}
		fields[i] = cell
	}
	if s.arrays {
		i := 0
		items(element, func(value []byte) {
			if i < len(fields) {
				put(i, value)
			}
			i++
		})
		return code
	}
	s.members(element, func(name string, value []byte) {
		if s.geo && name == geometryMember {
			if !s.fillGeometry(value, fields) {
				code = "intake.geometry_unreadable"
			}
		} else if i, ok := s.index[name]; ok && i < len(fields) {
			put(i, value)
		}
	})
	return code
}

func (s *jsonShape) columns() (all []RecipeColumn) {
	for _, name := range s.names {
		all = append(all, RecipeColumn{Source: name})
	}
	return all
}

// cellOf returns the text of a value: nothing for null, JSON for arrays and
// objects.
func cellOf(value []byte) []byte {
	switch value[0] {
	case '"':
		return unquoted(value)
	case 'n':
		return nil
	}
	return value
}

// unquoted returns the text of a JSON string.
func unquoted(value []byte) []byte {
	if bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
		return value[1 : len(value)-1]
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return value
	}
	return []byte(text)
}

// members calls do for each member of an object; object is valid JSON.
func members(object []byte, do func(key, value []byte)) {
	each(object, func(at int) int {
		end := valueEnd(object, at)
		from := end
		for object[from] != ':' {
			from++
		}
		from = blanksEnd(object, from+1)
		last := valueEnd(object, from)
		do(object[at:end], object[from:last])
		return last
	})
}

// items calls do for each element of an array; array is valid JSON.
func items(array []byte, do func(value []byte)) {
	each(array, func(at int) int {
		end := valueEnd(array, at)
		do(array[at:end])
		return end
	})
}

// each calls one at the start of each member or element; it returns its end.
func each(b []byte, one func(at int) int) {
	for at := blanksEnd(b, 1); at < len(b)-1; {
		at = blanksEnd(b, one(at))
		if b[at] == ',' {
			at = blanksEnd(b, at+1)
		}
	}
}

func blanksEnd(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\n' || b[at] == '\t' || b[at] == '\r') {
		at++
	}
	return at
}

// valueEnd returns where the value that begins at from ends; b is valid JSON.
func valueEnd(b []byte, from int) int {
	depth, quoted := 0, false
	for i := from; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			} else if depth < 0 {
				return i
			}
		case depth == 0 && slices.Contains([]byte(", \n\t\r:"), c):
			return i
		}
	}
	return len(b)
}
