package gradingdesk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/grading"
	"kaishu/internal/site/layout"
)

// profilePage is a version of the profile, for everybody.
type profilePage struct {
	layout.Page
	Edition  grading.Edition
	Badge    layout.Badge
	Levels   []levelLine
	Rules    []ruleLine
	Library  []shelfLine
	Measures []shelfLine
	Examples []exampleLine
	Current  bool
}

// levelLine is a level in all dimensions.
type levelLine struct {
	N     int
	Words []locale.Text
}

type ruleLine struct {
	Words locale.Text
	Kind  layout.Badge
}

// shelfLine is a condition or a measure, with the levels that it is for.
type shelfLine struct {
	Levels     string
	Flagged    bool
	Also       string // levels at which only a conditional flag asks for it
	Kind       string
	Text, Risk locale.Text
}

type exampleLine struct {
	grading.Example
	Flagged string
	Kind    layout.Badge
}

var profileTones = map[grading.ProfileStage]layout.Tone{grading.ProfileDraft: layout.Plain, grading.ProfileConsult: layout.Info,
	grading.ProfileEffective: layout.Good, grading.ProfileSuperseded: layout.Plain}

func profileBadge(c *web.Context, s grading.ProfileStage) layout.Badge {
	return layout.Badge{Tone: profileTones[s], Word: c.Say("gradingdesk.profile_stage." + string(s))}
}

func (s *Service) profile(c *web.Context) error {
	p, err := s.Gradings.Profile(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	v, err := s.Gradings.Edition(c.Request.Context(), c.Actor, p.Version)
	if err != nil {
		return err
	}
	return s.showProfile(c, v.Edition)
}

func (s *Service) edition(c *web.Context) error {
	v, err := s.Gradings.Edition(c.Request.Context(), c.Actor, c.Param("version"))
	if err != nil {
		return err
	}
	return s.showProfile(c, v.Edition)
}

func (s *Service) showProfile(c *web.Context, e grading.Edition) error {
	words := c.Say("gradingdesk.profile_title", "label", e.Label)
	p := profilePage{Page: s.Layout.Page(c, words), Edition: e, Badge: profileBadge(c, e.Stage), Current: e.Stage == grading.ProfileEffective}
	p.About, p.NoIndex = c.Say("gradingdesk.profile_about"), e.Stage != grading.ProfileEffective
	for n := range grading.MaxLevel + 1 {
		l := levelLine{N: n}
		for _, a := range e.Dimensions {
			if n < len(a.Levels) {
				l.Words = append(l.Words, a.Levels[n])
			}
		}
		p.Levels = append(p.Levels, l)
	}
	for _, r := range e.Rules {
		p.Rules = append(p.Rules, ruleLine{r.Words, kind(c, r.Then)})
	}
	for _, x := range e.Library {
		p.Library = append(p.Library, shelfLine{Levels: joined(x.Levels), Flagged: x.Flagged, Kind: c.Say("condition.kind." + x.Condition.Kind), Text: x.Condition.Text, Risk: x.Condition.Risk})
	}
	for _, m := range e.Measures {
		p.Measures = append(p.Measures, shelfLine{Levels: joined(m.Levels), Also: joined(m.Flagged), Text: m.Name})
	}
	for _, x := range e.Examples {
		line := exampleLine{Example: x, Kind: kind(c, x.Type)}
		var names []string
		for _, f := range e.Flags() {
			if slices.Contains(x.Flags, f.Code) {
				names = append(names, f.Name.In(c.Lang))
			}
		}
		line.Flagged = strings.Join(names, "；")
		p.Examples = append(p.Examples, line)
	}
	return s.pages.Render(c, http.StatusOK, "profile", p)
}

func joined(levels []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(levels), " ", "、"), "[]")
}

// rulesPage is the versions of the profile, for those who make them.
type rulesPage struct {
	layout.Page
	Lines []ruleVersion
	Form  layout.Form
	May   bool // begin a version
}

type ruleVersion struct {
	grading.Edition
	Href  string
	Badge layout.Badge
}

func (s *Service) rules(c *web.Context) error {
	return s.showRules(c, http.StatusOK, layout.Blank(c, nil))
}

