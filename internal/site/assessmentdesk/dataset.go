package assessmentdesk

import (
	"net/http"
	"slices"
	"strconv"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/assessment"
	"kaishu/internal/site/layout"
)

// datasetPage is the rules of one dataset, what they found, and the waivers.
type datasetPage struct {
	layout.Page
	Holding     assessment.Holding
	Form        layout.Form
	Rules       []ruleRow // in force
	Proposed    []ruleRow // as a whole set
	Checks      []check   // that can be added
	Suggestions []suggestion
	Score       []points
	Quality     assessment.Quality
	Results     []resultRow
	Waivers     []waiverRow
	Versions    []assessment.Line
	Why         layout.Field // of giving rules back
	WaiverWhy   layout.Field
	WaiverEnd   layout.Field
	WaiverRule  layout.Field
}

// May reports whether a step is open to the reader.
func (x datasetPage) May(verb string) bool { return slices.Contains(x.Holding.Can, verb) }

// ruleRow is a rule in words.
type ruleRow struct {
	Place      int
	Says, Name string
	Must       bool
	New        bool // proposed and not in force
}

type check struct{ Name, Href string }

type suggestion struct {
	Place     int
	Says, Why string
}

// points are the score of one dimension in words.
type points struct {
	Word, Points string
	Measured     bool
	Rules        int
}

// resultRow is what a rule found.
type resultRow struct {
	Says, Found string
	Badge       layout.Badge
	Must        bool
	Where       string // address of the failing cells; "" if there are none
}

// waiverRow is a waiver in words.
type waiverRow struct {
	assessment.WaiverView
	Says  string
	Badge layout.Badge
}

// May reports whether a step is open to the reader.
func (w waiverRow) May(verb string) bool { return slices.Contains(w.Can, verb) }

func (p *Pages) dataset(c *web.Context) error {
	return p.show(c, layout.Blank(c, nil), http.StatusOK)
}

// show shows the page; form is the one that was sent with faults, or blank.
func (p *Pages) show(c *web.Context, form layout.Form, status int) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	h, err := p.Assessments.Holding(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	x := datasetPage{Page: p.Layout.Page(c, h.Title.In(c.Lang)), Holding: h, Form: form}
	x.NoIndex = true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("assessmentdesk.title")), Href: layout.URL(c, "assessmentdesk.desk")}}
	x.Rules, x.Proposed = rows(c, h.Rules, nil), rows(c, h.Proposed, h.Rules)
	for _, k := range assessment.Library {
		x.Checks = append(x.Checks, check{assessment.Name(c, k.Kind), layout.URL(c, "assessmentdesk.rule", slug) + "?kind=" + string(k.Kind)})
	}
	suggested, err := p.Assessments.Suggest(ctx, c.Actor, slug)
	if err != nil {
		return err
	}
	for i, s := range suggested {
		x.Suggestions = append(x.Suggestions, suggestion{i, assessment.Says(c, s.Rule), assessment.Because(c, s)})
	}
	if err := p.found(c, &x, slug); err != nil {
		return err
	}
	for _, w := range h.Waivers {
		x.Waivers = append(x.Waivers, waiverRow{w, assessment.Says(c, w.Rule), layout.Badge{Tone: waiverTones[w.Stage], Word: c.Say("assessmentdesk.waiver." + string(w.Stage))}})
	}
	x.forms(c)
	return p.pages.Render(c, status, "dataset", x)
}

var waiverTones = map[assessment.WaiverStage]layout.Tone{assessment.WaiverAsked: layout.Warn, assessment.WaiverGranted: layout.Info, assessment.WaiverRefused: layout.Bad, assessment.WaiverEnded: layout.Plain}

func rows(c *web.Context, rules, before []assessment.Rule) (all []ruleRow) {
	for i, r := range rules {
		is := func(o assessment.Rule) bool { return o.Same(r) && o.Must == r.Must }
		all = append(all, ruleRow{Place: i, Says: assessment.Says(c, r), Name: assessment.Name(c, r.Kind), Must: r.Must, New: before != nil && !slices.ContainsFunc(before, is)})
	}
	return all
}

// found adds what the rules found in the newest released version, or in the
// one that the reader asked for.
func (p *Pages) found(c *web.Context, x *datasetPage, slug string) (err error) {
	number := assessment.Latest
	if text := c.Query("version"); text != "" {
		if number, err = strconv.Atoi(text); err != nil || number < 1 {
			return problem.New(problem.NotFound, "version.not_found", "slug", slug, "number", text)
		}
	}
	if x.Versions, err = p.Assessments.History(c.Request.Context(), c.Actor, slug); err != nil {
		return err
	}
	if number == assessment.Latest && len(x.Versions) > 0 {
		number = x.Versions[0].Number // the newest, which may not be released
	}
	x.Quality, err = p.Assessments.Of(c.Request.Context(), c.Actor, slug, number)
	if problem.Is(err, problem.NotFound) && c.Query("version") == "" {
		return nil
	}
	if err != nil {
		return err
	}
	x.Score = scoreOf(c, x.Quality.Score)
	for i, r := range x.Quality.Results {
		row := resultRow{Says: assessment.Says(c, r.Rule), Found: assessment.Found(c, r, x.Quality.Counted), Must: r.Rule.Must, Badge: badge(c, r)}
		if len(r.Rows) > 0 {
			row.Where = layout.URL(c, "assessmentdesk.failing", slug, x.Quality.Number, i)
		}
		x.Results = append(x.Results, row)
	}
	return nil
}

