package listdesk

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// orderPage is one work order.
type orderPage struct {
	layout.Page
	View      adjustment.View
	Badge     layout.Badge
	Changes   []changed
	Form      layout.Form
	Failed    string // verb whose form the faults belong to
	Options   map[string][]layout.Option
	Gates     []adjustment.CheckedGate
	Findings  int
	Publisher locale.Text
	Faults    []told
	Reads     bool // the reader works with the order
	blank     layout.Form
}

// told is one reason for which the order was returned, in words.
type told struct{ Code, Where, Text string }

// changed is one difference, as people read it.
type changed struct {
	Where    string
	Code     bool // Where is the name of a field
	Was, Now string
}

// Was reports whether there was something before.
func (x orderPage) Was() bool { return x.View.Order.Kind != adjustment.List }

// May reports whether a step is open to the reader.
func (x orderPage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// Checklist is what a reviewer looks at.
func (x orderPage) Checklist() []string { return adjustment.Checklist }

// Blanks are the rows of the form of a return.
func (x orderPage) Blanks() []int { return []int{0, 1, 2, 3, 4} }

// Of is the form, for the step that was refused; others are blank.
func (x orderPage) Of(verb string) layout.Form {
	if x.Failed == verb {
		return x.Form
	}
	return x.blank
}

func (p *Pages) order(c *web.Context) error {
	v, err := p.Orders.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.showOrder(c, v, layout.Blank(c, v.Order.Content), "", http.StatusOK)
}

func (p *Pages) showOrder(c *web.Context, v adjustment.View, form layout.Form, failed string, status int) error {
	title := c.Say("adjustment.kind."+string(v.Order.Kind)) + " " + v.Order.Number
	x := orderPage{Page: p.Layout.Page(c, title+" · "+v.Title.In(c.Lang)), View: v, Badge: badge(c, v.Order.Stage), Form: form, Failed: failed, Options: p.options(c), blank: layout.Blank(c, v.Order.Content)}
	x.Heading, x.NoIndex, x.Crumbs = v.Title, true, p.crumbs(c)
	o, err := p.Organisations.Get(c.Request.Context(), c.Actor, v.Order.Body)
	if err != nil {
		return err
	}
	x.Publisher = o.Name
	x.Reads = v.Order.Did != nil
	for _, d := range v.Order.Differences {
		x.Changes = append(x.Changes, p.inWords(c, d))
	}
	for _, f := range v.Order.Faults {
		t := told{Code: c.Say("adjustment.code." + f.Code), Where: p.where(c, f.Pointer), Text: f.Text}
		if f.Key != "" {
			t.Text = c.SayWith(f.Key, f.Args)
		}
		x.Faults = append(x.Faults, t)
	}
	if v.Checks != nil {
		checks := adjustment.InWords(c, *v.Checks)
		x.Gates, x.Findings = checks.Gates, checks.Findings
	}
	return p.pages.Render(c, status, "order", x)
}

// where names a place in a description, in the reader's language.
func (p *Pages) where(c *web.Context, pointer string) string {
	if pointer == "" {
		return ""
	}
	if name, ok := strings.CutPrefix(pointer, "/items/"); ok {
		name, _, _ = strings.Cut(name, "/")
		return c.Say("listdesk.part.items") + " " + name
	}
	key := "listdesk.part." + strings.ReplaceAll(strings.Trim(pointer, "/"), "/", "_")
	if word := c.Say(key); word != key {
		return word
	}
	return pointer
}

func (p *Pages) inWords(c *web.Context, d adjustment.Difference) changed {
	x := changed{Where: p.where(c, d.Pointer), Was: p.value(c, d.Pointer, d.Was), Now: p.value(c, d.Pointer, d.Now)}
	if name, ok := strings.CutPrefix(d.Pointer, "/items/"); ok {
		x.Where, x.Code = name, true
	}
	return x
}

// value writes a value of a description for people.
func (p *Pages) value(c *web.Context, pointer string, v json.RawMessage) string {
	if len(v) == 0 {
		return ""
	}
	var text string
	if json.Unmarshal(v, &text) == nil {
		switch pointer {
		case "/opening":
			return c.Say("openlist.opening." + text)
		case "/source_kind":
			return c.Say("listdesk.source." + text)
		case "/frequency", "/production":
			if f, ok := p.Entries.Codes(c.Actor).Frequency(text); ok {
				return f.Name.In(c.Lang)
			}
		case "/domain":
			if d, ok := p.Entries.Codes(c.Actor).Domain(text); ok {
				return d.Name.In(c.Lang)
			}
		}
		return text
	}
	var item openlist.Item
	if strings.HasPrefix(pointer, "/items/") && json.Unmarshal(v, &item) == nil {
		return joined(item.Title.ZH, item.Description.ZH, item.Unit, item.Title.EN, item.Description.EN, item.Codes)
	}
	var relations []openlist.Relation
	if pointer == "/relations" && json.Unmarshal(v, &relations) == nil {
		all := make([]string, len(relations))
		for i, r := range relations {
			all[i] = joined(c.Say("listdesk.relation."+r.Kind), r.To, r.Note)
		}
		return strings.Join(all, "；")
	}
	var list []string
	if json.Unmarshal(v, &list) == nil {
		return strings.Join(list, "、")
	}
	if bytes.Equal(v, []byte("true")) {
		return c.Say("listdesk.yes")
	}
	return string(v)
}

func joined(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), " · ")
}

