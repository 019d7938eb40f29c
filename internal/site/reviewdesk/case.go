package reviewdesk

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/condition"
	"kaishu/internal/site/apply"
	"kaishu/internal/site/layout"
)

// part is one dataset of the order: what is asked, beside its conditions.
type part struct {
	Slug       string
	Title      locale.Text
	Asked      string
	Conditions []condition.Condition
	Outside    bool
	Expired    bool
	Materials  []material
}

// material is a document with its copies.
type material struct {
	Name  string
	Files []apply.Upload
}

// happened is a line of the history, with who did it.
type happened struct {
	At   time.Time
	Who  string
	Word string
	Note string
}

// expert is somebody who can be asked.
type expert struct {
	Account, Name string
	Chosen        bool
}

type opinion struct{ Name, Advice, Opinion string }

type orderPage struct {
	layout.Page
	review.View
	Form      layout.Form
	About     string // of the page; the application is in View
	Asked     string // the act of the form that comes again
	blank     layout.Form
	saved     map[string]layout.Form // by act
	Badge     layout.Badge
	Left      string
	Publisher string
	Blocks    []apply.Block
	Parts     []part
	Decisions []decision
	Panel     []expert
	Opinions  []opinion
	Results   []apply.Result
	Story     []happened
	Others    []line
	Steps     []apply.Fact
}

// May reports whether a step is open to the reader.
func (p orderPage) May(verb string) bool { return slices.Contains(p.Can, verb) }

// Mine reports whether the reader took the order.
func (p orderPage) Mine() bool { return p.Page.Who().Is(p.Order.Did["take"]) }

// Levels are those of the risk form.
func (p orderPage) level(at, label string) layout.Field {
	var all []layout.Option
	for _, l := range review.Levels {
		all = append(all, layout.Option{Value: string(l), Label: p.Tell("review.level." + string(l))})
	}
	return p.own("assess", p.form("assess").Field("choice", at, label).Need().Of(all))
}

// form is that of a step: as typed if it comes again, or as saved, or blank. No
// form shows what was typed into another.
func (p orderPage) form(verb string) layout.Form {
	if p.Asked == verb {
		return p.Form
	}
	if f, ok := p.saved[verb]; ok {
		return f
	}
	return p.blank
}

// own gives a field of a step an id of its own, unless the summary leads to it.
func (p orderPage) own(verb string, f layout.Field) layout.Field {
	if p.Asked != verb {
		f.ID = verb + "-" + f.ID
	}
	return f
}

// RiskFields are the inputs of the risk form.
func (p orderPage) RiskFields() []layout.Field {
	f, own := p.form("assess"), func(f layout.Field) layout.Field { return p.own("assess", f) }
	return []layout.Field{own(f.Field("area", "/linked", "reviewdesk.linked").Hint("reviewdesk.linked_hint").Need().Max(2000)),
		p.level("/person", "reviewdesk.person"), p.level("/secret", "reviewdesk.secret"), p.level("/public", "reviewdesk.public"),
		own(f.Field("area", "/measures", "reviewdesk.measures").Hint("reviewdesk.measures_hint").Max(2000)), own(f.Field("switch", "/acceptable", "reviewdesk.acceptable"))}
}

// RankFields are the inputs of the priority.
func (p orderPage) RankFields() (all []layout.Field) {
	for _, n := range []string{"livelihood", "economy", "replicable"} {
		var points []layout.Option
		for i := range 4 {
			points = append(points, layout.Option{Value: strconv.Itoa(i), Label: strconv.Itoa(i)})
		}
		all = append(all, p.own("rank", p.form("rank").Field("select", "/"+n, "reviewdesk."+n).Narrow().Of(points)))
	}
	return all
}

// Advices are what an expert can advise.
func (p orderPage) Advices() layout.Field {
	var all []layout.Option
	for _, a := range review.Advices {
		all = append(all, layout.Option{Value: a, Label: p.Tell("review.advice." + a)})
	}
	return p.own("opine", p.form("opine").Field("choice", "/advice", "reviewdesk.advice").Need().Of(all))
}

// Text is an input of a reason or question.
func (p orderPage) Text(verb, name, label string) layout.Field {
	return p.own(verb, p.form(verb).Field("area", name, label).Need().Max(2000))
}

// Free is the declaration that there is no conflict of interest.
func (p orderPage) Free(verb string) layout.Field {
	return p.own(verb, p.form(verb).Field("switch", "/free", "reviewdesk.free"))
}

// ExpertsID and ExpertsFaults are of the list of experts.
func (p orderPage) ExpertsID() string       { return p.form("consult").ListID("/experts") }
func (p orderPage) ExpertsFaults() []string { return p.form("consult").ListFaults("/experts") }

// FourEyes reports whether the reader would decide, had he not proposed.
func (p orderPage) FourEyes() bool {
	return p.Order.Stage == review.StageProposed && p.Page.Who().Is(p.Order.Did["propose"]) && review.Table.Rule("review", "confirm").Allows(p.Page.Who(), permit.Thing{Body: p.Order.Body})
}

// Typed is what was typed into a form that is not open any more.
func (p orderPage) Typed() (all []string) {
	if p.Asked == "" || p.May(p.Asked) {
		return nil
	}
	for _, name := range []string{"/reason", "/text", "/opinion", "/linked", "/measures"} {
		if text := p.Form.Value(name); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// Is reports whether the form that comes again is that of a step.
func (p orderPage) Is(verb string) bool { return p.Asked == verb }

func (p *Pages) show(c *web.Context) error {
	v, err := p.Reviews.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.shown(c, http.StatusOK, v, layout.Blank(c, nil), "")
}

func (p *Pages) shown(c *web.Context, status int, v review.View, form layout.Form, asked string) (err error) {
	page := orderPage{Page: p.Layout.Page(c, v.Order.Number+" "+v.About.Case.Content.Scenario.Title), View: v, Form: form, Asked: asked, Badge: badge(c, v.Order.Stage), Publisher: p.body(c, v.Order.Body)}
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{{Name: same(c.Say("reviewdesk.title")), Href: layout.URL(c, "reviewdesk.queue")}}
	if v.Order.Clock.Running() {
		page.Left = apply.Left(c, v.Left)
	}
	page.blank, page.saved = layout.Blank(c, nil), map[string]layout.Form{"rank": layout.Blank(c, v.Order.Score)}
	if v.Order.Risk != nil {
		page.saved["assess"] = layout.Blank(c, v.Order.Risk)
	}
	app := application.View{Case: v.About.Case, Draft: v.About.Case.Content, Identity: v.About.Identity, Files: v.About.Files, Asks: v.About.Asks}
	if page.Blocks, err = p.Shown.Blocks(c, app, false); err != nil {
		return err
	}
	if page.Parts, err = p.parts(c, v, app); err != nil {
		return err
	}
	page.Decisions = decisions(c, v.Order, form, asked == "propose")
	for i := range page.Decisions {
		page.Decisions[i].Title = page.Parts[i].Title
	}
	if len(v.Order.Verdicts) > 0 && (v.Order.Stage == review.StageProposed || v.Order.Stage == review.StageDecided) {
		if page.Results, err = p.Shown.Results(c, v.Order.Verdicts); err != nil {
			return err
		}
	}
	for _, o := range v.Others {
		page.Others = append(page.Others, line{Brief: o, Badge: badge(c, o.Stage), Publisher: p.body(c, o.Body)})
	}
	for _, s := range v.Order.Clock.Steps {
		page.Steps = append(page.Steps, apply.Fact{Label: string(s.On), Value: c.Say("review.step." + s.Step)})
	}
	if err = p.people(c, &page); err != nil {
		return err
	}
	return p.pages.Render(c, status, "order", page)
}

// parts are the datasets beside their conditions.
func (p *Pages) parts(c *web.Context, v review.View, app application.View) (all []part, err error) {
	for _, w := range v.Order.Datasets {
		titles, err := p.Shown.Titles(c, w.Dataset)
		if err != nil {
			return nil, err
		}
		x := part{Slug: w.Dataset, Title: titles[0], Outside: v.Outside[w.Dataset], Expired: v.Expired[w.Dataset]}
		if x.Asked, err = p.Shown.Asked(c, application.Wanted{Dataset: w.Dataset, Fields: w.Fields, From: w.From, To: w.To, Mode: w.Mode, Months: w.Months}); err != nil {
			return nil, err
		}
		for _, a := range v.About.Asks {
			if a.Dataset != w.Dataset {
				continue
			}
			set, err := p.Conditions.View(c.Request.Context(), c.Actor, a.Dataset, a.Version)
			if err != nil {
				return nil, err
			}
			x.Conditions = set.Set.Conditions
			for _, m := range set.Set.Materials {
				x.Materials = append(x.Materials, material{m.Name.In(c.Lang), p.Shown.UploadsAt(c, app, application.MaterialItem(a.Dataset, m.ID), func(file string) string {
					return layout.URL(c, "reviewdesk.file", v.Order.ID, file)
				})})
			}
		}
		all = append(all, x)
	}
	return all, nil
}

// people puts names to accounts: of the history, the experts and their
// opinions.
func (p *Pages) people(c *web.Context, page *orderPage) error {
	ids := slices.Clone(page.View.Experts)
	for _, e := range page.Order.Experts {
		ids = append(ids, e.Account)
	}
	for _, h := range page.History {
		ids = append(ids, h.By)
	}
	names, err := p.Names.Names(c.Request.Context(), c.Actor, ids...)
	if err != nil {
		return err
	}
	name := func(id string) string {
		switch {
		case id == permit.Platform.Account:
			return c.Say("application.party.clock")
		case names[id] != "":
			return names[id]
		}
		return id
	}
	chosen := page.form("consult").Values("/experts")
	for _, id := range page.View.Experts {
		page.Panel = append(page.Panel, expert{id, name(id), slices.Contains(chosen, id)})
	}
	for _, e := range page.Order.Experts {
		o := opinion{Name: name(e.Account), Opinion: e.Opinion, Advice: c.Say("reviewdesk.waits")}
		if e.Advice != "" {
			o.Advice = c.Say("review.advice." + e.Advice)
		}
		page.Opinions = append(page.Opinions, o)
	}
	for _, h := range page.History {
		x := happened{At: h.At, Who: name(h.By), Word: c.Say("review.event." + h.Kind[len("review."):])}
		switch b := h.Body.(type) {
		case review.Rang:
			for _, s := range b.Steps {
				x.Note += c.Say("review.step."+s) + " "
			}
		case review.Recused:
			x.Note = b.Reason
		case review.SentBack:
			x.Note = b.Reason
		case review.Consulted:
			x.Note = b.Reason
		}
		page.Story = append(page.Story, x)
	}
	return nil
}
