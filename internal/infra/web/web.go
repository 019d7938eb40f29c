// Package web is the HTTP edge: routes as data, languages, problems (RFC
// 9457), fair use, one log line per request, and the OpenAPI text that is
// generated from the routes.
package web

import (
	"mime/multipart"
	"net/http"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Route is one address of the platform. From the list of all routes come the
// router, the OpenAPI text, the permission matrix and tests.
type Route struct {
	Method string      // "GET" also answers HEAD
	Path   string      // net/http pattern without method, e.g. "/api/v1/datasets/{slug}/rows"
	Name   string      // e.g. "query.rows"; API routes have messages "<name>.summary" and "<name>.help"
	May    permit.Rule // who may call: permit.Public for anybody; a route without a rule is refused
	API    bool        // part of the public API: described in /openapi.json, answers problems as JSON
	Query  []Param     // query parameters of an API route; others are refused by name
	Place  []Param     // placeholders in Path; a slug need not be listed
	Body   any         // zero value of the JSON body's Go type; nil for none; see also Upload
	Upload bool        // the body is a file of any type
	Secret bool        // the answer may show what is shown once: it is not kept for a repetition, see [KeyHeader]
	Answer any         // zero value of the JSON answer's Go type; nil if Media says more
	Media  []string    // media types answered, if not only application/json
	// Check finds further faults of the same parameters. It is asked only when
	// the edge has found some, so that all are told at once; other errors of
	// it do not count.
	Check Handler
	// First lets an actor come here who must do something else first; see
	// permit.Actor.Must.
	First bool
	// Plain is a route whose form is sent before there is a sign-in to tie it
	// to, such as the sign-in itself. Its origin is checked all the same.
	Plain bool
	Do    Handler
}

// Param is a parameter of an API route. Its words are the message
// "param.<name>" of the route's concept: "<concept>.param.<name>".
type Param struct {
	Name    string
	Type    string   // "string", "integer", "boolean"
	Enum    []string // allowed values; empty for any
	Default string
	Many    bool // may be given more than once
	Open    bool // stands for any further parameter name (facets)
	Needed  bool // a request without it is refused
	Example string
}

// Handler answers one request. An error becomes a problem answer or, if it is
// a fault, a 500 with an id and nothing else.
type Handler func(c *Context) error

// Context is one request on its way to an answer.
type Context struct {
	Writer  http.ResponseWriter
	Request *http.Request
	Actor   permit.Actor
	Lang    locale.Lang // from the path /zh/… or /en/…, else ?lang, else Accept-Language, else zh
	ID      string      // W3C trace id of the request
	Route   *Route
	server  *Server
	out     *writer           // Writer, as long as the handler does not replace it
	wrong   problem.List      // what the readers of parameters found
	parts   *multipart.Reader // of a form with files, once it is begun; see [Context.Files]
	held    *multipart.Part   // its first part behind those of lead
	ended   error             // how its parts ended while lead was read
	lead    map[string]string // token and key, which come first in it; see [Context.leading]
	print   *imprint          // of a form with files that has a key; see [Context.take]
	entered bool              // the answer begins a sign-in
}
