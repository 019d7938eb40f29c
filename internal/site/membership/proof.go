package membership

import (
	"io"
	"net/http"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/proof"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

type listPage struct {
	layout.Page
	Form  layout.Form
	Cases []Standing
	Name  bool // the name is proved, or its proof is under way
}

// list is the applicant's own cases, and the ways to begin one.
func (p *Pages) list(c *web.Context) error { return p.listed(c, http.StatusOK, layout.Blank(c, nil)) }

func (p *Pages) listed(c *web.Context, status int, form layout.Form) error {
	all, err := p.Proofs.Mine(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	page := listPage{Page: p.Layout.Page(c, c.Say("membership.proofs")), Form: form, Name: c.Actor.Has(permit.Person)}
	page.NoIndex = true
	for _, v := range all {
		page.Cases = append(page.Cases, p.standing(c, v))
		page.Name = page.Name || v.Case.Subject == proof.Person && v.Turn != ""
	}
	return p.pages.Render(c, status, "list", page)
}

func (p *Pages) open(c *web.Context) error {
	var f struct {
		Subject proof.Subject `json:"subject"`
	}
	err := c.Form(&f)
	var begun proof.Case
	if err == nil {
		begun, err = p.Proofs.Open(c.Request.Context(), c.Actor, f.Subject)
	}
	if told := layout.Told(err); told != nil {
		return p.listed(c, layout.Status, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return seeOther(c, "", "membership.proof", begun.ID)
}

type casePage struct {
	layout.Page
	Standing
	Form layout.Form // of the applicant, or of the officer's decision
	Most int         // megabytes of a file
}

// May reports whether a step is open to the reader.
func (p casePage) May(verb string) bool { return slices.Contains(p.Can, verb) }

// Person reports whether it is the proof of a person.
func (p casePage) Person() bool { return p.Case.Subject == proof.Person }

// Fields are the inputs of the applicant.
func (p casePage) Fields() []layout.Field {
	say := func(key string) string { return p.Form.Field("text", "/x", key).Label }
	if p.Person() {
		documents := []layout.Option{{Value: "", Label: say("membership.choose")}}
		for _, d := range proof.Documents {
			documents = append(documents, layout.Option{Value: string(d), Label: say("membership.document." + string(d))})
		}
		return []layout.Field{
			p.Form.Field("text", "/name", "membership.name").Hint("membership.name_hint").Need().Max(100).Auto("name"),
			p.Form.Field("select", "/document", "membership.document").Need().Of(documents),
			p.Form.Field("text", "/number", "membership.number").Hint("membership.number_hint").Need().Max(20),
		}
	}
	kinds := []layout.Option{{Value: "", Label: say("membership.choose")}}
	for _, k := range proof.BodyKinds {
		kinds = append(kinds, layout.Option{Value: k, Label: say("membership.body." + k)})
	}
	return []layout.Field{
		p.Form.Field("text", "/body/zh", "membership.body_zh").Hint("membership.body_hint").Need().Max(200).Auto("organization"),
		p.Form.Field("text", "/body/en", "membership.body_en").Max(200),
		p.Form.Field("select", "/body_kind", "membership.body_kind").Need().Of(kinds),
		p.Form.Field("text", "/uscc", "membership.uscc").Hint("membership.uscc_hint").Need().Max(18).Narrow(),
	}
}

// File is the input of a copy.
func (p casePage) File() layout.Field {
	f := p.Form.Field("file", "/file", "membership.file").Hint("membership.file_hint")
	f.Value = ""
	return f
}

// Written is what a person wrote, for reading.
func (p casePage) Written() []Fact {
	f := p.View.Form
	if p.Person() {
		return []Fact{{"membership.name", f.Name}, {"membership.document", p.say("membership.document.", string(f.Document))}, {"membership.number", f.Number}}
	}
	return []Fact{{"membership.body_zh", f.Body.ZH}, {"membership.body_en", f.Body.EN}, {"membership.body_kind", p.say("membership.body.", f.BodyKind)}, {"membership.uscc", f.USCC}}
}

func (p casePage) say(stem, code string) string {
	if code == "" {
		return ""
	}
	return p.Form.Field("text", "/x", stem+code).Label
}

// Fact is something that was written, under its label.
type Fact struct{ Label, Value string }

func (p *Pages) show(c *web.Context) error {
	v, err := p.Proofs.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.shown(c, http.StatusOK, v, layout.Blank(c, v.Form))
}

func (p *Pages) shown(c *web.Context, status int, v proof.View, form layout.Form) error {
	page := casePage{Page: p.Layout.Page(c, c.Say("membership.case_title", "number", v.Case.Number)), Standing: p.standing(c, v), Form: form, Most: material.MaxBytes >> 20}
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{crumb(c, "membership.proofs", "membership.proofs")}
	return p.pages.Render(c, status, "proof", page)
}

// fill keeps what was written, and hands it in if that was asked.
func (p *Pages) fill(c *web.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	if _, err := p.Proofs.View(ctx, c.Actor, id); err != nil {
		return err
	}
	var f proof.Form
	err := c.Form(&f)
	if err == nil {
		_, err = p.Proofs.Do(ctx, c.Actor, id, proof.Fill{Form: f})
	}
	said := "membership.said_saved"
	if err == nil && c.Typed("then") == "submit" {
		said = "membership.said_submitted"
		_, err = p.Proofs.Do(ctx, c.Actor, id, proof.Submit{})
	}
	return p.after(c, err, said)
}

// after goes back to the case, or shows on it what can be mended.
func (p *Pages) after(c *web.Context, err error, said string) error {
	id := c.Param("id")
	if told := layout.Told(err); told != nil {
		v, err := p.Proofs.View(c.Request.Context(), c.Actor, id)
		if err != nil {
			return err
		}
		form := layout.Again(c, told)
		if c.Route.Name != "membership.fill."+string(c.Lang) { // another form of the page: what was saved stands
			saved := layout.Blank(c, v.Form)
			saved.Wrong = form.Wrong
			form = saved
		}
		return p.shown(c, layout.Status, v, form)
	}
	if err != nil {
		return err
	}
	return seeOther(c, said, "membership.proof", id)
}

func (p *Pages) withdraw(c *web.Context) error {
	_, err := p.Proofs.Do(c.Request.Context(), c.Actor, c.Param("id"), proof.Withdraw{})
	return p.after(c, err, "membership.said_withdrawn")
}

// attach takes one copy.
func (p *Pages) attach(c *web.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	err := p.Proofs.MayAttach(ctx, c.Actor, id)
	if err == nil {
		err = p.receive(c, id)
	}
	return p.after(c, err, "membership.said_attached")
}

// receive reads the files of a form, of which the first counts.
func (p *Pages) receive(c *web.Context, id string) error {
	ctx := c.Request.Context()
	var got *material.Scratch
	err := c.Files(func(_, name string, file io.Reader) (err error) {
		if got != nil {
			var list problem.List
			list.Add("/file", "membership.one_at_a_time")
			return list.Err()
		}
		got, err = p.Proofs.Materials.Receive(ctx, c.Actor, name, file)
		return err
	})
	if got != nil {
		defer got.Close()
	}
	if err == nil && got == nil {
		var list problem.List
		list.Add("/file", "membership.no_file_chosen")
		err = list.Err()
	}
	if err != nil {
		return err
	}
	return p.Proofs.Attach(ctx, c.Actor, id, got)
}

func (p *Pages) detach(c *web.Context) error {
	return p.after(c, p.Proofs.Detach(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file")), "membership.said_detached")
}
