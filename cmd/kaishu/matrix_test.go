package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// crowd is a platform in which a test can be any role of any body: the secret
// of a sign-in is "role@body", or one of [crowd.enter]. The route of the last request is remembered.
type crowd struct {
	*platform
	*web.Server
	route atomic.Value
}

// Enabled, Handle, WithAttrs and WithGroup make a crowd the log: it looks for
// the name of the route.
func (c *crowd) Enabled(context.Context, slog.Level) bool { return true }
func (c *crowd) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if r.Message == "request" && a.Key == "route" {
			c.route.Store(a.Value.String())
		}
		return true
	})
	return nil
}
func (c *crowd) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c *crowd) WithGroup(string) slog.Handler      { return c }

func openCrowd(t *testing.T, settings ...string) *crowd {
	t.Helper()
	o := openOffice(t, settings...)
	c := &crowd{platform: o.platform}
	o.platform.log = slog.New(c)
	s, err := o.platform.server(&atomic.Bool{})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.catalogue.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Session = func(ctx context.Context, secret string) (permit.Actor, error) {
		if strings.Contains(secret, "@") {
			return actorOf(secret), nil
		}
		return o.accounts.Session()(ctx, secret) // a real sign-in, see [crowd.enter]
	}
	c.Server = s
	return c
}

func actorOf(secret string) permit.Actor {
	role, body, known := strings.Cut(secret, "@")
	if !known {
		return permit.Actor{}
	}
	a := permit.Actor{Account: secret, Name: secret, Organisation: body, Session: "session-" + secret, Roles: []permit.Role{permit.Role(role)}}
	a.Office = !slices.Contains(permit.PublicRoles, a.Roles[0])
	if body == "district-data" {
		a.District = "310101"
	}
	return a
}

// send sends a request as somebody; "" is nobody. Problems come as JSON.
func (c *crowd) send(secret, method, path, media, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, c.request(secret, method, path, media, body))
	return w
}

func (c *crowd) request(secret, method, path, media, body string) *http.Request {
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	q.Header.Set("Traceparent", fixedTrace)
	q.Header.Set("Accept", "application/json")
	if media != "" {
		q.Header.Set("Content-Type", media)
	}
	if secret != "" {
		q.Header.Set("Cookie", "kaishu_session="+secret)
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte("form"))
		q.Header.Set("X-Csrf-Token", base64.RawURLEncoding.EncodeToString(m.Sum(nil)))
	}
	return q
}

// codeOf is the code of a problem; "" if the answer is none.
func codeOf(w *httptest.ResponseRecorder) string {
	var p struct{ Code string }
	if !strings.Contains(w.Header().Get("Content-Type"), "problem+json") || json.Unmarshal(w.Body.Bytes(), &p) != nil {
		return ""
	}
	return p.Code
}

// class is one kind of dataset, of the body "weather".
type class struct {
	name, slug string
	number     int
}

