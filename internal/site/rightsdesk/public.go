package rightsdesk

import (
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
	"kaishu/internal/use/rightsclaim"
)

// suspension is one line of the public list.
type suspension struct {
	rightsclaim.Suspension
	BodyName locale.Text
	Badge    layout.Badge
}

type suspensionsPage struct {
	layout.Page
	Items []suspension
	Next  string
}

func (p *Pages) suspensions(c *web.Context) error {
	found, err := p.Complaints.Suspensions(c.Request.Context(), c.Actor, "", c.Query("after"), 50)
	if err != nil {
		return err
	}
	x := suspensionsPage{Page: p.Layout.Page(c, c.Say("rightsdesk.suspensions"))}
	for _, s := range found.Items {
		line := suspension{Suspension: s, Badge: badge(c, s.Stage)}
		if line.BodyName, err = p.body(c, s.Body); err != nil {
			return err
		}
		x.Items = append(x.Items, line)
	}
	x.Next = more(x.URL("rightsdesk.suspensions"), found.Next)
	x.NoIndex = c.Request.URL.RawQuery != ""
	return p.pages.Render(c, http.StatusOK, "suspensions", x)
}

// deletion is one instruction to the reader.
type deletion struct {
	rightsclaim.Instruction
	Late string // how it stands, in words
	Form layout.Form
}

// Field is the field of how it was deleted; each has an id of its own.
func (d deletion) Field(label string) layout.Field {
	f := d.Form.Field("area", "/note", label)
	f.ID = "f-" + d.Application
	return f
}

type deletionsPage struct {
	layout.Page
	Items []deletion
	Form  layout.Form // that was refused; the zero form if none was
	Next  string
}

func (p *Pages) deletions(c *web.Context) error {
	return p.showDeletions(c, layout.Form{}, "", http.StatusOK)
}

func (p *Pages) showDeletions(c *web.Context, form layout.Form, failed string, status int) error {
	found, err := p.Complaints.Instructions(c.Request.Context(), c.Actor, c.Query("after"), 50)
	if err != nil {
		return err
	}
	x := deletionsPage{Page: p.Layout.Page(c, c.Say("rightsdesk.deletions")), Form: form}
	for _, i := range found.Items {
		d := deletion{Instruction: i, Form: layout.Blank(c, nil)}
		if i.Application == failed {
			d.Form = form
		}
		if i.DoneOn == "" {
			d.Late = left(c, i.Left)
		}
		x.Items = append(x.Items, d)
	}
	x.NoIndex, x.Next = true, more(x.URL("rightsdesk.deletions"), found.Next)
	return p.pages.Render(c, status, "deletions", x)
}

func (p *Pages) acknowledge(c *web.Context) error {
	var in rightsclaim.Acknowledge
	err := c.Form(&in)
	if err == nil {
		_, err = p.Complaints.Acknowledge(c.Request.Context(), c.Actor, c.Param("id"), in)
	}
	if told := layout.Told(err); told != nil {
		return p.showDeletions(c, layout.Again(c, told), in.User, layout.Status)
	}
	if err != nil {
		return err
	}
	return say(c, layout.URL(c, "rightsdesk.deletions"), "rightsdesk.said_acknowledge")
}

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}
