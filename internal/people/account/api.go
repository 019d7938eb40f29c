package account

import (
	"cmp"
	"net/http"

	"kaishu/internal/base/paging"
	"kaishu/internal/infra/web"
)

// Secret is a token that was just made; it is shown this once.
type Secret struct {
	Token string `json:"token"`
}

// Handed is a link to be handed to the holder of an account; "" if it was sent.
type Handed struct {
	Link string `json:"link"`
}

// Reason is why something is done to an account.
type Reason struct {
	Reason string `json:"reason"`
}

// Routes are the addresses of the programming interface.
func (s *Service) Routes() []web.Route {
	step := func(verb string, body any, do web.Handler) web.Route {
		return web.Route{Method: "POST", Path: "/api/v1/accounts/{account}/" + verb, Name: "account." + verb, May: Table.Rule("account", verb),
			API: true, Body: body, Answer: Holder{}, Do: do}
	}
	shut := step("close", Close{}, does[Close](s))
	shut.May = MayGuard // people of the public close their own account on its page, by password
	grant := step("grant", nil, func(c *web.Context) error { return s.answerDo(c, Grant{Membership: c.Param("membership")}) })
	grant.Path = "/api/v1/accounts/{account}/memberships/{membership}/grant"
	end := step("end", Reason{}, s.apiEnd)
	end.Path = "/api/v1/accounts/{account}/memberships/{membership}/end"
	propose := step("propose", Offer{}, does[Propose](s))
	propose.Path = "/api/v1/accounts/{account}/memberships"
	reset := s.guardRoute("reset", Reason{}, Handed{}, func(c *web.Context, r Reason) error {
		link, err := s.Reset(c.Request.Context(), c.Actor, c.Param("account"), r.Reason)
		return once(c, http.StatusOK, Handed{Link: link}, err)
	})
	reset.Secret = true
	return append(s.ownRoutes(),
		web.Route{Method: "GET", Path: "/api/v1/accounts", Name: "account.list", May: MayList, API: true, Answer: Page{}, Do: s.apiList, Query: []web.Param{
			{Name: "q", Type: "string"}, {Name: "realm", Type: "string", Enum: []string{string(Public), string(Office)}}, {Name: "stage", Type: "string"},
			{Name: "organisation", Type: "string"}, {Name: "proposed", Type: "boolean"}, {Name: "limit", Type: "integer", Default: "50"}, {Name: "after", Type: "string"}}},
		web.Route{Method: "GET", Path: "/api/v1/accounts/{account}", Name: "account.card", May: MayList, API: true, Answer: Card{}, Do: func(c *web.Context) error {
			card, err := s.Card(c.Request.Context(), c.Actor, c.Param("account"))
			return answer(c, http.StatusOK, card, err)
		}},
		web.Route{Method: "POST", Path: "/api/v1/accounts", Name: "account.invite", May: Table.Rule("account", "invite"), API: true, Body: Invitation{}, Answer: Handed{}, Secret: true, Do: s.apiInvite},
		propose, grant, end, shut,
		step("admit", Offer{}, does[Admit](s)), step("verify", Verify{}, does[Verify](s)),
		step("suspend", Reason{}, does[Suspend](s)), step("resume", Reason{}, does[Resume](s)),
		step("restrict", Reason{}, does[Restrict](s)), step("lift", Reason{}, does[Lift](s)),
		s.guardRoute("unlock", nil, nil, func(c *web.Context, _ Reason) error {
			return s.Unlock(c.Request.Context(), c.Actor, c.Param("account"))
		}),
		s.guardRoute("revoke", Reason{}, nil, func(c *web.Context, r Reason) error {
			return s.RevokeAll(c.Request.Context(), c.Actor, c.Param("account"), r.Reason)
		}),
		reset,
	)
}

