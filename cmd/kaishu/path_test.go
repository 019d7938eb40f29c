package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
)

// stage is what the API tells of a version.
type stage struct {
	Number  int    `json:"number"`
	Stage   string `json:"stage"`
	Outcome *struct {
		Rows          int64 `json:"rows"`
		RowsIn        int64 `json:"rows_in"`
		RowsSetAside  int64 `json:"rows_set_aside"`
		CellsSetAside int64 `json:"cells_set_aside"`
	} `json:"outcome"`
}

// anew returns a recipe that leaves everything to be guessed, whatever the
// dataset's earlier files were like.
func anew(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recipe.json")
	if err := os.WriteFile(path, []byte(`{"version":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const sampleFolder = "../../seeds"

// faults returns the code of every fault of an answer.
func faults(t *testing.T, body []byte) (codes []string) {
	t.Helper()
	var p struct{ Errors []struct{ Code string } }
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Errors {
		codes = append(codes, e.Code)
	}
	return codes
}

// seeded returns a data folder that holds the catalogue of the sample city
// with its tables.
func seeded(t *testing.T) string {
	t.Helper()
	return cityAt(t, clock.System{})
}

// TestFileGoesInStrangerGetsRows is the main job through the public
// interface: sent with a token, released by another person, found, queried and
// downloaded by somebody without an account. Articles 9, 16(1) and 17.
func TestFileGoesInStrangerGetsRows(t *testing.T) {
	data := t.TempDir()
	must(t, data, "seed", "--sample", sampleFolder)
	editor := strings.TrimSpace(must(t, data, "token", roleAccount(t, "opn_editor"), "--label", "test"))
	lead := strings.TrimSpace(must(t, data, "token", roleAccount(t, "opn_lead"), "--label", "test"))
	s := start(t, data, "serve")
	slug := ownSlug(t)
	base := "/api/v1/datasets/" + slug + "/versions"

	file := "code,站名,人数\n0012,静安寺,120\n0013,\"人民\n广场\",x\n"
	for i := range 30 {
		file += "0" + itoa(100+i) + ",徐家汇,7\n"
	}
	send := base + "?name=%E7%AB%99.csv&not_secret=true&updated_on=2026-11-01"
	if status, body := s.ask(t, "POST", send, "", strings.NewReader(file)); status != http.StatusUnauthorized {
		t.Errorf("a stranger sends: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", send, lead, strings.NewReader(file)); status != http.StatusForbidden {
		t.Errorf("the lead sends: %d %s", status, body)
	}
	// Every fault at once, and nothing is stored.
	wrong := base + "?kind=full&updated_on=2099-01-01"
	if status, body := s.ask(t, "POST", wrong, editor, strings.NewReader("")); status != 422 ||
		len(faults(t, body)) != 4 || !bytes.Contains(body, []byte("version.not_secret_needed")) {
		t.Errorf("a wrong file: %d %s", status, body)
	}
	status, body := s.ask(t, "POST", send, editor, strings.NewReader(file))
	if status != http.StatusAccepted {
		t.Fatalf("send: %d %s", status, body)
	}
	var v stage
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	at := base + "/" + itoa(v.Number)
	becomes := func(want string) {
		t.Helper()
		until(t, want, func() bool {
			_, body := s.ask(t, "GET", at, editor, nil)
			return json.Unmarshal(body, &v) == nil && v.Stage == want
		})
	}
	// The recipe of the dataset's earlier files does not fit: the platform says
	// what changed, and the editor has this one read anew.
	becomes("refused")
	if _, body := s.ask(t, "GET", at, editor, nil); !bytes.Contains(body, []byte("intake.column_new")) || !bytes.Contains(body, []byte("intake.column_missing")) {
		t.Errorf("what changed is not said: %s", body)
	}
	if status, body := s.ask(t, "POST", at+"/reread", editor, strings.NewReader(`{"version":9,"encoding":"klingon"}`)); status != 422 || !bytes.Contains(body, []byte("/version")) {
		t.Errorf("a bad recipe: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/reread", lead, strings.NewReader(`{"version":1}`)); status != http.StatusForbidden {
		t.Errorf("the lead has it read: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/reread", editor, strings.NewReader(`{"version":1}`)); status != http.StatusAccepted {
		t.Fatalf("reread: %d %s", status, body)
	}
	becomes("staged")
	if status, _ := s.ask(t, "GET", at+"/reading", "", nil); status != http.StatusUnauthorized {
		t.Errorf("a stranger sees how it was read: %d", status)
	}
	if status, body := s.ask(t, "GET", at+"/reading", editor, nil); status != 200 || !bytes.Contains(body, []byte("徐家汇")) {
		t.Errorf("reading: %d %s", status, body)
	}
	if o := v.Outcome; o.RowsIn != 32 || o.Rows+o.RowsSetAside != 32 {
		t.Errorf("outcome %+v", o)
	}
	if status, _ := s.ask(t, "GET", at, "", nil); status != http.StatusNotFound {
		t.Errorf("a stranger knows of a staged version: %d", status)
	}
	if status, _ := s.ask(t, "GET", "/datasets/"+slug+"/versions/"+itoa(v.Number)+"/a.csv", "", nil); status != http.StatusNotFound {
		t.Errorf("a stranger reads a staged version: %d", status)
	}
	if status, body := s.ask(t, "POST", at+"/release", editor, nil); status != http.StatusForbidden {
		t.Errorf("the maker releases: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/release", lead, nil); status != http.StatusOK {
		t.Fatalf("release: %d %s", status, body)
	}
	rows := get[struct {
		Items []map[string]any
		Total int64
		Next  string
	}](t, s, "/api/v1/datasets/"+slug+"/rows?where=code+%3D+%270012%27")
	if rows.Total != 1 || rows.Items[0]["站名"] != "静安寺" {
		t.Errorf("rows %+v", rows)
	}
	for _, name := range []string{"a.csv", "a.xlsx", "a.json", "a.ndjson", "a.parquet", "original"} {
		if status, body := s.ask(t, "GET", "/datasets/"+slug+"/versions/latest/"+name, "", nil); status != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %d, %d bytes", name, status, len(body))
		}
	}
	if status, body := s.ask(t, "GET", "/datasets/"+slug+"/versions/"+itoa(v.Number)+"/original", "", nil); status != 200 || string(body) != file {
		t.Error("the original is not what was sent")
	}
	if status, body := s.ask(t, "POST", at+"/recall", lead, strings.NewReader(`{}`)); status != 422 || !bytes.Contains(body, []byte("reason")) {
		t.Errorf("recall without a reason: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/recall", lead, strings.NewReader(`{"reason":"误传"}`)); status != 200 {
		t.Errorf("recall: %d %s", status, body)
	}
	if status, _ := s.ask(t, "GET", "/datasets/"+slug+"/versions/"+itoa(v.Number)+"/a.csv", "", nil); status != http.StatusGone {
		t.Errorf("a recalled version is still read: %d", status)
	}
}

// TestKilledAtAnyMoment: kill -9 while a file is received, read and staged
// leaves the old state or the new. Afterwards everything that a version names
// is whole, and the work goes on by itself.
func TestKilledAtAnyMoment(t *testing.T) {
	data := seeded(t)
	slug := ownSlug(t)
	file := filepath.Join(t.TempDir(), "big.csv")
	var b bytes.Buffer
	b.WriteString("code,区,值\n")
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 120_000 {
		b.WriteString(itoa(1000+i) + ",区" + itoa(r.IntN(16)) + "," + itoa(r.IntN(1000)) + ".5\n")
	}
	editor, lead := roleAccount(t, "opn_editor"), roleAccount(t, "opn_lead")
	rowsNow := func() int64 {
		s := start(t, data, "serve")
		defer s.stop(t)
		return get[struct{ Total int64 }](t, s, "/api/v1/datasets/"+slug+"/rows?limit=1").Total
	}
	before := rowsNow()
	for i := range killRounds() {
		if err := os.WriteFile(file, append(b.Bytes(), []byte(itoa(i)+",区,1.5\n")...), 0o644); err != nil {
			t.Fatal(err)
		}
		killed(t, data, time.Duration(r.IntN(2500))*time.Millisecond, "import", file, "--not-secret", "--recipe", anew(t), "--dataset", slug, "--by", editor, "--release-by", lead)
		must(t, data, "check")
		if total := rowsNow(); total != before && total != 120_001 {
			t.Fatalf("round %d: a reader sees %d rows, neither the old nor the new", i, total)
		}
	}
	// Whatever was received is read and staged without hands.
	token := strings.TrimSpace(must(t, data, "token", lead, "--label", "test"))
	s := start(t, data, "serve")
	until(t, "everything read", func() bool {
		_, body := s.ask(t, "GET", "/api/v1/datasets/"+slug+"/versions", token, nil)
		return !bytes.Contains(body, []byte(`"stage":"ingested"`)) && !bytes.Contains(body, []byte(`"stage":"profiled"`))
	})
	s.stop(t)
	must(t, data, "check")
}

// TestCheckSeesDamage: kaishu check finds a row that was changed behind the
// ledger's back, and an object whose content is not its name's.
func TestCheckSeesDamage(t *testing.T) {
	data := seeded(t)
	must(t, data, "check")
	db, err := sql.Open("sqlite", filepath.Join(data, "kaishu.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE openlist_entry SET body = replace(body, '"unconditional"', '"conditional"') WHERE slug = 'us-airports'`); err != nil {
		t.Fatal(err)
	}
	if _, err := kaishu(t, data, "check"); err == nil || !strings.Contains(err.Error(), "us-airports") {
		t.Errorf("a changed row: %v", err)
	}
	if _, err := db.Exec(`UPDATE openlist_entry SET body = replace(body, '"conditional"', '"unconditional"') WHERE slug = 'us-airports'`); err != nil {
		t.Fatal(err)
	}
	must(t, data, "check")
	some, err := filepath.Glob(filepath.Join(data, "objects", "*", "*", "*"))
	if err != nil || len(some) == 0 {
		t.Fatal(some, err)
	}
	if err := errors.Join(os.Chmod(some[0], 0o644), os.WriteFile(some[0], []byte("something else"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := kaishu(t, data, "check"); err == nil {
		t.Error("an altered object was not seen")
	}
}

// TestConditionalDataStaysShut attacks hard gate 10 through HTTP: the full
// table of conditional data is not read by file, rows, page, suffix, chart or
// comparison; its sample and its fields are.
func TestConditionalDataStaysShut(t *testing.T) {
	data := seeded(t)
	slug, secret := "hourly-weather", "9876543"
	d := sampleDataset(t, slug)
	file := filepath.Join(t.TempDir(), "full.csv")
	if err := os.WriteFile(file, []byte("date,温度\n2026-01-01 00:00,"+secret+"\n2026-01-01 01:00,12\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := kaishu(t, data, "import", file, "--recipe", anew(t), "--dataset", slug, "--by", d.Editor); err == nil || !strings.Contains(err.Error(), "国家秘密") {
		t.Errorf("a file of which nobody says that it is no secret: %v %s", err, out)
	}
	must(t, data, "import", file, "--not-secret", "--recipe", anew(t), "--dataset", slug, "--by", d.Editor, "--release-by", d.Lead)
	s := start(t, data, "serve")
	for path, want := range map[string]int{
		"/datasets/" + slug + "/versions/2/a.csv": 403, "/datasets/" + slug + "/versions/2/a.parquet": 403, "/datasets/" + slug + "/versions/2/original": 403,
		"/datasets/" + slug + "/versions/2/set-aside.ndjson": 403, "/api/v1/datasets/" + slug + "/rows?version=2": 403, "/api/v1/datasets/" + slug + "/rows?version=2&format=csv": 403,
		"/zh/datasets/" + slug + ".csv?version=2": 403, "/zh/datasets/" + slug + "/compare?from=1&to=2": 403, "/zh/datasets/" + slug + "/rows/0?version=2": 404,
		"/zh/datasets/" + slug + "/statistics.svg?version=2": 404,
		"/datasets/" + slug + "/versions/1/a.csv":            200, "/datasets/" + slug + "/versions/latest/a.csv": 200, "/api/v1/datasets/" + slug + "/rows": 200,
		"/zh/datasets/" + slug + "?version=2": 200, "/zh/datasets/" + slug + "/fields?version=2": 200, "/zh/datasets/" + slug + "/statistics?version=2": 200,
		"/zh/datasets/" + slug + "/versions": 200, "/zh/datasets/" + slug + "/api?version=2": 200, "/api/v1/datasets/" + slug + "?version=2": 200,
		"/api/v1/datasets/" + slug + "/versions": 200,
	} {
		status, body := s.ask(t, "GET", path, "", nil)
		if strings.HasSuffix(path, "/versions") && strings.Contains(path, "/api/") && bytes.Contains(body, []byte(`"rows":2,`)) {
			t.Errorf("%s tells how many rows conditional data has", path)
		}
		if status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
		if bytes.Contains(body, []byte(secret)) {
			t.Errorf("%s shows a cell of conditional data", path)
		}
	}
}

// TestHeldVersionNeedsAReason: a file that was mostly not read waits for the
// lead, whose reason is kept; then it goes on by itself. Article 16(1).
func TestHeldVersionNeedsAReason(t *testing.T) {
	data := seeded(t)
	slug := ownSlug(t)
	editor := strings.TrimSpace(must(t, data, "token", roleAccount(t, "opn_editor")))
	lead := strings.TrimSpace(must(t, data, "token", roleAccount(t, "opn_lead")))
	s := start(t, data, "serve")
	file := "a,b\n" + strings.Repeat("1,x\n", 80) + strings.Repeat("1,x,too many\n", 20)
	status, body := s.ask(t, "POST", "/api/v1/datasets/"+slug+"/versions?name=torn.csv&not_secret=true&recipe=%7B%22version%22%3A1%7D", editor, strings.NewReader(file))
	var v stage
	if err := json.Unmarshal(body, &v); status != http.StatusAccepted || err != nil {
		t.Fatalf("%d %s", status, body)
	}
	at := "/api/v1/datasets/" + slug + "/versions/" + itoa(v.Number)
	becomes := func(want string) {
		t.Helper()
		until(t, want, func() bool {
			_, body := s.ask(t, "GET", at, lead, nil)
			return json.Unmarshal(body, &v) == nil && v.Stage == want
		})
	}
	becomes("blocked")
	if v.Outcome.RowsIn != 100 || v.Outcome.RowsSetAside != 20 {
		t.Errorf("outcome %+v", v.Outcome)
	}
	if status, body := s.ask(t, "POST", at+"/release", lead, nil); status != http.StatusConflict {
		t.Errorf("a held version is released: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/waive", lead, strings.NewReader(`{"reason":" "}`)); status != 422 {
		t.Errorf("waived without a reason: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/waive", editor, strings.NewReader(`{"reason":"x"}`)); status != http.StatusForbidden {
		t.Errorf("the editor waives: %d %s", status, body)
	}
	if status, body := s.ask(t, "POST", at+"/waive", lead, strings.NewReader(`{"reason":"原件如此"}`)); status != 200 {
		t.Fatalf("waive: %d %s", status, body)
	}
	becomes("staged")
	if status, _ := s.ask(t, "POST", at+"/release", lead, nil); status != 200 {
		t.Errorf("release: %d", status)
	}
	_, aside := s.ask(t, "GET", "/datasets/"+slug+"/versions/latest/set-aside.ndjson", "", nil)
	if n := bytes.Count(aside, []byte("\n")); n != 20 || !bytes.Contains(aside, []byte("too many")) {
		t.Errorf("%d lines set aside: %.200s", n, aside)
	}
	d := get[struct {
		Added, Removed struct{ Total int64 }
		Fields         []struct{ Name string }
	}](t, s, "/zh/datasets/"+slug+"/compare.json?from=1&to="+itoa(v.Number))
	if len(d.Fields) == 0 {
		t.Errorf("comparison %+v", d)
	}
}

// TestEveryViewIsData: the address of a page with .csv or .json at its end
// gives the same as data.
func TestEveryViewIsData(t *testing.T) {
	s := start(t, seeded(t), "serve")
	at := "/zh/datasets/us-airports"
	for path, want := range map[string]string{
		"/zh/datasets.json?q=%E6%9C%BA%E5%9C%BA": `"us-airports"`, "/zh/datasets.csv?q=%E6%9C%BA%E5%9C%BA": "us-airports",
		at + ".csv?where=state%3D%27AK%27&select=iata": "iata\n", at + ".json?where=state%3D%27AK%27": `"total":263`,
		at + "/fields.json": `"latitude"`, at + "/fields.csv": "latitude", at + "/statistics.csv?x=state&y=": "州,行数", at + "/statistics.svg?x=state&y=": "<svg",
		at + "/versions.json": `"released"`, "/zh/accessibility": "WCAG", "/robots.txt": "Sitemap", "/sitemap.xml": "/zh/datasets/us-airports", "/licences.txt": "duckdb",
	} {
		if status, body := s.ask(t, "GET", path, "", nil); status != http.StatusOK || !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s: %d, %q is not in %.200s", path, status, want, body)
		}
	}
}
