package objectiondesk

import (
	"net/http"
	"net/url"

	"kaishu/internal/infra/web"
	"kaishu/internal/open/objection"
	"kaishu/internal/site/layout"
)

// listPage is what the public may read of objections: of all, or of one
// dataset.
type listPage struct {
	layout.Page
	Title string
	Slug  string // of the one dataset; "" for all
	Marks []objection.Sign
	Items []line
	Mine  []line
	Next  string
	Form  layout.Form
}

func (p *Pages) list(c *web.Context) error {
	return p.showList(c, layout.Blank(c, objection.Key{Number: c.Query("number")}), http.StatusOK)
}

func (p *Pages) showList(c *web.Context, form layout.Form, status int) error {
	ctx := c.Request.Context()
	x := listPage{Page: p.Layout.Page(c, c.Say("objection.topic")), Form: form}
	found, err := p.Objections.List(ctx, c.Actor, "", c.Query("after"), 50)
	if err != nil {
		return err
	}
	x.Items, x.Next = p.lines(c, found.Items), more(x.URL("objectiondesk.list"), found.Next)
	if objection.MayOwn.Asked(c.Actor) == nil {
		mine, err := p.Objections.Mine(ctx, c.Actor, "", 50)
		if err != nil {
			return err
		}
		x.Mine = p.lines(c, mine.Items)
	}
	x.NoIndex = c.Request.URL.RawQuery != ""
	return p.pages.Render(c, status, "list", x)
}

func (p *Pages) dataset(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	e, err := p.Entries.Get(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	x := listPage{Page: p.Layout.Page(c, c.Say("objectiondesk.of_dataset")+" · "+e.Title.In(c.Lang)), Slug: slug}
	x.Heading, x.Crumbs = same(c.Say("objectiondesk.of_dataset")), []layout.Crumb{{Name: e.Title, Href: layout.DatasetPath(c.Lang, slug)}}
	if x.Marks, err = p.Objections.Marks(ctx, c.Actor, slug); err != nil {
		return err
	}
	found, err := p.Objections.List(ctx, c.Actor, slug, c.Query("after"), 50)
	if err != nil {
		return err
	}
	x.Items, x.Next = p.lines(c, found.Items), more(x.URL("objectiondesk.dataset", slug), found.Next)
	return p.pages.Render(c, http.StatusOK, "dataset", x)
}

// evidence hands out a file to those who may see it.
func (p *Pages) evidence(c *web.Context) error {
	f, err := p.Objections.Evidence(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}

// crumbs lead to the list of all objections.
func (p *Pages) crumbs(c *web.Context) []layout.Crumb {
	return []layout.Crumb{{Name: same(c.Say("objection.topic")), Href: layout.URL(c, "objectiondesk.list")}}
}

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}
