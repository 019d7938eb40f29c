package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
)

// Messages is every word of this package, and of the codes of base.
//
//go:embed messages.*.json
var Messages embed.FS

var statuses = map[problem.Kind]int{
	problem.Invalid: 422, problem.Malformed: 400, problem.Unsigned: 401, problem.Forbidden: 403, problem.NotFound: 404,
	problem.Method: 405, problem.Conflict: 409, problem.Gone: 410, problem.TooLarge: 413, problem.Unsupported: 415,
	problem.TooMany: 429, problem.Exhausted: 503, problem.Stopped: 451,
}

// Shape is a problem as the API answers it, RFC 9457.
type Shape struct {
	Type     string      `json:"type" doc:"web.problem.type"` // a page that explains the code
	Title    string      `json:"title" doc:"web.problem.title"`
	Status   int         `json:"status" doc:"web.problem.status"`
	Detail   string      `json:"detail" doc:"web.problem.detail"`
	Instance string      `json:"instance" doc:"web.problem.instance"` // urn:request:<trace id>
	Code     string      `json:"code" doc:"web.problem.code"`
	Errors   []FieldFail `json:"errors,omitempty" doc:"web.problem.errors"`
	Links    []Way       `json:"links,omitempty" doc:"web.problem.links"`
}

// FieldFail is one thing wrong with one input.
type FieldFail struct {
	Pointer string `json:"pointer" doc:"web.problem.pointer"` // "#/purpose" in a body, "?limit" in a query
	Code    string `json:"code" doc:"web.problem.code"`
	Detail  string `json:"detail" doc:"web.problem.detail"`
}

// Way is an address that helps.
type Way struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// readerLeft is the status, and codeLeft the code, in the log for a request
// whose reader has gone; nobody sees the answer.
const (
	readerLeft = 499
	codeLeft   = "reader_left"
)

// answer answers err and returns the code that the log line shows.
func (c *Context) answer(err error) string {
	if c.Request.Context().Err() != nil {
		c.Writer.WriteHeader(readerLeft)
		return codeLeft
	}
	p := problem.As(err)
	status := http.StatusInternalServerError
	if p != nil && statuses[p.Kind] != 0 {
		status = statuses[p.Kind]
	} else {
		c.server.Log.Error("fault", "request", c.ID, "route", c.Route.Name, "error", err.Error())
		p = c.internal()
	}
	c.tell(status, p)
	return p.Code
}

// internal is what is told of a fault: that it was one, and its id.
func (c *Context) internal() *problem.Error {
	return &problem.Error{Code: "internal", Args: map[string]any{"id": c.ID}}
}

// tell answers p, as a page to a person and as JSON to a program. A person who
// must sign in, or do something else first, is led there.
func (c *Context) tell(status int, p *problem.Error) {
	h := c.Writer.Header()
	if to := c.elsewhere(p); to != "" {
		h.Set("Cache-Control", "no-store")
		c.Redirect(http.StatusSeeOther, to)
		return
	}
	for _, name := range []string{"Content-Disposition", "Content-Encoding", "Content-Length", "ETag", "Last-Modified", "Repr-Digest"} {
		h.Del(name) // a handler may have begun to describe another answer
	}
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Kind == problem.Unsigned {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if !c.wantsPage() {
		h.Add("Vary", "Accept, Accept-Language")
		h.Set("Content-Type", "application/problem+json; charset=utf-8")
		body, err := marshal(c.Shape(status, p))
		if err != nil {
			panic(err) // texts and numbers only
		}
		c.whole(status, body)
		return
	}
	if err := c.render(status, p); err != nil && !c.out.begun() {
		c.server.Log.Error("render problem", "request", c.ID, "problem", p.Code, "error", err.Error())
		c.plainPage(status, p)
	}
}

// render asks the site for its page; one that panics has failed.
func (c *Context) render(status int, p *problem.Error) (err error) {
	if c.server.Render == nil {
		c.plainPage(status, p)
		return nil
	}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return c.server.Render(c, status, p)
}

// wantsPage reports whether a person, rather than a program, is to read it.
// At an API address only a browser that was sent there says so first.
func (c *Context) wantsPage() bool {
	accept := c.Request.Header.Get("Accept")
	if c.Route.API {
		return c.Request.Method == http.MethodGet && strings.HasPrefix(accept, "text/html")
	}
	return strings.Contains(accept, "text/html")
}

// Shape puts p into the words of the request's language.
func (c *Context) Shape(status int, p *problem.Error) Shape {
	words := c.server.Words
	kind := string(p.Kind)
	if kind == "" {
		kind = "internal"
	}
	s := Shape{Type: "/problems/" + p.Code, Title: words.Say(c.Lang, "web.title."+kind, nil), Status: status, Code: p.Code,
		Detail: words.Say(c.Lang, p.Code, p.Args), Instance: "urn:request:" + c.ID}
	for _, f := range p.Fields {
		pointer := f.Pointer
		if pointer == "" || strings.HasPrefix(pointer, "/") {
			pointer = "#" + pointer
		}
		s.Errors = append(s.Errors, FieldFail{Pointer: pointer, Code: f.Code, Detail: words.Say(c.Lang, f.Code, f.Args)})
	}
	for _, l := range p.Links {
		s.Links = append(s.Links, Way(l))
	}
	return s
}

var plainTemplate = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Shape.Title}}</title></head>
<body><main><h1>{{.Shape.Title}}</h1><p>{{.Shape.Detail}}</p>
{{with .Shape.Errors}}<ul>{{range .}}<li><code>{{.Pointer}}</code> {{.Detail}}</li>{{end}}</ul>
{{end}}{{range .Shape.Links}}<p><a rel="{{.Rel}}" href="{{.Href}}">{{.Href}}</a></p>
{{end}}<p><small>{{.Shape.Instance}}</small></p></main></body></html>
`))

func (c *Context) plainPage(status int, p *problem.Error) {
	var b bytes.Buffer
	page := struct {
		Lang  string
		Shape Shape
	}{c.Lang.Tag(), c.Shape(status, p)}
	if err := plainTemplate.Execute(&b, page); err != nil {
		panic(err) // to memory, from texts
	}
	c.Writer.Header().Add("Vary", "Accept, Accept-Language")
	c.Writer.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.whole(status, b.Bytes())
}

// problemPage explains a code in both languages, that of the request first,
// without the values that a case fills in.
func (s *Server) problemPage(c *Context) error {
	code := c.Param("code")
	if !s.Words.Has(code) {
		return problem.New(problem.NotFound, "web.nothing_here")
	}
	text := code + "\n"
	for _, l := range []locale.Lang{c.Lang, c.Lang.Other()} {
		text += "\n" + s.Words.Say(l, code, nil) + "\n"
	}
	return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}
