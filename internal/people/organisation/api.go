package organisation

import (
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// Body is a body as the API shows it.
type Body struct {
	ID string `json:"id"`
	Particulars
	DistrictName *locale.Text `json:"district_name,omitempty"`
	Stage        Stage        `json:"stage"`
	Reason       string       `json:"reason,omitempty"` // of the suspension
	Revision     int          `json:"revision"`
}

// Bodies is the JSON answer of the list of bodies: all of them, by id.
type Bodies struct {
	Total int    `json:"total"`
	Items []Body `json:"items"`
}

// DistrictNames is the JSON answer of the list of districts.
type DistrictNames struct {
	Items []DistrictName `json:"items"`
}

// Shown returns o as the API shows it. Who did what is left to the ledger.
func Shown(o Organisation) Body {
	b := Body{ID: o.ID, Particulars: o.Particulars(), Stage: o.Stage, Reason: o.Reason, Revision: o.Revision}
	if name := DistrictByCode(o.District); name.ZH != "" {
		b.DistrictName = &name
	}
	return b
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	rule := func(verb string) permit.Rule { return Table.Rule("organisation", verb) }
	id := []web.Param{{Name: "id", Type: "string", Example: "transport"}}
	all := []web.Route{
		{Method: "GET", Path: "/api/v1/organisations", Name: "organisation.list", May: permit.Public, Answer: Bodies{}, Do: s.apiList,
			Query: []web.Param{{Name: "kind", Type: "string", Enum: texts(Kinds)}, {Name: "level", Type: "string", Enum: texts(Levels)},
				{Name: "district", Type: "string", Example: "310101"}, {Name: "parent", Type: "string"}, {Name: "stage", Type: "string", Enum: texts(Table.Stages())}}},
		{Method: "GET", Path: "/api/v1/organisations/{id}", Name: "organisation.get", May: permit.Public, Place: id, Answer: Body{}, Do: s.apiGet},
		{Method: "GET", Path: "/api/v1/districts", Name: "organisation.districts", May: permit.Public, Answer: DistrictNames{},
			Do: func(c *web.Context) error { return c.JSON(http.StatusOK, DistrictNames{Districts()}) }},
		{Method: "POST", Path: "/api/v1/organisations", Name: "organisation.enter", May: rule("enter"), Body: Enter{}, Answer: Body{}, Do: s.apiEnter},
		{Method: "POST", Path: "/api/v1/organisations/{id}/change", Name: "organisation.change", May: rule("change"), Place: id, Body: Change{}, Answer: Body{},
			Do: command[Change](s)},
		{Method: "POST", Path: "/api/v1/organisations/{id}/verify", Name: "organisation.verify", May: rule("verify"), Place: id, Answer: Body{},
			Do: command[Verify](s)},
		{Method: "POST", Path: "/api/v1/organisations/{id}/activate", Name: "organisation.activate", May: rule("activate"), Place: id, Answer: Body{},
			Do: command[Activate](s)},
		{Method: "POST", Path: "/api/v1/organisations/{id}/suspend", Name: "organisation.suspend", May: rule("suspend"), Place: id, Body: Suspend{}, Answer: Body{},
			Do: command[Suspend](s)},
		{Method: "POST", Path: "/api/v1/organisations/{id}/resume", Name: "organisation.resume", May: rule("resume"), Place: id, Answer: Body{},
			Do: command[Resume](s)},
	}
	for i := range all {
		all[i].API = true
	}
	return all
}

func texts[S ~string](all []S) (names []string) {
	for _, s := range all {
		names = append(names, string(s))
	}
	return names
}

// Filter narrows a list of bodies; "" asks for nothing.
type Filter struct{ Kind, Level, District, Parent, Stage string }

// ReadFilter reads a filter from an address.
func ReadFilter(q url.Values) Filter {
	return Filter{q.Get("kind"), q.Get("level"), q.Get("district"), q.Get("parent"), q.Get("stage")}
}

// Takes reports whether o is asked for.
func (f Filter) Takes(o Organisation) bool {
	return (f.Kind == "" || f.Kind == string(o.Kind)) && (f.Level == "" || f.Level == string(o.Level)) &&
		(f.District == "" || f.District == o.District) && (f.Parent == "" || f.Parent == o.Parent) && (f.Stage == "" || f.Stage == string(o.Stage))
}

func (s *Service) apiList(c *web.Context) error {
	all, err := s.List(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	f, found := ReadFilter(c.Request.URL.Query()), Bodies{Items: []Body{}}
	for _, o := range all {
		if f.Takes(o) {
			found.Items = append(found.Items, Shown(o))
		}
	}
	found.Total = len(found.Items)
	return c.JSON(http.StatusOK, found)
}

func (s *Service) apiGet(c *web.Context) error {
	o, err := s.Get(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Shown(o))
}

func (s *Service) apiEnter(c *web.Context) error {
	var command Enter
	if err := c.Body(&command); err != nil {
		return err
	}
	o, err := s.Enter(c.Request.Context(), c.Actor, command)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/organisations/"+url.PathEscape(o.ID))
	return c.JSON(http.StatusCreated, Shown(o))
}

// command answers a command on one body, read from a JSON body if there is one.
func command[C Command](s *Service) web.Handler {
	return func(c *web.Context) error {
		var asked C
		if err := c.Body(&asked); err != nil {
			return err
		}
		o, err := s.Do(c.Request.Context(), c.Actor, c.Param("id"), asked)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, Shown(o))
	}
}
