package rightsclaim

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
)

// Media are the types of evidence.
var Media = []string{material.PDF, material.PNG, material.JPEG, material.DOCX, material.XLSX, material.PPTX}

// CodeHeader is the header in which a program sends the code of a complainant
// without an account, where the body is a file: no secret stands in an address.
const CodeHeader = "Complaint-Code"

// Filing is a complaint with a first piece of evidence; larger ones, up to
// [material.MaxBytes], can be added to it.
type Filing struct {
	Form
	Name string `json:"name"` // of the file
	File string `json:"file"` // the file, base64; at most some 700 kB, as a body may be long
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	const all, one = "/api/v1/complaints", "/api/v1/complaints/{id}"
	id := []web.Param{{Name: "id", Type: "string", Example: "rcl_01JD8X"}}
	file := append(id[:1:1], web.Param{Name: "file", Type: "string", Example: "mat_01JD8X"})
	slug := []web.Param{{Name: "slug", Type: "string", Example: "airports"}}
	part := []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	rule := func(verb string) permit.Rule { return Table.Rule("rightsclaim", verb) }
	return []web.Route{
		{Method: "GET", Path: "/api/v1/suspensions", Name: "rightsclaim.suspensions", May: MayRead, API: true, Query: append(part[:2:2], web.Param{Name: "dataset", Type: "string"}), Answer: Suspensions{},
			Do: paged(func(c *web.Context, after string, limit int) (any, error) {
				return s.Suspensions(c.Request.Context(), c.Actor, c.Query("dataset"), after, limit)
			})},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/complaints", Name: "rightsclaim.file", May: rule("file"), API: true, Plain: true, Place: slug, Body: Filing{}, Answer: Receipt{}, Do: s.apiFile},
		{Method: "POST", Path: all + "/follow", Name: "rightsclaim.follow", May: MayRead, API: true, Plain: true, Body: Key{}, Answer: View{}, Do: s.apiMine(s.Follow)},
		{Method: "POST", Path: all + "/forget", Name: "rightsclaim.forget", May: MayRead, API: true, Plain: true, Body: Key{}, Answer: View{}, Do: s.apiMine(s.Forget)},
		{Method: "POST", Path: all + "/evidence", Name: "rightsclaim.attach", May: rule("attach"), API: true, Plain: true, Upload: true,
			Query: []web.Param{{Name: "number", Type: "string", Needed: true, Example: "QY-2026-000001"}, {Name: "name", Type: "string", Example: "photo.png"}}, Answer: View{}, Do: s.apiAttach},
		{Method: "GET", Path: all + "/mine", Name: "rightsclaim.mine", May: MayOwn, API: true, Query: part, Answer: Page{}, Do: listed(s.Mine)},
		{Method: "GET", Path: all + "/queue", Name: "rightsclaim.queue", May: MayWatch, API: true, Query: part, Answer: Page{}, Do: listed(s.Queue)},
		{Method: "GET", Path: all + "/ours", Name: "rightsclaim.ours", May: MayWork, API: true, Query: part, Answer: Page{}, Do: listed(s.Ours)},
		{Method: "GET", Path: "/api/v1/deletions", Name: "rightsclaim.deletions", May: MayOwn, API: true, Query: part, Answer: Instructions{},
			Do: paged(func(c *web.Context, after string, limit int) (any, error) {
				return s.Instructions(c.Request.Context(), c.Actor, after, limit)
			})},
		{Method: "GET", Path: one, Name: "rightsclaim.get", May: MayRead, API: true, Place: id, Answer: View{}, Do: s.apiGet},
		{Method: "GET", Path: one + "/evidence/{file}", Name: "rightsclaim.evidence", May: MayRead, API: true, Place: file, Media: Media, Do: s.apiEvidence},
		{Method: "POST", Path: one + "/acknowledge", Name: "rightsclaim.acknowledge", May: MayOwn, API: true, Place: id, Body: Acknowledge{}, Answer: Instruction{}, Do: s.apiAcknowledge},
		act[Ask](s, id), act[Suspend](s, id), act[Verify](s, id), act[Refuse](s, id), act[Extend](s, id),
		act[Withdraw](s, id), act[Resume](s, id), act[Process](s, id), act[Reopen](s, id),
	}
}

