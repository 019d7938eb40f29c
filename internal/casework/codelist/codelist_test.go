package codelist

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/web"
)

// TestCodesByAPI: a code is added, reworded and ended, never deleted; each
// change is on the ledger and there after opening again.
func TestCodesByAPI(t *testing.T) {
	db, at := databasetest.Open(t, ledger.Migrations, Migrations), clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	s, err := New(t.Context(), db, at, Entry{List: Domains, Code: "transport", Name: locale.Text{ZH: "道路交通", EN: "Roads and transport"}})
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]permit.Actor{"root": {Account: "root", Roles: []permit.Role{permit.SysAdmin}}, "ann": {Account: "ann", Roles: []permit.Role{permit.CtrOps}}}
	server, err := web.New(web.Options{Routes: Routes(s), Words: words, Clock: at, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		SignIn: func(_ context.Context, token string) (permit.Actor, error) { return people[token], nil }})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(who, method, path, body string, status int) string {
		t.Helper()
		q := httptest.NewRequest(method, path, strings.NewReader(body))
		if who != "" {
			q.Header.Set("Authorization", "Bearer "+who)
		}
		r := httptest.NewRecorder()
		server.Handler().ServeHTTP(r, q)
		if r.Code != status {
			t.Fatalf("%s %s by %q: %d %s", method, path, who, r.Code, r.Body)
		}
		return r.Body.String()
	}
	const add = `{"code":"space","name":{"zh":"航天","en":"Space"},"from":"2026-11-25"}`
	ask("", "POST", "/api/v1/codes/domains", add, 401)
	ask("ann", "POST", "/api/v1/codes/domains", add, 403)
	ask("root", "POST", "/api/v1/codes/colours", add, 404)
	if got := ask("root", "POST", "/api/v1/codes/domains", `{"code":"A B","from":"2020-01-01","until":"x","window":3}`, 422); strings.Count(got, `"pointer"`) != 6 {
		t.Errorf("not every fault: %s", got)
	}
	ask("root", "POST", "/api/v1/codes/domains", add, 201)
	ask("root", "POST", "/api/v1/codes/domains", add, 422)
	ask("root", "POST", "/api/v1/codes/domains/transport/end", `{"until":"2026-11-24"}`, 422)
	ask("root", "POST", "/api/v1/codes/domains/nothing/end", `{"until":"2026-11-25"}`, 404)
	ask("ann", "POST", "/api/v1/codes/domains/transport/end", `{"until":"2026-11-25"}`, 403)
	ask("root", "POST", "/api/v1/codes/domains/transport/end", `{"until":"2026-11-25"}`, 200)
	ask("root", "POST", "/api/v1/codes/domains/space/reword", `{"name":{"zh":"航天"}}`, 422)
	ask("root", "POST", "/api/v1/codes/domains/space/reword", `{"name":{"zh":"航空航天","en":"Aerospace"}}`, 200)
	at.Advance(24 * time.Hour)
	ask("root", "POST", "/api/v1/codes/domains/transport/end", `{"until":"2026-12-25"}`, 409)
	ask("root", "POST", "/api/v1/codes/domains", strings.Replace(strings.Replace(add, "space", "transport", 1), "11-25", "11-26", 1), 422)
	ask("", "GET", "/api/v1/codes/colours", "", 404)
	if s, err = New(t.Context(), db, at, Entry{List: Domains, Code: "transport", Name: locale.Text{ZH: "道路交通"}}); err != nil {
		t.Fatal(err)
	}
	got := s.Entries(Domains)
	if len(got) != 2 || got[0].Code != "transport" || got[0].Holds("2026-11-26") || !got[0].Holds("2026-11-25") || got[1].Name.EN != "Aerospace" {
		t.Errorf("after opening again: %+v", got)
	}
	if len(s.Entries(ReturnReasons)) != 4 || len(s.Entries(RecallReasons)) == 0 {
		t.Error("the delivered reasons are missing")
	}
	err = db.Read(t.Context(), func(tx *database.Tx) error {
		lines, err := ledger.History(tx, Stream(Domains, "space"))
		if len(lines) != 2 || lines[1].Kind != "codelist.reworded" || lines[1].Actor != "root" {
			t.Errorf("the ledger has %+v", lines)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
