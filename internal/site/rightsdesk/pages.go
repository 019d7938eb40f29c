package rightsdesk

import (
	"embed"
	"maps"
	"net/url"
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
	"kaishu/internal/use/rightsclaim"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the pages work with.
type Tools struct {
	Complaints    *rightsclaim.Service
	Entries       *openlist.Service
	Organisations *organisation.Service
	Layout        *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// may is the rule of the desk: the publishers' leads, the centre and those who
// supervise.
var may = permit.Rule{Act: "rightsdesk.read", By: slices.Concat(rightsclaim.MayWatch.By, rightsclaim.MayWork.By), Article: "31(2)"}

// May reports whether the desk has something for who.
func May(who permit.Actor) bool { return may.Asked(who) == nil }

// Waiting counts the complaints in which a publisher owes a step.
func (p *Pages) Waiting(c *web.Context) int {
	n, err := p.Complaints.Waiting(c.Request.Context(), c.Actor)
	if err != nil {
		return 0
	}
	return n
}

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const public, desk, mine = "/{lang}/complaints", "/{lang}/desk/complaints", "/{lang}/my/deletions"
	rule := func(verb string) permit.Rule { return rightsclaim.Table.Rule("rightsclaim", verb) }
	routes := []web.Route{
		{Method: "GET", Path: "/{lang}/datasets/{slug}/complain", Name: "rightsdesk.form", May: permit.Public, Do: p.form},
		{Method: "POST", Path: "/{lang}/datasets/{slug}/complain", Name: "rightsdesk.file", May: rule("file"), Secret: true, Do: p.file},
		{Method: "GET", Path: public, Name: "rightsdesk.list", May: permit.Public, Do: p.list},
		{Method: "POST", Path: public + "/follow", Name: "rightsdesk.follow", May: rightsclaim.MayRead, Do: p.follow},
		{Method: "POST", Path: public + "/evidence", Name: "rightsdesk.attach", May: rule("attach"), Do: p.attach},
		{Method: "POST", Path: public + "/forget", Name: "rightsdesk.forget", May: rightsclaim.MayRead, Do: p.forget},
		{Method: "GET", Path: public + "/{id}", Name: "rightsdesk.case", May: permit.Public, Do: p.one},
		{Method: "GET", Path: public + "/{id}/evidence/{file}", Name: "rightsdesk.evidence", May: rightsclaim.MayRead, Do: p.evidence},
		{Method: "GET", Path: "/{lang}/suspensions", Name: "rightsdesk.suspensions", May: permit.Public, Do: p.suspensions},
		{Method: "GET", Path: mine, Name: "rightsdesk.deletions", May: rightsclaim.MayOwn, Do: p.deletions},
		{Method: "POST", Path: mine + "/{id}/acknowledge", Name: "rightsdesk.acknowledge", May: rightsclaim.MayOwn, Do: p.acknowledge},
		{Method: "GET", Path: desk, Name: "rightsdesk.queue", May: may, Do: p.queue},
		{Method: "GET", Path: desk + "/{id}", Name: "rightsdesk.desk", May: may, Do: p.desk},
	}
	for _, verb := range slices.Sorted(maps.Keys(steps)) {
		routes = append(routes, web.Route{Method: "POST", Path: desk + "/{id}/" + verb, Name: "rightsdesk." + verb, May: rule(verb), Do: p.act(steps[verb])})
	}
	for _, r := range routes {
		all = append(all, layout.Both(r)...)
	}
	return all
}

var tones = map[rightsclaim.Stage]layout.Tone{rightsclaim.StageReceived: layout.Warn, rightsclaim.StageAsked: layout.Info, rightsclaim.StageInvalid: layout.Plain,
	rightsclaim.StageSuspended: layout.Bad, rightsclaim.StageVerifying: layout.Warn, rightsclaim.StageWithdraw: layout.Bad, rightsclaim.StageResume: layout.Good,
	rightsclaim.StageProcess: layout.Bad, rightsclaim.StageReopened: layout.Good, rightsclaim.StageClosed: layout.Good}

func badge(c *web.Context, s rightsclaim.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("rightsclaim.stage." + string(s))}
}

// body is the name of a publisher.
func (p *Pages) body(c *web.Context, id string) (locale.Text, error) {
	b, err := p.Organisations.Get(c.Request.Context(), c.Actor, id)
	if problem.Is(err, problem.NotFound) {
		err = nil
	}
	return b.Name, err
}

func left(c *web.Context, l deadline.Left) string {
	switch {
	case l.Late:
		return c.Say("rightsdesk.late", "n", -l.Days)
	case l.Days == 0:
		return c.Say("rightsdesk.today")
	}
	return c.Say("rightsdesk.days", "n", l.Days)
}

// options are the words of codes.
func options(c *web.Context, stem string, codes []string) (all []layout.Option) {
	for _, code := range codes {
		all = append(all, layout.Option{Value: code, Label: c.Say(stem + code)})
	}
	return all
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// more is the address of the next page of a list; "" at its end.
func more(page, next string) string {
	if next == "" {
		return ""
	}
	return page + "?" + url.Values{"after": {next}}.Encode()
}
