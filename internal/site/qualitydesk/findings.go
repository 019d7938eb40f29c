package qualitydesk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/site/layout"
)

// deskPage is what is late and what was found.
type deskPage struct {
	layout.Page
	Body     string // whose datasets are shown; "" for every publisher
	Name     locale.Text
	Every    bool // the reader looks after every publisher
	Late     []row
	Problems []choice
	Found    []line
	Defined  []timeliness.Definition // of what is shown
	UseKnown bool
	Rules    bool // the reader sees rules and scores
	Next     string
}

// line is one finding of the list.
type line struct {
	timeliness.Shown
	Badge layout.Badge
	Names []named
}

// named is a dataset and its address.
type named struct {
	Title locale.Text
	Href  string
}

func lineOf(c *web.Context, v timeliness.View) line {
	x := line{Shown: timeliness.InWords(c, v)}
	x.Badge = layout.Badge{Tone: stageTones[v.Stage], Word: x.Words.Stage}
	for i, slug := range v.Datasets {
		x.Names = append(x.Names, named{v.Titles[i], layout.DatasetPath(c.Lang, slug)})
	}
	return x
}

// Says is what is the matter, in one line.
func (l line) Says() string { return strings.Join(l.Words.Says, " · ") }

const pageSize = 50

func (p *Pages) desk(c *web.Context) error {
	ctx := c.Request.Context()
	q := timeliness.Wanted{Problem: c.Query("problem"), Body: c.Query("body")}
	x := deskPage{Page: p.Layout.Page(c, c.Say("qualitydesk.title")), Every: timeliness.MayRead.Allows(c.Actor, permit.Thing{}), Rules: assessment.MayRead.Asked(c.Actor) == nil}
	x.NoIndex = true
	if !x.Every {
		q.Body = c.Actor.Organisation
	}
	x.Body = q.Body
	found, err := p.Timeliness.Findings(ctx, c.Actor, q, c.Query("after"), pageSize)
	if err != nil {
		return err
	}
	x.UseKnown = found.UseKnown
	for _, v := range found.Items {
		x.Found = append(x.Found, lineOf(c, v))
	}
	at := func(problem, after string) string {
		to := url.Values{}
		for name, value := range map[string]string{"problem": problem, "after": after, "body": c.Query("body")} {
			if value != "" {
				to.Set(name, value)
			}
		}
		return layout.URL(c, "qualitydesk.desk") + "?" + to.Encode()
	}
	if found.Next != "" {
		x.Next = at(q.Problem, found.Next)
	}
	x.Problems = []choice{{Word: c.Say("qualitydesk.all"), Href: at("", ""), Chosen: q.Problem == ""}}
	for _, d := range timeliness.Definitions(c, p.Timeliness.Day(c.Actor)) {
		x.Problems = append(x.Problems, choice{Word: d.Title, Href: at(string(d.Problem), ""), Chosen: q.Problem == string(d.Problem)})
		if q.Problem == "" || q.Problem == string(d.Problem) {
			x.Defined = append(x.Defined, d)
		}
	}
	if x.Body == "" {
		return p.pages.Render(c, http.StatusOK, "desk", x)
	}
	late, err := p.Timeliness.Of(ctx, c.Actor, x.Body, timeliness.Chosen{Class: timeliness.Behind})
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	x.Late, x.Name = p.rows(c, late.Items), late.Name
	return p.pages.Render(c, http.StatusOK, "desk", x)
}

// findingPage is one finding.
type findingPage struct {
	layout.Page
	line
	Steps []step
	Form  layout.Form
	Why   layout.Field // the two inputs of the form
	End   layout.Field
	Do    timeliness.Definition
}

// step is one line of the story.
type step struct {
	timeliness.Line
	Word string
}

// May reports whether a step is open to the reader.
func (x findingPage) May(verb string) bool { return slices.Contains(x.Can, verb) }

func (p *Pages) finding(c *web.Context) error {
	v, err := p.Timeliness.Finding(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.show(c, v, layout.Blank(c, timeliness.Keep{}), http.StatusOK)
}

func (p *Pages) show(c *web.Context, v timeliness.View, form layout.Form, status int) error {
	x := findingPage{line: lineOf(c, v), Form: form}
	title := x.Words.Problem
	if len(v.Titles) > 0 {
		title += " · " + v.Titles[0].In(c.Lang)
	}
	x.Page = p.Layout.Page(c, title)
	x.NoIndex = true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("qualitydesk.title")), Href: layout.URL(c, "qualitydesk.desk")}}
	x.Why = form.Field("area", "/reason", "qualitydesk.reason").Max(timeliness.MaxReason).Need()
	x.End = form.Field("date", "/until", "qualitydesk.keep_until").Hint("qualitydesk.keep_until_hint").Narrow().Need()
	for i, l := range v.History {
		x.Steps = append(x.Steps, step{l, x.Words.History[i]})
	}
	for _, d := range timeliness.Definitions(c, p.Timeliness.Day(c.Actor)) {
		if d.Problem == v.Problem {
			x.Do = d
		}
	}
	return p.pages.Render(c, status, "finding", x)
}

func (p *Pages) keep(c *web.Context) error {
	var k timeliness.Keep
	if err := c.Form(&k); err != nil {
		return p.again(c, err)
	}
	return p.ask(c, k, "qualitydesk.said_keep")
}

func (p *Pages) takeUp(c *web.Context) error {
	return p.ask(c, timeliness.TakeUp{}, "qualitydesk.said_take_up")
}

func (p *Pages) ask(c *web.Context, command timeliness.Command, said string) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	if _, err := p.Timeliness.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, command); err != nil {
		return p.again(c, err)
	}
	return say(c, layout.URL(c, "qualitydesk.finding", c.Param("id")), said)
}

// again shows the form with its faults; other errors are answered as such.
func (p *Pages) again(c *web.Context, err error) error {
	told := layout.Told(err)
	if told == nil || told.Kind != problem.Invalid {
		return err
	}
	v, err := p.Timeliness.Finding(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.show(c, v, layout.Again(c, told), layout.Status)
}
