package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/openlist"
)

const (
	sourcesAPI = "/api/v1/directory/sources"
	brokenAPI  = "/api/v1/directory/broken"
)

// registers enters a source and returns its address.
func (p *person) registers(t *testing.T, x directory.Particulars) (at, id string) {
	t.Helper()
	s := asked[directory.Source](t, p, "POST", sourcesAPI, x, http.StatusCreated)
	return sourcesAPI + "/" + s.ID, s.ID
}

// imports hands in a listing.
func (p *person) imports(t *testing.T, at, name, text string) directory.Snapshot {
	t.Helper()
	status, _, answer := p.ask(t, "POST", at+"/import?name="+name, strings.NewReader(text), "Content-Type", "application/octet-stream")
	var x directory.Snapshot
	if err := json.Unmarshal([]byte(answer), &x); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s", name, status, answer)
	}
	return x
}

// sourced enters a resource with these fields in the listing of the editor's
// body, and hooks the entry's items, which are called the same, to it.
func (o *office) sourced(t *testing.T, editor, slug string, fields ...string) (resource string) {
	t.Helper()
	p := o.as(editor)
	at, id := p.registers(t, directory.Particulars{Name: "本单位目录：" + slug, Body: o.actorAs(t, editor).Organisation, Form: directory.KindFile, Mapping: "resources"})
	p.imports(t, at, "a.json", fmt.Sprintf(`[{"code":%q,"title":"%s的来源表","fields":["%s"]}]`, slug, slug, strings.Join(fields, `","`)))
	var c directory.Attach
	for _, f := range fields {
		c.Pairs = append(c.Pairs, directory.Pair{Field: f, Resource: directory.ResourceID(id, slug), Source: f})
	}
	if v := asked[directory.View](t, p, "PUT", "/api/v1/datasets/"+slug+"/hook", c, 200); v.Hook.Stage != directory.StageVerified {
		t.Fatalf("%+v", v.Hook)
	}
	return directory.ResourceID(id, slug)
}

