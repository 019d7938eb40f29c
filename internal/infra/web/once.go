package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/idempotency"
)

// A command that is sent twice is carried out once (house.md B.8). Programs
// name it by a key in the header [KeyHeader], forms by a hidden input
// [KeyField] that is made with the form. What a command was answered is kept
// for a day, if it was carried out, for the same sign-in (or, by token, the
// same account) on the same route; nobody's key counts for nothing, since
// nobody is told from somebody else. See package idempotency for what becomes
// of a key when the process dies.
const (
	KeyHeader      = "Idempotency-Key"
	KeyField       = "idempotency"
	replayedHeader = "Idempotency-Replayed"
	maxKey         = 128
)

// keptHeaders are what of an answer's headers is kept. Cookies never are.
var keptHeaders = []string{"Content-Type", "Content-Disposition", "ETag", "Link", "Location", "Tus-Resumable", "Upload-Expires", "Upload-Length", "Upload-Offset"}

// NewKey returns a key for one form.
func NewKey() string {
	var raw [16]byte
	rand.Read(raw[:]) // never fails since Go 1.24
	return hex.EncodeToString(raw[:])
}

// carryOut has the route's handler answer, once for each key.
func (s *Server) carryOut(c *Context) error {
	if s.Kept == nil || safe(c.Request.Method) || c.Route.Plain || !c.Actor.Known() {
		return c.Route.Do(c)
	}
	key, err := c.key()
	if err != nil {
		return err
	}
	if key == "" {
		return c.Route.Do(c)
	}
	p, err := c.take(key)
	if err != nil {
		return err
	}
	claim, before, err := s.Kept.Begin(c.Request.Context(), c.Actor.Account, c.scope(key), s.patience)
	if r, running := errors.AsType[*idempotency.Running](err); running {
		busy := problem.New(problem.Conflict, "web.idempotency_running")
		busy.RetryAfter = r.Seconds
		return busy
	}
	if err != nil {
		return err
	}
	if before != nil {
		return c.replay(p, before)
	}
	return c.once(p, claim)
}

// key returns the key of the request; "" if it has none.
func (c *Context) key() (string, error) {
	given := c.Request.Header.Values(KeyHeader)
	if len(given) == 0 {
		typed := ""
		switch {
		case c.isUpload():
			typed = c.leading(KeyField)
		case c.isForm():
			typed = c.Typed(KeyField)
		}
		if typed == "" {
			return "", nil
		}
		given = []string{typed}
	}
	if key := given[0]; len(given) == 1 && 0 < len(key) && len(key) <= maxKey && !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return key, nil
	}
	return "", problem.New(problem.Malformed, "web.idempotency_bad_key", "most", maxKey)
}

// scope returns the name under which an answer is kept: no other sign-in,
// account or capacity, and no other route, comes to the same.
func (c *Context) scope(key string) string {
	p := newPrint()
	for _, part := range []string{c.Actor.Account, c.Actor.Session, c.Actor.Organisation, c.Actor.Behalf, c.Route.Name, key} {
		p.text(part)
	}
	return p.sum()
}

// once carries the command out under claim, to its end even if its reader
// leaves: he may ask again for the answer.
func (c *Context) once(p *imprint, claim *idempotency.Claim) error {
	reader := c.Request.Context()
	ctx, done := staying(reader)
	c.Request = c.Request.WithContext(ctx)
	after := context.WithoutCancel(ctx) // the claim is settled also at the end
	settled := false
	defer func() {
		done()
		c.Request = c.Request.WithContext(reader)
		if settled {
			return
		}
		if err := claim.Release(after); err != nil {
			c.server.Log.Error("release claim", "request", c.ID, "error", err.Error())
		}
	}()
	c.out.copy = &copied{}
	if err := c.Route.Do(c); err != nil {
		return err
	}
	if c.out.status >= http.StatusBadRequest || c.entered {
		return nil
	}
	settled = true
	if err := claim.Keep(after, c.answered(p)); err != nil { // the command itself was carried out
		c.server.Log.Error("keep answer", "request", c.ID, "error", err.Error())
	}
	return nil
}

// answered is the answer that was just given, as it is kept. The token that
// ties the forms of a page to the sign-in is not written down.
func (c *Context) answered(p *imprint) idempotency.Answer {
	a := idempotency.Answer{Fingerprint: p.sum(), Status: max(c.out.status, http.StatusOK), Headers: map[string]string{}}
	if p.streamed {
		a.Length = p.bytes
	}
	h := c.Writer.Header()
	for _, name := range keptHeaders {
		if value := strings.Join(h.Values(name), ", "); value != "" {
			a.Headers[name] = value
		}
	}
	body := c.out.copy.b
	if token := c.Token(); token != "" {
		body = bytes.ReplaceAll(body, []byte(token), []byte(tokenPlace))
	}
	a.Body = string(body)
	whole := !c.out.copy.over && utf8.ValidString(a.Body) && !strings.Contains(a.Body, "\x00")
	switch {
	case !whole && h.Get("Location") == "":
		return idempotency.Answer{Fingerprint: a.Fingerprint, Length: a.Length, Status: a.Status, Told: true}
	case !whole:
		a.Body = ""
	}
	a.Secret = c.Route.Secret && a.Body != ""
	return a
}

// tokenPlace stands in a kept page for the token of its forms: private
// characters, which no text of ours has.
const tokenPlace = "\uE000token\uE001"

// ShowOnce is asked before an answer with what is shown this once: a link, a
// token, codes. It fails if the route is not marked as Secret, so that such an
// answer is never kept.
func (c *Context) ShowOnce() error {
	if c.Route.Secret || c.Route.Plain || safe(c.Request.Method) {
		return nil
	}
	return fmt.Errorf("route %s shows a secret and is not marked so", c.Route.Name)
}

// replay answers with a, if this is the command that got it.
func (c *Context) replay(p *imprint, a *idempotency.Answer) error {
	other := problem.New(problem.Conflict, "web.idempotency_conflict")
	if p.streamed {
		p.most = a.Length
		if err := c.readThrough(p); p.over() {
			return other
		} else if err != nil {
			return err
		}
	}
	if p.sum() != a.Fingerprint {
		return other
	}
	if a.Told {
		return problem.New(problem.Conflict, "web.idempotency_done")
	}
	Note(c.Request.Context(), "replayed", true)
	h := c.Writer.Header()
	for name, value := range a.Headers {
		h.Set(name, value)
	}
	h.Set(replayedHeader, "true")
	if a.Body != "" {
		return c.Bytes(a.Status, a.Headers["Content-Type"], []byte(strings.ReplaceAll(a.Body, tokenPlace, c.Token())))
	}
	h.Set("Cache-Control", "no-store")
	c.Writer.WriteHeader(a.Status)
	return nil
}

// copied is the beginning of an answer, whole unless it is over the most that
// is kept.
type copied struct {
	b    []byte
	over bool
}

func (k *copied) Write(p []byte) (int, error) {
	if k.over = k.over || len(k.b)+len(p) > idempotency.MaxBody; k.over {
		k.b = nil
	} else {
		k.b = append(k.b, p...)
	}
	return len(p), nil
}

// serverKey finds the context of the server in that of a request.
type serverKey struct{}

// staying returns ctx without its end when the reader leaves; it ends with the
// server.
func staying(ctx context.Context) (context.Context, context.CancelFunc) {
	stay, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server, ok := ctx.Value(serverKey{}).(context.Context)
	if !ok {
		return stay, cancel
	}
	stop := context.AfterFunc(server, cancel)
	return stay, func() { stop(); cancel() }
}
