package people

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

var console = permit.Actor{Account: "console", Roles: []permit.Role{permit.SysAdmin, permit.SecAdmin}}

const good = "seven quiet herons"

// town is a server with the pages of people, on whose development sign-in
// everybody can come in.
type town struct {
	t        *testing.T
	url      string
	clock    *clock.Manual
	accounts *account.Service
	mail     *account.Outbox
}

func newTown(t *testing.T, change ...func(*Tools)) *town {
	t.Helper()
	v := &town{t: t, clock: clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)), mail: &account.Outbox{}}
	db := databasetest.Open(t, ledger.Migrations, organisation.Migrations, account.Migrations)
	box, err := auth.OpenBox(filepath.Join(t.TempDir(), "box.key"))
	v.must(err)
	s := httptest.NewUnstartedServer(nil)
	v.url = "http://" + s.Listener.Addr().String()
	v.accounts = account.New(account.Tools{DB: db, Clock: v.clock, IDs: id.New(v.clock), Passwords: auth.NewPasswords(2), Box: box, Messenger: v.mail, Public: v.url, Dev: true})
	bodies := organisation.New(db)
	for _, b := range []string{"home", "away"} {
		v.must(bodies.Put(t.Context(), console, organisation.Organisation{ID: b, Name: locale.Text{ZH: "单位" + b, EN: "Body " + b}, Kind: organisation.Organ, Level: organisation.City}))
	}
	for _, a := range []account.Account{{ID: "sys", Name: "系统", Roles: []permit.Role{permit.SysAdmin}}, {ID: "sec", Name: "安全", Roles: []permit.Role{permit.SecAdmin}},
		{ID: "aud", Name: "审计", Roles: []permit.Role{permit.Auditor}}, {ID: "in", Name: "受理", Roles: []permit.Role{permit.CtrIntake}},
		{ID: "lead", Name: "负责人", Organisation: "home", Roles: []permit.Role{permit.OpnLead}}, {ID: "ann", Name: "安", Organisation: "home", Roles: []permit.Role{permit.OpnEditor, permit.OpnGrader}},
		{ID: "bob", Name: "博", Organisation: "home", Roles: []permit.Role{permit.OpnEditor}}} {
		v.must(v.accounts.Put(t.Context(), console, a))
	}
	words, err := locale.Load(web.Messages, auth.Messages, layout.Messages, organisation.Messages, account.Messages, Messages)
	v.must(err)
	look, err := layout.New(words, assets.Files)
	v.must(err)
	look.Mine = Mine
	tools := Tools{Accounts: v.accounts, Organisations: bodies, Box: box, Clock: v.clock, Layout: look, Dev: true, Outbox: v.mail}
	for _, f := range change {
		f(&tools)
	}
	elsewhere := layout.Both(web.Route{Method: "GET", Path: "/{lang}/datasets", Name: "catalogue.list", May: permit.Public,
		Do: func(c *web.Context) error { return c.HTML(http.StatusOK, []byte("datasets")) }})
	routes := append(append(append(New(tools).Routes(), v.accounts.Routes()...), look.Routes()...), elsewhere...)
	server, err := web.New(web.Options{Routes: routes, Words: words, Clock: v.clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Render: look.Problem,
		SignIn: v.accounts.SignIn, Session: v.accounts.Session(), Entrance: Entrance})
	v.must(err)
	s.Config.Handler = server.Handler()
	s.Start()
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if _, err := v.accounts.Replay(context.WithoutCancel(t.Context()), console); err != nil {
			t.Error(err)
		}
	})
	return v
}

func (v *town) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// ticket returns the path of the link in the latest mail, which must be the
// one called code.
func (v *town) ticket(code string) string {
	v.t.Helper()
	all := v.mail.Mails()
	if len(all) == 0 || all[0].Code != code {
		v.t.Fatalf("latest mails: %+v", all)
	}
	return strings.TrimPrefix(all[0].Args["link"].(string), v.url)
}

// browser is a person at a browser: it keeps cookies and follows redirects.
type browser struct {
	*town
	client *http.Client
	at     string // path and query of the page shown
	status int
	page   string
}

