package administration

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

func (s *Service) termRoutes() []web.Route {
	rule := func(verb string) permit.Rule { return calendar.TermTable.Rule("calendar", verb) }
	return []web.Route{
		{Method: "GET", Path: "/{lang}/office/terms", Name: "administration.terms", May: calendar.Look,
			Do: func(c *web.Context) error { return s.terms(c, layout.Form{}) }},
		{Method: "POST", Path: "/{lang}/office/terms", Name: "administration.enter_term", May: rule("enter"), Do: s.enterTerm},
		{Method: "GET", Path: "/{lang}/office/terms/{id}", Name: "administration.term", May: calendar.Look,
			Do: func(c *web.Context) error { return s.term(c, layout.Form{}) }},
		{Method: "POST", Path: "/{lang}/office/terms/{id}/confirm", Name: "administration.confirm_term", May: rule("confirm"),
			Do: func(c *web.Context) error { return s.moveTerm(c, "term_confirmed", &calendar.Confirm{}) }},
		{Method: "POST", Path: "/{lang}/office/terms/{id}/discard", Name: "administration.discard_term", May: rule("discard"),
			Do: func(c *web.Context) error { return s.moveTerm(c, "discarded", &calendar.Discard{}) }},
	}
}

type termsPage struct {
	page
	Rows    []termRow
	Waiting []enteredTerm
	Sheet   *form // nil if the reader may not enter terms
}

// termRow is one term that counts, counted or will count.
type termRow struct {
	terms.Term
	Title locale.Text
	Ours  bool // a default of ours, not of the regulation
	When  string
}

type enteredTerm struct {
	calendar.Term
	Title locale.Text
	Href  string
}

func (s *Service) titles() map[string]locale.Text {
	all := map[string]locale.Text{}
	for _, n := range s.Calendar.Names() {
		all[n.Name] = n.Title
	}
	return all
}

func (s *Service) terms(c *web.Context, f layout.Form) error {
	p, titles := termsPage{page: s.begin(c, "terms")}, s.titles()
	p.Form = f
	today := workday.Of(s.Clock.Now())
	for _, t := range s.Calendar.Book().Terms() {
		row := termRow{Term: t, Title: titles[t.Name], Ours: t.Article == "", When: "now"}
		switch {
		case t.From > today:
			row.When = "future"
		case t.Until != "" && t.Until < today:
			row.When = "past"
		}
		p.Rows = append(p.Rows, row)
	}
	all, err := s.Calendar.Terms(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, t := range all {
		p.Waiting = append(p.Waiting, enteredTerm{t, titles[t.Name], layout.URL(c, "administration.term", t.ID)})
	}
	if calendar.TermTable.Rule("calendar", "enter").Asked(c.Actor) == nil {
		f = fields(c, f)
		names := []layout.Option{{Label: c.Say("administration.choose")}}
		for _, n := range s.Calendar.Names() {
			names = append(names, layout.Option{Value: n.Name, Label: n.Title.In(c.Lang)})
		}
		enter := sheet(c, "administration.enter", "administration.enter_term").with(
			f.Field("select", "/name", "administration.field.term").Need().Of(names),
			f.Field("number", "/length", "administration.field.length").Need().Narrow(),
			f.Field("select", "/unit", "administration.field.unit").Need().Of(options(c, "calendar.unit.", terms.Units, "administration.choose")),
			f.Field("text", "/article", "administration.field.article").Hint("administration.hint.article").Max(20).Narrow(),
			f.Field("date", "/from", "administration.field.from").Hint("administration.hint.from_tomorrow").Need().Narrow())
		p.Sheet = &enter
	}
	return s.pages.Render(c, p.status(), "terms", p)
}

func (s *Service) enterTerm(c *web.Context) error {
	var x calendar.TermContent
	var t calendar.Term
	err := c.Form(&x)
	if err == nil {
		t, err = s.Calendar.DoTerm(c.Request.Context(), c.Actor, "", calendar.EnterTerm{TermContent: x})
	}
	return done(c, err, func(f layout.Form) error { return s.terms(c, f) }, "term_entered", "administration.term", t.ID)
}

type termPage struct {
	page
	Term     calendar.Term
	Name     locale.Text
	Entered  workday.Date
	Confirm  *form
	Discard  *form
	FourEyes bool
}

func (s *Service) term(c *web.Context, f layout.Form) error {
	all, err := s.Calendar.Terms(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.ID != c.Param("id") {
			continue
		}
		p := termPage{page: s.begin(c, "term"), Term: t, Name: s.titles()[t.Name], Entered: dayOf(t.EnteredAt),
			FourEyes: t.Stage == calendar.StageEntered && c.Actor.Is(t.Did["enter"])}
		p.Form, p.Crumbs = f, s.crumb(c, "terms")
		p.Confirm, p.Discard = s.decisions(c, calendar.TermTable.Open(t.Stage, c.Actor, t.Did), f, "term", t.ID)
		return s.pages.Render(c, p.status(), "term", p)
	}
	return notThere()
}

func (s *Service) moveTerm(c *web.Context, said string, command calendar.Command) error {
	id := c.Param("id")
	command, err := decision(c, command)
	if err == nil {
		_, err = s.Calendar.DoTerm(c.Request.Context(), c.Actor, id, command)
	}
	return done(c, err, func(f layout.Form) error { return s.term(c, f) }, said, "administration.term", id)
}
