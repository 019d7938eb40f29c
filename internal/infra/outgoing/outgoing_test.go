package outgoing

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// book answers each lookup of a name with the next of its lines; the last
// line stays. It counts the lookups.
type book struct {
	mu    sync.Mutex
	lines map[string][][]netip.Addr
	asked int
}

func (b *book) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	lines := b.lines[host]
	switch {
	case host == "broken.example":
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	case len(lines) == 0:
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case len(lines) > 1:
		b.lines[host] = lines[1:]
	}
	return slices.Clone(lines[0]), nil
}

func addresses(texts ...string) (all []netip.Addr) {
	for _, t := range texts {
		all = append(all, netip.MustParseAddr(t))
	}
	return all
}

func newBook() *book {
	return &book{lines: map[string][][]netip.Addr{
		"hook.example":           {addresses("93.184.216.34", "2606:2800:220:1::1")},
		"xn--fiq228c.xn--55qx5d": {addresses("93.184.216.34")},
		"inside.example":         {addresses("127.0.0.1")},
		"inside6.example":        {addresses("::1")},
		"mapped.example":         {addresses("::ffff:10.0.0.5")},
		"both.example":           {addresses("93.184.216.34", "192.168.1.1")},
		"local.example":          {addresses("::ffff:127.0.0.1")},
		"localhost":              {addresses("127.0.0.1", "::1")},
	}}
}

// codes returns the codes of err's fields in order, and fails if one is not
// at "/url".
func codes(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	p := problem.As(err)
	if p == nil || p.Kind != problem.Invalid {
		t.Fatalf("not a problem: %v", err)
	}
	var all []string
	for _, f := range p.Fields {
		if f.Pointer != "/url" {
			t.Errorf("fault at %s", f.Pointer)
		}
		all = append(all, strings.TrimPrefix(f.Code, "outgoing."))
	}
	return strings.Join(all, " ")
}

