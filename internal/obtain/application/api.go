package application

import (
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
)

// MayRead is the rule of asking for one application: who may see which is
// decided once it is found.
var MayRead = permit.Rule{Act: "application.read", By: []permit.Role{permit.Signed}, Article: "18(2)"}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	one := []web.Param{{Name: "id", Type: "string", Example: "app_01JD8X"}}
	file := append(one[:1:1], web.Param{Name: "file", Type: "string", Example: "mat_01JD8X"})
	list := []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	act := func(verb string, may permit.Rule, body any, read func(*web.Context) (Command, error)) web.Route {
		return web.Route{Method: "POST", Path: "/api/v1/applications/{id}/" + verb, Name: "application." + verb, May: may, API: true, Place: one, Body: body, Answer: View{},
			Do: func(c *web.Context) error { return s.apiDo(c, read) }}
	}
	return []web.Route{
		{Method: "GET", Path: "/api/v1/applications", Name: "application.my", May: MayApply, API: true, Query: list, Answer: Page{}, Do: s.apiMy},
		{Method: "POST", Path: "/api/v1/applications", Name: "application.open", May: MayApply, API: true, Body: Content{}, Answer: View{}, Do: s.apiOpen},
		{Method: "GET", Path: "/api/v1/applications/{id}", Name: "application.get", May: MayRead, API: true, Place: one, Answer: View{}, Do: s.apiGet},
		{Method: "PUT", Path: "/api/v1/applications/{id}", Name: "application.fill", May: MayApply, API: true, Place: one, Body: Content{}, Answer: View{},
			Do: func(c *web.Context) error {
				return s.apiDo(c, func(c *web.Context) (Command, error) {
					var f Fill
					err := c.Body(&f.Content)
					return f, err
				})
			}},
		{Method: "POST", Path: "/api/v1/applications/{id}/files", Name: "application.attach", May: MayApply, API: true, Upload: true, Place: one,
			Query:  []web.Param{{Name: "item", Type: "string", Needed: true, Example: "hourly-weather/security_plan"}, {Name: "name", Type: "string", Example: "plan.pdf"}, {Name: "until", Type: "string", Example: "2027-12-31"}},
			Answer: View{}, Do: s.apiAttach},
		{Method: "GET", Path: "/api/v1/applications/{id}/files/{file}", Name: "application.file", May: MayRead, API: true, Place: file, Media: Media, Do: s.apiFile},
		{Method: "DELETE", Path: "/api/v1/applications/{id}/files/{file}", Name: "application.detach", May: MayApply, API: true, Place: file, Answer: View{}, Do: s.apiDetach},
		{Method: "POST", Path: "/api/v1/applications/{id}/copy", Name: "application.copy", May: MayApply, API: true, Place: one, Answer: View{}, Do: s.apiCopy},
		act("submit", MayApply, nil, plainly(Submit{})),
		act("withdraw", MayApply, nil, plainly(Withdraw{})),
		act("take", Table.Rule("application", "take"), nil, plainly(Take{})),
		act("accept", Table.Rule("application", "accept"), Accept{}, func(c *web.Context) (Command, error) {
			var a Accept
			err := c.Body(&a)
			return a, err
		}),
		act("decline", Table.Rule("application", "decline"), Decline{}, func(c *web.Context) (Command, error) {
			var d Decline
			err := c.Body(&d)
			return d, err
		}),
		act("allow", Table.Rule("application", "allow"), Allow{}, func(c *web.Context) (Command, error) {
			var a Allow
			err := c.Body(&a)
			return a, err
		}),
		{Method: "GET", Path: "/api/v1/intake", Name: "application.queue", May: MayOversee, API: true, Query: list, Answer: Page{}, Do: s.apiQueue},
	}
}

func plainly(x Command) func(*web.Context) (Command, error) {
	return func(*web.Context) (Command, error) { return x, nil }
}

func (s *Service) apiMy(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.My(c.Request.Context(), c.Actor, c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiQueue(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.Queue(c.Request.Context(), c.Actor, c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiOpen(c *web.Context) error {
	var first Content
	if err := c.Body(&first); err != nil {
		return err
	}
	v, err := s.Open(c.Request.Context(), c.Actor, first)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, v)
}

func (s *Service) apiGet(c *web.Context) error {
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiCopy(c *web.Context) error {
	v, err := s.Copy(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, v)
}

func (s *Service) apiDo(c *web.Context, read func(*web.Context) (Command, error)) error {
	command, err := read(c)
	if err != nil {
		return err
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

func (s *Service) apiAttach(c *web.Context) error {
	ctx := c.Request.Context()
	if err := s.MayAttach(ctx, c.Actor, c.Param("id")); err != nil {
		return err
	}
	f, err := s.Materials.Receive(ctx, c.Actor, c.Query("name"), c.Request.Body)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.Attach(ctx, c.Actor, c.Param("id"), c.Query("item"), workday.Date(c.Query("until")), f); err != nil {
		return err
	}
	return s.apiGet(c)
}

func (s *Service) apiDetach(c *web.Context) error {
	if err := s.Detach(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file")); err != nil {
		return err
	}
	return s.apiGet(c)
}

func (s *Service) apiFile(c *web.Context) error {
	f, err := s.File(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return Send(c, f)
}

// Media are the types of the copies.
var Media = []string{material.PDF, material.PNG, material.JPEG, material.DOCX, material.XLSX, material.PPTX}

// Send answers an open copy: shown in a frame of its own, never run, and kept
// by nobody on the way.
func Send(c *web.Context, f material.Content) error {
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}
