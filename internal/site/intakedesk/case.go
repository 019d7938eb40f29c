package intakedesk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/site/apply"
	"kaishu/internal/site/layout"
)

// check is one item of the checklist.
type check struct {
	Item, Name string
	Say        []apply.Fact   // what the application says of it
	Files      []apply.Upload // copies brought for it
	Before     string         // what was told of it in an earlier round
	Same       bool           // it has not changed since
	Allowed    bool           // a new reason may be named all the same
	Chosen     string         // "ok", a code, or "" for not decided
	Note       string
	Faults     []string
}

type casePage struct {
	layout.Page
	application.View
	Form   layout.Form
	Badge  layout.Badge
	Left   string
	Checks []check
	Story  []apply.Moment
	Orders []apply.OrderPart
	Moved  bool
}

// May reports whether a step is open to the reader.
func (p casePage) May(verb string) bool { return slices.Contains(p.Can, verb) }

// Codes are the usual faults.
func (p casePage) Codes() []string { return application.FaultCodes }

// Taken reports whether the reader took the case.
func (p casePage) Taken() bool { return p.Page.Who().Is(p.Case.Did["take"]) }

func (p *Pages) show(c *web.Context) error {
	v, err := p.Applications.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.shown(c, http.StatusOK, v, layout.Blank(c, nil))
}

func (p *Pages) shown(c *web.Context, status int, v application.View, form layout.Form) (err error) {
	page := casePage{Page: p.Layout.Page(c, v.Case.Number+" "+v.Case.Content.Scenario.Title), View: v, Form: form, Badge: apply.Badge(c, v.Case.Stage)}
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{{Name: same(c.Say("intakedesk.title")), Href: layout.URL(c, "intakedesk.queue")}}
	if v.Turn == "centre" {
		page.Left = apply.Left(c, v.Left)
	}
	if page.Checks, err = p.checks(c, v, form); err != nil {
		return err
	}
	if page.Orders, err = p.Shown.Orders(c, v); err != nil {
		return err
	}
	page.Story = p.Shown.Story(c, v, page.Orders)
	return p.pages.Render(c, status, "case", page)
}

// checks makes the checklist from the version of the materials.
func (p *Pages) checks(c *web.Context, v application.View, form layout.Form) (all []check, err error) {
	blocks, err := p.Shown.Blocks(c, v, false)
	if err != nil {
		return nil, err
	}
	for i, item := range v.Case.Items {
		at := "/items/" + strconv.Itoa(i)
		k := check{Item: item, Chosen: form.Value(at + "/code"), Note: form.Value(at + "/note"), Allowed: slices.Contains(v.Case.Allowed, item),
			Same: v.Case.Round > 1 && application.Same(v.Case.Checked, v.Case.Content, item), Faults: append(form.Faults(at), form.Faults("/checked/"+strings.ReplaceAll(item, "/", "~1"))...)}
		if k.Name, err = p.Shown.Item(c, v.Asks, item); err != nil {
			return nil, err
		}
		for _, b := range blocks {
			if b.Section == item {
				k.Say = b.Facts
			}
		}
		if item == "security" {
			k.Say = k.Say[:min(3, len(k.Say))] // the materials are items of their own
		}
		if strings.Contains(item, "/") {
			k.Files = p.Shown.Uploads(c, v, item, "intakedesk.file")
		}
		for _, f := range v.Case.Told {
			if f.Item == item {
				k.Before = strings.TrimSpace(c.Say("application.fault."+f.Code) + " " + f.Note)
			}
		}
		all = append(all, k)
	}
	return all, nil
}

func (p *Pages) take(c *web.Context) error {
	return p.after(c, p.act(c.Request.Context(), c, application.Take{}), "")
}

// decide accepts if every item is complete, and does not if some are not: one
// form, one answer, everything at once.
func (p *Pages) decide(c *web.Context) error {
	var f struct {
		Items []struct {
			Item string `json:"item"`
			Code string `json:"code"`
			Note string `json:"note"`
		} `json:"items"`
		Decide string `json:"decide"`
	}
	if err := c.Form(&f); err != nil {
		return p.after(c, err, "")
	}
	var accept application.Accept
	var decline application.Decline
	var at []int // place in the form of each fault
	for i, item := range f.Items {
		switch item.Code {
		case "":
		case "ok":
			accept.Checked = append(accept.Checked, item.Item)
		default:
			decline.Faults, at = append(decline.Faults, application.Fault{Item: item.Item, Code: item.Code, Note: strings.TrimSpace(item.Note)}), append(at, i)
		}
	}
	decline.Checked = accept.Checked
	if f.Decide == "accept" {
		return p.after(c, p.act(c.Request.Context(), c, accept), "intakedesk.said_accepted")
	}
	return p.after(c, placed(p.act(c.Request.Context(), c, decline), at), "intakedesk.said_declined")
}

// placed points the faults of a list of reasons at the inputs of the form.
func placed(err error, at []int) error {
	told := problem.As(err)
	if told == nil {
		return err
	}
	moved := *told
	moved.Fields = slices.Clone(told.Fields)
	for i, f := range moved.Fields {
		rest, ok := strings.CutPrefix(f.Pointer, "/faults/")
		n, _, _ := strings.Cut(rest, "/")
		if k, err := strconv.Atoi(n); ok && err == nil && k < len(at) {
			moved.Fields[i].Pointer = "/items/" + strconv.Itoa(at[k])
		}
	}
	return &moved
}

// allow is the authority's consent to late reasons.
func (p *Pages) allow(c *web.Context) error {
	var a application.Allow
	err := c.Form(&a)
	if err == nil {
		err = p.act(c.Request.Context(), c, a)
	}
	return p.after(c, err, "intakedesk.said_allowed")
}

// after goes back to the case, or shows on it what can be mended, with what
// was typed.
func (p *Pages) after(c *web.Context, err error, said string) error {
	if told := layout.Told(err); told != nil {
		v, err := p.Applications.View(c.Request.Context(), c.Actor, c.Param("id"))
		if err != nil {
			return err
		}
		return p.shown(c, layout.Status, v, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	to := layout.URL(c, "intakedesk.case", c.Param("id"))
	if said != "" {
		to += "?said=" + said
	}
	return c.Redirect(http.StatusSeeOther, to)
}
