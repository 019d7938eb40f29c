package people

import (
	"cmp"
	"html/template"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

func (s *Service) joinRoutes() []web.Route {
	var all []web.Route
	for _, more := range [][]web.Route{
		page("/{lang}/register", "account.register", permit.Public,
			func(c *web.Context) error { return s.show(c, s.registration(c), layout.Blank(c, nil)) }, s.register),
		page("/{lang}/register/confirm", "account.confirm", permit.Public,
			func(c *web.Context) error {
				return s.show(c, s.confirmation(c, c.Query("ticket")), layout.Blank(c, nil))
			}, s.confirm),
		page("/{lang}/recover", "account.recover", permit.Public,
			func(c *web.Context) error { return s.show(c, s.forgotten(c), layout.Blank(c, nil)) }, s.forgot),
		page("/{lang}/recover/new", "account.renew", permit.Public, s.renewing, s.renew),
		page("/{lang}/enrol", "account.enrol", permit.Public, s.enrolling, s.enrol),
	} {
		all = append(all, open(more)...)
	}
	return all
}

// registration is the form by which a person makes an account.
func (s *Service) registration(c *web.Context) sheet {
	return sheet{name: "register", action: layout.URL(c, "account.register"), crumbs: []layout.Crumb{},
		ways: []layout.Link{{Name: c.Say("people.title.enter"), Href: layout.URL(c, "account.enter")}},
		fields: func(f layout.Form) []layout.Field {
			return []layout.Field{f.Field("text", "/name", "people.name").Hint("people.name_hint").Need().Auto("name").Max(60),
				f.Field("email", "/email", "people.email").Hint("people.email_hint").Need().Auto("email").Max(254),
				f.Field("password", "/password", "people.password_new").Hint("people.password_hint").Need().Auto("new-password"),
				f.Field("switch", "/accept", "people.accept").Hint("people.accept_hint").Read("people.accept_read", "/"+string(c.Lang)+"/rules")}
		}}
}

func (s *Service) register(c *web.Context) error {
	var r account.Registration
	err := c.Form(&r)
	if err == nil {
		err = s.Accounts.Register(c.Request.Context(), c.Actor, r, c.Lang)
	}
	if err != nil {
		return s.again(c, s.registration(c), err)
	}
	return s.once(c, "registered", nil, layout.Link{Name: c.Say("people.title.enter"), Href: layout.URL(c, "account.enter")})
}

// confirmation is the form that proves an address.
func (s *Service) confirmation(c *web.Context, ticket string) sheet {
	return sheet{name: "confirm", action: layout.URL(c, "account.confirm"), hidden: [][2]string{{"/ticket", ticket}}, crumbs: []layout.Crumb{},
		fields: func(f layout.Form) []layout.Field {
			return []layout.Field{f.Field("password", "/password", "people.password_chosen").Need().Auto("current-password")}
		}}
}

// ticketForm is what the pages send that are reached by a link of a mail.
type ticketForm struct {
	Ticket   string `json:"ticket"`
	Password string `json:"password"`
}

func (s *Service) confirm(c *web.Context) error {
	var form ticketForm
	if err := c.Form(&form); err != nil {
		return err
	}
	secret, err := s.Accounts.Confirm(c.Request.Context(), c.Actor, form.Ticket, form.Password, caller(c))
	if err != nil {
		return s.again(c, s.confirmation(c, form.Ticket), err)
	}
	return s.in(c, secret, "")
}

// forgotten is the form that asks for a mail by which the password is set anew.
func (s *Service) forgotten(c *web.Context) sheet {
	office := c.Query("office") == "true" || c.Typed("/office") == "true"
	sh := sheet{name: "recover", action: layout.URL(c, "account.recover"), crumbs: []layout.Crumb{}, fields: func(f layout.Form) []layout.Field {
		return []layout.Field{f.Field("email", "/email", "people.email").Need().Auto("email").Max(254)}
	}}
	if office {
		sh.hidden, sh.about = [][2]string{{"/office", "true"}}, []string{c.Say("people.recover.factor")}
	}
	return sh
}

func (s *Service) forgot(c *web.Context) error {
	var form struct {
		Email  string `json:"email"`
		Office bool   `json:"office"`
	}
	err := c.Form(&form)
	realm, entrance := account.Public, "account.enter"
	if form.Office {
		realm, entrance = account.Office, "account.office"
	}
	if err == nil {
		err = s.Accounts.Forgot(c.Request.Context(), c.Actor, realm, form.Email, c.Lang)
	}
	if err != nil {
		return s.again(c, s.forgotten(c), err)
	}
	return s.once(c, "sent", nil, layout.Link{Name: c.Say("people.title.enter"), Href: layout.URL(c, entrance)})
}

func (s *Service) renewal(c *web.Context, ticket string) sheet {
	return sheet{name: "renew", action: layout.URL(c, "account.renew"), hidden: [][2]string{{"/ticket", ticket}}, crumbs: []layout.Crumb{},
		fields: func(f layout.Form) []layout.Field {
			return []layout.Field{f.Field("password", "/password", "people.password_new").Hint("people.password_hint").Need().Auto("new-password")}
		}}
}

func (s *Service) renewing(c *web.Context) error {
	if _, err := s.Accounts.Recoverer(c.Request.Context(), c.Actor, c.Query("ticket")); err != nil {
		return err
	}
	return s.show(c, s.renewal(c, c.Query("ticket")), layout.Blank(c, nil))
}

func (s *Service) renew(c *web.Context) error {
	var form ticketForm
	if err := c.Form(&form); err != nil {
		return err
	}
	realm, err := s.Accounts.Recover(c.Request.Context(), c.Actor, form.Ticket, form.Password)
	if err != nil {
		return s.again(c, s.renewal(c, form.Ticket), err)
	}
	return done(c, layout.URL(c, Entrance(realm == account.Office)), "people.said_renewed")
}

// enrolling shows the page on which the second factor is set: by the link of an
// invitation, or to somebody who has signed in and lacks one.
func (s *Service) enrolling(c *web.Context) error {
	return s.enrolment(c, c.Query("ticket"), "", layout.Blank(c, nil))
}

func (s *Service) enrolment(c *web.Context, ticket, pending string, f layout.Form) error {
	e, err := s.Accounts.Enrolling(c.Request.Context(), c.Actor, ticket, pending)
	if problem.Is(err, problem.Gone) && ticket == "" {
		return problem.New(problem.Unsigned, "account.sign_in_again")
	}
	if err != nil {
		return err
	}
	picture, err := auth.QR(e.URI, c.Say("people.enrol.qr"))
	if err != nil {
		return err
	}
	sh := sheet{name: "enrol", action: layout.URL(c, "account.enrol"), hidden: [][2]string{{"/ticket", ticket}, {"/pending", e.Pending}}, crumbs: []layout.Crumb{},
		about: []string{c.Say("people.enrol.who", "name", e.Name, "account", e.Account)},
		fields: func(f layout.Form) []layout.Field {
			password := f.Field("password", "/password", "people.present").Need().Auto("current-password")
			if e.New {
				password = f.Field("password", "/password", "people.password_new").Hint("people.password_hint").Need().Auto("new-password")
			}
			return []layout.Field{password, f.Field("text", "/code", "people.enrol.code").Hint("people.enrol.code_hint").Need().Auto("one-time-code").Narrow().Max(20)}
		}}
	return s.draw(c, sh, f, template.HTML(picture), e.Secret) // made by us, of our own text
}

func (s *Service) enrol(c *web.Context) error {
	var form struct {
		Ticket string `json:"ticket"`
		account.Factor
	}
	if err := c.Form(&form); err != nil {
		return err
	}
	codes, err := s.Accounts.SetFactor(c.Request.Context(), c.Actor, form.Ticket, form.Factor)
	if p := layout.Told(err); p != nil {
		return s.enrolment(c, form.Ticket, form.Pending, layout.Again(c, p))
	}
	if err != nil {
		return err
	}
	next := layout.Link{Name: c.Say("people.codes.next"), Href: layout.URL(c, cmp.Or(map[bool]string{true: "account.mine"}[c.Actor.Session != ""], "account.office"))}
	return s.once(c, "codes", codes, next)
}
