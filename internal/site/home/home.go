package home

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the page works with.
type Tools struct {
	Catalogue *catalogue.Service
	Clock     clock.Clock
	Layout    *layout.Layout
}

// Service is the first page.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the first page.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	all := []web.Route{{Method: "GET", Path: "/{$}", Name: "home.choose", May: permit.Public, Do: choose}}
	for _, r := range []web.Route{
		{Path: "/{lang}", Name: "home.bare", Do: choose},
		{Path: "/{lang}/{$}", Name: "home.page", Do: s.page},
	} {
		r.Method, r.May = "GET", permit.Public
		all = append(all, layout.Both(r)...)
	}
	return all
}

// choose leads to the first page in the reader's language.
func choose(c *web.Context) error {
	c.Writer.Header().Set("Vary", "Accept-Language")
	c.Writer.Header().Set("Cache-Control", "no-cache")
	return c.Redirect(http.StatusFound, "/"+string(c.Lang)+"/")
}

type page struct {
	layout.Page
	catalogue.Figures
	Rate     string // on-time rate in percent; "" if nothing is promised
	Examples []link
	Tiles    []tile
	Recent   []catalogue.Row
	Largest  []catalogue.Row
}

type link struct{ Label, Href string }

type tile struct {
	Name  locale.Text
	Count int
	Href  string
}

// listed is how many datasets each short list shows.
const listed = 6

func (s *Service) page(c *web.Context) error {
	ctx, list := c.Request.Context(), layout.URL(c, "catalogue.list")
	p := page{Page: s.Layout.Page(c, ""), Figures: s.Catalogue.Figures()}
	p.Heading, p.NoBox, p.About = locale.Text{}, true, c.Say("home.lead")
	if p.Promised > 0 {
		p.Rate = fmt.Sprintf("%.1f%%", 100*float64(p.OnTime)/float64(p.Promised))
	}
	for _, d := range s.Catalogue.Codes().Domains {
		if d.Ended && p.Domains[d.Code] == 0 {
			continue
		}
		p.Tiles = append(p.Tiles, tile{d.Name, p.Domains[d.Code], list + "?domain=" + url.QueryEscape(d.Code)})
	}
	var err error
	if p.Examples, err = s.examples(ctx, c.Say("home.examples"), list); err != nil {
		return err
	}
	if p.Recent, err = s.short(c, "updated"); err != nil {
		return err
	}
	if p.Largest, err = s.short(c, "rows"); err != nil {
		return err
	}
	return s.pages.Render(c, http.StatusOK, "home", p)
}

// examples returns the first three of the given words, parted by "|", that
// find something now.
func (s *Service) examples(ctx context.Context, words, list string) (all []link, err error) {
	for word := range strings.SplitSeq(words, "|") {
		f, err := s.Catalogue.Find(ctx, catalogue.Question{Text: word, Sort: catalogue.Sorts[0], Limit: 1})
		if err != nil {
			return nil, err
		}
		if f.Total > 0 {
			all = append(all, link{word, list + "?" + url.Values{"q": {word}}.Encode()})
		}
		if len(all) == 3 {
			break
		}
	}
	return all, nil
}

func (s *Service) short(c *web.Context, sort string) ([]catalogue.Row, error) {
	q := catalogue.Question{Sort: sort, Limit: listed}
	if sort == "rows" {
		q.Facets = map[string][]string{"data": {string(catalogue.Full)}}
	}
	f, err := s.Catalogue.Find(c.Request.Context(), q)
	return s.Catalogue.Rows(c, f), err
}
