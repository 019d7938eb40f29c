package conditions

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/condition"
	"kaishu/internal/site/layout"
)

// editPage is the form of a draft.
type editPage struct {
	layout.Page
	Slug     string
	Set      condition.Set
	Badge    layout.Badge
	Form     layout.Form
	Rows     []formRow
	Papers   []formRow
	Kinds    []layout.Option // of conditions that can be added
	Attached []Paper
	Changes  []Change
	Before   bool // something is in force: the materials may have to be confirmed
	Most     int  // megabytes of a template
	options  func(stem string, codes []string, chosen []string) []layout.Option
}

// formRow is one condition or material of the form.
type formRow struct {
	N      int // from 1
	At     string
	Anchor string
	Kind   string // of a condition, in words
	Hidden []hidden
	Pairs  [][2]layout.Field // Chinese beside English
	Fields []layout.Field
	Groups []Group
}

type hidden struct{ Name, Value string }

// Group is a set of boxes, of which any may be ticked.
type Group struct {
	Name, ID, Label string
	Hint            string
	Faults          []string
	Options         []layout.Option
}

// edit shows the form.
func (s *Service) edit(c *web.Context, status int, v condition.View, title locale.Text, form layout.Form) error {
	words := c.Say("conditions.title_version", "n", v.Set.Version)
	p := &editPage{Page: s.Layout.Page(c, words+" · "+title.In(c.Lang)), Slug: v.Set.Entry, Set: v.Set, Badge: badge(c, v.Set.Stage), Form: form,
		Changes: s.changes(c, v), Before: len(v.Changes) > 0, Most: material.MaxBytes >> 20}
	p.Heading, p.NoIndex, p.Crumbs = same(words), true, s.crumbs(c, v.Set.Entry, title)
	p.options = func(stem string, codes, chosen []string) (all []layout.Option) {
		for _, code := range codes {
			all = append(all, layout.Option{Value: code, Label: c.Say(stem + code), Chosen: slices.Contains(chosen, code)})
		}
		return all
	}
	if _, in, err := s.Conditions.Current(c.Request.Context(), c.Actor, v.Set.Entry); err != nil {
		return err
	} else if in {
		p.Before = true
	}
	for _, k := range condition.Kinds {
		p.Kinds = append(p.Kinds, layout.Option{Value: string(k), Label: c.Say("condition.kind." + string(k))})
	}
	for n := 0; p.Form.Has(at("conditions", n) + "/kind"); n++ {
		p.Rows = append(p.Rows, s.conditionRow(c, p, n))
	}
	for n := 0; p.Form.Has(at("materials", n) + "/type"); n++ {
		p.Papers = append(p.Papers, p.materialRow(n))
	}
	for _, m := range v.Set.Materials {
		x := Paper{Material: m}
		if file, ok := v.Template(m.Template); ok && m.Template != "" {
			x.File, x.Href = file, c.URL("condition.template", v.Set.Entry, file.ID)
		}
		p.Attached = append(p.Attached, x)
	}
	return s.pages.Render(c, status, "edit", p)
}

func at(list string, n int) string { return "/" + list + "/" + strconv.Itoa(n) }

// conditionRow is the inputs of one condition: those that its kind needs.
func (s *Service) conditionRow(c *web.Context, p *editPage, n int) formRow {
	at := at("conditions", n)
	kind := p.Form.Value(at + "/kind")
	r := formRow{N: n + 1, At: at, Anchor: "c-" + strconv.Itoa(n), Hidden: []hidden{{at + "/kind", kind}}}
	if slices.Contains(condition.Kinds, condition.Kind(kind)) {
		r.Kind = c.Say("condition.kind." + kind)
	}
	r.Pairs = [][2]layout.Field{
		{p.Form.Field("area", at+"/text/zh", "conditions.text_zh").Need().Max(2000), p.Form.Field("area", at+"/text/en", "conditions.text_en").Max(2000)},
		{p.Form.Field("area", at+"/risk/zh", "conditions.risk_zh").Need().Max(2000), p.Form.Field("area", at+"/risk/en", "conditions.risk_en").Max(2000)}}
	switch condition.Kind(kind) {
	case condition.Scenario:
		r.Groups = []Group{p.group(at+"/allow", "conditions.allow", "conditions.allow_hint", s.scenarioOptions(c, p.Form.Values(at+"/allow"))),
			p.group(at+"/deny", "conditions.deny", "", s.scenarioOptions(c, p.Form.Values(at+"/deny")))}
	case condition.Security, condition.Capability:
		var codes []string
		for _, e := range condition.Evidences {
			if slices.Contains(e.For, condition.Kind(kind)) {
				codes = append(codes, e.Code)
			}
		}
		r.Fields = append(r.Fields, p.choose(at+"/evidence", "conditions.evidence", "conditions.choose", "condition.evidence.", codes).Need())
		r.Fields = append(r.Fields, p.level(c, at))
	case condition.Feedback:
		r.Fields = append(r.Fields, p.Form.Field("switch", at+"/cite", "conditions.cite"), p.Form.Field("switch", at+"/spot_checks", "conditions.spot"),
			p.choose(at+"/every", "conditions.every", "conditions.never", "condition.every.", condition.Periods))
	case condition.Credit:
		r.Groups = []Group{p.group(at+"/lists", "conditions.lists", "", p.options("condition.list_name.", condition.CreditLists, p.Form.Values(at+"/lists")))}
	}
	return r
}

