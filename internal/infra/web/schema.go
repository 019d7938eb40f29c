package web

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"kaishu/internal/base/locale"
)

// schemas collects the JSON Schemas (2020-12, as OpenAPI 3.1 takes them) of
// named Go types.
type schemas struct {
	words *locale.Catalogue
	lang  locale.Lang
	named object // name → schema
}

var (
	rawMessage = reflect.TypeFor[json.RawMessage]()
	instant    = reflect.TypeFor[time.Time]()
	bytesType  = reflect.TypeFor[[]byte]()
	toJSON     = reflect.TypeFor[json.Marshaler]()
	toText     = reflect.TypeFor[encoding.TextMarshaler]()
)

// of returns the schema of t as encoding/json writes it, or a reference to
// it. It panics on a type that JSON cannot hold, a fault of the program.
func (s schemas) of(t reflect.Type) object {
	switch {
	case t == rawMessage:
		return object{}
	case t == instant:
		return object{"type": "string", "format": "date-time"}
	case t == bytesType:
		return object{"type": "string", "contentEncoding": "base64"}
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem())
	case t.Implements(toJSON):
		return object{}
	case t.Implements(toText):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Interface:
		return object{}
	case reflect.Struct:
		return s.reference(t)
	}
	panic(fmt.Sprintf("web: no schema for %s", t))
}

func (s schemas) reference(t reflect.Type) object {
	if t.Name() == "" {
		return s.structure(t)
	}
	name := schemaName(t)
	if _, known := s.named[name]; !known {
		s.named[name] = object{} // stops recursion
		s.named[name] = s.structure(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// schemaName is the package and the type, e.g. "QueryRows"; "Problem" and its
// parts are this package's.
func schemaName(t reflect.Type) string {
	if t == reflect.TypeFor[Shape]() {
		return "Problem"
	}
	dir := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	name := strings.Map(func(r rune) rune { // generic types have brackets
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' {
			return r
		}
		return '.'
	}, t.Name())
	if strings.EqualFold(dir, name) {
		return name
	}
	return strings.ToUpper(dir[:1]) + dir[1:] + name
}

// structure describes the fields of a struct. A field whose tag doc:"key"
// names words is explained by them.
func (s schemas) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, ok := jsonName(f)
		if !ok {
			continue
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		schema := s.of(f.Type)
		if f.Type.Kind() == reflect.Pointer && !optional && len(schema) > 0 {
			schema = object{"anyOf": []object{schema, {"type": "null"}}}
		}
		if key := f.Tag.Get("doc"); s.words.Has(key) {
			schema["description"] = s.words.Say(s.lang, key, nil)
		}
		properties[name] = schema
		if !optional {
			required = append(required, name)
		}
	}
	o := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}
