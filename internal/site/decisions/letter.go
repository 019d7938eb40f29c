package decisions

import (
	"bytes"
	"net/http"

	"kaishu/internal/base/workday"
	"kaishu/internal/infra/pdf"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/apply"
	"kaishu/internal/site/layout"
)

func (p *Pages) today() workday.Date { return workday.Of(p.Clock.Now()) }

type letterPage struct {
	layout.Page
	Letter pdf.Letter
	PDF    string
	Case   string
}

// letter is the letter of a decision as a page.
func (p *Pages) letter(c *web.Context) error {
	l, about, err := p.write(c)
	if err != nil {
		return err
	}
	page := letterPage{Page: p.Layout.Page(c, l.Title), Letter: l, PDF: layout.URL(c, "decisions.pdf", c.Param("id"))}
	page.NoIndex = true
	if application.Mine(c.Actor, about.Case) {
		page.Case = layout.URL(c, "apply.case", about.Case.ID)
	}
	return p.pages.Render(c, http.StatusOK, "letter", page)
}

// pdf is the same letter as a file. The same letter is the same bytes.
func (p *Pages) pdf(c *web.Context) error {
	l, _, err := p.write(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := pdf.Write(&b, l); err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Disposition", `attachment; filename="`+c.Param("id")+`.pdf"`)
	h.Set("Cache-Control", string(web.Personal))
	return c.Bytes(http.StatusOK, "application/pdf", b.Bytes())
}

// write puts a decision into a letter: what is approved, with each narrowing
// and its reason; what is refused, with every reason and what would make it
// approvable (Article 19(3)).
func (p *Pages) write(c *web.Context) (l pdf.Letter, about application.Shown, err error) {
	o, about, err := p.Reviews.Letter(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return l, about, err
	}
	results, err := p.Shown.Results(c, o.Verdicts)
	if err != nil {
		return l, about, err
	}
	publisher := p.body(c, o.Body)
	l = pdf.Letter{Lang: c.Lang.Tag(), Head: []string{publisher}, Number: o.Number, Title: c.Say("decisions.title." + kind(o)), Created: o.DecidedOn.Time(),
		Signature: []string{publisher, layout.Day(c.Lang, o.DecidedOn)}, Foot: []string{c.Say("decisions.foot", "number", o.Number, "application", o.Subject.Number), c.Say("decisions.authentic")},
		Page: func(page, of int) string { return c.Say("decisions.page", "page", page, "of", of) }}
	l.Blocks = append(l.Blocks, pdf.Block{Text: c.Say("decisions.to", "name", about.Identity.Name.In(c.Lang)) + "\n" + c.Say("decisions.about", "number", o.Subject.Number, "title", about.Case.Content.Scenario.Title)})
	for _, r := range results {
		l.Blocks = append(l.Blocks, verdict(c, r)...)
	}
	l.Blocks = append(l.Blocks, pdf.Block{Heading: c.Say("decisions.time"), Facts: []pdf.Fact{{Label: c.Say("decisions.received"), Value: layout.Day(c.Lang, o.Clock.ReceivedOn)}, {Label: c.Say("decisions.due"), Value: layout.Day(c.Lang, o.Clock.Due.Day)},
		{Label: c.Say("decisions.used"), Value: c.Say("decisions.unit.working_days", "length", o.Days)}}},
		pdf.Block{Heading: c.Say("decisions.next"), Text: c.Say("decisions.next." + kind(o))})
	return l, about, nil
}

// kind is "approved", "refused" or "mixed".
func kind(o review.Order) string {
	approved := 0
	for _, v := range o.Verdicts {
		if v.Approve {
			approved++
		}
	}
	switch approved {
	case 0:
		return "refused"
	case len(o.Verdicts):
		return "approved"
	}
	return "mixed"
}

// verdict is what a letter says of one dataset.
func verdict(c *web.Context, r apply.Result) (all []pdf.Block) {
	title := r.Dataset.Title.In(c.Lang)
	if r.Given != "" {
		all = append(all, pdf.Block{Heading: c.Say("decisions.granted", "dataset", title), Text: r.Given})
		if len(r.Narrow) > 0 {
			all = append(all, pdf.Block{Text: c.Say("apply.narrowed"), Items: lines(c, r.Narrow)})
		}
		return all
	}
	all = append(all, pdf.Block{Heading: c.Say("decisions.refused", "dataset", title), Text: c.Say("apply.reasons"), Items: lines(c, r.Reasons)})
	return append(all, pdf.Block{Text: c.Say("apply.remedy") + r.Remedy})
}

func lines(c *web.Context, facts []apply.Fact) (all []string) {
	for _, f := range facts {
		all = append(all, f.Label+c.Say("apply.colon")+f.Value)
	}
	return all
}
