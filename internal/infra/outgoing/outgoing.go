// Package outgoing is the only HTTP client that speaks to addresses which
// users give, such as those of webhooks. It cannot be used to reach into the
// operator's networks (server-side request forgery): the name is looked up
// here, and the check is made on the very address that is dialled.
//
// No redirect is followed, no proxy of the environment is asked, no
// connection is kept, and time and size are bounded.
//
// Read outgoing.go, address.go (what a URL may say) and network.go (which
// addresses are the public's).
package outgoing

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Messages holds the words of this package's problems.
//
//go:embed messages.*.json
var Messages embed.FS

// MaxAnswer is how much of an answer is read, in bytes.
const MaxAnswer = 4 << 10

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options of a client; zero values are usable.
type Options struct {
	Allow    []netip.Prefix // networks that may be reached although they are not the public's: the operator's own
	Ports    []uint16       // ports beside 80, 443, 8080 and 8443
	Timeout  time.Duration  // of one Post, from the lookup to the last byte; 10 s if 0
	Stall    time.Duration  // how long a Get may bring nothing; a minute if 0
	Roots    *x509.CertPool // certificates to trust; the system's if nil
	Resolver Resolver       // net.DefaultResolver if nil
}

// Client posts to addresses that users give. It may be shared.
type Client struct {
	allow    []netip.Prefix
	ports    []uint16
	timeout  time.Duration
	stall    time.Duration
	resolver Resolver
	http     *http.Client
}

// New returns a client.
func New(o Options) *Client {
	c := &Client{
		allow:    slices.Clone(o.Allow),
		ports:    append([]uint16{80, 443, 8080, 8443}, o.Ports...),
		timeout:  cmp.Or(o.Timeout, 10*time.Second),
		stall:    cmp.Or(o.Stall, time.Minute),
		resolver: o.Resolver,
	}
	if c.resolver == nil {
		c.resolver = net.DefaultResolver
	}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would do the lookup, unchecked
			DialContext:            c.dial,
			TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true, // each exchange dials, and so is checked
			DisableCompression:     true,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Check says whether rawURL may be posted to, before it is stored. It fails
// with problem.Invalid and every fault at once, each at "/url" with a code
// "outgoing.…"; with a fault if the name could not be looked up just now.
//
// A name that passes can point elsewhere a moment later; Post checks again.
func (c *Client) Check(ctx context.Context, rawURL string) error {
	database.MustBeOutside(ctx)
	ctx, stop := context.WithTimeout(ctx, c.timeout)
	defer stop()
	var p problem.List
	u := c.parse(&p, rawURL)
	if u == nil || u.Hostname() == "" {
		return p.Err()
	}
	_, err := c.lookUp(ctx, u.Hostname())
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		p.Add("/url", "outgoing.unknown_host", "host", u.Hostname())
	} else if rest := p.Merge(err); rest != nil && p.Err() == nil {
		return rest // what is surely wrong is told even if the lookup failed
	}
	return p.Err()
}

// Post sends body to rawURL and returns the answer's status and its first
// MaxAnswer bytes. header is sent as it is; say the Content-Type in it. A
// redirect is an answer like any other and is not followed.
//
// It fails with problem.Invalid as [Client.Check] does if the address may not
// be reached; trying again is of no use then. Any other error, such as a
// timeout or a name that is not found, may pass.
func (c *Client) Post(ctx context.Context, rawURL string, header http.Header, body []byte) (status int, answer []byte, err error) {
	database.MustBeOutside(ctx)
	ctx, stop := context.WithTimeout(ctx, c.timeout)
	defer stop()
	var p problem.List
	u := c.parse(&p, rawURL)
	if err := p.Err(); err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("post to %s: %w", u.Host, err)
	}
	r.Header.Set("User-Agent", "Kaishu")
	maps.Copy(r.Header, header)
	response, err := c.http.Do(r)
	if err != nil {
		return 0, nil, failure(u, err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, MaxAnswer))
	if err != nil {
		return 0, nil, failure(u, err)
	}
	return response.StatusCode, answer, nil
}

// failure is a problem if the address was refused, and a fault otherwise. The
// fault names the host only: paths and queries of webhooks hold secrets.
func failure(u *url.URL, err error) error {
	if p := problem.As(err); p != nil {
		return p
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return fmt.Errorf("reach %s: %w", u.Host, err)
}

// dial looks the name of address up, once, and connects to what was found and
// checked, so that there is no second lookup to lie to.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := c.lookUp(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: c.timeout, Control: c.control}
	var faults []error
	for _, a := range found {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		faults = append(faults, err)
	}
	return nil, errors.Join(faults...)
}

// control is the last look at the address, just before the connection.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read dialled address: %w", err)
	}
	if !c.allowed(to.Addr()) || !slices.Contains(c.ports, to.Port()) {
		return refused(to.Addr().String())
	}
	return nil
}

// lookUp returns the addresses of host, at least one. If any of them may not
// be reached, it fails with problem.Invalid: names that point to both sides
// are made to slip through.
func (c *Client) lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if !c.allowed(a) {
			return nil, refused(host)
		}
		return []netip.Addr{a}, nil
	}
	found, err := c.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("look up %s: %w", host, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true})
	}
	for i, a := range found {
		found[i] = a.Unmap() // resolvers give IPv4 in this form too
		if !c.allowed(found[i]) {
			return nil, refused(host)
		}
	}
	return found, nil
}

// refused does not tell which address it was: what a name stands for in the
// operator's own network is nobody's business.
func refused(host string) error {
	var p problem.List
	p.Add("/url", "outgoing.address", "host", host)
	return p.Err()
}

// portOf returns the port that u names or its scheme implies; 0 if it is no
// port.
func portOf(u *url.URL) uint16 {
	switch text := u.Port(); {
	case text == "" && u.Scheme == "https":
		return 443
	case text == "":
		return 80
	default:
		n, _ := strconv.ParseUint(text, 10, 16)
		return uint16(n)
	}
}
