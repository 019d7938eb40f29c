package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
)

// object is a JSON object of the OpenAPI text. Its names are written in
// alphabetical order, so that the same routes give the same text.
type object = map[string]any

// names lists the query parameters of the route.
func (r *Route) names() []string {
	var all []string
	for _, p := range r.Query {
		all = append(all, p.Name)
	}
	return all
}

// concept is what the route's name begins with.
func (r *Route) concept() string {
	concept, _, _ := strings.Cut(r.Name, ".")
	return concept
}

// wordKeys lists the message keys of the route's parameters.
func (r *Route) wordKeys() []string {
	var keys []string
	for _, p := range slices.Concat(r.places(), r.Query) {
		keys = append(keys, r.concept()+".param."+p.Name)
	}
	return keys
}

// places lists the placeholders of the path; one that is not described is a
// plain text.
func (r *Route) places() []Param {
	var all []Param
	for part := range strings.SplitSeq(r.Path, "/") {
		if !strings.HasPrefix(part, "{") || part == "{$}" {
			continue
		}
		name := strings.TrimSuffix(strings.Trim(part, "{}"), "...")
		p := Param{Name: name, Type: "string"}
		if i := slices.IndexFunc(r.Place, func(p Param) bool { return p.Name == name }); i >= 0 {
			p = r.Place[i]
		}
		all = append(all, p)
	}
	return all
}

// openAPI answers the description of the public API, OpenAPI 3.1.
func (s *Server) openAPI(c *Context) error { return c.JSON(http.StatusOK, s.describe(c)) }

// describe writes the description in the language of the request.
func (s *Server) describe(c *Context) object {
	d := &description{Context: c, schemas: schemas{words: s.Words, lang: c.Lang, named: object{}}}
	paths, tags := object{}, []object{}
	for i := range s.Routes {
		r := &s.Routes[i]
		if !r.API {
			continue
		}
		path := strings.NewReplacer("...}", "}", "{$}", "").Replace(r.Path)
		at, ok := paths[path].(object)
		if !ok {
			at = object{}
			paths[path] = at
		}
		at[strings.ToLower(r.Method)] = d.operation(r)
		if tag := r.concept(); !slices.ContainsFunc(tags, func(o object) bool { return o["name"] == tag }) {
			tags = append(tags, object{"name": tag})
		}
	}
	fault := object{"description": c.Say("web.api_problem"), "content": object{
		"application/problem+json": object{"schema": d.schemas.of(reflect.TypeFor[Shape]())}}}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": c.Say("web.api_title"), "description": c.Say("web.api_help"), "version": "1",
			"license": object{"name": c.Say("web.api_licence"), "url": c.Public("/" + string(c.Lang) + "/about")}},
		"servers": []object{{"url": c.Public("")}},
		"tags":    tags,
		"paths":   paths,
		"components": object{"schemas": d.schemas.named, "responses": object{"Problem": fault},
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}},
	}
}

// description is an OpenAPI text in the making.
type description struct {
	*Context
	schemas schemas
}

func (d *description) operation(r *Route) object {
	o := object{"operationId": r.Name, "summary": d.Say(r.Name + ".summary"), "description": d.Say(r.Name + ".help"), "tags": []string{r.concept()}}
	parameters := []object{}
	for _, p := range r.places() {
		parameters = append(parameters, d.parameter(r, p, "path"))
	}
	for _, p := range r.Query {
		parameters = append(parameters, d.parameter(r, p, "query"))
	}
	language := object{"type": "string", "enum": locale.Langs}
	if !safe(r.Method) {
		parameters = append(parameters, d.keyParameter(r))
	}
	o["parameters"] = append(parameters, object{"name": "lang", "in": "query", "schema": language, "description": d.Say("web.param.lang")})
	if r.Upload {
		o["requestBody"] = object{"required": true, "content": object{"application/octet-stream": object{}}}
	} else if r.Body != nil {
		o["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.schemas.of(reflect.TypeOf(r.Body))}}}
	}
	o["responses"] = d.responses(r)
	if !anybody(r) {
		o["security"] = []object{{"token": []string{}}}
	}
	return o
}

func (d *description) responses(r *Route) object {
	content := object{}
	if r.Answer != nil {
		content["application/json"] = object{"schema": d.schemas.of(reflect.TypeOf(r.Answer))}
	}
	for _, m := range r.Media {
		if content[m] == nil {
			content[m] = object{}
		}
	}
	good := object{"description": d.Say(r.Name + ".summary")}
	if len(content) > 0 {
		good["content"] = content
	}
	status := "200"
	if r.Upload {
		status = "202"
	}
	fault := object{"$ref": "#/components/responses/Problem"}
	all := object{status: good, "default": fault, "422": fault}
	if !safe(r.Method) {
		all["409"] = fault
	}
	if len(r.places()) > 0 {
		all["404"] = fault
	}
	if !anybody(r) {
		all["401"], all["403"] = fault, fault
	}
	if d.server.FairUse.PerMinute > 0 {
		all["429"] = fault
	}
	return all
}

// keyParameter describes the header by which a command may be sent twice.
func (d *description) keyParameter(r *Route) object {
	help := "web.param.idempotency_key"
	if r.Secret {
		help = "web.param.idempotency_key_secret"
	}
	return object{"name": KeyHeader, "in": "header", "description": d.Say(help),
		"schema": object{"type": "string", "minLength": 1, "maxLength": maxKey, "pattern": "^[ -~]+$"}}
}

func anybody(r *Route) bool { return slices.Contains(r.May.By, permit.Visitor) }

func (d *description) parameter(r *Route, p Param, in string) object {
	schema := object{"type": p.Type}
	if len(p.Enum) > 0 {
		schema["enum"] = p.Enum
	}
	if p.Default != "" {
		schema["default"] = typed(p.Type, p.Default)
	}
	o := object{"name": p.Name, "in": in, "description": d.Say(r.concept() + ".param." + p.Name)}
	switch {
	case p.Open: // any further names, each with a text
		schema = object{"type": "object", "additionalProperties": schema}
		o["style"], o["explode"] = "form", true
	case p.Many:
		schema = object{"type": "array", "items": schema}
	}
	o["schema"] = schema
	if in == "path" || p.Needed {
		o["required"] = true
	}
	if p.Example != "" && !p.Open && !p.Many {
		o["example"] = typed(p.Type, p.Example)
	}
	return o
}

// typed writes a text as the JSON value of the given type.
func typed(kind, text string) any {
	if kind == "integer" || kind == "boolean" {
		return json.RawMessage(text)
	}
	return text
}
