package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"kaishu/internal/base/problem"
)

// Cookies of a sign-in. Under TLS the name binds it to this host and to TLS.
const (
	sessionCookie = "kaishu_session"
	securedCookie = "__Host-kaishu_session"
)

// TokenField is the name of the hidden input that ties a form to a sign-in;
// programs in the page send the same in the header [TokenHeader].
const (
	TokenField  = "csrf"
	TokenHeader = "X-Csrf-Token"
)

// recognise finds out who asks: by a token in Authorization, else by the
// sign-in of a browser. What a browser sends to change something must come
// from a page of ours (CSRF): its origin is checked, and the form carries the
// token of the sign-in.
func (s *Server) recognise(c *Context) error {
	q := c.Request
	if token := bearer(q); token != "" && s.SignIn != nil {
		actor, err := s.SignIn(q.Context(), token)
		if err != nil {
			return err
		}
		actor.Address = c.Actor.Address
		c.Actor = actor
		return nil
	}
	if err := s.origins.Check(q); err != nil {
		return problem.New(problem.Forbidden, "web.other_origin")
	}
	secret := c.sessionSecret()
	if secret == "" || s.Session == nil {
		return nil
	}
	actor, err := s.Session(q.Context(), secret)
	if err != nil {
		return err
	}
	if !actor.Known() {
		c.EndSession()
		return nil
	}
	actor.Address = c.Actor.Address
	c.Actor = actor
	if safe(q.Method) || c.Route.Plain {
		return nil
	}
	if !hmac.Equal([]byte(c.givenToken()), []byte(c.Token())) {
		return problem.New(problem.Forbidden, "web.form_too_old")
	}
	return nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// givenToken reads the token of a form; in one with files it is the first
// part. Bodies that are not forms carry it in the header.
func (c *Context) givenToken() string {
	if t := c.Request.Header.Get(TokenHeader); t != "" {
		return t
	}
	if c.isUpload() {
		return c.leading(TokenField)
	}
	if !c.isForm() || c.parseForm() != nil {
		return ""
	}
	return c.Request.PostForm.Get(TokenField)
}

func (c *Context) isForm() bool {
	media, _, _ := strings.Cut(c.Request.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

func (c *Context) sessionSecret() string {
	for _, name := range []string{securedCookie, sessionCookie} {
		if cookie, err := c.Request.Cookie(name); err == nil {
			return cookie.Value
		}
	}
	return ""
}

// Token returns the token that a form of this sign-in carries; "" if nobody
// has signed in.
func (c *Context) Token() string {
	if c.Actor.Session == "" {
		return ""
	}
	m := hmac.New(sha256.New, []byte(c.sessionSecret()))
	m.Write([]byte("form"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// BeginSession has the browser keep a sign-in until it is closed; the server
// knows when it ends.
func (c *Context) BeginSession(secret string) {
	c.entered = true
	http.SetCookie(c.Writer, c.cookie(secret, 0))
}

// EndSession has the browser forget its sign-in.
func (c *Context) EndSession() { http.SetCookie(c.Writer, c.cookie("", -1)) }

func (c *Context) cookie(value string, age int) *http.Cookie {
	k := &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if strings.HasPrefix(c.Public("/"), "https://") {
		k.Name, k.Secure = securedCookie, true
	}
	return k
}

// elsewhere returns where a person who gets p must go first: to sign in, or to
// the page that comes before any other. It is "" for programs.
func (c *Context) elsewhere(p *problem.Error) string {
	if !c.wantsPage() || c.Route.API {
		return ""
	}
	name := ""
	switch {
	case p.Code == "web.first":
		name = c.Actor.Must
	case p.Kind == problem.Unsigned && c.server.Entrance != nil:
		name = c.server.Entrance(c.Route.May.Office())
	}
	if name == "" {
		return ""
	}
	return c.URL(name+"."+string(c.Lang)) + "?" + url.Values{"back": {c.back()}}.Encode()
}

// back is where one goes on afterwards: this page, or the page of the form.
func (c *Context) back() string {
	if safe(c.Request.Method) {
		return c.Request.URL.RequestURI()
	}
	if from, err := url.Parse(c.Request.Referer()); err == nil && from.Host == c.Request.Host && from.Path != "" {
		return from.RequestURI()
	}
	return "/" + string(c.Lang) + "/"
}

// Local returns to if it is an address on this platform, else usual: a
// redirect cannot lead elsewhere.
func Local(to, usual string) string {
	if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\r\n\t") {
		return to
	}
	return usual
}
