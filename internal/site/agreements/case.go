package agreements

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/site/layout"
)

// optional is an optional clause in the form that changes it.
type optional struct {
	agreement.Clause
	Field layout.Field
	Code  string // name of the input that says which clause it is
}

// told is a line of the history.
type told struct {
	agreement.Line
	Word string // of the event, without the package
}

// onePage is one agreement.
type onePage struct {
	layout.Page
	View     agreement.View
	Badge    layout.Badge
	Turn     string
	Left     string
	Changes  string // "propose", "amend" or "" for no form of changes
	Optional []optional
	Edits    []agreement.Clause // what the pending change would make of clauses
	Story    []told
	Form     layout.Form
	Failed   string // verb whose form the faults belong to
	blank    layout.Form
}

// May reports whether a step is open to the reader.
func (x onePage) May(verb string) bool { return slices.Contains(x.View.Can, verb) }

// Field is a field of the form of a step: as it was sent if that was refused.
// The fields of the other forms have ids of their own.
func (x onePage) Field(verb, kind, name, label string) layout.Field {
	if x.Failed == verb {
		return x.Form.Field(kind, name, label)
	}
	f := x.blank.Field(kind, name, label)
	f.ID = verb + f.ID
	return f
}

// SignVerb is the verb of the reader's signature; "" if none is wanted of him.
func (x onePage) SignVerb() string {
	switch {
	case x.May("sign"):
		return "sign"
	case x.May("countersign"):
		return "countersign"
	case x.May("accept"):
		return "accept"
	}
	return ""
}

// SignHash is the hash of the text that the reader would sign.
func (x onePage) SignHash() string {
	if x.May("accept") {
		return x.View.Agreement.Change.SHA256
	}
	return x.View.Agreement.SHA256
}

func (p *Pages) one(c *web.Context) error {
	v, err := p.Agreements.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return p.show(c, v, layout.Form{}, "", http.StatusOK)
}

func (p *Pages) show(c *web.Context, v agreement.View, form layout.Form, failed string, status int) error {
	a := v.Agreement
	title := c.Say("agreements.one", "number", a.Number)
	x := onePage{Page: p.Layout.Page(c, title+" · "+a.Scenario.Title), View: v, Badge: badge(c, a.Stage), Form: form, Failed: failed}
	x.Heading, x.NoIndex = same(title), true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("agreements.title")), Href: x.URL("agreements.list")}}
	if v.Turn != "" {
		x.Turn = turn(c, v.Turn, v.Side)
		if a.Stage != agreement.StageAmended {
			x.Left = left(c, v.Left)
		}
	}
	var present agreement.Propose
	for _, clause := range a.Clauses {
		if !clause.Mandatory {
			present.Edits = append(present.Edits, agreement.Edit{Code: clause.Code, Text: clause.Text.ZH})
		}
	}
	x.blank = layout.Blank(c, present)
	for _, verb := range []string{"propose", "amend"} {
		if x.May(verb) {
			x.Changes = verb
		}
	}
	for _, clause := range a.Clauses {
		if clause.Mandatory || x.Changes == "" {
			continue
		}
		at := "/edits/" + strconv.Itoa(len(x.Optional))
		x.Optional = append(x.Optional, optional{clause, x.Field(x.Changes, "area", at+"/text", clause.Title.In(c.Lang)).Max(agreement.MaxText), at + "/code"})
	}
	if a.Change != nil {
		for i, clause := range a.With(a.Change.Edits) {
			if clause != a.Clauses[i] {
				x.Edits = append(x.Edits, clause)
			}
		}
	}
	for _, l := range v.History {
		x.Story = append(x.Story, told{l, strings.TrimPrefix(l.Kind, "agreement.")})
	}
	c.Writer.Header().Set("Cache-Control", string(web.Personal))
	return p.pages.Render(c, status, "one", x)
}

// step reads the form of a step; proof is for those that sign.
type step func(c *web.Context) (command agreement.Command, proof *agreement.Proof, err error)

// steps are the steps of the page, by their verb.
var steps = map[string]step{
	"propose": proposed, "amend": amended, "agree": func(*web.Context) (agreement.Command, *agreement.Proof, error) { return agreement.Agree{}, nil, nil },
	"decline": typed[agreement.Decline], "reject": typed[agreement.Reject], "breach": typed[agreement.Breach], "restore": typed[agreement.Restore], "terminate": typed[agreement.Terminate],
	"sign":        signed(func(s agreement.Signing) agreement.Command { return agreement.Sign{Signing: s} }),
	"countersign": signed(func(s agreement.Signing) agreement.Command { return agreement.Countersign{Signing: s} }),
	"accept":      signed(func(s agreement.Signing) agreement.Command { return agreement.Accept{Signing: s} }),
}

func typed[C agreement.Command](c *web.Context) (agreement.Command, *agreement.Proof, error) {
	var x C
	err := c.Form(&x)
	return x, nil, err
}

func signed(command func(agreement.Signing) agreement.Command) step {
	return func(c *web.Context) (agreement.Command, *agreement.Proof, error) {
		var x agreement.SignBody
		err := c.Form(&x)
		return command(x.Signing), &x.Proof, err
	}
}

func proposed(c *web.Context) (agreement.Command, *agreement.Proof, error) {
	var x agreement.Propose
	err := c.Form(&x)
	plain(x.Edits)
	return x, nil, err
}

func amended(c *web.Context) (agreement.Command, *agreement.Proof, error) {
	var x agreement.AmendBody
	err := c.Form(&x)
	plain(x.Edits)
	return x.Amend, &x.Proof, err
}

// plain writes lines as texts keep them: browsers send CR LF.
func plain(edits []agreement.Edit) {
	for i, e := range edits {
		edits[i].Text = strings.TrimSpace(strings.ReplaceAll(e.Text, "\r\n", "\n"))
	}
}

// act asks one step of an agreement.
func (p *Pages) act(verb string) web.Handler {
	return func(c *web.Context) error {
		ctx, id := c.Request.Context(), c.Param("id")
		v, err := p.Agreements.View(ctx, c.Actor, id)
		if err != nil {
			return err
		}
		command, proof, err := steps[verb](c)
		if err == nil {
			seen, _, serr := c.Seen()
			if serr != nil {
				return serr
			}
			if proof != nil {
				_, err = p.Agreements.Sign(ctx, c.Actor, id, seen, command, *proof)
			} else {
				_, err = p.Agreements.Do(ctx, c.Actor, id, seen, command)
			}
		}
		if told := layout.Told(err); told != nil && told.Kind != problem.Forbidden {
			if v, err = p.Agreements.View(ctx, c.Actor, id); err != nil {
				return err
			}
			return p.show(c, v, layout.Again(c, told), verb, layout.Status)
		}
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, layout.URL(c, "agreements.one", id)+"?said=agreements.said_"+verb)
	}
}