func TestCheckTellsEveryFaultAtOnce(t *testing.T) {
	c := New(Options{Resolver: newBook()})
	for raw, want := range map[string]string{
		"https://hook.example/a?b=c":            "",
		"http://HOOK.example.:8080":             "",
		"https://hook.example:8443/":            "",
		"https://中文.公司/":                        "",
		"http://93.184.216.34/":                 "",
		"https://[2606:2800:220:1::1]:443/":     "",
		"ftp://u:p@127.1:22/":                   "scheme credentials port host",
		"gopher://u@inside.example:70/":         "scheme credentials port address",
		"http://hook.example:22/":               "port",
		"http://hook.example:0/":                "port",
		"http://hook.example:65616/":            "port", // 65616 − 65536 = 80
		"http://user@hook.example/":             "credentials",
		"http://hook.example@inside.example/":   "credentials address",
		"http://nowhere.example/":               "unknown_host",
		"ftp://nowhere.example/":                "scheme unknown_host",
		"ftp://broken.example/":                 "scheme",
		"hook.example/a":                        "scheme host",
		"//hook.example/a":                      "scheme",
		"http:///a":                             "host",
		"http://:80/":                           "host",
		"":                                      "scheme host",
		"http:hook.example":                     "malformed",
		"javascript:alert(1)":                   "malformed",
		"http://hook.example\r\nX: y/":          "malformed",
		"http://hook.example\\@inside.example/": "malformed",
		"http://hook.example:80:80/":            "malformed",
		"http://a b/":                           "malformed",
		"http://hook_1.example/":                "host",
		"http://..:80/":                         "host",
		"http://" + strings.Repeat("a", maxURL): "too_long",
	} {
		if got := codes(t, c.Check(t.Context(), raw)); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestHostileAddressesAreRefused(t *testing.T) {
	c := New(Options{Resolver: newBook()})
	for host, want := range map[string]string{
		"127.0.0.1": "address", "127.255.255.254": "address", "0.0.0.0": "address", "0.1.2.3": "address",
		"10.1.2.3": "address", "172.16.0.1": "address", "172.31.255.255": "address", "192.168.0.1": "address",
		"169.254.169.254": "address", "100.64.0.1": "address", "100.100.100.200": "address", "100.127.255.255": "address",
		"168.63.129.16": "address", "192.0.0.192": "address", "192.0.2.1": "address", "192.88.99.1": "address", "198.18.0.1": "address",
		"198.51.100.7": "address", "203.0.113.7": "address", "224.0.0.1": "address", "239.1.1.1": "address", "240.0.0.1": "address", "255.255.255.255": "address",
		"[::]": "address", "[::1]": "address", "[::ffff:127.0.0.1]": "address", "[::ffff:7f00:1]": "address", "[::ffff:93.184.216.34]": "address",
		"[::127.0.0.1]": "address", "[64:ff9b::7f00:1]": "address", "[64:ff9b::5db8:d822]": "address", "[64:ff9b:1::a00:1]": "address",
		"[2002:7f00:1::]": "address", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]": "address", "[2001:db8::1]": "address",
		"[fe80::1]": "address", "[fec0::1]": "address", "[fc00::1]": "address", "[fd00:ec2::254]": "address", "[ff02::1]": "address", "[3fff::1]": "address", "[100::1]": "address",
		"inside.example": "address", "inside6.example": "address", "mapped.example": "address", "both.example": "address",
		"localhost": "address", "LOCALHOST": "address", "localhost.": "address",
		// Spellings that other programs read as 127.0.0.1 and the like.
		"2130706433": "host", "0x7f000001": "host", "017700000001": "host", "0177.0.0.1": "host", "0x7f.0.0.1": "host", "127.1": "host",
		"127.0.1": "host", "127.0.0.01": "host", "127.0.0.0x1": "host", "127.0.0.1.1": "host", "256.256.256.256": "host", "99999999999999999999999": "host",
		"0": "host", "0x": "host", "hook.example.1": "host", "08.08.08.08": "host",
		"127.0.0.1.": "address", "\uff11\uff12\uff17.0.0.1": "address", "①②⑦.⓪.⓪.①": "address", "127。0。0。1": "address",
		"[fe80::1%25eth0]": "host", "[::1%25lo]": "host", "[93.184.216.34]": "malformed",
		"93.184.216.34": "", "[2606:2800:220:1::1]": "", "8.8.8.8": "", "172.32.0.1": "", "100.63.255.255": "", "100.128.0.1": "", "11.0.0.1": "",
	} {
		raw := "http://" + host + "/"
		if got := codes(t, c.Check(t.Context(), raw)); got != want {
			t.Errorf("check %s: %q, want %q", raw, got, want)
		}
		if want == "" {
			continue
		}
		if _, _, err := c.Post(t.Context(), raw, nil, nil); codes(t, err) != want {
			t.Errorf("post %s: %v, want %q", raw, err, want)
		}
	}
}

func TestTheOperatorsNetworksCanBeAllowed(t *testing.T) {
	names := newBook()
	names.lines["hall.example"] = [][]netip.Addr{addresses("10.20.0.7", "fd12::7")}
	c := New(Options{Resolver: names, Allow: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16"), netip.MustParsePrefix("fd12::/16")}, Ports: []uint16{9000}})
	for raw, want := range map[string]string{
		"http://hall.example:9000/": "",
		"http://10.20.255.1/":       "",
		"http://[fd12::1]/":         "",
		"http://10.21.0.1/":         "address",
		"http://[::ffff:10.20.0.7]": "address",
		"http://hall.example:9001/": "port",
	} {
		if got := codes(t, c.Check(t.Context(), raw)); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestAFaultOfTheLookupIsNotTheUsers(t *testing.T) {
	c := New(Options{Resolver: newBook()})
	for name, err := range map[string]error{
		"check": c.Check(t.Context(), "http://broken.example/"),
		"post":  second(c.Post(t.Context(), "http://nowhere.example/secret", nil, nil)),
	} {
		if err == nil || problem.As(err) != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ int, _ []byte, err error) error { return err }

// site is a server on loopback and a client that may reach it and nothing
// else, by the name local.example.
func site(t *testing.T, o Options, answer http.HandlerFunc) (c *Client, address string) {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	port := portOf(must(url.Parse(s.URL)))
	if o.Resolver == nil {
		o.Resolver = newBook()
	}
	o.Allow, o.Ports = append(o.Allow, netip.MustParsePrefix("127.0.0.0/8")), append(o.Ports, port)
	return New(o), "http://local.example:" + strconv.Itoa(int(port))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPostSendsWhatItIsGiven(t *testing.T) {
	type seen struct {
		method, path, host, kind, sign, agent, body string
		close                                       bool
	}
	got := make(chan seen, 1)
	c, address := site(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.URL.RequestURI(), r.Host, r.Header.Get("Content-Type"), r.Header.Get("X-Signature"), r.UserAgent(), string(body), r.Close}
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "收到")
	})
	if err := c.Check(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}, "X-Signature": {"abc"}}
	status, answer, err := c.Post(t.Context(), address+"/h?k=v#f", header, []byte(`{"名":1}`))
	if err != nil || status != http.StatusAccepted || string(answer) != "收到" {
		t.Fatalf("%d %q %v", status, answer, err)
	}
	want := seen{"POST", "/h?k=v", strings.TrimPrefix(address, "http://"), "application/json", "abc", "Kaishu", `{"名":1}`, true}
	if g := <-got; g != want {
		t.Errorf("server saw %+v, want %+v", g, want)
	}
	if len(header) != 2 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestRebindingDoesNotPass(t *testing.T) {
	asked := 0
	names := newBook()
	c, address := site(t, Options{Resolver: names}, func(http.ResponseWriter, *http.Request) { asked++ })
	c.allow = nil
	port := address[strings.LastIndexByte(address, ':'):]
	names.lines["turn.example"] = [][]netip.Addr{addresses("93.184.216.34"), addresses("127.0.0.1")}
	if err := c.Check(t.Context(), "http://turn.example"+port); err != nil {
		t.Fatalf("the first look finds it good: %v", err)
	}
	if _, _, err := c.Post(t.Context(), "http://turn.example"+port, nil, nil); codes(t, err) != "address" {
		t.Errorf("between check and dial: %v", err)
	}
	if asked != 0 {
		t.Error("the server inside was asked")
	}
}

// TestWhatIsCheckedIsDialled: between the check in Post and the connection
// there is no second lookup that could answer otherwise.
func TestWhatIsCheckedIsDialled(t *testing.T) {
	names := newBook()
	c, address := site(t, Options{Resolver: names}, func(http.ResponseWriter, *http.Request) {})
	names.lines["local.example"] = [][]netip.Addr{addresses("127.0.0.1"), addresses("10.0.0.1")}
	if status, _, err := c.Post(t.Context(), address, nil, nil); err != nil || status != 200 || names.asked != 1 {
		t.Errorf("%d, %v, %d lookups", status, err, names.asked)
	}
	if _, err := c.dial(t.Context(), "tcp", "127.0.0.1:22"); codes(t, err) != "address" {
		t.Errorf("the last look was left out: %v", err)
	}
	for address, want := range map[string]string{
		"127.0.0.1:80": "", "127.0.0.1:22": "address", "10.0.0.1:80": "address", "[::ffff:127.0.0.1]:80": "address", "[fe80::1%lo]:80": "address", "93.184.216.34:443": "",
	} {
		if got := codes(t, c.control("tcp", address, nil)); got != want {
			t.Errorf("last look at %s: %q, want %q", address, got, want)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	asked := 0
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer inside.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		c, address := site(t, Options{Ports: []uint16{portOf(must(url.Parse(inside.URL)))}}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", inside.URL)
			w.WriteHeader(code)
		})
		if status, _, err := c.Post(t.Context(), address, nil, []byte("x")); err != nil || status != code {
			t.Errorf("%d: %d, %v", code, status, err)
		}
	}
	if asked != 0 {
		t.Error("a redirect was followed")
	}
}

// TestNoProxyIsAsked looks at the client: net/http reads the environment once
// for the whole process, so a test that sets it proves nothing.
func TestNoProxyIsAsked(t *testing.T) {
	c := New(Options{})
	if c.http.Transport.(*http.Transport).Proxy != nil {
		t.Error("a proxy would do the lookup, unchecked")
	}
}

func TestTimeIsBounded(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, "begun")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		c, address := site(t, Options{Timeout: 100 * time.Millisecond}, answer)
		_, _, err := c.Post(t.Context(), address, nil, nil)
		if !errors.Is(err, context.DeadlineExceeded) || problem.As(err) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	block := bytes.Repeat([]byte("z"), 64<<10)
	ended := make(chan struct{})
	c, address := site(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	status, answer, err := c.Post(t.Context(), address, nil, nil)
	if err != nil || status != 200 || len(answer) != MaxAnswer || !bytes.HasPrefix(block, answer) {
		t.Errorf("%d, %d bytes, %v", status, len(answer), err)
	}
	<-ended // the server is cut off

	c, address = site(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("h", 64<<10))
	})
	if _, _, err := c.Post(t.Context(), address, nil, nil); err == nil {
		t.Error("an endless header was read")
	}
}

func TestCertificateIsChecked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "safe") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that we break off
	s.StartTLS()
	defer s.Close()
	names := newBook()
	names.lines["example.com"] = [][]netip.Addr{addresses("127.0.0.1")} // the name in httptest's certificate
	port := portOf(must(url.Parse(s.URL)))
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	o := Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{port}, Resolver: names, Roots: roots}
	at := func(host string) string { return "https://" + host + ":" + strconv.Itoa(int(port)) }
	if _, answer, err := New(o).Post(t.Context(), at("example.com"), nil, nil); err != nil || string(answer) != "safe" {
		t.Errorf("trusted: %q, %v", answer, err)
	}
	if _, _, err := New(o).Post(t.Context(), at("local.example"), nil, nil); err == nil {
		t.Error("a certificate for another name was believed")
	}
	o.Roots = nil
	if _, _, err := New(o).Post(t.Context(), at("example.com"), nil, nil); err == nil {
		t.Error("a self-made certificate was believed")
	}
}

func TestNotInsideATransaction(t *testing.T) {
	database.Strict()
	db := must(database.Open(t.Context(), database.Options{Path: t.TempDir() + "/a.db"}))
	defer db.Close()
	c := New(Options{Resolver: newBook()})
	for name, do := range map[string]func(context.Context){
		"check": func(ctx context.Context) { c.Check(ctx, "http://hook.example/") },
		"post":  func(ctx context.Context) { c.Post(ctx, "http://inside.example/", nil, nil) },
	} {
		err := db.Read(t.Context(), func(tx *database.Tx) (err error) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s passed inside a transaction", name)
				}
			}()
			do(tx.Context())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWords(t *testing.T) {
	if _, err := locale.Load(Messages); err != nil {
		t.Error(err)
	}
}
