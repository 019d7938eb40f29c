package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// boats is a table of which one column looks like names of persons. All of it
// is made up.
const boats = "code,船名\n1,张伟\n2,李静\n3,王丽华\n4,陈建国\n5,刘洋\n"

// TestRulingByPages: the lead looks at the column that holds the version, says
// why it names nobody, and the version goes on. Article 16(1).
func TestRulingByPages(t *testing.T) {
	o := openOffice(t)
	slug := ownSlug(t)
	editor, lead := o.as(roleAccount(t, "opn_editor")), o.as(roleAccount(t, "opn_lead"))
	sent := editor.upload(t, deskOf+slug+"/upload", "船.csv", boats, "/updated_on", "2026-11-01", "/kind", "full", declared, "true")
	sent.says(t, "sent", http.StatusSeeOther)
	version, _, _ := strings.Cut(sent.to, "?")
	editor.becomes(t, version, "文件没有读成")
	editor.form(t, version+"/settings").says(t, "guess anew", http.StatusSeeOther)
	lead.becomes(t, version, "含姓名").says(t, "what the lead is asked", 200, "认定某列不含标识符", `<option value="船名"`)
	if strings.Contains(editor.get(t, version).body, "认定某列不含标识符") {
		t.Error("the maker is offered to rule")
	}
	editor.form(t, version+"/rule", "/column", "船名", "/reason", "x").says(t, "the maker rules", http.StatusForbidden)
	lead.form(t, version+"/rule", "/column", "code").says(t, "every fault at once", 422, "没有待认定的标识符", "f-reason-rule-fault")
	lead.form(t, version+"/rule", "/column", "船名", "/reason", "以英模命名的船").says(t, "ruled", http.StatusSeeOther)
	lead.becomes(t, version, "核对上面的结果").says(t, "the ruling stands on the page", 200, "经认定不含直接标识符的列", "以英模命名的船")
}

// TestRulingByAPI: the same by the API; strangers learn nothing of it.
func TestRulingByAPI(t *testing.T) {
	data := seeded(t)
	slug := ownSlug(t)
	editor := strings.TrimSpace(must(t, data, "token", roleAccount(t, "opn_editor")))
	lead := strings.TrimSpace(must(t, data, "token", roleAccount(t, "opn_lead")))
	s := start(t, data, "serve")
	_, body := s.ask(t, "POST", "/api/v1/datasets/"+slug+"/versions?not_secret=true&"+url.Values{"name": {"船.csv"}, "recipe": {`{"version":1}`}}.Encode(), editor, strings.NewReader(boats))
	var v struct {
		Number  int
		Stage   string
		Rulings []struct{ Column, Reason, By string }
	}
	if err := json.Unmarshal(body, &v); err != nil || v.Number == 0 {
		t.Fatalf("%s", body)
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
	for _, tt := range []struct {
		who, body string
		want      int
	}{
		{"", `{"column":"船名","reason":"x"}`, http.StatusUnauthorized},
		{editor, `{"column":"船名","reason":"x"}`, http.StatusForbidden},
		{lead, `{"column":"船名"}`, 422},
		{lead, `{"column":"code","reason":"x"}`, 422},
		{lead, `{"column":"船名","reason":"以英模命名的船"}`, 200},
	} {
		if status, body := s.ask(t, "POST", at+"/rule", tt.who, strings.NewReader(tt.body)); status != tt.want {
			t.Errorf("%s: %d %s", tt.body, status, body)
		}
	}
	becomes("staged")
	if status, body := s.ask(t, "POST", at+"/release", lead, nil); status != 200 {
		t.Fatalf("release: %d %s", status, body)
	}
	if becomes("released"); len(v.Rulings) != 1 || v.Rulings[0].Column != "船名" || v.Rulings[0].By == "" {
		t.Errorf("the lead sees %+v", v.Rulings)
	}
	if _, body := s.ask(t, "GET", at, "", nil); strings.Contains(string(body), "英模") {
		t.Errorf("a stranger sees the ruling: %s", body)
	}
}
