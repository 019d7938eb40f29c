// Package problem is the one error shape that a user ever sees.
//
// A *[Error] holds codes, never sentences: the edge turns codes into Chinese
// or English, and into RFC 9457 JSON or a form with marked fields. Any other
// error is a fault: it is logged whole and shown as "internal" with an id.
package problem

import (
	"errors"
	"strings"
)

// Kind decides the HTTP status and nothing else.
type Kind string

// The kinds of problem, with the HTTP status that the edge gives them.
const (
	Invalid     Kind = "invalid"     // 422: the fields say why
	Malformed   Kind = "malformed"   // 400: not even readable as a request
	Unsigned    Kind = "unsigned"    // 401: say who you are first
	Forbidden   Kind = "forbidden"   // 403
	NotFound    Kind = "not_found"   // 404; also what an outsider gets for a case that exists
	Method      Kind = "method"      // 405
	Conflict    Kind = "conflict"    // 409: someone else moved the case first, or the stage is past
	Gone        Kind = "gone"        // 410: withdrawn or recalled; a tombstone says why
	TooLarge    Kind = "too_large"   // 413: the limit is in the arguments
	Unsupported Kind = "unsupported" // 415: a format that is not read or not offered
	TooMany     Kind = "too_many"    // 429: fair use; RetryAfter says how long
	Exhausted   Kind = "exhausted"   // 503: the query met its limit of time or memory
	Stopped     Kind = "stopped"     // 451: opening is suspended (Article 31)
)

// Error is a problem that the user can act on.
type Error struct {
	Kind   Kind
	Code   string         // message key, e.g. "version.not_staged"
	Args   map[string]any // values for the message's {placeholders}
	Fields []Field        // every field at fault, in form order
	Links  []Link         // where the user may go instead, e.g. the bulk file
	// RetryAfter is in whole seconds; 0 if waiting will not help.
	RetryAfter int
}

// Field is one thing wrong with one input.
type Field struct {
	Pointer string         // RFC 6901, e.g. "/materials/security_plan"; "?limit" for a query parameter
	Code    string         // message key
	Args    map[string]any // values for the message's {placeholders}
}

// Link is an address that helps, e.g. {Rel: "bulk", Href: "/datasets/x/…"}.
type Link struct{ Rel, Href string }

// Error is for logs and tests; users see the message of Code.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Kind) + ": " + e.Code)
	for _, f := range e.Fields {
		b.WriteString("; " + f.Pointer + " " + f.Code)
	}
	return b.String()
}

// New returns a problem without fields. args are pairs of name and value.
func New(k Kind, code string, args ...any) *Error {
	return &Error{Kind: k, Code: code, Args: pairs(args)}
}

// Is reports whether err is a problem of kind k.
func Is(err error, k Kind) bool {
	p, ok := errors.AsType[*Error](err)
	return ok && p.Kind == k
}

// As returns the problem in err, or nil if err is a fault.
func As(err error) *Error {
	p, _ := errors.AsType[*Error](err)
	return p
}

// List collects field problems so that they are all told at once, as
// Article 19 asks (一次性告知). The zero List is ready to use.
type List struct{ fields []Field }

// Add records that the input at pointer is wrong. args are pairs of name and
// value.
func (l *List) Add(pointer, code string, args ...any) {
	l.fields = append(l.fields, Field{Pointer: pointer, Code: code, Args: pairs(args)})
}

// Keep adds a fault that was found elsewhere.
func (l *List) Keep(f Field) { l.fields = append(l.fields, f) }

// Require adds "required" at pointer when value is blank.
func (l *List) Require(pointer, value string) {
	if strings.TrimSpace(value) == "" {
		l.Add(pointer, "required")
	}
}

// Merge adds the fields of err, if it is a problem with fields, and returns
// whatever cannot be merged: nil, a problem without fields, or a fault.
func (l *List) Merge(err error) error {
	if p := As(err); p != nil && len(p.Fields) > 0 {
		l.fields = append(l.fields, p.Fields...)
		return nil
	}
	return err
}

// Err returns nil if nothing was added.
func (l *List) Err() error {
	if len(l.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid_input", Fields: l.fields}
}

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}
