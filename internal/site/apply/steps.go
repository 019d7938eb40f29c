package apply

import (
	"fmt"
	"io"
	"net/http"
	"slices"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/site/layout"
)

type stepPage struct {
	layout.Page
	application.View
	Form      layout.Form
	Section   string
	Wanted    []wantedPart
	Open      []openable
	Materials []materialPart
	Accept    string
	Most      int
	Scenarios []layout.Option
	c         *web.Context
}

// step is one section of the form.
func (p *Pages) step(c *web.Context, section string) error {
	v, open, err := p.writes(c)
	if err != nil {
		return err
	}
	if !open {
		return to(c, "", "apply.case", v.Case.ID)
	}
	return p.stepped(c, http.StatusOK, section, v, layout.Blank(c, v.Draft))
}

func (p *Pages) stepped(c *web.Context, status int, name string, v application.View, form layout.Form) (err error) {
	page := stepPage{Page: p.page(c, section(c, name)), View: v, Form: form, Section: name, Most: material.MaxBytes >> 20, c: c}
	switch name {
	case "datasets":
		if page.Wanted, err = p.wantedParts(c, v, form); err == nil {
			page.Open, err = p.openable(c, slugs(v.Draft))
		}
	case "security":
		page.Materials, err = p.materials(c, v, form)
		for i, a := range material.Accepted {
			if i > 0 {
				page.Accept += ","
			}
			page.Accept += a
		}
	case "scenario":
		page.Scenarios = append(page.Scenarios, layout.Option{Label: c.Say("apply.choose")})
		for _, s := range p.Conditions.Scenarios() {
			if !s.Ended {
				page.Scenarios = append(page.Scenarios, layout.Option{Value: s.Code, Label: s.Name.In(c.Lang)})
			}
		}
	}
	if err != nil {
		return err
	}
	return p.pages.Render(c, status, name, page)
}

// Fields are the inputs of a section of texts.
func (p stepPage) Fields() []layout.Field {
	f := p.Form
	switch p.Section {
	case "scenario":
		return []layout.Field{
			f.Field("select", "/scenario/code", "apply.scenario_code").Hint("apply.scenario_code_hint").Need().Of(p.Scenarios),
			f.Field("text", "/scenario/title", "apply.scenario_title").Hint("apply.scenario_title_hint").Need().Max(100),
			f.Field("area", "/scenario/purpose", "apply.scenario_purpose").Hint("apply.scenario_purpose_hint").Need().Max(2000),
			f.Field("area", "/scenario/serves", "apply.scenario_serves").Hint("apply.scenario_serves_hint").Need().Max(500),
			f.Field("area", "/scenario/benefit", "apply.scenario_benefit").Hint("apply.scenario_benefit_hint").Need().Max(2000),
			f.Field("area", "/scenario/external", "apply.scenario_external").Hint("apply.scenario_external_hint").Max(1000),
		}
	case "security":
		return []layout.Field{
			f.Field("area", "/security/measures", "apply.security_measures").Hint("apply.security_measures_hint").Need().Max(2000),
			f.Field("area", "/security/where", "apply.security_where").Hint("apply.security_where_hint").Need().Max(500),
			f.Field("area", "/security/access", "apply.security_access").Hint("apply.security_access_hint").Need().Max(1000),
		}
	}
	return []layout.Field{
		f.Field("switch", "/pledge/true", "apply.pledge_true"), f.Field("switch", "/pledge/cite", "apply.pledge_cite"),
		f.Field("switch", "/pledge/report", "apply.pledge_report"), f.Field("switch", "/pledge/checks", "apply.pledge_checks"),
	}
}

// column is one field of a dataset, to be ticked.
type column struct {
	Name, Title, About string
	Chosen             bool
}

// wantedPart is what is asked of one dataset.
type wantedPart struct {
	Dataset     Dataset
	At          string // pointer of the inputs
	Columns     []column
	FieldsID    string
	FieldFaults []string
	Breadth     string // how much of it is asked
	Inputs      []layout.Field
}

