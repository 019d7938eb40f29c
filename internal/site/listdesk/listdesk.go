package listdesk

import (
	"embed"
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/draft"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
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
	Orders        *adjustment.Service
	Entries       *openlist.Service
	Versions      *version.Service
	Organisations *organisation.Service
	Drafts        *draft.Service
	Tables        Tables // reads files in a process of its own
	Scratch       string // folder
	Layout        *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// may is the rule of the list desk.
var may = permit.Rule{Act: "listdesk.read", By: []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.CtrListReviewer, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "11"}

// May reports whether the list desk has something for who.
func May(who permit.Actor) bool { return may.Asked(who) == nil }

// Waiting counts the orders that wait for whoever asks as a reviewer or as an
// officer of the authority.
func (p *Pages) Waiting(c *web.Context) int {
	if adjustment.MayReview.Asked(c.Actor) != nil {
		return 0
	}
	n, err := p.Orders.Waiting(c.Request.Context(), c.Actor)
	if err != nil {
		return 0
	}
	return n
}

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const desk, one, order = "/{lang}/desk/list", "/{lang}/desk/list/{slug}", "/{lang}/desk/list/orders/{id}"
	rule := func(verb string) permit.Rule { return adjustment.Table.Rule("adjustment", verb) }
	describe := openlist.Table.Rule("openlist", "describe")
	for _, r := range []web.Route{
		{Method: "GET", Path: desk, Name: "listdesk.list", May: may, Do: p.list},
		{Method: "GET", Path: desk + "/new", Name: "listdesk.new", May: describe, Do: p.newEntry},
		{Method: "POST", Path: desk + "/new", Name: "listdesk.create", May: describe, Do: p.create},
		{Method: "GET", Path: desk + "/import", Name: "listdesk.import", May: describe, Do: p.importForm},
		{Method: "POST", Path: desk + "/import/file", Name: "listdesk.import_read", May: describe, Do: p.importRead},
		{Method: "POST", Path: desk + "/import", Name: "listdesk.import_do", May: describe, Do: p.importDo},
		{Method: "GET", Path: one, Name: "listdesk.entry", May: may, Do: p.entry},
		{Method: "POST", Path: one, Name: "listdesk.save", May: describe, Do: p.save},
		{Method: "POST", Path: one + "/orders", Name: "listdesk.open", May: rule("draft"), Do: p.open},
		{Method: "GET", Path: order, Name: "listdesk.order", May: may, Do: p.order},
		{Method: "POST", Path: order + "/fill", Name: "listdesk.fill", May: rule("fill"), Do: p.fillOrder},
		{Method: "POST", Path: order + "/attach", Name: "listdesk.attach", May: rule("fill"), Do: p.attach},
		{Method: "GET", Path: order + "/documents/{file}", Name: "listdesk.document", May: may, Do: p.document},
		{Method: "POST", Path: order + "/submit", Name: "listdesk.submit", May: rule("submit"), Do: p.act(nothing(adjustment.Submit{}))},
		{Method: "POST", Path: order + "/take", Name: "listdesk.take", May: rule("take"), Do: p.act(nothing(adjustment.Take{}))},
		{Method: "POST", Path: order + "/acknowledge", Name: "listdesk.acknowledge", May: rule("acknowledge"), Do: p.act(nothing(adjustment.Acknowledge{}))},
		{Method: "POST", Path: order + "/return", Name: "listdesk.return", May: rule("return"), Do: p.act(returned)},
		{Method: "POST", Path: order + "/accept", Name: "listdesk.accept", May: rule("accept"), Do: p.act(accepted)},
		{Method: "POST", Path: order + "/cancel", Name: "listdesk.cancel", May: rule("cancel"), Do: p.act(cancelled)},
		{Method: "POST", Path: "/{lang}/datasets/{slug}/follow", Name: "listdesk.follow", May: adjustment.MayFollow, Do: p.follow(p.Orders.Follow, "listdesk.said_follow")},
		{Method: "POST", Path: "/{lang}/datasets/{slug}/unfollow", Name: "listdesk.unfollow", May: adjustment.MayFollow, Do: p.follow(p.Orders.Unfollow, "listdesk.said_unfollow")},
		{Method: "GET", Path: "/{lang}/changes", Name: "listdesk.changes", May: permit.Public, Do: p.changes},
		{Method: "GET", Path: "/{lang}/datasets/{slug}/compliance", Name: "listdesk.compliance", May: permit.Public, Do: p.compliance},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// listPage is what is being written, what waits and what is done.
type listPage struct {
	layout.Page
	Drafts []openlist.Entry
	Orders []line
	Next   string
	Can    bool // begin an entry
	Queue  bool // the reader reviews
}

// line is one order in a list.
type line struct {
	adjustment.Listing
	Badge layout.Badge
}

var tones = map[adjustment.Stage]layout.Tone{adjustment.StageDraft: layout.Plain, adjustment.StageSubmitted: layout.Warn, adjustment.StageReviewing: layout.Warn, adjustment.StageReturned: layout.Bad,
	adjustment.StageAccepted: layout.Info, adjustment.StageEffective: layout.Good, adjustment.StageCancelled: layout.Plain}

func badge(c *web.Context, s adjustment.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("adjustment.stage." + string(s))}
}

func (p *Pages) list(c *web.Context) error {
	ctx := c.Request.Context()
	x := listPage{Page: p.Layout.Page(c, c.Say("listdesk.title")), Can: openlist.Table.Rule("openlist", "describe").Asked(c.Actor) == nil, Queue: adjustment.MayReview.Asked(c.Actor) == nil}
	x.NoIndex = true
	var err error
	if openlist.MayWork.Asked(c.Actor) == nil {
		if x.Drafts, err = p.Entries.Drafts(ctx, c.Actor, "", 200); err != nil {
			return err
		}
	}
	var page adjustment.Page
	switch {
	case x.Queue:
		page, err = p.Orders.Queue(ctx, c.Actor, c.Query("after"), 100)
	case adjustment.MayWork.Asked(c.Actor) == nil:
		page, err = p.Orders.Mine(ctx, c.Actor, c.Query("after"), 100)
	}
	if err != nil {
		return err
	}
	x.Orders = lines(c, page.Items)
	if page.Next != "" {
		x.Next = x.URL("listdesk.list") + "?" + url.Values{"after": {page.Next}}.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "list", x)
}

func lines(c *web.Context, all []adjustment.Listing) (out []line) {
	for _, o := range all {
		out = append(out, line{o, badge(c, o.Stage)})
	}
	return out
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

func (p *Pages) crumbs(c *web.Context) []layout.Crumb {
	return []layout.Crumb{{Name: same(c.Say("listdesk.title")), Href: layout.URL(c, "listdesk.list")}}
}

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}
