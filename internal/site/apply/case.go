package apply

import (
	"net/http"
	"slices"
	"time"

	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/layout"
)

// Moment is a line of the timeline.
type Moment struct {
	At    time.Time
	Party string
	Word  string
	Notes []string
}

// OrderPart is how the case stands with one publisher.
type OrderPart struct {
	review.Progress
	Publisher string
	Badge     layout.Badge
	Left      string
	Answer    string // where an answer goes; "" if nothing is asked
	Letter    string
	Results   []Result
}

// Result is what was decided of one dataset.
type Result struct {
	Dataset Dataset
	Badge   layout.Badge
	Given   string
	Narrow  []Fact
	Reasons []Fact
	Remedy  string
}

type casePage struct {
	layout.Page
	application.View
	Form   layout.Form
	Badge  layout.Badge
	Turn   string
	Left   string
	Told   []told
	Orders []OrderPart
	Blocks []Block
	Files  []Upload
	Story  []Moment
	Pins   []Fact
	Next   string // what happens next, in a sentence
}

// May reports whether a step is open to the reader.
func (p casePage) May(verb string) bool { return slices.Contains(p.Can, verb) }

// opened is the file of a case that was handed in.
func (p *Pages) opened(c *web.Context, status int, v application.View, form layout.Form) (err error) {
	page := casePage{Page: p.page(c, title(c, v)), View: v, Form: form, Badge: Badge(c, v.Case.Stage), Turn: turn(c, v.Turn)}
	if v.Turn == "centre" {
		page.Left = Left(c, v.Left)
	}
	page.Next = c.Say("apply.next." + string(v.Case.Stage))
	if page.Blocks, err = p.Blocks(c, v, false); err != nil {
		return err
	}
	if page.Told, err = p.told(c, v); err != nil {
		return err
	}
	if page.Orders, err = p.Orders(c, v); err != nil {
		return err
	}
	for _, f := range v.Draft.Files {
		page.Files = append(page.Files, p.Uploads(c, v, f.Item, "apply.file")...)
	}
	page.Files = slices.CompactFunc(page.Files, func(a, b Upload) bool { return a.ID == b.ID })
	named, err := p.named(c, slugs(v.Draft)...)
	if err != nil {
		return err
	}
	for _, pin := range v.Case.Pins {
		page.Pins = append(page.Pins, Fact{named[pin.Dataset].Title.In(c.Lang), c.Say("apply.pinned", "version", pin.Version)})
	}
	page.Story = p.Story(c, v, page.Orders)
	return p.pages.Render(c, status, "case", page)
}

// Story is what happened to the case, oldest first.
func (p *Pages) Story(c *web.Context, v application.View, orders []OrderPart) (all []Moment) {
	for _, l := range v.History {
		m := Moment{At: l.At, Party: c.Say("application.party." + l.Party), Word: c.Say("application.event." + l.Kind[len("application."):])}
		if r, ok := l.Body.(application.Rang); ok && !r.Late {
			continue // reminders of officers
		}
		if d, ok := l.Body.(application.Declined); ok {
			for _, f := range d.Faults {
				name, err := p.Item(c, v.Asks, f.Item)
				if err != nil {
					name = f.Item
				}
				m.Notes = append(m.Notes, c.Say("apply.item_wrong", "item", name, "fault", c.Say("application.fault."+f.Code)+" "+f.Note))
			}
		}
		all = append(all, m)
	}
	for _, o := range orders {
		if o.DecidedOn != "" {
			all = append(all, Moment{At: o.DecidedAt, Party: o.Publisher, Word: c.Say("review.event.decided")})
		}
	}
	slices.SortStableFunc(all, func(a, b Moment) int { return a.At.Compare(b.At) })
	return all
}

