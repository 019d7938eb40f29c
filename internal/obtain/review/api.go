package review

import (
	"net/http"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
)

// MayRead is the rule of asking for one order: who may see which is decided
// once it is found.
var MayRead = permit.Rule{Act: "review.open", By: append(append([]permit.Role{}, MayReview.By...), append(MayOversee.By, permit.Expert)...), Article: "19(2)"}

// Orders is the JSON answer of the orders of an application.
type OrdersOf struct {
	Items []Progress `json:"items"`
}

// Decisions is the JSON answer of the list of decisions.
type Decisions struct {
	Items []Decision `json:"items"`
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	one := []web.Param{{Name: "id", Type: "string", Example: "ord_01JD8X"}}
	file := append(one[:1:1], web.Param{Name: "file", Type: "string", Example: "mat_01JD8X"})
	list := []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	routes := []web.Route{
		{Method: "GET", Path: "/api/v1/orders", Name: "review.queue", May: MayRead, API: true, Query: list, Answer: Page{},
			Do: func(c *web.Context) error { return s.apiList(c, false) }},
		{Method: "GET", Path: "/api/v1/orders/decided", Name: "review.decided", May: MayRead, API: true, Query: list, Answer: Page{},
			Do: func(c *web.Context) error { return s.apiList(c, true) }},
		{Method: "GET", Path: "/api/v1/orders/{id}", Name: "review.get", May: MayRead, API: true, Place: one, Answer: View{}, Do: s.apiGet},
		{Method: "GET", Path: "/api/v1/orders/{id}/files/{file}", Name: "review.file", May: MayRead, API: true, Place: file, Media: application.Media, Do: s.apiFile},
		{Method: "POST", Path: "/api/v1/orders/{id}/answer", Name: "review.answer", May: MayAnswer, API: true, Place: one, Body: Answer{}, Answer: OrdersOf{}, Do: s.apiAnswer},
		{Method: "GET", Path: "/api/v1/applications/{id}/orders", Name: "review.of", May: application.MayRead, API: true, Place: one, Answer: OrdersOf{}, Do: s.apiOf},
		{Method: "GET", Path: "/api/v1/statistics/applications", Name: "review.statistics", May: permit.Public, API: true,
			Query: []web.Param{{Name: "from", Type: "string", Example: "2026-01-01"}, {Name: "to", Type: "string", Example: "2026-12-31"}}, Answer: Statistics{}, Do: s.apiStatistics},
		{Method: "GET", Path: "/api/v1/decisions", Name: "review.decisions", May: permit.Public, API: true,
			Query: []web.Param{{Name: "dataset", Type: "string", Example: "hourly-weather"}, {Name: "limit", Type: "integer", Default: "50"}}, Answer: Decisions{}, Do: s.apiDecisions},
	}
	act := func(verb string, body any, read func(*web.Context) (Command, error)) {
		routes = append(routes, web.Route{Method: "POST", Path: "/api/v1/orders/{id}/" + strings.ReplaceAll(verb, "_", "-"), Name: "review." + verb, May: Table.Rule("review", verb),
			API: true, Place: one, Body: body, Answer: View{}, Do: func(c *web.Context) error { return s.apiDo(c, read) }})
	}
	act("take", Take{}, body[Take])
	act("recuse", Recuse{}, body[Recuse])
	act("rank", Rank{}, body[Rank])
	act("assess", Assess{}, body[Assess])
	act("ask", Ask{}, body[Ask])
	act("consult", Consult{}, body[Consult])
	act("opine", Opine{}, body[Opine])
	act("resume", nil, func(*web.Context) (Command, error) { return Resume{}, nil })
	act("propose", Propose{}, body[Propose])
	act("send_back", SendBack{}, body[SendBack])
	act("confirm", Confirm{}, body[Confirm])
	return routes
}

// body reads a command from the body of a request.
func body[C Command](c *web.Context) (Command, error) {
	var x C
	err := c.Body(&x)
	return x, err
}

func (s *Service) apiList(c *web.Context, decided bool) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	list := s.Queue
	if decided {
		list = s.Decided
	}
	p, err := list(c.Request.Context(), c.Actor, c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiGet(c *web.Context) error {
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
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

func (s *Service) apiFile(c *web.Context) error {
	f, err := s.File(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return application.Send(c, f)
}

func (s *Service) apiAnswer(c *web.Context) error {
	var a Answer
	if err := c.Body(&a); err != nil {
		return err
	}
	caseID, err := s.Answer(c.Request.Context(), c.Actor, c.Param("id"), a)
	if err != nil {
		return err
	}
	all, err := s.Of(c.Request.Context(), c.Actor, caseID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, OrdersOf{all})
}

func (s *Service) apiOf(c *web.Context) error {
	all, err := s.Of(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, OrdersOf{all})
}

func (s *Service) apiStatistics(c *web.Context) error {
	from, to, err := s.Period(c.Query("from"), c.Query("to"))
	if err != nil {
		return err
	}
	st, err := s.Statistics(c.Request.Context(), c.Actor, from, to)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, st)
}

func (s *Service) apiDecisions(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	all, err := s.Decisions(c.Request.Context(), c.Actor, c.Query("dataset"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Decisions{all})
}

// Period reads the days between which decisions are counted; this year, if
// nothing is said.
func (s *Service) Period(from, to string) (a, b workday.Date, err error) {
	today := s.today()
	a, b = workday.Date(from), workday.Date(to)
	if a == "" {
		a = today[:4] + "-01-01"
	}
	if b == "" {
		b = max(today, a)
	}
	return a, b, checkPeriod(a, b)
}
