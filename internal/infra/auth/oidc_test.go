package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

func TestSignInByProvider(t *testing.T) {
	h := openHouse(t)
	user2 := user2
	user2.Issuer = h.issuer
	for name, change := range map[string]func(*Config){
		"client with a secret": nil,
		"public client":        func(c *Config) { c.ClientID, c.SecretFile = "public", "" },
	} {
		p := h.party(t, change)
		address, a := h.begin(t, p)
		q, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		challenge := sha256.Sum256([]byte(a.Verifier))
		for key, want := range map[string]string{
			"response_type": "code", "scope": "openid profile email", "redirect_uri": redirectURL, "state": a.State, "nonce": a.Nonce,
			"code_challenge_method": "S256", "code_challenge": base64.RawURLEncoding.EncodeToString(challenge[:]),
		} {
			if got := q.Query().Get(key); got != want || want == "" {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
		if strings.Contains(address, a.Verifier) {
			t.Error("the verifier travels through the browser")
		}
		if who, err := p.Finish(t.Context(), a, h.signIn(t, address, "yes")); err != nil || who != user2 {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
		again, b := h.begin(t, p)
		if b.State == a.State || b.Nonce == a.Nonce || b.Verifier == a.Verifier {
			t.Error("two attempts share a secret")
		}
		if who, err := p.Finish(t.Context(), b, h.signIn(t, again, "yes")); err != nil || who != user2 {
			t.Errorf("%s, second time: %+v, %v", name, who, err)
		}
	}
	if n := h.asked.Load(); n != 2 {
		t.Errorf("two parties discovered %d times", n)
	}
}

// TestAttemptsThatDoNotMatch: each change of what the browser brings or of
// what was kept ends the sign-in.
func TestAttemptsThatDoNotMatch(t *testing.T) {
	h := openHouse(t)
	p := h.party(t, nil)
	for name, c := range map[string]struct {
		change func(a *Attempt, q url.Values)
		want   string
	}{
		"wrong state":      {func(_ *Attempt, q url.Values) { q.Set("state", "x") }, "auth.oidc_other_attempt"},
		"no state":         {func(_ *Attempt, q url.Values) { q.Del("state") }, "auth.oidc_other_attempt"},
		"nothing kept":     {func(a *Attempt, q url.Values) { *a = Attempt{}; q.Del("state") }, "auth.oidc_other_attempt"},
		"no nonce kept":    {func(a *Attempt, _ url.Values) { a.Nonce = "" }, "auth.oidc_other_attempt"},
		"other provider":   {func(a *Attempt, _ url.Values) { a.Issuer = "https://other.example" }, "auth.oidc_other_attempt"},
		"mixed-in answer":  {func(_ *Attempt, q url.Values) { q.Set("iss", "https://other.example") }, "auth.oidc_other_attempt"},
		"no code":          {func(_ *Attempt, q url.Values) { q.Del("code") }, "auth.oidc_other_attempt"},
		"wrong nonce":      {func(a *Attempt, _ url.Values) { a.Nonce = "x" }, "auth.oidc_not_verified"},
		"wrong verifier":   {func(a *Attempt, _ url.Values) { a.Verifier = strings.Repeat("x", 43) }, "auth.oidc_spent"},
		"wrong code":       {func(_ *Attempt, q url.Values) { q.Set("code", "x") }, "auth.oidc_spent"},
		"issuer as agreed": {func(_ *Attempt, q url.Values) { q.Set("iss", h.issuer) }, ""},
	} {
		address, a := h.begin(t, p)
		q := h.signIn(t, address, "yes")
		c.change(&a, q)
		who, err := p.Finish(t.Context(), a, q)
		if c.want == "" {
			if err != nil || who.Subject != "id2" {
				t.Errorf("%s: %+v, %v", name, who, err)
			}
			continue
		}
		if who != (Identity{}) {
			t.Errorf("%s: told who it is: %+v", name, who)
		}
		t.Run(name, func(t *testing.T) { wantProblem(t, err, c.want) })
	}
}

func TestReplayedCode(t *testing.T) {
	h := openHouse(t)
	p := h.party(t, nil)
	address, a := h.begin(t, p)
	q := h.signIn(t, address, "yes")
	if _, err := p.Finish(t.Context(), a, q); err != nil {
		t.Fatal(err)
	}
	_, err := p.Finish(t.Context(), a, q)
	wantProblem(t, err, "auth.oidc_spent")
}

func TestDeniedConsentAndOtherRefusals(t *testing.T) {
	h := openHouse(t)
	p := h.party(t, nil)
	address, a := h.begin(t, p)
	q := h.signIn(t, address, "no")
	if q.Get("error") != "access_denied" {
		t.Fatalf("the provider says %v", q)
	}
	_, err := p.Finish(t.Context(), a, q)
	wantProblem(t, err, "auth.oidc_denied")
	q.Set("error", "temporarily_unavailable")
	_, err = p.Finish(t.Context(), a, q)
	wantProblem(t, err, "auth.oidc_unreachable")
	q.Set("error", "invalid_scope")
	if _, err = p.Finish(t.Context(), a, q); err == nil || problem.As(err) != nil {
		t.Errorf("a fault of ours is told as %v", err)
	}
	q.Set("state", "x")
	_, err = p.Finish(t.Context(), a, q)
	wantProblem(t, err, "auth.oidc_other_attempt")
}

func TestProviderThatIsDown(t *testing.T) {
	h := openHouse(t)
	h.down.Store(true)
	p := h.party(t, nil) // the platform starts all the same
	for range 3 {
		_, _, err := p.Begin(t.Context())
		wantProblem(t, err, "auth.oidc_unreachable")
	}
	if n := h.asked.Load(); n != 1 {
		t.Errorf("asked %d times within ten seconds", n)
	}
	h.down.Store(false)
	h.clock.Advance(restAfter)
	address, a := h.begin(t, p)
	q := h.signIn(t, address, "yes")
	h.down.Store(true)
	_, err := p.Finish(t.Context(), a, q)
	wantProblem(t, err, "auth.oidc_unreachable")
	h.server.Close() // nobody listens any more
	_, err = p.Finish(t.Context(), a, q)
	wantProblem(t, err, "auth.oidc_unreachable")
	_, _, err = h.party(t, nil).Begin(t.Context())
	wantProblem(t, err, "auth.oidc_unreachable")
}

// TestWaitingForDiscoveryEnds: who leaves does not wait behind another.
func TestWaitingForDiscoveryEnds(t *testing.T) {
	p := openHouse(t).party(t, nil)
	p.asking <- struct{}{}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := p.Begin(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestDiscoveryOutlivesItsAsker: others wait for the same answer.
func TestDiscoveryOutlivesItsAsker(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	p := openHouse(t).party(t, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: seen(func(*http.Request) *http.Response { leave(); return nil })}
	})
	if _, _, err := p.Begin(gone); err != nil || p.found == nil {
		t.Errorf("discovery ended with its asker: %v", err)
	}
}

func TestFaultsOfOurConfiguration(t *testing.T) {
	h := openHouse(t)
	for name, change := range map[string]func(*Config){
		"no client id":       func(c *Config) { c.ClientID = "" },
		"no name":            func(c *Config) { c.Name = "" },
		"no client":          func(c *Config) { c.HTTPClient = nil },
		"issuer in the open": func(c *Config) { c.Issuer = "http://id.example.gov.cn" },
		"no issuer":          func(c *Config) { c.Issuer = "" },
		"back in the open":   func(c *Config) { c.RedirectURL = "http://open.example.gov.cn/back" },
		"back to no web":     func(c *Config) { c.RedirectURL = "/back" },
		"secret is missing":  func(c *Config) { c.SecretFile += "x" },
		"secret is blank":    func(c *Config) { c.SecretFile = secretFile(t, " ") },
	} {
		c := Config{Issuer: h.issuer, ClientID: clientID, SecretFile: secretFile(t, secret), Name: "House", RedirectURL: redirectURL, HTTPClient: &http.Client{}}
		change(&c)
		if _, err := NewProvider(c, h.clock); err == nil || problem.As(err) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What only the provider can know is a fault too, never a sign-in.
	p := h.party(t, func(c *Config) { c.SecretFile = secretFile(t, "wrong") })
	address, a := h.begin(t, p)
	if who, err := p.Finish(t.Context(), a, h.signIn(t, address, "yes")); err == nil || problem.As(err) != nil || who != (Identity{}) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong secret: %+v, %v", who, err)
	}
	other := h.party(t, func(c *Config) { c.Issuer += "/" })
	if _, _, err := other.Begin(t.Context()); err == nil || problem.As(err) != nil {
		t.Errorf("issuer with a slash too many: %v", err)
	}
	open := h.party(t, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: replace("/.well-known/openid-configuration", `"token_endpoint":"http://127.0.0.1`, `"token_endpoint":"http://id.example.gov.cn`)}
	})
	if _, _, err := open.Begin(t.Context()); err == nil || problem.As(err) != nil {
		t.Errorf("the secret would travel in the open: %v", err)
	}
}
