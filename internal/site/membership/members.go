package membership

import (
	"net/http"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

// memberRoutes are the addresses of an organisation's own pages.
func (p *Pages) memberRoutes() []web.Route {
	keep, join := roster.MayKeep, roster.MayJoin
	return []web.Route{
		{Method: "GET", Path: "/{lang}/organisation", Name: "membership.members", May: keep, Do: p.members},
		{Method: "POST", Path: "/{lang}/organisation", Name: "membership.invite", May: keep, Secret: true, Do: p.invite},
		{Method: "POST", Path: "/{lang}/organisation/invitations/{id}", Name: "membership.revoke", May: keep, Do: p.revoke},
		{Method: "GET", Path: "/{lang}/organisation/members/{id}", Name: "membership.member", May: keep, Do: p.member},
		{Method: "POST", Path: "/{lang}/organisation/members/{id}", Name: "membership.change", May: keep, Do: p.change},
		{Method: "POST", Path: "/{lang}/organisation/members/{id}/end", Name: "membership.end", May: keep, Do: p.end},
		{Method: "GET", Path: "/{lang}/join", Name: "membership.join_page", May: join, Do: p.joinPage},
		{Method: "POST", Path: "/{lang}/join", Name: "membership.join", May: join, Do: p.join},
	}
}

// RoleChoice is one role that can be given.
type RoleChoice struct {
	Role   permit.Role
	Name   string
	Chosen bool
}

func choices(c *web.Context, form layout.Form) (all []RoleChoice) {
	for _, r := range roster.Given {
		one := RoleChoice{Role: r, Name: c.Say("roster.role." + string(r))}
		for _, given := range form.Values("/roles") {
			one.Chosen = one.Chosen || given == string(r)
		}
		all = append(all, one)
	}
	return all
}

// Person is a member or somebody invited, as the page shows him.
type Person struct {
	ID, Name string
	Roles    locale.Text
	From     string
	Self     bool
}

type membersPage struct {
	layout.Page
	Name    locale.Text
	Members []Person
	Invited []Person
	Form    layout.Form
	Roles   []RoleChoice
}

// Email is the input of the address.
func (p membersPage) Email() layout.Field {
	return p.Form.Field("email", "/email", "membership.email").Hint("membership.email_hint").Need().Max(254)
}

// RoleFaults are what is wrong with the chosen roles.
func (p membersPage) RoleFaults() []string {
	return append(p.Form.Faults("/roles"), p.Form.Faults("/roles/-")...)
}

func (p *Pages) members(c *web.Context) error {
	return p.membersShown(c, http.StatusOK, layout.Blank(c, nil))
}

func (p *Pages) membersShown(c *web.Context, status int, form layout.Form) error {
	r, err := p.Roster.Look(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	page := membersPage{Page: p.Layout.Page(c, c.Say("membership.members")), Name: r.Name, Form: form, Roles: choices(c, form)}
	page.NoIndex = true
	for _, m := range r.Members {
		page.Members = append(page.Members, Person{m.Membership, m.Name, p.Roster.Say(m.Roles), string(m.From), m.Account == c.Actor.Account})
	}
	for _, i := range r.Invited {
		page.Invited = append(page.Invited, Person{ID: i.ID, Name: i.Email, Roles: p.Roster.Say(i.Roles), From: string(i.Until)})
	}
	return p.pages.Render(c, status, "members", page)
}

func (p *Pages) invite(c *web.Context) error {
	var f roster.Invite
	err := c.Form(&f)
	link := ""
	if err == nil {
		link, err = p.Roster.Invite(c.Request.Context(), c.Actor, f, c.Lang)
	}
	if told := layout.Told(err); told != nil {
		return p.membersShown(c, layout.Status, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	if link != "" {
		if err := c.ShowOnce(); err != nil {
			return err
		}
		page := handedPage{Page: p.Layout.Page(c, c.Say("membership.handed")), Email: f.Email, Link: link}
		page.NoIndex = true
		c.Writer.Header().Set("Cache-Control", "no-store")
		return p.pages.Render(c, http.StatusOK, "handed", page)
	}
	return seeOther(c, "membership.said_invited", "membership.members")
}

// handedPage shows, once, an invitation that no mail takes to its reader.
type handedPage struct {
	layout.Page
	Email, Link string
}

func (p *Pages) revoke(c *web.Context) error {
	if err := p.Roster.Revoke(c.Request.Context(), c.Actor, c.Param("id")); err != nil {
		return err
	}
	return seeOther(c, "membership.said_revoked", "membership.members")
}

type memberPage struct {
	layout.Page
	Member Person
	Form   layout.Form
	Roles  []RoleChoice
}

// Reason is the input of why a membership ends.
func (p memberPage) Reason() layout.Field {
	return p.Form.Field("text", "/reason", "membership.end_reason").Hint("membership.end_hint").Need().Max(500)
}

// RoleFaults are what is wrong with the chosen roles.
func (p memberPage) RoleFaults() []string {
	return append(p.Form.Faults("/roles"), p.Form.Faults("/roles/-")...)
}

func (p *Pages) member(c *web.Context) error { return p.memberShown(c, http.StatusOK, nil) }

// memberShown shows one member; form is nil for what is given now.
func (p *Pages) memberShown(c *web.Context, status int, form *layout.Form) error {
	r, err := p.Roster.Look(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, m := range r.Members {
		if m.Membership != c.Param("id") {
			continue
		}
		if form == nil {
			blank := layout.Blank(c, struct {
				Roles []permit.Role `json:"roles"`
			}{m.Roles})
			form = &blank
		}
		page := memberPage{Page: p.Layout.Page(c, m.Name), Form: *form, Roles: choices(c, *form),
			Member: Person{m.Membership, m.Name, p.Roster.Say(m.Roles), string(m.From), m.Account == c.Actor.Account}}
		page.NoIndex = true
		page.Crumbs = []layout.Crumb{crumb(c, "membership.members", "membership.members")}
		return p.pages.Render(c, status, "member", page)
	}
	return roster.NotFound()
}

func (p *Pages) change(c *web.Context) error {
	var f struct {
		Roles []permit.Role `json:"roles"`
	}
	err := c.Form(&f)
	if err == nil {
		err = p.Roster.Change(c.Request.Context(), c.Actor, c.Param("id"), f.Roles)
	}
	return p.afterMember(c, err, "membership.said_changed")
}

func (p *Pages) end(c *web.Context) error {
	var f struct {
		Reason string `json:"reason"`
	}
	err := c.Form(&f)
	if err == nil {
		err = p.Roster.End(c.Request.Context(), c.Actor, c.Param("id"), f.Reason)
	}
	return p.afterMember(c, err, "membership.said_ended")
}

func (p *Pages) afterMember(c *web.Context, err error, said string) error {
	if told := layout.Told(err); told != nil {
		form := layout.Again(c, told)
		return p.memberShown(c, layout.Status, &form)
	}
	if err != nil {
		return err
	}
	return seeOther(c, said, "membership.members")
}

type joinPage struct {
	layout.Page
	Name   locale.Text
	Roles  locale.Text
	Ticket string
	Form   layout.Form
}

func (p *Pages) joinPage(c *web.Context) error {
	return p.joinShown(c, http.StatusOK, c.Query("ticket"), layout.Blank(c, nil))
}

func (p *Pages) joinShown(c *web.Context, status int, ticket string, form layout.Form) error {
	i, name, err := p.Roster.Ticket(c.Request.Context(), c.Actor, ticket)
	if err != nil {
		return err
	}
	page := joinPage{Page: p.Layout.Page(c, c.Say("membership.join_title")), Name: name, Roles: p.Roster.Say(i.Roles), Ticket: ticket, Form: form}
	page.NoIndex = true
	return p.pages.Render(c, status, "join", page)
}

func (p *Pages) join(c *web.Context) error {
	var f struct {
		Ticket string `json:"ticket"`
	}
	err := c.Form(&f)
	if err == nil {
		err = p.Roster.Join(c.Request.Context(), c.Actor, f.Ticket)
	}
	if told := layout.Told(err); told != nil {
		return p.joinShown(c, layout.Status, f.Ticket, layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return seeOther(c, "membership.said_joined", "membership.proofs")
}
