package objectiondesk

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// written is the form of an objection. Rows stand one a line.
type written struct {
	Target    objection.Target `json:"target"`
	Fields    []string         `json:"fields"`
	Rows      string           `json:"rows"`
	Fault     string           `json:"fault"`
	Claim     string           `json:"claim"`
	Suggested string           `json:"suggested"`
	Contact   string           `json:"contact"`
	Once      string           `json:"once"` // made with the form
}

func (w written) form() objection.Form {
	return objection.Form{Target: w.Target, Fields: w.Fields, Rows: strings.Split(w.Rows, "\n"), Fault: w.Fault, Claim: w.Claim, Suggested: w.Suggested, Contact: w.Contact, Once: w.Once}
}

// fieldBox is a field that one may object to.
type fieldBox struct {
	Name, Title string
	Chosen      bool
}

type formPage struct {
	layout.Page
	Entry   openlist.Entry
	Form    layout.Form
	Boxes   []fieldBox
	Targets []layout.Option
	Faults  []layout.Option
	Key     string // columns of the key, for people; "" for none
	Accept  string
	Most    int // megabytes of a file
}

func (p *Pages) form(c *web.Context) error {
	e, err := p.Entries.Get(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	w := written{Target: objection.Dataset, Rows: c.Query("row")}
	if name := c.Query("field"); name != "" {
		w.Target, w.Fields = objection.Field, []string{name}
	}
	if w.Rows != "" {
		w.Target = objection.Rows
	}
	return p.showForm(c, e, layout.Blank(c, w), http.StatusOK)
}

func (p *Pages) showForm(c *web.Context, e openlist.Entry, form layout.Form, status int) error {
	names, err := p.Objections.Fields(c.Request.Context(), c.Actor, e.Slug)
	if err != nil {
		return err
	}
	x := formPage{Page: p.Layout.Page(c, c.Say("objectiondesk.object_to", "title", e.Title)), Entry: e, Form: form, Key: strings.Join(e.Key, c.Say("objectiondesk.comma")),
		Accept: strings.Join(material.Accepted, ","), Most: material.MaxBytes >> 20}
	x.NoIndex, x.Crumbs = true, []layout.Crumb{{Name: e.Title, Href: layout.DatasetPath(c.Lang, e.Slug)}}
	for _, name := range names {
		item, _ := e.Item(name)
		x.Boxes = append(x.Boxes, fieldBox{Name: name, Title: item.Title.In(c.Lang), Chosen: slices.Contains(form.Values("/fields"), name)})
	}
	x.Targets = options(c, "objection.target.", objection.Targets, "")
	x.Faults = options(c, "objection.fault.", objection.Faults, "objectiondesk.choose")
	return p.pages.Render(c, status, "form", x)
}

// options are the words of codes; empty is the word of none, "" if one must
// choose.
func options[S ~string](c *web.Context, stem string, codes []S, empty string) (all []layout.Option) {
	if empty != "" {
		all = append(all, layout.Option{Label: c.Say(empty)})
	}
	for _, code := range codes {
		all = append(all, layout.Option{Value: string(code), Label: c.Say(stem + string(code))})
	}
	return all
}

// Listed reports whether one can still object to the dataset.
func (x formPage) Listed() bool { return x.Entry.Listed() }

type receiptPage struct {
	layout.Page
	Entry   openlist.Entry
	Receipt objection.Receipt
	Own     bool // it stands also with the reader's account
}

func (p *Pages) submit(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	e, err := p.Entries.Get(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	var in written
	file, err := p.files(c, &in)
	if file != nil {
		defer file.Close()
	}
	wrong := layout.Told(err)
	if wrong != nil && wrong.Kind == problem.Invalid { // every fault at once: those of the form with that of the file
		if also := layout.Told(p.Objections.Check(ctx, c.Actor, slug, in.form())); also != nil {
			wrong.Fields = append(also.Fields, wrong.Fields...)
		}
	}
	var got objection.Receipt
	if err == nil {
		got, err = p.Objections.Submit(ctx, c.Actor, slug, in.form(), file)
		wrong = layout.Told(err)
	}
	if wrong != nil {
		return p.showForm(c, e, layout.Again(c, inForm(wrong)), layout.Status)
	}
	if err == nil {
		err = c.ShowOnce()
	}
	if err != nil {
		return err
	}
	x := receiptPage{Page: p.Layout.Page(c, c.Say("objectiondesk.received")), Entry: e, Receipt: got, Own: c.Actor.Known()}
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
		file, err = p.Objections.Materials.Receive(ctx, permit.Actor{}, name, r)
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

// inForm leads what is wrong to the inputs of the form: rows and fields have
// one each.
func inForm(told *problem.Error) *problem.Error {
	for i, f := range told.Fields {
		for _, list := range []string{"/rows", "/fields"} {
			if strings.HasPrefix(f.Pointer, list+"/") {
				told.Fields[i].Pointer = list
			}
		}
	}
	return told
}
