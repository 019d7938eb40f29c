package rightsdesk

import (
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
	"kaishu/internal/use/rightsclaim"
)

// listPage is where a complainant finds his case.
type listPage struct {
	layout.Page
	Mine []line
	Form layout.Form
}

func (p *Pages) list(c *web.Context) error {
	return p.showList(c, layout.Blank(c, rightsclaim.Key{Number: c.Query("number")}), http.StatusOK)
}

func (p *Pages) showList(c *web.Context, form layout.Form, status int) error {
	x := listPage{Page: p.Layout.Page(c, c.Say("rightsclaim.topic")), Form: form}
	if rightsclaim.MayOwn.Asked(c.Actor) == nil {
		mine, err := p.Complaints.Mine(c.Request.Context(), c.Actor, "", 50)
		if err != nil {
			return err
		}
		x.Mine = p.lines(c, mine.Items)
	}
	x.NoIndex = c.Request.URL.RawQuery != ""
	return p.pages.Render(c, status, "list", x)
}

// casePage is one complaint, as its complainant reads it.
type casePage struct {
	layout.Page
	View  rightsclaim.View
	Body  locale.Text // name of the publisher
	Badge layout.Badge
	Left  string
	Next  string          // what happens next, in a sentence
	Key   rightsclaim.Key // of the complainant, so that he need not type it again
	Form  layout.Form
	Acted string // which form the faults belong to
	Now   string // what was just done
	blank layout.Form

	Accept string
	Most   int // megabytes of a file
}

// May reports whether a step is open to the reader.
func (x casePage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// Mine reports whether the reader is its complainant.
func (x casePage) Mine() bool { return x.Key.Number != "" }

// Field is a field of the form of a step: as it was sent if that was refused.
func (x casePage) Field(verb, kind, name, label string) layout.Field {
	if x.Acted == verb {
		return x.Form.Field(kind, name, label)
	}
	return x.blank.Field(kind, name, label)
}

func (p *Pages) one(c *web.Context) error {
	v, err := p.Complaints.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	if !v.Mine { // who works on it, or supervises, has a page of his own
		return c.Redirect(http.StatusSeeOther, layout.URL(c, "rightsdesk.desk", v.Case.ID))
	}
	return p.showCase(c, casePage{View: v, Key: rightsclaim.Key{Number: v.Case.Number}}, http.StatusOK)
}

func (p *Pages) showCase(c *web.Context, x casePage, status int) (err error) {
	v := x.View
	title := c.Say("rightsdesk.case", "number", v.Case.Number)
	x.Page = p.Layout.Page(c, title+" · "+v.Title.In(c.Lang))
	x.Heading, x.NoIndex = same(title), true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("rightsclaim.topic")), Href: layout.URL(c, "rightsdesk.list")}}
	x.Badge, x.blank = badge(c, v.Case.Stage), layout.Blank(c, nil)
	x.Accept, x.Most = strings.Join(material.Accepted, ","), material.MaxBytes>>20
	if v.Turn != "" {
		x.Left = left(c, v.Left)
	}
	x.Next = c.Say("rightsdesk.next." + string(v.Case.Stage))
	if x.Body, err = p.body(c, v.Case.Body); err != nil {
		return err
	}
	c.Writer.Header().Set("Cache-Control", "no-store")
	return p.pages.Render(c, status, "case", x)
}

// follow shows a case to whoever has its number and code.
func (p *Pages) follow(c *web.Context) error {
	var k rightsclaim.Key
	err := c.Form(&k)
	var v rightsclaim.View
	if err == nil {
		v, err = p.Complaints.Follow(c.Request.Context(), c.Actor, k)
	}
	if told := problem.As(err); told != nil && (told.Kind == problem.NotFound || told.Kind == problem.Invalid) {
		return p.showList(c, layout.Again(c, told), layout.Status)
	}
	if err != nil {
		return err
	}
	return p.showCase(c, casePage{View: v, Key: k}, http.StatusOK)
}

// again shows a case after its complainant did something, or what was wrong.
func (p *Pages) again(c *web.Context, verb string, v rightsclaim.View, err error) error {
	k := rightsclaim.Key{Number: c.Typed("/number"), Code: c.Typed("/code")}
	told := layout.Told(err)
	if told == nil && err != nil {
		return err
	}
	x := casePage{View: v, Key: k, Now: "rightsdesk.said_" + verb}
	status := http.StatusOK
	if told != nil {
		x.Acted, x.Form, x.Now, status = verb, layout.Again(c, told), "", layout.Status
		if x.View, err = p.Complaints.Follow(c.Request.Context(), c.Actor, k); err != nil {
			return err
		}
	}
	return p.showCase(c, x, status)
}

func (p *Pages) attach(c *web.Context) error {
	var k rightsclaim.Key
	f, err := p.files(c, &k)
	if f != nil {
		defer f.Close()
	}
	if err == nil && f == nil {
		var l problem.List
		l.Add("/file", "required")
		err = l.Err()
	}
	var v rightsclaim.View
	if err == nil {
		v, err = p.Complaints.Attach(c.Request.Context(), c.Actor, k, f)
	}
	return p.again(c, "attach", v, err)
}

func (p *Pages) forget(c *web.Context) error {
	var k rightsclaim.Key
	err := c.Form(&k)
	var v rightsclaim.View
	if err == nil {
		v, err = p.Complaints.Forget(c.Request.Context(), c.Actor, k)
	}
	return p.again(c, "forget", v, err)
}

// evidence hands out a file to those who may see it.
func (p *Pages) evidence(c *web.Context) error {
	f, err := p.Complaints.Evidence(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}
