package decisions

import (
	"net/http"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/layout"
)

// group is a line of the table of fairness.
type group struct {
	review.Group
	Name           string
	Rate, Punctual int // percent
}

// decided is a line of the list of decisions.
type decided struct {
	review.Decision
	Title     locale.Text
	Publisher string
	Scenario  string
	Reasons   []string
}

type figuresPage struct {
	layout.Page
	Form   layout.Form
	From   string
	To     string
	Stats  review.Statistics
	Groups []group
	List   []decided
	Late   int
	JSON   string
}

// figures are the public statistics: the same rules for every kind of
// applicant (Article 19(2)(1)), in time, and what is overdue now.
func (p *Pages) figures(c *web.Context) error {
	ctx := c.Request.Context()
	page := figuresPage{Page: p.Layout.Page(c, c.Say("decisions.figures")), Form: layout.Blank(c, nil)}
	from, to, err := p.Reviews.Period(c.Query("from"), c.Query("to"))
	status := http.StatusOK
	if told := problem.As(err); told != nil {
		page.Form.Tell(c, told)
		status = layout.Status
		if from, to, err = p.Reviews.Period("", ""); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	page.From, page.To = string(from), string(to)
	if page.Stats, err = p.Reviews.Statistics(ctx, c.Actor, from, to); err != nil {
		return err
	}
	if page.Late, err = p.Applications.LateFaults(ctx, c.Actor); err != nil {
		return err
	}
	for _, g := range append([]review.Group{page.Stats.All}, page.Stats.Groups...) {
		x := group{Group: g, Name: c.Say("decisions.all"), Rate: percent(g.Approved, g.Decided), Punctual: percent(g.OnTime, g.Decided)}
		if g.Applicant != "" {
			x.Name = c.Say("application.kind." + g.Applicant)
		}
		page.Groups = append(page.Groups, x)
	}
	list, err := p.Reviews.Decisions(ctx, c.Actor, c.Query("dataset"), 100)
	if err != nil {
		return err
	}
	for _, d := range list {
		titles, err := p.Shown.Titles(c, d.Dataset)
		if err != nil {
			return err
		}
		x := decided{Decision: d, Title: titles[0], Publisher: p.body(c, d.Publisher), Scenario: p.Shown.Scenario(c, d.Scenario)}
		for _, code := range d.Reasons {
			x.Reasons = append(x.Reasons, c.Say("review.reason."+code))
		}
		page.List = append(page.List, x)
	}
	page.JSON = "/api/v1/statistics/applications?from=" + page.From + "&to=" + page.To
	return p.pages.Render(c, status, "figures", page)
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return (n*100 + of/2) / of
}
