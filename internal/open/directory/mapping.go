package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Mapping says how the records of a listing are written. It is data.
type Mapping struct {
	Name  string      `json:"name"`
	Title locale.Text `json:"title"`
	From  string      `json:"from,omitempty"` // address of the portal or standard that writes so
	// Rows is what one record tells of: "resource", or "field" where each field
	// of a resource has a record of its own.
	Rows      string   `json:"rows"`
	Code      []string `json:"code,omitempty"` // columns; the first that says something counts. None: made of body and title
	NameOf    []string `json:"name_of"`        // columns of the resource's name
	Abstract  []string `json:"abstract,omitempty"`
	Body      []string `json:"body,omitempty"` // none: the body whose listing it is
	System    []string `json:"system,omitempty"`
	Theme     []string `json:"theme,omitempty"`
	Frequency []string `json:"frequency,omitempty"`
	Opening   []string `json:"opening,omitempty"`
	UpdatedOn []string `json:"updated_on,omitempty"`
	Formats   []string `json:"formats,omitempty"`
	Fields    Listed   `json:"fields,omitzero"`
	Field     Naming   `json:"field,omitzero"` // for Rows "field", and for fields that are objects
}

// Listed says where a record names the fields of its resource.
type Listed struct {
	In    []string `json:"in,omitempty"`    // columns
	After string   `json:"after,omitempty"` // they begin behind this; a text without it names none
	Split string   `json:"split,omitempty"` // what stands between two
	Trim  string   `json:"trim,omitempty"`  // what may stand around them
	None  []string `json:"none,omitempty"`  // what is written where there are none
}

// Naming says where a record tells of one field.
type Naming struct {
	Name  []string `json:"name,omitempty"`
	Title []string `json:"title,omitempty"`
	Type  []string `json:"type,omitempty"`
	Note  []string `json:"note,omitempty"`
}

// Record is one record of a listing: text, or lists and objects of it.
type Record map[string]any

// Bounds of a listing. [D]
const (
	MaxRecords = 500_000
	MaxCell    = 4000 // characters that are kept of an abstract or a note
)

// Check finds what is wrong with a mapping, everything at once.
func (m Mapping) Check() error {
	var l problem.List
	l.Require("/name", m.Name)
	if m.Rows != "resource" && m.Rows != "field" {
		l.Add("/rows", "directory.mapping_rows", "rows", m.Rows)
	}
	if len(m.NameOf) == 0 {
		l.Add("/name_of", "required")
	}
	if m.Rows == "field" && len(m.Field.Name) == 0 {
		l.Add("/field/name", "required")
	}
	if len(m.Fields.In) > 0 && m.Fields.Split == "" && len(m.Field.Name) == 0 {
		l.Add("/fields/split", "required")
	}
	return l.Err()
}

// ParseMapping reads a mapping from JSON. What it does not know is a fault.
func ParseMapping(text []byte) (m Mapping, err error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, problem.New(problem.Invalid, "directory.no_mapping", "error", err.Error())
	}
	return m, m.Check()
}

// Read takes the resources of source out of records. Body is the name of the
// body whose listing it is, "" for one of many bodies; a record that names
// another is a fault.
func (m Mapping) Read(source, body string, records []Record) Reading {
	r := Reading{Records: len(records)}
	seen := map[string]bool{}
	at := map[string]int{} // code → place in Resources
	names := map[string]int{}
	for i, rec := range records {
		text, err := json.Marshal(rec)
		if err == nil && seen[string(text)] {
			r.Repeats++
			continue
		}
		seen[string(text)] = true
		x, faults := m.one(source, body, rec)
		if len(faults) > 0 {
			for _, f := range faults {
				r.Faults = append(r.Faults, Fault{Record: i + 1, Field: f})
			}
			continue
		}
		place, known := at[x.Code]
		switch {
		case !known:
			at[x.Code] = len(r.Resources)
			r.Resources = append(r.Resources, x)
			names[x.BodyName]++
		case m.Rows == "field":
			r.Resources[place].Fields = append(r.Resources[place].Fields, newFields(r.Resources[place], x.Fields)...)
		default: // the same resource again, said otherwise: the later one counts
			r.Repeats++
			r.Resources[place] = x
		}
	}
	r.Spellings = Spellings(names)
	return r
}

func newFields(r Resource, more []Field) []Field {
	return slices.DeleteFunc(more, func(f Field) bool { _, twice := r.Field(f.Name); return twice })
}