// Place is where a row stands, as its buttons say: "/3".
func (p *editPage) Place(r formRow) string { return "/" + strconv.Itoa(r.N-1) }

func (p *editPage) level(c *web.Context, at string) layout.Field {
	options := []layout.Option{{Value: "", Label: c.Say("conditions.no_level")}}
	for n := 1; n <= 5; n++ {
		options = append(options, layout.Option{Value: strconv.Itoa(n), Label: c.Say("condition.level", "level", n)})
	}
	return p.Form.Field("select", at+"/level", "conditions.level").Hint("conditions.level_hint").Of(options)
}

func (p *editPage) choose(name, label, none, stem string, codes []string) layout.Field {
	options := append([]layout.Option{{Value: "", Label: p.Tell(none)}}, p.options(stem, codes, nil)...)
	return p.Form.Field("select", name, label).Of(options)
}

// scenarioOptions leaves out what has ended, unless it is chosen.
func (s *Service) scenarioOptions(c *web.Context, chosen []string) (all []layout.Option) {
	for _, x := range s.Conditions.Scenarios() {
		if taken := slices.Contains(chosen, x.Code); taken || !x.Ended {
			all = append(all, layout.Option{Value: x.Code, Label: x.Name.In(c.Lang), Chosen: taken})
		}
	}
	return all
}

// group is boxes for a list of codes. The summary of faults leads to it under
// either of its names.
func (p *editPage) group(name, label, hint string, options []layout.Option) Group {
	g := Group{Name: name + "/-", Label: p.Tell(label), ID: layout.Wrong{Name: name}.ID(), Options: options, Faults: p.Form.Faults(name)}
	if hint != "" {
		g.Hint = p.Tell(hint)
	}
	if more := p.Form.Faults(name + "/-"); len(more) > 0 {
		g.Faults, g.ID = append(g.Faults, more...), layout.Wrong{Name: name + "/-"}.ID()
	}
	for i := range p.Form.Wrong {
		if w := &p.Form.Wrong[i]; w.Name == name || w.Name == name+"/-" {
			w.Label = g.Label
		}
	}
	return g
}

// Applicants, Modes and Rest are the inputs behind conditions and materials.
func (p *editPage) Applicants() Group {
	return p.group("/applicants", "conditions.applicants", "conditions.applicants_hint", p.options("condition.applicant.", codes(condition.Applicants), p.Form.Values("/applicants")))
}

// Modes are the ways in which the data may be handed over.
func (p *editPage) Modes() Group {
	return p.group("/modes", "conditions.modes", "", p.options("condition.mode.", condition.Modes, p.Form.Values("/modes")))
}

func codes[S ~string](all []S) (out []string) {
	for _, x := range all {
		out = append(out, string(x))
	}
	return out
}

func (p *editPage) materialRow(n int) formRow {
	at := at("materials", n)
	r := formRow{N: n + 1, At: at, Anchor: "m-" + strconv.Itoa(n), Hidden: []hidden{{at + "/id", p.Form.Value(at + "/id")}, {at + "/template", p.Form.Value(at + "/template")}}}
	r.Pairs = [][2]layout.Field{
		{p.Form.Field("text", at+"/name/zh", "conditions.name_zh").Need().Max(200), p.Form.Field("text", at+"/name/en", "conditions.name_en").Max(200)},
		{p.Form.Field("text", at+"/note/zh", "conditions.note_zh").Max(2000), p.Form.Field("text", at+"/note/en", "conditions.note_en").Max(2000)}}
	r.Fields = []layout.Field{
		p.Form.Field("select", at+"/type", "conditions.material_type").Need().Of(p.options("condition.material.", codes(condition.MaterialTypes), nil)),
		p.Form.Field("switch", at+"/required", "conditions.is_required"), p.Form.Field("switch", at+"/expires", "conditions.is_expiring")}
	return r
}

