package notice

import (
	"net/http"

	"kaishu/internal/base/paging"
	"kaishu/internal/infra/web"
)

// Count is how many notices are unread.
type Count struct {
	Unread int `json:"unread"`
}

// Routes returns the addresses of the inbox in the API.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/api/v1/inbox", Name: "notice.list", May: MayRead, API: true, Answer: Page{}, Do: s.apiList,
			Query: []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50", Example: "50"}}},
		{Method: "POST", Path: "/api/v1/inbox/{id}/read", Name: "notice.mark", May: MayRead, API: true, Answer: Count{}, Do: s.apiRead,
			Place: []web.Param{{Name: "id", Type: "string", Example: "ntc_01KB…"}}},
		{Method: "POST", Path: "/api/v1/inbox/read", Name: "notice.mark_all", May: MayRead, API: true, Answer: Count{}, Do: s.apiReadAll},
	}
}

func (s *Service) apiList(c *web.Context) error {
	limit := c.Int("limit", 50, 1, paging.MaxLimit)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.Inbox(c.Request.Context(), c.Actor, c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiRead(c *web.Context) error {
	if err := s.Read(c.Request.Context(), c.Actor, c.Param("id")); err != nil {
		return err
	}
	return s.apiCount(c)
}

func (s *Service) apiReadAll(c *web.Context) error {
	if err := s.ReadAll(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	return s.apiCount(c)
}

func (s *Service) apiCount(c *web.Context) error {
	n, err := s.Unread(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Count{Unread: n})
}
