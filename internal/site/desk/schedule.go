package desk

import (
	"net/http"

	"kaishu/internal/infra/web"
	"kaishu/internal/open/schedule"
	"kaishu/internal/site/layout"
)

// schedulePage is where a dataset's file comes from by itself.
type schedulePage struct {
	at
	Schedule schedule.Schedule
	Form     layout.Form
	Rhythms  []layout.Option
	Last     string // what became of the last time, in words
}

// May reports whether a button of the schedule is shown: the table decides.
func (p schedulePage) May(verb string) bool {
	return schedule.Table.Permit(p.Schedule.Stage, verb, p.Who, p.Schedule.Did) == nil
}

// Reason is the form of giving the schedule back.
func (p schedulePage) Reason() reason {
	if len(p.Form.Faults("/reason")) == 0 {
		return reason{ID: "f-reason-return"}
	}
	return reason{"f-reason-return", p.Form}
}

func (s *Service) scheduleRoutes() []web.Route {
	const path = "/datasets/{slug}/schedule"
	return []web.Route{
		{Method: "GET", Path: path, Name: "desk.schedule", May: schedule.May, Do: s.schedule},
		{Method: "POST", Path: path, Name: "desk.set_schedule", May: schedule.Table.Rule("schedule", "propose"), Do: s.setSchedule},
		{Method: "POST", Path: path + "/confirm", Name: "desk.confirm_schedule", May: schedule.Table.Rule("schedule", "confirm"), Do: func(c *web.Context) error {
			return s.moveSchedule(c, schedule.Confirm{}, "desk.said_schedule_on")
		}},
		{Method: "POST", Path: path + "/return", Name: "desk.return_schedule", May: schedule.Table.Rule("schedule", "return"), Do: func(c *web.Context) error {
			var in schedule.Return
			if err := c.Form(&in); err != nil {
				return s.scheduleFaults(c, err)
			}
			return s.moveSchedule(c, in, "desk.said_schedule_returned")
		}},
		{Method: "POST", Path: path + "/stop", Name: "desk.stop_schedule", May: schedule.Table.Rule("schedule", "stop"), Do: func(c *web.Context) error {
			return s.moveSchedule(c, schedule.Stop{}, "desk.said_schedule_off")
		}},
	}
}

func (s *Service) schedule(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	x, err := s.Schedules.Get(c.Request.Context(), c.Actor, a.Entry.Slug)
	if err != nil {
		return err
	}
	return s.showSchedule(c, a, http.StatusOK, layout.Blank(c, schedule.Propose{URL: x.URL, Every: x.Every, Hour: x.Hour}))
}

func (s *Service) showSchedule(c *web.Context, a at, status int, form layout.Form) error {
	x, err := s.Schedules.Get(c.Request.Context(), c.Actor, a.Entry.Slug)
	if err != nil {
		return err
	}
	a.under(c.Say("desk.schedule"))
	p := schedulePage{at: a, Schedule: x, Form: form}
	for _, every := range schedule.Rhythms {
		p.Rhythms = append(p.Rhythms, layout.Option{Value: string(every), Label: c.Say("schedule.every." + string(every)), Chosen: every == schedule.Daily})
	}
	if x.Last != nil {
		p.Last = c.SayWith(x.Last.Code, x.Last.Args)
	}
	return s.pages.Render(c, status, "schedule", p)
}

func (s *Service) setSchedule(c *web.Context) error {
	var in schedule.Propose
	if err := c.Form(&in); err != nil {
		return s.scheduleFaults(c, err)
	}
	return s.moveSchedule(c, in, "desk.said_schedule_set")
}

func (s *Service) moveSchedule(c *web.Context, command schedule.Command, key string) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	if _, err := s.Schedules.Do(c.Request.Context(), c.Actor, a.Entry.Slug, command); err != nil {
		return s.scheduleFaults(c, err)
	}
	return say(c, a.URL("desk.schedule", a.Entry.Slug), key)
}

// scheduleFaults shows the form again with what is wrong.
func (s *Service) scheduleFaults(c *web.Context, err error) error {
	p := layout.Told(err)
	if p == nil {
		return err
	}
	a, err := s.open(c)
	if err != nil {
		return err
	}
	return s.showSchedule(c, a, layout.Status, layout.Again(c, p))
}
