package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"kaishu/internal/base/problem"
)

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
