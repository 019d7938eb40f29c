package codelist

import (
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// Codes is the JSON answer of a list.
type Codes struct {
	List  List    `json:"list"`
	Items []Entry `json:"items"`
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	names := make([]string, len(Lists))
	for i, l := range Lists {
		names[i] = string(l)
	}
	list := web.Param{Name: "list", Type: "string", Enum: names, Example: "domains"}
	one := []web.Param{list, {Name: "code", Type: "string", Example: "transport"}}
	return []web.Route{
		{Method: "GET", Path: "/api/v1/codes/{list}", Name: "codelist.list", May: permit.Public, API: true, Place: []web.Param{list}, Answer: Codes{}, Do: s.apiList},
		{Method: "POST", Path: "/api/v1/codes/{list}", Name: "codelist.add", May: Keep, API: true, Place: []web.Param{list}, Body: Entry{}, Answer: Entry{}, Do: s.apiAdd},
		{Method: "POST", Path: "/api/v1/codes/{list}/{code}/reword", Name: "codelist.reword", May: Keep, API: true, Place: one, Body: Wording{}, Answer: Entry{}, Do: s.apiReword},
		{Method: "POST", Path: "/api/v1/codes/{list}/{code}/end", Name: "codelist.end", May: Keep, API: true, Place: one, Body: End{}, Answer: Entry{}, Do: s.apiEnd},
	}
}

func (s *Service) apiList(c *web.Context) error {
	l := List(c.Param("list"))
	if !Known(l) {
		return unknownList(l)
	}
	return c.JSON(http.StatusOK, Codes{l, s.Entries(l)})
}

func (s *Service) apiAdd(c *web.Context) error {
	var e Entry
	if err := c.Body(&e); err != nil {
		return err
	}
	e.List = List(c.Param("list"))
	e, err := s.Add(c.Request.Context(), c.Actor, e)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, e)
}

func (s *Service) apiReword(c *web.Context) error {
	var w Wording
	if err := c.Body(&w); err != nil {
		return err
	}
	e, err := s.Reword(c.Request.Context(), c.Actor, List(c.Param("list")), c.Param("code"), w)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, e)
}

func (s *Service) apiEnd(c *web.Context) error {
	var end End
	if err := c.Body(&end); err != nil {
		return err
	}
	e, err := s.End(c.Request.Context(), c.Actor, List(c.Param("list")), c.Param("code"), end)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, e)
}
