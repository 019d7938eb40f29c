package listdesk

import (
	"net/http"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// beginning is the form that begins an entry: the least that an entry says,
// and the rest of it from a spreadsheet.
type beginning struct {
	Slug      string           `json:"slug"`
	Title     locale.Text      `json:"title"`
	Domain    string           `json:"domain"`
	Frequency string           `json:"frequency"`
	Opening   openlist.Opening `json:"opening"`
}

type newPage struct {
	layout.Page
	Form    layout.Form
	Options map[string][]layout.Option
}

func (p *Pages) newEntry(c *web.Context) error {
	return p.showNew(c, layout.Blank(c, beginning{}), http.StatusOK)
}

func (p *Pages) showNew(c *web.Context, form layout.Form, status int) error {
	x := newPage{Page: p.Layout.Page(c, c.Say("listdesk.new")), Form: form, Options: p.options(c)}
	x.NoIndex, x.Crumbs = true, p.crumbs(c)
	return p.pages.Render(c, status, "new", x)
}

// create begins the draft of an entry. What a pasted block says goes before
// what stands in the inputs only where those are empty.
func (p *Pages) create(c *web.Context) error {
	var in beginning
	err := c.Form(&in)
	if err == nil {
		w := written{Description: openlist.Description{Title: in.Title, Domain: in.Domain, Frequency: in.Frequency, Opening: in.Opening}}
		if text := c.Typed("pasted"); text != "" {
			got := fill(nil, text, true)
			slug := got.parts["slug"]
			apply(&w, got.parts, p.Entries.Codes(permit.Platform))
			w.Items = got.items
			if in.Slug == "" {
				in.Slug = slug
			}
			typed(&w, in)
		}
		d := w.description(c.Actor.Organisation)
		if _, err = p.Orders.NewEntry(c.Request.Context(), c.Actor, in.Slug, d); err == nil {
			return say(c, layout.URL(c, "listdesk.entry", in.Slug), "listdesk.said_begun")
		}
	}
	if told := layout.Told(err); told != nil {
		return p.showNew(c, layout.Again(c, inForm(told)), layout.Status)
	}
	return err
}

// typed lets what was typed stand before what was pasted.
func typed(w *written, in beginning) {
	if in.Title.ZH != "" {
		w.Title.ZH = in.Title.ZH
	}
	if in.Domain != "" {
		w.Domain = in.Domain
	}
	if in.Frequency != "" {
		w.Frequency = in.Frequency
	}
	if in.Opening != "" {
		w.Opening = in.Opening
	}
}

// open begins an order for the entry.
func (p *Pages) open(c *web.Context) error {
	v, err := p.Orders.Open(c.Request.Context(), c.Actor, c.Param("slug"), adjustment.Kind(c.Typed("kind")))
	if told := layout.Told(err); told != nil {
		w, ferr := p.find(c)
		if ferr != nil {
			return ferr
		}
		if told.Kind == problem.Conflict || told.Kind == problem.Forbidden {
			return err
		}
		form := layout.Blank(c, w.form())
		form.Tell(c, told)
		return p.show(c, w, form, editorPage{}, layout.Status)
	}
	if err != nil {
		return err
	}
	if v.Order.Kind == adjustment.Withdraw {
		return say(c, layout.URL(c, "listdesk.order", v.Order.ID), "listdesk.said_drafted")
	}
	return say(c, layout.URL(c, "listdesk.entry", v.Order.Entry), "listdesk.said_drafted")
}
