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
	"kaishu/internal/open/condition"
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

func (p *Pages) stepped(c *web.Context, status int, section string, v application.View, form layout.Form) (err error) {
	page := stepPage{Page: p.page(c, c.Say("application.item."+section)), View: v, Form: form, Section: section, Most: material.MaxBytes >> 20, c: c}
	switch section {
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
	return p.pages.Render(c, status, section, page)
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
		part := wantedPart{Dataset: named[w.Dataset], At: at, FieldFaults: append(form.Faults(at+"/fields"), form.Faults(at+"/fields/-")...)}
		part.FieldFaults = append(part.FieldFaults, form.Faults(at+"/dataset")...)
		chosen := form.Values(at + "/fields")
		for _, item := range part.Dataset.Items {
			part.Columns = append(part.Columns, column{item.Name, item.Title.In(c.Lang), item.Description.In(c.Lang), slices.Contains(chosen, item.Name)})
		}
		part.Breadth = c.Say("apply.breadth", "chosen", len(chosen), "all", len(part.Columns), "risk", c.Say("apply.breadth_"+application.Breadth(len(chosen), len(part.Columns))))
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

// Fact is a line of the check page.
type Fact struct{ Label, Value string }

// Block is a section of the check page and of the file.
type Block struct {
	Name, Section, Change string
	Facts                 []Fact
	Wrong                 []string
}

type checkPage struct {
	layout.Page
	application.View
	Form   layout.Form
	Blocks []Block
	Faults []wrong
}

// wrong is a fault that leads to the section where it is mended.
type wrong struct{ Text, Href, Section string }

func (p *Pages) check(c *web.Context) error {
	v, open, err := p.writes(c)
	if err != nil {
		return err
	}
	if !open {
		return to(c, "", "apply.case", v.Case.ID)
	}
	return p.checked(c, http.StatusOK, v, nil)
}

func (p *Pages) checked(c *web.Context, status int, v application.View, told *problem.Error) error {
	page := checkPage{Page: p.page(c, c.Say("apply.check")), View: v, Form: layout.Blank(c, nil)}
	var err error
	if page.Blocks, err = p.Blocks(c, v, true); err != nil {
		return err
	}
	if told != nil && len(told.Fields) == 0 {
		page.Form = layout.Again(c, told)
	}
	if told != nil {
		for i, e := range c.Shape(0, told).Errors {
			section := application.SectionOf(told.Fields[i].Pointer)
			text := e.Detail
			if name, ok := application.ItemOf(told.Fields[i].Pointer); ok {
				words, err := p.Item(c, v.Asks, name)
				if err != nil {
					return err
				}
				text = c.Say("apply.item_wrong", "item", words, "fault", e.Detail)
			}
			page.Faults = append(page.Faults, wrong{text, layout.URL(c, "apply."+section, v.Case.ID), c.Say("application.item." + section)})
		}
	}
	return p.pages.Render(c, status, "check", page)
}

// Blocks is what an application says, section by section.
func (p *Pages) Blocks(c *web.Context, v application.View, change bool) (all []Block, err error) {
	named, err := p.named(c, slugs(v.Draft)...)
	if err != nil {
		return nil, err
	}
	d := v.Draft
	facts := map[string][]Fact{
		"applicant": {{c.Say("apply.name"), v.Identity.Name.In(c.Lang)}, {c.Say("apply.kind"), c.Say("application.kind." + string(v.Case.Applicant))}},
		"scenario": {{c.Say("apply.scenario_code"), p.Scenario(c, d.Scenario.Code)}, {c.Say("apply.scenario_title"), d.Scenario.Title}, {c.Say("apply.scenario_purpose"), d.Scenario.Purpose},
			{c.Say("apply.scenario_serves"), d.Scenario.Serves}, {c.Say("apply.scenario_benefit"), d.Scenario.Benefit}, {c.Say("apply.scenario_external"), d.Scenario.External}},
		"security": {{c.Say("apply.security_measures"), d.Security.Measures}, {c.Say("apply.security_where"), d.Security.Where}, {c.Say("apply.security_access"), d.Security.Access}},
	}
	if v.Identity.USCC != "" {
		facts["applicant"] = append(facts["applicant"], Fact{c.Say("apply.uscc"), v.Identity.USCC})
	}
	for _, w := range d.Datasets {
		facts["datasets"] = append(facts["datasets"], Fact{named[w.Dataset].Title.In(c.Lang), asked(c, named[w.Dataset], w)})
	}
	for _, a := range v.Asks {
		set, err := p.set(c, a)
		if err != nil {
			return nil, err
		}
		for _, m := range set.Materials {
			facts["security"] = append(facts["security"], Fact{m.Name.In(c.Lang), fileNames(d.Of(application.MaterialItem(a.Dataset, m.ID)))})
		}
	}
	for _, f := range (stepPage{Form: layout.Blank(c, d)}).Fields() {
		yes := c.Say("apply.no")
		if f.Value == "true" {
			yes = c.Say("apply.yes")
		}
		facts["pledge"] = append(facts["pledge"], Fact{f.Label, yes})
	}
	for _, s := range application.Sections {
		b := Block{Name: c.Say("application.item." + s), Section: s, Facts: facts[s]}
		if change {
			b.Change = layout.URL(c, "apply."+s, v.Case.ID)
		}
		all = append(all, b)
	}
	return all, nil
}

// Scenario puts the code of a scenario into words.
func (p *Pages) Scenario(c *web.Context, code string) string {
	i := slices.IndexFunc(p.Conditions.Scenarios(), func(s condition.ScenarioCode) bool { return s.Code == code })
	if i < 0 {
		return code
	}
	return p.Conditions.Scenarios()[i].Name.In(c.Lang)
}

// asked says in a sentence what is asked of a dataset.
func asked(c *web.Context, d Dataset, w application.Wanted) string {
	var fields []string
	for _, item := range d.Items {
		if slices.Contains(w.Fields, item.Name) {
			fields = append(fields, item.Title.In(c.Lang))
		}
	}
	return c.Say("apply.asked", "fields", joined(c, fields), "count", parts(len(w.Fields), len(d.Items)), "mode", c.Say("application.mode."+w.Mode), "months", w.Months, "period", period(c, w.From, w.To))
}

func period(c *web.Context, from, to workday.Date) string {
	switch {
	case from == "" && to == "":
		return c.Say("apply.period_all")
	case to == "":
		return c.Say("apply.period_from", "from", string(from))
	case from == "":
		return c.Say("apply.period_to", "to", string(to))
	}
	return c.Say("apply.period", "from", string(from), "to", string(to))
}

func joined(c *web.Context, all []string) (text string) {
	for i, s := range all {
		if i > 0 {
			text += c.Say("apply.comma")
		}
		text += s
	}
	return text
}

func fileNames(files []application.File) (text string) {
	for i, f := range files {
		if i > 0 {
			text += "; "
		}
		text += f.Name
	}
	return text
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
