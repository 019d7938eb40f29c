package people

import (
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

// devRoutes are those of development: none unless the platform runs for it, and
// answered to this machine only.
func (s *Service) devRoutes() []web.Route {
	if !s.Dev {
		return nil
	}
	return open(append(page("/{lang}/dev/sign-in", "account.dev", permit.Public, web.OnlyHere(s.devList), web.OnlyHere(s.devEnter)),
		web.Route{Path: "/{lang}/debug/mail", Name: "account.mails", May: permit.Public, Do: web.OnlyHere(s.mails)}))
}

type devRow struct{ ID, Name, Roles, Body string }

type devGroup struct {
	Role string
	Rows []devRow
}

type devPage struct {
	layout.Page
	Groups []devGroup
	Action string
	Mails  string
}

// devList lists the accounts by role.
func (s *Service) devList(c *web.Context) error {
	cards, err := s.Accounts.DevCards(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	names, err := s.names(c)
	if err != nil {
		return err
	}
	p := devPage{Page: s.Layout.Page(c, c.Say("people.title.dev")), Action: layout.URL(c, "account.dev"), Mails: layout.URL(c, "account.mails")}
	p.NoIndex, p.Crumbs = true, []layout.Crumb{}
	groups := map[permit.Role][]devRow{}
	for _, card := range cards {
		row := devRow{ID: card.ID, Name: card.Name}
		role := permit.Signed
		if card.Realm == account.Public && card.Stage == account.StageVerified {
			role = permit.Person
		}
		for _, m := range card.Memberships {
			if m.EndedAt.IsZero() && m.GrantedBy != "" && len(m.Roles) > 0 {
				role, row.Roles, row.Body = m.Roles[0], roles(c, m.Roles), names[m.Organisation]
				break
			}
		}
		groups[role] = append(groups[role], row)
	}
	for _, r := range append(slices.Clone(permit.Roles), permit.Signed) {
		if len(groups[r]) > 0 {
			p.Groups = append(p.Groups, devGroup{c.Say("web.role." + string(r)), groups[r]})
		}
	}
	return s.pages.Render(c, http.StatusOK, "dev", p)
}

func (s *Service) devEnter(c *web.Context) error {
	secret, err := s.Accounts.DevEnter(c.Request.Context(), c.Actor, c.Typed("/account"), caller(c))
	if err != nil {
		return err
	}
	return s.in(c, secret, c.Typed("back"))
}

type mailRow struct{ To, Subject, Text, Link string }

type mailsPage struct {
	layout.Page
	Mails []mailRow
}

// mails shows what would have been sent.
func (s *Service) mails(c *web.Context) error {
	p := mailsPage{Page: s.Layout.Page(c, c.Say("people.title.mails"))}
	p.NoIndex, p.Crumbs = true, []layout.Crumb{}
	if s.Outbox != nil {
		for _, m := range s.Outbox.Mails() {
			var args []any
			for name, value := range m.Args {
				args = append(args, name, value)
			}
			row := mailRow{To: m.To, Subject: c.Say("account.subject." + m.Code), Text: c.Say("account.mail."+m.Code, args...)}
			row.Link, _ = m.Args["link"].(string)
			row.Text = strings.TrimSpace(strings.ReplaceAll(row.Text, row.Link, ""))
			p.Mails = append(p.Mails, row)
		}
	}
	return s.pages.Render(c, http.StatusOK, "mails", p)
}
