package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

// between changes the answers of the provider on their way; nil loses them.
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

func untouched(_ string, body []byte) []byte { return body }

func lost(path string) between {
	return func(at string, body []byte) []byte {
		if at == path {
			return nil
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

type claims = map[string]any

// proof changes head and claims of the proof in a token answer. With a key it
// is signed anew, as the provider would; without, the old signature stays.
func proof(t *testing.T, key *rsa.PrivateKey, change func(head, c claims)) between {
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	return func(path string, body []byte) []byte {
		var answer claims
		if path != "/oauth/token" || json.Unmarshal(body, &answer) != nil {
			return body
		}
		part := strings.Split(answer["id_token"].(string), ".")
		var parts [2]claims
		for i := range parts {
			raw, err := base64.RawURLEncoding.DecodeString(part[i])
			must(err)
			must(json.Unmarshal(raw, &parts[i]))
		}
		change(parts[0], parts[1])
		for i := range parts {
			raw, err := json.Marshal(parts[i])
			must(err)
			part[i] = base64.RawURLEncoding.EncodeToString(raw)
		}
		if key != nil {
			sum := sha256.Sum256([]byte(part[0] + "." + part[1]))
			signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
			must(err)
			part[2] = base64.RawURLEncoding.EncodeToString(signature)
		}
		answer["id_token"] = strings.Join(part, ".")
		body, err := json.Marshal(answer)
		must(err)
		return body
	}
}

// key returns the key by which the provider signs.
func (h *house) key(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := h.store.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return key.Key().(*rsa.PrivateKey)
}

// through signs in with a platform that reaches the provider by way.
func (h *house) through(t *testing.T, way http.RoundTripper, late time.Duration) (Identity, error) {
	t.Helper()
	p := h.party(t, func(c *Config) { c.HTTPClient = &http.Client{Transport: way} })
	address, a := h.begin(t, p)
	q := h.signIn(t, address, "yes")
	h.clock.Advance(late)
	defer h.clock.Advance(-late)
	return p.Finish(t.Context(), a, q)
}

func TestAnswersThatWereTamperedWith(t *testing.T) {
	h := openHouse(t)
	for name, c := range map[string]struct {
		way  between
		late time.Duration
		want string
	}{
		"another subject":      {proof(t, nil, func(_, c claims) { c["sub"] = "id1" }), 0, "auth.oidc_not_verified"},
		"no signature":         {proof(t, nil, func(head, _ claims) { head["alg"] = "none" }), 0, "auth.oidc_not_verified"},
		"signature by secret":  {proof(t, nil, func(head, _ claims) { head["alg"] = "HS256" }), 0, "auth.oidc_not_verified"},
		"no proof":             {replace("/oauth/token", "id_token", "other"), 0, "auth.oidc_not_verified"},
		"another access token": {replace("/oauth/token", `"access_token":"`, `"access_token":"x`), 0, "auth.oidc_not_verified"},
		"told about another":   {replace("/userinfo", `"id2"`, `"id1"`), 0, "auth.oidc_not_verified"},
		"expired":              {untouched, 2 * time.Hour, "auth.oidc_not_verified"},
		"keys do not come":     {lost("/keys"), 0, "auth.oidc_unreachable"},
		"token does not come":  {lost("/oauth/token"), 0, "auth.oidc_unreachable"},
		"person does not come": {lost("/userinfo"), 0, "auth.oidc_unreachable"},
		"left alone":           {untouched, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := h.through(t, c.way, c.late)
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

// TestProofsByTheRightKey: the signature is the provider's, so that only what
// the proof says can end the sign-in.
func TestProofsByTheRightKey(t *testing.T) {
	h := openHouse(t)
	for name, c := range map[string]struct {
		change func(head, c claims)
		good   bool
	}{
		"as it was":           {func(_, _ claims) {}, true},
		"for another":         {func(_, c claims) { c["aud"] = []string{"other"} }, false},
		"for two, unsaid who": {func(_, c claims) { c["aud"] = []string{"other", clientID}; delete(c, "azp") }, false},
		"for two, us":         {func(_, c claims) { c["aud"] = []string{"other", clientID}; c["azp"] = clientID }, true},
		"party is another":    {func(_, c claims) { c["azp"] = "other" }, false},
		"no party":            {func(_, c claims) { delete(c, "azp") }, true},
		"another issuer":      {func(_, c claims) { c["iss"] = "https://other.example" }, false},
		"no nonce":            {func(_, c claims) { delete(c, "nonce") }, false},
		"no subject":          {func(_, c claims) { c["sub"], c["email"], c["name"] = "", "a@b.cn", "王芳" }, false},
		"endless subject":     {func(_, c claims) { c["sub"], c["email"], c["name"] = strings.Repeat("x", 256), "a@b.cn", "王芳" }, false},
		"no hash of token":    {func(_, c claims) { delete(c, "at_hash") }, true},
		"name is no text":     {func(_, c claims) { c["name"] = []int{1} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := h.through(t, proof(t, h.key(t), c.change), 0)
			if c.good {
				if err != nil || who.Subject != "id2" || who.Name != "Test User2" {
					t.Errorf("%+v, %v", who, err)
				}
				return
			}
			wantProblem(t, err, "auth.oidc_not_verified")
		})
	}
}

func TestWhatTheProofSaysGoesFirst(t *testing.T) {
	h := openHouse(t)
	for name, c := range map[string]struct {
		change func(head, c claims)
		want   Identity
	}{
		"address of the proof, never confirmed by the other": {func(_, c claims) { c["email"] = "a@b.cn" },
			Identity{Email: "a@b.cn", Name: "Test User2", PreferredUsername: "test-user2"}},
		"truth as text": {func(_, c claims) { c["email"] = "a@b.cn"; c["email_verified"] = "true" },
			Identity{Email: "a@b.cn", EmailVerified: true, Name: "Test User2", PreferredUsername: "test-user2"}},
		"untruth as text": {func(_, c claims) { c["email"] = "a@b.cn"; c["email_verified"] = "false" },
			Identity{Email: "a@b.cn", Name: "Test User2", PreferredUsername: "test-user2"}},
		"name of the proof": {func(_, c claims) { c["name"] = "王芳" },
			Identity{Email: "test-user2@zitadel.ch", EmailVerified: true, Name: "王芳", PreferredUsername: "test-user2"}},
		"more than a password": {func(_, c claims) { c["name"], c["amr"] = "王芳", []string{"pwd", "otp"} },
			Identity{Email: "test-user2@zitadel.ch", EmailVerified: true, Name: "王芳", PreferredUsername: "test-user2", Strong: true}},
		"methods of another shape": {func(_, c claims) { c["name"], c["amr"] = "王芳", "mfa" },
			Identity{Email: "test-user2@zitadel.ch", EmailVerified: true, Name: "王芳", PreferredUsername: "test-user2"}},
		"enough said, so nobody is asked": {func(_, c claims) { c["name"] = "王芳"; c["email"] = "a@b.cn"; c["email_verified"] = true },
			Identity{Email: "a@b.cn", EmailVerified: true, Name: "王芳"}},
	} {
		c.want.Issuer, c.want.Subject = h.issuer, "id2"
		if who, err := h.through(t, proof(t, h.key(t), c.change), 0); err != nil || who != c.want {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestNoAddressIsNotAConfirmedOne(t *testing.T) {
	h := openHouse(t)
	who, err := h.through(t, replace("/userinfo", `"email"`, `"other"`), 0)
	if err != nil || who.Email != "" || who.EmailVerified || who.Subject != "id2" {
		t.Errorf("%+v, %v", who, err)
	}
}

// seen looks at requests, and may answer them.
type seen func(r *http.Request) *http.Response

func (s seen) RoundTrip(r *http.Request) (*http.Response, error) {
	if answer := s(r); answer != nil {
		return answer, nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	h := openHouse(t)
	for _, path := range []string{"/oauth/token", "/.well-known/openid-configuration"} {
		p := h.party(t, func(c *Config) {
			c.HTTPClient = &http.Client{Transport: seen(func(r *http.Request) *http.Response {
				if r.URL.Path == "/elsewhere" {
					t.Error("followed to elsewhere, secret and all")
				}
				if r.URL.Path != path {
					return nil
				}
				return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {h.issuer + "/elsewhere"}}, Body: http.NoBody, Request: r}
			})}
		})
		address, a, err := p.Begin(t.Context())
		if err != nil {
			wantProblem(t, err, "auth.oidc_unreachable")
			continue
		}
		if _, err := p.Finish(t.Context(), a, h.signIn(t, address, "yes")); err == nil || problem.As(err) != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestEndlessAnswersAreCut(t *testing.T) {
	p := openHouse(t).party(t, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: between(func(_ string, body []byte) []byte { return append(slices.Repeat([]byte(" "), mostAnswer), body...) })}
	})
	_, _, err := p.Begin(t.Context())
	wantProblem(t, err, "auth.oidc_unreachable")
}

// TestHowTheClientSaysWhoItIs: by header unless the provider wants a form, and
// a client without a secret by its name alone.
func TestHowTheClientSaysWhoItIs(t *testing.T) {
	h := openHouse(t)
	const supported = `"token_endpoint_auth_methods_supported":[`
	for name, c := range map[string]struct {
		client string
		said   string
		header bool
	}{
		"usual":       {clientID, supported, true},
		"form only":   {clientID, supported + `"client_secret_post"],"was":[`, false},
		"unsaid":      {clientID, `"was":[`, true},
		"no secret":   {"public", supported, false},
		"none beside": {"public", supported + `"none","client_secret_basic"],"was":[`, false},
	} {
		asked := 0
		way := seen(func(r *http.Request) *http.Response {
			if r.URL.Path == "/oauth/token" {
				asked++
				if _, _, basic := r.BasicAuth(); basic != c.header {
					t.Errorf("%s: by header is %v", name, basic)
				}
			}
			answer, err := replace("/.well-known/openid-configuration", supported, c.said).RoundTrip(r)
			if err != nil {
				t.Error(err)
			}
			return answer
		})
		p := h.party(t, func(config *Config) {
			config.HTTPClient = &http.Client{Transport: way}
			if c.client == "public" {
				config.ClientID, config.SecretFile = "public", ""
			}
		})
		address, a := h.begin(t, p)
		if who, err := p.Finish(t.Context(), a, h.signIn(t, address, "yes")); err != nil || who.Subject != "id2" || asked != 1 {
			t.Errorf("%s: asked %d times: %+v, %v", name, asked, who, err)
		}
	}
}

func TestOnlySignaturesByKeyPairsAreHeard(t *testing.T) {
	h := openHouse(t)
	p := h.party(t, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: replace("/.well-known/openid-configuration", `_alg_values_supported":["RS256"`, `_alg_values_supported":["none","HS256","RS256","ES384"`)}
	})
	f, err := p.discover(t.Context())
	if err != nil || !slices.Equal(f.algorithms, []string{"RS256", "ES384"}) {
		t.Errorf("%v, %v", f, err)
	}
}
