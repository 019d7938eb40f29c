package web

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
)

// maxForm is the largest form, in bytes: a dictionary of some thousand fields.
const maxForm = 4 << 20

// parseForm reads the body of a form once, bounded.
func (c *Context) parseForm() error {
	if c.Request.PostForm != nil {
		return nil
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	err := c.Request.ParseForm()
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return problem.New(problem.TooLarge, "web.body_too_large", "kilobytes", maxForm>>10)
	}
	if err != nil {
		return problem.New(problem.Malformed, "web.body_cut")
	}
	return nil
}

// Form decodes a form into a pointer to a struct: the inputs' names are JSON
// pointers, see [FormJSON], and their texts become the types of the struct. It
// tells every fault at once, as [Context.Body] does.
func (c *Context) Form(into any) error {
	if !c.isForm() && c.parts == nil {
		return problem.New(problem.Unsupported, "web.not_a_form")
	}
	if err := c.parseForm(); err != nil {
		return err
	}
	data, err := FormJSON(c.Request.PostForm)
	if err != nil {
		return err
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return problem.New(problem.Malformed, "web.not_json", "reason", err.Error())
	}
	var p problem.List
	if data, err = marshal(fitted(reflect.TypeOf(into), tree)); err != nil {
		return err
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

// Typed returns what was typed into the input called name; of several, the
// first.
func (c *Context) Typed(name string) string {
	if c.parseForm() != nil {
		return ""
	}
	return c.Request.PostForm.Get(name)
}

// fitted gives the texts of a form the types that t wants, where they are such:
// "12" for an integer, "on" for a switch, {"0": …, "1": …} for a list. What is
// not stays a text, to be told. An empty text for anything but a text is null:
// the zero value.
func fitted(t reflect.Type, x any) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pointer := reflect.PointerTo(t)
	own := pointer.Implements(ownJSON) || pointer.Implements(ownText)
	switch x := x.(type) {
	case map[string]any:
		return fittedObject(t, x)
	case []any:
		if t.Kind() != reflect.Slice {
			return x
		}
		all := []any{}
		for _, item := range x {
			if text, ok := item.(string); !ok || text != "" {
				all = append(all, fitted(t.Elem(), item))
			}
		}
		return all
	case string:
		if !own {
			return fittedText(t.Kind(), x)
		}
	}
	return x
}

func fittedText(k reflect.Kind, text string) any {
	trimmed := strings.TrimSpace(text)
	switch {
	case k == reflect.String:
		return strings.ReplaceAll(text, "\r\n", "\n")
	case trimmed == "":
		return nil
	case k == reflect.Bool && (trimmed == "on" || trimmed == "true"):
		return true
	case k == reflect.Bool && trimmed == "false":
		return false
	case k >= reflect.Int && k <= reflect.Float64:
		if n, err := strconv.ParseInt(trimmed, 10, 64); err == nil {
			return n
		}
		if strings.ContainsAny(trimmed[:1], "-0123456789") && json.Valid([]byte(trimmed)) {
			return json.Number(trimmed)
		}
	}
	return text
}

func fittedObject(t reflect.Type, x map[string]any) any {
	switch t.Kind() {
	case reflect.Struct:
		known := members(t)
		for name, value := range x {
			if member, ok := known[name]; ok {
				x[name] = fitted(member, value)
			}
		}
	case reflect.Map:
		for name, value := range x {
			x[name] = fitted(t.Elem(), value)
		}
	case reflect.Slice:
		return fittedList(t, x)
	}
	return x
}

// fittedList orders what stands under numbers; gaps close.
func fittedList(t reflect.Type, x map[string]any) any {
	var places []int
	for name := range x {
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 {
			return x
		}
		places = append(places, n)
	}
	slices.Sort(places)
	all := make([]any, len(places))
	for i, n := range places {
		all[i] = fitted(t.Elem(), x[strconv.Itoa(n)])
	}
	return all
}

// FormJSON turns a form whose input names are JSON pointers (RFC 6901) into
// the JSON that the API would have received, so that one decoder and one list
// of faults serve both:
//
//	/purpose=bus&/materials/plan=f1&/reasons/-=a&/reasons/-=b
//	{"materials":{"plan":"f1"},"purpose":"bus","reasons":["a","b"]}
//
// A name that ends in "/-" makes a list, of one or more. Names without a
// leading slash, such as that of a token, are left out. It fails with
// problem.Invalid, naming every fault, if another name is given twice
// ("web.given_twice") or is both a value and a parent of values
// ("web.name_clash").
func FormJSON(form url.Values) ([]byte, error) {
	var p problem.List
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		path, ok := strings.CutPrefix(name, "/")
		if !ok {
			continue
		}
		var value any
		if list, ok := strings.CutSuffix(path, "/-"); ok {
			path, value = list, form[name]
		} else if len(form[name]) == 1 {
			value = form[name][0]
		} else {
			p.Add(name, "web.given_twice")
			continue
		}
		if !plant(root, strings.Split(path, "/"), value) {
			p.Add(name, "web.name_clash")
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return marshal(root)
}

// plant sets the value at path in root, and reports whether there was room.
func plant(root map[string]any, path []string, value any) bool {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	at, last := root, len(path)-1
	for _, part := range path[:last] {
		name := unescape.Replace(part)
		if at[name] == nil {
			at[name] = map[string]any{}
		}
		next, ok := at[name].(map[string]any)
		if !ok {
			return false
		}
		at = next
	}
	name := unescape.Replace(path[last])
	if at[name] != nil {
		return false
	}
	at[name] = value
	return true
}
