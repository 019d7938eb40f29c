package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
)

// Config describes an OpenID provider by which people sign in.
type Config struct {
	Issuer      string // as the provider spells it, https unless on this machine
	ClientID    string // under which the provider knows this platform
	SecretFile  string // file that holds the client's secret; "" for a public client
	Name        string // shown to people, e.g. "随申办"
	RedirectURL string // where the provider sends people back, as registered there
	// HTTPClient reaches the provider. Its redirects are not followed and its
	// requests end after 15 s unless it has a Timeout of its own.
	HTTPClient *http.Client
}

// Provider signs people in by an OpenID provider: authorization code with PKCE
// (S256), state and nonce. It may be shared between goroutines.
type Provider struct {
	config Config
	secret string
	client *http.Client
	clock  clock.Clock

	asking chan struct{} // holds a token while one of us reads or writes what follows
	found  *found        // nil until the provider was discovered
	after  time.Time     // the provider failed: not asked again before
}

// found is what discovery tells.
type found struct {
	provider   *oidc.Provider
	oauth      oauth2.Config
	keys       oidc.KeySet
	algorithms []string
}

const (
	mostWait   = 15 * time.Second // for one answer of the provider
	restAfter  = 10 * time.Second // between two attempts to discover
	mostAnswer = 1 << 20          // bytes of one answer
)

// NewProvider checks c and reads its secret; it sends nothing. The provider is
// discovered when the first person signs in, so one that is down holds up
// nobody else; its endpoints are then kept until the process ends, its keys
// are read anew whenever it signs with an unknown one.
func NewProvider(c Config, now clock.Clock) (*Provider, error) {
	if c.ClientID == "" || c.Name == "" || c.HTTPClient == nil {
		return nil, fmt.Errorf("open provider %q: client id, name and HTTP client are needed", c.Issuer)
	}
	for _, address := range []string{c.Issuer, c.RedirectURL} {
		if err := checkAddress(address); err != nil {
			return nil, fmt.Errorf("open provider %s: %w", c.Name, err)
		}
	}
	secret := []byte{}
	if c.SecretFile != "" {
		var err error
		if secret, err = os.ReadFile(c.SecretFile); err != nil {
			return nil, fmt.Errorf("open provider %s: %w", c.Name, err)
		}
		if len(strings.TrimSpace(string(secret))) == 0 {
			return nil, fmt.Errorf("open provider %s: %s is empty", c.Name, c.SecretFile)
		}
	}
	client := *c.HTTPClient
	client.Timeout = cmp.Or(client.Timeout, mostWait)
	client.Transport = careful{cmp.Or[http.RoundTripper](client.Transport, http.DefaultTransport)}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Provider{config: c, secret: strings.TrimSpace(string(secret)), client: &client, clock: now, asking: make(chan struct{}, 1)}, nil
}

// Name returns the name by which people know the provider.
func (p *Provider) Name() string { return p.config.Name }

// checkAddress wants https, and allows http to this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%q is not an address of the web", address)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not encrypted", address)
	}
	return nil
}

// discover returns what the provider says of itself. One asks, the others
// wait; after a failure nobody asks for ten seconds.
func (p *Provider) discover(ctx context.Context) (*found, error) {
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for discovery of %s: %w", p.config.Name, ctx.Err())
	}
	if p.found != nil {
		return p.found, nil
	}
	if p.clock.Now().Before(p.after) {
		return nil, p.unreachable(errors.New("failed a moment ago"))
	}
	// One person's patience does not end what others wait for; the client's
	// timeout does.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	provider, err := oidc.NewProvider(ctx, p.config.Issuer)
	if err != nil {
		p.after = p.clock.Now().Add(restAfter)
		if _, other := errors.AsType[*oidc.IssuerMismatchError](err); other {
			return nil, fmt.Errorf("discover %s: %w", p.config.Name, err)
		}
		return nil, p.unreachable(err)
	}
	p.found, err = p.understand(ctx, provider)
	return p.found, err
}

// understand reads what this package needs of the discovery document.
func (p *Provider) understand(ctx context.Context, provider *oidc.Provider) (*found, error) {
	var said struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
		Methods    []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, fmt.Errorf("discover %s: %w", p.config.Name, err)
	}
	endpoint := provider.Endpoint()
	addresses := []string{endpoint.AuthURL, endpoint.TokenURL, said.Keys}
	if provider.UserInfoEndpoint() != "" {
		addresses = append(addresses, provider.UserInfoEndpoint())
	}
	for _, address := range addresses {
		if err := checkAddress(address); err != nil {
			return nil, fmt.Errorf("discover %s: %w", p.config.Name, err)
		}
	}
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // what a provider does that names no method
	if p.secret == "" || len(said.Methods) > 0 && !slices.Contains(said.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &found{
		provider: provider,
		oauth: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: p.secret, Endpoint: endpoint, RedirectURL: p.config.RedirectURL,
			Scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail},
		},
		keys:       oidc.NewRemoteKeySet(ctx, said.Keys),
		algorithms: slices.DeleteFunc(said.Algorithms, func(a string) bool { return !slices.Contains(signatures, a) }),
	}, nil
}

// signatures are the signatures by key pairs; a provider's mention of any
// other, such as none or HS256, is not heard.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// unreachable tells people that the provider is down, and us why.
func (p *Provider) unreachable(cause error) error { return p.tell("auth.oidc_unreachable", cause) }

// tell returns a problem that names the provider, with its cause for the log.
func (p *Provider) tell(code string, cause error) error {
	return fmt.Errorf("%w: %s", problem.New(problem.Unsigned, code, "provider", p.config.Name), brief(cause))
}

// brief is the beginning of err: the library puts whole answers into errors.
func brief(err error) string {
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), 300)], "")
}

// careful bounds the answers of a provider, and takes a server's failure for
// what it is: no answer.
type careful struct{ next http.RoundTripper }

// RoundTrip sends one request.
func (c careful) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests {
		return nil, errors.Join(fmt.Errorf("the server answers %s", answer.Status), answer.Body.Close())
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, mostAnswer), answer.Body}
	return answer, nil
}
