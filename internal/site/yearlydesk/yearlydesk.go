package yearlydesk

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/yearlyreview"
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
	Reviews *yearlyreview.Service
	Layout  *layout.Layout
}

// Pages is the pages.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{Tools: t, pages: t.Layout.Pages(templates)} }

// May reports whether the desk has something for who.
func May(who permit.Actor) bool { return yearlyreview.MayKnow.Asked(who) == nil }

// Waiting counts the reviews that wait for the reader.
func Waiting(c *web.Context, reviews *yearlyreview.Service) int {
	n, err := reviews.Waiting(c.Request.Context(), c.Actor)
	if err != nil {
		return 0
	}
	return n
}

// Routes are the addresses of this package.
func (p *Pages) Routes() (all []web.Route) {
	const desk, one = "/{lang}/desk/yearly", "/{lang}/desk/yearly/{id}"
	rule := func(verb string) permit.Rule { return yearlyreview.Table.Rule("yearlyreview", verb) }
	for _, r := range []web.Route{
		{Method: "GET", Path: desk, Name: "yearlydesk.list", May: yearlyreview.MayKnow, Do: p.list},
		{Method: "GET", Path: one, Name: "yearlydesk.review", May: yearlyreview.MayKnow, Do: p.review},
		{Method: "POST", Path: one + "/choose", Name: "yearlydesk.choose", May: rule("choose"), Do: p.choose},
		{Method: "POST", Path: one + "/sweep", Name: "yearlydesk.sweep", May: rule("choose"), Do: p.sweep},
		{Method: "POST", Path: one + "/add", Name: "yearlydesk.add", May: rule("add"), Do: p.add},
		{Method: "POST", Path: one + "/complete", Name: "yearlydesk.complete", May: rule("complete"), Do: p.act(yearlyreview.Complete{})},
		{Method: "POST", Path: one + "/give-back", Name: "yearlydesk.give_back", May: rule("give_back"), Do: p.giveBack},
		{Method: "POST", Path: one + "/sign", Name: "yearlydesk.sign", May: rule("sign"), Do: p.act(yearlyreview.Sign{})},
		{Method: "POST", Path: one + "/return", Name: "yearlydesk.return", May: rule("return"), Do: p.giveReturn},
		{Method: "POST", Path: one + "/accept", Name: "yearlydesk.accept", May: rule("accept"), Do: p.act(yearlyreview.Accept{})},
		{Method: "POST", Path: one + "/begin", Name: "yearlydesk.begin", May: rule("begin"), Do: p.begin},
		{Method: "GET", Path: "/{lang}/yearly-review", Name: "yearlydesk.result", May: permit.Public, Do: p.result},
		{Method: "GET", Path: "/{lang}/yearly-review.csv", Name: "yearlydesk.csv", May: permit.Public, Do: p.csv},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// choice is one way to look at a list.
type choice struct {
	Word, Href string
	Chosen     bool
}

// listPage is the reviews of the reader's body, or of everybody in a year.
type listPage struct {
	layout.Page
	Every bool // the reader oversees
	Years []choice
	Year  int
	All   yearlyreview.Listings
	Rate  string // of everything that is decided
	Rows  []line
}

// line is one review in a list.
type line struct {
	yearlyreview.Listing
	Badge layout.Badge
	Rate  string
	Bar   int // of 100
}

var tones = map[yearlyreview.Stage]layout.Tone{yearlyreview.StageOpened: layout.Plain, yearlyreview.StageEvaluating: layout.Info, yearlyreview.StageComplete: layout.Warn, yearlyreview.StageSigned: layout.Warn,
	yearlyreview.StageReturned: layout.Bad, yearlyreview.StageReviewed: layout.Info, yearlyreview.StageClosed: layout.Good}

func badge(c *web.Context, s yearlyreview.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("yearlyreview.stage." + string(s))}
}

func rate(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + "%" }

func (p *Pages) list(c *web.Context) (err error) {
	ctx := c.Request.Context()
	x := listPage{Page: p.Layout.Page(c, c.Say("yearlydesk.title")), Every: yearlyreview.MayOversee.Asked(c.Actor) == nil}
	x.NoIndex = true
	if x.Every {
		if x.Year, x.Years, err = p.years(c, "yearlydesk.list"); err != nil {
			return err
		}
		x.All, err = p.Reviews.All(ctx, c.Actor, x.Year)
	} else {
		x.All, err = p.Reviews.Mine(ctx, c.Actor)
	}
	if err != nil {
		return err
	}
	x.Rate = rate(x.All.Share)
	for _, l := range x.All.Items {
		x.Rows = append(x.Rows, line{l, badge(c, l.Stage), rate(l.Share), int(100*l.Share + .5)})
	}
	return p.pages.Render(c, http.StatusOK, "list", x)
}

// years returns the year that is asked for, the newest if none is, and the
// others to choose from.
func (p *Pages) years(c *web.Context, name string) (year int, all []choice, err error) {
	years, err := p.Reviews.Years(c.Request.Context(), c.Actor)
	if err != nil {
		return 0, nil, err
	}
	year = yearlyreview.YearNamed(c.Query("year"))
	if c.Query("year") == "" && len(years) > 0 {
		year = years[0]
	}
	if year > 0 && !slices.Contains(years, year) {
		years = append(years, year)
	}
	for _, y := range years {
		n := strconv.Itoa(y)
		all = append(all, choice{Word: n, Href: layout.URL(c, name) + "?" + url.Values{"year": {n}}.Encode(), Chosen: y == year})
	}
	return year, all, nil
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }
