package gradingdesk

import (
	"net/http"
	"slices"
	"strconv"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/grading"
	"kaishu/internal/site/layout"
)

// showPage is a grading to read, and for a checker to decide.
type showPage struct {
	layout.Page
	View     grading.View
	Badge    layout.Badge
	Due      string
	Reasons  []string  // why it is due again
	Draft    *decision // what waits for the checker, or was rejected
	InForce  *decision
	Form     layout.Form
	Evidence []string // that lies there for the next grading
	Grader   string   // doer
}

// decision is a sheet and its result, in words.
type decision struct {
	Kind       layout.Badge
	Rules      layout.Badge // by the rules; the zero Badge unless the grader is stricter
	Levels     string
	Reasons    []string
	Answers    []answer
	Rows       []levelRow
	Lifts      []string
	Measures   []string
	Conditions []grading.Condition
	Deviation  *grading.Deviation
	Evidence   []string
	Profile    string
	Overlay    int
	Confirmed  string
}

type answer struct {
	Question string
	Yes      bool
}

// levelRow is a field as it was graded; Below says that some level is lower
// than what was suggested.
type levelRow struct {
	Name, Title, Kind, Suggested string
	Levels                       [3]string
	Below                        bool
}

// May reports whether a step is open to the reader.
func (p showPage) May(verb string) bool { return slices.Contains(p.View.Can, verb) }

func due(c *web.Context, v grading.View) string {
	if v.Due.Day == "" {
		return ""
	}
	key := "gradingdesk.due"
	if v.Late {
		key = "gradingdesk.late"
	}
	return c.Say(key, "day", layout.Day(c.Lang, v.Due.Day))
}

// show shows a grading to read.
func (s *Service) show(c *web.Context, status int, v grading.View, form layout.Form) error {
	words := c.Say("gradingdesk.show_title")
	p := showPage{Page: s.Layout.Page(c, words+" · "+v.Subject.Title.In(c.Lang)), View: v, Badge: badge(c, v.Case.Stage), Due: due(c, v), Form: form, Grader: v.Case.Did["grade"]}
	p.Heading, p.NoIndex, p.Crumbs = v.Subject.Title, true, crumbs(c)
	for _, r := range v.Case.Reasons {
		p.Reasons = append(p.Reasons, c.Say("gradingdesk.reason."+r))
	}
	for _, e := range v.Case.Evidence {
		p.Evidence = append(p.Evidence, evidenceWords(c, e))
	}
	var err error
	if d := v.Case.Draft; d != nil {
		if p.Draft, err = s.decision(c, v, *d); err != nil {
			return err
		}
	}
	if d := v.Case.InForce; d != nil {
		if p.InForce, err = s.decision(c, v, *d); err != nil {
			return err
		}
	}
	return s.pages.Render(c, status, "show", p)
}

// decision puts d into words, by the profile that it was made by.
func (s *Service) decision(c *web.Context, v grading.View, d grading.Decision) (*decision, error) {
	p, o := v.Profile, v.Overlay
	if p.Version != d.Profile {
		e, err := s.Gradings.Edition(c.Request.Context(), c.Actor, d.Profile)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return nil, err
		}
		p = e.Edition.Profile
	}
	x := &decision{Kind: kind(c, d.Type), Levels: d.Levels.String(), Reasons: reasons(c, p, o, d.Trace), Conditions: d.Conditions, Deviation: d.Deviation,
		Profile: d.Profile, Overlay: d.Overlay, Confirmed: layout.Day(c.Lang, d.ConfirmedOn)}
	if d.Rules != d.Type {
		x.Rules = kind(c, d.Rules)
	}
	for _, f := range p.Flags() {
		x.Answers = append(x.Answers, answer{f.Name.In(c.Lang), d.Flags[f.Code] == grading.Yes})
	}
	for _, f := range d.Fields {
		x.Rows = append(x.Rows, levels(c, v, p, f))
	}
	for _, code := range d.Lifts {
		x.Lifts = append(x.Lifts, ruleWords(p, o, grading.Step{Rule: code}).In(c.Lang))
	}
	for _, m := range o.Under(p.Content).Measures {
		if slices.Contains(d.Measures, m.Code) {
			x.Measures = append(x.Measures, m.Name.In(c.Lang))
		}
	}
	for _, e := range d.Evidence {
		x.Evidence = append(x.Evidence, evidenceWords(c, e))
	}
	return x, nil
}

