package gradingdesk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/grading"
	"kaishu/internal/site/layout"
)

// typed is what the form of a sheet sends.
type typed struct {
	grading.Sheet
	Rest rest `json:"rest"`
}

// rest are the levels for fields of which nothing was chosen.
type rest struct {
	P *int `json:"p"`
	O *int `json:"o"`
	X *int `json:"x"`
}

// prefilled is the sheet that a grader finds: the last one, and for fields
// that are new what is suggested. Nothing is answered for him.
func prefilled(v grading.View) (s grading.Sheet) {
	switch {
	case v.Case.Draft != nil:
		s = v.Case.Draft.Sheet
	case v.Case.InForce != nil:
		s = v.Case.InForce.Sheet
	}
	return fitted(v, s)
}

// fitted gives s the fields that the entry has now: what was chosen stays, new
// ones have what is suggested.
func fitted(v grading.View, s grading.Sheet) grading.Sheet {
	before := s.Fields
	s.Fields = nil
	for _, f := range v.Subject.Fields {
		field := grading.Field{Name: f.Name}
		if i := slices.IndexFunc(before, func(b grading.Field) bool { return b.Name == f.Name }); i >= 0 {
			field = before[i]
		} else if x, ok := suggestion(v, f.Name); ok {
			field.Kind = x.Kind
			field.P, field.O, field.X = &x.Levels.P, &x.Levels.O, &x.Levels.X
		}
		s.Fields = append(s.Fields, field)
	}
	return s
}

func suggestion(v grading.View, field string) (grading.Suggestion, bool) {
	i := slices.IndexFunc(v.Case.Suggestions, func(s grading.Suggestion) bool { return s.Field == field })
	if i < 0 {
		return grading.Suggestion{}, false
	}
	return v.Case.Suggestions[i], true
}

// sheetPage is the form of a grader.
type sheetPage struct {
	layout.Page
	View      grading.View
	Badge     layout.Badge
	Kind      layout.Badge // in force
	Due       string
	Reasons   []string // why it is due again
	Form      layout.Form
	Flags     []layout.Field
	Condition []layout.Field // the conditional flags
	Axes      []grading.Axis
	Rows      []row
	Rest      [3]layout.Field
	Evidence  []string
	Result    *result
	Lifts     []layout.Option
	Deviation [2]layout.Field
	Grounds   []layout.Option
	Deviates  bool // the part of the deviation is open
}

// row is one field of the table.
type row struct {
	N         int
	At        string // "/fields/3"
	Name      string
	Title     string
	Suggested string
	Cells     [4]layout.Field // kind, person, organisation, object
	Faults    []string
}

// result is what the sheet amounts to.
type result struct {
	Kind       layout.Badge
	Rules      layout.Badge // before the deviation; the zero Badge if there is none
	Levels     string
	Reasons    []string
	Conditions []grading.Condition
	Measures   []layout.Option
	Needed     bool // measures are needed
}

// sheet shows the form, and the outcome of what is typed in it if there is
// one. told are faults that the service found.
func (s *Service) sheet(c *web.Context, status int, v grading.View, in typed, o *grading.Outcome, told ...problem.Field) error {
	words := c.Say("gradingdesk.sheet_title")
	p := &sheetPage{Page: s.Layout.Page(c, words+" · "+v.Subject.Title.In(c.Lang)), View: v, Badge: badge(c, v.Case.Stage), Axes: v.Profile.Dimensions}
	p.Heading, p.NoIndex, p.Crumbs = v.Subject.Title, true, crumbs(c)
	if v.Case.InForce != nil {
		p.Kind = kind(c, v.Case.InForce.Type)
	}
	p.Due = due(c, v)
	for _, r := range v.Case.Reasons {
		p.Reasons = append(p.Reasons, c.Say("gradingdesk.reason."+r))
	}
	if o != nil && o.Result.Type == opening.Conditional {
		for _, code := range o.Measures { // what is needed is ticked; more may be
			if !slices.Contains(in.Measures, code) {
				in.Measures = append(in.Measures, code)
			}
		}
	}
	p.Form = layout.Blank(c, in)
	if len(told) > 0 {
		p.Form.Tell(c, &problem.Error{Kind: problem.Invalid, Code: "invalid_input", Fields: told})
	}
	p.questions(c)
	p.table(c, in)
	if o != nil {
		p.Result = s.result(c, v, *o, in)
	}
	p.lifts(c, in, o)
	p.deviation(c, in)
	for _, e := range v.Case.Evidence {
		p.Evidence = append(p.Evidence, evidenceWords(c, e))
	}
	return s.pages.Render(c, status, "sheet", p)
}

