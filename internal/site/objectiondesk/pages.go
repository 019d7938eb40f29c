package objectiondesk

import (
	"embed"
	"maps"
	"net/url"
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
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
	Objections    *objection.Service
	Entries       *openlist.Service
	Versions      *version.Service
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

// may is the rule of the desk: the centre's people and the publishers'.
var may = permit.Rule{Act: "objectiondesk.read", By: append(objection.MayTriage.By[:len(objection.MayTriage.By):len(objection.MayTriage.By)], objection.MayAnswer.By...), Article: "16(2)"}

// May reports whether the desk has something for who.
func May(who permit.Actor) bool { return may.Asked(who) == nil }

// Waiting counts the objections in which the reader's side owes a step.
func (p *Pages) Waiting(c *web.Context) int {
	n, err := p.Objections.Waiting(c.Request.Context(), c.Actor)
	if err != nil {
		return 0
	}
	return n
}

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const public, desk = "/{lang}/objections", "/{lang}/desk/objections"
	rule := func(verb string) permit.Rule { return objection.Table.Rule("objection", verb) }
	routes := []web.Route{
		{Method: "GET", Path: "/{lang}/datasets/{slug}/object", Name: "objectiondesk.form", May: permit.Public, Do: p.form},
		{Method: "POST", Path: "/{lang}/datasets/{slug}/object", Name: "objectiondesk.submit", May: rule("submit"), Plain: true, Do: p.submit},
		{Method: "GET", Path: "/{lang}/datasets/{slug}/objections", Name: "objectiondesk.dataset", May: permit.Public, Do: p.dataset},
		{Method: "GET", Path: public, Name: "objectiondesk.list", May: permit.Public, Do: p.list},
		{Method: "POST", Path: public + "/follow", Name: "objectiondesk.follow", May: objection.MayRead, Plain: true, Do: p.follow},
		{Method: "POST", Path: public + "/reopen", Name: "objectiondesk.reopen", May: rule("reopen"), Do: p.reopen},
		{Method: "POST", Path: public + "/evidence", Name: "objectiondesk.attach", May: rule("attach"), Do: p.attach},
		{Method: "POST", Path: public + "/forget", Name: "objectiondesk.forget", May: objection.MayRead, Do: p.forget},
		{Method: "GET", Path: public + "/{id}", Name: "objectiondesk.case", May: permit.Public, Do: p.one},
		{Method: "GET", Path: public + "/{id}/evidence/{file}", Name: "objectiondesk.evidence", May: objection.MayRead, Do: p.evidence},
		{Method: "GET", Path: desk, Name: "objectiondesk.queue", May: may, Do: p.queue},
		{Method: "GET", Path: desk + "/{id}", Name: "objectiondesk.desk", May: may, Do: p.desk},
	}
	for _, verb := range slices.Sorted(maps.Keys(steps)) {
		routes = append(routes, web.Route{Method: "POST", Path: desk + "/{id}/" + verb, Name: "objectiondesk." + verb, May: rule(verb), Do: p.act(steps[verb])})
	}
	for _, r := range routes {
		all = append(all, layout.Both(r)...)
	}
	return all
}

var tones = map[objection.Stage]layout.Tone{objection.StageSubmitted: layout.Info, objection.StageTriaged: layout.Info, objection.StageNotInScope: layout.Plain,
	objection.StageMarked: layout.Warn, objection.StageTraced: layout.Warn, objection.StageVerifying: layout.Warn, objection.StageConfirmed: layout.Bad,
	objection.StageCorrected: layout.Good, objection.StageNotEstablished: layout.Plain, objection.StageClosed: layout.Good}

func badge(c *web.Context, s objection.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("objection.stage." + string(s))}
}

// line is one objection in a list.
type line struct {
	objection.Listing
	Badge layout.Badge
	About string // what of the dataset it is about
	Left  string // in words; "" if nobody owes anything
}

func (p *Pages) lines(c *web.Context, all []objection.Listing) (out []line) {
	for _, o := range all {
		x := line{Listing: o, Badge: badge(c, o.Stage), About: about(c, o.Case)}
		if o.Turn != "" {
			x.Left = left(c, o.Left)
		}
		out = append(out, x)
	}
	return out
}

// about says what of the dataset an objection is about.
func about(c *web.Context, o objection.Case) string {
	text := c.Say("objection.target." + string(o.Target))
	if o.Rows > 0 {
		text = c.Say("objectiondesk.n_rows", "n", o.Rows)
	}
	for i, f := range o.Fields {
		if i == 0 {
			text += c.Say("objectiondesk.colon")
		} else {
			text += c.Say("objectiondesk.comma")
		}
		text += f
	}
	return text
}

func left(c *web.Context, l deadline.Left) string {
	switch {
	case l.Late:
		return c.Say("objectiondesk.late", "n", -l.Days)
	case l.Days == 0:
		return c.Say("objectiondesk.today")
	}
	return c.Say("objectiondesk.days", "n", l.Days)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// more is the address of the next page of a list; "" at its end.
func more(page, next string) string {
	if next == "" {
		return ""
	}
	return page + "?" + url.Values{"after": {next}}.Encode()
}
