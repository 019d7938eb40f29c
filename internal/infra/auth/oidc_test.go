package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
)

// house is a real OpenID provider, the certified library of Zitadel with its
// example store, on a port of this machine, and the browser of somebody who
// signs in there.
type house struct {
	issuer  string
	server  *httptest.Server
	down    atomic.Bool
	asked   atomic.Int64 // discoveries
	browser *http.Client
	clock   *clock.Manual
}

const (
	clientID    = "kaishu"
	secret      = "s3cret/with+odd:signs&"
	redirectURL = "https://open.example.gov.cn/sign-in/house/back"
)

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{clock: clock.At(clock.System{}.Now())}
	h.server = httptest.NewUnstartedServer(nil)
	h.issuer = "http://" + h.server.Listener.Addr().String()
	store := storage.NewStorageWithClients(storage.NewUserStore(h.issuer), map[string]*storage.Client{
		clientID: storage.WebClient(clientID, secret, redirectURL),
		"public": storage.NativeClient("public", redirectURL),
	})
	provider, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("of this test")), CodeMethodS256: true, AuthMethodPost: true},
		store, op.StaticIssuer(h.issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.FormValue("authRequestID"))
	})
	mux.Handle("POST /login/username", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		request, err := store.AuthRequestByID(r.Context(), id)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if r.FormValue("consent") != "yes" {
			op.AuthRequestError(w, r, request, zitadel.ErrAccessDenied(), provider)
			return
		}
		if err := store.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, op.AuthCallbackURL(provider)(r.Context(), id), http.StatusFound)
	}))
	mux.Handle("/", provider)
	h.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
			h.asked.Add(1)
		}
		if h.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	})
	h.server.Start()
	t.Cleanup(h.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.browser = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirectURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return h
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// party returns the platform's side, after change.
func (h *house) party(t *testing.T, change func(*Config)) *Provider {
	t.Helper()
	c := Config{Issuer: h.issuer, ClientID: clientID, SecretFile: secretFile(t, secret), Name: "House", RedirectURL: redirectURL, HTTPClient: &http.Client{}}
	if change != nil {
		change(&c)
	}
	p, err := NewProvider(c, h.clock)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signIn goes to address in the browser, fills in the form, and returns the
// query with which the provider sends it back.
func (h *house) signIn(t *testing.T, address, consent string) url.Values {
	t.Helper()
	page, err := h.browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	id, err := io.ReadAll(page.Body)
	if err != nil || page.StatusCode != http.StatusOK || page.Request.URL.Path != "/login/username" {
		t.Fatalf("no form to sign in: %s %s %s %v", page.Status, page.Request.URL, id, err)
	}
	answer, err := h.browser.PostForm(h.issuer+"/login/username", url.Values{"id": {string(id)}, "consent": {consent}, "username": {"test-user2"}, "password": {"verysecure"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	back, err := answer.Location()
	if err != nil || !strings.HasPrefix(back.String(), redirectURL) {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("not sent back: %s %v %s", answer.Status, back, text)
	}
	return back.Query()
}

func (h *house) begin(t *testing.T, p *Provider) (string, Attempt) {
	t.Helper()
	address, a, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address, a
}

func wantProblem(t *testing.T, err error, code string) {
	t.Helper()
	if p := problem.As(err); p == nil || p.Kind != problem.Unsigned || p.Code != code || p.Args["provider"] != "House" {
		t.Errorf("got %v, want %s", err, code)
	}
}

var user2 = Identity{Subject: "id2", Email: "test-user2@zitadel.ch", EmailVerified: true, Name: "Test User2", PreferredUsername: "test-user2"}

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

// between changes the answers of the provider on their way.
type between func(path string, body []byte) []byte

func (b between) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if body = b(r.URL.Path, body); body == nil {
		return nil, errors.New("cut off")
	}
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
	return answer, nil
}

// proof changes the proof in a token answer: head and claims are decoded,
// changed and encoded again, the signature stays.
func proof(t *testing.T, change func(head, claims map[string]any)) between {
	return func(path string, body []byte) []byte {
		var answer map[string]any
		if path != "/oauth/token" || json.Unmarshal(body, &answer) != nil {
			return body
		}
		part := strings.Split(answer["id_token"].(string), ".")
		var parts [2]map[string]any
		for i := range parts {
			raw, err := base64.RawURLEncoding.DecodeString(part[i])
			if err != nil || json.Unmarshal(raw, &parts[i]) != nil {
				t.Errorf("proof: %s", part[i])
			}
		}
		change(parts[0], parts[1])
		for i := range parts {
			raw, err := json.Marshal(parts[i])
			if err != nil {
				t.Error(err)
			}
			part[i] = base64.RawURLEncoding.EncodeToString(raw)
		}
		answer["id_token"] = strings.Join(part, ".")
		body, err := json.Marshal(answer)
		if err != nil {
			t.Error(err)
		}
		return body
	}
}

func replace(path, old, new string) between {
	return func(at string, body []byte) []byte {
		if at != path {
			return body
		}
		return []byte(strings.ReplaceAll(string(body), old, new))
	}
}

func TestAnswersThatWereTamperedWith(t *testing.T) {
	h := openHouse(t)
	for name, c := range map[string]struct {
		on   between
		late time.Duration
		want string
	}{
		"untouched":              {on: proof(t, func(_, _ map[string]any) {}), want: "auth.oidc_not_verified"}, // map order: even so the signature breaks
		"another subject":        {on: proof(t, func(_, claims map[string]any) { claims["sub"] = "id1" }), want: "auth.oidc_not_verified"},
		"no signature":           {on: proof(t, func(head, _ map[string]any) { head["alg"] = "none" }), want: "auth.oidc_not_verified"},
		"signature by secret":    {on: proof(t, func(head, _ map[string]any) { head["alg"] = "HS256" }), want: "auth.oidc_not_verified"},
		"no proof":               {on: replace("/oauth/token", "id_token", "other"), want: "auth.oidc_not_verified"},
		"another access token":   {on: replace("/oauth/token", `"access_token":"`, `"access_token":"x`), want: "auth.oidc_not_verified"},
		"person of another name": {on: replace("/userinfo", `"id2"`, `"id1"`), want: "auth.oidc_not_verified"},
		"expired":                {on: func(_ string, body []byte) []byte { return body }, late: 2 * time.Hour, want: "auth.oidc_not_verified"},
		"keys do not come": {on: func(path string, body []byte) []byte {
			if path == "/keys" {
				return nil
			}
			return body
		}, want: "auth.oidc_unreachable"},
		"person does not come": {on: func(path string, body []byte) []byte {
			if path == "/userinfo" {
				return nil
			}
			return body
		}, want: "auth.oidc_unreachable"},
		"left alone": {on: func(_ string, body []byte) []byte { return body }},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.party(t, func(c2 *Config) { c2.HTTPClient = &http.Client{Transport: c.on} })
			address, a := h.begin(t, p)
			q := h.signIn(t, address, "yes")
			h.clock.Advance(c.late)
			defer h.clock.Advance(-c.late)
			who, err := p.Finish(t.Context(), a, q)
			if c.want == "" {
				if err != nil || who.Subject != "id2" {
					t.Errorf("%+v, %v", who, err)
				}
				return
			}
			if who != (Identity{}) {
				t.Errorf("told who it is: %+v", who)
			}
			wantProblem(t, err, c.want)
		})
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
