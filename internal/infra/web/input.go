package web

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
)

// checkQuery refuses query parameters that an API route does not know, those
// that are missing and values of the wrong type, all at once.
func (c *Context) checkQuery() error {
	if !c.Route.API {
		return nil
	}
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return problem.New(problem.Malformed, "web.bad_query")
	}
	var p problem.List
	for _, known := range c.Route.Query {
		if known.Needed {
			p.Require("?"+known.Name, values.Get(known.Name))
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.checkParameter(&p, name, values[name])
	}
	if p.Err() != nil && c.Route.Check != nil {
		told := map[string]bool{}
		for _, f := range problem.As(p.Err()).Fields {
			told[f.Pointer] = true
		}
		if more := problem.As(c.Route.Check(c)); more != nil {
			for _, f := range more.Fields {
				if !told[f.Pointer] {
					p.Keep(f)
				}
			}
		}
	}
	return p.Err()
}

func (c *Context) checkParameter(p *problem.List, name string, given []string) {
	at := "?" + name
	if name == "lang" {
		if given[0] != "zh" && given[0] != "en" {
			p.Add(at, "web.unknown_language")
		}
		return
	}
	i := slices.IndexFunc(c.Route.Query, func(p Param) bool { return p.Name == name })
	if i < 0 {
		i = slices.IndexFunc(c.Route.Query, func(p Param) bool { return p.Open })
	}
	if i < 0 {
		c.unknownParameter(p, name)
		return
	}
	known := c.Route.Query[i]
	if len(given) > 1 && !known.Many && !known.Open {
		p.Add(at, "web.given_twice")
		return
	}
	for _, value := range given {
		switch {
		case value == "":
		case known.Type == "integer":
			if _, err := strconv.Atoi(value); err != nil {
				p.Add(at, "web.not_an_integer", "value", value)
			}
		case known.Type == "boolean" && value != "true" && value != "false":
			p.Add(at, "web.not_a_boolean")
		}
	}
}

func (c *Context) unknownParameter(p *problem.List, name string) {
	known := c.Route.names()
	switch near := nearest(name, known); {
	case len(known) == 0:
		p.Add("?"+name, "web.no_parameters", "name", name)
	case near != "":
		p.Add("?"+name, "web.unknown_parameter_near", "name", name, "near", near, "known", strings.Join(known, ", "))
	default:
		p.Add("?"+name, "web.unknown_parameter", "name", name, "known", strings.Join(known, ", "))
	}
}

// nearest returns the name that was probably meant: at most a third of its
// letters differ. It is "" if none is near.
func nearest(name string, known []string) string {
	if len(name) > 100 {
		return ""
	}
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to add, drop or change from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := above
			if a[i] != b[j] {
				cost = 1 + min(above, row[j], row[j+1])
			}
			above, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// maxBody is the largest JSON body, in bytes.
const maxBody = 1 << 20

// Body decodes the JSON body into a pointer to a struct. A body that is not
// JSON or longer than 1 MiB is a problem; so is, by pointer and all at once,
// every name that is not known or given twice, and every value of the wrong
// type. An empty body is the zero value: rules ask for what they need.
func (c *Context) Body(into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return problem.New(problem.TooLarge, "web.body_too_large", "kilobytes", maxBody>>10)
	}
	if err != nil {
		return problem.New(problem.Malformed, "web.body_cut")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	var p problem.List
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return problem.New(problem.Malformed, "web.not_json", "reason", err.Error())
	}
	compare(&p, "", reflect.TypeOf(into), data)
	if err := p.Err(); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		p.Add("", "web.wrong_value")
	}
	return p.Err()
}

var (
	ownJSON = reflect.TypeFor[json.Unmarshaler]()
	ownText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// compare adds what in raw, which is valid JSON found at the pointer at, does
// not fit into a Go value of type t.
func compare(p *problem.List, at string, t reflect.Type, raw json.RawMessage) {
	raw = bytes.TrimSpace(raw)
	if raw[0] == 'n' { // null leaves the zero value
		return
	}
	if pointer := reflect.PointerTo(t); pointer.Implements(ownJSON) || pointer.Implements(ownText) {
		if json.Unmarshal(raw, reflect.New(t).Interface()) != nil {
			p.Add(at, "web.wrong_value")
		}
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		compare(p, at, t.Elem(), raw)
	case reflect.Struct, reflect.Map:
		if raw[0] != '{' {
			p.Add(at, "web.not_an_object")
			return
		}
		compareObject(p, at, t, raw)
	case reflect.Slice, reflect.Array:
		var items []json.RawMessage
		if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
			p.Add(at, "web.not_a_list")
		}
		for i, item := range items {
			compare(p, at+"/"+strconv.Itoa(i), t.Elem(), item)
		}
	default:
		if json.Unmarshal(raw, reflect.New(t).Interface()) != nil {
			p.Add(at, leafCode(t.Kind()), "value", clip(string(raw)))
		}
	}
}

func compareObject(p *problem.List, at string, t reflect.Type, raw json.RawMessage) {
	known := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		known = members(t)
	}
	seen := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.Token() // the brace; raw is valid JSON, so nothing here can fail
	for d.More() {
		token, _ := d.Token()
		name, _ := token.(string)
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return
		}
		pointer := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		member, ok := known[name]
		switch {
		case seen[name]:
			p.Add(pointer, "web.given_twice")
		case t.Kind() == reflect.Map:
			compare(p, pointer, t.Elem(), value)
		case !ok:
			p.Add(pointer, "web.unknown_field")
		default:
			compare(p, pointer, member, value)
		}
		seen[name] = true
	}
}

// members lists the fields of a struct by their names in JSON.
func members(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, ok := jsonName(f); ok {
			all[name] = f.Type
		}
	}
	return all
}

// jsonName returns under which name, and with which options, a field appears
// in JSON, and whether it does.
func jsonName(f reflect.StructField) (name, options string, ok bool) {
	tag := f.Tag.Get("json")
	name, options, _ = strings.Cut(tag, ",")
	if tag == "-" || !f.IsExported() || f.Anonymous && name == "" {
		return "", "", false
	}
	if name == "" {
		name = f.Name
	}
	return name, options, true
}

func leafCode(k reflect.Kind) string {
	switch {
	case k == reflect.String:
		return "web.not_a_text"
	case k == reflect.Bool:
		return "web.not_a_boolean"
	case k == reflect.Float64 || k == reflect.Float32:
		return "web.not_a_number"
	}
	return "web.not_an_integer"
}

// clip shortens what a user sent, to show it back.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
