package conditions

import (
	"embed"
	"net/http"
	"net/url"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the pages work with.
type Tools struct {
	Conditions *condition.Service
	Entries    *openlist.Service
	Layout     *layout.Layout
}

// Service is the pages.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package.
func (s *Service) Routes() (all []web.Route) {
	const desk, one = "/{lang}/desk/datasets/{slug}/conditions", "/{lang}/desk/datasets/{slug}/conditions/{n}"
	may := func(verb string) permit.Rule { return condition.Table.Rule("condition", verb) }
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/datasets/{slug}/conditions/{n}", Name: "conditions.version", May: permit.Public, Do: s.version},
		{Method: "GET", Path: "/{lang}/desk/conditions", Name: "conditions.list", May: condition.MayWork, Do: s.list},
		{Method: "GET", Path: desk, Name: "conditions.desk", May: condition.MayWork, Do: s.desk},
		{Method: "POST", Path: desk, Name: "conditions.draft", May: may("draft"), Do: s.draft},
		{Method: "GET", Path: one, Name: "conditions.set", May: condition.MayWork, Do: s.set},
		{Method: "POST", Path: one, Name: "conditions.fill", May: may("fill"), Do: s.fill},
		{Method: "POST", Path: one + "/template", Name: "conditions.attach", May: may("fill"), Do: s.attach},
		{Method: "POST", Path: one + "/accept", Name: "conditions.accept", May: may("accept"), Do: s.move(condition.Accept{}, "conditions.said_accepted")},
		{Method: "POST", Path: one + "/endorse", Name: "conditions.endorse", May: may("endorse"), Do: s.move(condition.Endorse{}, "conditions.said_endorsed")},
		{Method: "POST", Path: one + "/return", Name: "conditions.return", May: may("return"), Do: s.giveBack},
		{Method: "POST", Path: one + "/discard", Name: "conditions.discard", May: may("discard"), Do: s.move(condition.Discard{}, "conditions.said_discarded")},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// setPage is one version, to read.
type setPage struct {
	layout.Page
	Entry   locale.Text // title of the dataset
	Slug    string
	Asks    Section
	Badge   layout.Badge
	Changes []Change
	Can     []string
	Form    layout.Form // of the return, or of a step that was refused
	Desk    bool
}

// May reports whether a step is open to the reader.
func (p setPage) May(verb string) bool { return slices.Contains(p.Can, verb) }

var tones = map[condition.Stage]layout.Tone{condition.StageDraft: layout.Plain, condition.StageProposed: layout.Warn, condition.StageReturned: layout.Bad,
	condition.StageInForce: layout.Good, condition.StageSuperseded: layout.Plain, condition.StageDiscarded: layout.Plain}

func badge(c *web.Context, s condition.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("condition.stage." + string(s))}
}

// at finds a version, and what its dataset is called.
func (s *Service) at(c *web.Context) (v condition.View, title locale.Text, err error) {
	n, err := condition.Number(c)
	if err == nil {
		v, err = s.Conditions.View(c.Request.Context(), c.Actor, c.Param("slug"), n)
	}
	if err != nil {
		return v, title, err
	}
	return v, s.title(c, v.Set.Entry), nil
}

// work is [Service.at] for those who work on the set; for anybody else there is
// nothing on the desk, though the set may be public at its own address.
func (s *Service) work(c *web.Context) (v condition.View, title locale.Text, err error) {
	v, title, err = s.at(c)
	if err == nil && !condition.MaySee(c.Actor.For(v.Set.Body), condition.Set{}) {
		return condition.View{}, title, problem.New(problem.NotFound, "condition.not_found")
	}
	return v, title, err
}

// title names the dataset; reviewers may look at sets of entries that they do
// not see yet.
func (s *Service) title(c *web.Context, slug string) locale.Text {
	e, err := s.Entries.Get(c.Request.Context(), c.Actor, slug)
	if err != nil || e.Title.ZH == "" {
		return locale.Text{ZH: slug, EN: slug}
	}
	return e.Title
}

func (s *Service) version(c *web.Context) error {
	v, title, err := s.at(c)
	if err == nil && !v.Set.Published() {
		err = problem.New(problem.NotFound, "condition.not_found")
	}
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, v, title, layout.Blank(c, nil), "version")
}

