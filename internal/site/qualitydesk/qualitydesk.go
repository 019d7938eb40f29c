package qualitydesk

import (
	"embed"
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
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
	Timeliness *timeliness.Service
	Entries    *openlist.Service
	Layout     *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// May reports whether the desk has something for who.
func May(who permit.Actor) bool { return timeliness.MayRead.Asked(who) == nil }

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const desk, one = "/{lang}/desk/quality", "/{lang}/desk/quality/{id}"
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/timeliness", Name: "qualitydesk.ranking", May: permit.Public, Do: p.ranking},
		{Method: "GET", Path: "/{lang}/timeliness.csv", Name: "qualitydesk.csv", May: permit.Public, Do: p.csv},
		{Method: "GET", Path: "/{lang}/timeliness/{body}", Name: "qualitydesk.body", May: permit.Public, Do: p.body},
		{Method: "GET", Path: desk, Name: "qualitydesk.desk", May: timeliness.MayRead, Do: p.desk},
		{Method: "GET", Path: one, Name: "qualitydesk.finding", May: timeliness.MayRead, Do: p.finding},
		{Method: "POST", Path: one + "/keep", Name: "qualitydesk.keep", May: timeliness.Table.Rule("timeliness", "keep"), Do: p.keep},
		{Method: "POST", Path: one + "/take-up", Name: "qualitydesk.take_up", May: timeliness.Table.Rule("timeliness", "take_up"), Do: p.takeUp},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

var tones = map[timeliness.Class]layout.Tone{timeliness.OnTime: layout.Good, timeliness.Late: layout.Warn, timeliness.SeriouslyLate: layout.Bad,
	timeliness.Static: layout.Plain, timeliness.NotDue: layout.Plain, timeliness.Unknown: layout.Warn}

func badge(c *web.Context, class timeliness.Class) layout.Badge {
	return layout.Badge{Tone: tones[class], Word: c.Say("timeliness.class." + string(class))}
}

var stageTones = map[timeliness.Stage]layout.Tone{timeliness.StageOpen: layout.Warn, timeliness.StageKept: layout.Info, timeliness.StageEnded: layout.Good}

// row is one dataset in a list.
type row struct {
	timeliness.Dataset
	Badge layout.Badge
	Often locale.Text // name of its frequency
}

func (p *Pages) rows(c *web.Context, all []timeliness.Dataset) (rows []row) {
	codes := p.Entries.Codes(permit.Platform)
	for _, d := range all {
		f, _ := codes.Frequency(d.Frequency)
		rows = append(rows, row{Dataset: d, Badge: badge(c, d.Class), Often: f.Name})
	}
	return rows
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// say leads to a page that says what was done.
func say(c *web.Context, to, key string) error {
	return c.Redirect(http.StatusSeeOther, to+"?"+url.Values{"said": {key}}.Encode())
}
