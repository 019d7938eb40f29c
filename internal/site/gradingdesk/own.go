package gradingdesk

import (
	"net/http"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/grading"
	"kaishu/internal/site/layout"
)

// ownForm is a body's own rules as they are typed: floors for kinds of field
// and rules with one answer or one level each. What else a version holds came
// by the interface and stays.
type ownForm struct {
	Label  locale.Text `json:"label"`
	Floors []ownFloor  `json:"floors"`
	Rules  []ownRule   `json:"rules"`
}

type ownFloor struct {
	Kind      string            `json:"kind"`
	Dimension grading.Dimension `json:"dimension"`
	Level     string            `json:"level"`
}

type ownRule struct {
	Flag      string            `json:"flag"`
	Dimension grading.Dimension `json:"dimension"` // "" for any, where a level is given
	Level     string            `json:"level"`
	Then      opening.Type      `json:"then"`
	Words     locale.Text       `json:"words"`
}

// spareOwn is how many empty rows a form ends with.
const spareOwn = 3

func ownFormOf(t grading.Tightening) (f ownForm) {
	f.Label = t.Label
	for _, x := range t.Floors {
		f.Floors = append(f.Floors, ownFloor{x.Kind, x.Dimension, strconv.Itoa(x.Level)})
	}
	for _, r := range t.Rules {
		if simple(r) {
			f.Rules = append(f.Rules, ownRuleOf(r))
		}
	}
	return f
}

// simple reports whether a row of the form can say r.
func simple(r grading.Rule) bool {
	m := r.When
	return !m.Always && !m.Closed && !m.Conditional && len(m.Flags) <= 1 && len(m.AtLeast) <= 1
}

func ownRuleOf(r grading.Rule) (row ownRule) {
	row.Then, row.Words = r.Then, r.Words
	if len(r.When.Flags) > 0 {
		row.Flag = r.When.Flags[0]
	}
	if len(r.When.AtLeast) > 0 {
		row.Dimension, row.Level = r.When.AtLeast[0].Dimension, strconv.Itoa(r.When.AtLeast[0].Level)
	}
	return row
}

// tightening is what the form says, on top of what of base no form can say.
// rows tells which row of the form each floor and each rule came from.
func (f ownForm) tightening(base grading.Tightening) (t grading.Tightening, floors, rules []int) {
	t = grading.Tightening{Label: f.Label, Combinations: base.Combinations, Measures: base.Measures, Library: base.Library}
	for n, x := range f.Floors {
		if x.Kind != "" || x.Level != "" {
			level, _ := strconv.Atoi(x.Level) // 0 for what is no level, which is told
			t.Floors, floors = append(t.Floors, grading.KindFloor{Kind: x.Kind, Dimension: x.Dimension, Level: level}), append(floors, n)
		}
	}
	for n, x := range f.Rules {
		if x.Flag == "" && x.Level == "" && x.Words == (locale.Text{}) {
			continue
		}
		r := grading.Rule{ID: "own-" + strconv.Itoa(n+1), Then: x.Then, Words: x.Words}
		if x.Flag != "" {
			r.When.Flags = []string{x.Flag}
		}
		if level, err := strconv.Atoi(x.Level); err == nil {
			r.When.AtLeast = []grading.Floor{{Dimension: x.Dimension, Level: level}}
		}
		t.Rules, rules = append(t.Rules, r), append(rules, n)
	}
	for _, r := range base.Rules {
		if !simple(r) {
			t.Rules = append(t.Rules, r)
		}
	}
	return t, floors, rules
}

// ownPage is a body's own rules of grading (Article 13(2)).
type ownPage struct {
	layout.Page
	Body    string
	Lines   []ownLine
	Form    layout.Form
	Floors  []ownRow
	Rules   []ownRow
	Options map[string][]layout.Option
	May     bool // propose a version
}

type ownLine struct {
	grading.OwnView
	Badge  layout.Badge
	Floors []string
	Rules  []ruleLine
	More   int // combinations, measures and conditions
}

