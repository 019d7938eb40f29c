package directorydesk

import (
	"embed"
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/directory"
	"kaishu/internal/people/organisation"
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
	Directory     *directory.Service
	Organisations *organisation.Service
	Layout        *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// May reports whether somebody has something to do with the catalogue every
// day.
func May(who permit.Actor) bool {
	return who.HasAny(permit.OpnEditor, permit.OpnLead, permit.CtrEngineer, permit.CtrQuality, permit.CtrListReviewer, permit.AutOfficer)
}

// Waiting counts the broken hooks that concern the reader, at most 200.
func (p *Pages) Waiting(c *web.Context) int {
	found, err := p.Directory.Broken(c.Request.Context(), c.Actor, "", 200)
	if err != nil {
		return 0
	}
	return len(found.Items)
}

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const desk = "/{lang}/desk/directory"
	const source, hook = desk + "/sources/{source}", desk + "/hooks/{slug}"
	for _, r := range []web.Route{
		{Method: "GET", Path: desk, Name: "directorydesk.overview", May: directory.MayLook, Do: p.overview},
		{Method: "GET", Path: desk + "/resources", Name: "directorydesk.resources", May: directory.MayLook, Do: p.resources},
		{Method: "GET", Path: desk + "/resources/{resource}", Name: "directorydesk.resource", May: directory.MayLook, Do: p.resource},
		{Method: "GET", Path: desk + "/sources", Name: "directorydesk.sources", May: directory.MayKeep, Do: p.sources},
		{Method: "POST", Path: desk + "/sources", Name: "directorydesk.register", May: directory.MayKeep, Do: p.register},
		{Method: "GET", Path: source, Name: "directorydesk.source", May: directory.MayKeep, Do: p.source},
		{Method: "POST", Path: source + "/import", Name: "directorydesk.import", May: directory.MayKeep, Do: p.importFile},
		{Method: "POST", Path: source + "/sync", Name: "directorydesk.sync", May: directory.MayKeep, Do: p.sync},
		{Method: "GET", Path: source + "/snapshots/{number}", Name: "directorydesk.changes", May: directory.MayKeep, Do: p.changes},
		{Method: "GET", Path: hook, Name: "directorydesk.hook", May: directory.MayLook, Do: p.hook},
		{Method: "POST", Path: hook, Name: "directorydesk.attach", May: directory.Table.Rule("directory", "hook"), Do: p.attach},
		{Method: "POST", Path: hook + "/exempt", Name: "directorydesk.exempt", May: directory.Table.Rule("directory", "exempt"), Do: p.exempt},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

var tones = map[directory.Stage]layout.Tone{directory.StageUnhooked: layout.Plain, directory.StageHooked: layout.Info, directory.StageVerified: layout.Good,
	directory.StageBroken: layout.Bad, directory.StageExempt: layout.Plain}

func badge(c *web.Context, s directory.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("directorydesk.stage." + string(s))}
}

// count is how many hooks stand at a stage.
type count struct {
	Badge layout.Badge
	N     int
}

type overviewPage struct {
	layout.Page
	Counts  []count
	Broken  []directory.Trouble
	Next    string
	Sources bool // the reader keeps sources
	Own     bool // the numbers are of his body only
}

func (p *Pages) overview(c *web.Context) error {
	ctx := c.Request.Context()
	x := overviewPage{Page: p.Layout.Page(c, c.Say("directorydesk.title")), Sources: directory.MayKeep.Asked(c.Actor) == nil}
	x.NoIndex = true
	body := ""
	if x.Own = !directory.MaySee(c.Actor.For("")); x.Own {
		body = c.Actor.Organisation
	}
	tally, err := p.Directory.Count(ctx, c.Actor, body)
	if err != nil {
		return err
	}
	for _, s := range []directory.Stage{directory.StageVerified, directory.StageBroken, directory.StageHooked, directory.StageExempt} {
		x.Counts = append(x.Counts, count{badge(c, s), tally[s]})
	}
	found, err := p.Directory.Broken(ctx, c.Actor, c.Query("after"), 50)
	if err != nil {
		return err
	}
	x.Broken = found.Items
	if found.Next != "" {
		x.Next = x.URL("directorydesk.overview") + "?" + url.Values{"after": {found.Next}}.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "overview", x)
}

type resourcesPage struct {
	layout.Page
	Q     string
	Free  bool
	Items []directory.Found
	Next  string
}

func (p *Pages) resources(c *web.Context) error {
	x := resourcesPage{Page: p.Layout.Page(c, c.Say("directorydesk.resources")), Q: c.Query("q"), Free: c.Query("free") == "true"}
	x.NoIndex, x.Crumbs = true, p.crumbs(c)
	found, err := p.Directory.Find(c.Request.Context(), c.Actor, directory.Asked{Words: x.Q, Free: x.Free, After: c.Query("after"), Limit: 50})
	if err != nil {
		return err
	}
	x.Items = found.Items
	if found.Next != "" {
		v := url.Values{"after": {found.Next}}
		if x.Q != "" {
			v.Set("q", x.Q)
		}
		if x.Free {
			v.Set("free", "true")
		}
		x.Next = x.URL("directorydesk.resources") + "?" + v.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "resources", x)
}

type resourcePage struct {
	layout.Page
	Resource directory.Found
}

func (p *Pages) resource(c *web.Context) error {
	r, err := p.Directory.Resource(c.Request.Context(), c.Actor, c.Param("resource"))
	if err != nil {
		return err
	}
	x := resourcePage{Page: p.Layout.Page(c, r.Title), Resource: r}
	x.NoIndex, x.Crumbs = true, append(p.crumbs(c), layout.Crumb{Name: same(c.Say("directorydesk.resources")), Href: x.URL("directorydesk.resources")})
	return p.pages.Render(c, http.StatusOK, "resource", x)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

func (p *Pages) crumbs(c *web.Context) []layout.Crumb {
	return []layout.Crumb{{Name: same(c.Say("directorydesk.title")), Href: layout.URL(c, "directorydesk.overview")}}
}

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}
