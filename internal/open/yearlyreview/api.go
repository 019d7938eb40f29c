package yearlyreview

import (
	"context"
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// YearList is the answer of the list of years.
type YearList struct {
	Items []int `json:"items"` // the newest first
}

// MayKnow is the rule of asking for one review: who may see which is decided
// once it is found.
var MayKnow = permit.Rule{Act: "yearlyreview.know", By: append(MayWork.By[:len(MayWork.By):len(MayWork.By)], MayOversee.By...), Article: "10(1)"}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	one := []web.Param{{Name: "id", Type: "string", Example: "yrv_01JD8X"}}
	year := []web.Param{{Name: "year", Type: "integer", Example: "2026"}}
	page := []web.Param{{Name: "show", Type: "string", Enum: Shows}, {Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	const at = "/api/v1/yearly-reviews"
	act := func(verb, word string, body any, read func(*web.Context) (Command, error)) web.Route {
		return web.Route{Method: "POST", Path: at + "/{id}/" + word, Name: "yearlyreview." + verb, May: Table.Rule("yearlyreview", verb), API: true, Place: one, Body: body, Answer: View{},
			Do: func(c *web.Context) error { return s.apiDo(c, read) }}
	}
	plainly := func(x Command) func(*web.Context) (Command, error) {
		return func(*web.Context) (Command, error) { return x, nil }
	}
	choose := act("choose", "choices", Choose{}, read[Choose])
	choose.Method = "PUT"
	return []web.Route{
		{Method: "GET", Path: "/api/v1/yearly-review-results", Name: "yearlyreview.years", May: MayRead, API: true, Answer: YearList{}, Do: s.apiYears},
		{Method: "GET", Path: "/api/v1/yearly-review-results/{year}", Name: "yearlyreview.result", May: MayRead, API: true, Place: year, Answer: Result{}, Do: s.apiResult},
		{Method: "GET", Path: at, Name: "yearlyreview.mine", May: MayWork, API: true, Answer: Listings{}, Do: s.apiMine},
		{Method: "GET", Path: at + "/all", Name: "yearlyreview.all", May: MayOversee, API: true, Query: year, Answer: Listings{}, Do: s.apiAll},
		{Method: "GET", Path: at + "/{id}", Name: "yearlyreview.get", May: MayKnow, API: true, Place: one, Query: page, Answer: View{}, Do: s.apiGet},
		choose,
		{Method: "POST", Path: at + "/{id}/sweep", Name: "yearlyreview.sweep", May: Table.Rule("yearlyreview", "choose"), API: true, Place: one, Body: Sweep{}, Answer: View{}, Do: s.apiSweep},
		act("add", "items", Add{}, read[Add]),
		act("complete", "complete", nil, plainly(Complete{})),
		act("give_back", "give-back", GiveBack{}, read[GiveBack]),
		act("sign", "sign", nil, plainly(Sign{})),
		act("return", "return", Return{}, read[Return]),
		act("accept", "accept", nil, plainly(Accept{})),
		act("begin", "begin", Begin{}, read[Begin]),
	}
}

// read reads a command from the body.
func read[C Command](c *web.Context) (Command, error) {
	var x C
	err := c.Body(&x)
	return x, err
}

func (s *Service) apiDo(c *web.Context, read func(*web.Context) (Command, error)) error {
	command, err := read(c)
	if err != nil {
		return err
	}
	return s.apiAnswer(c, func(ctx context.Context, seen int) (View, error) {
		return s.Do(ctx, c.Actor, c.Param("id"), seen, command)
	})
}

func (s *Service) apiSweep(c *web.Context) error {
	var w Sweep
	if err := c.Body(&w); err != nil {
		return err
	}
	return s.apiAnswer(c, func(ctx context.Context, seen int) (View, error) {
		return s.Sweep(ctx, c.Actor, c.Param("id"), seen, w)
	})
}

func (s *Service) apiAnswer(c *web.Context, do func(ctx context.Context, seen int) (View, error)) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	v, err := do(c.Request.Context(), seen)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiGet(c *web.Context) error {
	w := Wanted{Show: c.Query("show"), After: c.Query("after"), Limit: c.Int("limit", 50, 1, 200)}
	if err := c.Wrong(); err != nil {
		return err
	}
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("id"), w)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiMine(c *web.Context) error {
	x, err := s.Mine(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, x)
}

func (s *Service) apiAll(c *web.Context) error {
	year := c.Int("year", s.today().Year(), 1, 9999)
	if err := c.Wrong(); err != nil {
		return err
	}
	x, err := s.All(c.Request.Context(), c.Actor, year)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, x)
}

func (s *Service) apiYears(c *web.Context) error {
	all, err := s.Years(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, YearList{all})
}

func (s *Service) apiResult(c *web.Context) error {
	x, err := s.Result(c.Request.Context(), c.Actor, YearNamed(c.Param("year")))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, x)
}

// YearNamed reads a year from an address; 0, of which there is no review, if
// it is none.
func YearNamed(text string) int {
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' || n > 999 {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}
