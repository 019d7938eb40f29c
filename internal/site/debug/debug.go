// Package debug is pages for developers, mounted only with --dev and answered
// to this machine only: why somebody may or may not do something.
//
// Read debug.go, then cases.go.
package debug

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Service is the pages.
type Service struct {
	Tools
	pages *layout.Pages
	rules []permit.Rule          // of every route, each once, by act
	names map[string]permit.Rule // by name of the route
}

// New returns the pages.
func New(t Tools) *Service {
	return &Service{Tools: t, pages: t.Layout.Pages(templates), names: map[string]permit.Rule{}}
}

// Routes are the addresses of this package. all are the routes whose rules can
// be explained.
func (s *Service) Routes(all []web.Route) []web.Route {
	for _, r := range all {
		s.names[r.Name] = r.May
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
	Acts     []string
	Asked    bool
	Who      permit.Actor
	Rule     permit.Rule
	Reasons  []permit.Reason
	Case     *Case // nil if no thing was named
	Steps    []flow.Why
	Decision *problem.Error // nil: yes
}

// question is what is asked: who, what, of which thing.
type question struct {
	Act     string `json:"act"`     // or the name of a route
	Account string `json:"account"` // or "role@body"; "" for nobody
	Slug    string `json:"slug"`
	Number  string `json:"number"`
	Thing   string `json:"thing"` // id of an account, body, proof or notice, number of platform rules
}

// permit explains one decision: role by role, and stage and four eyes where
// the act moves a case.
func (s *Service) permit(c *web.Context) error {
	q := question{c.Query("act"), strings.TrimSpace(c.Query("account")), c.Query("slug"), c.Query("number"), c.Query("thing")}
	p := page{Page: s.Layout.Page(c, c.Say("debug.title")), Form: layout.Blank(c, q)}
	p.NoIndex = true
	for _, r := range s.rules {
		p.Acts = append(p.Acts, r.Act)
	}
	if q.Act == "" {
		return s.pages.Render(c, http.StatusOK, "permit", p)
	}
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

// rule finds what is asked about: an act, or the route of that name.
func (s *Service) rule(act string) (permit.Rule, error) {
	if r, ok := s.names[act]; ok {
		return r, nil
	}
	i := slices.IndexFunc(s.rules, func(r permit.Rule) bool { return r.Act == act })
	if i < 0 {
		var wrong problem.List
		wrong.Add("/act", "debug.unknown_act", "act", act)
		return permit.Rule{}, wrong.Err()
	}
	return s.rules[i], nil
}

// who finds who is asked about: nobody, an account, or anybody of a role.
func (s *Service) who(ctx context.Context, account string) (a permit.Actor, err error) {
	role, body, made := strings.Cut(account, "@")
	switch {
	case account == "":
		return a, nil
	case !made:
		return s.Actor(ctx, account)
	case !slices.Contains(permit.Roles, permit.Role(role)):
		var wrong problem.List
		wrong.Add("/account", "debug.unknown_role", "role", role)
		return a, wrong.Err()
	}
	a = permit.Actor{Account: account, Name: account, Organisation: body, Roles: []permit.Role{permit.Role(role)}}
	if body != "" {
		var o organisation.Organisation
		o, err = s.Organisations.Get(ctx, permit.Platform, body)
		a.District = o.District
	}
	return a, err
}

func (s *Service) explain(ctx context.Context, p *page, q question) (err error) {
	if p.Rule, err = s.rule(q.Act); err != nil {
		return err
	}
	if p.Who, err = s.who(ctx, q.Account); err != nil {
		return err
	}
	p.Asked = true
	concept, verb, _ := strings.Cut(p.Rule.Act, ".")
	if p.Case, err = s.find(ctx, concept, q); err != nil {
		return err
	}
	of := permit.Thing{Account: p.Who.Account}
	if p.Case != nil {
		if of = p.Case.Of; of.Account == "" {
			of.Account = p.Who.Account
		}
	}
	p.Reasons = p.Rule.Explain(p.Who, of)
	decision := p.Rule.Asked(p.Who)
	if decision == nil && p.Case != nil {
		decision = p.Rule.Permit(p.Who, of)
	}
	if p.Case != nil && p.Case.moves != nil && p.Case.moves(verb) {
		near := p.Who.Toward(of)
		p.Steps = p.Case.steps(verb, near)
		if decision == nil {
			decision = p.Case.permit(verb, near)
		}
	}
	p.Decision = problem.As(decision)
	return nil
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
