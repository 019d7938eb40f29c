package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"kaishu/internal/base/problem"
)

// A form with files is read as it arrives: first come the token of the sign-in
// and the key of the form, then its fields, and its files last, each handed on as a
// stream. Nothing of it lies in memory but the fields.

const (
	multipartForm = "multipart/form-data"
	maxToken      = 256
	maxField      = 64 << 10 // bytes of one field
	maxFields     = 1 << 20  // bytes of all fields
)

// isUpload reports whether the body is a form with files.
func (c *Context) isUpload() bool {
	media, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	return err == nil && media == multipartForm
}

// leading returns the part called name, [TokenField] or [KeyField], that
// stands before all others; "" if there is none.
func (c *Context) leading(name string) string {
	if c.lead == nil {
		c.lead = map[string]string{}
		c.readLeading()
	}
	return c.lead[name]
}

func (c *Context) readLeading() {
	if c.parts == nil && c.openParts() != nil {
		return
	}
	for {
		if c.held, c.ended = c.parts.NextPart(); c.ended != nil {
			return
		}
		name := c.held.FormName()
		if _, given := c.lead[name]; given || name != TokenField && name != KeyField {
			return
		}
		text, err := io.ReadAll(io.LimitReader(c.held, maxToken))
		if err != nil {
			c.ended = err
			return
		}
		c.lead[name], c.held = string(text), nil
	}
}

func (c *Context) openParts() error {
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return problem.New(problem.Malformed, "web.body_cut")
	}
	c.parts = parts
	return nil
}

// Files reads a form with files. Fields before a file are kept for
// [Context.Form] and [Context.Typed]; each file that was chosen is handed to
// take, which reads it whole or fails. Fields behind the last file count too.
func (c *Context) Files(take func(field, name string, file io.Reader) error) error {
	if !c.isUpload() {
		return problem.New(problem.Unsupported, "web.not_a_form")
	}
	if c.parts == nil {
		if err := c.openParts(); err != nil {
			return err
		}
	}
	c.Request.PostForm = url.Values{}
	left := int64(maxFields)
	for {
		part, err := c.nextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return cutOr(err)
		}
		content := c.sealed(part)
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(content, min(left, maxField)+1))
			if err != nil {
				return cutOr(err)
			}
			if left -= int64(len(text)); left < 0 || len(text) > maxField {
				return problem.New(problem.TooLarge, "web.body_too_large", "kilobytes", maxField>>10)
			}
			if name := part.FormName(); name != TokenField && name != KeyField && !strings.Contains(part.Header.Get("Content-Disposition"), "filename=") {
				c.Request.PostForm.Add(name, string(text))
			}
			continue
		}
		if err := take(part.FormName(), part.FileName(), content); err != nil {
			return err
		}
	}
}

// sealed is the content of part, which counts for the imprint of the command
// as it is read.
func (c *Context) sealed(part *multipart.Part) io.Reader {
	name := part.FormName()
	if c.print == nil || name == TokenField || name == KeyField {
		return part
	}
	c.print.number(c.print.bytes) // where the part before ended
	c.print.text(name)
	c.print.text(part.FileName())
	return io.TeeReader(part, c.print)
}

func (c *Context) nextPart() (*multipart.Part, error) {
	if c.ended != nil {
		return nil, c.ended
	}
	if p := c.held; p != nil {
		c.held = nil
		return p, nil
	}
	return c.parts.NextPart()
}

// TooLong reports whether err says that a body was longer than allowed.
func TooLong(err error) bool {
	_, long := errors.AsType[*http.MaxBytesError](err)
	return long
}

// cutOr tells a body that was cut off or is too long as such.
func cutOr(err error) error {
	if TooLong(err) {
		return err
	}
	return problem.New(problem.Malformed, "web.body_cut")
}
