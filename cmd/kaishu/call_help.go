package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"kaishu/internal/infra/web"
)

// field is a field of a JSON object.
type field struct {
	name     string
	kind     reflect.Type
	optional bool
	doc      string // key of the words that explain it; "" for none
}

// fieldsOf lists the fields of a struct as JSON names them, in order; none for
// any other type.
func fieldsOf(t reflect.Type) (all []field) {
	if t = pointed(t); t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.IsExported() || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		all = append(all, field{name, f.Type, strings.Contains(options, "omit") || f.Type.Kind() == reflect.Pointer, f.Tag.Get("doc")})
	}
	return all
}

// leaf is one value of a body, by its JSON pointer.
type leaf struct {
	pointer  string
	kind     string // "text", "integer", …; see [kindOf]
	example  string
	optional bool
	doc      string
}

// maxDepth is how deep a body is described; a type may hold itself.
const maxDepth = 6

// leavesOf lists the values that a body of type t takes. Under a list stands
// its first item, under a map a member called NAME.
func leavesOf(t reflect.Type, at field, pointer string, depth int) (all []leaf) {
	t = pointed(t)
	if depth > maxDepth {
		return nil
	}
	if kind := kindOf(t); kind != "" {
		return []leaf{{pointer, kind, exampleOf(t, kind), at.optional, at.doc}}
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		if kind := kindOf(pointed(t.Elem())); kind != "" {
			return []leaf{{pointer + "/-", kind + " …", exampleOf(pointed(t.Elem()), kind), at.optional, at.doc}}
		}
		return leavesOf(t.Elem(), at, pointer+"/0", depth+1)
	case reflect.Map:
		return leavesOf(t.Elem(), at, pointer+"/NAME", depth+1)
	}
	for _, f := range fieldsOf(t) {
		f.optional = f.optional || at.optional
		all = append(all, leavesOf(f.kind, f, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(f.name), depth+1)...)
	}
	return all
}

func pointed(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

var (
	readsJSON = reflect.TypeFor[json.Unmarshaler]()
	readsText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// ownReader reports whether t reads its JSON itself.
func ownReader(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(readsJSON) || p.Implements(readsText)
}

// kindOf names what a single value of type t is written as; "" if it is made
// of several.
func kindOf(t reflect.Type) string {
	switch k := t.Kind(); {
	case ownReader(t), k == reflect.String, k == reflect.Interface, t == reflect.TypeFor[[]byte]():
		return "string"
	case k == reflect.Bool:
		return "boolean"
	case k >= reflect.Int && k <= reflect.Uintptr:
		return "integer"
	case k == reflect.Float32 || k == reflect.Float64:
		return "number"
	}
	return ""
}

// exampleOf is a text that fits t: for a type that reads itself, what it
// writes.
func exampleOf(t reflect.Type, kind string) string {
	if ownReader(t) {
		text, err := json.Marshal(reflect.Zero(t).Interface())
		var s string
		if err == nil && json.Unmarshal(text, &s) == nil {
			return s
		}
	}
	switch kind {
	case "boolean":
		return "true"
	case "integer", "number":
		return "1"
	}
	return "…"
}

// places lists the placeholders of r's path, in order; one that the route does
// not describe is a text.
func places(r web.Route) (all []web.Param) {
	for part := range strings.SplitSeq(r.Path, "/") {
		if !strings.HasPrefix(part, "{") || part == "{$}" {
			continue
		}
		name := strings.TrimSuffix(strings.Trim(part, "{}"), "...")
		p := web.Param{Name: name, Type: "string"}
		if i := slices.IndexFunc(r.Place, func(p web.Param) bool { return p.Name == name }); i >= 0 {
			p = r.Place[i]
		}
		all = append(all, p)
	}
	return all
}

// example is how r may be asked: with everything that it takes, or with what
// it needs.
func example(r web.Route, everything bool) (args []string) {
	for _, p := range places(r) {
		args = append(args, p.Name+"="+valueOf(p))
	}
	for _, p := range r.Query {
		if p.Needed || everything && !p.Open {
			args = append(args, p.Name+"="+valueOf(p))
		}
	}
	if r.Upload {
		return append(args, "file@data.csv")
	}
	if r.Body == nil {
		return args
	}
	for _, l := range leavesOf(reflect.TypeOf(r.Body), field{}, "", 0) {
		if everything || !l.optional {
			args = append(args, shortName(r, l.pointer)+"="+l.example)
		}
	}
	return args
}

// shortName writes a pointer as people do, if that is no parameter's name.
func shortName(r web.Route, pointer string) string {
	name := strings.TrimSuffix(pointer[1:], "/-")
	same := func(p web.Param) bool { return p.Name == name }
	if strings.ContainsAny(name, "/~") || name == "lang" || slices.ContainsFunc(places(r), same) || slices.ContainsFunc(r.Query, same) {
		return pointer
	}
	return name
}

func valueOf(p web.Param) string {
	switch {
	case p.Example != "":
		return p.Example
	case p.Default != "":
		return p.Default
	case len(p.Enum) > 0:
		return p.Enum[0]
	case p.Type == "integer":
		return "1"
	case p.Type == "boolean":
		return "true"
	}
	return strings.ToUpper(p.Name)
}

// describe prints what r takes.
func (k *caller) describe(w io.Writer, r web.Route) {
	concept, _, _ := strings.Cut(r.Name, ".")
	fmt.Fprintf(w, "%s  %s\n%s\n\n  %s %s\n", r.Name, k.say(r.Name+".summary"), k.say(r.Name+".help"), r.Method, r.Path)
	part := func(title string, all []web.Param, always bool) {
		if len(all) > 0 {
			fmt.Fprintf(w, "\n%s\n", k.say(title))
		}
		for _, p := range all {
			k.row(w, p.Name, kindText(p), p.Needed || always, k.say(concept+".param."+p.Name))
		}
	}
	part("kaishu.call_part.place", places(r), true)
	part("kaishu.call_part.query", r.Query, false)
	if r.Upload {
		fmt.Fprintf(w, "\n%s\n", k.say("kaishu.call_part.file"))
	}
	if r.Body != nil {
		fmt.Fprintf(w, "\n%s\n", k.say("kaishu.call_part.body"))
		for _, l := range leavesOf(reflect.TypeOf(r.Body), field{}, "", 0) {
			words := ""
			if k.words.Has(l.doc) {
				words = k.say(l.doc)
			}
			k.row(w, shortName(r, l.pointer), l.kind, false, words)
		}
	}
	line := "kaishu call " + r.Name
	for _, a := range example(r, false) {
		line += " " + quoted(a)
	}
	fmt.Fprintf(w, "\n%s\n  %s\n", k.say("kaishu.call_part.example"), line)
}

func (k *caller) row(w io.Writer, name, kind string, needed bool, words string) {
	if needed {
		words = k.say("kaishu.call_needed") + " " + words
	}
	fmt.Fprintf(w, "  %-22s %-10s %s\n", name, kind, words)
}

func kindText(p web.Param) string {
	kind := p.Type
	if len(p.Enum) > 0 {
		kind = strings.Join(p.Enum, "|")
	}
	if p.Many {
		kind += " …"
	}
	if p.Default != "" {
		kind += " =" + p.Default
	}
	return kind
}

// quoted writes an argument for the shell.
func quoted(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=@~+:,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
