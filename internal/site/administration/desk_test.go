package administration

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

// people are who may sit at the desk, by the secret of their sign-in.
var people = map[string]permit.Actor{
	"root": {Account: "root", Session: "s", Roles: []permit.Role{permit.SysAdmin}},
	"two":  {Account: "two", Session: "s", Roles: []permit.Role{permit.SysAdmin}},
	"dep":  {Account: "dep", Behalf: "ops", Session: "s", Roles: []permit.Role{permit.CtrOps}},
	"ops":  {Account: "ops", Session: "s", Roles: []permit.Role{permit.CtrOps}},
	"ina":  {Account: "ina", Session: "s", Roles: []permit.Role{permit.CtrIntake}},
	"aud":  {Account: "aud", Session: "s", Roles: []permit.Role{permit.Auditor}},
	"ann":  {Account: "ann", Session: "s", Organisation: "metro", Roles: []permit.Role{permit.OpnLead}},
}

// desk is the pages on a real database, behind a real server.
type desk struct {
	*testing.T
	*Service
	at     *clock.Manual
	runner *ledger.Runner
	web    http.Handler
	woken  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, at: clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))}
	db := databasetest.Open(t, ledger.Migrations, queue.Migrations, organisation.Migrations, calendar.Migrations, codelist.Migrations, openlist.Migrations, version.Migrations)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	words := sitetest.Words(t, layout.Messages, calendar.Messages, codelist.Messages, Messages)
	look, err := layout.New(words, assets.Files)
	d.must(err)
	first, err := openlist.FirstEdition()
	d.must(err)
	codes, err := codelist.New(t.Context(), db, d.at, first...)
	d.must(err)
	days, err := calendar.New(t.Context(), db, d.at, id.New(d.at))
	d.must(err)
	days.OnChange("owed", func(context.Context, *database.Tx, workday.Calendar) (int, error) { return 3, nil })
	d.runner = ledger.NewRunner(db, log, days.Reactions(), nil)
	d.Service = New(Tools{DB: db, Clock: d.at, Layout: look, Organisations: organisation.New(db), Calendar: days, Codes: codes,
		Versions: version.New(version.Tools{DB: db, Clock: d.at}), Wake: func() { d.woken++ },
		Disk: func() (Disk, error) {
			return Disk{Database: 4 << 20, Serving: 1 << 20, Free: 1 << 30, Size: 100 << 30}, nil
		}})
	list := layout.Both(web.Route{Method: "GET", Path: "/{lang}/datasets", Name: "catalogue.list", May: permit.Public, Do: func(c *web.Context) error { return nil }})
	routes := append(append(d.Routes(), look.Routes()...), list...)
	server, err := web.New(web.Options{Routes: routes, Words: words, Clock: d.at, Log: log, Render: look.Problem,
		Session: func(_ context.Context, secret string) (permit.Actor, error) { return people[secret], nil },
		SignIn:  func(_ context.Context, token string) (permit.Actor, error) { return people[token], nil }})
	d.must(err)
	d.web = server.Handler()
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) send(who string, q *http.Request) (int, string, string) {
	d.Helper()
	q.Header.Set("Accept", "text/html")
	if who != "" {
		q.Header.Set("Cookie", "kaishu_session="+who)
	}
	r := httptest.NewRecorder()
	d.web.ServeHTTP(r, q)
	page := r.Body.String()
	if strings.HasPrefix(r.Header().Get("Content-Type"), "text/html") && page != "" {
		l := locale.ZH
		if strings.HasPrefix(q.URL.Path, "/en/") {
			l = locale.EN
		}
		sitetest.CheckPage(d, l, page)
	}
	return r.Code, r.Header().Get("Location"), page
}

// get asks for a page of the office, in Chinese or, after "/en", in English.
func (d *desk) get(who, path string, status int) string {
	d.Helper()
	code, _, page := d.send(who, httptest.NewRequest("GET", lang(path), nil))
	if code != status {
		d.Fatalf("%s gets %s: %d, want %d\n%s", who, path, code, status, page)
	}
	return page
}

// post sends a form as who would from a page of ours, and returns where it
// leads, or the page that tells what is wrong.
func (d *desk) post(who, path, form string, status int) string {
	d.Helper()
	m := hmac.New(sha256.New, []byte(who))
	m.Write([]byte("form"))
	if form != "" {
		form += "&"
	}
	q := httptest.NewRequest("POST", lang(path), strings.NewReader(form+"csrf="+base64.RawURLEncoding.EncodeToString(m.Sum(nil))))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	code, to, page := d.send(who, q)
	if code != status {
		d.Fatalf("%s posts %s %s: %d, want %d\n%s", who, path, form, code, status, page)
	}
	if to != "" {
		return to
	}
	return page
}

func lang(path string) string {
	if strings.HasPrefix(path, "/en/") {
		return path
	}
	return "/zh/office" + path
}

// typedIn writes a form; pairs are name and value.
func typedIn(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// holds fails for each text that the page lacks.
func (d *desk) holds(page string, texts ...string) {
	d.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			d.Errorf("the page lacks %q:\n%s", text, page)
		}
	}
}

// TestWhoSeesWhichPage: nobody is asked to sign in, whoever has another role
// is told whose part it is.
func TestWhoSeesWhichPage(t *testing.T) {
	d := newDesk(t)
	for path, may := range map[string]string{
		"/bodies": "root ina aud", "/new-body": "root", "/calendar": "root ops aud", "/calendar/paste": "root ops", "/calendar/type": "root ops",
		"/terms": "root ops aud", "/codes": "root", "/codes?list=frequencies": "root", "/codes/domains/transport": "root", "/jobs": "root ops", "/storage": "root ops aud",
	} {
		d.get("", path, 401)
		for _, who := range []string{"root", "ops", "ina", "aud", "ann"} {
			status := 403
			if strings.Contains(may, who) {
				status = 200
				d.get(who, "/en/office"+path, 200)
			}
			d.get(who, path, status)
		}
	}
	d.get("root", "/codes?list=colours", 404)
	d.get("root", "/codes/domains/nothing", 404)
	d.get("root", "/bodies/nothing", 404)
	d.get("root", "/terms/nothing", 404)
	d.get("root", "/calendar/notices/nothing", 404)
	d.get("root", "/calendar?year=12", 422)
	for path, fields := range map[string]string{"/new-body": "/id=x", "/bodies/x/change": "", "/bodies/x/verify": "", "/bodies/x/activate": "", "/bodies/x/suspend": "",
		"/bodies/x/resume": "", "/calendar/paste": "", "/calendar/type": "", "/calendar/notices/x/confirm": "", "/calendar/notices/x/discard": "",
		"/terms": "", "/terms/x/confirm": "", "/terms/x/discard": "", "/codes/domains": "", "/codes/domains/transport/reword": "",
		"/codes/domains/transport/end": "", "/jobs/retry": ""} {
		d.post("", path, fields, 401)
		d.post("ann", path, fields, 403)
		d.post("aud", path, fields, 403)
	}
}
