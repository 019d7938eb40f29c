package agreements

import (
	"embed"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/agreement"
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
	Agreements *agreement.Service
	Words      *locale.Catalogue
	Layout     *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const at = "/{lang}/agreements"
	routes := []web.Route{
		{Method: "GET", Path: at, Name: "agreements.list", May: agreement.MayRead, Do: p.list},
		{Method: "GET", Path: at + "/{id}", Name: "agreements.one", May: agreement.MayRead, Do: p.one},
		{Method: "GET", Path: at + "/{id}/pdf", Name: "agreements.pdf", May: agreement.MayRead, Do: p.paper},
	}
	for _, verb := range slices.Sorted(maps.Keys(steps)) {
		routes = append(routes, web.Route{Method: "POST", Path: at + "/{id}/" + verb, Name: "agreements." + verb, May: agreement.Table.Rule("agreement", verb), Do: p.act(verb)})
	}
	for _, r := range routes {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// Waiting counts the agreements in which it is the turn of the reader's side.
func Waiting(s *agreement.Service) func(*web.Context) int {
	return func(c *web.Context) int {
		n, err := s.Waiting(c.Request.Context(), c.Actor)
		if err != nil {
			return 0
		}
		return n
	}
}

var tones = map[agreement.Stage]layout.Tone{agreement.StageGenerated: layout.Info, agreement.StageNegotiating: layout.Info, agreement.StageSigned: layout.Info,
	agreement.StageEffective: layout.Good, agreement.StageAmended: layout.Good, agreement.StageBreached: layout.Bad,
	agreement.StageExpired: layout.Plain, agreement.StageTerminated: layout.Plain, agreement.StageLapsed: layout.Warn}

func badge(c *web.Context, s agreement.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("agreements.stage." + string(s))}
}

// line is an agreement as the list shows it.
type line struct {
	agreement.Brief
	Badge layout.Badge
	Turn  string // in words; "" for nobody's
	Yours bool   // it is the reader's turn
	Left  string
}

type listPage struct {
	layout.Page
	Lines []line
	More  string // address of the next page; "" for none
}

func (p *Pages) list(c *web.Context) error {
	all, err := p.Agreements.List(c.Request.Context(), c.Actor, c.Query("after"), 50)
	if err != nil {
		return err
	}
	page := listPage{Page: p.Layout.Page(c, c.Say("agreements.title"))}
	page.NoIndex = true
	for _, b := range all.Items {
		l := line{Brief: b, Badge: badge(c, b.Stage), Yours: b.Turn != "" && b.Turn == b.Side}
		if b.Turn != "" {
			l.Turn = turn(c, b.Turn, b.Side)
			if b.Stage != agreement.StageAmended {
				l.Left = left(c, b.Left)
			}
		}
		page.Lines = append(page.Lines, l)
	}
	if all.Next != "" {
		page.More = page.URL("agreements.list") + "?" + url.Values{"after": {all.Next}}.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "list", page)
}

// turn says whose turn it is: the reader's own, or a side's.
func turn(c *web.Context, whose, reader string) string {
	if whose == reader {
		return c.Say("agreements.turn.you")
	}
	return c.Say("agreements.turn." + whose)
}

func left(c *web.Context, l deadline.Left) string {
	switch {
	case l.Late:
		return c.Say("agreements.late", "n", -l.Days)
	case l.Days == 0:
		return c.Say("agreements.today")
	}
	return c.Say("agreements.days", "n", l.Days)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }
