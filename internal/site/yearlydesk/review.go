package yearlydesk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/site/layout"
)

const pageSize = 50

// reviewPage is one review, with a page of what is to be decided.
type reviewPage struct {
	layout.Page
	View    yearlyreview.View
	Badge   layout.Badge
	Rate    string
	Shows   []choice
	Show    string
	After   string
	Next    string // address of the next page; "" at the end
	Rows    []row
	Form    layout.Form
	Failed  string // verb whose form the faults belong to
	Grounds []layout.Option
	Sources []layout.Option // of what the editor adds
	Faults  []fault
	Begins  []beginRow
	blank   layout.Form
}

// row is one item, as people read and decide it.
type row struct {
	yearlyreview.Shown
	N       int // in the form
	Href    string
	Facts   []fact
	Verdict layout.Field
	Ground  layout.Field
	Into    layout.Field
	Reason  layout.Field
	More    bool // ground and into are to be seen
	Lacks   []string
	Says    said
}

// said is a decision in words.
type said struct {
	Verdict, Ground, Into, Reason string
	On                            string // day of what was known
	Order                         string // id of its work order
}

// fact is one thing that the platform knows.
type fact struct {
	Tone layout.Tone
	Word string
}

// fault is one reason for which the review was returned.
type fault struct {
	Title locale.Text
	Text  string
}

// beginRow is a decision whose work order is to be begun.
type beginRow struct {
	yearlyreview.Item
	N       int
	Verdict string
	New     bool
	Entry   layout.Field
	Faults  []string
}

// May reports whether a step is open to the reader.
func (x reviewPage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// reasons is the form of a return, with its rows.
type reasons struct {
	Form   layout.Form
	Blanks []int
}

// Reasons is the form of a return.
func (x reviewPage) Reasons(verb string) reasons { return reasons{x.Of(verb), []int{0, 1, 2, 3, 4}} }

// Of is the form, for the step that was refused; others are blank.
func (x reviewPage) Of(verb string) layout.Form {
	if x.Failed == verb {
		return x.Form
	}
	return x.blank
}

func (p *Pages) review(c *web.Context) error {
	return p.show(c, wanted(c.Query("show"), c.Query("after")), layout.Blank(c, nil), "", http.StatusOK)
}

func wanted(show, after string) yearlyreview.Wanted {
	return yearlyreview.Wanted{Show: show, After: after, Limit: pageSize}
}

// show renders a review. Faults, if there are some, belong to the form of the
// verb that failed.
func (p *Pages) show(c *web.Context, w yearlyreview.Wanted, form layout.Form, failed string, status int) error {
	v, err := p.Reviews.View(c.Request.Context(), c.Actor, c.Param("id"), w)
	if err != nil {
		return err
	}
	title := c.Say("yearlydesk.one", "year", strconv.Itoa(v.Review.Year))
	x := reviewPage{Page: p.Layout.Page(c, title+" · "+v.Name.In(c.Lang)), View: v, Badge: badge(c, v.Review.Stage), Rate: rate(v.Tally.Share()),
		Show: w.Show, After: w.After, Form: form, Failed: failed, blank: layout.Blank(c, nil)}
	x.Heading, x.NoIndex = same(title), true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("yearlydesk.title")), Href: layout.URL(c, "yearlydesk.list")}}
	for _, name := range yearlyreview.Shows {
		x.Shows = append(x.Shows, choice{Word: c.Say("yearlydesk.show." + name), Href: at(c, name, ""), Chosen: name == w.Show || name == "all" && w.Show == ""})
	}
	if v.Next != "" {
		x.Next = at(c, w.Show, v.Next)
	}
	for _, f := range v.Review.Faults {
		x.Faults = append(x.Faults, fault{Title: v.Named[f.Item], Text: f.Text})
	}
	x.Grounds = grounds(c, yearlyreview.Unopened)
	for _, code := range yearlyreview.Sources {
		x.Sources = append(x.Sources, layout.Option{Value: code, Label: c.Say("yearlyreview.source." + code)})
	}
	chosen := form
	if failed != "choose" {
		chosen = layout.Blank(c, decisions(v.Items))
	}
	for n, i := range v.Items {
		x.Rows = append(x.Rows, p.row(c, n, i, chosen))
	}
	for n, i := range v.Unbegun {
		at := "/begins/" + strconv.Itoa(n)
		b := beginRow{Item: i, N: n, Verdict: c.Say("yearlyreview.verdict." + string(i.Verdict)), New: i.Verdict.New(), Faults: x.Of("begin").Faults(at + "/item")}
		b.Entry = x.Of("begin").Field("text", at+"/entry", "yearlydesk.entry").Hint("yearlydesk.entry_hint")
		x.Begins = append(x.Begins, b)
	}
	return p.pages.Render(c, status, "review", x)
}

// at is the address of a part of the review.
func at(c *web.Context, show, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"show": show, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	href := layout.URL(c, "yearlydesk.review", c.Param("id"))
	if len(q) == 0 {
		return href
	}
	return href + "?" + q.Encode()
}

