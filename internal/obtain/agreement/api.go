package agreement

import (
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// SignBody is a signature: what is signed, and by what the signer proves that
// it is he. Only a browser's sign-in can sign, no access token.
type SignBody struct {
	Signing
	Proof
}

// AmendBody is a signed request for other optional clauses.
type AmendBody struct {
	Amend
	Proof
}

const pem = "application/x-pem-file"

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	one := []web.Param{{Name: "id", Type: "string", Example: "agr_01JD8X"}}
	routes := []web.Route{
		{Method: "GET", Path: "/api/v1/agreements", Name: "agreement.list", May: MayRead, API: true, Query: []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}, Answer: Page{}, Do: s.apiList},
		{Method: "GET", Path: "/api/v1/agreements/keys", Name: "agreement.keys", May: permit.Public, API: true, Media: []string{pem}, Do: s.apiKeys},
		{Method: "GET", Path: "/api/v1/agreements/{id}", Name: "agreement.get", May: MayRead, API: true, Place: one, Answer: View{}, Do: s.apiGet},
		{Method: "GET", Path: "/api/v1/agreements/{id}/copy", Name: "agreement.copy", May: MayRead, API: true, Place: one, Answer: Copy{}, Do: s.apiCopy},
	}
	act := func(verb string, body any, do func(*web.Context, int) (View, error)) {
		routes = append(routes, web.Route{Method: "POST", Path: "/api/v1/agreements/{id}/" + verb, Name: "agreement." + verb, May: Table.Rule("agreement", verb), API: true, Place: one, Body: body, Answer: View{},
			Do: func(c *web.Context) error {
				seen, _, err := c.Seen()
				if err != nil {
					return err
				}
				v, err := do(c, seen)
				if err != nil {
					return err
				}
				return c.JSON(http.StatusOK, v)
			}})
	}
	act("propose", Propose{}, asks[Propose](s))
	act("agree", nil, func(c *web.Context, seen int) (View, error) {
		return s.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, Agree{})
	})
	act("decline", Decline{}, asks[Decline](s))
	act("reject", Reject{}, asks[Reject](s))
	act("breach", Breach{}, asks[Breach](s))
	act("restore", Restore{}, asks[Restore](s))
	act("terminate", Terminate{}, asks[Terminate](s))
	act("sign", SignBody{}, s.signs(func(x Signing) Command { return Sign{x} }))
	act("countersign", SignBody{}, s.signs(func(x Signing) Command { return Countersign{x} }))
	act("accept", SignBody{}, s.signs(func(x Signing) Command { return Accept{x} }))
	act("amend", AmendBody{}, func(c *web.Context, seen int) (v View, err error) {
		var x AmendBody
		if err := c.Body(&x); err != nil {
			return v, err
		}
		return s.Sign(c.Request.Context(), c.Actor, c.Param("id"), seen, x.Amend, x.Proof)
	})
	return routes
}

// asks reads a command from the body of a request and asks it.
func asks[C Command](s *Service) func(*web.Context, int) (View, error) {
	return func(c *web.Context, seen int) (v View, err error) {
		var x C
		if err := c.Body(&x); err != nil {
			return v, err
		}
		return s.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, x)
	}
}

// signs reads a signature and asks the command that it makes.
func (s *Service) signs(command func(Signing) Command) func(*web.Context, int) (View, error) {
	return func(c *web.Context, seen int) (v View, err error) {
		var x SignBody
		if err := c.Body(&x); err != nil {
			return v, err
		}
		return s.Sign(c.Request.Context(), c.Actor, c.Param("id"), seen, command(x.Signing), x.Proof)
	}
}

func (s *Service) apiList(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.List(c.Request.Context(), c.Actor, c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiGet(c *web.Context) error {
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiCopy(c *web.Context) error {
	x, _, err := s.Signed(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Content-Disposition", `attachment; filename="`+x.Number+`.json"`)
	return c.JSON(http.StatusOK, x)
}

func (s *Service) apiKeys(c *web.Context) error {
	return c.Bytes(http.StatusOK, pem, []byte(s.Public()))
}
