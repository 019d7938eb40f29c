package decisions

import (
	"cmp"
	"net/http"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/layout"
)

// step is a row of a table, in words.
type step struct {
	Who, Does, To, Not, Article string
}

// stage is a stage and what can be done there.
type stage struct {
	ID, Name string
	Steps    []step
}

// reminder is a step of the clock.
type reminder struct{ When, What, Whom string }

// drawn is a workflow, drawn from its table.
type drawn struct {
	Name, Term string
	Stages     []stage
	Reminders  []reminder
}

type workflowPage struct {
	layout.Page
	Flows []drawn
}

// workflow shows the two tables that decide an application, as the rules have
// them: nothing here is written by hand.
func (p *Pages) workflow(c *web.Context) error {
	page := workflowPage{Page: p.Layout.Page(c, c.Say("decisions.workflow"))}
	page.Flows = []drawn{
		{Name: c.Say("decisions.flow_application"), Term: p.term(c, p.Calendar.Book(), application.TermIntake), Stages: draw(c, "application.stage.", "application.verb.", application.Table), Reminders: p.reminders(c, "application", application.Steps)},
		{Name: c.Say("decisions.flow_review"), Term: p.term(c, p.Calendar.Book(), review.TermReview), Stages: draw(c, "review.stage.", "review.verb.", review.Table), Reminders: p.reminders(c, "review", review.Steps)},
	}
	return p.pages.Render(c, http.StatusOK, "workflow", page)
}

// draw reads a table stage by stage.
func draw[S ~string](c *web.Context, stages, verbs string, t flow.Table[S]) (all []stage) {
	who := func(r permit.Role) string {
		switch r {
		case permit.Visitor:
			return c.Say("application.party.applicant")
		case permit.Clock:
			return c.Say("application.party.clock")
		}
		return c.Say("web.role." + string(r))
	}
	name := func(s S) string {
		if s == "" {
			return c.Say("decisions.begin")
		}
		return c.Say(stages + string(s))
	}
	for _, s := range append([]S{""}, t.Stages()...) {
		x := stage{ID: strings.ReplaceAll(stages, ".", "-") + cmp.Or(string(s), "begin"), Name: name(s)}
		for _, row := range t {
			for _, from := range row.From {
				if from != s {
					continue
				}
				one := step{Who: who(row.By), Does: c.Say(verbs + row.Do), Article: row.Article}
				if row.To != "" && row.To != s {
					one.To = name(row.To)
				}
				for _, verb := range strings.Fields(row.Not) {
					one.Not += c.Say("decisions.not", "verb", c.Say(verbs+verb)) + " "
				}
				x.Steps = append(x.Steps, one)
			}
		}
		all = append(all, x)
	}
	return all
}

// reminders are what the clock does on the way.
func (p *Pages) reminders(c *web.Context, concept string, steps []deadline.Step) (all []reminder) {
	for _, s := range steps {
		var whom []string
		for _, r := range s.Tell {
			whom = append(whom, c.Say("web.role."+string(r)))
		}
		what := "decisions.step." + s.Name
		if concept == "review" {
			what = "review.step." + s.Name
		}
		all = append(all, reminder{p.term(c, p.Calendar.Book(), s.Term), c.Say(what), strings.Join(whom, c.Say("apply.comma"))})
	}
	return all
}
