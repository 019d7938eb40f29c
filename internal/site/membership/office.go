package membership

import (
	"net/http"
	"slices"

	"kaishu/internal/base/problem"
	"kaishu/internal/casework/proof"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

type queuePage struct {
	layout.Page
	Cases []Standing
}

// queue is what waits for an officer, the most urgent first.
func (p *Pages) queue(c *web.Context) error {
	all, err := p.Proofs.Queue(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	page := queuePage{Page: p.Layout.Page(c, c.Say("membership.queue"))}
	page.NoIndex = true
	for _, v := range all {
		page.Cases = append(page.Cases, p.standing(c, v))
	}
	return p.pages.Render(c, http.StatusOK, "queue", page)
}

// Reason is one usual reason, as a choice.
type Reason struct {
	Code   string
	Chosen bool
}

// Reasons are the choices of the officer's form.
func (p casePage) Reasons() (all []Reason) {
	chosen := p.Form.Values("/codes")
	for _, code := range proof.ReasonCodes {
		all = append(all, Reason{code, slices.Contains(chosen, code)})
	}
	return all
}

// Note is the input of what the usual reasons do not say.
func (p casePage) Note() layout.Field {
	return p.Form.Field("area", "/note", "membership.note").Hint("membership.note_hint").Max(1000)
}

// CodeFaults are what is wrong with the chosen reasons.
func (p casePage) CodeFaults() []string {
	return append(p.Form.Faults("/codes"), p.Form.Faults("/codes/-")...)
}

func (p *Pages) look(c *web.Context) error {
	v, err := p.Proofs.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.looked(c, http.StatusOK, v, layout.Blank(c, nil))
}

func (p *Pages) looked(c *web.Context, status int, v proof.View, form layout.Form) error {
	page := casePage{Page: p.Layout.Page(c, c.Say("membership.case_title", "number", v.Case.Number)), Standing: p.standing(c, v), Form: form}
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{crumb(c, "membership.queue", "membership.queue")}
	return p.pages.Render(c, status, "case", page)
}

// decide is the officer's decision, with every reason at once.
func (p *Pages) decide(c *web.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	v, err := p.Proofs.View(ctx, c.Actor, id)
	if err != nil {
		return err
	}
	var r proof.Reasons
	err = c.Form(&r)
	if err == nil {
		var command proof.Command
		switch c.Typed("decide") {
		case "accept":
			command = proof.Accept{}
		case "return":
			command = proof.Return(r)
		case "refuse":
			command = proof.Refuse(r)
		default:
			err = problem.New(problem.Invalid, "membership.no_decision")
		}
		if err == nil {
			_, err = p.Proofs.Do(ctx, c.Actor, id, command)
		}
	}
	if told := layout.Told(err); told != nil {
		return p.looked(c, layout.Status, v, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return seeOther(c, "membership.said_decided", "membership.case", id)
}
