package sitetest

import (
	"bytes"
	"context"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

// House is a server with pages on which people have signed in: the secret of
// each sign-in is the name of its account.
type House struct {
	Base   string
	People map[string]permit.Actor // by account; changes count from the next request on
}

// NewHouse serves what routes returns, under the frame of the site, with the
// words of the given packages.
func NewHouse(t testing.TB, now clock.Clock, words *locale.Catalogue, assets fs.FS, people []permit.Actor, routes func(*layout.Layout) []web.Route) *House {
	t.Helper()
	h := &House{People: map[string]permit.Actor{}}
	for _, p := range people {
		p.Session, p.Name = "session of "+p.Account, p.Account
		h.People[p.Account] = p
	}
	look, err := layout.New(words, assets)
	must(t, err)
	all := append(routes(look), look.Routes()...)
	if !slices.ContainsFunc(all, func(r web.Route) bool { return r.Name == "catalogue.list.zh" }) {
		all = append(all, layout.Both(web.Route{Method: "GET", Path: "/{lang}/datasets", Name: "catalogue.list", May: permit.Public, Do: func(c *web.Context) error { return c.HTML(200, nil) }})...)
	}
	server, err := web.New(web.Options{Routes: all, Words: words, Clock: now, Log: slog.New(slog.DiscardHandler), Render: look.Problem,
		Session: func(_ context.Context, secret string) (permit.Actor, error) { return h.People[secret], nil }})
	must(t, err)
	s := httptest.NewServer(server.Handler())
	t.Cleanup(s.Close)
	h.Base = s.URL
	return h
}

// Answer is what a browser got.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Ask asks as the person who holds the account; "" for a visitor. body may be
// nil.
func (h *House) Ask(t testing.TB, account, method, path string, body io.Reader, header ...string) Answer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, h.Base+path, body)
	must(t, err)
	q.Header.Set("Accept", "text/html,*/*;q=0.8")
	if account != "" {
		q.AddCookie(&http.Cookie{Name: "kaishu_session", Value: account})
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		q.Header.Set(name, value)
	}
	r, err := http.DefaultTransport.RoundTrip(q)
	must(t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	must(t, err)
	return Answer{r.StatusCode, r.Header, string(text)}
}

// Page gets a page and holds it to the rules of every page.
func (h *House) Page(t testing.TB, account, path string) string {
	t.Helper()
	a := h.Ask(t, account, "GET", path, nil)
	if a.Status != http.StatusOK {
		t.Fatalf("GET %s as %q: %d %s", path, account, a.Status, a.Header.Get("Location"))
	}
	CheckPage(t, langOf(path), a.Body)
	return a.Body
}

func langOf(path string) locale.Lang {
	if strings.HasPrefix(path, "/en/") {
		return locale.EN
	}
	return locale.ZH
}

var token = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// Token returns the token of the forms of a sign-in, from a page with a form.
func (h *House) Token(t testing.TB, account, page string) string {
	t.Helper()
	m := token.FindStringSubmatch(h.Ask(t, account, "GET", page, nil).Body)
	if m == nil {
		t.Fatalf("%s has no form for %q", page, account)
	}
	return html.UnescapeString(m[1])
}

// Send sends the form of page, with fields as pairs of name and value, to
// path. A page with faults is held to the rules of every page.
func (h *House) Send(t testing.TB, account, page, path string, fields ...string) Answer {
	t.Helper()
	form := url.Values{"csrf": {h.Token(t, account, page)}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	a := h.Ask(t, account, "POST", path, strings.NewReader(form.Encode()), "Content-Type: application/x-www-form-urlencoded")
	if a.Status == layout.Status {
		CheckPage(t, langOf(path), a.Body)
	}
	return a
}

// SendFile sends the form of page with one file.
func (h *House) SendFile(t testing.TB, account, page, path, field, name string, content []byte, fields ...string) Answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	must(t, w.WriteField("csrf", h.Token(t, account, page)))
	for i := 0; i+1 < len(fields); i += 2 {
		must(t, w.WriteField(fields[i], fields[i+1]))
	}
	part, err := w.CreateFormFile(field, name)
	must(t, err)
	_, err = part.Write(content)
	must(t, err)
	must(t, w.Close())
	a := h.Ask(t, account, "POST", path, &b, "Content-Type: "+w.FormDataContentType())
	if a.Status == layout.Status {
		CheckPage(t, langOf(path), a.Body)
	}
	return a
}
