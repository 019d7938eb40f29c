package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

// request is what will be sent.
type request struct {
	route web.Route
	path  string // escaped
	query url.Values
	body  []byte // JSON; nil for none
	file  string // sent as it is, in place of a body; "" for none
	token string
}

func (q request) target() string {
	if len(q.query) == 0 {
		return q.path
	}
	return q.path + "?" + q.query.Encode()
}

// maxRead is how many bytes of a file may become a body or a value of one.
const maxRead = 1 << 20

// arguments are what people gave, sorted by where it goes.
type arguments struct {
	*caller
	route  web.Route
	faults *problem.List
	places map[string]string
	query  url.Values
	form   url.Values // values of the body by JSON pointer
	whole  []byte     // the whole body, as it is; nil for none
	file   string
}

// plan makes args the request of r. What is wrong with them is added to
// faults, or returned as the platform's own edge words it: names, types and
// the body are held against the same route by the same code as on a server.
// The error is a fault of this program.
func (k *caller) plan(r web.Route, args []string, faults *problem.List) (q request, fails []web.FieldFail, err error) {
	a := &arguments{caller: k, route: r, faults: faults, places: map[string]string{}, query: url.Values{}, form: url.Values{}}
	for _, text := range args {
		a.take(text)
	}
	if a.whole != nil && len(a.form) > 0 {
		faults.Add(slices.Sorted(maps.Keys(a.form))[0], "kaishu.call_two_bodies")
	}
	if takesName := slices.ContainsFunc(r.Query, func(p web.Param) bool { return p.Name == "name" }); a.file != "" && takesName && !a.query.Has("name") {
		a.query.Set("name", filepath.Base(a.file))
	}
	q = request{route: r, query: a.query, file: a.file, path: a.path()}
	q.body, fails, err = a.edge(q)
	return q, fails, err
}

// take sorts one argument: NAME=VALUE, NAME@FILE, @FILE or "-".
func (a *arguments) take(text string) {
	i := strings.IndexAny(text, "=@")
	switch {
	case text == "-":
		a.takeWhole(text, "")
	case i < 0:
		a.faults.Add(text, "kaishu.call_not_a_pair")
	case text[i] == '=':
		a.value(text[:i], text[i+1:])
	case a.route.Upload && !a.known(text[:i]):
		a.takeFile(text, text[i+1:])
	case i == 0:
		a.takeWhole(text, text[1:])
	default:
		if value, ok := a.read(text, text[i+1:]); ok {
			a.value(text[:i], string(value))
		}
	}
}

// known reports whether name is a parameter of the route.
func (a *arguments) known(name string) bool {
	same := func(p web.Param) bool { return p.Name == name }
	return slices.ContainsFunc(places(a.route), same) || slices.ContainsFunc(a.route.Query, same)
}

// value puts a value where its name says.
func (a *arguments) value(name, value string) {
	open := slices.ContainsFunc(a.route.Query, func(p web.Param) bool { return p.Open || p.Name == name })
	switch {
	case slices.ContainsFunc(places(a.route), func(p web.Param) bool { return p.Name == name }):
		if _, twice := a.places[name]; twice {
			a.faults.Add(name, "web.given_twice")
		}
		a.places[name] = value
	case name == "lang", open && !strings.HasPrefix(name, "/"):
		a.query.Add(name, value)
	case a.route.Body == nil:
		a.unknown(name)
	case strings.HasPrefix(name, "/"):
		a.form.Add(a.listed(name), value)
	case !a.member(name):
		a.unknown(name)
	default:
		a.form.Add(a.listed("/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name)), value)
	}
}

func (a *arguments) unknown(name string) {
	var known []string
	for _, p := range slices.Concat(places(a.route), a.route.Query) {
		known = append(known, p.Name)
	}
	if a.route.Body != nil {
		for _, f := range fieldsOf(reflect.TypeOf(a.route.Body)) {
			known = append(known, f.name)
		}
	}
	if len(known) == 0 {
		a.faults.Add(name, "web.no_parameters", "name", name)
		return
	}
	a.faults.Add(name, "web.unknown_parameter", "name", name, "known", strings.Join(known, ", "))
}

// member reports whether the body has a member called name.
func (a *arguments) member(name string) bool {
	t := pointed(reflect.TypeOf(a.route.Body))
	return t.Kind() == reflect.Map || slices.ContainsFunc(fieldsOf(t), func(f field) bool { return f.name == name })
}

// listed returns the pointer of a value; where the body has a list of values,
// that of an item of it.
func (a *arguments) listed(pointer string) string {
	t := reflect.TypeOf(a.route.Body)
	for part := range strings.SplitSeq(pointer[1:], "/") {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch t = pointed(t); t.Kind() {
		case reflect.Map, reflect.Slice:
			t = t.Elem()
		case reflect.Struct:
			i := slices.IndexFunc(fieldsOf(t), func(f field) bool { return f.name == name })
			if i < 0 {
				return pointer // the edge says that it is unknown
			}
			t = fieldsOf(t)[i].kind
		default:
			return pointer
		}
	}
	if t = pointed(t); t.Kind() == reflect.Slice && kindOf(t) == "" {
		return pointer + "/-"
	}
	return pointer
}

// takeWhole takes the whole body from a file, or from standard input.
func (a *arguments) takeWhole(text, file string) {
	switch {
	case a.route.Body == nil:
		a.faults.Add(text, "kaishu.call_no_body_taken")
	case a.whole != nil:
		a.faults.Add(text, "web.given_twice")
	default:
		if body, ok := a.read(text, file); ok {
			a.whole = append([]byte{}, body...)
		}
	}
}

func (a *arguments) takeFile(text, file string) {
	if a.file != "" {
		a.faults.Add(text, "web.given_twice")
	}
	info, err := os.Stat(file)
	switch {
	case err != nil:
		a.faults.Add(text, "kaishu.call_unreadable", "reason", err.Error())
	case !info.Mode().IsRegular():
		a.faults.Add(text, "kaishu.call_no_regular_file", "file", file)
	}
	a.file = file
}

// read reads a small file; "" or "-" is standard input.
func (a *arguments) read(text, file string) ([]byte, bool) {
	from := a.in
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			a.faults.Add(text, "kaishu.call_unreadable", "reason", err.Error())
			return nil, false
		}
		defer f.Close()
		from = f
	}
	body, err := io.ReadAll(io.LimitReader(from, maxRead+1))
	switch {
	case err != nil:
		a.faults.Add(text, "kaishu.call_unreadable", "reason", err.Error())
	case len(body) > maxRead:
		a.faults.Add(text, "web.body_too_large", "kilobytes", maxRead>>10)
	default:
		return body, true
	}
	return nil, false
}

