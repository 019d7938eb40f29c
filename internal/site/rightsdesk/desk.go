package rightsdesk

import (
	"net/http"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
	"kaishu/internal/use/rightsclaim"
)

// line is one complaint in a list.
type line struct {
	rightsclaim.Listing
	Badge layout.Badge
	Left  string // in words; "" if nobody owes anything
}

func (p *Pages) lines(c *web.Context, all []rightsclaim.Listing) (out []line) {
	for _, o := range all {
		x := line{Listing: o, Badge: badge(c, o.Stage)}
		if o.Turn != "" {
			x.Left = left(c, o.Left)
		}
		out = append(out, x)
	}
	return out
}

// queuePage is the complaints that are not over.
type queuePage struct {
	layout.Page
	Lines []line
	All   bool // the reader sees those of every body
	Next  string
}

func (p *Pages) queue(c *web.Context) error {
	x := queuePage{Page: p.Layout.Page(c, c.Say("rightsdesk.title")), All: rightsclaim.MayWatch.Asked(c.Actor) == nil}
	x.NoIndex = true
	get := p.Complaints.Ours
	if x.All {
		get = p.Complaints.Queue
	}
	found, err := get(c.Request.Context(), c.Actor, c.Query("after"), 100)
	if err != nil {
		return err
	}
	x.Lines, x.Next = p.lines(c, found.Items), more(x.URL("rightsdesk.queue"), found.Next)
	return p.pages.Render(c, http.StatusOK, "queue", x)
}

// deskPage is one complaint, as those who work on it, or supervise, see it.
type deskPage struct {
	layout.Page
	View   rightsclaim.View
	Body   locale.Text
	Badge  layout.Badge
	Left   string
	Form   layout.Form
	Failed string // verb whose form the faults belong to
	blank  layout.Form
}

// May reports whether a step is open to the reader.
func (x deskPage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// Results are the results that are open to the reader.
func (x deskPage) Results() (verbs []string) {
	for _, verb := range []string{rightsclaim.ResultResume, rightsclaim.ResultProcess, rightsclaim.ResultWithdraw} {
		if x.May(verb) {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

// Field is a field of the form of a step: as it was sent if that was refused.
// The fields of the other forms have ids of their own.
func (x deskPage) Field(verb, kind, name, label string) layout.Field {
	if x.Failed == verb {
		return x.Form.Field(kind, name, label)
	}
	f := x.blank.Field(kind, name, label)
	f.ID = verb + f.ID
	return f
}

func (p *Pages) desk(c *web.Context) error {
	v, err := p.Complaints.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.showDesk(c, v, layout.Form{}, "", http.StatusOK)
}

func (p *Pages) showDesk(c *web.Context, v rightsclaim.View, form layout.Form, failed string, status int) (err error) {
	title := c.Say("rightsdesk.case", "number", v.Case.Number)
	x := deskPage{Page: p.Layout.Page(c, title+" · "+v.Title.In(c.Lang)), View: v, Badge: badge(c, v.Case.Stage), Form: form, Failed: failed, blank: layout.Blank(c, nil)}
	x.Heading, x.NoIndex = same(title), true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("rightsdesk.title")), Href: x.URL("rightsdesk.queue")}}
	if v.Turn != "" {
		x.Left = left(c, v.Left)
	}
	if x.Body, err = p.body(c, v.Case.Body); err != nil {
		return err
	}
	return p.pages.Render(c, status, "desk", x)
}

// step reads the form of a step.
type step func(c *web.Context) (rightsclaim.Command, error)

// steps are the steps of the desk, by their verb.
var steps = map[string]step{
	"ask": typed[rightsclaim.Ask], "suspend": typed[rightsclaim.Suspend], "verify": typed[rightsclaim.Verify], "refuse": typed[rightsclaim.Refuse], "extend": typed[rightsclaim.Extend],
	"withdraw": typed[rightsclaim.Withdraw], "resume": typed[rightsclaim.Resume], "process": typed[rightsclaim.Process], "reopen": typed[rightsclaim.Reopen],
}

func typed[C rightsclaim.Command](c *web.Context) (rightsclaim.Command, error) {
	var x C
	err := c.Form(&x)
	return x, err
}

// act asks one step of a case.
func (p *Pages) act(read step) web.Handler {
	return func(c *web.Context) error {
		ctx, id := c.Request.Context(), c.Param("id")
		v, err := p.Complaints.View(ctx, c.Actor, id)
		if err != nil {
			return err
		}
		x, err := read(c)
		if err == nil {
			seen, _, serr := c.Seen()
			if serr != nil {
				return serr
			}
			_, err = p.Complaints.Do(ctx, c.Actor, id, seen, x)
		}
		if told := layout.Told(err); told != nil && told.Kind != problem.Forbidden {
			if v, err = p.Complaints.View(ctx, c.Actor, id); err != nil {
				return err
			}
			return p.showDesk(c, v, layout.Again(c, told), x.Verb(), layout.Status)
		}
		if err != nil {
			return err
		}
		return say(c, layout.URL(c, "rightsdesk.desk", v.Case.ID), "rightsdesk.said_"+x.Verb())
	}
}