// May reports whether a step is open to the reader.
func (l ownLine) May(verb string) bool { return slices.Contains(l.Can, verb) }

var ownTones = map[grading.OwnStage]layout.Tone{grading.OwnProposed: layout.Warn, grading.OwnReturned: layout.Bad, grading.OwnInForce: layout.Good, grading.OwnSuperseded: layout.Plain}

func (s *Service) own(c *web.Context) error { return s.showOwn(c, http.StatusOK, nil) }

// ofBody is the body whose rules are asked for: the reader's own, or the one
// that he names.
func ofBody(c *web.Context) string {
	if body := c.Query("body"); body != "" {
		return body
	}
	return c.Actor.Organisation
}

func (s *Service) showOwn(c *web.Context, status int, form *layout.Form) error {
	ctx, body := c.Request.Context(), ofBody(c)
	all, err := s.Gradings.Overlays(ctx, c.Actor, body)
	if err != nil {
		return err
	}
	profile, err := s.Gradings.Profile(ctx, c.Actor)
	if err != nil {
		return err
	}
	p := ownPage{Page: s.Layout.Page(c, c.Say("gradingdesk.own_title")), Body: body}
	p.NoIndex, p.Crumbs = true, crumbs(c)
	p.May = grading.OwnTable.Permit("", "propose", c.Actor.For(body), nil) == nil && !slices.ContainsFunc(all, func(v grading.OwnView) bool { return v.Own.Stage == grading.OwnProposed })
	for _, v := range all {
		p.Lines = append(p.Lines, ownWords(c, profile, v))
	}
	if p.Form = layout.Blank(c, widened(ownFormOf(newest(all)))); form != nil {
		p.Form = *form
	}
	p.Floors, p.Rules = rowsOf(p.Form, "/floors/", "/kind"), rowsOf(p.Form, "/rules/", "/then")
	p.Options = ownOptions(c, profile)
	return s.pages.Render(c, status, "own", p)
}

// newest is the version that a new one begins with: the one in force, or the
// last that was returned.
func newest(all []grading.OwnView) grading.Tightening {
	for _, v := range all {
		if v.Own.Stage != grading.OwnSuperseded {
			return v.Own.Tightening
		}
	}
	return grading.Tightening{}
}

func widened(f ownForm) ownForm {
	f.Floors, f.Rules = append(f.Floors, make([]ownFloor, spareOwn)...), append(f.Rules, make([]ownRule, spareOwn)...)
	return f
}

// ownRow is a row of the form: its number for people, and how the names of its
// inputs begin.
type ownRow struct {
	N  int
	At string
}

func rowsOf(f layout.Form, list, member string) (all []ownRow) {
	for n := 0; f.Has(list + strconv.Itoa(n) + member); n++ {
		all = append(all, ownRow{n + 1, list + strconv.Itoa(n)})
	}
	return all
}

func ownWords(c *web.Context, p grading.Profile, v grading.OwnView) (l ownLine) {
	l = ownLine{OwnView: v, Badge: layout.Badge{Tone: ownTones[v.Own.Stage], Word: c.Say("gradingdesk.own_stage." + string(v.Own.Stage))}}
	for _, f := range v.Own.Floors {
		l.Floors = append(l.Floors, c.Say("gradingdesk.own_floor", "kind", kindName(c, p, f.Kind), "dimension", string(f.Dimension), "level", f.Level))
	}
	for _, r := range v.Own.Rules {
		l.Rules = append(l.Rules, ruleLine{r.Words, kind(c, r.Then)})
	}
	l.More = len(v.Own.Combinations) + len(v.Own.Measures) + len(v.Own.Library)
	return l
}

