package auth

import (
	"crypto/sha256"
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

	"github.com/zitadel/oidc/v3/example/server/storage"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
)

// house is a real OpenID provider, the library of Zitadel with its
// example store, on a port of this machine, and the browser of somebody who
// signs in there.
type house struct {
	issuer  string
	server  *httptest.Server
	down    atomic.Bool
	asked   atomic.Int64 // discoveries
	browser *http.Client
	store   *storage.Storage
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
	h.store = store
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
