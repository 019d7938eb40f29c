package desk

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/draft"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the desk works with.
type Tools struct {
	Entries    *openlist.Service
	Versions   *version.Service
	Schedules  *schedule.Service
	Conditions *condition.Service
	Orders     *adjustment.Service
	Drafts     *draft.Service
	Catalogue  *catalogue.Service
	Clock      clock.Clock
	Layout     *layout.Layout
	MaxUpload  int64 // bytes
}

// Service is the desk.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the desk.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// read is the rule of the desk itself.
var read = permit.Rule{Act: "desk.read", By: version.MayRead.By, Article: "25(1)"}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	const one, reading = "/datasets/{slug}", "/datasets/{slug}/versions/{n}"
	ingest := version.Table.Rule("version", "ingest")
	all := []web.Route{
		{Method: "GET", Path: "", Name: "desk.page", May: read, Do: s.page},
		{Method: "GET", Path: "/datasets", Name: "desk.datasets", May: read, Do: s.datasets},
		{Method: "GET", Path: one, Name: "desk.dataset", May: read, Do: s.dataset},
		{Method: "GET", Path: one + "/upload", Name: "desk.upload", May: ingest, Do: s.upload},
		{Method: "POST", Path: one + "/upload", Name: "desk.receive", May: ingest, Do: s.receive},
		{Method: "POST", Path: one + "/uploads/{id}/cancel", Name: "desk.cancel_upload", May: ingest, Do: s.cancelUpload},
		{Method: "GET", Path: reading, Name: "desk.version", May: read, Do: s.version},
		{Method: "POST", Path: reading + "/settings", Name: "desk.settings", May: version.Table.Rule("version", "reread"), Do: s.settings},
		{Method: "POST", Path: reading + "/columns", Name: "desk.columns", May: version.Table.Rule("version", "reread"), Do: s.columns},
	}
	for _, verb := range moves {
		all = append(all, web.Route{Method: "POST", Path: reading + "/" + verb, Name: "desk." + verb, May: version.Table.Rule("version", verb), Do: s.move})
	}
	var both []web.Route
	for _, r := range append(all, s.scheduleRoutes()...) {
		r.Path = "/{lang}/desk" + r.Path
		both = append(both, layout.Both(r)...)
	}
	return both
}

// moves are the verbs that a person asks of a version by a button.
var moves = []string{"release", "return", "waive", "rule", "recall", "discard"}

// at is one dataset on the desk, and who works on it.
type at struct {
	layout.Page
	Entry openlist.Entry
	Who   permit.Actor // with the roles that count for the publisher
}

// open finds the dataset of the address for somebody who works on it. For
// anybody else there is nothing of the kind.
func (s *Service) open(c *web.Context) (a at, err error) {
	slug := c.Param("slug")
	e, err := s.Entries.Get(c.Request.Context(), c.Actor, slug)
	if err != nil {
		return a, err
	}
	who := c.Actor.For(e.Publisher)
	if !version.WorksOn(who) {
		return a, problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	a = at{Page: s.Layout.Page(c, e.Title.In(c.Lang)), Entry: e, Who: who}
	a.Heading, a.NoIndex = e.Title, true
	a.Crumbs = []layout.Crumb{s.crumb(c)}
	return a, nil
}

func (s *Service) crumb(c *web.Context) layout.Crumb {
	return layout.Crumb{Name: both(c, "desk.title"), Href: layout.URL(c, "desk.page")}
}

// under adds the dataset itself to the way here.
func (a *at) under(title string) {
	a.Crumbs = append(a.Crumbs, layout.Crumb{Name: a.Entry.Title, Href: a.URL("desk.dataset", a.Entry.Slug)})
	a.Title, a.Heading = title+" · "+a.Title, locale.Text{ZH: title, EN: title}
}

// Can reports whether a button for the verb is shown: the table decides.
func (a at) Can(verb string) bool {
	switch verb {
	case "ingest":
		return version.Table.Permit("", verb, a.Who, nil) == nil
	}
	return openlist.Table.Permit(a.Entry.Stage, verb, a.Who, a.Entry.Did) == nil
}

func both(c *web.Context, key string) locale.Text {
	word := c.Say(key)
	return locale.Text{ZH: word, EN: word}
}

func number(c *web.Context) (int, error) {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil || n < 1 {
		return 0, problem.New(problem.NotFound, "version.not_found", "slug", c.Param("slug"), "number", c.Param("n"))
	}
	return n, nil
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}

// datasetPage is the work on one dataset.
type datasetPage struct {
	at
	Versions   []versionRow
	Unfinished []version.Sending
	Explained  int // fields of the newest table that the dictionary explains
	Fields     int
	UpdatedOn  workday.Date
	How        timeliness.Class
	DaysLate   int
}

type versionRow struct {
	version.Version
	State state
}

func (s *Service) dataset(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	all, err := s.Versions.List(ctx, c.Actor, a.Entry.Slug)
	if err != nil {
		return err
	}
	p := datasetPage{at: a}
	for _, v := range all {
		p.Versions = append(p.Versions, versionRow{v, stateOf(v, a.Who)})
	}
	if p.Unfinished, err = s.Versions.Unfinished(ctx, c.Actor, a.Entry.Slug); err != nil {
		return err
	}
	p.Explained, p.Fields = explained(a.Entry, all)
	s.timely(&p, ctx, all)
	return s.pages.Render(c, http.StatusOK, "dataset", p)
}

// timely says how the promise of the entry stands today.
func (s *Service) timely(p *datasetPage, _ context.Context, all []version.Version) {
	p.UpdatedOn = p.Entry.UpdatedOn
	for _, v := range all {
		if v.Readable() {
			p.UpdatedOn = v.UpdatedOn
			break
		}
	}
	how := timeliness.Of(s.Entries.Codes(permit.Actor{}), p.Entry, p.UpdatedOn, s.today())
	p.How, p.DaysLate = how.Class, how.DaysLate
}

// explained counts the fields of the newest table, and those of them that have
// a meaning.
func explained(e openlist.Entry, all []version.Version) (have, of int) {
	for _, v := range all {
		if v.Outcome == nil || v.Kind != version.Full {
			continue
		}
		for _, col := range v.Outcome.Columns {
			if i, ok := e.Item(col.Name); ok && i.Title.ZH != "" {
				have++
			}
		}
		return have, len(v.Outcome.Columns)
	}
	return 0, 0
}
