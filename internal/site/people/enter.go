package people

import (
	"cmp"
	"net/url"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

func (s *Service) enterRoutes() []web.Route {
	entrance := func(path, name string, realm account.Realm) []web.Route {
		return page(path, name, permit.Public,
			func(c *web.Context) error { return s.show(c, s.entrance(c, realm), layout.Blank(c, nil)) },
			func(c *web.Context) error { return s.enter(c, realm) })
	}
	all := append(entrance("/{lang}/sign-in", "account.enter", account.Public), entrance("/{lang}/office/sign-in", "account.office", account.Office)...)
	all = append(all,
		post("/{lang}/sign-in/step", "account.step", permit.Public, s.step),
		web.Route{Path: "/{lang}/sign-in/with/{provider}", Name: "account.outside", May: permit.Public, Do: s.outside},
		web.Route{Path: "/sign-in/return/{provider}", Name: "account.return", May: permit.Public, Do: s.comeBack})
	leave := post("/{lang}/sign-out", "account.leave", account.Own, s.leave)
	leave.First = true
	return append(open(all), leave)
}

// entrance is the form of the entrance of a realm.
func (s *Service) entrance(c *web.Context, realm account.Realm) sheet {
	back := [2]string{"back", web.Local(cmp.Or(c.Query("back"), c.Typed("back")), "")}
	sh := sheet{name: "enter", action: layout.URL(c, "account.enter"), hidden: [][2]string{back}, crumbs: []layout.Crumb{}, fields: func(f layout.Form) []layout.Field {
		return []layout.Field{f.Field("email", "/name", "people.email").Need().Auto("username"), f.Field("password", "/password", "people.password").Need().Auto("current-password")}
	}}
	other := "account.office"
	if realm == account.Office {
		sh.name, sh.action, other = "office", layout.URL(c, "account.office"), "account.enter"
		sh.fields = func(f layout.Form) []layout.Field {
			return []layout.Field{f.Field("text", "/name", "people.id_or_email").Need().Auto("username"), f.Field("password", "/password", "people.password").Need().Auto("current-password")}
		}
	}
	for _, p := range s.Providers {
		if p.Realm == realm {
			sh.ways = append(sh.ways, layout.Link{Name: c.Say("people.with", "name", p.House.Name()), Href: layout.URL(c, "account.outside", p.Key) + query("back", back[1])})
		}
	}
	recover := layout.URL(c, "account.recover")
	if realm == account.Office {
		recover += "?office=true"
	} else {
		sh.ways = append(sh.ways, layout.Link{Name: c.Say("people.title.register"), Href: layout.URL(c, "account.register")})
	}
	sh.ways = append(sh.ways, layout.Link{Name: c.Say("people.title.recover"), Href: recover},
		layout.Link{Name: c.Say("people." + map[bool]string{true: "to_public", false: "to_office"}[realm == account.Office]), Href: layout.URL(c, other)})
	if s.Dev {
		sh.ways = append(sh.ways, layout.Link{Name: c.Say("people.title.dev"), Href: layout.URL(c, "account.dev")})
	}
	return sh
}

func (s *Service) enter(c *web.Context, realm account.Realm) error {
	var form struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	err := c.Form(&form)
	if err == nil {
		var b account.Begun
		b, err = s.Accounts.Enter(c.Request.Context(), c.Actor, account.Entry{Realm: realm, Name: form.Name, Password: form.Password, Caller: caller(c)})
		if err == nil {
			return s.begun(c, b, c.Typed("back"))
		}
	}
	return s.again(c, s.entrance(c, realm), err)
}

// begun goes on after a first step: in, or to the second.
func (s *Service) begun(c *web.Context, b account.Begun, back string) error {
	if b.Ticket != "" {
		return s.show(c, s.second(c, b.Ticket, back), layout.Blank(c, nil))
	}
	return s.in(c, b.Secret, back)
}

// in keeps the sign-in in the browser and leads on. A sign-in that the browser
// had before is ended.
func (s *Service) in(c *web.Context, secret, back string) error {
	if c.Actor.Session != "" {
		if err := s.Accounts.Leave(c.Request.Context(), c.Actor); err != nil {
			return err
		}
	}
	c.BeginSession(secret)
	return done(c, web.Local(back, layout.URL(c, "account.mine")), "")
}

// second is the form of the second step.
func (s *Service) second(c *web.Context, ticket, back string) sheet {
	return sheet{name: "step", action: layout.URL(c, "account.step"), hidden: [][2]string{{"/ticket", ticket}, {"back", web.Local(back, "")}}, crumbs: []layout.Crumb{},
		fields: func(f layout.Form) []layout.Field {
			return []layout.Field{f.Field("text", "/code", "people.code").Hint("people.code_hint").Need().Auto("one-time-code").Narrow().Max(20)}
		}}
}

func (s *Service) step(c *web.Context) error {
	var form struct {
		Ticket string `json:"ticket"`
		Code   string `json:"code"`
	}
	if err := c.Form(&form); err != nil {
		return err
	}
	secret, err := s.Accounts.Step(c.Request.Context(), c.Actor, form.Ticket, form.Code, caller(c))
	if err != nil {
		return s.again(c, s.second(c, form.Ticket, c.Typed("back")), err)
	}
	return s.in(c, secret, c.Typed("back"))
}

func (s *Service) leave(c *web.Context) error {
	if err := s.Accounts.Leave(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	c.EndSession()
	return done(c, "/"+string(c.Lang)+"/", "people.said_left")
}

// query writes one query parameter; "" if it is empty.
func query(name, value string) string {
	if value == "" {
		return ""
	}
	return "?" + url.Values{name: {value}}.Encode()
}
