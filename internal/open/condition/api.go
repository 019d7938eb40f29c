package condition

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
)

// Sets is the JSON answer of the history of an entry's conditions.
type Sets struct {
	Items []Set `json:"items"`
}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	const at, one = "/api/v1/datasets/{slug}/conditions", "/api/v1/datasets/{slug}/conditions/{n}"
	number := web.Param{Name: "n", Type: "integer", Example: "1"}
	may := func(verb string) permit.Rule { return Table.Rule("condition", verb) }
	n := []web.Param{number}
	return []web.Route{
		{Method: "GET", Path: at, Name: "condition.current", May: permit.Public, API: true, Answer: View{}, Do: s.apiCurrent},
		{Method: "GET", Path: at + "/history", Name: "condition.history", May: permit.Public, API: true, Answer: Sets{}, Do: s.apiHistory},
		{Method: "GET", Path: one, Name: "condition.get", May: permit.Public, API: true, Place: n, Answer: View{}, Do: s.apiGet},
		{Method: "GET", Path: at + "/templates/{file}", Name: "condition.template", May: permit.Public, API: true,
			Place: []web.Param{{Name: "file", Type: "string", Example: "mat_01JD8X"}}, Media: []string{material.PDF, material.PNG, material.JPEG}, Do: s.apiTemplate},
		{Method: "POST", Path: at, Name: "condition.draft", May: may("draft"), API: true, Answer: Set{}, Do: s.apiDraft},
		{Method: "PUT", Path: one, Name: "condition.fill", May: may("fill"), API: true, Place: n, Body: Content{}, Answer: Set{}, Do: s.apiFill},
		{Method: "PUT", Path: one + "/materials/{material}/template", Name: "condition.attach", May: may("fill"), API: true, Upload: true,
			Place: []web.Param{number, {Name: "material", Type: "string", Example: "security_plan"}}, Query: []web.Param{{Name: "name", Type: "string", Needed: true}},
			Answer: Set{}, Do: s.apiAttach},
		{Method: "POST", Path: one + "/propose", Name: "condition.propose", May: may("propose"), API: true, Place: n, Answer: Set{}, Do: s.apiDo(Propose{})},
		{Method: "POST", Path: one + "/endorse", Name: "condition.endorse", May: may("endorse"), API: true, Place: n, Answer: Set{}, Do: s.apiDo(Endorse{})},
		{Method: "POST", Path: one + "/accept", Name: "condition.accept", May: may("accept"), API: true, Place: n, Answer: Set{}, Do: s.apiDo(Accept{})},
		{Method: "POST", Path: one + "/return", Name: "condition.return", May: may("return"), API: true, Place: n, Body: Return{}, Answer: Set{}, Do: s.apiReturn},
		{Method: "POST", Path: one + "/discard", Name: "condition.discard", May: may("discard"), API: true, Place: n, Answer: Set{}, Do: s.apiDo(Discard{})},
	}
}

// Number reads the version in an address.
func Number(c *web.Context) (int, error) {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil || n < 1 {
		return 0, notFound()
	}
	return n, nil
}

func (s *Service) apiCurrent(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	if _, err := s.Entries.Get(ctx, c.Actor, slug); err != nil {
		return err
	}
	v, ok, err := s.Now(ctx, c.Actor, slug)
	if err == nil && !ok {
		err = notFound()
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiHistory(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	if _, err := s.Entries.Get(ctx, c.Actor, slug); err != nil {
		return err
	}
	all, err := s.History(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Sets{Items: append([]Set{}, all...)})
}

func (s *Service) apiGet(c *web.Context) error {
	n, err := Number(c)
	if err != nil {
		return err
	}
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("slug"), n)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

// apiTemplate hands out a template: saved, never shown, and if some program
// shows it all the same, without rights.
func (s *Service) apiTemplate(c *web.Context) error {
	f, err := s.Template(c.Request.Context(), c.Actor, c.Param("slug"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	c.Writer.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: "private, no-cache", Content: f.File})
}

func (s *Service) apiDraft(c *web.Context) error {
	set, err := s.Draft(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/datasets/"+set.Entry+"/conditions/"+strconv.Itoa(set.Version))
	return c.JSON(http.StatusCreated, set)
}

func (s *Service) apiFill(c *web.Context) error {
	var in Content
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDo(Fill{in})(c)
}

func (s *Service) apiReturn(c *web.Context) error {
	var in Return
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDo(in)(c)
}

func (s *Service) apiDo(command Command) web.Handler {
	return func(c *web.Context) error {
		n, err := Number(c)
		if err != nil {
			return err
		}
		set, err := s.Do(c.Request.Context(), c.Actor, c.Param("slug"), n, command)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, set)
	}
}

func (s *Service) apiAttach(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	n, err := Number(c)
	if err == nil {
		err = s.MayAttach(ctx, c.Actor, slug, n, c.Param("material"))
	}
	if err != nil {
		return err
	}
	f, err := s.Materials.Receive(ctx, c.Actor, c.Query("name"), c.Request.Body)
	if err != nil {
		return err
	}
	defer f.Close()
	set, err := s.Attach(ctx, c.Actor, slug, n, c.Param("material"), f)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, set)
}
