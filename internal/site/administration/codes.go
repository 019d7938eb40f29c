package administration

import (
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

func (s *Service) codeRoutes() []web.Route {
	keep := codelist.Keep
	return []web.Route{
		{Method: "GET", Path: "/{lang}/office/codes", Name: "administration.codes", May: keep,
			Do: func(c *web.Context) error { return s.codes(c, codelist.List(c.Query("list")), layout.Form{}) }},
		{Method: "POST", Path: "/{lang}/office/codes/{list}", Name: "administration.add_code", May: keep, Do: s.addCode},
		{Method: "GET", Path: "/{lang}/office/codes/{list}/{code}", Name: "administration.code", May: keep,
			Do: func(c *web.Context) error { return s.code(c, layout.Form{}) }},
		{Method: "POST", Path: "/{lang}/office/codes/{list}/{code}/reword", Name: "administration.reword_code", May: keep, Do: s.rewordCode},
		{Method: "POST", Path: "/{lang}/office/codes/{list}/{code}/end", Name: "administration.end_code", May: keep, Do: s.endCode},
	}
}

func notThere() error {
	return problem.New(problem.NotFound, "administration.not_there")
}

type codesPage struct {
	page
	Lists []tab
	List  codelist.List
	Rows  []codeRow
	Sheet form
}

type codeRow struct {
	codelist.Entry
	Href string
	When string // "now", "past" or "future"
}

func (s *Service) codes(c *web.Context, list codelist.List, f layout.Form) error {
	if list == "" {
		list = codelist.Domains
	}
	if !codelist.Known(list) {
		return notThere()
	}
	p := codesPage{page: s.begin(c, "codes"), List: list}
	p.Form = f
	here := layout.URL(c, "administration.codes")
	for _, l := range codelist.Lists {
		p.Lists = append(p.Lists, tab{c.Say("codelist.list_name." + string(l)), here + "?list=" + string(l), l == list})
	}
	today := workday.Of(s.Clock.Now())
	for _, e := range s.Codes.Entries(list) {
		row := codeRow{e, layout.URL(c, "administration.code", list, e.Code), "now"}
		switch {
		case e.From > today:
			row.When = "future"
		case !e.Holds(today):
			row.When = "past"
		}
		p.Rows = append(p.Rows, row)
	}
	f = fields(c, f)
	p.Sheet = sheet(c, "administration.add", "administration.add_code", list).
		with(f.Field("text", "/code", "administration.field.code").Hint("administration.hint.code").Need().Max(40).Narrow()).
		with(wording(f, list)...).
		with(f.Field("date", "/from", "administration.field.first_day").Hint("administration.hint.from_today").Need().Narrow(),
			f.Field("date", "/until", "administration.field.last_day").Hint("administration.hint.open_ended").Narrow())
	return s.pages.Render(c, p.status(), "codes", p)
}

// wording are the fields of the words of a code.
func wording(f layout.Form, list codelist.List) []layout.Field {
	all := []layout.Field{
		f.Field("text", "/name/zh", "administration.field.name_zh").Need().Max(80),
		f.Field("text", "/name/en", "administration.field.name_en").Need().Max(120),
		f.Field("text", "/note", "administration.field.note").Max(200),
	}
	if list == codelist.Frequencies {
		all = append(all, f.Field("number", "/window", "administration.field.window").Hint("administration.hint.window").Narrow())
	}
	return all
}

func (s *Service) addCode(c *web.Context) error {
	list := codelist.List(c.Param("list"))
	var e codelist.Entry
	err := c.Form(&e)
	if e.List = list; err == nil {
		_, err = s.Codes.Add(c.Request.Context(), c.Actor, e)
	}
	return done(c, err, func(f layout.Form) error { return s.codes(c, list, f) }, "added", "administration.code", list, e.Code)
}

type codePage struct {
	page
	Entry  codelist.Entry
	Reword form
	End    *form // nil if it has ended
}

func (s *Service) code(c *web.Context, f layout.Form) error {
	list := codelist.List(c.Param("list"))
	for _, e := range s.Codes.Entries(list) {
		if e.Code != c.Param("code") {
			continue
		}
		p := codePage{page: s.begin(c, "code"), Entry: e}
		p.Form, p.Crumbs, p.Heading, p.Title = f, s.crumb(c, "codes"), e.Name, e.Name.In(c.Lang)
		shown := f
		if f.Wrong == nil {
			shown = layout.Blank(c, codelist.Wording{Name: e.Name, Note: e.Note, Window: e.Window})
		}
		p.Reword = sheet(c, "administration.reword", "administration.reword_code", list, e.Code).with(wording(shown, list)...)
		if e.Last == "" || e.Last >= workday.Of(s.Clock.Now()) {
			end := sheet(c, "administration.end", "administration.end_code", list, e.Code).
				with(fields(c, f).Field("date", "/until", "administration.field.last_day").Hint("administration.hint.last_day").Need().Narrow())
			end.Second = true
			p.End = &end
		}
		return s.pages.Render(c, p.status(), "code", p)
	}
	return notThere()
}

func (s *Service) rewordCode(c *web.Context) error {
	list, code := codelist.List(c.Param("list")), c.Param("code")
	var w codelist.Wording
	err := c.Form(&w)
	if err == nil {
		_, err = s.Codes.Reword(c.Request.Context(), c.Actor, list, code, w)
	}
	return done(c, err, func(f layout.Form) error { return s.code(c, f) }, "reworded", "administration.code", list, code)
}

func (s *Service) endCode(c *web.Context) error {
	list, code := codelist.List(c.Param("list")), c.Param("code")
	var end codelist.End
	err := c.Form(&end)
	if err == nil {
		_, err = s.Codes.End(c.Request.Context(), c.Actor, list, code, end)
	}
	return done(c, err, func(f layout.Form) error { return s.code(c, f) }, "ended", "administration.code", list, code)
}
