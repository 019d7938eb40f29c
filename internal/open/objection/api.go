package objection

import (
	"context"
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
)

// Media are the types of evidence.
var Media = []string{material.PDF, material.PNG, material.JPEG, material.DOCX, material.XLSX, material.PPTX}

// Again is what re-opens a closed case.
type Again struct {
	Key
	Claim string `json:"claim"` // what is new
}

// OfDataset is what there is to know of objections to one dataset.
type OfDataset struct {
	Marks []Sign    `json:"marks"` // now on the data
	Items []Listing `json:"items"` // public ones, newest first
	Next  string    `json:"next,omitempty"`
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	const all, one = "/api/v1/objections", "/api/v1/objections/{id}"
	id := []web.Param{{Name: "id", Type: "string", Example: "obj_01JD8X"}}
	file := append(id[:1:1], web.Param{Name: "file", Type: "string", Example: "mat_01JD8X"})
	slug := []web.Param{{Name: "slug", Type: "string", Example: "airports"}}
	part := []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	reopen := Table.Rule("objection", "reopen")
	return []web.Route{
		{Method: "GET", Path: all, Name: "objection.list", May: MayRead, API: true, Query: append(part[:2:2], web.Param{Name: "dataset", Type: "string"}), Answer: Page{},
			Do: paged(func(c *web.Context, after string, limit int) (any, error) {
				return s.List(c.Request.Context(), c.Actor, c.Query("dataset"), after, limit)
			})},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/objections", Name: "objection.dataset", May: MayRead, API: true, Place: slug, Query: part, Answer: OfDataset{}, Do: paged(s.ofDataset)},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/objections", Name: "objection.submit", May: Table.Rule("objection", "submit"), API: true, Plain: true, Place: slug, Body: Form{}, Answer: Receipt{}, Do: s.apiSubmit},
		{Method: "POST", Path: all + "/follow", Name: "objection.follow", May: MayRead, API: true, Plain: true, Body: Key{}, Answer: View{}, Do: s.apiMine(s.Follow)},
		{Method: "POST", Path: all + "/forget", Name: "objection.forget", May: MayRead, API: true, Plain: true, Body: Key{}, Answer: View{}, Do: s.apiMine(s.Forget)},
		{Method: "POST", Path: all + "/reopen", Name: "objection.reopen", May: reopen, API: true, Plain: true, Body: Again{}, Answer: View{}, Do: s.apiReopen},
		{Method: "POST", Path: all + "/evidence", Name: "objection.attach", May: Table.Rule("objection", "attach"), API: true, Plain: true, Upload: true,
			Query: []web.Param{{Name: "number", Type: "string", Needed: true, Example: "YY-2026-000001"}, {Name: "name", Type: "string", Example: "photo.png"}}, Answer: View{}, Do: s.apiAttach},
		{Method: "GET", Path: all + "/mine", Name: "objection.mine", May: MayOwn, API: true, Query: part, Answer: Page{}, Do: listed(s.Mine)},
		{Method: "GET", Path: all + "/queue", Name: "objection.queue", May: MayTriage, API: true, Query: part, Answer: Page{}, Do: listed(s.Queue)},
		{Method: "GET", Path: all + "/ours", Name: "objection.ours", May: MayAnswer, API: true, Query: part, Answer: Page{}, Do: listed(s.Ours)},
		{Method: "GET", Path: one, Name: "objection.get", May: MayRead, API: true, Place: id, Answer: View{}, Do: s.apiGet},
		{Method: "GET", Path: one + "/evidence/{file}", Name: "objection.evidence", May: MayRead, API: true, Place: file, Media: Media, Do: s.apiEvidence},
		act[Triage](s, id), act[Refuse](s, id), act[Mark](s, id), act[Trace](s, id), act[Find](s, id), act[Redo](s, id), act[Confirm](s, id), act[Dismiss](s, id),
		act[Correct](s, id), act[SendBack](s, id), act[Close](s, id), act[Escalate](s, id), act[Suspend](s, id),
	}
}

// act is the address of one step.
func act[C Command](s *Service, id []web.Param) web.Route {
	var zero C
	verb := zero.Verb()
	r := web.Route{Method: "POST", Path: "/api/v1/objections/{id}/" + verb, Name: "objection." + verb, May: Table.Rule("objection", verb), API: true, Place: id, Body: zero, Answer: View{}}
	switch any(zero).(type) {
	case Confirm, Dismiss, Escalate:
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

func (s *Service) apiSubmit(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	if _, err := s.Entries.Get(ctx, c.Actor, slug); err != nil {
		return err // before any fault of the body: a draft is nobody's
	}
	var in Form
	if err := c.Body(&in); err != nil {
		return err
	}
	got, err := s.Submit(ctx, c.Actor, slug, in, nil)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/objections/"+got.ID)
	return c.JSON(http.StatusCreated, got)
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

func (s *Service) apiReopen(c *web.Context) error {
	var in Again
	if err := c.Body(&in); err != nil {
		return err
	}
	v, err := s.Reopen(c.Request.Context(), c.Actor, in.Key, in.Claim, nil)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

// CodeHeader is the header in which a program sends the code of an objector
// without an account, where the body is a file: no secret stands in an address.
const CodeHeader = "Objection-Code"

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

func (s *Service) apiEvidence(c *web.Context) error {
	f, err := s.Evidence(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}

func (s *Service) ofDataset(c *web.Context, after string, limit int) (any, error) {
	ctx, slug := c.Request.Context(), c.Param("slug")
	marks, err := s.Marks(ctx, c.Actor, slug)
	if err != nil {
		return nil, err
	}
	p, err := s.List(ctx, c.Actor, slug, after, limit)
	return OfDataset{Marks: marks, Items: p.Items, Next: p.Next}, err
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