func (p *Pages) wantedParts(c *web.Context, v application.View, form layout.Form) (all []wantedPart, err error) {
	named, err := p.named(c, slugs(v.Draft)...)
	if err != nil {
		return nil, err
	}
	for i, w := range v.Draft.Datasets {
		at := fmt.Sprintf("/datasets/%d", i)
		part := wantedPart{Dataset: named[w.Dataset], At: at, FieldsID: form.ListID(at + "/fields"), FieldFaults: form.ListFaults(at + "/fields")}
		part.FieldFaults = append(part.FieldFaults, form.Faults(at+"/dataset")...)
		chosen := form.Values(at + "/fields")
		for _, item := range part.Dataset.Items {
			part.Columns = append(part.Columns, column{item.Name, item.Title.In(c.Lang), item.Description.In(c.Lang), slices.Contains(chosen, item.Name)})
		}
		part.Breadth = c.Say("apply.breadth", "chosen", len(chosen), "all", len(part.Columns), "risk", c.Say("apply.breadth."+application.Breadth(len(chosen), len(part.Columns))))
		modes := application.Modes
		for _, a := range v.Asks {
			if a.Dataset == w.Dataset && len(a.Modes) > 0 {
				modes = a.Modes
			}
		}
		var options []layout.Option
		for _, m := range modes {
			options = append(options, layout.Option{Value: m, Label: c.Say("application.mode." + m)})
		}
		part.Inputs = []layout.Field{
			form.Field("choice", at+"/mode", "apply.mode").Need().Of(options),
			form.Field("number", at+"/months", "apply.months").Hint("apply.months_hint").Need().Narrow(),
			form.Field("date", at+"/from", "apply.from").Hint("apply.from_hint").Narrow(),
			form.Field("date", at+"/to", "apply.to").Hint("apply.to_hint").Narrow(),
		}
		all = append(all, part)
	}
	return all, nil
}

type applicantPage struct {
	layout.Page
	application.View
}

// applicant shows who applies, as it will be frozen.
func (p *Pages) applicant(c *web.Context) error {
	v, open, err := p.writes(c)
	if err != nil {
		return err
	}
	if !open {
		return to(c, "", "apply.case", v.Case.ID)
	}
	return p.pages.Render(c, http.StatusOK, "applicant", applicantPage{p.page(c, c.Say("application.item.applicant")), v})
}

// Missing are what the applicant has yet to do.
func (p applicantPage) Missing() (all []layout.Link) {
	if !p.View.Identity.Proved {
		name := "apply.prove_person"
		if p.View.Case.Organisation != "" {
			name = "apply.prove_body"
		}
		all = append(all, layout.Link{Name: p.Tell(name), Href: p.URL("membership.proofs")})
	}
	if !p.View.Identity.Rules {
		all = append(all, layout.Link{Name: p.Tell("apply.accept_rules"), Href: p.URL("platformrules.accept")})
	}
	return all
}

// attach takes one copy for an item.
func (p *Pages) attach(c *web.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	err := p.Applications.MayAttach(ctx, c.Actor, id)
	if err == nil {
		err = p.receive(c, id)
	}
	if told := layout.Told(err); told != nil {
		v, open, err := p.writes(c)
		if err != nil {
			return err
		}
		if !open {
			return to(c, "", "apply.case", id)
		}
		form := layout.Blank(c, v.Draft)
		form.Tell(c, told)
		return p.stepped(c, layout.Status, "security", v, form)
	}
	if err != nil {
		return err
	}
	return to(c, "apply.said_attached", "apply.security", id)
}

// receive reads the file of a form and the item that it is for, which come in
// any order.
func (p *Pages) receive(c *web.Context, id string) error {
	ctx := c.Request.Context()
	var got *material.Scratch
	err := c.Files(func(_, name string, file io.Reader) (err error) {
		if got != nil {
			return nil
		}
		got, err = p.Applications.Materials.Receive(ctx, c.Actor, name, file)
		return err
	})
	if got != nil {
		defer got.Close()
	}
	if err == nil && got == nil {
		var list problem.List
		list.Add("", "apply.no_file_chosen")
		err = list.Err()
	}
	if err != nil {
		return err
	}
	return p.Applications.Attach(ctx, c.Actor, id, c.Typed("item"), workday.Date(c.Typed("until")), got)
}

func (p *Pages) detach(c *web.Context) error {
	if err := p.Applications.Detach(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file")); err != nil {
		return err
	}
	return to(c, "apply.said_detached", "apply.security", c.Param("id"))
}

func (p *Pages) file(c *web.Context) error {
	f, err := p.Applications.File(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return application.Send(c, f)
}
