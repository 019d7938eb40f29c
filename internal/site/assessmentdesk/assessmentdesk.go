package assessmentdesk

import (
	"embed"
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
	"kaishu/internal/open/assessment"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the pages work with.
type Tools struct {
	Assessments *assessment.Service
	Door        *access.Service
	Layout      *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// May reports whether the desk has something for who.
func May(who permit.Actor) bool { return assessment.MayRead.Asked(who) == nil }

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const desk, one, waiver = "/{lang}/desk/assessment", "/{lang}/desk/assessment/{slug}", "/{lang}/desk/assessment/{slug}/waivers/{id}"
	propose := assessment.Table.Rule("assessment", "propose")
	of := func(verb string) permit.Rule { return assessment.WaiverTable.Rule("assessment", verb) }
	for _, r := range []web.Route{
		{Method: "GET", Path: desk, Name: "assessmentdesk.desk", May: assessment.MayRead, Do: p.desk},
		{Method: "GET", Path: one, Name: "assessmentdesk.dataset", May: assessment.MayRead, Do: p.dataset},
		{Method: "GET", Path: one + "/rule", Name: "assessmentdesk.rule", May: propose, Do: p.rule},
		{Method: "POST", Path: one + "/rule", Name: "assessmentdesk.add", May: propose, Do: p.add},
		{Method: "POST", Path: one + "/take", Name: "assessmentdesk.take", May: propose, Do: p.take},
		{Method: "POST", Path: one + "/drop", Name: "assessmentdesk.drop", May: propose, Do: p.drop},
		{Method: "POST", Path: one + "/confirm", Name: "assessmentdesk.confirm", May: assessment.Table.Rule("assessment", "confirm"), Do: p.confirm},
		{Method: "POST", Path: one + "/decline", Name: "assessmentdesk.decline", May: assessment.Table.Rule("assessment", "decline"), Do: p.decline},
		{Method: "POST", Path: one + "/waivers", Name: "assessmentdesk.ask", May: of("ask"), Do: p.ask},
		{Method: "POST", Path: waiver + "/grant", Name: "assessmentdesk.grant", May: of("grant"), Do: p.waiver(assessment.Grant{}, "assessmentdesk.said_granted")},
		{Method: "POST", Path: waiver + "/refuse", Name: "assessmentdesk.refuse", May: of("refuse"), Do: p.refuse},
		{Method: "POST", Path: waiver + "/take-back", Name: "assessmentdesk.take_back", May: of("take_back"), Do: p.waiver(assessment.TakeBack{}, "assessmentdesk.said_taken_back")},
		{Method: "GET", Path: one + "/versions/{n}/failing/{place}", Name: "assessmentdesk.failing", May: assessment.MayRead, Do: p.failing},
	} {
		all = append(all, layout.Both(r)...)
	}
	return append(all, web.Route{Method: "GET", Path: "/api/v1/datasets/{slug}/versions/{n}/failing/{place}", Name: "assessmentdesk.failing", May: assessment.MayRead, API: true,
		Place: []web.Param{{Name: "n", Type: "integer", Example: "1"}, {Name: "place", Type: "integer", Example: "0"}}, Answer: Failing{}, Do: p.apiFailing})
}

// deskPage is the datasets that the reader looks after.
type deskPage struct {
	layout.Page
	Rows []assessment.Standing
	All  int
}

func (p *Pages) desk(c *web.Context) error {
	x := deskPage{Page: p.Layout.Page(c, c.Say("assessmentdesk.title"))}
	x.NoIndex = true
	var err error
	if x.Rows, x.All, err = p.Assessments.Overview(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	return p.pages.Render(c, http.StatusOK, "desk", x)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}
