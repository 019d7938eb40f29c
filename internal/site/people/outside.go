package people

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/site/layout"
)

// House is another house that vouches for people; *auth.Provider is one.
type House interface {
	Name() string
	Begin(ctx context.Context) (address string, a auth.Attempt, err error)
	Finish(ctx context.Context, a auth.Attempt, query url.Values) (auth.Identity, error)
}

// Provider is a house at one of the two entrances.
type Provider struct {
	Key   string // in addresses: the house sends people back to /sign-in/return/<key>
	Realm account.Realm
	House House
}

// ReturnPath is where the provider called key sends people back; with scheme
// and host it is auth.Config.RedirectURL.
func ReturnPath(key string) string { return "/sign-in/return/" + key }

// outsideCookie keeps a sign-in under way, sealed, for outsideLasts.
const (
	outsideCookie = "kaishu_outside"
	outsideLasts  = 10 * time.Minute
)

// underWay is a sign-in that began here and is at another house.
type underWay struct {
	Attempt auth.Attempt `json:"attempt"`
	Lang    locale.Lang  `json:"lang"`
	Back    string       `json:"back,omitempty"`
	Session string       `json:"session,omitempty"` // whose account is to be linked; "" to sign in
	At      time.Time    `json:"at"`
}

func (s *Service) provider(c *web.Context) (Provider, error) {
	i := slices.IndexFunc(s.Providers, func(p Provider) bool { return p.Key == c.Param("provider") })
	if i < 0 {
		return Provider{}, problem.New(problem.NotFound, "web.nothing_here")
	}
	return s.Providers[i], nil
}

// outside sends the browser to another house.
func (s *Service) outside(c *web.Context) error { return s.sendOut(c, "") }

// link is the same, to link an account of that house to one's own.
func (s *Service) link(c *web.Context) error { return s.sendOut(c, c.Actor.Session) }

func (s *Service) sendOut(c *web.Context, session string) error {
	p, err := s.provider(c)
	if err != nil {
		return err
	}
	address, attempt, err := p.House.Begin(c.Request.Context())
	if err != nil {
		return s.wayBack(c, p, session, err)
	}
	text, err := json.Marshal(underWay{Attempt: attempt, Lang: c.Lang, Back: web.Local(c.Query("back"), ""), Session: session, At: s.Clock.Now()})
	if err != nil {
		return err
	}
	s.keep(c, s.Box.Seal(string(text), "outside/"+p.Key), int(outsideLasts.Seconds()))
	return done(c, address, "")
}

func (s *Service) keep(c *web.Context, value string, age int) {
	http.SetCookie(c.Writer, &http.Cookie{Name: outsideCookie, Value: value, Path: "/sign-in/return/", MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(c.Public("/"), "https://")})
}

// comeBack goes on with whoever comes back from another house. The attempt is
// forgotten, whatever its outcome.
func (s *Service) comeBack(c *web.Context) error {
	p, err := s.provider(c)
	if err != nil {
		return err
	}
	u := s.forget(c, p)
	if u.Lang != "" {
		c.Lang = u.Lang
	}
	if u.Session != "" && u.Session != c.Actor.Session { // somebody else is here now
		u = underWay{}
	}
	who, err := p.House.Finish(c.Request.Context(), u.Attempt, c.Request.URL.Query())
	if err != nil {
		return s.wayBack(c, p, u.Session, err)
	}
	o := account.Outside{Issuer: who.Issuer, Subject: who.Subject, Email: who.Email, EmailVerified: who.EmailVerified, Name: who.Name, Strong: who.Strong}
	if u.Session != "" {
		return s.confirmLink(c, p, o)
	}
	b, err := s.Accounts.EnterOutside(c.Request.Context(), c.Actor, p.Realm, o, c.Lang, caller(c))
	if err != nil {
		return s.wayBack(c, p, "", err)
	}
	return s.begun(c, b, u.Back)
}

// forget reads the attempt of this browser and takes it away.
func (s *Service) forget(c *web.Context, p Provider) (u underWay) {
	cookie, err := c.Request.Cookie(outsideCookie)
	if err != nil {
		return u
	}
	s.keep(c, "", -1)
	text, err := s.Box.Open(cookie.Value, "outside/"+p.Key)
	if err != nil || json.Unmarshal([]byte(text), &u) != nil || s.Clock.Now().Sub(u.At) > outsideLasts {
		return underWay{}
	}
	return u
}

// wayBack tells what went wrong at the entrance, or on one's own page.
func (s *Service) wayBack(c *web.Context, p Provider, session string, err error) error {
	told := problem.As(err)
	if told == nil {
		return err
	}
	if session != "" {
		return &problem.Error{Kind: problem.Conflict, Code: told.Code, Args: told.Args}
	}
	return s.show(c, s.entrance(c, p.Realm), layout.Again(c, told))
}

// confirmLink asks whether that is the account to be linked: a browser may be
// signed in there as somebody else.
func (s *Service) confirmLink(c *web.Context, p Provider, o account.Outside) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return s.show(c, sheet{name: "link", action: layout.URL(c, "account.linked"), hidden: [][2]string{{"/sealed", s.Box.Seal(string(text), "link/"+c.Actor.Session)}},
		crumbs: mineCrumbs(c), about: []string{c.Say("people.link.who", "house", p.House.Name(), "name", o.Name, "email", o.Email)}}, layout.Blank(c, nil))
}

func (s *Service) linked(c *web.Context) error {
	var form struct {
		Sealed string `json:"sealed"`
	}
	if err := c.Form(&form); err != nil {
		return err
	}
	var o account.Outside
	text, err := s.Box.Open(form.Sealed, "link/"+c.Actor.Session)
	if err != nil || json.Unmarshal([]byte(text), &o) != nil {
		return problem.New(problem.Forbidden, "web.form_too_old")
	}
	if err := s.Accounts.LinkOutside(c.Request.Context(), c.Actor, o); err != nil {
		return err
	}
	return done(c, layout.URL(c, "account.mine"), "people.said_linked")
}
