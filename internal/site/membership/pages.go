package membership

import (
	"embed"
	"net/http"

	"kaishu/internal/base/locale"
	"kaishu/internal/casework/proof"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/web"
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
	Proofs *proof.Service
	Roster *roster.Service
	Layout *layout.Layout
}

// Pages are the pages of proofs and members.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	mine, office := proof.MayApply, proof.MayDecide
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/proof", Name: "membership.proofs", May: mine, Do: p.list},
		{Method: "POST", Path: "/{lang}/proof", Name: "membership.open", May: mine, Do: p.open},
		{Method: "GET", Path: "/{lang}/proof/{id}", Name: "membership.proof", May: mine, Do: p.show},
		{Method: "POST", Path: "/{lang}/proof/{id}", Name: "membership.fill", May: mine, Do: p.fill},
		{Method: "POST", Path: "/{lang}/proof/{id}/withdraw", Name: "membership.withdraw", May: mine, Do: p.withdraw},
		{Method: "POST", Path: "/{lang}/proof/{id}/files", Name: "membership.attach", May: mine, Do: p.attach},
		{Method: "GET", Path: "/{lang}/proof/{id}/files/{file}", Name: "membership.file", May: mine, Do: p.file},
		{Method: "POST", Path: "/{lang}/proof/{id}/files/{file}/remove", Name: "membership.detach", May: mine, Do: p.detach},
		{Method: "GET", Path: "/{lang}/office/proofs", Name: "membership.queue", May: office, Do: p.queue},
		{Method: "GET", Path: "/{lang}/office/proofs/{id}", Name: "membership.case", May: office, Do: p.look},
		{Method: "POST", Path: "/{lang}/office/proofs/{id}", Name: "membership.decide", May: office, Do: p.decide},
		{Method: "GET", Path: "/{lang}/office/proofs/{id}/files/{file}", Name: "membership.office_file", May: office, Do: p.file},
	} {
		all = append(all, layout.Both(r)...)
	}
	for _, r := range p.memberRoutes() {
		all = append(all, layout.Both(r)...)
	}
	return all
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

func crumb(c *web.Context, key, route string) layout.Crumb {
	return layout.Crumb{Name: same(c.Say(key)), Href: layout.URL(c, route)}
}

// badge puts a stage into a word with a meaning.
func badge(c *web.Context, s proof.Stage) layout.Badge {
	tones := map[proof.Stage]layout.Tone{proof.StageDraft: layout.Plain, proof.StageSubmitted: layout.Info, proof.StageReturned: layout.Warn,
		proof.StageAccepted: layout.Good, proof.StageRefused: layout.Bad, proof.StageWithdrawn: layout.Plain, proof.StageLapsed: layout.Plain}
	return layout.Badge{Tone: tones[s], Word: c.Say("membership.stage." + string(s))}
}

// Standing is how a case stands, in words.
type Standing struct {
	proof.View
	Badge   layout.Badge
	Subject string
	Turn    string // whose turn it is, and how long; "" for nobody's
	Late    bool
	Why     locale.Text // reasons of a return or refusal
}

// standing says whose turn it is: the clock is visible.
func (p *Pages) standing(c *web.Context, v proof.View) Standing {
	s := Standing{View: v, Badge: badge(c, v.Case.Stage), Subject: c.Say("membership.subject." + string(v.Case.Subject)), Late: v.Late, Why: p.Proofs.Say(v.Case.Reasons)}
	switch {
	case v.Late:
		s.Turn = c.Say("membership.turn_late", "day", layout.Day(c.Lang, v.Case.Due.Day))
	case v.Turn == "officer" && v.Case.Due.Provisional:
		s.Turn = c.Say("membership.turn_officer_provisional", "day", layout.Day(c.Lang, v.Case.Due.Day), "n", v.Left)
	case v.Turn == "officer":
		s.Turn = c.Say("membership.turn_officer", "day", layout.Day(c.Lang, v.Case.Due.Day), "n", v.Left)
	case v.Turn == "applicant":
		s.Turn = c.Say("membership.turn_applicant", "day", layout.Day(c.Lang, v.Case.LapseOn))
	}
	return s
}

// file hands out one copy: saved, never shown, and if some program shows it
// all the same, without rights.
func (p *Pages) file(c *web.Context) error {
	f, err := p.Proofs.File(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Del("Access-Control-Allow-Origin")
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Content: f.File})
}

// seeOther goes on to the page of route, which says what was done.
func seeOther(c *web.Context, said, route string, args ...any) error {
	to := layout.URL(c, route, args...)
	if said != "" {
		to += "?said=" + said
	}
	return c.Redirect(http.StatusSeeOther, to)
}
