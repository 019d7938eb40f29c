package organisation

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/web"
)

var (
	root   = permit.Actor{Account: "root", Roles: []permit.Role{permit.SysAdmin}}
	intake = permit.Actor{Account: "ina", Roles: []permit.Role{permit.CtrIntake}}
	both   = permit.Actor{Account: "both", Roles: []permit.Role{permit.CtrIntake, permit.SysAdmin}}
)

func bench(t *testing.T) (*Service, *database.DB) {
	t.Helper()
	db := databasetest.Open(t, ledger.Migrations, Migrations)
	s := New(db)
	s.Clock = clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	return s, db
}

func lines(t *testing.T, db *database.DB, id string) (kinds []string) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		all, err := ledger.History(tx, Stream(id))
		for _, l := range all {
			kinds = append(kinds, strings.TrimPrefix(l.Kind, "organisation."))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// TestPutKeepsWhatItLeavesOut: the loader may run again at every start.
func TestPutKeepsWhatItLeavesOut(t *testing.T) {
	s, db := bench(t)
	ctx := t.Context()
	sample := Organisation{ID: "hp", Name: locale.Text{ZH: "上海市黄浦区教育局"}, Kind: Organ, Level: District}
	put := func(o Organisation) Organisation {
		t.Helper()
		if err := s.Put(ctx, root, o); err != nil {
			t.Fatal(err)
		}
		o, err := s.Get(ctx, permit.Actor{}, "hp")
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := put(sample); o.Stage != StageActive || o.District != "310101" {
		t.Errorf("delivered as %+v", o)
	}
	p := Particulars{Name: sample.Name, Kind: Organ, Level: District, District: "310101", USCC: "91350100M000100Y43", Contact: Contact{Phone: "021-12345"}}
	if _, err := s.Do(ctx, root, "hp", Change{Particulars: p, Seen: 1}); err != nil {
		t.Fatal(err)
	}
	if o := put(sample); o.Revision != 2 || o.USCC == "" || o.Contact.Phone == "" {
		t.Errorf("the loader took something away: %+v", o)
	}
	sample.Name.EN = "Education Bureau of Huangpu"
	if o := put(sample); o.Revision != 3 || o.Name.EN == "" || o.USCC == "" {
		t.Errorf("the loader brought nothing: %+v", o)
	}
	if got := strings.Join(lines(t, db, "hp"), " "); got != "adopted changed adopted" {
		t.Errorf("the ledger has %s", got)
	}
	if _, err := s.Do(ctx, root, "hp", Change{Particulars: p, Seen: 2}); !problem.Is(err, problem.Conflict) {
		t.Errorf("an old form: %v", err)
	}
	if err := s.Put(ctx, permit.Actor{Account: "x"}, sample); !problem.Is(err, problem.Forbidden) {
		t.Errorf("anybody may deliver bodies: %v", err)
	}
	dis := permit.Actor{Account: "dis", District: "310101", Roles: []permit.Role{permit.DisOfficer}}
	for id, district := range map[string]string{"near": "310101", "far": "310115"} {
		if _, err := s.Enter(ctx, root, Enter{ID: id, Particulars: Particulars{Name: locale.Text{ZH: id}, Kind: Organ, Level: District, District: district}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(ctx, dis, id); problem.Is(err, problem.NotFound) != (id == "far") {
			t.Errorf("the officer of Huangpu looks at one in %s: %v", district, err)
		}
	}
	if n, err := s.Replay(ctx, permit.Platform); err != nil || n != 3 {
		t.Errorf("replayed %d, %v", n, err)
	}
	if code, err := s.District(ctx, permit.Actor{}, "hp"); err != nil || code != "310101" {
		t.Errorf("district %q, %v", code, err)
	}
	if err := s.Put(ctx, root, Organisation{ID: "hp-school", Name: locale.Text{ZH: "学校"}, Kind: Institution, Level: District, Parent: "hp"}); err != nil {
		t.Fatal(err)
	}
	if code, _ := s.District(ctx, permit.Actor{}, "hp-school"); code != "310101" {
		t.Errorf("the school stands in %q", code)
	}
}

// TestOldRowsBecomeActive: a database of the release before has bodies without
// history; they are kept, and their history begins with the next change.
func TestOldRowsBecomeActive(t *testing.T) {
	old, err := Migrations.ReadFile("migrations/20261123_organisation.sql")
	if err != nil {
		t.Fatal(err)
	}
	at, path := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)), filepath.Join(t.TempDir(), "old.db")
	before := fstest.MapFS{"migrations/20261123_organisation.sql": {Data: old}}
	db, err := database.Open(t.Context(), database.Options{Path: path, Clock: at, Migrations: []fs.FS{ledger.Migrations, before}})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO organisation (id, name_zh, name_en, kind, level, district, sample) VALUES ('old', '老单位', 'Old', 'utility', 'city', '', TRUE)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if db, err = database.Open(t.Context(), database.Options{Path: path, Clock: at, Migrations: []fs.FS{ledger.Migrations, Migrations}}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := New(db)
	o, err := s.Get(t.Context(), permit.Actor{}, "old")
	if err != nil || o.Stage != StageActive || o.Name.EN != "Old" || o.Kind != Utility || !o.Sample {
		t.Errorf("became %+v, %v", o, err)
	}
	if n, err := s.Replay(t.Context(), permit.Platform); err != nil || n != 1 {
		t.Errorf("replayed %d, %v", n, err)
	}
	if err := s.Put(t.Context(), root, Organisation{ID: "old", Name: locale.Text{ZH: "老单位（样例）"}, Kind: Utility, Level: City, Sample: true}); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, db, "old"); len(got) != 1 || got[0] != "adopted" {
		t.Errorf("history %v", got)
	}
}

// TestOnboarding plays the life of a body through the API, with every refusal.
func TestOnboarding(t *testing.T) {
	s, db := bench(t)
	words, err := locale.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]permit.Actor{"root": root, "ina": intake, "both": both, "ann": {Account: "ann", Roles: []permit.Role{permit.OpnEditor}}}
	server, err := web.New(web.Options{Routes: Routes(s), Words: words, Clock: s.Clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
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
	const enter = `{"id":"civil","name":{"zh":"民政局"},"kind":"organ","level":"city","contact":{"phone":"021-12345"}}`
	ask("", "POST", "/api/v1/organisations", enter, http.StatusUnauthorized)
	ask("ann", "POST", "/api/v1/organisations", enter, http.StatusForbidden)
	if got := ask("root", "POST", "/api/v1/organisations", `{"id":"?","kind":"x"}`, 422); strings.Count(got, `"pointer"`) != 4 {
		t.Errorf("not every fault is told: %s", got)
	}
	ask("both", "POST", "/api/v1/organisations", enter, http.StatusCreated)
	ask("root", "POST", "/api/v1/organisations", enter, 422)
	ask("", "GET", "/api/v1/organisations/civil", "", http.StatusNotFound)
	ask("ann", "GET", "/api/v1/organisations/civil", "", http.StatusNotFound)
	ask("ina", "GET", "/api/v1/organisations/civil", "", http.StatusOK)
	ask("root", "POST", "/api/v1/organisations/civil/activate", "", http.StatusConflict)
	ask("both", "POST", "/api/v1/organisations/civil/verify", "", http.StatusForbidden) // entered it
	ask("ann", "POST", "/api/v1/organisations/civil/verify", "", http.StatusForbidden)
	ask("ina", "POST", "/api/v1/organisations/civil/verify", "", http.StatusOK)
	ask("root", "POST", "/api/v1/organisations/civil/activate", "", http.StatusOK)
	ask("root", "POST", "/api/v1/organisations/civil/suspend", "{}", 422)
	ask("root", "POST", "/api/v1/organisations/civil/suspend", `{"reason":"机构撤并"}`, http.StatusOK)
	if got := ask("", "GET", "/api/v1/organisations/civil", "", http.StatusOK); !strings.Contains(got, "机构撤并") || strings.Contains(got, "ina") {
		t.Errorf("the public sees %s", got)
	}
	ask("root", "POST", "/api/v1/organisations/civil/resume", "", http.StatusOK)
	ask("root", "POST", "/api/v1/organisations/civil/change", `{"name":{"zh":"市民政局"},"kind":"organ","level":"city"}`, http.StatusOK)
	var list Bodies
	if err := json.Unmarshal([]byte(ask("", "GET", "/api/v1/organisations?kind=organ&level=city", "", http.StatusOK)), &list); err != nil || list.Total != 1 || list.Items[0].Name.ZH != "市民政局" {
		t.Errorf("list %+v, %v", list, err)
	}
	if got := ask("", "GET", "/api/v1/organisations?kind=enterprise", "", http.StatusOK); !strings.Contains(got, `"items":[]`) {
		t.Errorf("enterprises: %s", got)
	}
	if got := ask("", "GET", "/api/v1/districts", "", http.StatusOK); !strings.Contains(got, "浦东新区") {
		t.Errorf("districts: %s", got)
	}
	if got := strings.Join(lines(t, db, "civil"), " "); got != "entered verified activated suspended resumed changed" {
		t.Errorf("the ledger has %s", got)
	}
}
