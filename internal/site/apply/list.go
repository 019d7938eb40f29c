package apply

import (
	"fmt"
	"net/http"

	"kaishu/internal/base/deadline"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/site/layout"
)

// line is an application as the list shows it.
type line struct {
	application.Brief
	Badge    layout.Badge
	Turn     string
	Left     string
	Late     bool
	Datasets []Dataset
}

type listPage struct {
	layout.Page
	Form  layout.Form
	Lines []line
	More  string // address of the next page; "" for none
	Open  []openable
	For   string // dataset that is to be applied for
}

// list shows one's own applications.
func (p *Pages) list(c *web.Context) error { return p.listed(c, http.StatusOK, layout.Blank(c, nil)) }

func (p *Pages) listed(c *web.Context, status int, form layout.Form) error {
	all, err := p.Applications.My(c.Request.Context(), c.Actor, c.Query("after"), 50)
	if err != nil {
		return err
	}
	page := listPage{Page: p.Layout.Page(c, c.Say("apply.title")), Form: form}
	page.NoIndex = true
	for _, b := range all.Items {
		l := line{Brief: b, Badge: Badge(c, b.Stage), Turn: turn(c, b.Turn)}
		if b.Due != "" {
			l.Left, l.Late = Left(c, b.Left), b.Left.Late
		}
		named, err := p.named(c, b.Datasets...)
		if err != nil {
			return err
		}
		for _, slug := range b.Datasets {
			l.Datasets = append(l.Datasets, named[slug])
		}
		page.Lines = append(page.Lines, l)
	}
	page.For = c.Query("dataset")
	if all.Next != "" {
		page.More = layout.URL(c, "apply.list") + "?after=" + all.Next
	}
	if page.Open, err = p.openable(c, nil); err != nil {
		return err
	}
	return p.pages.Render(c, status, "list", page)
}

// Left says how many working days are left.
func Left(c *web.Context, l deadline.Left) string {
	switch {
	case l.Late:
		return c.Say("apply.late", "days", -l.Days)
	case l.Days == 0:
		return c.Say("apply.today")
	case l.Provisional:
		return c.Say("apply.left_provisional", "days", l.Days)
	}
	return c.Say("apply.left", "days", l.Days)
}

func turn(c *web.Context, whose string) string {
	if whose == "" {
		return ""
	}
	return c.Say("application.turn." + whose)
}

// Badge puts a stage into a word with a meaning.
func Badge(c *web.Context, s application.Stage) layout.Badge {
	tones := map[application.Stage]layout.Tone{application.StageSubmitted: layout.Info, application.StageIntake: layout.Info, application.StageAccepted: layout.Info,
		application.StageNotAccepted: layout.Warn, application.StageApproved: layout.Good, application.StageRejected: layout.Bad}
	tone, ok := tones[s]
	if !ok {
		tone = layout.Plain
	}
	return layout.Badge{Tone: tone, Word: c.Say("application.stage." + string(s))}
}

// begin opens a draft, with a dataset if one is named.
func (p *Pages) begin(c *web.Context) error {
	var f struct {
		Dataset string `json:"dataset"`
	}
	err := c.Form(&f)
	if f.Dataset == "" {
		f.Dataset = c.Query("dataset")
	}
	var first application.Content
	if f.Dataset != "" {
		first.Datasets = []application.Wanted{p.wanted(c, f.Dataset)}
	}
	var v application.View
	if err == nil {
		v, err = p.Applications.Open(c.Request.Context(), c.Actor, first)
	}
	if told := layout.Told(err); told != nil {
		return p.listed(c, layout.Status, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return to(c, "", "apply.case", v.Case.ID)
}

func (p *Pages) copied(c *web.Context) error {
	v, err := p.Applications.Copy(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return to(c, "apply.said_copied", "apply.case", v.Case.ID)
}

// wanted is the usual way to ask for a dataset: no field chosen yet.
func (p *Pages) wanted(c *web.Context, slug string) application.Wanted {
	w := application.Wanted{Dataset: slug, Months: 12}
	if set, ok, err := p.Conditions.Current(c.Request.Context(), c.Actor, slug); err == nil && ok && len(set.Modes) > 0 {
		w.Mode = set.Modes[0]
	}
	return w
}

// parts says "3 / 8".
func parts(n, of int) string { return fmt.Sprintf("%d / %d", n, of) }
