package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/site/layout/sitetest"
)

// ask sends a request of a program in the page: with headers, as pairs.
func (p *person) ask(t *testing.T, method, path string, body io.Reader, headers ...string) (int, http.Header, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, p.o.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if p.account != "" {
		q.Header.Set("Cookie", "kaishu_session="+p.account)
		q.Header.Set("X-Csrf-Token", p.csrf(t))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header, string(text)
}

// TestFileArrivesInPieces: by tus, over a break, and becomes a version; an
// upload is its sender's own, and can be given up.
func TestFileArrivesInPieces(t *testing.T) {
	o := openOffice(t)
	editor, other := o.as(roleAccount(t, "opn_editor")), o.as("editor-transport")
	const file = "code,名称\n1,甲\n2,乙\n"
	begin := "/api/v1/datasets/" + ownSlug(t) + "/uploads?name=%E7%AB%99.csv&bytes="
	if status, _, _ := other.ask(t, "POST", begin+"9", nil); status != http.StatusForbidden {
		t.Errorf("another body's editor begins an upload: %d", status)
	}
	if status, _, body := editor.ask(t, "POST", "/api/v1/datasets/"+ownSlug(t)+"/uploads?bytes=x", nil); status != 422 || !strings.Contains(body, "name") || !strings.Contains(body, "bytes") {
		t.Errorf("faults at once: %d %s", status, body)
	}
	status, h, body := editor.ask(t, "POST", begin+itoa(len(file)), nil)
	place := h.Get("Location")
	if status != http.StatusCreated || h.Get("Upload-Offset") != "0" || h.Get("Tus-Resumable") != "1.0.0" || !strings.HasPrefix(place, "/api/v1/uploads/") {
		t.Fatalf("begin: %d %v %s", status, h, body)
	}
	piece := func(offset string, part string) (int, string) {
		t.Helper()
		status, h, _ := editor.ask(t, "PATCH", place, strings.NewReader(part), "Upload-Offset", offset, "Content-Type", "application/offset+octet-stream")
		return status, h.Get("Upload-Offset")
	}
	if status, at := piece("0", file[:9]); status != http.StatusNoContent || at != "9" {
		t.Errorf("first piece: %d at %s", status, at)
	}
	if status, at := piece("4", file[4:]); status != http.StatusConflict || at != "9" {
		t.Errorf("a piece that begins elsewhere: %d at %s", status, at)
	}
	if status, _ := piece("", file[9:]); status != http.StatusBadRequest {
		t.Errorf("a piece without a place: %d", status)
	}
	upload := place[strings.LastIndexByte(place, '/')+1:]
	finish := "/api/v1/datasets/" + ownSlug(t) + "/versions?updated_on=2026-11-01&upload=" + upload
	if status, _, _ := editor.ask(t, "POST", finish, nil); status != http.StatusConflict {
		t.Errorf("half a file becomes a version: %d", status)
	}
	finish += "&not_secret=true"
	editor.get(t, deskOf+ownSlug(t)).says(t, "the desk knows", 200, "没有传完的文件", "站.csv")
	for _, method := range []string{"HEAD", "GET", "DELETE"} {
		there, _, told := other.ask(t, method, place, nil, "Traceparent", fixedTrace)
		none, _, nothing := other.ask(t, method, "/api/v1/uploads/upl_none", nil, "Traceparent", fixedTrace)
		if there != http.StatusNotFound || none != there || told != nothing {
			t.Errorf("%s of another's upload: %d, of none: %d; %q, %q", method, there, none, told, nothing)
		}
	}
	if status, h, _ := editor.ask(t, "HEAD", place, nil); status != 200 || h.Get("Upload-Offset") != "9" || h.Get("Upload-Length") != itoa(len(file)) {
		t.Errorf("where it stopped: %d %v", status, h)
	}
	if status, at := piece("9", file[9:]+"too much"); status != http.StatusNoContent || at != itoa(len(file)) {
		t.Errorf("last piece: %d at %s", status, at)
	}
	for _, undeclared := range []string{"", "&not_secret=false"} {
		status, _, body := editor.ask(t, "POST", strings.Replace(finish, "&not_secret=true", undeclared, 1)+"&kind=sample", nil)
		if status != 422 || !strings.Contains(body, "#/not_secret") || !strings.Contains(body, "version.not_secret_needed") {
			t.Errorf("a file of which nobody says that it is no secret: %d %s", status, body)
		}
	}
	status, _, body = editor.ask(t, "POST", finish, nil)
	if status != http.StatusAccepted || !strings.Contains(body, `"not_secret":true`) || !strings.Contains(body, `"bytes":`+itoa(len(file))) || !strings.Contains(body, "站.csv") {
		t.Errorf("finish: %d %s", status, body)
	}
	if status, _, _ := editor.ask(t, "GET", place, nil); status != http.StatusNotFound {
		t.Errorf("a finished upload is still there: %d", status)
	}
	_, h, _ = editor.ask(t, "POST", begin+"100", nil)
	editor.form(t, deskOf+ownSlug(t)+"/uploads/"+h.Get("Location")[len("/api/v1/uploads/"):]+"/cancel").says(t, "given up on its page", http.StatusSeeOther)
	_, h, _ = editor.ask(t, "POST", begin+"100", nil)
	if status, _, _ := editor.ask(t, "DELETE", h.Get("Location"), nil); status != http.StatusNoContent {
		t.Errorf("given up: %d", status)
	}
	editor.get(t, deskOf+ownSlug(t)+"/upload").says(t, "nothing is left", 200)
}

// fixedTrace makes the request's id the same in two answers.
const fixedTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// TestItemsOfAnEntry: an order is begun, its data items are pasted from a
// spreadsheet, kept as a draft, saved; the public page follows when the order
// takes effect, not before.
func TestItemsOfAnEntry(t *testing.T) {
	o := openOffice(t)
	editor, lead := o.as(roleAccount(t, "opn_editor")), o.as(roleAccount(t, "opn_lead"))
	at := "/zh/desk/list/" + ownSlug(t)
	row := []string{"/items/0/name", "code", "/items/0/title/zh", "", "/items/1/name", "name", "/items/1/title/zh", "名称"}
	editor.form(t, at, append(row, "do", "save", "/domain", "environment", "/frequency", "yearly", "/opening", "unconditional", "/title/zh", "x")...).says(t, "by order only", 422, "只能通过工单调整")
	editor.form(t, at+"/orders", "kind", "change").says(t, "begun", http.StatusSeeOther)
	editor.form(t, at+"/orders", "kind", "change").says(t, "one at a time", http.StatusConflict)
	editor.form(t, at, "do", "save", "/items/0/name", "code", "/items/1/name", "code", "/title/zh", "").says(t, "every fault at once", 422, "已经写过", `href="#f-title-zh"`)
	editor.form(t, at, append(row, "do", "paste", "pasted", "字段名\t单位\t中文名\nCODE\t\t居委会代码\nunheard\t\tx\n")...).
		says(t, "pasted", 200, "已填入1项", "居委会代码", "unheard")
	editor.form(t, at, append(row, "do", "paste", "pasted", "nothing here")...).says(t, "nothing found", 422, "没有找到")
	draft := "/api/v1/drafts/listdesk/" + ownSlug(t)
	if status, _, _ := editor.ask(t, "PUT", draft, strings.NewReader(`{"/reason":["Half a word"]}`)); status != 200 {
		t.Errorf("saved: %d", status)
	}
	editor.get(t, at).says(t, "the draft is there again", 200, "Half a word", "这是您在")
	if strings.Contains(lead.get(t, at).body, "Half a word") {
		t.Error("somebody else sees the draft")
	}
	if status, _, _ := lead.ask(t, "GET", draft, nil); status != http.StatusNotFound {
		t.Errorf("another's draft: %d", status)
	}
	if status, _, body := editor.ask(t, "PUT", draft, bytes.NewReader([]byte(`{"/reason":7}`))); status != 422 {
		t.Errorf("no form: %d %s", status, body)
	}
	if status, _, _ := editor.ask(t, "DELETE", draft, nil); status != http.StatusNoContent {
		t.Errorf("dropped: %d", status)
	}
	editor.get(t, "/zh/desk").says(t, "it is the editor's turn", 200, "清单调整工单")
	lead.get(t, at).says(t, "the lead reads", 200, "有工单正在办理")
	if body := o.as("").get(t, "/zh/datasets/"+ownSlug(t)+"/fields").body; strings.Contains(body, "居委会代码") {
		t.Error("a change is shown before it takes effect")
	}
}

// TestPermitIsExplained: in development, to this machine only.
func TestPermitIsExplained(t *testing.T) {
	s := start(t, seeded(t), "serve", "--dev")
	page := func(query string) (int, string) {
		t.Helper()
		status, body := s.ask(t, "GET", "/en/debug/permit?"+query, "", nil)
		return status, string(body)
	}
	for query, want := range map[string]string{
		"act=version.release&account=lead-weather&slug=seattle-daily-weather&number=1":   "flow.not_at_this_stage",
		"act=version.release&account=lead-civil&slug=seattle-daily-weather&number=1":     "permit.not_yours",
		"act=version.release&account=editor-weather&slug=seattle-daily-weather&number=1": "permit.not_your_part",
		"act=version.recall&account=quality&slug=seattle-daily-weather&number=1":         "<h2>Yes</h2>",
		"act=version.release": "permit.sign_in",
		"act=desk.release.zh&account=opn_lead@weather&slug=seattle-daily-weather&number=1": "flow.not_at_this_stage",
		"act=version.release&account=opn_lead@weather&slug=seattle-daily-weather":          "<h2>Yes</h2>",
		"act=account.suspend&account=sec-admin&thing=editor-weather":                       "<h2>Yes</h2>",
		"act=account.resume&account=sec-admin&thing=editor-weather":                        "flow.not_at_this_stage",
		"act=organisation.suspend&account=sys-admin&thing=weather":                         "<h2>Yes</h2>",
		"act=platformrules.publish&account=content&thing=1":                                "flow.not_at_this_stage",
		"act=schedule.confirm&account=lead-weather&slug=seattle-daily-weather":             "flow.not_at_this_stage",
		"act=openlist.describe&account=editor-weather&slug=seattle-daily-weather":          "flow.not_at_this_stage",
	} {
		if status, body := page(query); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d, does not say %s", query, status, want)
		}
	}
	for _, query := range []string{"act=version.release&account=nobody-of-that-name", "act=none.such", "act=version.release&account=king@weather",
		"act=version.release&slug=none", "act=account.suspend&thing=none", "act=proof.accept&thing=none", "act=platformrules.publish&thing=x", "act=calendar.confirm&thing=none"} {
		if status, body := page(query); status != 422 || strings.Contains(body, "<h2>Yes") || !strings.Contains(body, `role="alert"`) {
			t.Errorf("%s: %d", query, status)
		}
	}
	for _, l := range locale.Langs {
		_, _, body := sitetest.Get(t, s.url+"/"+string(l)+"/debug/permit?act=version.release&account=editor-weather&slug=seattle-daily-weather&number=1")
		for _, fault := range sitetest.Faults(l, strings.ReplaceAll(body, "version.release", "act")) { // names of acts look like keys of words
			t.Error(fault)
		}
	}
	q, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/en/debug/permit", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Host = "data.example.cn"
	if r, err := http.DefaultClient.Do(q); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("asked by another name: %v, %v", r, err)
	}
	plain := start(t, seeded(t), "serve")
	if status, _ := plain.ask(t, "GET", "/en/debug/permit", "", nil); status != http.StatusNotFound {
		t.Errorf("without --dev: %d", status)
	}
}
