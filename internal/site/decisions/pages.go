package decisions

import (
	"context"
	"embed"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/feed"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/apply"
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
	Applications  *application.Service
	Reviews       *review.Service
	Organisations *organisation.Service
	Calendar      *calendar.Service
	Feeds         *feed.Service
	Clock         clock.Clock
	Shown         *apply.Pages
	Layout        *layout.Layout
	// Actor returns an account as somebody acting, for a calendar that reads
	// its deadlines.
	Actor func(ctx context.Context, account string) (permit.Actor, error)
}

// Pages are the pages of decisions.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// mayRead is the rule of asking for a letter: who may see which is decided
// once it is found.
var mayRead = permit.Rule{Act: "review.letter", By: []permit.Role{permit.Signed}, Article: "19(3)"}

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	id := []web.Param{{Name: "id", Type: "string", Example: "ord_01JD8X"}}
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/letters/{id}", Name: "decisions.letter", May: mayRead, Do: p.letter},
		{Method: "GET", Path: "/{lang}/letters/{id}/pdf", Name: "decisions.pdf", May: mayRead, Do: p.pdf},
		{Method: "GET", Path: "/{lang}/statistics/applications", Name: "decisions.figures", May: permit.Public, Do: p.figures},
		{Method: "GET", Path: "/{lang}/workflows/applications", Name: "decisions.workflow", May: permit.Public, Do: p.workflow},
		{Method: "GET", Path: "/{lang}/me/deadlines", Name: "decisions.deadlines", May: feed.MayKeep, Do: p.deadlines},
		{Method: "POST", Path: "/{lang}/me/deadlines", Name: "decisions.make", May: feed.MayKeep, Secret: true, Do: p.makeFeed},
		{Method: "POST", Path: "/{lang}/me/deadlines/end", Name: "decisions.end", May: feed.MayKeep, Do: p.endFeed},
		{Method: "GET", Path: "/{lang}/me/deadlines.ics", Name: "decisions.ics", May: feed.MayKeep, Do: p.mine},
		{Method: "GET", Path: "/{lang}/deadlines/{secret}", Name: "decisions.feed", May: permit.Public, Do: p.read},
	} {
		all = append(all, layout.Both(r)...)
	}
	return append(all,
		web.Route{Method: "GET", Path: "/api/v1/orders/{id}/letter", Name: "decisions.letter_file", May: mayRead, API: true, Place: id, Media: []string{"application/pdf"}, Do: p.pdf},
		web.Route{Method: "GET", Path: "/api/v1/deadlines", Name: "decisions.deadlines_file", May: feed.MayKeep, API: true, Media: []string{ics}, Do: p.mine})
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

func (p *Pages) body(c *web.Context, id string) string {
	if o, err := p.Organisations.Get(c.Request.Context(), c.Actor, id); err == nil {
		return o.Name.In(c.Lang)
	}
	return id
}

// term says how long a term is today.
func (p *Pages) term(c *web.Context, book terms.Book, name string) string {
	t, err := book.Find(name, p.today())
	if err != nil {
		return ""
	}
	return c.Say("decisions.unit."+string(t.Unit), "length", t.Length)
}