func (s *Service) show(c *web.Context, status int, v condition.View, title locale.Text, form layout.Form, name string) error {
	section, err := s.section(c, v)
	if err != nil {
		return err
	}
	words := c.Say("conditions.title_version", "n", v.Set.Version)
	p := setPage{Page: s.Layout.Page(c, words+" · "+title.In(c.Lang)), Entry: title, Slug: v.Set.Entry, Asks: section,
		Badge: badge(c, v.Set.Stage), Changes: s.changes(c, v), Can: v.Can, Form: form, Desk: name == "set"}
	p.Heading, p.NoIndex = same(words), true
	p.Crumbs = []layout.Crumb{{Name: title, Href: layout.DatasetPath(c.Lang, v.Set.Entry)}}
	if p.Desk {
		p.Crumbs = s.crumbs(c, v.Set.Entry, title)
	}
	return s.pages.Render(c, status, name, p)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// crumbs are the way to a set on the desk; reviewers come by their own list.
func (s *Service) crumbs(c *web.Context, slug string, title locale.Text) []layout.Crumb {
	return []layout.Crumb{{Name: same(c.Say("conditions.list")), Href: layout.URL(c, "conditions.list")},
		{Name: title, Href: layout.URL(c, "conditions.desk", slug)}}
}

// waiting is one set on which somebody works.
type waiting struct {
	Title locale.Text
	Href  string
	N     int
	Badge layout.Badge
	Other bool
}

type listPage struct {
	layout.Page
	Sets []waiting
}

func (s *Service) list(c *web.Context) error {
	all, err := s.Conditions.Waiting(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := listPage{Page: s.Layout.Page(c, c.Say("conditions.list"))}
	p.NoIndex = true
	for _, set := range all {
		p.Sets = append(p.Sets, waiting{Title: s.title(c, set.Entry), Href: p.URL("conditions.set", set.Entry, set.Version), N: set.Version, Badge: badge(c, set.Stage), Other: set.Has(condition.Other)})
	}
	return s.pages.Render(c, http.StatusOK, "list", p)
}

// deskPage is the sets of one dataset.
type deskPage struct {
	layout.Page
	Slug     string
	Form     layout.Form
	Sets     []waiting
	MayDraft bool
	None     bool // nothing is in force
}

func (s *Service) desk(c *web.Context) error {
	return s.showDesk(c, http.StatusOK, layout.Blank(c, nil))
}

func (s *Service) showDesk(c *web.Context, status int, form layout.Form) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	e, err := s.Entries.Get(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	who := c.Actor.For(e.Publisher)
	if !condition.MaySee(who, condition.Set{}) || e.Opening != openlist.Conditional {
		return problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	all, err := s.Conditions.History(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	p := deskPage{Page: s.Layout.Page(c, c.Say("conditions.title")+" · "+e.Title.In(c.Lang)), Slug: slug, Form: form, None: true,
		MayDraft: condition.Table.Permit("", "draft", who, nil) == nil}
	p.NoIndex, p.Heading = true, same(c.Say("conditions.title"))
	p.Crumbs = []layout.Crumb{{Name: same(c.Say("conditions.list")), Href: p.URL("conditions.list")}, {Name: e.Title, Href: layout.DatasetPath(c.Lang, slug)}}
	for _, set := range all {
		p.Sets = append(p.Sets, waiting{Href: p.URL("conditions.set", slug, set.Version), N: set.Version, Badge: badge(c, set.Stage)})
		p.MayDraft = p.MayDraft && !slices.Contains([]condition.Stage{condition.StageDraft, condition.StageProposed, condition.StageReturned}, set.Stage)
		p.None = p.None && set.Stage != condition.StageInForce
	}
	return s.pages.Render(c, status, "desk", p)
}

func (s *Service) draft(c *web.Context) error {
	set, err := s.Conditions.Draft(c.Request.Context(), c.Actor, c.Param("slug"))
	if told := layout.Told(err); told != nil {
		return s.showDesk(c, layout.Status, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "conditions.set", set.Entry, set.Version))
}

// set shows a version on the desk: to write, if who may, else to read.
func (s *Service) set(c *web.Context) error {
	v, title, err := s.work(c)
	if err != nil {
		return err
	}
	if slices.Contains(v.Can, "fill") {
		return s.edit(c, http.StatusOK, v, title, layout.Blank(c, v.Set.Content))
	}
	return s.show(c, http.StatusOK, v, title, layout.Blank(c, nil), "set")
}

// move is a step that needs no words.
func (s *Service) move(command condition.Command, said string) web.Handler {
	return func(c *web.Context) error { return s.ask(c, command, said) }
}

func (s *Service) giveBack(c *web.Context) error {
	var in condition.Return
	if err := c.Form(&in); err != nil {
		return err
	}
	return s.ask(c, in, "conditions.said_returned")
}

func (s *Service) ask(c *web.Context, command condition.Command, said string) error {
	v, _, err := s.work(c)
	if err == nil {
		_, err = s.Conditions.Do(c.Request.Context(), c.Actor, v.Set.Entry, v.Set.Version, command)
	}
	if told := layout.Told(err); told != nil {
		v, title, err := s.at(c)
		if err != nil {
			return err
		}
		if slices.Contains(v.Can, "fill") {
			form := layout.Blank(c, v.Set.Content)
			form.Wrong = layout.Again(c, told).Wrong
			return s.edit(c, layout.Status, v, title, form)
		}
		return s.show(c, layout.Status, v, title, layout.Again(c, told), "set")
	}
	if err != nil {
		return err
	}
	return say(c, said, "")
}

// say leads to the set, which says what was done.
func say(c *web.Context, said, anchor string) error {
	to := layout.URL(c, "conditions.set", c.Param("slug"), c.Param("n"))
	if said != "" {
		to += "?" + url.Values{"said": {said}}.Encode()
	}
	return c.Redirect(http.StatusSeeOther, to+anchor)
}
