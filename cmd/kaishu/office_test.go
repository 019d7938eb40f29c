package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/site/seed"
)

// office is a platform in this process, with the sample city, in which a test
// can be anybody: the secret of a sign-in is the account's id.
type office struct {
	*platform
	url string
}

func openOffice(t *testing.T, settings ...string) *office {
	t.Helper()
	return openOfficeAt(t, clock.System{}, settings...)
}

// openOfficeAt is openOffice by a clock that the test may move; the sample city
// is loaded on its day, so that a test does not depend on the day it runs.
func openOfficeAt(t *testing.T, now clock.Clock, settings ...string) *office {
	t.Helper()
	o, end := opened(t, cityAt(t, now), now, settings...)
	t.Cleanup(end)
	return o
}

// opened starts a platform on a data folder; end stops it.
func opened(t *testing.T, data string, now clock.Clock, settings ...string) (o *office, end func()) {
	t.Helper()
	c, err := loadConfig(append(settings, "KAISHU_DATA="+data, "KAISHU_FAIR_USE=0"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	p, err := openAt(ctx, c, now)
	if err != nil {
		t.Fatal(err)
	}
	p.log = slog.New(slog.DiscardHandler)
	p.loader.Log = p.log
	ready := &atomic.Bool{}
	s, err := p.server(ready)
	if err != nil {
		t.Fatal(err)
	}
	s.Session = func(ctx context.Context, secret string) (permit.Actor, error) {
		a, err := p.actor(ctx, secret)
		a.Session, a.Office = "session-of-"+secret, true
		return a, err
	}
	if err := p.runner.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.catalogue.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	ready.Store(true)
	background, stop := context.WithCancel(ctx)
	wait := p.background(background)
	h := httptest.NewServer(s.Handler())
	return &office{p, h.URL}, func() {
		h.Close()
		stop()
		wait()
		p.close()
	}
}

// cities are data folders that hold the sample city, by the moment at which it
// was loaded. A test works on a copy.
var cities = struct {
	sync.Mutex
	made map[string]string
}{made: map[string]string{}}

// cityAt returns a copy of the sample city, loaded at the time of now.
func cityAt(t *testing.T, now clock.Clock) string {
	t.Helper()
	cities.Lock()
	defer cities.Unlock()
	key := "today"
	if _, real := now.(clock.System); !real {
		key = clock.Format(now.Now())
	}
	made, ok := cities.made[key]
	if !ok {
		var err error
		if made, err = os.MkdirTemp("", "kaishu-city-"); err != nil {
			t.Fatal(err)
		}
		o, end := opened(t, made, now)
		city, err := seed.Read(sampleFolder)
		if err == nil {
			err = o.loader.Catalogue(t.Context(), city)
		}
		if err == nil {
			err = o.loader.Tables(t.Context(), city)
		}
		end()
		if err != nil {
			t.Fatal(err)
		}
		cities.made[key] = made
	}
	data := filepath.Join(t.TempDir(), "data")
	if out, err := exec.Command("cp", "-a", made, data).CombinedOutput(); err != nil {
		t.Fatalf("copy the sample city: %v %s", err, out)
	}
	return data
}

// person is somebody at a browser; "" is nobody.
type person struct {
	o       *office
	account string
	token   string
}

func (o *office) as(account string) *person { return &person{o: o, account: account} }

// answer is what a person got.
type answer struct {
	status int
	to     string // where one is led; "" if one stays
	body   string
}

func (p *person) send(t *testing.T, method, path, media string, body io.Reader) answer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, p.o.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Accept", "text/html,*/*;q=0.8")
	if strings.HasPrefix(path, "/api/") {
		q.Header.Set("Accept", "application/json")
	}
	if media != "" {
		q.Header.Set("Content-Type", media)
	}
	if p.account != "" {
		q.Header.Set("Cookie", "kaishu_session="+p.account)
	}
	if method != http.MethodGet {
		q.Header.Set("X-Csrf-Token", p.csrf(t))
	}
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header.Get("Location"), string(text)}
}

var (
	tokenInput = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	requestID  = regexp.MustCompile(`[0-9a-f]{32}`)
)

// csrf finds the token on a page of the person's own.
func (p *person) csrf(t *testing.T) string {
	t.Helper()
	if p.account == "" || p.token != "" {
		return p.token
	}
	if m := tokenInput.FindStringSubmatch(p.get(t, "/zh/about").body); m != nil {
		p.token = m[1]
	}
	return p.token
}

func (p *person) get(t *testing.T, path string) answer {
	t.Helper()
	return p.send(t, http.MethodGet, path, "", nil)
}

// form sends a form; pairs are names and values.
func (p *person) form(t *testing.T, path string, pairs ...string) answer {
	t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return p.send(t, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
}

// upload sends a form with a file; name "" sends none.
func (p *person) upload(t *testing.T, path, name, content string, pairs ...string) answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("csrf", p.csrf(t))
	for i := 0; i+1 < len(pairs); i += 2 {
		w.WriteField(pairs[i], pairs[i+1])
	}
	if name != "" {
		f, err := w.CreateFormFile("/file", name)
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	return p.send(t, http.MethodPost, path, w.FormDataContentType(), &b)
}

// says fails unless every text is in the answer, which has that status.
func (a answer) says(t *testing.T, what string, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d to %q, want %d: %.2000s", what, a.status, a.to, status, a.body)
		return
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s: does not say %q", what, text)
		}
	}
}

// becomes waits until the page says text.
func (p *person) becomes(t *testing.T, path, text string) answer {
	t.Helper()
	for range 600 {
		if a := p.get(t, path); strings.Contains(a.body, text) {
			return a
		}
		time.Sleep(50 * time.Millisecond) // the page itself is looked at again so
	}
	t.Fatalf("%s never says %s:\n%.3000s", path, text, p.get(t, path).body)
	return answer{}
}
