package apply

import (
	"embed"
	"net/http"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/openlist"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var files embed.FS

// Tools are what the pages work with.
type Tools struct {
	Applications  *application.Service
	Reviews       *review.Service
	Entries       *openlist.Service
	Conditions    *condition.Service
	Organisations *organisation.Service
	Layout        *layout.Layout
}

// Pages are the applicant's pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	apply, read := application.MayApply, application.MayRead
	const one = "/{lang}/applications/{id}"
	routes := []web.Route{
		{Method: "GET", Path: "/{lang}/applications", Name: "apply.list", May: apply, Do: p.list},
		{Method: "POST", Path: "/{lang}/applications", Name: "apply.begin", May: apply, Do: p.begin},
		{Method: "GET", Path: one, Name: "apply.case", May: read, Do: p.show},
		{Method: "GET", Path: one + "/applicant", Name: "apply.applicant", May: read, Do: p.applicant},
		{Method: "POST", Path: one + "/datasets/add", Name: "apply.add", May: apply, Do: p.add},
		{Method: "POST", Path: one + "/files", Name: "apply.attach", May: apply, Do: p.attach},
		{Method: "GET", Path: one + "/files/{file}", Name: "apply.file", May: read, Do: p.file},
		{Method: "POST", Path: one + "/files/{file}/remove", Name: "apply.detach", May: apply, Do: p.detach},
		{Method: "GET", Path: one + "/check", Name: "apply.check", May: read, Do: p.check},
		{Method: "POST", Path: one + "/submit", Name: "apply.submit", May: apply, Do: p.submit},
		{Method: "GET", Path: one + "/withdraw", Name: "apply.leave", May: read, Do: p.leave},
		{Method: "POST", Path: one + "/withdraw", Name: "apply.withdraw", May: apply, Do: p.withdraw},
		{Method: "POST", Path: one + "/copy", Name: "apply.copy", May: apply, Do: p.copied},
		{Method: "POST", Path: one + "/orders/{order}/answer", Name: "apply.answer", May: review.MayAnswer, Do: p.answer},
	}
	for _, s := range steps {
		routes = append(routes, web.Route{Method: "GET", Path: one + "/" + s, Name: "apply." + s, May: read, Do: func(c *web.Context) error { return p.step(c, s) }},
			web.Route{Method: "POST", Path: one + "/" + s, Name: "apply.save_" + s, May: apply, Do: func(c *web.Context) error { return p.save(c, s) }})
	}
	for _, r := range routes {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// steps are the sections that are filled in, in the order of the task list.
var steps = []string{"scenario", "datasets", "security", "pledge"}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// to leads to a page of an application, which says that something was done.
func to(c *web.Context, said, route, id string) error {
	at := layout.URL(c, route, id)
	if said != "" {
		at += "?said=" + said
	}
	return c.Redirect(http.StatusSeeOther, at)
}

// Dataset is a dataset in words.
type Dataset struct {
	Slug, Href string
	Title      locale.Text
	Publisher  locale.Text
	Items      []openlist.Item
}

// named returns the datasets of a case in words. One that is gone keeps its
// slug.
func (p *Pages) named(c *web.Context, slugs ...string) (map[string]Dataset, error) {
	all := map[string]Dataset{}
	for _, slug := range slugs {
		d := Dataset{Slug: slug, Title: same(slug), Href: layout.DatasetPath(c.Lang, slug)}
		e, err := p.Entries.Get(c.Request.Context(), c.Actor, slug)
		switch {
		case err == nil:
			d.Title, d.Items = e.Title, e.Items
			if o, err := p.Organisations.Get(c.Request.Context(), c.Actor, e.Publisher); err == nil {
				d.Publisher = o.Name
			}
		case !problem.Is(err, problem.NotFound):
			return nil, err
		}
		all[slug] = d
	}
	return all, nil
}

func slugs(c application.Content) (all []string) {
	for _, w := range c.Datasets {
		all = append(all, w.Dataset)
	}
	return all
}

// set returns the version of conditions that an ask is of.
func (p *Pages) set(c *web.Context, a application.Ask) (condition.Set, error) {
	v, err := p.Conditions.View(c.Request.Context(), c.Actor, a.Dataset, a.Version)
	return v.Set, err
}

// Item puts an item of the checklist into words.
func (p *Pages) Item(c *web.Context, asks []application.Ask, item string) (string, error) {
	slug, id, material := strings.Cut(item, "/")
	if !material {
		return c.Say("application.item." + item), nil
	}
	for _, a := range asks {
		if a.Dataset != slug {
			continue
		}
		s, err := p.set(c, a)
		if err != nil {
			return "", err
		}
		if m, ok := s.Material(id); ok {
			return m.Name.In(c.Lang), nil
		}
	}
	return item, nil
}

// Titles returns the titles of datasets, in order.
func (p *Pages) Titles(c *web.Context, slugs ...string) (all []locale.Text, err error) {
	named, err := p.named(c, slugs...)
	for _, slug := range slugs {
		all = append(all, named[slug].Title)
	}
	return all, err
}
