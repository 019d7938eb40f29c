// Package debug is pages for developers, mounted only with --dev and answered
// to this machine only: why somebody may or may not do something.
//
// Read debug.go.
package debug

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
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
	Actor         func(ctx context.Context, account string) (permit.Actor, error)
	Entries       *openlist.Service
	Versions      *version.Service
	Organisations *organisation.Service
	Layout        *layout.Layout
}

// Service is the pages.
type Service struct {
	Tools
	pages *layout.Pages
	rules []permit.Rule // of every route, each once, by act
}

// New returns the pages.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package. all are the routes whose rules can
// be explained.
func (s *Service) Routes(all []web.Route) []web.Route {
	for _, r := range all {
		if !slices.ContainsFunc(s.rules, func(known permit.Rule) bool { return known.Act == r.May.Act }) {
			s.rules = append(s.rules, r.May)
		}
	}
	slices.SortFunc(s.rules, func(a, b permit.Rule) int { return strings.Compare(a.Act, b.Act) })
	return layout.Both(web.Route{Method: "GET", Path: "/{lang}/debug/permit", Name: "debug.permit", May: permit.Public, First: true, Do: web.OnlyHere(s.permit)})
}

type page struct {
	layout.Page
	Form     layout.Form
	Acts     []layout.Option
	Asked    bool
	Who      permit.Actor
	Rule     permit.Rule
	Reasons  []permit.Reason
	Entry    *openlist.Entry
	Version  *version.Version
	Did      map[string]string // verb → account, of the case
	Decision *problem.Error    // nil: yes
}

// question is what is asked: who, what, of which dataset and version.
type question struct {
	Act     string `json:"act"`
	Account string `json:"account"`
	Slug    string `json:"slug"`
	Number  string `json:"number"`
}

// permit explains one decision: role by role, and stage and four eyes where
// the act moves a case.
func (s *Service) permit(c *web.Context) error {
	q := question{c.Query("act"), c.Query("account"), c.Query("slug"), c.Query("number")}
	p := page{Page: s.Layout.Page(c, c.Say("debug.title")), Form: layout.Blank(c, q)}
	p.NoIndex = true
	for _, r := range s.rules {
		p.Acts = append(p.Acts, layout.Option{Value: r.Act, Label: r.Act, Chosen: r.Act == q.Act})
	}
	i := slices.IndexFunc(s.rules, func(r permit.Rule) bool { return r.Act == q.Act })
	if i < 0 {
		return s.pages.Render(c, http.StatusOK, "permit", p)
	}
	p.Asked, p.Rule = true, s.rules[i]
	err := s.explain(c.Request.Context(), &p, q)
	if told := layout.Told(err); told != nil || problem.Is(err, problem.NotFound) {
		p.Asked = false
		p.Form.Tell(c, problem.As(err))
		if len(p.Form.Wrong) == 0 {
			p.Form.Wrong = []layout.Wrong{{Text: c.Shape(0, problem.As(err)).Detail}}
		}
		return s.pages.Render(c, layout.Status, "permit", p)
	}
	if err != nil {
		return err
	}
	return s.pages.Render(c, http.StatusOK, "permit", p)
}

func (s *Service) explain(ctx context.Context, p *page, q question) (err error) {
	if q.Account != "" {
		if p.Who, err = s.Actor(ctx, q.Account); err != nil {
			return err
		}
	}
	of := permit.Thing{Account: p.Who.Account}
	if q.Slug != "" {
		if of, err = s.thing(ctx, p, q); err != nil {
			return err
		}
	}
	p.Reasons = p.Rule.Explain(p.Who, of)
	decision := p.Rule.Asked(p.Who)
	if decision == nil && q.Slug != "" {
		decision = p.Rule.Permit(p.Who, of)
	}
	verb := p.Rule.Act[strings.IndexByte(p.Rule.Act, '.')+1:]
	switch {
	case decision != nil:
	case p.Version != nil && strings.HasPrefix(p.Rule.Act, "version.") && q.Number != "":
		p.Did = p.Version.Did
		if version.Table.Has(verb) {
			decision = version.Table.Permit(p.Version.Stage, verb, p.Who.Toward(permit.Thing{Body: p.Entry.Publisher}), p.Did)
		}
	case p.Entry != nil && strings.HasPrefix(p.Rule.Act, "openlist.") && openlist.Table.Has(verb):
		p.Did = p.Entry.Did
		decision = openlist.Table.Permit(p.Entry.Stage, verb, p.Who.Toward(permit.Thing{Body: p.Entry.Publisher}), p.Did)
	}
	p.Decision = problem.As(decision)
	return nil
}

// thing finds the dataset and the version, seen as the platform sees them.
func (s *Service) thing(ctx context.Context, p *page, q question) (of permit.Thing, err error) {
	e, err := s.Entries.Get(ctx, permit.Platform, q.Slug)
	if err != nil {
		return of, err
	}
	p.Entry = &e
	of = permit.Thing{Body: e.Publisher, Account: p.Who.Account}
	if body, err := s.Organisations.Get(ctx, permit.Platform, e.Publisher); err == nil {
		of.District = body.District
	}
	if q.Number == "" {
		return of, nil
	}
	n, err := strconv.Atoi(q.Number)
	if err != nil {
		var wrong problem.List
		wrong.Add("/number", "web.not_an_integer", "value", q.Number)
		return of, wrong.Err()
	}
	v, err := s.Versions.Find(ctx, permit.Platform, q.Slug, n)
	p.Version = &v
	return of, err
}

// Why is the decision in words.
func (p page) Why() string {
	if p.Decision == nil {
		return ""
	}
	args := []any{}
	for name, value := range p.Decision.Args {
		args = append(args, name, value)
	}
	return p.Tell(p.Decision.Code, args...)
}
