package tabular

import (
	"embed"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"kaishu/internal/base/selection"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// maxExact is the largest integer that every JSON reader keeps exactly.
const maxExact = 1 << 53

// AppendJSON writes a cell as JSON. Integers beyond ±2^53 and exact numbers
// are strings, so that no reader rounds them.
func AppendJSON(b []byte, v Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		if v > maxExact || v < -maxExact {
			return append(strconv.AppendInt(append(b, '"'), v, 10), '"')
		}
		return strconv.AppendInt(b, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(b, "null"...)
		}
		return appendFloat(b, v)
	case Exact:
		return append(append(append(b, '"'), v...), '"')
	}
	panic("tabular: a cell that is no value")
}

func appendFloat(b []byte, v float64) []byte {
	form := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(b, v, form, -1, 64)
}

// plain marks the bytes that stand for themselves in a JSON text.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		if plain[s[i]] {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

// AppendObject writes a row as a JSON object, its members in the order of
// columns.
func AppendObject(b []byte, columns []selection.Column, row []Value) []byte {
	b = append(b, '{')
	for i, c := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, c.Name), ':')
		b = AppendJSON(b, row[i])
	}
	return append(b, '}')
}

// AppendFeature writes a row as a GeoJSON feature. at are the places of
// longitude and latitude in the row, which stay among the properties; a row
// without either has no geometry.
func AppendFeature(b []byte, columns []selection.Column, row []Value, at [2]int) []byte {
	b = append(b, `{"type":"Feature","geometry":`...)
	if row[at[0]] == nil || row[at[1]] == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, `{"type":"Point","coordinates":[`...)
		b = append(append(b, Text(row[at[0]])...), ',')
		b = append(append(b, Text(row[at[1]])...), "]}"...)
	}
	b = append(b, `,"properties":`...)
	return append(AppendObject(b, columns, row), '}')
}

// Text returns a cell as text: what CSV holds and people read; "" for null.
func Text(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return string(appendFloat(nil, v))
	case Exact:
		return string(v)
	case json.Number:
		return string(v)
	}
	panic("tabular: a cell that is no value")
}

// AppendCSV writes a row as a CSV record without its end of line. A text is
// quoted where RFC 4180 asks for it, and when it is empty, so that null, which
// is nothing at all, can be told from it.
func AppendCSV(b []byte, row []Value) []byte {
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		s, isText := v.(string)
		if !isText {
			b = append(b, Text(v)...)
			continue
		}
		if s != "" && !strings.ContainsAny(s, "\",\n\r") {
			b = append(b, s...)
			continue
		}
		b = append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
	}
	return b
}