func ownOptions(c *web.Context, p grading.Profile) map[string][]layout.Option {
	none := layout.Option{Label: "—"}
	kinds, dimensions, levels, flags, types := []layout.Option{none}, []layout.Option{}, []layout.Option{none}, []layout.Option{none}, []layout.Option{}
	for _, k := range p.Kinds {
		kinds = append(kinds, layout.Option{Value: k.Code, Label: k.Name.In(c.Lang)})
	}
	for _, a := range p.Dimensions {
		dimensions = append(dimensions, layout.Option{Value: string(a.Code), Label: string(a.Code) + " " + a.Name.In(c.Lang)})
	}
	for n := 1; n <= grading.MaxLevel; n++ {
		levels = append(levels, layout.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n)})
	}
	for _, f := range p.Flags() {
		flags = append(flags, layout.Option{Value: f.Code, Label: f.Name.In(c.Lang)})
	}
	for _, t := range []opening.Type{opening.Conditional, opening.Closed} {
		types = append(types, layout.Option{Value: string(t), Label: c.Say("openlist.opening." + string(t))})
	}
	either := append([]layout.Option{{Label: c.Say("gradingdesk.own_any")}}, dimensions...)
	return map[string][]layout.Option{"kind": kinds, "dimension": dimensions, "any": either, "level": levels, "flag": flags, "then": types}
}

// propose hands the rules that were typed to the lead.
func (s *Service) propose(c *web.Context) error {
	ctx, body := c.Request.Context(), ofBody(c)
	var in ownForm
	err := c.Form(&in)
	var floors, rules []int
	if err == nil {
		var all []grading.OwnView
		if all, err = s.Gradings.Overlays(ctx, c.Actor, body); err == nil {
			var t grading.Tightening
			t, floors, rules = in.tightening(newest(all))
			_, err = s.Gradings.ProposeOverlay(ctx, c.Actor, body, t)
		}
	}
	if told := layout.Told(err); told != nil {
		form := layout.Again(c, inRows(inRows(told, "/floors/", floors), "/rules/", rules))
		return s.showOwn(c, layout.Status, &form)
	}
	if err != nil {
		return err
	}
	return s.saidOwn(c, "gradingdesk.said_proposed")
}

// inRows gives faults the row of the form that they are about.
func inRows(told *problem.Error, list string, rows []int) *problem.Error {
	out := *told
	out.Fields = slices.Clone(told.Fields)
	for i, f := range out.Fields {
		for at, row := range rows {
			now := list + strconv.Itoa(at)
			if f.Pointer != now && (len(f.Pointer) <= len(now) || f.Pointer[:len(now)+1] != now+"/") {
				continue
			}
			rest := f.Pointer[len(now):]
			if list == "/rules/" && (rest == "" || rest == "/when") {
				rest = "/then"
			}
			out.Fields[i].Pointer = list + strconv.Itoa(row) + rest
			break
		}
	}
	return &out
}

func (s *Service) saidOwn(c *web.Context, said string) error {
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "gradingdesk.own")+"?body="+ofBody(c)+"&said="+said)
}

// ownMove carries out what read makes of the form on a version of own rules.
func (s *Service) ownMove(read func(*web.Context) (grading.Command, error), said string) web.Handler {
	return func(c *web.Context) error {
		command, err := read(c)
		number, bad := strconv.Atoi(c.Param("number"))
		if err == nil && bad == nil {
			_, err = s.Gradings.DoOverlay(c.Request.Context(), c.Actor, ofBody(c), number, command)
		} else if bad != nil {
			err = problem.New(problem.NotFound, "grading.not_found")
		}
		if told := layout.Told(err); told != nil {
			form := layout.Again(c, told)
			return s.showOwn(c, layout.Status, &form)
		}
		if err != nil {
			return err
		}
		return s.saidOwn(c, said)
	}
}

func acceptOwn(*web.Context) (grading.Command, error) { return grading.AcceptOwn{}, nil }

func returnOwn(c *web.Context) (grading.Command, error) {
	var r grading.ReturnOwn
	err := c.Form(&r)
	return r, err
}