func levels(c *web.Context, v grading.View, p grading.Profile, f grading.Field) levelRow {
	r := levelRow{Name: f.Name}
	if f.Kind != "" {
		r.Kind = kindName(c, p, f.Kind)
	}
	for _, x := range v.Subject.Fields {
		if x.Name == f.Name {
			r.Title = x.Title.In(c.Lang)
		}
	}
	l := f.Levels()
	for i, d := range grading.Dimensions {
		r.Levels[i] = strconv.Itoa(l.At(d))
	}
	if x, ok := suggestion(v, f.Name); ok {
		r.Suggested = suggested(c, p, x)
		for _, d := range grading.Dimensions {
			r.Below = r.Below || l.At(d) < x.Levels.At(d)
		}
	}
	return r
}

func evidenceWords(c *web.Context, e grading.Evidence) string {
	return c.Say("gradingdesk.evidence."+e.Kind, "who", e.Who, "day", layout.Day(c.Lang, e.On), "document", e.Document, "method", e.Method, "residual", e.Residual)
}

func (s *Service) confirm(c *web.Context) error {
	return s.decide(c, grading.Confirm{}, "gradingdesk.said_confirmed")
}

func (s *Service) reject(c *web.Context) error {
	var in grading.Reject
	if err := c.Form(&in); err != nil {
		return err
	}
	return s.decide(c, in, "gradingdesk.said_rejected")
}

func (s *Service) decide(c *web.Context, command grading.Command, said string) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	_, err = s.Gradings.Do(ctx, c.Actor, slug, seen, command)
	if told := layout.Told(err); told != nil {
		v, err := s.Gradings.View(ctx, c.Actor, slug)
		if err != nil {
			return err
		}
		return s.show(c, layout.Status, v, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return say(c, "gradingdesk.page", slug, said)
}

// evidencePage is the form of a document.
type evidencePage struct {
	layout.Page
	View   grading.View
	Fields []layout.Field
	Form   layout.Form
	There  []string
}

func (s *Service) evidence(c *web.Context) error {
	return s.askEvidence(c, http.StatusOK, layout.Blank(c, nil))
}

func (s *Service) askEvidence(c *web.Context, status int, form layout.Form) error {
	v, err := s.Gradings.View(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	words := c.Say("gradingdesk.evidence_title")
	p := evidencePage{Page: s.Layout.Page(c, words+" · "+v.Subject.Title.In(c.Lang)), View: v, Form: form}
	p.Heading, p.NoIndex = same(words), true
	p.Crumbs = crumbs(c, layout.Crumb{Name: v.Subject.Title, Href: layout.URL(c, "gradingdesk.page", v.Subject.Slug)})
	p.Fields = []layout.Field{
		p.Form.Field("choice", "/kind", "gradingdesk.evidence_kind").Need().Of([]layout.Option{
			{Value: grading.Desensitised, Label: c.Say("gradingdesk.kind_desensitised")}, {Value: grading.Consent, Label: c.Say("gradingdesk.kind_consent")}}),
		p.Form.Field("area", "/method", "gradingdesk.method").Hint("gradingdesk.method_hint").Max(2000),
		p.Form.Field("area", "/residual", "gradingdesk.residual").Hint("gradingdesk.residual_hint").Max(2000),
		p.Form.Field("text", "/who", "gradingdesk.who").Hint("gradingdesk.who_hint").Need().Max(2000),
		p.Form.Field("date", "/on", "gradingdesk.on").Need(),
		p.Form.Field("text", "/document", "gradingdesk.document").Hint("gradingdesk.document_hint").Need().Max(2000),
	}
	for _, e := range v.Case.Evidence {
		p.There = append(p.There, evidenceWords(c, e))
	}
	return s.pages.Render(c, status, "evidence", p)
}

func (s *Service) bring(c *web.Context) error {
	var in grading.Evidence
	err := c.Form(&in)
	if err == nil {
		_, err = s.Gradings.Do(c.Request.Context(), c.Actor, c.Param("slug"), 0, grading.BringEvidence{Evidence: in})
	}
	if told := layout.Told(err); told != nil {
		return s.askEvidence(c, layout.Status, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return say(c, "gradingdesk.page", c.Param("slug"), "gradingdesk.said_evidence")
}
