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

// A form with files is read as it arrives: its first part is the token of the
// sign-in, then come its fields, and its files last, each handed on as a
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

// tokenPart reads the first part, which must be the token; "" if it is not.
func (c *Context) tokenPart() string {
	if c.parts == nil && c.openParts() != nil {
		return ""
	}
	part, err := c.parts.NextPart()
	if err != nil {
		return ""
	}
	if part.FormName() != TokenField {
		c.held = part
		return ""
	}
	text, err := io.ReadAll(io.LimitReader(part, maxToken))
	if err != nil {
		return ""
	}
	return string(text)
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
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, min(left, maxField)+1))
			if err != nil {
				return cutOr(err)
			}
			if left -= int64(len(text)); left < 0 || len(text) > maxField {
				return problem.New(problem.TooLarge, "web.body_too_large", "kilobytes", maxField>>10)
			}
			if name := part.FormName(); name != TokenField && !strings.Contains(part.Header.Get("Content-Disposition"), "filename=") {
				c.Request.PostForm.Add(name, string(text))
			}
			continue
		}
		if err := take(part.FormName(), part.FileName(), part); err != nil {
			return err
		}
	}
}

func (c *Context) nextPart() (*multipart.Part, error) {
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