// classes makes one dataset of each kind.
func (c *crowd) classes(t *testing.T) []class {
	t.Helper()
	ctx := t.Context()
	editor, lead := actorOf("opn_editor@weather"), actorOf("opn_lead@weather")
	enter := func(slug string, more ...openlist.Request) {
		t.Helper()
		d := openlist.Description{Title: locale.Text{ZH: slug}, Abstract: locale.Text{ZH: slug}, Publisher: "weather", Domain: "resources", Frequency: "yearly", Opening: openlist.Unconditional}
		for _, code := range c.entries.Codes(permit.Actor{}).Domains {
			d.Domain = code.Code
		}
		first := openlist.Request{Who: permit.Platform, Slug: slug, Command: openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}}
		if slug == "matrix-draft" {
			first = openlist.Request{Who: editor, Slug: slug, Command: openlist.Describe{Description: d}}
		}
		if err := c.entries.DoAll(ctx, lead, append([]openlist.Request{first}, more...)); err != nil {
			t.Fatal(err)
		}
	}
	enter("matrix-draft")
	enter("matrix-stopped", openlist.Request{Who: lead, Slug: "matrix-stopped", Command: openlist.Suspend{Reasons: []string{"核实"}}})
	enter("matrix-gone")
	if err := c.db.Write(ctx, func(tx *database.Tx) error {
		_, err := c.entries.MoveTx(tx, permit.Platform, "matrix-gone", openlist.Withdraw{Reasons: []string{"调整"}}, openlist.World{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	enter("matrix-staged")
	for _, slug := range []string{"matrix-staged"} {
		v, err := c.versions.Receive(ctx, editor, version.Upload{Dataset: slug, Kind: version.Full, Name: "a.csv", UpdatedOn: "2026-11-01", NotSecret: true}, strings.NewReader("a,b\n1,x\n2,y\n"))
		if err == nil {
			v, err = c.loader.Await(ctx, editor, slug, v.Number)
		}
		if err != nil || v.Stage != version.StageStaged {
			t.Fatalf("%s: %v, %v", slug, v.Stage, err)
		}
	}
	return []class{{"unconditional", "seattle-daily-weather", 1}, {"conditional, with a sample", "hourly-weather", 1}, {"draft", "matrix-draft", 1},
		{"suspended", "matrix-stopped", 1}, {"withdrawn", "matrix-gone", 1}, {"not released yet", "matrix-staged", 1}}
}

// crowdOf lists whom every route is tried as: every role at home, those of a
// body in another body too, and nobody.
func crowdOf() (all []string) {
	all = append(all, "")
	for _, r := range permit.Roles {
		all = append(all, string(r)+"@weather")
		if r.Reach() == permit.OwnBody {
			all = append(all, string(r)+"@transport")
		}
	}
	return append(all, "dis_officer@district-data")
}

// at fills in the places of a path.
func at(path string, x class) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		switch {
		case part == "{slug}":
			parts[i] = x.slug
		case part == "{n}" || part == "{number}":
			parts[i] = itoa(max(1, x.number))
		case part == "{file}":
			parts[i] = "a.csv"
		case part == "{$}":
			parts[i] = ""
		case part == "{lang}":
			parts[i] = "zh"
		case strings.HasPrefix(part, "{"):
			parts[i] = "none"
		}
	}
	return strings.Join(parts, "/")
}

// TestMatrix tries every route as every role on every class of dataset, and
// wants what the permission tables say; a route without a rule does not even
// start (see web.New). Requirements A.8, issue 4.
func TestMatrix(t *testing.T) {
	c := openCrowd(t)
	classes, people := c.classes(t), crowdOf()
	cells := 0
	for _, r := range c.Routes {
		if strings.HasSuffix(r.Name, ".en") || r.Method == "" || strings.HasPrefix(r.Path, "/debug") {
			continue
		}
		on := []class{{}}
		if strings.Contains(r.Path, "{slug}") {
			on = classes
		}
		for _, x := range on {
			for _, who := range people {
				cells++
				if fault := c.cell(r, x, who); fault != "" {
					t.Errorf("%s %s (%s) on %s as %q: %s", r.Method, r.Path, r.Name, x.name, who, fault)
				}
			}
		}
	}
	t.Logf("%d cells", cells)
	if cells < 5000 {
		t.Errorf("only %d cells", cells)
	}
}

// cell tries one cell and says what is wrong with the answer.
func (c *crowd) cell(r web.Route, x class, who string) string {
	media, body := "", ""
	if r.Method != http.MethodGet {
		if media = "application/x-www-form-urlencoded"; r.API {
			media, body = "application/json", "{}"
		}
	}
	actor := actorOf(who)
	w := c.send(who, r.Method, at(r.Path, x), media, body)
	code, status := codeOf(w), w.Code
	switch asked := r.May.Asked(actor); {
	case status >= 500:
		return "status " + itoa(status) + " " + w.Body.String()
	case asked != nil && !actor.Known():
		if status != http.StatusUnauthorized {
			return "nobody gets " + itoa(status) + " " + code
		}
		return ""
	case asked != nil:
		if status != http.StatusForbidden || code != "permit.not_your_part" {
			return "somebody without the role gets " + itoa(status) + " " + code
		}
		return ""
	case code == "permit.sign_in" || code == "permit.not_your_part":
		return "who may ask gets " + code
	case x.slug == "":
		return ""
	}
	home := r.May.Allows(actor, permit.Thing{Body: "weather", Account: actor.Account})
	staff := actor.Organisation == "weather" && actor.HasAny(permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead)
	if !home {
		if status < 400 {
			return "who has no part in this body gets " + itoa(status)
		}
		return c.sameAsNothing(r, x, who, w)
	}
	if status == http.StatusForbidden && (code == "permit.not_yours" || code == "flow.not_your_step") {
		return "who has the part gets " + code
	}
	public := slices.Contains(r.May.By, permit.Visitor)
	works := staff || actor.HasAny(permit.CtrEngineer, permit.CtrQuality)
	if hidden := x.name == "not released yet" && strings.Contains(r.Path, "{n}") && !works; public && (hidden || x.name == "draft" && !staff) {
		return c.sameAsNothing(r, x, who, w)
	}
	if cells := strings.Contains(r.Path, "/rows") || strings.Contains(r.Path, "{file}") || strings.HasSuffix(r.Path, "/original"); cells && status < 300 {
		if x.name == "suspended" || x.name == "withdrawn" || x.name == "not released yet" && !staff {
			return "cells leave: " + itoa(status)
		}
	}
	return ""
}

// sameAsNothing: what one may not know looks exactly like what does not exist.
func (c *crowd) sameAsNothing(r web.Route, x class, who string, w *httptest.ResponseRecorder) string {
	if w.Code == http.StatusForbidden && x.name != "draft" && !strings.Contains(x.name, "not released") {
		return "" // the dataset itself is no secret
	}
	media, body := "", ""
	if r.Method != http.MethodGet {
		if media = "application/x-www-form-urlencoded"; r.API {
			media, body = "application/json", "{}"
		}
	}
	nothing, number := "no-such-dataset", x.number
	if codeOf(w) == "version.not_found" && x.name != "draft" { // the dataset is no secret, the version is
		nothing, number = x.slug, 987
	}
	none := c.send(who, r.Method, at(r.Path, class{slug: nothing, number: number}), media, body)
	got, want := strings.ReplaceAll(w.Body.String(), x.slug, "X"), strings.ReplaceAll(none.Body.String(), nothing, "X")
	got, want = strings.ReplaceAll(got, "第1版", "第N版"), strings.ReplaceAll(strings.ReplaceAll(want, "第987版", "第N版"), "第1版", "第N版")
	if x.name == "not released yet" && w.Code == http.StatusForbidden && none.Code == http.StatusNotFound {
		return "" // the entry is public; that nothing may be done to it by outsiders is no secret
	}
	if w.Code != none.Code || got != want {
		return "differs from nothing: " + itoa(w.Code) + " " + got + " | " + itoa(none.Code) + " " + want
	}
	return ""
}
