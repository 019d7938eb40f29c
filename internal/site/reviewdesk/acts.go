package reviewdesk

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/layout"
)

// act is what a form of the page asks.
type act struct {
	verb string
	read func(c *web.Context) (review.Command, error)
}

// acts are the forms of an order.
var acts = []act{
	{"take", form[review.Take]},
	{"recuse", form[review.Recuse]},
	{"rank", form[review.Rank]},
	{"assess", form[review.Assess]},
	{"ask", form[review.Ask]},
	{"consult", form[review.Consult]},
	{"opine", form[review.Opine]},
	{"resume", func(*web.Context) (review.Command, error) { return review.Resume{}, nil }},
	{"propose", proposal},
	{"send_back", form[review.SendBack]},
	{"confirm", form[review.Confirm]},
}

func form[C review.Command](c *web.Context) (review.Command, error) {
	var x C
	err := c.Form(&x)
	return x, err
}

// proposal reads the decisions. A row of reasons that was left empty is none,
// and a reason for a narrowing that is left empty neither.
func proposal(c *web.Context) (review.Command, error) {
	var x review.Propose
	err := c.Form(&x)
	for i, v := range x.Verdicts {
		if v.Approve {
			v.Reasons, v.Remedy = nil, ""
		} else {
			v = review.Verdict{Dataset: v.Dataset, Reasons: v.Reasons, Remedy: v.Remedy}
		}
		v.Reasons = slices.DeleteFunc(v.Reasons, func(r review.Reason) bool { return r.Code == "" && strings.TrimSpace(r.Text) == "" })
		for name, why := range v.Narrow {
			if strings.TrimSpace(why) == "" {
				delete(v.Narrow, name)
			}
		}
		x.Verdicts[i] = v
	}
	return x, err
}

// act carries a form out, or shows the page again with what is to be mended
// and what was typed.
func (p *Pages) act(c *web.Context, a act) error {
	command, err := a.read(c)
	var seen int
	if err == nil {
		seen, _, err = c.Seen()
	}
	if err == nil && a.verb == "propose" && c.Typed("more") != "" { // one more row of reasons
		v, err := p.Reviews.View(c.Request.Context(), c.Actor, c.Param("id"))
		if err != nil {
			return err
		}
		return p.shown(c, http.StatusOK, v, layout.Kept(c, c.Request.PostForm), a.verb)
	}
	if err == nil {
		_, err = p.Reviews.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, command)
		err = placed(c, err)
	}
	if told := layout.Told(err); told != nil {
		v, err := p.Reviews.View(c.Request.Context(), c.Actor, c.Param("id"))
		if err != nil {
			return err
		}
		return p.shown(c, layout.Status, v, layout.Again(c, told), a.verb)
	}
	if err != nil {
		return err
	}
	to := layout.URL(c, "reviewdesk.order", c.Param("id"))
	if a.verb == "recuse" {
		to = layout.URL(c, "reviewdesk.queue")
	}
	return c.Redirect(http.StatusSeeOther, to+"?said=reviewdesk.said_"+a.verb)
}

// decision is the form of one dataset.
type decision struct {
	Dataset            string // slug
	Title              locale.Text
	At                 string // pointer of the inputs
	Approve            layout.Field
	Columns            []column
	FieldsID           string
	FieldFaults        []string
	Given              []layout.Field // period, mode and months
	Narrow             []layout.Field
	Reasons            []reasonRow
	Faults             []string
	Remedy             layout.Field
	Approved, Rejected bool
}

// column is one field that was applied for.
type column struct {
	Name   string
	Chosen bool
}

// reasonRow is one reason of a refusal.
type reasonRow struct{ Code, Text layout.Field }