func (p *Pages) Orders(c *web.Context, v application.View) (all []OrderPart, err error) {
	if v.Case.Round == 0 {
		return nil, nil
	}
	orders, err := p.Reviews.Of(c.Request.Context(), c.Actor, v.Case.ID)
	if err != nil {
		return nil, err
	}
	named, err := p.named(c, slugs(v.Draft)...)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		part := OrderPart{Progress: o, Badge: layout.Badge{Tone: layout.Info, Word: c.Say("review.stage." + string(o.Stage))}}
		if org, err := p.Organisations.Get(c.Request.Context(), c.Actor, o.Body); err == nil {
			part.Publisher = org.Name.In(c.Lang)
		}
		if o.Stage != review.StageDecided && o.Stage != review.StageWithdrawn {
			part.Left = Left(c, o.Left)
			if slices.ContainsFunc(o.Questions, func(q review.Question) bool { return q.Answer == "" }) && v.Mine {
				part.Answer = layout.URL(c, "apply.answer", v.Case.ID, o.ID)
			}
		}
		if o.Stage == review.StageDecided {
			part.Letter = "/" + string(c.Lang) + "/letters/" + o.ID
		}
		for _, d := range o.Verdicts {
			part.Results = append(part.Results, p.result(c, named[d.Dataset], d))
		}
		all = append(all, part)
	}
	return all, nil
}

// Result puts a verdict into words.
func (p *Pages) result(c *web.Context, d Dataset, v review.Verdict) Result {
	r := Result{Dataset: d, Badge: layout.Badge{Tone: layout.Bad, Word: c.Say("apply.refused")}, Remedy: v.Remedy}
	if v.Approve {
		r.Badge = layout.Badge{Tone: layout.Good, Word: c.Say("apply.granted")}
		r.Given = asked(c, d, application.Wanted{Fields: v.Fields, From: v.From, To: v.To, Mode: v.Mode, Months: v.Months})
	}
	for _, n := range review.Narrowings {
		if why := v.Narrow[n]; why != "" {
			r.Narrow = append(r.Narrow, Fact{c.Say("review.narrow." + n), why})
		}
	}
	for _, x := range v.Reasons {
		r.Reasons = append(r.Reasons, Fact{c.Say("review.reason." + x.Code), x.Text})
	}
	return r
}

// Results puts verdicts into words.
func (p *Pages) Results(c *web.Context, all []review.Verdict) (results []Result, err error) {
	for _, v := range all {
		named, err := p.named(c, v.Dataset)
		if err != nil {
			return nil, err
		}
		results = append(results, p.result(c, named[v.Dataset], v))
	}
	return results, nil
}

// Asked says in a sentence what is asked of a dataset.
func (p *Pages) Asked(c *web.Context, w application.Wanted) (string, error) {
	named, err := p.named(c, w.Dataset)
	return asked(c, named[w.Dataset], w), err
}

// answer answers a question of a reviewer.
func (p *Pages) answer(c *web.Context) error {
	var a review.Answer
	err := c.Form(&a)
	if err == nil {
		_, err = p.Reviews.Answer(c.Request.Context(), c.Actor, c.Param("order"), a)
	}
	return p.after(c, err, "apply.said_answered")
}

// after goes back to the file, or shows on it what can be mended.
func (p *Pages) after(c *web.Context, err error, said string) error {
	if told := layout.Told(err); told != nil {
		v, err := p.Applications.View(c.Request.Context(), c.Actor, c.Param("id"))
		if err != nil {
			return err
		}
		return p.opened(c, layout.Status, v, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return to(c, said, "apply.case", c.Param("id"))
}

type leavePage struct {
	layout.Page
	application.View
}

// leave asks before an application is withdrawn.
func (p *Pages) leave(c *web.Context) error {
	v, err := p.Applications.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	if !slices.Contains(v.Can, "withdraw") {
		return to(c, "", "apply.case", v.Case.ID)
	}
	return p.pages.Render(c, http.StatusOK, "leave", leavePage{p.page(c, c.Say("apply.withdraw")), v})
}

func (p *Pages) withdraw(c *web.Context) error {
	seen, _, err := c.Seen()
	if err == nil {
		_, err = p.Applications.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, application.Withdraw{})
	}
	return p.after(c, err, "apply.said_withdrawn")
}