// questions are the flags of the law, one by one.
func (p *sheetPage) questions(c *web.Context) {
	for _, group := range []struct {
		flags []grading.Flag
		into  *[]layout.Field
	}{{p.View.Profile.Closed, &p.Flags}, {p.View.Profile.Conditional, &p.Condition}} {
		for _, f := range group.flags {
			field := p.Form.Field("choice", "/flags/"+f.Code, "gradingdesk.title").Of([]layout.Option{
				{Value: grading.Yes, Label: c.Say("gradingdesk.yes")}, {Value: grading.No, Label: c.Say("gradingdesk.no")}})
			field.Label = f.Name.In(c.Lang)
			p.label(field.Name, "") // the fault names it
			*group.into = append(*group.into, field)
		}
	}
}

// label names a field in the summary of faults.
func (p *sheetPage) label(name, label string) {
	for i := range p.Form.Wrong {
		if p.Form.Wrong[i].Name == name {
			p.Form.Wrong[i].Label = label
		}
	}
}

func (p *sheetPage) table(c *web.Context, in typed) {
	kinds := []layout.Option{{Value: "", Label: c.Say("gradingdesk.no_kind")}}
	for _, k := range p.View.Profile.Kinds {
		kinds = append(kinds, layout.Option{Value: k.Code, Label: k.Name.In(c.Lang)})
	}
	choose := func(name string, a grading.Axis, of string) layout.Field {
		options := []layout.Option{{Value: "", Label: c.Say("gradingdesk.choose")}}
		for n := range a.Levels {
			options = append(options, layout.Option{Value: strconv.Itoa(n), Label: levelName(c, a, n)})
		}
		f := p.Form.Field("select", name, "gradingdesk.kind").Of(options)
		f.Label = c.Say("gradingdesk.level_of", "field", of, "dimension", a.Name)
		p.label(name, "")
		return f
	}
	names := [3]string{"/p", "/o", "/x"}
	for n, f := range in.Fields {
		r := row{N: n + 1, At: "/fields/" + strconv.Itoa(n), Name: f.Name}
		for _, x := range p.View.Subject.Fields {
			if x.Name == f.Name {
				r.Title = x.Title.In(c.Lang)
			}
		}
		if x, ok := suggestion(p.View, f.Name); ok {
			r.Suggested = suggested(c, p.View.Profile, x)
		}
		r.Cells[0] = p.Form.Field("select", r.At+"/kind", "gradingdesk.kind").Of(kinds)
		r.Cells[0].Label = c.Say("gradingdesk.kind_of", "field", f.Name)
		for i, a := range p.Axes {
			r.Cells[i+1] = choose(r.At+names[i], a, f.Name)
		}
		for _, cell := range r.Cells {
			r.Faults = append(r.Faults, cell.Faults...)
		}
		r.Faults = append(r.Faults, p.Form.Faults(r.At+"/name")...)
		p.Rows = append(p.Rows, r)
	}
	for i, a := range p.Axes {
		p.Rest[i] = choose("/rest"+names[i], a, c.Say("gradingdesk.rest"))
		p.Rest[i].Label = a.Name.In(c.Lang)
	}
}

func (s *Service) result(c *web.Context, v grading.View, o grading.Outcome, in typed) *result {
	r := &result{Kind: kind(c, o.Result.Type), Levels: o.Result.Levels.String(), Reasons: reasons(c, v.Profile, v.Overlay, o.Result.Trace), Conditions: o.Conditions}
	if o.Result.Rules != o.Result.Type {
		r.Rules = kind(c, o.Result.Rules)
	}
	if r.Needed = o.Result.Type == opening.Conditional; r.Needed {
		for _, m := range v.Overlay.Under(v.Profile.Content).Measures {
			label := m.Name.In(c.Lang)
			if slices.Contains(o.Measures, m.Code) {
				label = c.Say("gradingdesk.needed_measure", "measure", label)
			}
			r.Measures = append(r.Measures, layout.Option{Value: m.Code, Label: label, Chosen: slices.Contains(in.Measures, m.Code)})
		}
	}
	return r
}

// lifts offers what evidence of the right kind may lift.
func (p *sheetPage) lifts(c *web.Context, in typed, o *grading.Outcome) {
	has := func(by []string) bool {
		return slices.ContainsFunc(p.View.Case.Evidence, func(e grading.Evidence) bool { return slices.Contains(by, e.Kind) })
	}
	add := func(code, label string, by []string) {
		if has(by) && !slices.ContainsFunc(p.Lifts, func(x layout.Option) bool { return x.Value == code }) {
			p.Lifts = append(p.Lifts, layout.Option{Value: code, Label: label, Chosen: slices.Contains(in.Lifts, code)})
		}
	}
	for _, f := range p.View.Profile.Flags() {
		add(f.Code, c.Say("gradingdesk.lift_flag", "flag", f.Name), f.LiftedBy)
	}
	for _, x := range slices.Concat(p.View.Profile.Combinations, p.View.Overlay.Combinations) {
		found := o != nil && slices.ContainsFunc(o.Result.Trace, func(s grading.Step) bool {
			return s.Rule == x.ID && strings.HasPrefix(s.Say, "grading.trace.combination")
		})
		if found || slices.Contains(in.Lifts, x.ID) {
			add(x.ID, x.Words.In(c.Lang), x.LiftedBy)
		}
	}
}

