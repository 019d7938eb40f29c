package objectiondesk

import (
	"net/http"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// queuePage is the objections in which somebody owes something.
type queuePage struct {
	layout.Page
	Late    shelf // past their last day
	Waiting shelf
	Centre  bool // the reader sees those of every body
	Next    string
}

// shelf is a table of objections under one name.
type shelf struct {
	layout.Page
	Name  string
	Lines []line
}

func (p *Pages) queue(c *web.Context) error {
	ctx := c.Request.Context()
	x := queuePage{Page: p.Layout.Page(c, c.Say("objectiondesk.title")), Centre: objection.MayTriage.Asked(c.Actor) == nil}
	x.NoIndex = true
	get := p.Objections.Ours
	if x.Centre {
		get = p.Objections.Queue
	}
	found, err := get(ctx, c.Actor, c.Query("after"), 100)
	if err != nil {
		return err
	}
	x.Late, x.Waiting = shelf{Page: x.Page}, shelf{Page: x.Page, Name: c.Say("objectiondesk.waiting")}
	for _, l := range p.lines(c, found.Items) {
		if l.Listing.Left.Late {
			x.Late.Lines = append(x.Late.Lines, l)
		} else {
			x.Waiting.Lines = append(x.Waiting.Lines, l)
		}
	}
	x.Late.Name = c.Say("objectiondesk.overdue", "n", len(x.Late.Lines))
	x.Next = more(x.URL("objectiondesk.queue"), found.Next)
	return p.pages.Render(c, http.StatusOK, "queue", x)
}

// deskPage is one objection, as those who work on it see it.
type deskPage struct {
	layout.Page
	View     objection.View
	Body     locale.Text
	Badge    layout.Badge
	About    string
	Left     string
	Form     layout.Form
	Failed   string // verb whose form the faults belong to
	Faults   []layout.Option
	Channels []layout.Option
	Findings []layout.Option
	Versions []layout.Option // that can be what corrects
	blank    layout.Form
}

// May reports whether a step is open to the reader.
func (x deskPage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// Opens reports whether the reader can open the evidence: all who read what the
// objector wrote can.
func (x deskPage) Opens() bool { return x.View.Words != nil }

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

// suggested are what stands in the forms of a case before anybody writes: what
// was said before.
type suggested struct {
	Fault   string `json:"fault"`
	Reply   string `json:"reply"`
	Summary string `json:"summary"`
}

func (p *Pages) desk(c *web.Context) error {
	v, err := p.Objections.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.showDesk(c, v, layout.Form{}, "", http.StatusOK)
}

func (p *Pages) showDesk(c *web.Context, v objection.View, form layout.Form, failed string, status int) error {
	s := suggested{Fault: v.Case.Fault, Summary: v.Case.Summary}
	if f := v.Case.Finding; f != nil {
		s.Reply = f.Reply
	}
	title := c.Say("objectiondesk.case", "number", v.Case.Number)
	x := deskPage{Page: p.Layout.Page(c, title+" · "+v.Title.In(c.Lang)), View: v, Badge: badge(c, v.Case.Stage), About: about(c, v.Case),
		Form: form, Failed: failed, blank: layout.Blank(c, s), Faults: options(c, "objection.fault.", objection.Faults, ""),
		Channels: options(c, "objection.channel.", objection.Channels, "objectiondesk.choose"),
		Findings: []layout.Option{{Value: "true", Label: c.Say("objectiondesk.established")}, {Value: "false", Label: c.Say("objectiondesk.not_established")}}}
	x.Heading, x.NoIndex = same(title), true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("objectiondesk.title")), Href: x.URL("objectiondesk.queue")}}
	if v.Turn != "" {
		x.Left = left(c, v.Left)
	}
	body, err := p.Organisations.Get(c.Request.Context(), c.Actor, v.Case.Body)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	x.Body = body.Name
	if x.May("correct") {
		if x.Versions, err = p.corrections(c, v.Case); err != nil {
			return err
		}
	}
	return p.pages.Render(c, status, "desk", x)
}

// corrections are the versions that came into force after the mark, newest
// first.
func (p *Pages) corrections(c *web.Context, o objection.Case) (all []layout.Option, err error) {
	versions, err := p.Versions.List(c.Request.Context(), c.Actor, o.Dataset)
	if problem.Is(err, problem.NotFound) {
		return nil, nil
	}
	for _, v := range versions {
		if v.Kind == version.Full && v.Readable() && v.Number != o.Before && v.ReleasedOn >= o.MarkedOn {
			all = append(all, layout.Option{Value: strconv.Itoa(v.Number), Label: c.Say("objectiondesk.version_of", "n", v.Number, "day", string(v.ReleasedOn))})
		}
	}
	slices.Reverse(all)
	return all, err
}

// step reads the form of a step.
type step func(c *web.Context) (objection.Command, error)

// steps are the steps of the desk, by their verb.
var steps = map[string]step{
	"triage": typed[objection.Triage], "refuse": typed[objection.Refuse], "mark": typed[objection.Mark], "trace": typed[objection.Trace], "find": found,
	"redo": typed[objection.Redo], "confirm": typed[objection.Confirm], "dismiss": typed[objection.Dismiss], "correct": typed[objection.Correct],
	"send_back": typed[objection.SendBack], "close": typed[objection.Close], "escalate": typed[objection.Escalate], "suspend": typed[objection.Suspend],
}

func typed[C objection.Command](c *web.Context) (objection.Command, error) {
	var x C
	err := c.Form(&x)
	return x, err
}

// found reads a finding: neither answer is chosen beforehand.
func found(c *web.Context) (objection.Command, error) {
	var x objection.Find
	err := c.Form(&x)
	if err == nil && c.Typed("/established") == "" {
		var l problem.List
		l.Add("/established", "required")
		l.Require("/account", x.Account)
		l.Require("/reply", x.Reply)
		err = l.Err()
	}
	return x, err
}

// act asks one step of a case.
func (p *Pages) act(read step) web.Handler {
	return func(c *web.Context) error {
		ctx, id := c.Request.Context(), c.Param("id")
		v, err := p.Objections.View(ctx, c.Actor, id)
		if err != nil {
			return err
		}
		x, err := read(c)
		if err == nil {
			seen, _, serr := c.Seen()
			if serr != nil {
				return serr
			}
			_, err = p.Objections.Do(ctx, c.Actor, id, seen, x)
		}
		if told := layout.Told(err); told != nil && told.Kind != problem.Forbidden {
			if v, err = p.Objections.View(ctx, c.Actor, id); err != nil {
				return err
			}
			return p.showDesk(c, v, layout.Again(c, told), x.Verb(), layout.Status)
		}
		if err != nil {
			return err
		}
		to := layout.URL(c, "objectiondesk.desk", v.Case.ID)
		return say(c, to, "objectiondesk.said_"+x.Verb())
	}
}