// ordering is what the form of an order says, beside the description.
type ordering struct {
	Reason      string       `json:"reason"`
	Ground      string       `json:"ground"`
	Into        string       `json:"into"`
	EffectiveOn workday.Date `json:"effective_on"`
	Urgent      string       `json:"urgent"`
}

// fillOrder keeps the reasons of an order.
func (p *Pages) fillOrder(c *web.Context) error {
	var in ordering
	return p.do(c, "fill", &in, func(v adjustment.View) adjustment.Command {
		content := v.Order.Content
		content.Reason, content.Ground, content.Into, content.EffectiveOn, content.Urgent = in.Reason, in.Ground, in.Into, in.EffectiveOn, in.Urgent
		return adjustment.Fill{Content: content}
	})
}

type command func(c *web.Context) (adjustment.Command, error)

func nothing(x adjustment.Command) command {
	return func(*web.Context) (adjustment.Command, error) { return x, nil }
}

// returned reads the form of a return: rows without a text are left out.
func returned(c *web.Context) (adjustment.Command, error) {
	var in adjustment.Return
	if err := c.Form(&in); err != nil {
		return nil, err
	}
	in.Faults = slices.DeleteFunc(in.Faults, func(f adjustment.Fault) bool { return strings.TrimSpace(f.Text) == "" })
	return in, nil
}

func accepted(c *web.Context) (adjustment.Command, error) {
	var in adjustment.Accept
	err := c.Form(&in)
	return in, err
}

func cancelled(c *web.Context) (adjustment.Command, error) {
	var in adjustment.Cancel
	err := c.Form(&in)
	return in, err
}

// act asks one step of the order.
func (p *Pages) act(read command) web.Handler {
	return func(c *web.Context) error {
		x, err := read(c)
		if err != nil {
			return err
		}
		return p.do(c, x.Verb(), nil, func(adjustment.View) adjustment.Command { return x })
	}
}

func (p *Pages) do(c *web.Context, verb string, into any, make func(adjustment.View) adjustment.Command) error {
	ctx, id := c.Request.Context(), c.Param("id")
	v, err := p.Orders.View(ctx, c.Actor, id)
	if err != nil {
		return err
	}
	if into != nil {
		err = c.Form(into)
	}
	if err == nil {
		seen, _, serr := c.Seen()
		if serr != nil {
			return serr
		}
		_, err = p.Orders.Do(ctx, c.Actor, id, seen, make(v))
	}
	if told := layout.Told(err); told != nil && told.Kind == problem.Invalid {
		if v, err = p.Orders.View(ctx, c.Actor, id); err != nil {
			return err
		}
		return p.showOrder(c, v, layout.Again(c, told), verb, layout.Status)
	}
	if err != nil {
		return err
	}
	return say(c, layout.URL(c, "listdesk.order", id), "listdesk.said_"+verb)
}

// attach takes an explaining document.
func (p *Pages) attach(c *web.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	if err := p.Orders.MayAttach(ctx, c.Actor, id); err != nil {
		return err
	}
	err := c.Files(func(_, name string, file io.Reader) error {
		got, err := p.Orders.Materials.Receive(ctx, c.Actor, name, file)
		if err != nil {
			return err
		}
		defer got.Close()
		return p.Orders.Attach(ctx, c.Actor, id, got)
	})
	if told := layout.Told(err); told != nil {
		v, verr := p.Orders.View(ctx, c.Actor, id)
		if verr != nil {
			return verr
		}
		return p.showOrder(c, v, layout.Again(c, told), "attach", layout.Status)
	}
	if err != nil {
		return err
	}
	return say(c, layout.URL(c, "listdesk.order", id), "listdesk.said_attach")
}

func (p *Pages) document(c *web.Context) error {
	f, err := p.Orders.Document(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}