func (p *sheetPage) deviation(c *web.Context, in typed) {
	options := []layout.Option{{Value: "", Label: c.Say("gradingdesk.no_deviation")}}
	for _, t := range []opening.Type{opening.Conditional, opening.Closed} {
		options = append(options, layout.Option{Value: string(t), Label: c.Say("openlist.opening." + string(t))})
	}
	p.Deviation = [2]layout.Field{p.Form.Field("select", "/deviation/type", "gradingdesk.deviation_type").Of(options),
		p.Form.Field("area", "/deviation/reason", "gradingdesk.deviation_reason").Max(2000)}
	for _, f := range in.Fields {
		p.Grounds = append(p.Grounds, layout.Option{Value: f.Name, Label: f.Name, Chosen: in.Deviation != nil && slices.Contains(in.Deviation.Fields, f.Name)})
	}
	p.Deviates = in.Deviation != nil && (in.Deviation.Type != "" || in.Deviation.Reason != "" || len(in.Deviation.Fields) > 0)
}

// grade keeps nothing until the sheet is handed in: "rest" fills what was not
// chosen, "try" shows what it amounts to.
func (s *Service) grade(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	v, err := s.Gradings.View(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	var in typed
	err = c.Form(&in)
	if told := layout.Told(err); told != nil {
		return s.sheet(c, layout.Status, v, in, nil, told.Fields...)
	}
	if err != nil {
		return err
	}
	if c.Typed("do") == "rest" {
		fillRest(&in)
		return s.sheet(c, http.StatusOK, v, in, nil)
	}
	o, err := s.Gradings.WhatIf(ctx, c.Actor, slug, in.Sheet)
	if err != nil {
		return err
	}
	if c.Typed("do") != "grade" {
		return s.tried(c, v, in, o)
	}
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	_, err = s.Gradings.Do(ctx, c.Actor, slug, seen, grading.Grade{Sheet: in.Sheet})
	told := layout.Told(err)
	switch {
	case err == nil:
		return say(c, "gradingdesk.page", slug, "gradingdesk.said_graded")
	case told == nil:
		return err
	case len(told.Fields) == 0: // somebody was faster: the page says how it stands now
		if v, err = s.Gradings.View(ctx, c.Actor, slug); err != nil {
			return err
		}
		if slices.Contains(v.Can, "grade") {
			in.Sheet = fitted(v, in.Sheet)
			return s.sheet(c, layout.Status, v, in, nil, problem.Field{Code: told.Code, Args: told.Args})
		}
		return s.show(c, layout.Status, v, layout.Again(c, told))
	case incomplete(told.Fields):
		return s.sheet(c, layout.Status, v, in, nil, told.Fields...)
	}
	return s.sheet(c, layout.Status, v, in, &o, told.Fields...)
}

// tried shows what a sheet amounts to, if it is whole.
func (s *Service) tried(c *web.Context, v grading.View, in typed, o grading.Outcome) error {
	if incomplete(o.Faults) {
		return s.sheet(c, layout.Status, v, in, nil, o.Faults...)
	}
	// Measures are ticked on the page that comes; they were not asked before.
	faults := slices.DeleteFunc(o.Faults, func(f problem.Field) bool { return f.Pointer == "/measures" })
	status := http.StatusOK
	if len(faults) > 0 {
		status = layout.Status
	}
	return s.sheet(c, status, v, in, &o, faults...)
}

// incomplete reports whether answers or levels are missing, without which a
// result says nothing.
func incomplete(faults []problem.Field) bool {
	return slices.ContainsFunc(faults, func(f problem.Field) bool {
		return strings.HasPrefix(f.Pointer, "/flags") || strings.HasPrefix(f.Pointer, "/fields") || strings.HasPrefix(f.Pointer, "/rest")
	})
}

func fillRest(in *typed) {
	for i := range in.Fields {
		f := &in.Fields[i]
		for _, x := range []struct{ of, by **int }{{&f.P, &in.Rest.P}, {&f.O, &in.Rest.O}, {&f.X, &in.Rest.X}} {
			if *x.of == nil && *x.by != nil {
				n := **x.by
				*x.of = &n
			}
		}
	}
	in.Rest = rest{}
}
