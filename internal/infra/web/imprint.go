package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"maps"
	"net/http"

	"kaishu/internal/base/problem"
)

// imprint tells one command from another: the SHA-256 of method, path, query,
// If-Match and body. The token of a form, its key and the boundaries of its
// parts, which a browser invents anew, are left out. A body that may be large
// is a stream: it counts as it is read, and the imprint is known afterwards.
type imprint struct {
	hash     hash.Hash
	streamed bool
	bytes    int64 // of a stream, so far
	most     int64 // bytes of the stream that it is compared with; -1 for no bound
}

var errOtherBody = errors.New("the body is longer than that of the first command")

func newPrint() *imprint { return &imprint{hash: sha256.New(), most: -1} }

// text adds a text, with its length, so that two texts are not taken for one.
func (p *imprint) text(s string) {
	p.number(int64(len(s)))
	io.WriteString(p.hash, s) // a hash does not fail
}

func (p *imprint) number(n int64) { p.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// Write adds a piece of the stream.
func (p *imprint) Write(piece []byte) (int, error) {
	p.bytes += int64(len(piece))
	p.hash.Write(piece)
	if p.over() {
		return 0, errOtherBody
	}
	return len(piece), nil
}

// over reports that the stream is longer than what it is compared with.
func (p *imprint) over() bool { return p.most >= 0 && p.bytes > p.most }

func (p *imprint) sum() string { return hex.EncodeToString(p.hash.Sum(nil)) }

// take takes the imprint of the request, before anybody reads its body. The key
// and the secret of the sign-in go into it, which are not written down anywhere:
// a form may hold a password, and nobody shall find it from the imprint.
func (c *Context) take(key string) (*imprint, error) {
	p, q := newPrint(), c.Request
	if c.Actor.Session != "" {
		p.text(c.sessionSecret())
	}
	for _, part := range []string{key, q.Method, q.URL.EscapedPath(), q.URL.RawQuery, q.Header.Get("If-Match")} {
		p.text(part)
	}
	switch {
	case c.isUpload():
		p.streamed, c.print = true, p
	case c.Route.Upload:
		p.streamed = true
		c.Request.Body = &counted{io.TeeReader(q.Body, p), q.Body}
	case c.isForm():
		if err := c.parseForm(); err != nil {
			return nil, err
		}
		fields := maps.Clone(c.Request.PostForm)
		delete(fields, TokenField)
		delete(fields, KeyField)
		p.text(fields.Encode())
	default:
		body, err := io.ReadAll(http.MaxBytesReader(c.Writer, q.Body, maxBody))
		if TooLong(err) {
			return nil, problem.New(problem.TooLarge, "web.body_too_large", "kilobytes", maxBody>>10)
		}
		if err != nil {
			return nil, problem.New(problem.Malformed, "web.body_cut")
		}
		p.text(string(body))
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
	}
	return p, nil
}

// counted is a body whose reading is seen.
type counted struct {
	io.Reader
	io.Closer
}

// readThrough reads a stream for its imprint alone, no further than it may be
// that of the first command.
func (c *Context) readThrough(p *imprint) error {
	if c.Route.Upload && !c.isUpload() {
		_, err := io.Copy(io.Discard, c.Request.Body)
		return err
	}
	return c.Files(func(_, _ string, file io.Reader) error {
		_, err := io.Copy(io.Discard, file)
		return err
	})
}