// decisions are the inputs of a proposal: as typed, or as proposed before, or
// all that was applied for.
func decisions(c *web.Context, o review.Order, form layout.Form, typed bool) (all []decision) {
	if !typed {
		form = layout.Blank(c, review.Propose{Verdicts: before(o)})
	}
	for i, w := range o.Datasets {
		at := fmt.Sprintf("/verdicts/%d", i)
		d := decision{Dataset: w.Dataset, At: at, Faults: append(form.Faults(at+"/approve"), append(form.Faults(at+"/reasons"), form.Faults(at+"/dataset")...)...),
			FieldsID: form.ListID(at + "/fields"), FieldFaults: form.ListFaults(at + "/fields")}
		if typed || len(o.Verdicts) > 0 { // nothing is chosen for the reviewer
			d.Approved, d.Rejected = form.Value(at+"/approve") == "true", form.Value(at+"/approve") == "false"
		}
		chosen := form.Values(at + "/fields")
		for _, name := range w.Fields {
			d.Columns = append(d.Columns, column{name, slices.Contains(chosen, name)})
		}
		var modes []layout.Option
		for _, m := range application.Modes {
			modes = append(modes, layout.Option{Value: m, Label: c.Say("application.mode." + m)})
		}
		d.Given = []layout.Field{form.Field("select", at+"/mode", "apply.mode").Of(modes), form.Field("number", at+"/months", "apply.months").Narrow(),
			form.Field("date", at+"/from", "apply.from").Narrow(), form.Field("date", at+"/to", "apply.to").Narrow()}
		for _, n := range review.Narrowings {
			d.Narrow = append(d.Narrow, form.Field("text", at+"/narrow/"+n, "reviewdesk.narrow_"+n).Max(1000))
		}
		codes := []layout.Option{{Label: c.Say("apply.choose")}}
		for _, code := range review.ReasonCodes {
			codes = append(codes, layout.Option{Value: code, Label: c.Say("review.reason." + code)})
		}
		for k := range rows(c, form, at, typed) {
			one := fmt.Sprintf("%s/reasons/%d", at, k)
			d.Reasons = append(d.Reasons, reasonRow{form.Field("select", one+"/code", "reviewdesk.reason").Of(codes), form.Field("text", one+"/text", "reviewdesk.reason_text").Max(1000)})
		}
		d.Remedy = form.Field("area", at+"/remedy", "reviewdesk.remedy").Hint("reviewdesk.remedy_hint").Max(1000)
		all = append(all, d)
	}
	return all
}

// rows is how many reasons are shown: as many as came with the form, and one
// more if that was asked; or those of before and one more, two at least.
func rows(c *web.Context, form layout.Form, at string, typed bool) (n int) {
	for form.Has(fmt.Sprintf("%s/reasons/%d/code", at, n)) {
		n++
	}
	if typed && c.Typed("more") != at {
		return max(n, 2)
	}
	return max(n+1, 2)
}

// placed points the faults of a proposal at the inputs: rows of reasons that
// were left empty did not count, and an expert is told at the list of all.
func placed(c *web.Context, err error) error {
	told := problem.As(err)
	if told == nil {
		return err
	}
	moved := *told
	moved.Fields = slices.Clone(told.Fields)
	for i, f := range moved.Fields {
		if strings.HasPrefix(f.Pointer, "/experts/") {
			moved.Fields[i].Pointer = "/experts"
			continue
		}
		var verdict, reason int
		if n, _ := fmt.Sscanf(f.Pointer, "/verdicts/%d/reasons/%d/", &verdict, &reason); n == 2 && reason < len(filled(c, verdict)) {
			_, rest, _ := strings.Cut(f.Pointer, fmt.Sprintf("/reasons/%d/", reason))
			moved.Fields[i].Pointer = fmt.Sprintf("/verdicts/%d/reasons/%d/%s", verdict, filled(c, verdict)[reason], rest)
		}
	}
	return &moved
}

// filled returns the rows of reasons of a dataset that were not left empty.
func filled(c *web.Context, verdict int) (rows []int) {
	for k := 0; c.Request.PostForm.Has(fmt.Sprintf("/verdicts/%d/reasons/%d/code", verdict, k)); k++ {
		one := fmt.Sprintf("/verdicts/%d/reasons/%d", verdict, k)
		if c.Typed(one+"/code") != "" || strings.TrimSpace(c.Typed(one+"/text")) != "" {
			rows = append(rows, k)
		}
	}
	return rows
}

// before is what was proposed, or everything as applied for.
func before(o review.Order) []review.Verdict {
	if len(o.Verdicts) > 0 {
		return o.Verdicts
	}
	var all []review.Verdict
	for _, w := range o.Datasets {
		all = append(all, review.Verdict{Dataset: w.Dataset, Fields: w.Fields, From: w.From, To: w.To, Mode: w.Mode, Months: w.Months})
	}
	return all
}