func badge(c *web.Context, r assessment.Result) layout.Badge {
	switch {
	case r.Waived:
		return layout.Badge{Tone: layout.Info, Word: c.Say("assessmentdesk.result.waived")}
	case !r.Passed:
		return layout.Badge{Tone: layout.Bad, Word: c.Say("assessmentdesk.result.broken")}
	case r.Note != "":
		return layout.Badge{Tone: layout.Plain, Word: c.Say("assessmentdesk.result.not_asked")}
	}
	return layout.Badge{Tone: layout.Good, Word: c.Say("assessmentdesk.result.kept")}
}

func scoreOf(c *web.Context, s assessment.Score) (all []points) {
	for _, by := range s.By {
		all = append(all, points{c.Say("assessment.dimension." + string(by.Dimension)), assessment.PointsText(by.Points), by.Measured, by.Rules})
	}
	return all
}

// forms are the inputs of the page.
func (x *datasetPage) forms(c *web.Context) {
	x.Why = x.Form.Field("area", "/reason", "assessmentdesk.reason").Max(assessment.MaxReason).Need()
	x.WaiverWhy = x.Form.Field("area", "/waiver/reason", "assessmentdesk.reason").Max(assessment.MaxReason).Need()
	x.WaiverEnd = x.Form.Field("date", "/waiver/until", "assessmentdesk.until").Hint("assessmentdesk.until_hint").Narrow().Need()
	var options []layout.Option
	for _, r := range x.Rules {
		if r.Must {
			options = append(options, layout.Option{Value: strconv.Itoa(r.Place), Label: r.Says, Chosen: x.Form.Value("/waiver/rule") == strconv.Itoa(r.Place)})
		}
	}
	x.WaiverRule = x.Form.Field("select", "/waiver/rule", "assessmentdesk.rule_chosen").Of(options)
}

// MayAsk reports whether the reader may ask for a waiver.
func (x datasetPage) MayAsk() bool { return slices.Contains(x.Holding.Can, "ask_waiver") }

// dropped is a rule and its page, for the button that leaves it out.
type dropped struct {
	datasetPage
	Place int
	Says  string
}

// Drop is the button that leaves a rule of the set out.
func (x datasetPage) Drop(place int) dropped {
	rules := x.Rules
	if x.Holding.Stage == assessment.StageProposed {
		rules = x.Proposed
	}
	return dropped{x, place, rules[place].Says}
}

// Waivable reports whether there is a rule that a waiver can be asked for.
func (x datasetPage) Waivable() bool { return len(x.WaiverRule.Options) > 0 }

// do asks a command and says what was done.
func (p *Pages) do(c *web.Context, command assessment.Command, said string) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	if _, err := p.Assessments.Do(c.Request.Context(), c.Actor, c.Param("slug"), seen, command); err != nil {
		return p.again(c, err)
	}
	return say(c, layout.URL(c, "assessmentdesk.dataset", c.Param("slug")), said)
}

// again shows the page with the faults of the form that was sent.
func (p *Pages) again(c *web.Context, err error) error {
	told := layout.Told(err)
	if told == nil || told.Kind != problem.Invalid {
		return err
	}
	return p.show(c, layout.Again(c, told), layout.Status)
}

func (p *Pages) confirm(c *web.Context) error {
	return p.do(c, assessment.Confirm{}, "assessmentdesk.said_confirmed")
}

func (p *Pages) decline(c *web.Context) error {
	var d assessment.Decline
	if err := c.Form(&d); err != nil {
		return p.again(c, err)
	}
	return p.do(c, d, "assessmentdesk.said_declined")
}

// waiverForm is the form that asks for a waiver.
type waiverForm struct {
	Waiver struct {
		Rule   string       `json:"rule"`
		Reason string       `json:"reason"`
		Until  workday.Date `json:"until"`
	} `json:"waiver"`
}

func (p *Pages) ask(c *web.Context) error {
	var f waiverForm
	if err := c.Form(&f); err != nil {
		return p.again(c, err)
	}
	place, err := strconv.Atoi(f.Waiver.Rule)
	if err != nil {
		place = -1
	}
	_, err = p.Assessments.AskWaiver(c.Request.Context(), c.Actor, c.Param("slug"), place, assessment.AskWaiver{Reason: f.Waiver.Reason, Until: f.Waiver.Until})
	if told := problem.As(err); told != nil {
		for i := range told.Fields {
			told.Fields[i].Pointer = "/waiver" + told.Fields[i].Pointer
		}
	}
	if err != nil {
		return p.again(c, err)
	}
	return say(c, layout.URL(c, "assessmentdesk.dataset", c.Param("slug")), "assessmentdesk.said_asked")
}

func (p *Pages) refuse(c *web.Context) error {
	var r assessment.Refuse
	if err := c.Form(&r); err != nil {
		return p.again(c, err)
	}
	return p.waiver(r, "assessmentdesk.said_refused")(c)
}

func (p *Pages) waiver(command assessment.Command, said string) web.Handler {
	return func(c *web.Context) error {
		seen, _, err := c.Seen()
		if err != nil {
			return err
		}
		if _, err := p.Assessments.DoWaiver(c.Request.Context(), c.Actor, c.Param("id"), seen, command); err != nil {
			return p.again(c, err)
		}
		return say(c, layout.URL(c, "assessmentdesk.dataset", c.Param("slug")), said)
	}
}
