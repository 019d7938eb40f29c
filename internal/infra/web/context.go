package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// Param returns what stands in the path's {name}.
func (c *Context) Param(name string) string { return c.Request.PathValue(name) }

// Query returns the query parameter name; "" if it is not given.
func (c *Context) Query(name string) string { return c.Request.URL.Query().Get(name) }

// Int returns the query parameter name as an integer from least to most, or
// usual if it is not given. What is no such number is remembered for
// [Context.Wrong], and usual is returned.
func (c *Context) Int(name string, usual, least, most int) int {
	text := c.Query(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		c.wrong.Add("?"+name, "web.not_an_integer", "value", text)
	case n < least || n > most:
		c.wrong.Add("?"+name, "web.out_of_range", "value", text, "least", least, "most", most)
	default:
		return n
	}
	return usual
}

// Wrong returns, as one problem, every fault that [Context.Int] met; nil if
// there is none.
func (c *Context) Wrong() error { return c.wrong.Err() }

// Say returns the words of key in the request's language. args are pairs of
// name and value.
func (c *Context) Say(key string, args ...any) string {
	named := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		named[args[i].(string)] = args[i+1]
	}
	return c.SayWith(key, named)
}

// SayWith is [Context.Say] with the values by name.
func (c *Context) SayWith(key string, args map[string]any) string {
	return c.server.Words.Say(c.Lang, key, args)
}

// URL returns the address of the route called name, with args in the places
// of its {placeholders}, in order. {lang} is filled in by itself. It panics if
// there is no such route, since that is a fault of the program.
func (c *Context) URL(name string, args ...any) string {
	r := c.server.routes[name]
	if r == nil {
		panic("web: no route is called " + name)
	}
	parts := strings.Split(r.Path, "/")
	for i, part := range parts {
		switch {
		case part == "{lang}":
			parts[i] = string(c.Lang)
		case part == "{$}":
			parts[i] = ""
		case strings.HasSuffix(part, "...}"): // the rest of the path keeps its slashes
			parts[i], args = (&url.URL{Path: fmt.Sprint(args[0])}).EscapedPath(), args[1:]
		case strings.HasPrefix(part, "{"):
			parts[i], args = url.PathEscape(fmt.Sprint(args[0])), args[1:]
		}
	}
	return strings.Join(parts, "/")
}

// Public returns the address of path for the outside: scheme, host, path.
func (c *Context) Public(path string) string {
	if c.server.PublicURL != "" {
		return strings.TrimSuffix(c.server.PublicURL, "/") + path
	}
	scheme := "http"
	if c.Request.TLS != nil || c.server.forwardedTLS(c.Request) {
		scheme = "https"
	}
	return scheme + "://" + c.Request.Host + path
}

// Link adds a Link header.
func (c *Context) Link(rel, href string) {
	c.Writer.Header().Add("Link", "<"+href+`>; rel="`+rel+`"`)
}

// JSON answers v. Chinese is written as it is.
func (c *Context) JSON(status int, v any) error {
	body, err := marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return c.Bytes(status, "application/json; charset=utf-8", body)
}

// marshal encodes v as JSON with a newline at the end.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// HTML answers a page.
func (c *Context) HTML(status int, page []byte) error {
	return c.Bytes(status, "text/html; charset=utf-8", page)
}

// compressFrom is the size in bytes from which an answer is compressed.
const compressFrom = 1 << 10

// Bytes answers a whole body, compressed if the reader accepts it.
func (c *Context) Bytes(status int, media string, body []byte) error {
	h := c.Writer.Header()
	h.Set("Content-Type", media)
	h.Add("Vary", "Accept-Encoding, Accept-Language")
	if c.Actor.Known() { // what one person sees is nobody else's
		h.Set("Cache-Control", "private, no-store")
	} else if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if len(body) >= compressFrom && c.out.copy == nil && acceptsGzip(c.Request) { // what is kept is kept plain
		body = compress(body)
		h.Set("Content-Encoding", "gzip")
	}
	return c.whole(status, body)
}

// whole answers body as it is, or its headers alone if the request is a HEAD.
// A reader who has left is nobody's problem.
func (c *Context) whole(status int, body []byte) error {
	c.Writer.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.Writer.WriteHeader(status)
	if c.Request.Method != http.MethodHead {
		c.Writer.Write(body) // fails only if the reader has left
	}
	return nil
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3): gzip is named, and not
// with the weight 0.
func acceptsGzip(q *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(q.Header.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		value, weighed := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		f, err := strconv.ParseFloat(value, 64)
		return !weighed || err == nil && f > 0
	}
	return false
}

var gzips = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func compress(body []byte) []byte {
	w := gzips.Get().(*gzip.Writer)
	defer gzips.Put(w)
	return compressWith(w, body)
}

func compressWith(w *gzip.Writer, body []byte) []byte {
	var b bytes.Buffer
	w.Reset(&b)
	w.Write(body) // to memory: cannot fail
	w.Close()
	return b.Bytes()
}

// Redirect sends the reader to another address.
func (c *Context) Redirect(status int, to string) error {
	http.Redirect(c.Writer, c.Request, to, status)
	return nil
}
