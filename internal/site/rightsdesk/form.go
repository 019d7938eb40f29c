package rightsdesk

import (
	"io"
	"net/http"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
	"kaishu/internal/use/rightsclaim"
)

// written is the form of a complaint.
type written struct {
	Right   string `json:"right"`
	Cause   string `json:"cause"`
	Claim   string `json:"claim"`
	Contact string `json:"contact"`
	Once    string `json:"once"` // made with the form
}

func (w written) form() rightsclaim.Form {
	return rightsclaim.Form{Right: w.Right, Cause: w.Cause, Claim: w.Claim, Contact: w.Contact, Once: w.Once}
}

type formPage struct {
	layout.Page
	Entry  openlist.Entry
	Form   layout.Form
	Rights []layout.Option
	Causes []layout.Option
	Accept string
	Most   int // megabytes of a file
}

func (p *Pages) form(c *web.Context) error {
	e, err := p.Entries.Get(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return p.showForm(c, e, layout.Blank(c, written{}), http.StatusOK)
}

func (p *Pages) showForm(c *web.Context, e openlist.Entry, form layout.Form, status int) error {
	x := formPage{Page: p.Layout.Page(c, c.Say("rightsdesk.about", "title", e.Title)), Entry: e, Form: form, Accept: strings.Join(material.Accepted, ","), Most: material.MaxBytes >> 20,
		Rights: options(c, "rightsclaim.right.", rightsclaim.Rights), Causes: options(c, "rightsclaim.cause.", rightsclaim.Causes)}
	x.NoIndex, x.Crumbs = true, []layout.Crumb{{Name: e.Title, Href: layout.DatasetPath(c.Lang, e.Slug)}}
	return p.pages.Render(c, status, "form", x)
}

// Listed reports whether there is an opening to complain of.
func (x formPage) Listed() bool { return x.Entry.Listed() }

type receiptPage struct {
	layout.Page
	Entry   openlist.Entry
	Receipt rightsclaim.Receipt
	Own     bool // it stands also with the reader's account
}

func (p *Pages) file(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	e, err := p.Entries.Get(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	var in written
	f, err := p.files(c, &in)
	if f != nil {
		defer f.Close()
	}
	wrong := layout.Told(err)
	if wrong != nil && wrong.Kind == problem.Invalid { // every fault at once: those of the form with that of the file
		if also := layout.Told(p.Complaints.Check(ctx, c.Actor, slug, in.form())); also != nil {
			wrong.Fields = append(also.Fields, wrong.Fields...)
		}
	}
	var got rightsclaim.Receipt
	if err == nil {
		got, err = p.Complaints.File(ctx, c.Actor, slug, in.form(), f)
		wrong = layout.Told(err)
	}
	if wrong != nil {
		return p.showForm(c, e, layout.Again(c, wrong), layout.Status)
	}
	if err == nil {
		err = c.ShowOnce()
	}
	if err != nil {
		return err
	}
	x := receiptPage{Page: p.Layout.Page(c, c.Say("rightsdesk.received")), Entry: e, Receipt: got, Own: c.Actor.Known()}
	x.NoIndex, x.Crumbs = true, []layout.Crumb{{Name: e.Title, Href: layout.DatasetPath(c.Lang, slug)}}
	c.Writer.Header().Set("Cache-Control", "no-store")
	return p.pages.Render(c, http.StatusOK, "receipt", x)
}

// files reads a form with at most one file, which is nil if none was chosen. A
// file that is none of those that are taken is told after the form is read.
func (p *Pages) files(c *web.Context, into any) (file *material.Scratch, err error) {
	ctx := c.Request.Context()
	var wrong error
	err = c.Files(func(_, name string, r io.Reader) (err error) {
		if file != nil || wrong != nil {
			return nil
		}
		file, err = p.Complaints.Materials.Receive(ctx, permit.Actor{}, name, r)
		if problem.Is(err, problem.Invalid) {
			wrong, err = err, nil
		}
		return err
	})
	if err == nil {
		err = c.Form(into)
	}
	if err == nil {
		err = wrong
	}
	return file, err
}
