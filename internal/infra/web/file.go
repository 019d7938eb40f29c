package web

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// Freshness says how long an answer may be kept by others.
type Freshness string

// The freshnesses. Even what never changes is asked for again after a minute,
// since opening may be suspended (house.md B.6: foreign caches hold ≤ 60 s).
const (
	Immutable Freshness = "public, max-age=60, stale-if-error=0"
	Latest    Freshness = "public, max-age=0, must-revalidate"
	Personal  Freshness = "private, no-store"
)

// Showing says what a browser does with a file.
type Showing string

// The showings. The zero value saves.
const (
	Attachment Showing = ""       // saved under its name
	Inline     Showing = "inline" // shown in the window
)

// File is a whole file to hand out.
type File struct {
	Name      string // under which it is saved; Chinese is fine
	MediaType string
	SHA256    string // hexadecimal; it is also the ETag
	Modified  time.Time
	Fresh     Freshness
	Showing   Showing
	Content   io.ReadSeeker // an *os.File goes out by sendfile
}

// File answers f, or the ranges of it that were asked for. Range, If-Range,
// If-None-Match and HEAD work as RFC 9110 says; the digest is that of RFC 9530
// and always that of the whole file.
func (c *Context) File(f File) error {
	h := c.Writer.Header()
	h.Set("Content-Type", f.MediaType)
	h.Set("Content-Disposition", disposition(f.Showing, f.Name))
	h.Set("ETag", `"`+f.SHA256+`"`)
	h.Set("Cache-Control", string(f.Fresh))
	if sum, err := hex.DecodeString(f.SHA256); err == nil {
		h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	}
	http.ServeContent(c.Writer, c.Request, "", f.Modified, f.Content)
	return nil
}

// Disposition returns a Content-Disposition that saves under name, with an
// ASCII name beside it for old clients (RFC 6266).
func Disposition(name string) string { return disposition(Attachment, name) }

func disposition(s Showing, name string) string {
	kind := "attachment"
	if s == Inline {
		kind = "inline"
	}
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	if ascii == name {
		return mime.FormatMediaType(kind, map[string]string{"filename": name})
	}
	return kind + `; filename="` + ascii + `"; filename*=UTF-8''` + extended(name)
}

// extended escapes all that RFC 8187 does not let stand in a value.
func extended(name string) string {
	var b strings.Builder
	for _, octet := range []byte(strings.ToValidUTF8(name, "_")) {
		if 'a' <= octet && octet <= 'z' || 'A' <= octet && octet <= 'Z' || '0' <= octet && octet <= '9' ||
			strings.IndexByte("!#$&+-.^_`|~", octet) >= 0 {
			b.WriteByte(octet)
		} else {
			fmt.Fprintf(&b, "%%%02X", octet)
		}
	}
	return b.String()
}

// Stream answers what write writes. Until its first byte an error is a
// problem like any other; after it the connection is cut, so that nobody
// takes a part for the whole. The request's context ends with the reader.
func (c *Context) Stream(media, name string, write func(w io.Writer) error) error {
	h := c.Writer.Header()
	begin := func() {
		h.Set("Content-Type", media)
		h.Set("Content-Disposition", Disposition(name))
		h.Set("Cache-Control", "no-cache")
	}
	if c.Request.Method == http.MethodHead {
		begin()
		c.Writer.WriteHeader(http.StatusOK)
		return nil
	}
	out := &late{begin: begin, w: c.Writer}
	if err := write(out); err != nil {
		if !out.begun {
			return err
		}
		c.cutOff(err)
	}
	if !out.begun {
		begin()
		c.Writer.WriteHeader(http.StatusOK)
	}
	return nil
}

// cutOff ends an answer that has begun and cannot be finished. HTTP/1.1 and 2
// mark the end of an answer, so that closing is enough; HTTP/1.0, which some
// proxies speak, ends it by closing, so that only a reset tells.
func (c *Context) cutOff(err error) {
	if c.Request.Context().Err() == nil {
		c.server.Log.Error("answer cut", "request", c.ID, "route", c.Route.Name, "error", err.Error())
	}
	Note(c.Request.Context(), "cut", true)
	if !c.Request.ProtoAtLeast(1, 1) {
		if conn, _, err := http.NewResponseController(c.Writer).Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				tcp.SetLinger(0)
			}
			conn.Close()
		}
	}
	panic(http.ErrAbortHandler)
}

// late begins an answer with its first byte.
type late struct {
	begin func()
	w     io.Writer
	begun bool
}

func (l *late) Write(p []byte) (int, error) {
	if !l.begun && len(p) > 0 {
		l.begun = true
		l.begin()
	}
	if !l.begun {
		return 0, nil
	}
	return l.w.Write(p)
}
