package reviewdesk

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/condition"
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

// Names knows what accounts are called.
type Names interface {
	Names(ctx context.Context, who permit.Actor, ids ...string) (map[string]string, error)
}

// Tools are what the pages work with.
type Tools struct {
	Reviews       *review.Service
	Conditions    *condition.Service
	Organisations *organisation.Service
	Names         Names
	Shown         *apply.Pages // puts an application into words
	Layout        *layout.Layout
}

// Pages are the desk of the publishers, and of the experts.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	const one = "/{lang}/desk/orders/{id}"
	routes := []web.Route{
		{Method: "GET", Path: "/{lang}/desk/orders", Name: "reviewdesk.queue", May: review.MayRead, Do: func(c *web.Context) error { return p.list(c, false) }},
		{Method: "GET", Path: "/{lang}/desk/orders/decided", Name: "reviewdesk.decided", May: review.MayRead, Do: func(c *web.Context) error { return p.list(c, true) }},
		{Method: "GET", Path: one, Name: "reviewdesk.order", May: review.MayRead, Do: p.show},
		{Method: "GET", Path: one + "/files/{file}", Name: "reviewdesk.file", May: review.MayRead, Do: p.file},
	}
	for _, a := range acts {
		routes = append(routes, web.Route{Method: "POST", Path: one + "/" + strings.ReplaceAll(a.verb, "_", "-"), Name: "reviewdesk." + a.verb, May: review.Table.Rule("review", a.verb),
			Do: func(c *web.Context) error { return p.act(c, a) }})
	}
	for _, r := range routes {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// May reports whether who finds the desk in the header.
func May(who permit.Actor) bool { return review.MayRead.Asked(who) == nil }

// Waiting returns how many orders wait for who; none for those who only look.
func (p *Pages) Waiting(c *web.Context) int {
	if review.MayReview.Asked(c.Actor) != nil && review.MayAdvise.Asked(c.Actor) != nil {
		return 0
	}
	page, err := p.Reviews.Queue(c.Request.Context(), c.Actor, "", 1)
	if err != nil {
		return 0
	}
	return page.Count
}

type line struct {
	review.Brief
	Badge     layout.Badge
	Left      string
	Publisher string
	Scenario  string
	Datasets  []locale.Text
}

type listPage struct {
	layout.Page
	Lines   []line
	Count   int
	More    string
	Decided bool
	All     bool // orders of every publisher
	Done    bool // may read what was decided
}

// Most is where the count ends.
func (listPage) Most() int { return review.MostCounted }

func (p *Pages) list(c *web.Context, decided bool) error {
	find, name, title := p.Reviews.Queue, "reviewdesk.queue", c.Say("reviewdesk.title")
	if decided {
		find, name, title = p.Reviews.Decided, "reviewdesk.decided", c.Say("reviewdesk.decided")
	}
	all, err := find(c.Request.Context(), c.Actor, c.Query("after"), 50)
	if err != nil {
		return err
	}
	page := listPage{Page: p.Layout.Page(c, title), Count: all.Count, Decided: decided, All: !review.MayReview.Allows(c.Actor, permit.Thing{Body: c.Actor.Organisation})}
	page.Done = !page.All || review.MayOversee.Asked(c.Actor) == nil
	page.NoIndex = true
	for _, b := range all.Items {
		l := line{Brief: b, Badge: badge(c, b.Stage), Left: apply.Left(c, b.Left), Publisher: p.body(c, b.Body), Scenario: p.Shown.Scenario(c, b.Scenario)}
		if l.Datasets, err = p.Shown.Titles(c, b.Datasets...); err != nil {
			return err
		}
		page.Lines = append(page.Lines, l)
	}
	if all.Next != "" {
		page.More = layout.URL(c, name) + "?after=" + all.Next
	}
	return p.pages.Render(c, http.StatusOK, "queue", page)
}

func (p *Pages) body(c *web.Context, id string) string {
	if o, err := p.Organisations.Get(c.Request.Context(), c.Actor, id); err == nil {
		return o.Name.In(c.Lang)
	}
	return id
}

// badge puts a stage into a word with a meaning.
func badge(c *web.Context, s review.Stage) layout.Badge {
	tones := map[review.Stage]layout.Tone{review.StageAssigned: layout.Warn, review.StageProposed: layout.Warn, review.StageDecided: layout.Good, review.StageWithdrawn: layout.Plain}
	tone, ok := tones[s]
	if !ok {
		tone = layout.Info
	}
	return layout.Badge{Tone: tone, Word: c.Say("review.stage." + string(s))}
}

func (p *Pages) file(c *web.Context) error {
	f, err := p.Reviews.File(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return application.Send(c, f)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }
