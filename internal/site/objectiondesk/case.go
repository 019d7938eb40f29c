package objectiondesk

import (
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/objection"
	"kaishu/internal/site/layout"
)

// casePage is one objection, as the public and its objector read it.
type casePage struct {
	layout.Page
	View  objection.View
	Body  locale.Text // name of the publisher
	Badge layout.Badge
	About string
	Left  string
	Next  string        // what happens next, in a sentence
	Key   objection.Key // of the objector, so that he need not type it again
	Form  layout.Form
	Acted string // which form the faults belong to
	Now   string // what was just done
	blank layout.Form

	Accept string
	Most   int // megabytes of a file
}

// May reports whether a step is open to the reader.
func (x casePage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// Mine reports whether the reader is its objector.
func (x casePage) Mine() bool { return x.Key.Number != "" }

// Opens reports whether the reader can open the evidence: who follows a case
// by its code has no sign-in that could fetch it.
func (x casePage) Opens() bool { return x.Key.Code == "" }

// Field is a field of the form of a step: as it was sent if that was refused.
// The fields of the other forms have ids of their own.
func (x casePage) Field(verb, kind, name, label string) layout.Field {
	if x.Acted == verb {
		return x.Form.Field(kind, name, label)
	}
	f := x.blank.Field(kind, name, label)
	f.ID = verb + f.ID
	return f
}

func (p *Pages) one(c *web.Context) error {
	v, err := p.Objections.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	k := objection.Key{}
	if v.Mine {
		k.Number = v.Case.Number
	}
	return p.showCase(c, casePage{View: v, Key: k}, http.StatusOK)
}

func (p *Pages) showCase(c *web.Context, x casePage, status int) error {
	v := x.View
	title := c.Say("objectiondesk.case", "number", v.Case.Number)
	x.Page = p.Layout.Page(c, title+" · "+v.Title.In(c.Lang))
	x.Heading, x.Crumbs, x.NoIndex = same(title), p.crumbs(c), x.Mine() || !v.Case.Public
	x.Badge, x.About, x.blank = badge(c, v.Case.Stage), about(c, v.Case), layout.Blank(c, nil)
	x.Accept, x.Most = strings.Join(material.Accepted, ","), material.MaxBytes>>20
	if v.Turn != "" {
		x.Left = left(c, v.Left)
	}
	x.Next = c.Say("objectiondesk.next." + string(v.Case.Stage))
	body, err := p.Organisations.Get(c.Request.Context(), c.Actor, v.Case.Body)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	x.Body = body.Name
	c.Writer.Header().Set("Cache-Control", "no-store")
	return p.pages.Render(c, status, "case", x)
}

// key reads number and code of an objector's form.
func key(c *web.Context) objection.Key {
	return objection.Key{Number: c.Typed("/number"), Code: c.Typed("/code")}
}

// follow shows a case to whoever has its number and code.
func (p *Pages) follow(c *web.Context) error {
	var k objection.Key
	err := c.Form(&k)
	var v objection.View
	if err == nil {
		v, err = p.Objections.Follow(c.Request.Context(), c.Actor, k)
	}
	if told := problem.As(err); told != nil && (told.Kind == problem.NotFound || told.Kind == problem.Invalid) {
		return p.showList(c, layout.Again(c, told), layout.Status)
	}
	if err != nil {
		return err
	}
	return p.showCase(c, casePage{View: v, Key: k}, http.StatusOK)
}

// again shows a case after its objector did something, or what was wrong.
func (p *Pages) again(c *web.Context, verb string, v objection.View, err error) error {
	k := key(c)
	told := layout.Told(err)
	if told == nil && err != nil {
		return err
	}
	x := casePage{View: v, Key: k, Now: "objectiondesk.said_" + verb}
	status := http.StatusOK
	if told != nil {
		x.Acted, x.Form, x.Now, status = verb, layout.Again(c, told), "", layout.Status
		if x.View, err = p.Objections.Follow(c.Request.Context(), c.Actor, k); err != nil {
			return err
		}
	}
	return p.showCase(c, x, status)
}

func (p *Pages) reopen(c *web.Context) error {
	var in objection.Again
	file, err := p.files(c, &in)
	if file != nil {
		defer file.Close()
	}
	var v objection.View
	if err == nil {
		v, err = p.Objections.Reopen(c.Request.Context(), c.Actor, in.Key, in.Claim, file)
	}
	return p.again(c, "reopen", v, err)
}

func (p *Pages) attach(c *web.Context) error {
	var k objection.Key
	file, err := p.files(c, &k)
	if file != nil {
		defer file.Close()
	}
	if err == nil && file == nil {
		var l problem.List
		l.Add("/file", "required")
		err = l.Err()
	}
	var v objection.View
	if err == nil {
		v, err = p.Objections.Attach(c.Request.Context(), c.Actor, k, file)
	}
	return p.again(c, "attach", v, err)
}

func (p *Pages) forget(c *web.Context) error {
	var k objection.Key
	err := c.Form(&k)
	var v objection.View
	if err == nil {
		v, err = p.Objections.Forget(c.Request.Context(), c.Actor, k)
	}
	return p.again(c, "forget", v, err)
}