func (v *town) browser() *browser {
	jar, err := cookiejar.New(nil)
	v.must(err)
	return &browser{town: v, client: &http.Client{Jar: jar}}
}

func (b *browser) do(method, path string, form url.Values, header ...string) {
	b.t.Helper()
	q, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	b.must(err)
	q.Header.Set("Accept", "text/html")
	q.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if method == "POST" {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if q.Header.Set(name, value); name == "Host" {
			q.Host = value
		}
	}
	r, err := b.client.Do(q)
	b.must(err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	b.must(err)
	b.status, b.page, b.at = r.StatusCode, string(body), r.Request.URL.RequestURI()
	if strings.HasPrefix(b.page, "<!doctype") {
		lang := locale.ZH
		if strings.HasPrefix(r.Request.URL.Path, "/en/") {
			lang = locale.EN
		}
		for _, fault := range sitetest.Faults(lang, b.page) {
			b.t.Errorf("%s: %s", b.at, fault)
		}
	}
}

// get opens a page.
func (b *browser) get(path string) *browser {
	b.t.Helper()
	b.do("GET", path, nil)
	return b
}

var (
	mainForm = regexp.MustCompile(`(?s)<main.*?<form method="post" action="([^"]*)"[^>]*>(.*?)</form>`)
	hidden   = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// send fills in the first form of the page and sends it.
func (b *browser) send(fields ...string) *browser {
	b.t.Helper()
	m := mainForm.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s has no form:\n%s", b.at, b.page)
	}
	form := url.Values{}
	for _, h := range hidden.FindAllStringSubmatch(m[2], -1) {
		form.Set(html.UnescapeString(h[1]), html.UnescapeString(h[2]))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if !strings.Contains(m[2], `name="`+fields[i]+`"`) {
			b.t.Fatalf("%s has no field %s", b.at, fields[i])
		}
		form.Add(fields[i], fields[i+1])
	}
	b.do("POST", html.UnescapeString(m[1]), form)
	return b
}

// press sends to path a form that holds the token of the page shown.
func (b *browser) press(path string, fields ...string) *browser {
	b.t.Helper()
	form := url.Values{}
	for _, h := range hidden.FindAllStringSubmatch(b.page, -1) {
		if h[1] == web.TokenField {
			form.Set(h[1], h[2])
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	b.do("POST", path, form)
	return b
}

// sees checks the status, the place and what the page says.
func (b *browser) sees(status int, path string, words ...string) *browser {
	b.t.Helper()
	if b.status != status || !strings.HasPrefix(b.at, path) {
		b.t.Errorf("got %d at %s, want %d at %s\n%.3000s", b.status, b.at, status, path, textOf(b.page))
	}
	for _, w := range words {
		if !strings.Contains(textOf(b.page), w) {
			b.t.Errorf("%s does not say %q:\n%.3000s", b.at, w, textOf(b.page))
		}
	}
	return b
}

var tags = regexp.MustCompile(`<[^>]*>`)

func textOf(page string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " "))
}

// click is the development sign-in.
func (v *town) click(id string) *browser {
	v.t.Helper()
	b := v.browser()
	b.get("/zh/dev/sign-in").press("/zh/dev/sign-in", "/account", id)
	return b.sees(200, "/zh/me")
}

// cookie is the secret of the sign-in that the browser keeps.
func (b *browser) cookie() string {
	u, err := url.Parse(b.url)
	b.must(err)
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "kaishu_session") {
			return c.Value
		}
	}
	return ""
}

// code is what the authenticator with that secret shows now.
func (v *town) code(secret string) string {
	v.t.Helper()
	text, err := auth.Code(secret, auth.Step(v.clock.Now()))
	v.must(err)
	return text
}

var typed = regexp.MustCompile(`<code>((?:[A-Z2-7]{4} ?){8})</code>`)

// secret reads the authenticator's secret from the enrolment page.
func (b *browser) secret() string {
	b.t.Helper()
	m := typed.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("no secret on %s:\n%s", b.at, textOf(b.page))
	}
	return strings.ReplaceAll(m[1], " ", "")
}
