package yearlydesk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/site/layout"
)

// do asks something of the review, and leads on, or shows the form again with
// what is wrong with it.
func (p *Pages) do(c *web.Context, verb, to string, ask func(ctx context.Context, seen int) error) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	if err = ask(c.Request.Context(), seen); err == nil {
		return c.Redirect(http.StatusSeeOther, to)
	}
	told := layout.Told(err)
	if told == nil || told.Kind == problem.Conflict && told.Code == "moved_meanwhile" {
		return err
	}
	return p.show(c, wanted(c.Typed("show"), c.Typed("after")), layout.Again(c, told), verb, layout.Status)
}

// saidAt is the address of the review with the word of what was done.
func saidAt(c *web.Context, show, after, verb string) string {
	q := url.Values{"said": {"yearlydesk.said_" + verb}}
	for name, value := range map[string]string{"show": show, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return layout.URL(c, "yearlydesk.review", c.Param("id")) + "?" + q.Encode()
}

// choose keeps the decisions of a page of the table. Rows in which nothing
// stands are left out; what is told of the others is told beside them.
func (p *Pages) choose(c *web.Context) error {
	var in yearlyreview.Choose
	if err := c.Form(&in); err != nil {
		return err
	}
	var some yearlyreview.Choose
	var at []int
	for n, x := range in.Choices {
		if x.Verdict != "" || x.Ground != "" || x.Into != "" || strings.TrimSpace(x.Reason) != "" {
			some.Choices, at = append(some.Choices, x), append(at, n)
		}
	}
	show, after := c.Typed("show"), c.Typed("after")
	if next := c.Typed("next"); next != "" && c.Typed("do") == "next" {
		after = next
	}
	return p.do(c, "choose", saidAt(c, show, after, "choose"), func(ctx context.Context, seen int) error {
		if len(some.Choices) == 0 && c.Typed("do") == "next" {
			return nil // nothing was written here; the reader turns the page
		}
		_, err := p.Reviews.Do(ctx, c.Actor, c.Param("id"), seen, some)
		return moved(err, "/choices/", at)
	})
}

// moved tells faults at the rows of the form, in which blank ones stand too.
func moved(err error, prefix string, at []int) error {
	told := problem.As(err)
	if told == nil {
		return err
	}
	out := *told
	out.Fields = slices.Clone(told.Fields)
	for i, f := range out.Fields {
		rest, ok := strings.CutPrefix(f.Pointer, prefix)
		if !ok {
			continue
		}
		n, field, _ := strings.Cut(rest, "/")
		if k, err := strconv.Atoi(n); err == nil && k < len(at) {
			out.Fields[i].Pointer = prefix + strconv.Itoa(at[k]) + "/" + field
		}
	}
	return &out
}

func (p *Pages) sweep(c *web.Context) error {
	var in yearlyreview.Sweep
	if err := c.Form(&in); err != nil {
		return err
	}
	return p.do(c, "sweep", saidAt(c, "", "", "sweep"), func(ctx context.Context, seen int) error {
		_, err := p.Reviews.Sweep(ctx, c.Actor, c.Param("id"), seen, in)
		return err
	})
}

// add takes up data that the catalogue does not hold.
func (p *Pages) add(c *web.Context) error {
	var in yearlyreview.Add
	if err := c.Form(&in); err != nil {
		return err
	}
	return p.step(c, in)
}

// act asks a step that has no fields.
func (p *Pages) act(x yearlyreview.Command) web.Handler {
	return func(c *web.Context) error { return p.step(c, x) }
}

func (p *Pages) step(c *web.Context, x yearlyreview.Command) error {
	return p.do(c, x.Verb(), saidAt(c, "", "", x.Verb()), func(ctx context.Context, seen int) error {
		_, err := p.Reviews.Do(ctx, c.Actor, c.Param("id"), seen, x)
		return err
	})
}

func (p *Pages) giveBack(c *web.Context) error {
	var in yearlyreview.GiveBack
	if err := c.Form(&in); err != nil {
		return err
	}
	in.Faults = written(in.Faults)
	return p.step(c, in)
}

func (p *Pages) giveReturn(c *web.Context) error {
	var in yearlyreview.Return
	if err := c.Form(&in); err != nil {
		return err
	}
	in.Faults = written(in.Faults)
	return p.step(c, in)
}

// written leaves out the rows in which nothing was written.
func written(all []yearlyreview.Fault) []yearlyreview.Fault {
	return slices.DeleteFunc(all, func(f yearlyreview.Fault) bool { return strings.TrimSpace(f.Text+f.Item) == "" })
}

// begin begins the work orders of the rows; what is to be opened and has no
// entry yet waits.
func (p *Pages) begin(c *web.Context) error {
	var in, some yearlyreview.Begin
	if err := c.Form(&in); err != nil {
		return err
	}
	v, err := p.Reviews.View(c.Request.Context(), c.Actor, c.Param("id"), yearlyreview.Wanted{})
	if err != nil {
		return err
	}
	waits := map[string]bool{}
	for _, i := range v.Unbegun {
		waits[i.ID] = i.Verdict.New()
	}
	var at []int
	for n, b := range in.Begins {
		if b.Entry = strings.TrimSpace(b.Entry); b.Entry != "" || !waits[b.Item] {
			some.Begins, at = append(some.Begins, b), append(at, n)
		}
	}
	return p.do(c, "begin", saidAt(c, "", "", "begin"), func(ctx context.Context, seen int) error {
		_, err := p.Reviews.Do(ctx, c.Actor, c.Param("id"), seen, some)
		return moved(err, "/begins/", at)
	})
}