// decisions is what stands in the form of a page.
func decisions(items []yearlyreview.Shown) (x yearlyreview.Choose) {
	for _, i := range items {
		x.Choices = append(x.Choices, yearlyreview.Choice{Item: i.ID, Verdict: i.Item.Verdict, Ground: i.Item.Ground, Into: i.Item.Into, Reason: i.Item.Reason})
	}
	return x
}

func (p *Pages) row(c *web.Context, n int, i yearlyreview.Shown, form layout.Form) row {
	at := "/choices/" + strconv.Itoa(n)
	r := row{Shown: i, N: n, Facts: facts(c, i)}
	if i.Kind == yearlyreview.Listed {
		r.Href = layout.DatasetPath(c.Lang, i.ID)
	}
	var verdicts []layout.Option
	for _, v := range i.Kind.Verdicts() {
		verdicts = append(verdicts, layout.Option{Value: string(v), Label: c.Say("yearlyreview.verdict." + string(v))})
	}
	r.Verdict = form.Field("choice", at+"/verdict", "yearlydesk.verdict").Of(verdicts)
	r.Ground = form.Field("select", at+"/ground", "yearlydesk.ground").Of(grounds(c, i.Kind))
	r.Into = form.Field("text", at+"/into", "yearlydesk.into").Hint("yearlydesk.into_hint")
	r.Reason = form.Field("text", at+"/reason", "yearlydesk.reason").Max(yearlyreview.MaxText)
	r.More = r.Ground.Value+r.Into.Value != "" || len(r.Ground.Faults)+len(r.Into.Faults) > 0
	if i.Item.Verdict != "" {
		for _, f := range i.Lacks {
			r.Lacks = append(r.Lacks, c.Say("yearlydesk.lacks."+f.Pointer[1:]))
		}
		r.Says = said{Verdict: c.Say("yearlyreview.verdict." + string(i.Item.Verdict)), Into: i.Item.Into, Reason: i.Item.Reason, Order: i.Order}
		if i.Item.Ground != "" {
			r.Says.Ground = c.Say(groundKey(i.Kind) + i.Item.Ground)
		}
		if i.Seen != nil {
			r.Says.On = string(i.Seen.On)
		}
	}
	return r
}

// groundKey is where the words of grounds stand: those of withdrawal are the
// work orders'.
func groundKey(k yearlyreview.Kind) string {
	if k == yearlyreview.Listed {
		return "adjustment.ground."
	}
	return "yearlyreview.ground."
}

func grounds(c *web.Context, k yearlyreview.Kind) []layout.Option {
	codes := yearlyreview.NotYetGrounds
	if k == yearlyreview.Listed {
		codes = yearlyreview.WithdrawGrounds()
	}
	all := []layout.Option{{Label: c.Say("yearlydesk.choose_one")}}
	for _, code := range codes {
		all = append(all, layout.Option{Value: code, Label: c.Say(groundKey(k) + code)})
	}
	return all
}

// facts says what the platform knows of an item.
func facts(c *web.Context, i yearlyreview.Shown) (all []fact) {
	e := i.Evidence
	add := func(tone layout.Tone, key string, args ...any) { all = append(all, fact{tone, c.Say(key, args...)}) }
	if i.Kind == yearlyreview.Listed {
		listedFacts(c, e, add)
	}
	if i.Source != "" {
		add(layout.Plain, "yearlyreview.source."+i.Source)
	}
	if e.Before != "" {
		add(layout.Plain, "yearlydesk.before", "verdict", c.Say("yearlyreview.verdict."+string(e.Before)))
	}
	return all
}

var classTones = map[string]layout.Tone{"on_time": layout.Good, "late": layout.Warn, "seriously_late": layout.Bad}

func listedFacts(c *web.Context, e yearlyreview.Evidence, add func(layout.Tone, string, ...any)) {
	if e.Timeliness != "" {
		tone, ok := classTones[e.Timeliness]
		if !ok {
			tone = layout.Plain
		}
		add(tone, "timeliness.class."+e.Timeliness)
	}
	if e.DaysLate > 0 {
		add(layout.Plain, "yearlydesk.days_late", "n", e.DaysLate)
	}
	if e.UpdatedOn != "" {
		add(layout.Plain, "yearlydesk.updated", "day", string(e.UpdatedOn))
	}
	if e.ReadsKnown {
		add(layout.Plain, "yearlydesk.reads", "n", e.Reads)
	} else {
		add(layout.Plain, "yearlydesk.reads_unknown", "n", e.Reads)
	}
	if e.Requests > 0 {
		add(layout.Plain, "yearlydesk.requests", "n", e.Requests)
	}
	if e.Objections > 0 {
		add(layout.Bad, "yearlydesk.objections", "n", e.Objections)
	}
	switch {
	case e.GradingDue:
		add(layout.Warn, "yearlydesk.grading_due")
	case e.GradedOn != "":
		add(layout.Plain, "yearlydesk.graded", "day", string(e.GradedOn))
	default:
		add(layout.Plain, "yearlydesk.not_graded")
	}
	if e.Hook == "broken" {
		add(layout.Bad, "yearlydesk.hook_broken")
	}
	if e.ChangedOn != "" {
		add(layout.Plain, "yearlydesk.changed", "day", string(e.ChangedOn))
	}
	if e.Faults > 0 {
		add(layout.Bad, "yearlydesk.faults", "n", e.Faults)
	}
}
