package gradingdesk

import (
	"embed"
	"net/http"
	"net/url"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/grading"
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
	Gradings *grading.Service
	Layout   *layout.Layout
}

// Service is the pages.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package.
func (s *Service) Routes() (all []web.Route) {
	const one, rule = "/{lang}/desk/gradings/{slug}", "/{lang}/desk/grading-profiles/{version}"
	may := func(verb string) permit.Rule { return grading.Table.Rule("grading", verb) }
	keeps := func(verb string) permit.Rule { return grading.ProfileTable.Rule("grading.profile", verb) }
	owns := func(verb string) permit.Rule { return grading.OwnTable.Rule("grading.overlay", verb) }
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/desk/gradings", Name: "gradingdesk.list", May: grading.MayWork, Do: s.list},
		{Method: "GET", Path: one, Name: "gradingdesk.page", May: grading.MayWork, Do: s.page},
		{Method: "POST", Path: one, Name: "gradingdesk.grade", May: may("grade"), Do: s.grade},
		{Method: "POST", Path: one + "/confirm", Name: "gradingdesk.confirm", May: may("confirm"), Do: s.confirm},
		{Method: "POST", Path: one + "/reject", Name: "gradingdesk.reject", May: may("reject"), Do: s.reject},
		{Method: "GET", Path: one + "/evidence", Name: "gradingdesk.evidence", May: may("bring_evidence"), Do: s.evidence},
		{Method: "POST", Path: one + "/evidence", Name: "gradingdesk.bring", May: may("bring_evidence"), Do: s.bring},
		{Method: "GET", Path: "/{lang}/desk/grading-rules", Name: "gradingdesk.own", May: grading.MayWork, Do: s.own},
		{Method: "POST", Path: "/{lang}/desk/grading-rules", Name: "gradingdesk.own_propose", May: owns("propose"), Do: s.propose},
		{Method: "POST", Path: "/{lang}/desk/grading-rules/{number}/accept", Name: "gradingdesk.own_accept", May: owns("accept"), Do: s.ownMove(acceptOwn, "gradingdesk.said_own_accepted")},
		{Method: "POST", Path: "/{lang}/desk/grading-rules/{number}/return", Name: "gradingdesk.own_return", May: owns("return"), Do: s.ownMove(returnOwn, "gradingdesk.said_own_returned")},
		{Method: "GET", Path: "/{lang}/grading-profile", Name: "gradingdesk.profile", May: permit.Public, Do: s.profile},
		{Method: "GET", Path: "/{lang}/grading-profiles/{version}", Name: "gradingdesk.edition", May: permit.Public, Do: s.edition},
		{Method: "GET", Path: "/{lang}/desk/grading-profiles", Name: "gradingdesk.rules", May: grading.MayRule, Do: s.rules},
		{Method: "POST", Path: "/{lang}/desk/grading-profiles", Name: "gradingdesk.draft", May: keeps("draft"), Do: s.draft},
		{Method: "GET", Path: rule, Name: "gradingdesk.rule", May: grading.MayRule, Do: s.rule},
		{Method: "POST", Path: rule, Name: "gradingdesk.fill", May: keeps("fill"), Do: s.fill},
		{Method: "POST", Path: rule + "/consult", Name: "gradingdesk.consult", May: keeps("consult"), Do: s.move(grading.Consult{}, "gradingdesk.said_consult")},
		{Method: "POST", Path: rule + "/take-back", Name: "gradingdesk.take_back", May: keeps("take_back"), Do: s.move(grading.TakeBack{}, "gradingdesk.said_taken_back")},
		{Method: "POST", Path: rule + "/agree", Name: "gradingdesk.agree", May: keeps("agree"), Do: s.move(grading.Agree{}, "gradingdesk.said_agreed")},
		{Method: "POST", Path: rule + "/take-effect", Name: "gradingdesk.take_effect", May: keeps("take_effect"), Do: s.takeEffect},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

var tones = map[grading.Stage]layout.Tone{grading.StageNotGraded: layout.Plain, grading.StageScanned: layout.Info, grading.StageGraded: layout.Warn,
	grading.StageRejected: layout.Bad, grading.StageConfirmed: layout.Good, grading.StageReviewDue: layout.Warn, grading.StageEvidenceNeeded: layout.Info}

func badge(c *web.Context, s grading.Stage) layout.Badge {
	return layout.Badge{Tone: tones[s], Word: c.Say("gradingdesk.stage." + string(s))}
}

var typeTones = map[opening.Type]layout.Tone{opening.Unconditional: layout.Good, opening.Conditional: layout.Warn, opening.Closed: layout.Bad}

// kind is an opening type as a badge; the zero Badge for none.
func kind(c *web.Context, t opening.Type) layout.Badge {
	if !t.Known() {
		return layout.Badge{}
	}
	return layout.Badge{Tone: typeTones[t], Word: c.Say("openlist.opening." + string(t))}
}

// line is one grading of the list.
type line struct {
	grading.Line
	Href    string
	Badge   layout.Badge
	Kind    layout.Badge
	Reasons []string
	Mine    bool // it is the reader's turn
}

type listPage struct {
	layout.Page
	Lines []line
	More  string
	Rules bool // the reader makes profiles
	Own   bool // the reader makes the own rules of a body
}

// May reports whether somebody works on gradings every day.
func May(who permit.Actor) bool {
	return who.HasAny(permit.OpnGrader, permit.OpnReviewer, permit.AutOfficer, permit.CtrListReviewer)
}

// Waiting counts the gradings in which it is the reader's turn.
func (s *Service) Waiting(c *web.Context) int {
	n, err := s.Gradings.Turns(c.Request.Context(), c.Actor)
	if err != nil {
		return 0
	}
	return n
}

func turn(l grading.Line) bool {
	return slices.Contains(l.Can, "grade") || slices.Contains(l.Can, "confirm")
}

func (s *Service) list(c *web.Context) error {
	all, err := s.Gradings.Work(c.Request.Context(), c.Actor, c.Query("after"))
	if err != nil {
		return err
	}
	p := listPage{Page: s.Layout.Page(c, c.Say("gradingdesk.title")), Rules: grading.MayRule.Asked(c.Actor) == nil}
	for _, verb := range []string{"propose", "accept"} {
		p.Own = p.Own || grading.OwnTable.Rule("grading.overlay", verb).Asked(c.Actor) == nil
	}
	p.NoIndex = true
	for _, l := range all {
		x := line{Line: l, Href: p.URL("gradingdesk.page", l.Slug), Badge: badge(c, l.Stage), Kind: kind(c, l.Type), Mine: turn(l)}
		for _, r := range l.Reasons {
			x.Reasons = append(x.Reasons, c.Say("gradingdesk.reason."+r))
		}
		p.Lines = append(p.Lines, x)
	}
	slices.SortStableFunc(p.Lines, func(a, b line) int {
		switch {
		case a.Mine == b.Mine:
			return 0
		case a.Mine:
			return -1
		}
		return 1
	})
	if len(all) == 200 {
		p.More = p.URL("gradingdesk.list") + "?" + url.Values{"after": {all[199].Slug}}.Encode()
	}
	return s.pages.Render(c, http.StatusOK, "list", p)
}

// crumbs are the way to a grading.
func crumbs(c *web.Context, more ...layout.Crumb) []layout.Crumb {
	return append([]layout.Crumb{{Name: same(c.Say("gradingdesk.title")), Href: layout.URL(c, "gradingdesk.list")}}, more...)
}

// say leads to a grading, which says what was done.
func say(c *web.Context, page, key, said string) error {
	return c.Redirect(http.StatusSeeOther, layout.URL(c, page, key)+"?"+url.Values{"said": {said}}.Encode())
}

// page shows a grading: to fill in, if the reader may, else to read and to
// check.
func (s *Service) page(c *web.Context) error {
	v, err := s.Gradings.View(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	if slices.Contains(v.Can, "grade") {
		return s.sheet(c, http.StatusOK, v, typed{Sheet: prefilled(v)}, nil)
	}
	return s.show(c, http.StatusOK, v, layout.Blank(c, nil))
}