func (m Mapping) one(source, body string, rec Record) (x Resource, faults []problem.Field) {
	var l problem.List
	x = Resource{Source: source, Title: first(rec, m.NameOf), Abstract: cut(first(rec, m.Abstract)), BodyName: first(rec, m.Body), System: first(rec, m.System),
		Theme: first(rec, m.Theme), Frequency: first(rec, m.Frequency), Opening: first(rec, m.Opening), Formats: many(rec, m.Formats)}
	l.Require(pointer(rec, m.NameOf), x.Title)
	switch {
	case body != "" && x.BodyName != "" && PlainBody(x.BodyName) != PlainBody(body):
		l.Add(pointer(rec, m.Body), "directory.of_another_body", "name", x.BodyName)
	case body != "":
		x.BodyName = body
	default:
		l.Require(pointer(rec, m.Body), x.BodyName)
	}
	if day := first(rec, m.UpdatedOn); day != "" {
		if x.UpdatedOn = dayOf(day); x.UpdatedOn == "" {
			l.Add(pointer(rec, m.UpdatedOn), "directory.no_day", "day", day)
		}
	}
	x.Code = first(rec, m.Code)
	if x.Code == "" {
		x.Code = x.BodyName + "/" + x.Title
	}
	x.ID = ResourceID(source, x.Code)
	x.Fields = m.fields(rec)
	if m.Rows == "field" {
		l.Require(pointer(rec, m.Field.Name), first(rec, m.Field.Name))
	}
	if err := l.Err(); err != nil {
		return x, problem.As(err).Fields
	}
	return x, nil
}

// fields are those that a record names.
func (m Mapping) fields(rec Record) (all []Field) {
	add := func(f Field) {
		f.Name, f.Title, f.Note = strings.TrimSpace(f.Name), strings.TrimSpace(f.Title), cut(f.Note)
		if _, twice := (Resource{Fields: all}).Field(f.Name); f.Name != "" && !twice {
			all = append(all, f)
		}
	}
	if m.Rows == "field" {
		add(m.told(rec))
		return all
	}
	for _, column := range m.Fields.In {
		switch v := rec[column].(type) {
		case []any:
			for _, one := range v {
				switch one := one.(type) {
				case map[string]any:
					add(m.told(one))
				case string:
					add(Field{Name: one})
				}
			}
		case string:
			text := v
			if m.Fields.After != "" {
				_, rest, ok := strings.Cut(v, m.Fields.After)
				if !ok {
					continue
				}
				text = rest
			}
			if m.Fields.Split == "" {
				continue
			}
			for _, name := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(m.Fields.Split, r) }) {
				if name = strings.Trim(name, m.Fields.Trim+" \t\r\n"); !slices.Contains(m.Fields.None, name) {
					add(Field{Name: name})
				}
			}
		}
	}
	return all
}

func (m Mapping) told(rec map[string]any) Field {
	return Field{Name: first(rec, m.Field.Name), Title: first(rec, m.Field.Title), Type: first(rec, m.Field.Type), Note: first(rec, m.Field.Note)}
}

// pointer is where a record says something, or should: the first of the columns
// that it has.
func pointer(rec Record, columns []string) string {
	for _, c := range columns {
		if _, ok := rec[c]; ok {
			return "/" + c
		}
	}
	if len(columns) == 0 {
		return ""
	}
	return "/" + columns[0]
}

// nothing is what listings write where they say nothing.
var nothing = []string{"", "-", "—", "无", "暂无", "null", "NULL", "None"}

// first is the first of the columns that says something, as text.
func first(rec map[string]any, columns []string) string {
	for _, c := range columns {
		if s := text(rec[c]); !slices.Contains(nothing, s) {
			return s
		}
	}
	return ""
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.Join(strings.Fields(v), " ")
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// many are the values of a column that holds a list, or a text that writes one.
func many(rec map[string]any, columns []string) (all []string) {
	for _, c := range columns {
		switch v := rec[c].(type) {
		case []any:
			for _, one := range v {
				if s := text(one); s != "" {
					all = append(all, s)
				}
			}
		case string:
			for _, s := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("[]'\",，、;；|/ \t\r\n", r) }) {
				if !slices.Contains(nothing, s) {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

func cut(s string) string {
	if r := []rune(s); len(r) > MaxCell {
		return string(r[:MaxCell])
	}
	return s
}

// dayOf reads the day of a date that is written as 2023-06-01, 2023/6/1,
// 20230601 or 2023年6月1日, with or without an hour behind it; "" if it is none.
func dayOf(s string) workday.Date {
	var parts []string
	digits := func(r rune) bool { return r < '0' || r > '9' }
	for _, p := range strings.FieldsFunc(s, digits) {
		parts = append(parts, p)
	}
	if len(parts) > 0 && len(parts[0]) == 8 {
		parts = []string{parts[0][:4], parts[0][4:6], parts[0][6:]}
	}
	if len(parts) < 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 {
		return ""
	}
	d := workday.Date(fmt.Sprintf("%s-%02s-%02s", parts[0], parts[1], parts[2]))
	if !d.Valid() {
		return ""
	}
	return d
}
