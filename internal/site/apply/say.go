package apply

import (
	"net/http"
	"slices"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/open/condition"
	"kaishu/internal/site/layout"
)

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
			at := application.SectionOf(told.Fields[i].Pointer)
			text := e.Detail
			if name, ok := application.ItemOf(told.Fields[i].Pointer); ok {
				words, err := p.Item(c, v.Asks, name)
				if err != nil {
					return err
				}
				text = c.Say("apply.item_wrong", "item", words, "fault", e.Detail)
			}
			page.Faults = append(page.Faults, wrong{text, layout.URL(c, "apply."+at, v.Case.ID), section(c, at)})
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
		b := Block{Name: section(c, s), Section: s, Facts: facts[s]}
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
