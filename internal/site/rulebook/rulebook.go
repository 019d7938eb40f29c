package rulebook

import (
	"embed"
	"net/http"
	"strconv"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var files embed.FS

// Tools are what the pages work with.
type Tools struct {
	Rules  *platformrules.Service
	Clock  clock.Clock
	Layout *layout.Layout
}

// Pages are the pages of the rules.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	keep := platformrules.MayKeep
	publish := platformrules.Table.Rule("platformrules", "publish")
	write := platformrules.Table.Rule("platformrules", "write")
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/rules", Name: "rulebook.show", May: permit.Public, First: true, Do: p.show},
		{Method: "GET", Path: "/{lang}/rules/{n}", Name: "rulebook.version", May: permit.Public, First: true, Do: p.version},
		{Method: "GET", Path: "/{lang}/rules/accept", Name: platformrules.AcceptPage, May: platformrules.MayAccept, First: true, Do: p.ask},
		{Method: "POST", Path: "/{lang}/rules/accept", Name: "rulebook.accept", May: platformrules.MayAccept, First: true, Do: p.accept},
		{Method: "GET", Path: "/{lang}/office/rules", Name: "rulebook.desk", May: keep, Do: p.desk},
		{Method: "GET", Path: "/{lang}/office/rules/new", Name: "rulebook.new", May: keep, Do: p.blank},
		{Method: "POST", Path: "/{lang}/office/rules/new", Name: "rulebook.begin", May: write, Do: p.begin},
		{Method: "GET", Path: "/{lang}/office/rules/{n}", Name: "rulebook.edit", May: keep, Do: p.edit},
		{Method: "POST", Path: "/{lang}/office/rules/{n}", Name: "rulebook.write", May: write, Do: p.write},
		{Method: "POST", Path: "/{lang}/office/rules/{n}/publish", Name: "rulebook.publish", May: publish, Do: p.publish},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// Block is a paragraph or a heading of the text.
type Block struct {
	Heading bool
	Text    string
}

// Blocks cuts a text as platformrules.Content says.
func Blocks(text string) (all []Block) {
	for _, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		part = strings.TrimSpace(part)
		heading, ok := strings.CutPrefix(part, "## ")
		if ok {
			part = heading
		}
		if part != "" {
			all = append(all, Block{ok, part})
		}
	}
	return all
}

type showPage struct {
	layout.Page
	Rules    platformrules.Rules
	Blocks   []Block
	TextLang locale.Lang
	Others   []platformrules.Rules
	Number   int // of the version to accept; 0 if there is nothing to accept
	Back     string
	Form     layout.Form
}

// show is the text in force.
func (p *Pages) show(c *web.Context) error {
	r, err := p.Rules.Current(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, r, showPage{})
}

// version is one version at its own address.
func (p *Pages) version(c *web.Context) error {
	n, _ := strconv.Atoi(c.Param("n")) // what is no number is not found
	r, err := p.Rules.Get(c.Request.Context(), c.Actor, n)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, r, showPage{})
}

func (p *Pages) render(c *web.Context, status int, r platformrules.Rules, page showPage) error {
	page.Page = p.Layout.Page(c, r.Content.Title.In(c.Lang))
	page.Heading = r.Content.Title
	page.Crumbs = []layout.Crumb{}
	page.Rules, page.Blocks, page.TextLang = r, Blocks(r.Content.Text.In(c.Lang)), r.Content.Text.LangIn(c.Lang)
	all, err := p.Rules.List(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Number != r.Number && other.Public() {
			page.Others = append(page.Others, other)
		}
	}
	return p.pages.Render(c, status, "rules", page)
}

// numbered is the form by which one accepts.
type numbered struct {
	Number int    `json:"number"`
	Back   string `json:"back"`
}

// ask shows the text in force above the question.
func (p *Pages) ask(c *web.Context) error {
	r, err := p.Rules.Current(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.render(c, http.StatusOK, r, showPage{Number: r.Number, Back: web.Local(c.Query("back"), p.home(c))})
}

func (p *Pages) home(c *web.Context) string { return "/" + string(c.Lang) + "/" }

// accept records it and goes on to where the person wanted to be.
func (p *Pages) accept(c *web.Context) error {
	var f numbered
	err := c.Form(&f)
	if err == nil {
		err = p.Rules.Accept(c.Request.Context(), c.Actor, f.Number)
	}
	if told := layout.Told(err); told != nil {
		r, err := p.Rules.Current(c.Request.Context(), c.Actor)
		if err != nil {
			return err
		}
		return p.render(c, layout.Status, r, showPage{Number: r.Number, Back: web.Local(f.Back, p.home(c)), Form: layout.Again(c, told)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, web.Local(f.Back, p.home(c)))
}

// today is the day that a page shows beside a field of a day.
func (p *Pages) today() workday.Date { return workday.Of(p.Clock.Now()) }
