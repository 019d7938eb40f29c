package calendar

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/web"
)

// desk is the service behind its API, with two people of operations, and a
// concept that owes answers ten working days after some day.
type desk struct {
	*testing.T
	*Service
	db     *database.DB
	at     *clock.Manual
	runner *ledger.Runner
	web    http.Handler
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, at: clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))}
	d.db = databasetest.Open(t, ledger.Migrations, Migrations)
	d.open()
	d.must(d.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`CREATE TABLE owed (began TEXT NOT NULL, due TEXT NOT NULL)`)
		for _, began := range []string{"2026-12-25", "2026-12-30", "2027-06-01"} {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO owed (began, due) VALUES (?, ?)`, began, d.due(d.Calendar(), began))
			}
		}
		return err
	}))
	return d
}

func (d *desk) open() {
	var err error
	d.Service, err = New(d.Context(), d.db, d.at, id.New(d.at))
	d.must(err)
	d.OnChange("owed", d.recount)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	d.runner = ledger.NewRunner(d.db, log, d.Reactions(), nil)
	words, err := locale.Load(web.Messages, Messages)
	d.must(err)
	people := map[string]permit.Actor{"ops": {Account: "ops", Roles: []permit.Role{permit.CtrOps}}, "root": {Account: "root", Roles: []permit.Role{permit.SysAdmin}},
		"ann": {Account: "ann", Roles: []permit.Role{permit.OpnLead}}, "aud": {Account: "aud", Roles: []permit.Role{permit.Auditor}}}
	server, err := web.New(web.Options{Routes: Routes(d.Service), Words: words, Clock: d.at, Log: log,
		SignIn: func(_ context.Context, token string) (permit.Actor, error) { return people[token], nil }})
	d.must(err)
	d.web = server.Handler()
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) due(c workday.Calendar, began string) workday.Date {
	due, err := c.Add(workday.Date(began), 10)
	d.must(err)
	return due.Day
}

func (d *desk) recount(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	rows, err := tx.Query(`SELECT began, due FROM owed`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	moved := map[string]workday.Date{}
	for rows.Next() {
		var began string
		var due workday.Date
		if err := rows.Scan(&began, &due); err != nil {
			return 0, err
		}
		if now := d.due(c, began); now != due {
			moved[began] = now
		}
	}
	for began, due := range moved {
		if _, err := tx.Exec(`UPDATE owed SET due = ? WHERE began = ?`, due, began); err != nil {
			return 0, err
		}
	}
	return len(moved), rows.Err()
}

func (d *desk) owed() (all string) {
	d.Helper()
	d.must(d.db.Read(d.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT group_concat(due, ' ') FROM (SELECT due FROM owed ORDER BY began)`).Scan(&all)
	}))
	return all
}

func (d *desk) ask(who, method, path, body string, status int) string {
	d.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	if who != "" {
		q.Header.Set("Authorization", "Bearer "+who)
	}
	r := httptest.NewRecorder()
	d.web.ServeHTTP(r, q)
	if r.Code != status {
		d.Fatalf("%s %s by %q: %d %s", method, path, who, r.Code, r.Body)
	}
	return r.Body.String()
}

func into[X any](d *desk, body string) (x X) {
	d.Helper()
	d.must(json.Unmarshal([]byte(body), &x))
	return x
}

const notice2027 = `{"year":2027,"number":"国办发明电〔2026〕8号","url":"https://www.gov.cn/2027.htm","off":["2027-01-01","2027-01-02","2027-01-03","2027-02-05","2027-02-08"],"worked":["2027-01-09"]}`

func TestNoticeOfNextYear(t *testing.T) {
	d := newDesk(t)
	if y := into[Year](d, d.ask("", "GET", "/api/v1/calendar/2027", "", 200)); !y.Provisional || len(y.Off) != 0 {
		t.Errorf("before: %+v", y)
	}
	d.ask("", "POST", "/api/v1/calendar/notices", notice2027, 401)
	d.ask("ann", "POST", "/api/v1/calendar/notices", notice2027, 403)
	d.ask("aud", "POST", "/api/v1/calendar/notices", notice2027, 403)
	d.ask("ann", "GET", "/api/v1/calendar/notices", "", 403)
	if got := d.ask("ops", "POST", "/api/v1/calendar/notices", `{}`, 422); strings.Count(got, `"pointer"`) != 4 {
		t.Errorf("not every fault: %s", got)
	}
	n := into[Notice](d, d.ask("ops", "POST", "/api/v1/calendar/notices", notice2027, 201))
	before := d.owed()
	p := into[Preview](d, d.ask("aud", "GET", "/api/v1/calendar/notices/"+n.ID, "", 200))
	if fmt.Sprint(p.Would) != "[{owed 1}]" || len(p.Differences) != 4 || d.owed() != before || p.Moved != nil {
		t.Errorf("preview: %+v, and due days %s", p, d.owed())
	}
	if d.Calendar().Covers(2027) {
		t.Error("a preview came into force")
	}
	d.ask("ops", "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", "", 403) // entered it
	d.ask("ann", "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", "", 403)
	d.ask("ops", "POST", "/api/v1/calendar/notices/ntc_none/confirm", "", 404)
	d.ask("root", "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", "", 200)
	d.ask("root", "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", "", 409)
	if !d.Calendar().Covers(2027) || !d.Book().Calendar().Covers(2027) {
		t.Error("the calendar in force does not know the notice")
	}
	d.must(d.runner.CatchUp(t.Context()))
	if want := string(d.due(d.Calendar(), "2026-12-25") + " " + d.due(d.Calendar(), "2026-12-30") + " " + d.due(d.Calendar(), "2027-06-01")); d.owed() != want || want == before {
		t.Errorf("due days %s, want %s, were %s", d.owed(), want, before)
	}
	if got := into[Notices](d, d.ask("aud", "GET", "/api/v1/calendar/notices", "", 200)); len(got.Items) != 1 || fmt.Sprint(got.Items[0].Moved) != "[{owed 1}]" {
		t.Errorf("list %+v", got)
	}
	d.amend(n)
}