func (s *Service) showRules(c *web.Context, status int, form layout.Form) error {
	all, err := s.Gradings.Editions(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := rulesPage{Page: s.Layout.Page(c, c.Say("gradingdesk.rules_title")), Form: form, May: true}
	p.NoIndex, p.Crumbs = true, crumbs(c)
	for _, v := range all {
		e := v.Edition
		href := p.URL("gradingdesk.edition", e.Version)
		if e.Stage == grading.ProfileDraft || e.Stage == grading.ProfileConsult {
			p.May, href = false, p.URL("gradingdesk.rule", e.Version)
		}
		p.Lines = append(p.Lines, ruleVersion{e, href, profileBadge(c, e.Stage)})
	}
	return s.pages.Render(c, status, "rules", p)
}

func (s *Service) draft(c *web.Context) error {
	var in grading.NewProfile
	err := c.Form(&in)
	if err == nil {
		_, err = s.Gradings.DraftProfile(c.Request.Context(), c.Actor, in.Version)
	}
	if told := layout.Told(err); told != nil {
		return s.showRules(c, layout.Status, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return say(c, "gradingdesk.rule", in.Version, "gradingdesk.said_drafted")
}

// rulePage is a version that is being made: its text, what it would change,
// and the steps.
type rulePage struct {
	layout.Page
	View   grading.EditionView
	Badge  layout.Badge
	Form   layout.Form
	Impact grading.Impact
	Hits   []hitLine
}

type hitLine struct {
	Slug, Href string
	Was, Would layout.Badge
	Fields     []string
	Unanswered []string
	Reasons    []string
}

// May reports whether a step is open to the reader.
func (p rulePage) May(verb string) bool { return slices.Contains(p.View.Can, verb) }

// text is the content of a draft as it is typed.
type text struct {
	Text string `json:"text"`
}

func (s *Service) rule(c *web.Context) error {
	return s.showRule(c, http.StatusOK, nil)
}

func (s *Service) showRule(c *web.Context, status int, told *problem.Error) error {
	ctx, version := c.Request.Context(), c.Param("version")
	v, err := s.Gradings.Edition(ctx, c.Actor, version)
	if err != nil {
		return err
	}
	words := c.Say("gradingdesk.rule_title", "version", version)
	p := rulePage{Page: s.Layout.Page(c, words), View: v, Badge: profileBadge(c, v.Edition.Stage)}
	p.NoIndex, p.Crumbs = true, crumbs(c, layout.Crumb{Name: same(c.Say("gradingdesk.rules_title")), Href: layout.URL(c, "gradingdesk.rules")})
	content, err := json.MarshalIndent(v.Edition.Content, "", " ")
	if err != nil {
		return fmt.Errorf("encode profile %s: %w", version, err)
	}
	p.Form = layout.Blank(c, text{string(content)})
	if told != nil {
		if typed := c.Typed("/text"); typed != "" {
			p.Form = layout.Blank(c, text{typed})
		}
		p.Form.Wrong = wrongs(c, told)
	}
	if open := v.Edition.Stage == grading.ProfileDraft || v.Edition.Stage == grading.ProfileConsult; open {
		if p.Impact, err = s.Gradings.Impact(ctx, c.Actor, version); err != nil {
			return err
		}
		for _, h := range p.Impact.Hits {
			p.Hits = append(p.Hits, hit(c, v.Edition.Profile, h))
		}
	}
	return s.pages.Render(c, status, "rule", p)
}

// wrongs are faults of a text: each with the place in it, none with an input
// of its own.
func wrongs(c *web.Context, told *problem.Error) (all []layout.Wrong) {
	shape := c.Shape(0, told)
	for i, e := range shape.Errors {
		if told.Fields[i].Pointer == "/text" || told.Fields[i].Pointer == "/impact" {
			all = append(all, layout.Wrong{Text: e.Detail})
			continue
		}
		all = append(all, layout.Wrong{Text: told.Fields[i].Pointer + " " + e.Detail})
	}
	if len(all) == 0 {
		all = []layout.Wrong{{Text: shape.Detail}}
	}
	return all
}

func hit(c *web.Context, p grading.Profile, h grading.Hit) hitLine {
	l := hitLine{Slug: h.Slug, Href: layout.URL(c, "gradingdesk.page", h.Slug), Was: kind(c, h.Was), Would: kind(c, h.Would), Fields: h.Fields, Reasons: reasons(c, p, grading.Overlay{}, h.Trace)}
	for _, code := range h.Unanswered {
		if f, _, ok := p.Flag(code); ok {
			l.Unanswered = append(l.Unanswered, f.Name.In(c.Lang))
		}
	}
	return l
}

// fill keeps the text of a draft, if it can be read.
func (s *Service) fill(c *web.Context) error {
	var in text
	err := c.Form(&in)
	var content grading.Content
	if err == nil {
		d := json.NewDecoder(strings.NewReader(in.Text))
		d.DisallowUnknownFields()
		if bad := d.Decode(&content); bad != nil {
			var p problem.List
			p.Add("/text", "gradingdesk.not_json", "reason", bad.Error())
			err = p.Err()
		}
	}
	if err == nil {
		_, err = s.Gradings.DoProfile(c.Request.Context(), c.Actor, c.Param("version"), grading.FillProfile{Content: content})
	}
	return s.done(c, err, "gradingdesk.said_filled")
}

func (s *Service) move(command grading.Command, said string) web.Handler {
	return func(c *web.Context) error {
		_, err := s.Gradings.DoProfile(c.Request.Context(), c.Actor, c.Param("version"), command)
		return s.done(c, err, said)
	}
}

func (s *Service) takeEffect(c *web.Context) error {
	var in grading.TakeEffect
	err := c.Form(&in)
	if err == nil {
		_, err = s.Gradings.DoProfile(c.Request.Context(), c.Actor, c.Param("version"), in)
	}
	return s.done(c, err, "gradingdesk.said_in_force")
}

func (s *Service) done(c *web.Context, err error, said string) error {
	if told := layout.Told(err); told != nil {
		return s.showRule(c, layout.Status, told)
	}
	if err != nil {
		return err
	}
	return say(c, "gradingdesk.rule", c.Param("version"), said)
}
