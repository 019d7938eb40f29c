package schedule

import (
	"net/http"

	"kaishu/internal/infra/web"
)

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	const at = "/api/v1/datasets/{slug}/schedule"
	do := func(ask func(c *web.Context) (Command, error)) web.Handler {
		return func(c *web.Context) error {
			command, err := ask(c)
			if err != nil {
				return err
			}
			x, err := s.Do(c.Request.Context(), c.Actor, c.Param("slug"), command)
			if err != nil {
				return err
			}
			return c.JSON(http.StatusOK, x)
		}
	}
	return []web.Route{
		{Method: "GET", Path: at, Name: "schedule.get", May: May, API: true, Answer: Schedule{}, Do: func(c *web.Context) error {
			x, err := s.Get(c.Request.Context(), c.Actor, c.Param("slug"))
			if err != nil {
				return err
			}
			return c.JSON(http.StatusOK, x)
		}},
		{Method: "PUT", Path: at, Name: "schedule.propose", May: Table.Rule("schedule", "propose"), API: true, Body: Propose{}, Answer: Schedule{}, Do: do(func(c *web.Context) (Command, error) {
			var in Propose
			err := c.Body(&in)
			return in, err
		})},
		{Method: "POST", Path: at + "/confirm", Name: "schedule.confirm", May: Table.Rule("schedule", "confirm"), API: true, Answer: Schedule{}, Do: do(func(*web.Context) (Command, error) { return Confirm{}, nil })},
		{Method: "POST", Path: at + "/return", Name: "schedule.return", May: Table.Rule("schedule", "return"), API: true, Body: Return{}, Answer: Schedule{}, Do: do(func(c *web.Context) (Command, error) {
			var in Return
			err := c.Body(&in)
			return in, err
		})},
		{Method: "POST", Path: at + "/stop", Name: "schedule.stop", May: Table.Rule("schedule", "stop"), API: true, Answer: Schedule{}, Do: do(func(*web.Context) (Command, error) { return Stop{}, nil })},
	}
}