// amend enters a second notice of the year, confirms it, and opens the
// database again.
func (d *desk) amend(first Notice) {
	d.Helper()
	n := into[Notice](d, d.ask("root", "POST", "/api/v1/calendar/notices", strings.Replace(notice2027, `,"2027-02-08"`, "", 1), 201))
	wrong := into[Notice](d, d.ask("root", "POST", "/api/v1/calendar/notices", notice2027, 201))
	d.ask("ops", "POST", "/api/v1/calendar/notices/"+wrong.ID+"/discard", `{}`, 422)
	d.ask("ops", "POST", "/api/v1/calendar/notices/"+wrong.ID+"/discard", `{"reason":"录重了"}`, 200)
	d.ask("ops", "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", "", 200)
	stages := map[string]Stage{}
	for _, l := range into[Notices](d, d.ask("ops", "GET", "/api/v1/calendar/notices", "", 200)).Items {
		stages[l.ID] = l.Stage
	}
	if stages[first.ID] != StageReplaced || stages[n.ID] != StageInForce || stages[wrong.ID] != StageDiscarded {
		d.Errorf("stages %v", stages)
	}
	d.open()
	if y := into[Year](d, d.ask("", "GET", "/api/v1/calendar/2027", "", 200)); y.Provisional || len(y.Off) != 4 || len(y.Worked) != 1 || y.Number == "" {
		d.Errorf("after opening again: %+v", y)
	}
	d.ask("", "GET", "/api/v1/calendar/soon", "", 404)
	if n, err := d.Replay(d.Context(), permit.Platform); err != nil || n != 3 {
		d.Errorf("replayed %d, %v", n, err)
	}
}

func TestPasteByAPI(t *testing.T) {
	d := newDesk(t)
	text, err := json.Marshal(texts(t)[2026][0])
	d.must(err)
	d.ask("ann", "POST", "/api/v1/calendar/read", `{"text":"x"}`, 403)
	d.ask("ops", "POST", "/api/v1/calendar/read", `{"text":"x"}`, 422)
	p := into[Pasted](d, d.ask("ops", "POST", "/api/v1/calendar/read", `{"text":`+string(text)+`}`, 200))
	if builtIn, _ := d.Calendar().Notice(2026); fmt.Sprint(p.Content.Off) != fmt.Sprint(builtIn.Off) || p.Content.Number != builtIn.Number || len(p.Items) != 7 {
		t.Errorf("read %+v", p.Content)
	}
}

func TestTermsByAPI(t *testing.T) {
	d := newDesk(t)
	const term = `{"name":"application.review","length":8,"unit":"working_days","article":"19(2)","from":"2027-01-01"}`
	if got := into[Terms](d, d.ask("", "GET", "/api/v1/terms", "", 200)); len(got.Items) != len(d.Names()) {
		t.Errorf("delivered %+v", got)
	}
	d.ask("", "POST", "/api/v1/terms", term, 401)
	d.ask("ann", "POST", "/api/v1/terms", term, 403)
	if got := d.ask("ops", "POST", "/api/v1/terms", `{"name":"lunch","from":"2026-11-25"}`, 422); strings.Count(got, `"pointer"`) != 4 {
		t.Errorf("not every fault: %s", got)
	}
	n := into[Term](d, d.ask("ops", "POST", "/api/v1/terms", term, 201))
	other := into[Term](d, d.ask("ops", "POST", "/api/v1/terms", term, 201))
	d.ask("ops", "POST", "/api/v1/terms/"+n.ID+"/confirm", "", 403)
	d.ask("root", "POST", "/api/v1/terms/"+other.ID+"/discard", `{"reason":"录重了"}`, 200)
	d.ask("root", "POST", "/api/v1/terms/"+n.ID+"/confirm", "", 200)
	for day, want := range map[workday.Date]int{"2026-12-31": 10, "2027-01-01": 8, "2023-01-01": 10} {
		if got, err := d.Book().Find("application.review", day); err != nil || got.Length != want {
			t.Errorf("on %s: %+v, %v", day, got, err)
		}
	}
	late := into[Term](d, d.ask("ops", "POST", "/api/v1/terms", strings.Replace(term, "2027-01-01", "2026-11-26", 1), 201))
	d.at.Advance(24 * time.Hour)
	d.ask("root", "POST", "/api/v1/terms/"+late.ID+"/confirm", "", 409)
	if n, err := d.Replay(t.Context(), permit.Platform); err != nil || n != 3 {
		t.Errorf("replayed %d, %v", n, err)
	}
	if all, err := d.Terms(t.Context(), permit.Actor{Roles: []permit.Role{permit.SysAdmin}}); err != nil || len(all) != 3 {
		t.Errorf("terms %+v, %v", all, err)
	}
	if _, err := d.Terms(t.Context(), permit.Actor{Account: "x"}); err == nil {
		t.Error("anybody sees who entered what")
	}
}