// path fills in the places. A value may not lead to another address than the
// route's: parts that are empty, "." or ".." are refused.
func (a *arguments) path() string {
	parts := strings.Split(a.route.Path, "/")
	all := places(a.route)
	for i, part := range parts {
		if part == "{$}" {
			parts[i] = ""
		}
		if part == "{$}" || !strings.HasPrefix(part, "{") {
			continue
		}
		p := all[0]
		all = all[1:]
		value := a.places[p.Name]
		pieces := []string{value}
		if strings.HasSuffix(part, "...}") {
			pieces = strings.Split(value, "/")
		}
		_, err := strconv.Atoi(value)
		switch {
		case strings.TrimSpace(value) == "":
			a.faults.Add(p.Name, "required")
			pieces = []string{"-"}
		case slices.ContainsFunc(pieces, func(s string) bool { return s == "" || s == "." || s == ".." }):
			a.faults.Add(p.Name, "web.wrong_value")
			pieces = []string{"-"}
		case p.Type == "integer" && err != nil:
			a.faults.Add(p.Name, "web.not_an_integer", "value", value)
		}
		for j, piece := range pieces {
			pieces[j] = url.PathEscape(piece)
		}
		parts[i] = strings.Join(pieces, "/")
	}
	return strings.Join(parts, "/")
}

// edge asks the platform's own edge, in this process, what is wrong with a
// request; nothing but its body is read there. It returns the body as JSON.
func (a *arguments) edge(q request) (body []byte, fails []web.FieldFail, err error) {
	r := q.route
	var typed any
	read := func(c *web.Context) error {
		if r.Body == nil {
			return nil
		}
		into := reflect.New(reflect.TypeOf(r.Body)).Interface()
		decode := c.Form
		if a.whole != nil {
			decode = c.Body
		}
		if err := decode(into); err != nil {
			return err
		}
		typed = into
		return nil
	}
	s, err := web.New(web.Options{Words: a.words, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Routes: []web.Route{
		{Method: http.MethodPost, Path: r.Path, Name: r.Name, May: permit.Public, API: true, Place: r.Place, Query: r.Query, Check: read, Do: read}}})
	if err != nil {
		return nil, nil, fmt.Errorf("make edge: %w", err)
	}
	sent, media := []byte(a.form.Encode()), "application/x-www-form-urlencoded"
	if a.whole != nil {
		sent, media = a.whole, "application/json"
	}
	h, err := http.NewRequest(http.MethodPost, q.target(), bytes.NewReader(sent))
	if err != nil {
		return nil, nil, fmt.Errorf("make request: %w", err)
	}
	h.Header.Set("Content-Type", media)
	h.Header.Set("Accept-Language", string(a.lang))
	w := &paper{header: http.Header{}}
	s.Handler().ServeHTTP(w, h)
	if w.status >= 300 {
		fails, err = w.fails()
		return nil, fails, err
	}
	if r.Body == nil {
		return nil, nil, nil
	}
	if a.whole != nil {
		return a.whole, nil, nil
	}
	body, err = given(a.form, typed)
	return body, nil, err
}

// given writes typed as JSON, without the zero values of what form does not
// hold: what nobody gave is not sent.
func given(form url.Values, typed any) ([]byte, error) {
	texts, err := web.FormJSON(form)
	if err != nil {
		return nil, fmt.Errorf("read form again: %w", err) // it was read before
	}
	whole, err := json.Marshal(typed)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	var names, values any
	for _, x := range []struct {
		from []byte
		to   *any
	}{{texts, &names}, {whole, &values}} {
		d := json.NewDecoder(bytes.NewReader(x.from))
		d.UseNumber()
		if err := d.Decode(x.to); err != nil {
			return nil, fmt.Errorf("decode body: %w", err)
		}
	}
	return json.Marshal(kept(names, values))
}

func kept(names, values any) any {
	n, isObject := names.(map[string]any)
	v, ok := values.(map[string]any)
	if !isObject || !ok {
		return values
	}
	all := map[string]any{}
	for name := range n {
		if value, ok := v[name]; ok {
			all[name] = kept(n[name], value)
		}
	}
	return all
}

// paper is an answer of the edge.
type paper struct {
	header http.Header
	status int
	bytes.Buffer
}

func (p *paper) Header() http.Header    { return p.header }
func (p *paper) WriteHeader(status int) { p.status = status }

// fails reads the faults that the edge tells.
func (p *paper) fails() ([]web.FieldFail, error) {
	var s web.Shape
	if err := json.Unmarshal(p.Bytes(), &s); err != nil {
		return nil, fmt.Errorf("edge answers %d: %w", p.status, err)
	}
	if len(s.Errors) == 0 {
		return []web.FieldFail{{Pointer: "#", Detail: s.Detail}}, nil
	}
	return s.Errors, nil
}