// workbook is a listing as a spreadsheet.
func workbook(t *testing.T, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTheCatalogueIsRead as JSON, CSV of two encodings and a workbook; each
// import says what it changed, a bad one changes nothing, and a short one is
// asked about.
func TestTheCatalogueIsRead(t *testing.T) {
	o := openOffice(t)
	engineer, editor := o.as("engineer"), o.as("editor-weather")
	bad := directory.Particulars{Form: "ftp", Mapping: "none", Address: "x", Connection: "y"}
	engineer.send(t, "POST", sourcesAPI, jsonMedia, strings.NewReader(encoded(t, bad))).says(t, "every fault", 422, "/name", "/kind", "/mapping", "/address", "/connection")
	editor.send(t, "POST", sourcesAPI, jsonMedia, strings.NewReader(`{"name":"全市","kind":"file","mapping":"fields"}`)).says(t, "an editor for the city", http.StatusForbidden, "本单位")
	engineer.send(t, "POST", sourcesAPI, jsonMedia, strings.NewReader(`{"name":"x","kind":"file","mapping":"fields","body":"nobody"}`)).says(t, "a body that is not there", 422, "/body")
	at, _ := engineer.registers(t, directory.Particulars{Name: "全市目录", Form: directory.KindFile, Mapping: "fields"})

	const head = "目录编码,资源名称,提供单位,字段名,字段中文名,数据类型\n"
	rows := "T001,气象站,样例市气象部门（样例）,id,站号,int\nT001,气象站,样例市气象部门（样例）,name,站名,text\nT002,测风塔,气象部门,id,编号,int\n"
	x := engineer.imports(t, at, "a.csv", strings.ReplaceAll(head, "目录编码", "目录代码")+rows)
	if x.Number != 1 || x.Records != 3 || x.Resources != 2 || x.Fields != 3 || x.Added != 2 || x.Homeless != 1 || !slices.Equal(x.Strangers, []string{"气象部门"}) {
		t.Errorf("%+v", x)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(head, "目录编码", "目录代码") + strings.Replace(rows, "站名,text", "站名,varchar", 1))
	if err != nil {
		t.Fatal(err)
	}
	if x = engineer.imports(t, at, "b.csv", gb); x.Number != 2 || x.Changed != 1 || x.Added != 0 {
		t.Errorf("GB18030: %+v", x)
	}
	changes := asked[directory.ChangeList](t, engineer, "GET", at+"/snapshots/2", nil, 200)
	if len(changes.Items) != 1 || len(changes.Items[0].Fields) != 1 || changes.Items[0].Fields[0] != (directory.FieldChange{Name: "name", Kind: "type", Was: "text", Now: "varchar"}) {
		t.Errorf("%+v", changes)
	}
	sheet := workbook(t, []any{"目录代码", "资源名称", "提供单位", "字段名", "数据类型"}, []any{"T001", "气象站", "样例市气象部门（样例）", "id", "int"}, []any{"T002", "测风塔", "气象部门", "id", "int"}, []any{"T003", "雷达", "样例市气象部门（样例）", "id", "int"})
	if x = engineer.imports(t, at, "c.xlsx", sheet); x.Added != 1 || x.Changed != 2 || x.Resources != 3 {
		t.Errorf("workbook: %+v", x)
	}

	shorter := workbook(t, []any{"目录代码", "资源名称", "提供单位", "字段名"}, []any{"T001", "气象站", "样例市气象部门（样例）", "id"}, []any{"", "无单位", "", ""})
	send := func(query, text string) answer {
		status, _, got := engineer.ask(t, "POST", at+"/import?name=d.xlsx"+query, strings.NewReader(text), "Content-Type", "application/octet-stream", "Accept", "application/json")
		return answer{status, "", got}
	}
	send("", shorter).says(t, "faults and a short list at once", 422, "/records/2/提供单位", "/records/2/字段名", "3 个资源中的 2 个")
	send("&leave_out=true", shorter).says(t, "short", 422, "3 个资源中的 2 个")
	send("", "{").says(t, "no JSON", 422, "第 1 个字节")
	send("", "[1]").says(t, "no records", 422, "一条条记录")
	send("", "").says(t, "an empty file", 422)
	if v := asked[directory.SourceView](t, engineer, "GET", at, nil, 200); v.Snapshot != 3 || len(v.Imports) != 3 {
		t.Errorf("refused imports changed something: %+v", v.Source)
	}
	send("&leave_out=true&shrink=true", shorter).says(t, "meant", 200, `"gone":2`, `"left_out":[{"record":2`)
	found := asked[directory.Page[directory.Found]](t, o.as("grader-weather"), "GET", "/api/v1/directory/resources?q=气象站&body=weather&free=true", nil, 200)
	if len(found.Items) != 1 || found.Items[0].BodyName != "样例市气象部门（样例）" {
		t.Errorf("%+v", found)
	}
	asked[directory.Found](t, o.as("grader-weather"), "GET", "/api/v1/directory/resources/"+found.Items[0].ID, nil, 200)
	first := asked[directory.Page[directory.Found]](t, engineer, "GET", "/api/v1/directory/resources?limit=5", nil, 200)
	next := asked[directory.Page[directory.Found]](t, engineer, "GET", "/api/v1/directory/resources?limit=5&after="+url.QueryEscape(first.Next), nil, 200)
	if len(first.Items) != 5 || len(next.Items) != 5 || next.Items[0].Title < first.Items[4].Title {
		t.Errorf("pages: %d then %d", len(first.Items), len(next.Items))
	}
	editor.get(t, at).says(t, "another's source", http.StatusNotFound)
	editor.get(t, sourcesAPI+"/src_none").says(t, "no source", http.StatusNotFound)
	o.as("person").get(t, sourcesAPI).says(t, "a citizen", http.StatusForbidden)
	if n, err := o.directory.Replay(t.Context(), permit.Platform); err != nil || n != 15 {
		t.Errorf("replay: %d %v", n, err)
	}
}

// TestAHookBreaksAndIsMended: a source that changes breaks the hook at the
// import, its publisher is told and has ten working days, then the authority
// is; an entry with a broken hook cannot be listed (SM-04; hard gate 2).
func TestAHookBreaksAndIsMended(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	o := openOfficeAt(t, now)
	editor, engineer := o.as("editor-weather"), o.as("engineer")
	editor.form(t, "/zh/desk/list/new", "/slug", "stations", "pasted", block).says(t, "begun", http.StatusSeeOther)
	o.refusedBy(t, "stations", "openlist.no_hook")
	at, id := engineer.registers(t, directory.Particulars{Name: "全市目录", Form: directory.KindFile, Mapping: "resources"})
	const listing = `[{"code":"S","title":"气象站表","body":"样例市气象部门（样例）","fields":[{"name":"ID","title":"站号","type":"int"},{"name":"ZM","title":"站名","type":"%s"}]}]`
	engineer.imports(t, at, "a.json", fmt.Sprintf(listing, "text"))
	hook := "/api/v1/datasets/stations/hook"
	suggested := asked[directory.SuggestionList](t, editor, "GET", hook+"/suggestions", nil, 200)
	if len(suggested.Items) != 2 || suggested.Items[0].Source != "ID" || suggested.Items[1].Why != "same_title" {
		t.Fatalf("%+v", suggested)
	}
	s := directory.ResourceID(id, "S")
	editor.send(t, "PUT", hook, jsonMedia, strings.NewReader(`{"pairs":[{"field":"id","resource":"res_0","source":"x"}]}`)).says(t, "every fault", 422, "/pairs/id", "/pairs/name")
	good := directory.Attach{Pairs: []directory.Pair{{Field: "id", Resource: s, Source: "ID"}, {Field: "name", Resource: s, Source: "ZM"}}}
	v := asked[directory.View](t, editor, "PUT", hook, good, 200)
	if v.Hook.Stage != directory.StageVerified || v.Items[1].From != "气象站表" {
		t.Fatalf("%+v", v)
	}
	for name, status := range map[string]int{"editor-transport": 404, "person": 403, "lead-weather": 200, "quality": 200, "authority": 200} {
		o.as(name).get(t, hook).says(t, name, status)
	}
	o.as("editor-transport").get(t, "/api/v1/datasets/nothing/hook").says(t, "no entry", 404)
	o.as("list-reviewer").send(t, "POST", hook+"/exempt", jsonMedia, strings.NewReader(`{"why":"无系统"}`)).says(t, "verified", http.StatusConflict)

	engineer.imports(t, at, "b.json", fmt.Sprintf(listing, "int"))
	if v = asked[directory.View](t, editor, "GET", hook, nil, 200); v.Hook.Stage != directory.StageBroken || v.Items[1].Breach != "type_changed" || v.Left.Days != 10 {
		t.Fatalf("%+v", v)
	}
	if !editor.told(t, "directory.broken") || !o.as("quality").told(t, "directory.broke_today") || o.as("authority").told(t, "directory.overdue") {
		t.Error("told")
	}
	o.refusedBy(t, "stations", "openlist.hook_broken")
	if p := asked[directory.Page[directory.Trouble]](t, o.as("quality"), "GET", brokenAPI, nil, 200); len(p.Items) != 1 || p.Items[0].Title != "全市气象站点基本情况" {
		t.Errorf("%+v", p)
	}
	if p := asked[directory.Page[directory.Trouble]](t, o.as("editor-transport"), "GET", brokenAPI, nil, 200); len(p.Items) != 0 {
		t.Errorf("another body sees %+v", p)
	}
	now.Advance(workday.Date("2026-12-11").Time().Add(9 * time.Hour).Sub(now.Now()))
	if err := o.directory.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	if !o.as("authority").told(t, "directory.overdue") {
		t.Error("the authority was not told")
	}
	asked[directory.View](t, editor, "PUT", hook, good, 200)
	o.sourceless(t, "stations", "openlist.hook_broken", "openlist.no_hook")
	engineer.imports(t, at, "c.json", fmt.Sprintf(listing, "text"))
	if v = asked[directory.View](t, editor, "GET", hook, nil, 200); v.Hook.Stage != directory.StageBroken {
		t.Errorf("a type that changed back: %+v", v.Hook)
	}
	engineer.imports(t, at, "d.json", fmt.Sprintf(listing, "int"))
	if v = asked[directory.View](t, editor, "GET", hook, nil, 200); v.Hook.Stage != directory.StageVerified || !editor.told(t, "directory.mended") {
		t.Errorf("it is there again: %+v", v.Hook)
	}
	if _, err := o.directory.Replay(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
}

// refusedBy wants a finding of the gates.
func (o *office) refusedBy(t *testing.T, slug, code string) {
	t.Helper()
	c, err := o.adjustments.Compliance(t.Context(), o.actorAs(t, "editor-weather"), slug)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range c.Gates {
		if slices.ContainsFunc(g.Fails, func(f openlist.Finding) bool { return f.Code == code }) {
			return
		}
	}
	t.Errorf("%s is not refused for %s: %+v", slug, code, c.Gates)
}

// sourceless wants none of these findings.
func (o *office) sourceless(t *testing.T, slug string, codes ...string) {
	t.Helper()
	c, err := o.adjustments.Compliance(t.Context(), o.actorAs(t, "editor-weather"), slug)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range c.Gates {
		for _, f := range g.Fails {
			if slices.Contains(codes, f.Code) {
				t.Errorf("%s is refused for %s", slug, f.Code)
			}
		}
	}
}

// TestDataWithoutASystemIsExempt by a reviewer of the centre, and only such
// (Article 10(3) and (4)).
func TestDataWithoutASystemIsExempt(t *testing.T) {
	o := openOffice(t)
	editor, reviewer := o.as("editor-weather"), o.as("list-reviewer")
	editor.form(t, "/zh/desk/list/new", "/slug", "stations", "pasted", block).says(t, "begun", http.StatusSeeOther)
	const at = "/api/v1/datasets/stations/hook/exempt"
	reviewer.send(t, "POST", at, jsonMedia, strings.NewReader(`{}`)).says(t, "every fault", 422, "/why", "/source_kind")
	e, err := o.entries.Get(t.Context(), o.actorAs(t, "editor-weather"), "stations")
	if err != nil {
		t.Fatal(err)
	}
	e.SourceKind = openlist.FromDailyWork
	asked[any](t, editor, "PUT", "/api/v1/datasets/stations/draft", e.Description, 200)
	editor.send(t, "POST", at, jsonMedia, strings.NewReader(`{"why":"x"}`)).says(t, "the editor himself", http.StatusForbidden)
	if v := asked[directory.View](t, reviewer, "POST", at, directory.Exempt{Why: "日常巡查表格"}, 200); v.Hook.Stage != directory.StageExempt {
		t.Errorf("%+v", v.Hook)
	}
	o.sourceless(t, "stations", "openlist.no_hook", "openlist.exempt_without_kind")
	e.SourceKind = ""
	asked[any](t, editor, "PUT", "/api/v1/datasets/stations/draft", e.Description, 200)
	o.refusedBy(t, "stations", "openlist.exempt_without_kind")
}

// TestListingsComeByThemselves from an address, every night and on request; a
// server that fails changes nothing, and the engineer is told.
func TestListingsComeByThemselves(t *testing.T) {
	var status atomic.Int64
	status.Store(http.StatusOK)
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, `{"resources":[{"code":"1","title":"一","body":"样例市气象部门（样例）","fields":["a"]}]}`)
	}))
	t.Cleanup(portal.Close)
	port := portal.URL[strings.LastIndex(portal.URL, ":")+1:]
	o := openOffice(t, "KAISHU_REACHABLE=127.0.0.1/32", "KAISHU_REACHABLE_PORTS="+port)
	engineer := o.as("engineer")
	engineer.send(t, "POST", sourcesAPI, jsonMedia, strings.NewReader(`{"name":"x","kind":"http","mapping":"resources","address":"http://169.254.169.254/"}`)).says(t, "an address inside", 422, "/address")
	at, id := engineer.registers(t, directory.Particulars{Name: "门户", Form: directory.KindHTTP, Mapping: "resources", Address: portal.URL + "/catalogue.json"})
	if x := asked[directory.Snapshot](t, engineer, "POST", at+"/sync", nil, 200); x.Resources != 1 || x.Name != "catalogue.json" {
		t.Errorf("%+v", x)
	}
	status.Store(http.StatusBadGateway)
	engineer.send(t, "POST", at+"/sync", "", nil).says(t, "a server that fails", 422, "502")
	if err := o.directory.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	if !engineer.told(t, "directory.not_synced") {
		t.Error("the engineer was not told")
	}
	if v := asked[directory.SourceView](t, engineer, "GET", sourcesAPI+"/"+id, nil, 200); v.Snapshot != 1 {
		t.Errorf("%+v", v)
	}
	file, _ := engineer.registers(t, directory.Particulars{Name: "文件", Form: directory.KindFile, Mapping: "resources"})
	engineer.send(t, "POST", file+"/sync", "", nil).says(t, "a file does not come", http.StatusConflict)
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHooksByForms: the form of a hook tells each fault beside its item, saves,
// and a listing is handed in by the page.
func TestHooksByForms(t *testing.T) {
	o := openOffice(t)
	editor, engineer := o.as("editor-weather"), o.as("engineer")
	const hook = "/zh/desk/directory/hooks/global-temperature"
	page := editor.get(t, hook)
	page.says(t, "the form", 200, "data/global-temp.csv", `selected`, "来源齐全")
	found := asked[directory.Page[directory.Found]](t, editor, "GET", "/api/v1/directory/resources?q=global", nil, 200)
	at := found.Items[0].ID
	editor.form(t, hook, "/items/0/field", "year", "/items/0/from", "", "/items/1/field", "temp", "/items/1/from", at+" nothing").says(t, "faults", 422, `href="#f-items-0-from"`, "请为数据项“year”", "没有字段“nothing”", `href="#f-items-1-from"`)
	editor.form(t, hook, "/items/0/field", "year", "/items/0/from", at+" temp", "/items/1/field", "temp", "/items/1/from", at+" year").says(t, "saved", http.StatusSeeOther)
	editor.get(t, hook+"?q=weather&from="+at).says(t, "looking for more", 200, "取用它的字段")
	editor.get(t, "/zh/desk/directory/resources/"+at).says(t, "a resource", 200, "global-temperature")
	engineer.form(t, "/zh/desk/directory/sources", "/name", "", "/kind", "http", "/mapping", "resources").says(t, "a bad source", 422, `href="#f-name"`, `href="#f-address"`)
	made := engineer.form(t, "/zh/desk/directory/sources", "/name", "全市", "/kind", "file", "/mapping", "fields")
	made.says(t, "a source", http.StatusSeeOther)
	source := strings.TrimSuffix(strings.Split(made.to, "?")[0], "/")
	engineer.upload(t, source+"/import", "", "").says(t, "no file", 422, "请选择目录文件")
	engineer.upload(t, source+"/import", "a.csv", "资源名称,提供单位,字段名\n表,单位,\n表,单位,a\n").says(t, "faults", 422, "/records/1/字段名", `name="leave_out"`)
	engineer.upload(t, source+"/import", "a.csv", "资源名称,提供单位,字段名\n表,单位,\n表,单位,a\n", "leave_out", "true").says(t, "left out", http.StatusSeeOther)
	engineer.get(t, source).says(t, "the import", 200, "第1条记录有错误", "单位不在平台上")
	engineer.get(t, source+"/snapshots/1").says(t, "what it changed", 200, "新增")
	engineer.form(t, source+"/sync").says(t, "a file does not come", 422, "请上传")
	editor.get(t, source).says(t, "another's", 404)
	o.as("list-reviewer").form(t, "/zh/desk/directory/hooks/global-temperature/exempt", "/why", "x").says(t, "not from here", http.StatusConflict)
}
