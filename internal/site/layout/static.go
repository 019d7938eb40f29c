package layout

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

//go:generate go run ./gennotices
//go:embed notices.json
var noticeFile embed.FS

// Notice is the licence of one module that is part of the program.
type Notice struct {
	Module  string `json:"module"`
	Version string `json:"version"`
	Licence string `json:"licence"` // SPDX identifier
	Text    string `json:"text"`    // as the module ships it
}

func notices() ([]Notice, error) {
	data, err := noticeFile.ReadFile("notices.json")
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	var all []Notice
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("decode notices: %w", err)
	}
	return all, nil
}

// Routes are the addresses of this package, with the assets.
func (l *Layout) Routes() []web.Route {
	all := []web.Route{l.assets.Route()}
	for _, r := range []web.Route{
		{Path: "/{lang}/about", Name: "layout.about", Do: l.plain("about")},
		{Path: "/{lang}/accessibility", Name: "layout.accessibility", Do: l.plain("accessibility")},
		{Path: "/{lang}/api", Name: "layout.api", Do: l.api},
		{Path: "/{lang}/licences", Name: "layout.licences", Do: l.licences},
		{Path: "/{lang}/reading", Name: "layout.reading", Do: l.reading},
	} {
		r.Method, r.May = "GET", permit.Public
		all = append(all, Both(r)...)
	}
	return append(all, web.Route{Method: "GET", Path: "/licences.txt", Name: "layout.licence_texts", May: permit.Public, Do: licenceTexts})
}

// begin is a page of this package: title and section follow from its name.
func (l *Layout) begin(c *web.Context, name string) Page {
	p := l.Page(c, c.Say("layout."+name+".title"))
	p.About, p.Section = c.Say("layout."+name+".lead"), "layout."+name
	p.Crumbs = []Crumb{}
	return p
}

func (l *Layout) plain(name string) web.Handler {
	return func(c *web.Context) error {
		return l.pages.Render(c, http.StatusOK, name, struct{ Page }{l.begin(c, name)})
	}
}

type apiPage struct {
	Page
	Base string // scheme and host
}

func (l *Layout) api(c *web.Context) error {
	return l.pages.Render(c, http.StatusOK, "api", apiPage{l.begin(c, "api"), c.Public("")})
}

type licencesPage struct {
	Page
	Notices []Notice
}

func (l *Layout) licences(c *web.Context) error {
	all, err := notices()
	if err != nil {
		return err
	}
	return l.pages.Render(c, http.StatusOK, "licences", licencesPage{l.begin(c, "licences"), all})
}

// licenceTexts answers every licence in full, as most of them ask for.
func licenceTexts(c *web.Context) error {
	all, err := notices()
	if err != nil {
		return err
	}
	var text []byte
	for _, n := range all {
		text = fmt.Appendf(text, "%s %s (%s)\n\n%s\n\n%s\n\n", n.Module, n.Version, n.Licence, n.Text, "----------------------------------------")
	}
	return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", text)
}

type problemPage struct {
	Page
	Problem web.Shape
	Onward  []way
}

type way struct{ Word, Href string }

// Problem shows a problem as a page: what happened, every fault at once, the
// number to ask about, and where to go on. It is web.Options.Render.
func (l *Layout) Problem(c *web.Context, status int, p *problem.Error) error {
	s := c.Shape(status, p)
	page := problemPage{Page: l.Page(c, s.Title), Problem: s}
	page.NoIndex = true
	for _, link := range p.Links {
		page.Onward = append(page.Onward, way{c.Say("layout.way." + link.Rel), link.Href})
	}
	return l.pages.Render(c, status, "problem", page)
}
