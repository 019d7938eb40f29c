package assessmentdesk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/assessment"
	"kaishu/internal/site/layout"
)

// ruleForm is a rule as it is typed: everything is text.
type ruleForm struct {
	Kind    string `json:"kind"`
	First   string `json:"first"`  // column
	Second  string `json:"second"` // column
	More    string `json:"more"`   // columns, one a line
	Must    string `json:"must"`
	Low     string `json:"low"`
	High    string `json:"high"`
	Least   string `json:"least"`
	Most    string `json:"most"`
	Share   string `json:"share"`
	Pattern string `json:"pattern"`
	Values  string `json:"values"` // one a line
	When    string `json:"when"`
	Then    string `json:"then"`
	Dataset string `json:"dataset"`
	Among   string `json:"among"`
	Form    string `json:"form"`
	Unit    string `json:"unit"`
}

// rule returns what was typed as a rule. Numbers that are none are told.
func (f ruleForm) rule(l *problem.List) assessment.Rule {
	r := assessment.Rule{Kind: assessment.Kind(f.Kind), Must: f.Must == "true", Low: strings.TrimSpace(f.Low), High: strings.TrimSpace(f.High), Pattern: f.Pattern,
		When: strings.TrimSpace(f.When), Then: strings.TrimSpace(f.Then), Dataset: strings.TrimSpace(f.Dataset), Among: strings.TrimSpace(f.Among), Form: f.Form, Unit: strings.TrimSpace(f.Unit)}
	r.Fields = slices.DeleteFunc([]string{f.First, f.Second}, func(name string) bool { return name == "" })
	r.Fields = append(r.Fields, lines(f.More)...)
	r.Values = lines(f.Values)
	whole := func(at, text string, into *int) {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if *into = n; text != "" && err != nil {
			l.Add(at, "assessment.no_number")
		}
	}
	whole("/least", f.Least, &r.Least)
	whole("/most", f.Most, &r.Most)
	var err error
	if r.Share, err = strconv.ParseFloat(strings.TrimSpace(f.Share), 64); f.Share != "" && err != nil {
		l.Add("/share", "assessment.no_share")
	}
	return r
}

func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// rulePage is the form of one rule: only what its check takes is asked for.
type rulePage struct {
	layout.Page
	Slug   string
	Kind   string
	Seen   int
	Form   layout.Form
	Inputs []layout.Field
}

func (p *Pages) rule(c *web.Context) error {
	return p.showRule(c, assessment.Kind(c.Query("kind")), layout.Blank(c, ruleForm{}), http.StatusOK)
}

func (p *Pages) showRule(c *web.Context, kind assessment.Kind, form layout.Form, status int) error {
	k, ok := assessment.Find(kind)
	if !ok {
		return problem.New(problem.NotFound, "web.nothing_here")
	}
	h, err := p.Assessments.Holding(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	x := rulePage{Page: p.Layout.Page(c, assessment.Name(c, kind)), Slug: h.Dataset, Kind: string(kind), Seen: h.Revision, Form: form}
	x.NoIndex = true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("assessmentdesk.title")), Href: layout.URL(c, "assessmentdesk.desk")}, {Name: h.Title, Href: layout.URL(c, "assessmentdesk.dataset", h.Dataset)}}
	for i, name := range []string{"/first", "/second"} {
		if k.Fields[1] > i {
			x.Inputs = append(x.Inputs, column(form, name, h.Fields, k.Fields[0] > i))
		}
	}
	if k.Fields[1] > 2 {
		x.Inputs = append(x.Inputs, form.Field("area", "/more", "assessmentdesk.more").Hint("assessmentdesk.more_hint"))
	}
	for _, param := range k.Takes {
		x.Inputs = append(x.Inputs, input(c, form, param))
	}
	x.Inputs = append(x.Inputs, form.Field("switch", "/must", "assessmentdesk.must").Hint("assessmentdesk.must_hint"))
	return p.pages.Render(c, status, "rule", x)
}

// column is the input of a column: a choice if columns are known.
func column(form layout.Form, name string, known []string, needed bool) layout.Field {
	label := map[string]string{"/first": "assessmentdesk.first", "/second": "assessmentdesk.second"}[name]
	if len(known) == 0 {
		return form.Field("text", name, label)
	}
	options := []layout.Option{{Value: "", Label: "—"}}
	for _, field := range known {
		options = append(options, layout.Option{Value: field, Label: field, Chosen: form.Value(name) == field})
	}
	f := form.Field("select", name, label).Of(options)
	if needed {
		f = f.Need()
	}
	return f
}

