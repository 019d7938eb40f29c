package people

import (
	"net/http"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

func (s *Service) meRoutes() []web.Route {
	own := account.Own
	all := []web.Route{
		{Path: "/{lang}/me", Name: "account.mine", May: own, Do: s.mine},
		post("/{lang}/me/act-as", "account.act_as", own, s.actAs),
		post("/{lang}/me/sign-ins/{sign_in}/revoke", "account.revoke_mine", own, s.revokeMine),
		post("/{lang}/me/sign-ins/others", "account.revoke_others", own, s.revokeOthers),
		post("/{lang}/me/tokens/{token}/revoke", "account.token_back", own, s.tokenBack),
		post("/{lang}/me/delegations/{membership}/end", "account.delegation_back", own, s.delegationBack),
		{Path: "/{lang}/me/link/{provider}", Name: "account.link", May: own, Do: s.link},
		post("/{lang}/me/linked", "account.linked", own, s.linked),
		post("/{lang}/me/unlink", "account.unlink", own, s.unlink),
	}
	for _, f := range s.ownForms() {
		all = append(all, secret(page("/{lang}/me/"+f.path, "account."+f.sheet.name, f.may, f.show(s), f.send(s)))...)
	}
	return all
}

// ownForm is a form of one's own page: what it asks for, and what it does.
type ownForm struct {
	path  string
	may   permit.Rule
	sheet sheet
	ask   func(c *web.Context, f layout.Form) []layout.Field
	do    func(c *web.Context) (said string, err error) // "" if it has answered
}

func (o ownForm) of(c *web.Context) sheet {
	sh := o.sheet
	sh.action, sh.crumbs = layout.URL(c, "account."+sh.name), mineCrumbs(c)
	sh.fields = func(f layout.Form) []layout.Field { return o.ask(c, f) }
	return sh
}

func (o ownForm) show(s *Service) web.Handler {
	return func(c *web.Context) error { return s.show(c, o.of(c), layout.Blank(c, nil)) }
}

func (o ownForm) send(s *Service) web.Handler {
	return func(c *web.Context) error {
		said, err := o.do(c)
		switch {
		case err != nil:
			return s.again(c, o.of(c), err)
		case said == "":
			return nil
		}
		return done(c, layout.URL(c, "account.mine"), said)
	}
}

// proof are the fields by which somebody proves to be himself once more.
func proof(f layout.Form) []layout.Field {
	return []layout.Field{f.Field("password", "/present", "people.present").Auto("current-password"),
		f.Field("text", "/code", "people.code").Hint("people.code_if").Auto("one-time-code").Narrow().Max(20)}
}

// proofForm is what those fields send.
type proofForm struct {
	Present string `json:"present"`
	Code    string `json:"code"`
}

func (s *Service) ownForms() []ownForm {
	return []ownForm{
		{path: "name", may: account.Own, sheet: sheet{name: "rename"}, do: s.rename, ask: func(c *web.Context, f layout.Form) []layout.Field {
			return []layout.Field{f.Field("text", "/name", "people.name").Hint("people.name_hint").Need().Auto("name").Max(60)}
		}},
		{path: "password", may: account.Own, sheet: sheet{name: "password_change"}, do: s.changePassword, ask: func(_ *web.Context, f layout.Form) []layout.Field {
			return append(proof(f), f.Field("password", "/fresh", "people.password_new").Hint("people.password_hint").Need().Auto("new-password"))
		}},
		{path: "factor", may: account.Own, sheet: sheet{name: "factor_drop", grave: true}, do: s.dropFactor,
			ask: func(_ *web.Context, f layout.Form) []layout.Field { return proof(f) }},
		{path: "tokens", may: account.Own, sheet: sheet{name: "token"}, do: s.makeToken, ask: func(_ *web.Context, f layout.Form) []layout.Field {
			return []layout.Field{f.Field("text", "/label", "people.token.label").Hint("people.token.label_hint").Need().Max(60),
				f.Field("date", "/until", "people.until").Hint("people.token.until_hint").Narrow()}
		}},
		{path: "delegations", may: account.MayDelegate, sheet: sheet{name: "delegate"}, do: s.delegate, ask: func(c *web.Context, f layout.Form) []layout.Field {
			return []layout.Field{f.Field("text", "/to", "people.delegate.to").Hint("people.delegate.to_hint").Need().Max(80),
				many(f, "/roles", "people.roles", roleOptions(c, f, passable(c.Actor))),
				f.Field("date", "/from", "people.from").Hint("people.from_hint").Narrow(), f.Field("date", "/until", "people.until").Need().Narrow()}
		}},
		{path: "close", may: account.Own, sheet: sheet{name: "shut", grave: true}, do: s.shut,
			ask: func(_ *web.Context, f layout.Form) []layout.Field { return proof(f) }},
	}
}

// passable are the roles of who that may be delegated.
func passable(who permit.Actor) []permit.Role {
	return slices.DeleteFunc(slices.Clone(who.Roles), func(r permit.Role) bool { return !slices.Contains(account.MayDelegate.By, r) })
}

func mineCrumbs(c *web.Context) []layout.Crumb {
	name := c.Say("people.title.me")
	return []layout.Crumb{{Name: locale.Text{ZH: name, EN: name}, Href: layout.URL(c, "account.mine")}}
}

func (s *Service) rename(c *web.Context) (string, error) {
	var form struct {
		Name string `json:"name"`
	}
	if err := c.Form(&form); err != nil {
		return "", err
	}
	return "people.said_renamed", s.Accounts.Rename(c.Request.Context(), c.Actor, form.Name)
}

func (s *Service) changePassword(c *web.Context) (string, error) {
	var form struct {
		proofForm
		Fresh string `json:"fresh"`
	}
	if err := c.Form(&form); err != nil {
		return "", err
	}
	return "people.said_password", s.Accounts.ChangePassword(c.Request.Context(), c.Actor, form.Present, form.Fresh, form.Code)
}

func (s *Service) dropFactor(c *web.Context) (string, error) {
	var form proofForm
	if err := c.Form(&form); err != nil {
		return "", err
	}
	return "people.said_factor", s.Accounts.DropFactor(c.Request.Context(), c.Actor, form.Present, form.Code)
}

func (s *Service) makeToken(c *web.Context) (string, error) {
	var form account.TokenRequest
	if err := c.Form(&form); err != nil {
		return "", err
	}
	secret, err := s.Accounts.MakeToken(c.Request.Context(), c.Actor, form)
	if err != nil {
		return "", err
	}
	return "", s.once(c, "token_made", []string{secret}, layout.Link{Name: c.Say("people.title.me"), Href: layout.URL(c, "account.mine")})
}

func (s *Service) delegate(c *web.Context) (string, error) {
	var form account.Delegation
	if err := c.Form(&form); err != nil {
		return "", err
	}
	return "people.said_delegated", s.Accounts.Delegate(c.Request.Context(), c.Actor, form)
}

func (s *Service) shut(c *web.Context) (string, error) {
	var form proofForm
	if err := c.Form(&form); err != nil {
		return "", err
	}
	if err := s.Accounts.Shut(c.Request.Context(), c.Actor, form.Present, form.Code); err != nil {
		return "", err
	}
	c.EndSession()
	return "", done(c, "/"+string(c.Lang)+"/", "people.said_shut")
}

func (s *Service) actAs(c *web.Context) error {
	var form struct {
		Membership string `json:"membership"`
	}
	if err := c.Form(&form); err != nil {
		return err
	}
	secret, err := s.Accounts.ActAs(c.Request.Context(), c.Actor, form.Membership, caller(c))
	if err != nil {
		return err
	}
	c.BeginSession(secret)
	return done(c, layout.URL(c, "account.mine"), "people.said_acting")
}

// back leads to one's own page, which says what was done.
func back(c *web.Context, said string, err error) error {
	if err != nil {
		return err
	}
	return done(c, layout.URL(c, "account.mine"), said)
}

func (s *Service) revokeMine(c *web.Context) error {
	return back(c, "people.said_revoked", s.Accounts.Revoke(c.Request.Context(), c.Actor, c.Actor.Account, c.Param("sign_in")))
}

func (s *Service) revokeOthers(c *web.Context) error {
	return back(c, "people.said_revoked", s.Accounts.RevokeOthers(c.Request.Context(), c.Actor))
}

func (s *Service) tokenBack(c *web.Context) error {
	return back(c, "people.said_token_back", s.Accounts.EndToken(c.Request.Context(), c.Actor, c.Param("token")))
}

func (s *Service) delegationBack(c *web.Context) error {
	return back(c, "people.said_delegation_back", s.Accounts.GiveUp(c.Request.Context(), c.Actor, c.Param("membership")))
}

func (s *Service) unlink(c *web.Context) error {
	var form struct {
		Issuer  string `json:"issuer"`
		Subject string `json:"subject"`
	}
	if err := c.Form(&form); err != nil {
		return err
	}
	return back(c, "people.said_unlinked", s.Accounts.Unlink(c.Request.Context(), c.Actor, form.Issuer, form.Subject))
}

// memberRow is a membership in words.
type memberRow struct {
	ID, Body, Roles, Days, Behalf string
	State                         layout.Badge
	Here                          bool // the present sign-in acts in it
	May                           bool // one may act in it
	Given                         bool // its holder may give it up
	To                            string
	Grant, End                    string // addresses; "" if who may not
}

// signInRow is a sign-in in words.
type signInRow struct {
	account.SignIn
	Method, Began, Seen, Ended string
	Revoke                     string // address; "" if it has ended
}

type tokenRow struct {
	account.Token
	Issued, Used, Revoke string
}

type mePage struct {
	layout.Page
	Mine               account.Mine
	Stage              layout.Badge
	AsOneself, Oneself bool // may act in no membership; does so now
	Memberships, Given []memberRow
	SignIns            []signInRow
	Tokens             []tokenRow
	Houses             []layout.Link // that may be linked
	MayPass, MayRename bool
}

func (s *Service) mine(c *web.Context) error {
	m, err := s.Accounts.Me(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	names, err := s.names(c)
	if err != nil {
		return err
	}
	p := mePage{Page: s.Layout.Page(c, c.Say("people.title.me")), Mine: m, Stage: stage(c, m.Stage)}
	p.NoIndex, p.Crumbs = true, []layout.Crumb{}
	public := m.Realm == account.Public
	p.AsOneself, p.Oneself, p.MayRename = public && len(m.Memberships) > 0, m.Membership == "", public
	p.MayPass = account.MayDelegate.Asked(c.Actor) == nil && c.Actor.Behalf == "" && len(passable(c.Actor)) > 0 && c.Actor.Organisation != ""
	today := workday.Of(s.Clock.Now())
	for _, x := range m.Memberships {
		row := s.memberRow(c, names, x)
		row.Here, row.May, row.Given = x.ID == m.Membership && m.Membership != "", x.InForce(today), x.Behalf != "" || public
		p.Memberships = append(p.Memberships, row)
	}
	for _, g := range m.Given {
		row := s.memberRow(c, names, g.Membership)
		row.To = g.Name
		p.Given = append(p.Given, row)
	}
	for _, x := range m.SignIns {
		row := signIn(c, x)
		if x.Runs && !x.Here {
			row.Revoke = layout.URL(c, "account.revoke_mine", x.ID)
		}
		p.SignIns = append(p.SignIns, row)
	}
	for _, t := range m.Tokens {
		p.Tokens = append(p.Tokens, tokenRow{t, at(t.IssuedAt), at(t.UsedAt), layout.URL(c, "account.token_back", t.ID)})
	}
	for _, h := range s.Providers {
		if h.Realm == m.Realm {
			p.Houses = append(p.Houses, layout.Link{Name: c.Say("people.link.do", "name", h.House.Name()), Href: layout.URL(c, "account.link", h.Key)})
		}
	}
	return s.pages.Render(c, http.StatusOK, "me", p)
}

func signIn(c *web.Context, x account.SignIn) signInRow {
	row := signInRow{SignIn: x, Method: c.Say("people.method." + x.Method), Began: at(x.BeganAt), Seen: at(x.SeenAt)}
	switch {
	case x.Why != "":
		row.Ended = c.Say("people.ended." + x.Why)
	case !x.Runs:
		row.Ended = c.Say("people.ended.late")
	}
	return row
}

// names are the bodies' names by id, user organisations too: they stand beside
// memberships that the reader may see.
func (s *Service) names(c *web.Context) (map[string]string, error) {
	all, err := s.Organisations.List(c.Request.Context(), permit.Platform)
	names := map[string]string{}
	for _, o := range all {
		names[o.ID] = o.Name.In(c.Lang)
	}
	return names, err
}

func (s *Service) memberRow(c *web.Context, names map[string]string, m account.Membership) memberRow {
	row := memberRow{ID: m.ID, Body: names[m.Organisation], Roles: roles(c, m.Roles), Days: string(m.From) + " –"}
	if m.Until != "" {
		row.Days += " " + string(m.Until)
	}
	if m.Behalf != "" {
		row.Behalf = m.Behalf
	}
	today := workday.Of(s.Clock.Now())
	tone, word := layout.Good, "in_force"
	switch {
	case !m.Open(today):
		tone, word = layout.Plain, "ended"
	case m.GrantedBy == "":
		tone, word = layout.Warn, "proposed"
	case m.From > today:
		tone, word = layout.Info, "to_come"
	}
	row.State = layout.Badge{Tone: tone, Word: c.Say("people.membership." + word)}
	return row
}

// stage is a stage in words.
func stage(c *web.Context, at account.Stage) layout.Badge {
	tone := map[account.Stage]layout.Tone{account.StageActive: layout.Good, account.StageVerified: layout.Good, account.StageContact: layout.Info,
		account.StageSuspended: layout.Bad, account.StageRestricted: layout.Bad, account.StageInvited: layout.Warn, account.StageRegistered: layout.Warn}[at]
	if tone == "" {
		tone = layout.Plain
	}
	return layout.Badge{Tone: tone, Word: c.Say("people.stage." + string(at))}
}