// act is the address of one step.
func act[C Command](s *Service, id []web.Param) web.Route {
	var zero C
	verb := zero.Verb()
	r := web.Route{Method: "POST", Path: "/api/v1/complaints/{id}/" + verb, Name: "rightsclaim." + verb, May: Table.Rule("rightsclaim", verb), API: true, Place: id, Body: zero, Answer: View{}}
	if _, none := any(zero).(Reopen); none {
		r.Body = nil
	}
	r.Do = func(c *web.Context) error {
		var command C
		if c.Route.Body != nil {
			if err := c.Body(&command); err != nil {
				return err
			}
		}
		seen, _, err := c.Seen()
		if err != nil {
			return err
		}
		v, err := s.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, command)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, v)
	}
	return r
}

func (s *Service) apiFile(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	if _, err := s.Entries.Get(ctx, c.Actor, slug); err != nil {
		return err // before any fault of the body: a draft is nobody's
	}
	var in Filing
	if err := c.Body(&in); err != nil {
		return err
	}
	var f *material.Scratch
	if in.File != "" {
		var err error
		if f, err = s.Materials.Receive(ctx, permit.Actor{}, in.Name, base64.NewDecoder(base64.StdEncoding, strings.NewReader(in.File))); err != nil {
			return s.withFile(c, slug, in.Form, err)
		}
		defer f.Close()
	}
	got, err := s.File(ctx, c.Actor, slug, in.Form, f)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/complaints/"+got.ID)
	return c.JSON(http.StatusCreated, got)
}

// withFile is every fault of a form with that of its file.
func (s *Service) withFile(c *web.Context, slug string, in Form, err error) error {
	if _, bad := errors.AsType[base64.CorruptInputError](err); bad || errors.Is(err, io.ErrUnexpectedEOF) {
		var l problem.List
		l.Add("/file", "rightsclaim.not_base64")
		err = l.Err()
	}
	wrong := problem.As(err)
	if wrong == nil || wrong.Kind != problem.Invalid {
		return err
	}
	if also := problem.As(s.Check(c.Request.Context(), c.Actor, slug, in)); also != nil {
		wrong.Fields = append(also.Fields, wrong.Fields...)
	}
	return wrong
}

func (s *Service) apiMine(do func(context.Context, permit.Actor, Key) (View, error)) web.Handler {
	return func(c *web.Context) error {
		var k Key
		if err := c.Body(&k); err != nil {
			return err
		}
		v, err := do(c.Request.Context(), c.Actor, k)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, v)
	}
}

func (s *Service) apiAttach(c *web.Context) error {
	ctx, k := c.Request.Context(), Key{Number: c.Query("number"), Code: c.Request.Header.Get(CodeHeader)}
	if err := s.MayAttach(ctx, c.Actor, k); err != nil {
		return err
	}
	f, err := s.Materials.Receive(ctx, permit.Actor{}, c.Query("name"), c.Request.Body)
	if err != nil {
		return err
	}
	defer f.Close()
	v, err := s.Attach(ctx, c.Actor, k, f)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiGet(c *web.Context) error {
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiAcknowledge(c *web.Context) error {
	var in Acknowledge
	if err := c.Body(&in); err != nil {
		return err
	}
	i, err := s.Acknowledge(c.Request.Context(), c.Actor, c.Param("id"), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, i)
}

func (s *Service) apiEvidence(c *web.Context) error {
	f, err := s.Evidence(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}

func listed(get func(ctx context.Context, who permit.Actor, after string, limit int) (Page, error)) web.Handler {
	return paged(func(c *web.Context, after string, limit int) (any, error) {
		return get(c.Request.Context(), c.Actor, after, limit)
	})
}

// paged answers a list.
func paged(get func(c *web.Context, after string, limit int) (any, error)) web.Handler {
	return func(c *web.Context) error {
		limit := c.Int("limit", 50, 1, 200)
		if err := c.Wrong(); err != nil {
			return err
		}
		p, err := get(c, c.Query("after"), limit)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, p)
	}
}