// input is that of a parameter.
func input(c *web.Context, form layout.Form, param string) layout.Field {
	kind := map[string]string{"values": "area", "when": "area", "then": "area", "form": "select"}[param]
	if kind == "" {
		kind = "text"
	}
	f := form.Field(kind, "/"+param, "assessmentdesk.param."+param).Hint("assessmentdesk.hint." + param)
	if param == "form" {
		var options []layout.Option
		for _, name := range assessment.FormNames() {
			options = append(options, layout.Option{Value: name, Label: c.Say("assessment.form." + name), Chosen: form.Value("/form") == name})
		}
		f = f.Of(options)
	}
	return f
}

// set is the rules that a change begins from: those that wait, if some do.
func set(h assessment.Holding) []assessment.Rule {
	if h.Stage == assessment.StageProposed {
		return h.Proposed
	}
	return h.Rules
}

// propose asks for the set that change makes of the one that stands, if it is
// still the one that the reader saw.
func (p *Pages) propose(c *web.Context, change func([]assessment.Rule) []assessment.Rule) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	h, err := p.Assessments.Holding(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	if seen == 0 {
		seen = h.Revision
	}
	_, err = p.Assessments.Do(c.Request.Context(), c.Actor, c.Param("slug"), seen, assessment.Propose{Rules: change(slices.Clone(set(h)))})
	return err
}

func (p *Pages) add(c *web.Context) error {
	var f ruleForm
	err := c.Form(&f)
	var l problem.List
	place := 0
	if err == nil {
		r := f.rule(&l)
		if err = l.Err(); err == nil {
			err = p.propose(c, func(rules []assessment.Rule) []assessment.Rule {
				place = len(rules)
				return append(rules, r)
			})
		}
	}
	if err == nil {
		return say(c, layout.URL(c, "assessmentdesk.dataset", c.Param("slug")), "assessmentdesk.said_proposed")
	}
	told := layout.Told(err)
	if told == nil || told.Kind != problem.Invalid {
		return err
	}
	for i, field := range told.Fields {
		told.Fields[i].Pointer = typed(field.Pointer, place)
	}
	return p.showRule(c, assessment.Kind(f.Kind), layout.Again(c, told), layout.Status)
}

// typed is the input of the form that a fault of the set's new rule is about.
func typed(pointer string, place int) string {
	param, ok := strings.CutPrefix(pointer, "/rules/"+strconv.Itoa(place)+"/")
	if !ok {
		return pointer
	}
	switch param {
	case "fields", "fields/0", "kind":
		return "/first"
	case "fields/1":
		return "/second"
	}
	if strings.HasPrefix(param, "fields/") {
		return "/more"
	}
	name, _, _ := strings.Cut(param, "/")
	return "/" + name
}

// takeForm names suggestions by their place.
type takeForm struct {
	Take []string `json:"take"`
}

// take proposes the suggestions that were ticked.
func (p *Pages) take(c *web.Context) error {
	var f takeForm
	if err := c.Form(&f); err != nil {
		return p.again(c, err)
	}
	all, err := p.Assessments.Suggest(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	err = p.propose(c, func(rules []assessment.Rule) []assessment.Rule {
		for _, place := range f.Take {
			if i, err := strconv.Atoi(place); err == nil && i >= 0 && i < len(all) {
				rules = append(rules, all[i].Rule)
			}
		}
		return rules
	})
	if err != nil {
		return p.again(c, err)
	}
	return say(c, layout.URL(c, "assessmentdesk.dataset", c.Param("slug")), "assessmentdesk.said_proposed")
}

// dropForm names a rule of the set by its place.
type dropForm struct {
	Place string `json:"place"`
}

func (p *Pages) drop(c *web.Context) error {
	var f dropForm
	if err := c.Form(&f); err != nil {
		return p.again(c, err)
	}
	i, err := strconv.Atoi(f.Place)
	if err != nil {
		i = -1
	}
	err = p.propose(c, func(rules []assessment.Rule) []assessment.Rule {
		if i < 0 || i >= len(rules) {
			return rules
		}
		return slices.Delete(rules, i, i+1)
	})
	if err != nil {
		return p.again(c, err)
	}
	return say(c, layout.URL(c, "assessmentdesk.dataset", c.Param("slug")), "assessmentdesk.said_proposed")
}
