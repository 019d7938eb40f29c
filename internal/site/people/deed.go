package people

import (
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

// deed is what the security administrator does with a reason.
type deed struct {
	verb string
	do   func(c *web.Context, reason string) (link string, err error)
}

func (s *Service) deeds() []deed {
	command := func(make func(reason string) account.Command) func(*web.Context, string) (string, error) {
		return func(c *web.Context, reason string) (string, error) {
			_, err := s.Accounts.Do(c.Request.Context(), c.Actor, c.Param("account"), make(reason))
			return "", err
		}
	}
	return []deed{
		{"suspend", command(func(r string) account.Command { return account.Suspend{Reason: r} })},
		{"resume", command(func(r string) account.Command { return account.Resume{Reason: r} })},
		{"restrict", command(func(r string) account.Command { return account.Restrict{Reason: r} })},
		{"lift", command(func(r string) account.Command { return account.Lift{Reason: r} })},
		{"close", command(func(r string) account.Command { return account.Close{Reason: r} })},
		{"revoke", func(c *web.Context, reason string) (string, error) {
			return "", s.Accounts.RevokeAll(c.Request.Context(), c.Actor, c.Param("account"), reason)
		}},
		{"reset", func(c *web.Context, reason string) (string, error) {
			return s.Accounts.Reset(c.Request.Context(), c.Actor, c.Param("account"), reason)
		}},
	}
}

func (d deed) sheet(c *web.Context) sheet {
	id := c.Param("account")
	return sheet{name: "deed_" + d.verb, action: layout.URL(c, "account.deed_"+d.verb, id), crumbs: accountCrumbs(c, id), about: []string{c.Say("people.whom", "account", id)},
		grave: d.verb != "resume" && d.verb != "lift", fields: reasonField}
}

func reasonField(f layout.Form) []layout.Field {
	return []layout.Field{f.Field("area", "/reason", "people.reason").Hint("people.reason_hint").Need().Max(500)}
}

func (s *Service) doDeed(c *web.Context, d deed) error {
	var form account.Reason
	err := c.Form(&form)
	link := ""
	if err == nil {
		link, err = d.do(c, form.Reason)
	}
	if err != nil {
		return s.again(c, d.sheet(c), err)
	}
	return s.handed(c, c.Param("account"), link)
}
