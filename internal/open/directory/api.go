package directory

import (
	"net/http"
	"strconv"

	"kaishu/internal/infra/web"
)

// SourceList are the sources of the catalogue.
type SourceList struct {
	Items []SourceView `json:"items"`
}

// ChangeList is what one import changed.
type ChangeList struct {
	Snapshot Snapshot     `json:"snapshot"`
	Items    []Difference `json:"items"`
	Next     string       `json:"next,omitempty"`
}

// SuggestionList are sources that are proposed.
type SuggestionList struct {
	Items []Suggestion `json:"items"`
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	entry := []web.Param{{Name: "slug", Type: "string", Example: "airports"}}
	src := []web.Param{{Name: "source", Type: "string", Example: "src_01JD8X"}}
	snap := append(src[:1:1], web.Param{Name: "number", Type: "integer", Example: "1"})
	page := []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	heed := []web.Param{{Name: "leave_out", Type: "boolean", Default: "false"}, {Name: "shrink", Type: "boolean", Default: "false"}}
	find := append([]web.Param{{Name: "q", Type: "string"}, {Name: "body", Type: "string"}, {Name: "free", Type: "boolean", Default: "false"}}, page...)
	return []web.Route{
		{Method: "GET", Path: "/api/v1/directory/sources", Name: "directory.sources", May: MayKeep, API: true, Answer: SourceList{}, Do: s.apiSources},
		{Method: "POST", Path: "/api/v1/directory/sources", Name: "directory.register", May: MayKeep, API: true, Body: Particulars{}, Answer: Source{}, Do: s.apiRegister},
		{Method: "GET", Path: "/api/v1/directory/sources/{source}", Name: "directory.source", May: MayKeep, API: true, Place: src, Answer: SourceView{}, Do: s.apiSource},
		{Method: "POST", Path: "/api/v1/directory/sources/{source}/import", Name: "directory.import", May: MayKeep, API: true, Upload: true, Place: src,
			Query: append([]web.Param{{Name: "name", Type: "string", Example: "catalogue.xlsx"}}, heed...), Answer: Snapshot{}, Do: s.apiImport},
		{Method: "POST", Path: "/api/v1/directory/sources/{source}/sync", Name: "directory.sync", May: MayKeep, API: true, Place: src, Query: heed, Answer: Snapshot{}, Do: s.apiSync},
		{Method: "GET", Path: "/api/v1/directory/sources/{source}/snapshots/{number}", Name: "directory.changes", May: MayKeep, API: true, Place: snap, Query: page, Answer: ChangeList{}, Do: s.apiChanges},
		{Method: "GET", Path: "/api/v1/directory/resources", Name: "directory.find", May: MayLook, API: true, Query: find, Answer: Page[Found]{}, Do: s.apiFind},
		{Method: "GET", Path: "/api/v1/directory/resources/{resource}", Name: "directory.resource", May: MayLook, API: true, Place: []web.Param{{Name: "resource", Type: "string", Example: "res_0a1b2c3d4e5f6a7b8c9d"}}, Answer: Found{}, Do: s.apiResource},
		{Method: "GET", Path: "/api/v1/directory/broken", Name: "directory.broken", May: MayLook, API: true, Query: page, Answer: Page[Trouble]{}, Do: s.apiBroken},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/hook", Name: "directory.hook", May: MayLook, API: true, Place: entry, Answer: View{}, Do: s.apiHook},
		{Method: "PUT", Path: "/api/v1/datasets/{slug}/hook", Name: "directory.attach", May: Table.Rule("directory", "hook"), API: true, Place: entry, Body: Attach{}, Answer: View{}, Do: s.apiAttach},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/hook/exempt", Name: "directory.exempt", May: Table.Rule("directory", "exempt"), API: true, Place: entry, Body: Exempt{}, Answer: View{}, Do: s.apiExempt},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/hook/suggestions", Name: "directory.suggestions", May: MayLook, API: true, Place: entry, Answer: SuggestionList{}, Do: s.apiSuggestions},
	}
}

func (s *Service) apiSources(c *web.Context) error {
	all, err := s.Sources(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, SourceList{all})
}

func (s *Service) apiRegister(c *web.Context) error {
	var p Particulars
	if err := c.Body(&p); err != nil {
		return err
	}
	x, err := s.Register(c.Request.Context(), c.Actor, p)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/directory/sources/"+x.ID)
	return c.JSON(http.StatusCreated, x)
}

func (s *Service) apiSource(c *web.Context) error {
	v, err := s.Source(c.Request.Context(), c.Actor, c.Param("source"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func heeds(c *web.Context) Heed {
	return Heed{LeaveOut: c.Query("leave_out") == "true", Shrink: c.Query("shrink") == "true"}
}

func (s *Service) apiImport(c *web.Context) error {
	x, err := s.Import(c.Request.Context(), c.Actor, c.Param("source"), c.Query("name"), c.Request.Body, heeds(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, x)
}

func (s *Service) apiSync(c *web.Context) error {
	x, err := s.Sync(c.Request.Context(), c.Actor, c.Param("source"), heeds(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, x)
}

func (s *Service) apiChanges(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	number, _ := strconv.Atoi(c.Param("number")) // what is no number is not found
	from, _ := strconv.Atoi(c.Query("after"))
	x, all, err := s.Changes(c.Request.Context(), c.Actor, c.Param("source"), number, from, limit+1)
	if err != nil {
		return err
	}
	list := ChangeList{Snapshot: x, Items: all}
	if len(all) > limit {
		list.Items, list.Next = all[:limit], strconv.Itoa(from+limit)
	}
	return c.JSON(http.StatusOK, list)
}

func (s *Service) apiFind(c *web.Context) error {
	a := Asked{Words: c.Query("q"), Body: c.Query("body"), Free: c.Query("free") == "true", After: c.Query("after"), Limit: c.Int("limit", 50, 1, 200)}
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.Find(c.Request.Context(), c.Actor, a)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiResource(c *web.Context) error {
	f, err := s.Resource(c.Request.Context(), c.Actor, c.Param("resource"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, f)
}

func (s *Service) apiBroken(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.Broken(c.Request.Context(), c.Actor, c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiHook(c *web.Context) error {
	v, err := s.Get(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiAttach(c *web.Context) error {
	var a Attach
	if err := c.Body(&a); err != nil {
		return err
	}
	return s.apiDo(c, a)
}

func (s *Service) apiExempt(c *web.Context) error {
	var e Exempt
	if err := c.Body(&e); err != nil {
		return err
	}
	return s.apiDo(c, e)
}

func (s *Service) apiDo(c *web.Context, command Command) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	v, err := s.Do(c.Request.Context(), c.Actor, c.Param("slug"), seen, command)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiSuggestions(c *web.Context) error {
	all, err := s.Suggest(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, SuggestionList{all})
}
