package platformrules

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// Versions is a list of versions, newest first.
type Versions struct {
	Items []Rules `json:"items"`
}

// Routes returns the addresses of the rules in the API. First: whoever must
// accept them may read them.
func (s *Service) Routes() []web.Route {
	number := []web.Param{{Name: "n", Type: "integer", Example: "1"}}
	return []web.Route{
		{Method: "GET", Path: "/api/v1/platform-rules", Name: "platformrules.list", May: permit.Public, API: true, First: true, Answer: Versions{}, Do: s.apiList},
		{Method: "GET", Path: "/api/v1/platform-rules/{n}", Name: "platformrules.get", May: permit.Public, API: true, First: true, Place: number, Answer: Rules{}, Do: s.apiGet},
		{Method: "POST", Path: "/api/v1/platform-rules/{n}/accept", Name: "platformrules.agree", May: MayAccept, API: true, First: true, Place: number, Answer: Rules{}, Do: s.apiAccept},
	}
}

func (s *Service) apiAccept(c *web.Context) error {
	n, _ := strconv.Atoi(c.Param("n"))
	if err := s.Accept(c.Request.Context(), c.Actor, n); err != nil {
		return err
	}
	return s.apiGet(c)
}

func (s *Service) apiList(c *web.Context) error {
	all, err := s.List(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for i, r := range all {
		all[i] = r.ForAll(c.Actor)
	}
	return c.JSON(http.StatusOK, Versions{Items: all})
}

func (s *Service) apiGet(c *web.Context) error {
	n, _ := strconv.Atoi(c.Param("n")) // what is no number is not found
	r, err := s.Get(c.Request.Context(), c.Actor, n)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, r.ForAll(c.Actor))
}

// ForAll returns r without who wrote and published it, unless who is one of
// those that write.
func (r Rules) ForAll(who permit.Actor) Rules {
	if !who.HasAny(permit.CtrContent, permit.Auditor) {
		r.Did = nil
	}
	return r
}