// fill keeps the form, after what its button asks: another row, one less, or
// to hand it in.
func (s *Service) fill(c *web.Context) error {
	v, title, err := s.work(c)
	if err != nil {
		return err
	}
	ctx, slug, n := c.Request.Context(), v.Set.Entry, v.Set.Version
	var in condition.Content
	err = c.Form(&in)
	do := c.Typed("do")
	anchor := ""
	if err == nil {
		in, anchor = rows(in, do)
		v.Set, err = s.Conditions.Fill(ctx, c.Actor, slug, n, in)
	}
	if told := layout.Told(err); told != nil {
		return s.edit(c, layout.Status, v, title, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	if do == "propose" {
		_, err = s.Conditions.Propose(ctx, c.Actor, slug, n)
		if told := layout.Told(err); told != nil {
			form := layout.Blank(c, v.Set.Content)
			form.Tell(c, told)
			if len(told.Fields) == 0 {
				form.Wrong = []layout.Wrong{{Text: c.Shape(0, told).Detail}}
			}
			return s.edit(c, layout.Status, v, title, form)
		}
		if err != nil {
			return err
		}
		return say(c, "conditions.said_proposed", "")
	}
	if anchor != "" {
		return say(c, "", anchor)
	}
	return say(c, "conditions.said_saved", "")
}

// rows adds or removes a row of in, as the button says: "add/security",
// "add_material", "drop/3", "drop_material/0", "no_template/0". The anchor is
// where to go on; "" if there is nothing to do.
func rows(in condition.Content, do string) (out condition.Content, anchor string) {
	verb, arg, _ := strings.Cut(do, "/")
	n, err := strconv.Atoi(arg)
	numbered := err == nil && n >= 0
	switch {
	case verb == "add" && slices.Contains(condition.Kinds, condition.Kind(arg)):
		in.Conditions = append(in.Conditions, condition.Condition{Kind: condition.Kind(arg)})
		return in, "#c-" + strconv.Itoa(len(in.Conditions)-1)
	case verb == "add_material":
		in.Materials = append(in.Materials, condition.Material{Type: missing(in.Materials), Required: true})
		return in, "#m-" + strconv.Itoa(len(in.Materials)-1)
	case verb == "drop" && numbered && n < len(in.Conditions):
		in.Conditions = slices.Delete(in.Conditions, n, n+1)
		return in, "#conditions"
	case verb == "drop_material" && numbered && n < len(in.Materials):
		in.Materials = slices.Delete(in.Materials, n, n+1)
		return in, "#materials"
	case verb == "no_template" && numbered && n < len(in.Materials):
		in.Materials[n].Template = ""
		return in, "#m-" + arg
	}
	return in, ""
}

// missing is the first of the three types of Article 18(1) that there is no
// material of, else any other.
func missing(all []condition.Material) condition.MaterialType {
	for _, t := range condition.MaterialTypes[:3] {
		if !slices.ContainsFunc(all, func(m condition.Material) bool { return m.Type == t }) {
			return t
		}
	}
	return condition.MaterialOther
}

// attach takes the template of one material.
func (s *Service) attach(c *web.Context) error {
	v, title, err := s.work(c)
	if err != nil {
		return err
	}
	err = s.receive(c, v)
	if told := layout.Told(err); told != nil {
		form := layout.Blank(c, v.Set.Content)
		form.Wrong = layout.Again(c, told).Wrong
		return s.edit(c, layout.Status, v, title, form)
	}
	if err != nil {
		return err
	}
	return say(c, "conditions.said_attached", "#templates")
}

func (s *Service) receive(c *web.Context, v condition.View) (err error) {
	ctx := c.Request.Context()
	var got *material.Scratch
	defer func() {
		if got != nil {
			got.Close()
		}
	}()
	if !slices.Contains(v.Can, "fill") {
		return condition.Table.Permit(v.Set.Stage, "fill", c.Actor.For(v.Set.Body), v.Set.Did)
	}
	err = c.Files(func(_, name string, file io.Reader) (err error) {
		if got != nil {
			return fault("conditions.one_at_a_time")
		}
		got, err = s.Conditions.Materials.Receive(ctx, c.Actor, name, file)
		return err
	})
	switch {
	case err != nil:
		return err
	case got == nil:
		return fault("conditions.no_file")
	}
	_, err = s.Conditions.Attach(ctx, c.Actor, v.Set.Entry, v.Set.Version, c.Typed("material"), got)
	return err
}

func fault(code string) error {
	var p problem.List
	p.Add("/file", code)
	return p.Err()
}

// File is the input of a template.
func (p *editPage) File() layout.Field {
	f := p.Form.Field("file", "/file", "conditions.file").Hint("conditions.file_hint")
	f.Value = ""
	return f
}
