package listdesk

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"kaishu/internal/base/permit"
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
	Slug   string                // of the one dataset that is shown; "" for all
	Follow bool                  // the reader may follow it
	Mine   []adjustment.Followed // that the reader follows
	On     bool                  // and this is one of them
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
	x.Slug = c.Query("dataset")
	if adjustment.MayFollow.Asked(c.Actor) == nil {
		if x.Mine, err = p.Orders.Following(c.Request.Context(), c.Actor); err != nil {
			return err
		}
		x.Follow = x.Slug != ""
		x.On = slices.ContainsFunc(x.Mine, func(f adjustment.Followed) bool { return f.Entry == x.Slug })
	}
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

// follow begins or ends following a dataset.
func (p *Pages) follow(act func(context.Context, permit.Actor, string) error, said string) web.Handler {
	return func(c *web.Context) error {
		slug := c.Param("slug")
		if err := act(c.Request.Context(), c.Actor, slug); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, layout.URL(c, "listdesk.changes")+"?"+url.Values{"dataset": {slug}, "said": {said}}.Encode())
	}
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
