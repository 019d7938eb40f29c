package version

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

// Files arrive in pieces by the protocol tus 1.0.0 (tus.io), with its
// extensions creation, expiration and termination, so that any client of it
// can send them. A finished upload becomes a version by "version.receive" with
// the parameter upload.

// tusVersion is the version of the protocol.
const tusVersion = "1.0.0"

func (s *Service) uploadRoutes(most int64) []web.Route {
	place := []web.Param{{Name: "id", Type: "string", Example: "upl_01JD8X"}}
	may := Table.Rule("version", "ingest")
	return []web.Route{
		{Method: "POST", Path: "/api/v1/datasets/{slug}/uploads", Name: "version.upload_begin", May: may, API: true, Answer: Sending{},
			Query: []web.Param{{Name: "name", Type: "string", Example: "2026年3月.xlsx"}, {Name: "bytes", Type: "integer", Example: "1048576"}},
			Check: tusFaults, Do: func(c *web.Context) error { return s.tusBegin(c, most) }},
		{Method: "GET", Path: "/api/v1/uploads/{id}", Name: "version.upload_state", May: may, API: true, Place: place, Answer: Sending{}, Do: s.tusState},
		{Method: "PATCH", Path: "/api/v1/uploads/{id}", Name: "version.upload_send", May: may, API: true, Place: place, Upload: true, Answer: Sending{}, Do: s.tusSend},
		{Method: "DELETE", Path: "/api/v1/uploads/{id}", Name: "version.upload_cancel", May: may, API: true, Place: place, Answer: struct{}{}, Do: s.tusCancel},
	}
}

func tusHead(c *web.Context, u Sending) {
	h := c.Writer.Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Upload-Offset", strconv.FormatInt(u.Arrived, 10))
	h.Set("Upload-Length", strconv.FormatInt(u.Bytes, 10))
	h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "no-store")
}

// tusBegin takes name and length from the query, or from the headers of tus.
func (s *Service) tusBegin(c *web.Context, most int64) error {
	if err := tusFaults(c); err != nil {
		return err
	}
	name, length := told(c)
	bytes, err := strconv.ParseInt(length, 10, 64)
	if err != nil {
		return err
	}
	u, err := s.Begin(c.Request.Context(), c.Actor, c.Param("slug"), name, bytes, most)
	if err != nil {
		return err
	}
	tusHead(c, u)
	c.Writer.Header().Set("Location", "/api/v1/uploads/"+u.ID)
	return c.JSON(http.StatusCreated, u)
}

// told is what a client says of a file.
func told(c *web.Context) (name, length string) {
	name = cmp.Or(c.Query("name"), metadata(c.Request.Header.Get("Upload-Metadata"))["filename"])
	return name, cmp.Or(c.Query("bytes"), c.Request.Header.Get("Upload-Length"))
}

// tusFaults tells what is wrong with that.
func tusFaults(c *web.Context) error {
	name, length := told(c)
	var p problem.List
	p.Require("?name", name)
	if n, err := strconv.ParseInt(length, 10, 64); err != nil || n < 0 {
		p.Add("?bytes", "web.not_an_integer", "value", length)
	}
	return p.Err()
}

// metadata reads pairs of name and base64 text, with commas between.
func metadata(header string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(header, ",") {
		name, coded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if text, err := base64.StdEncoding.DecodeString(coded); err == nil {
			all[name] = filepath.Base(string(text))
		}
	}
	return all
}

func (s *Service) tusState(c *web.Context) error {
	u, err := s.Sending(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	tusHead(c, u)
	return c.JSON(http.StatusOK, u)
}

func (s *Service) tusSend(c *web.Context) error {
	offset, err := strconv.ParseInt(c.Request.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return problem.New(problem.Malformed, "version.no_offset")
	}
	arrived, err := s.Arrive(c.Request.Context(), c.Actor, c.Param("id"), offset, c.Request.Body)
	if err != nil {
		c.Writer.Header().Set("Upload-Offset", strconv.FormatInt(arrived, 10))
		return err
	}
	u, err := s.Sending(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	tusHead(c, u)
	c.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) tusCancel(c *web.Context) error {
	if err := s.Cancel(c.Request.Context(), c.Actor, c.Param("id")); err != nil {
		return err
	}
	c.Writer.Header().Set("Tus-Resumable", tusVersion)
	c.Writer.WriteHeader(http.StatusNoContent)
	return nil
}
