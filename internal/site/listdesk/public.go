package listdesk

import (
	"net/http"
	"net/url"

	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// changesPage is the changes of the open list, newest first.
type changesPage struct {
	layout.Page
	Orders []shownChange
	Next   string
}

type shownChange struct {
	line
	Changes []changed
}

// Was reports whether there was something before.
func (x shownChange) Was() bool { return x.Kind != adjustment.List }

func (p *Pages) changes(c *web.Context) error {
	page, err := p.Orders.Changes(c.Request.Context(), c.Actor, c.Query("dataset"), c.Query("after"), 50)
	if err != nil {
		return err
	}
	x := changesPage{Page: p.Layout.Page(c, c.Say("listdesk.changes"))}
	for _, o := range page.Items {
		one := shownChange{line: line{o, badge(c, o.Stage)}}
		for _, d := range o.Differences {
			one.Changes = append(one.Changes, p.inWords(c, d))
		}
		x.Orders = append(x.Orders, one)
	}
	if page.Next != "" {
		x.Next = x.URL("listdesk.changes") + "?" + url.Values{"after": {page.Next}, "dataset": {c.Query("dataset")}}.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "changes", x)
}

// compliancePage is what holds and what fails of an entry, by article.
type compliancePage struct {
	layout.Page
	Entry    openlist.Entry
	Gates    []adjustment.CheckedGate
	Findings int
	Holds    int
	Export   string // address of the same as JSON
}

func (p *Pages) compliance(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	e, err := p.Entries.Get(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	checks, err := p.Orders.Compliance(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	words := adjustment.InWords(c, checks)
	x := compliancePage{Page: p.Layout.Page(c, c.Say("listdesk.compliance")+" · "+e.Title.In(c.Lang)), Entry: e, Gates: words.Gates, Findings: words.Findings,
		Export: "/api/v1/datasets/" + slug + "/compliance"}
	x.Heading = same(c.Say("listdesk.compliance"))
	x.Crumbs = []layout.Crumb{{Name: e.Title, Href: layout.DatasetPath(c.Lang, slug)}}
	for _, g := range x.Gates {
		if g.Holds {
			x.Holds++
		}
	}
	return p.pages.Render(c, http.StatusOK, "compliance", x)
}