// ownRoutes are those for one's own account.
func (s *Service) ownRoutes() []web.Route {
	own := func(method, path, name string, body, given any, do web.Handler) web.Route {
		return web.Route{Method: method, Path: "/api/v1/account" + path, Name: "account." + name, May: Own, API: true, Body: body, Answer: given, Do: do}
	}
	delegate := own("POST", "/delegations", "delegate", Delegation{}, nil, s.apiDelegate)
	delegate.May = MayDelegate
	token := own("POST", "/tokens", "token_make", TokenRequest{}, Secret{}, s.apiToken)
	token.Secret = true
	return []web.Route{
		own("GET", "", "me", nil, Mine{}, func(c *web.Context) error {
			m, err := s.Me(c.Request.Context(), c.Actor)
			return answer(c, http.StatusOK, m, err)
		}),
		own("POST", "/sign-ins/{sign_in}/revoke", "sign_in_end", nil, nil, func(c *web.Context) error {
			return nothing(c, s.Revoke(c.Request.Context(), c.Actor, c.Actor.Account, c.Param("sign_in")))
		}),
		token,
		own("POST", "/tokens/{token}/revoke", "token_end", nil, nil, func(c *web.Context) error {
			return nothing(c, s.EndToken(c.Request.Context(), c.Actor, c.Param("token")))
		}),
		delegate,
		own("POST", "/delegations/{membership}/end", "delegation_end", nil, nil, func(c *web.Context) error {
			return nothing(c, s.GiveUp(c.Request.Context(), c.Actor, c.Param("membership")))
		}),
	}
}

// guardRoute is what the security administrator does to credentials.
func (s *Service) guardRoute(what string, body, given any, do func(*web.Context, Reason) error) web.Route {
	return web.Route{Method: "POST", Path: "/api/v1/accounts/{account}/" + what, Name: "account." + what, May: MayGuard, API: true, Body: body, Answer: given,
		Do: func(c *web.Context) error {
			var r Reason
			if body != nil {
				if err := c.Body(&r); err != nil {
					return err
				}
			}
			err := do(c, r)
			if err != nil || given != nil {
				return err
			}
			return nothing(c, nil)
		}}
}

// does reads a command from the body and asks it of the account in the path.
func does[C Command](s *Service) web.Handler {
	return func(c *web.Context) error {
		var command C
		if err := c.Body(&command); err != nil {
			return err
		}
		return s.answerDo(c, command)
	}
}

func (s *Service) answerDo(c *web.Context, command Command) error {
	h, err := s.Do(c.Request.Context(), c.Actor, c.Param("account"), command)
	return answer(c, http.StatusOK, h, err)
}

func (s *Service) apiEnd(c *web.Context) error {
	var r Reason
	if err := c.Body(&r); err != nil {
		return err
	}
	return s.answerDo(c, End{Membership: c.Param("membership"), Reason: r.Reason})
}

func (s *Service) apiList(c *web.Context) error {
	f := Filter{Query: c.Query("q"), Realm: Realm(c.Query("realm")), Stage: Stage(c.Query("stage")), Organisation: c.Query("organisation"),
		Proposed: c.Query("proposed") == "true"} // the edge lets nothing else through
	limit := c.Int("limit", 50, 1, paging.MaxLimit)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.List(c.Request.Context(), c.Actor, f, c.Query("after"), limit)
	return answer(c, http.StatusOK, p, err)
}

func (s *Service) apiInvite(c *web.Context) error {
	var i Invitation
	if err := c.Body(&i); err != nil {
		return err
	}
	link, err := s.Invite(c.Request.Context(), c.Actor, i)
	return once(c, http.StatusCreated, Handed{Link: link}, err)
}

func (s *Service) apiToken(c *web.Context) error {
	var t TokenRequest
	if err := c.Body(&t); err != nil {
		return err
	}
	secret, err := s.MakeToken(c.Request.Context(), c.Actor, t)
	return once(c, http.StatusCreated, Secret{Token: secret}, err)
}

func (s *Service) apiDelegate(c *web.Context) error {
	var d Delegation
	if err := c.Body(&d); err != nil {
		return err
	}
	return nothing(c, s.Delegate(c.Request.Context(), c.Actor, d))
}

func answer(c *web.Context, status int, v any, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(status, v)
}

// once is answer of what is shown this once.
func once(c *web.Context, status int, v any, err error) error {
	return answer(c, status, v, cmp.Or(err, c.ShowOnce()))
}

// nothing answers 204.
func nothing(c *web.Context, err error) error {
	if err == nil {
		c.Writer.Header().Set("Cache-Control", "no-store")
		c.Writer.WriteHeader(http.StatusNoContent)
	}
	return err
}
