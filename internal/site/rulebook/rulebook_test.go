package rulebook

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

func house(t *testing.T) *sitetest.House {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, platformrules.Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	rules := platformrules.New(db, now)
	if err := rules.Install(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	return sitetest.NewHouse(t, now, sitetest.Words(t, Messages, platformrules.Messages, layout.Messages), assets.Files, []permit.Actor{
		{Account: "ann", Must: platformrules.AcceptPage},
		{Account: "wen", Roles: []permit.Role{permit.CtrContent}, Office: true},
		{Account: "he", Roles: []permit.Role{permit.CtrContent}, Office: true},
	}, func(look *layout.Layout) []web.Route {
		return append(New(Tools{Rules: rules, Clock: now, Layout: look}).Routes(), rules.Routes()...)
	})
}

func TestEverybodyReadsTheRules(t *testing.T) {
	h := house(t)
	for _, path := range []string{"/zh/rules", "/en/rules", "/zh/rules/1", "/en/rules/1"} {
		page := h.Page(t, "", path)
		if strings.Contains(page, "<form method=\"post\"") {
			t.Errorf("%s asks a visitor to accept", path)
		}
	}
	if page := h.Page(t, "", "/zh/rules"); !strings.Contains(page, "<h2>四、安全责任</h2>") || !strings.Contains(page, "示例") {
		t.Error("the text lacks its chapters or its mark")
	}
	for _, path := range []string{"/zh/rules/2", "/zh/rules/x", "/zh/rules/0"} {
		if a := h.Ask(t, "", "GET", path, nil); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := h.Ask(t, "", "GET", "/api/v1/platform-rules", nil, "Accept: application/json"); a.Status != 200 || !strings.Contains(a.Body, `"sample":true`) {
		t.Errorf("the API: %d %s", a.Status, a.Body)
	}
}

func TestTheRulesAreAcceptedBeforeAnythingElse(t *testing.T) {
	h := house(t)
	if a := h.Ask(t, "ann", "GET", "/zh/about?x=1", nil); a.Status != 303 || a.Header.Get("Location") != "/zh/rules/accept?back=%2Fzh%2Fabout%3Fx%3D1" {
		t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
	}
	page := "/zh/rules/accept?back=%2Fzh%2Fabout%3Fx%3D1"
	if body := h.Page(t, "ann", page); !strings.Contains(body, `value="/zh/about?x=1"`) {
		t.Error("the way back is lost")
	}
	h.Page(t, "ann", "/en/rules/accept")
	if a := h.Send(t, "ann", page, "/zh/rules/accept", "/number", "7", "/back", "/zh/about"); a.Status != layout.Status || !strings.Contains(a.Body, "新版本") {
		t.Errorf("another version is accepted: %d", a.Status)
	}
	if a := h.Send(t, "ann", page, "/zh/rules/accept", "/number", "1", "/back", "https://evil.example/"); a.Status != 303 || a.Header.Get("Location") != "/zh/" {
		t.Errorf("%d %s", a.Status, a.Header.Get("Location"))
	}
	if a := h.Send(t, "ann", page, "/zh/rules/accept", "/number", "1", "/back", "/zh/about?x=1"); a.Status != 303 || a.Header.Get("Location") != "/zh/about?x=1" {
		t.Errorf("%d %s", a.Status, a.Header.Get("Location"))
	}
	if a := h.Ask(t, "", "POST", "/zh/rules/accept", strings.NewReader("/number=1"), "Content-Type: application/x-www-form-urlencoded", "Accept: application/json"); a.Status != 401 {
		t.Errorf("a visitor accepts: %d", a.Status)
	}
}

func TestOneWritesAnotherPublishes(t *testing.T) {
	h := house(t)
	if a := h.Ask(t, "ann", "GET", "/zh/office/rules", nil); a.Status != 403 {
		t.Errorf("a user at the desk: %d", a.Status)
	}
	h.Page(t, "wen", "/zh/office/rules")
	if page := h.Page(t, "wen", "/en/office/rules/new"); !strings.Contains(page, "Scope") {
		t.Error("a new version does not begin with the old")
	}
	a := h.Send(t, "wen", "/zh/office/rules/new", "/zh/office/rules/new", "/content/title/zh", "制度二", "/content/text/zh", "")
	if a.Status != layout.Status || strings.Count(a.Body, `href="#f-content-`) != 3 || !strings.Contains(a.Body, "制度二") {
		t.Errorf("faults: %d, %d of them", a.Status, strings.Count(a.Body, `href="#f-content-`))
	}
	whole := []string{"/content/title/zh", "制度二", "/content/title/en", "Rules two", "/content/text/zh", "## 一\n\n甲<b>", "/content/text/en", "One"}
	a = h.Send(t, "wen", "/zh/office/rules/new", "/zh/office/rules/new", whole...)
	if a.Status != 303 || a.Header.Get("Location") != "/zh/office/rules/2?said=rulebook.said_written" {
		t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
	}
	if page := h.Page(t, "wen", "/zh/office/rules/2"); strings.Contains(page, "/publish\"") || !strings.Contains(page, "起草人以外") {
		t.Error("the author is offered to publish")
	}
	if a := h.Ask(t, "ann", "GET", "/zh/rules/2", nil); a.Status != 404 {
		t.Errorf("a draft is public: %d", a.Status)
	}
	if a := h.Send(t, "wen", "/zh/office/rules/2", "/zh/office/rules/2/publish"); a.Status != layout.Status || !strings.Contains(a.Body, "不同的人") {
		t.Errorf("the author publishes: %d", a.Status)
	}
	h.Page(t, "he", "/en/office/rules/2")
	if a := h.Send(t, "he", "/zh/office/rules/2", "/zh/office/rules/2/publish", "/effective_on", "2020-01-01"); a.Status != layout.Status || !strings.Contains(a.Body, "已经过去") {
		t.Errorf("a day gone: %d", a.Status)
	}
	if a := h.Send(t, "he", "/zh/office/rules/2", "/zh/office/rules/2/publish", "/effective_on", ""); a.Status != 303 {
		t.Errorf("publish: %d", a.Status)
	}
	page := h.Page(t, "", "/zh/rules")
	if !strings.Contains(page, "<h2>一</h2>") || !strings.Contains(page, "甲&lt;b&gt;") || !strings.Contains(page, `href="/zh/rules/1"`) {
		t.Error("the new rules are not shown")
	}
	if page := h.Page(t, "", "/en/rules/1"); !strings.Contains(page, "superseded on 25 November 2026") {
		t.Error("the old rules do not say that they are")
	}
}
