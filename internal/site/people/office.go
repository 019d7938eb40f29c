package people

import (
	"net/http"
	"net/url"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

// perPage is how many accounts a page lists.
const perPage = 50

func (s *Service) officeRoutes() []web.Route {
	guard := account.MayGuard
	all := []web.Route{
		{Path: "/{lang}/office/accounts", Name: "account.accounts", May: account.MayAdminister, Do: s.accounts},
		{Path: "/{lang}/office/accounts/{account}", Name: "account.one", May: account.MayAdminister, Do: s.account},
		post("/{lang}/office/accounts/{account}/memberships/{membership}/grant", "account.granting", account.Table.Rule("account", "grant"), s.grant),
		post("/{lang}/office/accounts/{account}/sign-ins/{sign_in}/revoke", "account.revoke_theirs", guard, s.revokeTheirs),
		post("/{lang}/office/accounts/{account}/unlock", "account.unlocking", guard, s.unlock),
	}
	all = append(all, secret(page("/{lang}/office/invite", "account.inviting", account.Table.Rule("account", "invite"),
		func(c *web.Context) error {
			return s.sheetOf(c, s.invitation, layout.Blank(c, account.Invitation{Lang: c.Lang, Offer: account.Offer{Organisation: c.Actor.Organisation}}))
		}, s.invite))...)
	all = append(all, page("/{lang}/office/accounts/{account}/memberships", "account.proposing", account.Table.Rule("account", "propose"),
		func(c *web.Context) error {
			if _, err := s.whom(c); err != nil {
				return err
			}
			return s.sheetOf(c, s.offer, layout.Blank(c, account.Offer{Organisation: c.Actor.Organisation}))
		}, s.propose)...)
	all = append(all, page("/{lang}/office/accounts/{account}/memberships/{membership}/end", "account.ending", permit.Rule{Act: "account.end", By: []permit.Role{permit.SecAdmin, permit.OpnLead}, Article: "26"},
		func(c *web.Context) error {
			card, err := s.whom(c)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(card.Memberships, func(m account.Membership) bool { return m.ID == c.Param("membership") }) {
				return problem.New(problem.NotFound, "account.no_membership")
			}
			return s.show(c, s.ending(c), layout.Blank(c, nil))
		}, s.end)...)
	all = append(all, page("/{lang}/office/accounts/{account}/verify", "account.verifying", account.Table.Rule("account", "verify"),
		func(c *web.Context) error {
			if _, err := s.whom(c); err != nil {
				return err
			}
			return s.sheetOf(c, s.verification, layout.Blank(c, nil))
		}, s.verify)...)
	for _, d := range s.deeds() {
		all = append(all, secret(page("/{lang}/office/accounts/{account}/"+d.verb, "account.deed_"+d.verb, guard,
			func(c *web.Context) error {
				if _, err := s.whom(c); err != nil {
					return err
				}
				return s.show(c, d.sheet(c), layout.Blank(c, nil))
			},
			func(c *web.Context) error { return s.doDeed(c, d) }))...)
	}
	return all
}

// whom returns the account that a form is about, as who asks may see it: there
// is no form about nobody, and none that tells who has an account.
func (s *Service) whom(c *web.Context) (account.Card, error) {
	return s.Accounts.Card(c.Request.Context(), c.Actor, c.Param("account"))
}

// sheetOf shows a form whose choices have to be looked up.
func (s *Service) sheetOf(c *web.Context, of func(*web.Context) (sheet, error), f layout.Form) error {
	sh, err := of(c)
	if err != nil {
		return err
	}
	return s.show(c, sh, f)
}

// againOf is [Service.again] for such a form.
func (s *Service) againOf(c *web.Context, of func(*web.Context) (sheet, error), wrong error) error {
	sh, err := of(c)
	if err != nil {
		return err
	}
	return s.again(c, sh, wrong)
}

// handed shows a link that could not be sent, this once, or leads back.
func (s *Service) handed(c *web.Context, id, link string) error {
	to := layout.URL(c, "account.one", id)
	if link == "" {
		return done(c, to, "people.said_done")
	}
	return s.once(c, "handed", []string{link}, layout.Link{Name: c.Say("people.handed_on", "account", id), Href: to})
}

func accountCrumbs(c *web.Context, id string) []layout.Crumb {
	name := c.Say("people.title.accounts")
	all := []layout.Crumb{{Name: locale.Text{ZH: name, EN: name}, Href: layout.URL(c, "account.accounts")}}
	if id != "" {
		all = append(all, layout.Crumb{Name: locale.Text{ZH: id, EN: id}, Href: layout.URL(c, "account.one", id)})
	}
	return all
}

// offerFields ask what a membership is to give.
func (s *Service) offerFields(c *web.Context) (func(f layout.Form) []layout.Field, error) {
	all, err := s.Organisations.List(c.Request.Context(), c.Actor)
	var bodies []layout.Option
	if account.MayEnterFor(c.Actor, "") {
		bodies = append(bodies, layout.Option{Value: "", Label: c.Say("people.no_body")})
	}
	for _, o := range all {
		if account.MayEnterFor(c.Actor, o.ID) {
			bodies = append(bodies, layout.Option{Value: o.ID, Label: o.Name.In(c.Lang)})
		}
	}
	may := account.MayEnterAs(c.Actor, account.Office)
	return func(f layout.Form) []layout.Field {
		return []layout.Field{f.Field("select", "/organisation", "people.body").Of(bodies), many(f, "/roles", "people.roles", roleOptions(c, f, may)),
			f.Field("date", "/from", "people.from").Hint("people.from_hint").Narrow(), f.Field("date", "/until", "people.until").Hint("people.until_hint").Narrow()}
	}, err
}

func (s *Service) invitation(c *web.Context) (sheet, error) {
	offer, err := s.offerFields(c)
	return sheet{name: "invite", action: layout.URL(c, "account.inviting"), crumbs: accountCrumbs(c, ""), fields: func(f layout.Form) []layout.Field {
		langs := []layout.Option{{Value: "zh", Label: c.Say("people.lang.zh")}, {Value: "en", Label: c.Say("people.lang.en")}}
		return append([]layout.Field{f.Field("text", "/id", "people.id").Hint("people.id_hint").Need().Max(80), f.Field("text", "/name", "people.name").Need().Max(60),
			f.Field("email", "/email", "people.email").Hint("people.email_office").Max(254), f.Field("select", "/lang", "people.lang").Of(langs)}, offer(f)...)
	}}, err
}

func (s *Service) invite(c *web.Context) error {
	var form account.Invitation
	err := c.Form(&form)
	link := ""
	if err == nil {
		link, err = s.Accounts.Invite(c.Request.Context(), c.Actor, form)
	}
	if err != nil {
		return s.againOf(c, s.invitation, err)
	}
	return s.handed(c, form.ID, link)
}

// offer is the form that enters a membership, which the security administrator
// then grants.
func (s *Service) offer(c *web.Context) (sheet, error) {
	id := c.Param("account")
	fields, err := s.offerFields(c)
	return sheet{name: "propose", action: layout.URL(c, "account.proposing", id), crumbs: accountCrumbs(c, id), about: []string{c.Say("people.whom", "account", id)}, fields: fields}, err
}

func (s *Service) propose(c *web.Context) error {
	var form account.Offer
	err := c.Form(&form)
	if err == nil {
		_, err = s.Accounts.Do(c.Request.Context(), c.Actor, c.Param("account"), account.Propose{Offer: form})
	}
	if err != nil {
		return s.againOf(c, s.offer, err)
	}
	return s.handed(c, c.Param("account"), "")
}

func (s *Service) verification(c *web.Context) (sheet, error) {
	id := c.Param("account")
	all, err := s.Organisations.List(c.Request.Context(), c.Actor)
	bodies := []layout.Option{{Value: "", Label: c.Say("people.natural_person")}}
	for _, o := range all {
		bodies = append(bodies, layout.Option{Value: o.ID, Label: o.Name.In(c.Lang)})
	}
	return sheet{name: "verify", action: layout.URL(c, "account.verifying", id), crumbs: accountCrumbs(c, id), about: []string{c.Say("people.whom", "account", id)},
		fields: func(f layout.Form) []layout.Field {
			return []layout.Field{f.Field("select", "/organisation", "people.verify.as").Of(bodies)}
		}}, err
}

func (s *Service) verify(c *web.Context) error {
	var form account.Verify
	err := c.Form(&form)
	if err == nil {
		_, err = s.Accounts.Do(c.Request.Context(), c.Actor, c.Param("account"), form)
	}
	if err != nil {
		return s.againOf(c, s.verification, err)
	}
	return s.handed(c, c.Param("account"), "")
}

func (s *Service) grant(c *web.Context) error {
	_, err := s.Accounts.Do(c.Request.Context(), c.Actor, c.Param("account"), account.Grant{Membership: c.Param("membership")})
	return s.backTo(c, err)
}

func (s *Service) revokeTheirs(c *web.Context) error {
	return s.backTo(c, s.Accounts.Revoke(c.Request.Context(), c.Actor, c.Param("account"), c.Param("sign_in")))
}

func (s *Service) unlock(c *web.Context) error {
	return s.backTo(c, s.Accounts.Unlock(c.Request.Context(), c.Actor, c.Param("account")))
}

// backTo leads to the page of the account, which says that it was done.
func (s *Service) backTo(c *web.Context, err error) error {
	if err != nil {
		return err
	}
	return s.handed(c, c.Param("account"), "")
}

func (s *Service) ending(c *web.Context) sheet {
	id := c.Param("account")
	return sheet{name: "end", action: layout.URL(c, "account.ending", id, c.Param("membership")), crumbs: accountCrumbs(c, id), about: []string{c.Say("people.whom", "account", id)},
		grave: true, fields: reasonField}
}

func (s *Service) end(c *web.Context) error {
	var form account.Reason
	err := c.Form(&form)
	if err == nil {
		_, err = s.Accounts.Do(c.Request.Context(), c.Actor, c.Param("account"), account.End{Membership: c.Param("membership"), Reason: form.Reason})
	}
	if err != nil {
		return s.again(c, s.ending(c), err)
	}
	return s.handed(c, c.Param("account"), "")
}

// cardRow is an account in a list.
type cardRow struct {
	account.Card
	Href, Roles string
	Stage       layout.Badge
	Waits       bool
}

type accountsPage struct {
	layout.Page
	layout.Form
	Rows         []cardRow
	Fields       []layout.Field
	Next, Invite string // addresses; "" for none
}

func (s *Service) accounts(c *web.Context) error {
	f := account.Filter{Query: c.Query("q"), Realm: account.Realm(c.Query("realm")), Stage: account.Stage(c.Query("stage")), Proposed: c.Query("proposed") == "true"}
	list, err := s.Accounts.List(c.Request.Context(), c.Actor, f, c.Query("after"), perPage)
	if err != nil {
		return err
	}
	p := accountsPage{Page: s.Layout.Page(c, c.Say("people.title.accounts")), Form: layout.Blank(c, nil)}
	p.NoIndex, p.Crumbs = true, []layout.Crumb{}
	stages := []layout.Option{{Value: "", Label: c.Say("people.any")}}
	for _, x := range account.Stages {
		stages = append(stages, layout.Option{Value: string(x), Label: c.Say("people.stage." + string(x)), Chosen: x == f.Stage})
	}
	box := p.Form.Field("text", "q", "people.search")
	box.Value = f.Query
	waits := p.Form.Field("switch", "proposed", "people.only_proposed")
	waits.Value = c.Query("proposed")
	p.Fields = []layout.Field{box, p.Form.Field("select", "stage", "people.stage").Of(stages), waits}
	for _, card := range list.Items {
		row := cardRow{Card: card, Href: layout.URL(c, "account.one", card.ID), Stage: stage(c, card.Stage)}
		var held []permit.Role
		for _, m := range card.Memberships {
			if m.EndedAt.IsZero() {
				held = append(held, m.Roles...)
				row.Waits = row.Waits || m.GrantedBy == ""
			}
		}
		slices.Sort(held)
		row.Roles = roles(c, slices.Compact(held))
		p.Rows = append(p.Rows, row)
	}
	if list.Next != "" {
		q := url.Values{}
		for name, value := range map[string]string{"q": f.Query, "realm": string(f.Realm), "stage": string(f.Stage), "proposed": c.Query("proposed"), "after": list.Next} {
			if value != "" {
				q.Set(name, value)
			}
		}
		p.Next = layout.URL(c, "account.accounts") + "?" + q.Encode()
	}
	if account.Table.Rule("account", "invite").Asked(c.Actor) == nil {
		p.Invite = layout.URL(c, "account.inviting")
	}
	return s.pages.Render(c, http.StatusOK, "accounts", p)
}

type actRow struct{ At, Act, By, Reason string }

type accountPage struct {
	layout.Page
	Card        account.Card
	Stage       layout.Badge
	Locked      string // until when; "" for not
	Memberships []memberRow
	Acts        []actRow
	SignIns     []signInRow
	Deeds       []layout.Link // pages of what may be done
	Unlock      string        // address; "" if who may not
}

func (s *Service) account(c *web.Context) error {
	card, err := s.whom(c)
	if err != nil {
		return err
	}
	names, err := s.names(c)
	if err != nil {
		return err
	}
	p := accountPage{Page: s.Layout.Page(c, card.Name), Card: card, Stage: stage(c, card.Stage), Locked: at(card.LockedUntil)}
	p.NoIndex, p.Crumbs = true, accountCrumbs(c, "")
	guard := account.MayGuard.Asked(c.Actor) == nil
	for _, m := range card.Memberships {
		row := s.memberRow(c, names, m)
		if m.EndedAt.IsZero() && slices.Contains(card.Open, "end") {
			row.End = layout.URL(c, "account.ending", card.ID, m.ID)
		}
		if m.EndedAt.IsZero() && m.GrantedBy == "" && slices.Contains(card.Open, "grant") {
			row.Grant = layout.URL(c, "account.granting", card.ID, m.ID)
		}
		p.Memberships = append(p.Memberships, row)
	}
	for _, a := range card.Acts {
		p.Acts = append(p.Acts, actRow{at(a.At), c.Say("people.act." + a.Act), a.By, a.Reason})
	}
	for _, x := range card.SignIns {
		row := signIn(c, x)
		if x.Runs && guard && card.ID != c.Actor.Account {
			row.Revoke = layout.URL(c, "account.revoke_theirs", card.ID, x.ID)
		}
		p.SignIns = append(p.SignIns, row)
	}
	p.Deeds = s.offered(c, card)
	if guard && p.Locked != "" {
		p.Unlock = layout.URL(c, "account.unlocking", card.ID)
	}
	return s.pages.Render(c, http.StatusOK, "account", p)
}

// offered are the pages of what who may do to an account.
func (s *Service) offered(c *web.Context, card account.Card) (all []layout.Link) {
	add := func(route, word string) {
		all = append(all, layout.Link{Name: c.Say("people.title." + word), Href: layout.URL(c, route, card.ID)})
	}
	if slices.Contains(card.Open, "propose") {
		add("account.proposing", "propose")
	}
	if slices.Contains(card.Open, "verify") {
		add("account.verifying", "verify")
	}
	if card.ID == c.Actor.Account || account.MayGuard.Asked(c.Actor) != nil {
		return all
	}
	for _, d := range s.deeds() {
		live := card.Stage != account.StageClosed
		if slices.Contains(card.Open, d.verb) || d.verb == "revoke" && live || d.verb == "reset" && (card.Stage == account.StageActive || card.Stage == account.StageInvited) {
			add("account.deed_"+d.verb, "deed_"+d.verb)
		}
	}
	return all
}
