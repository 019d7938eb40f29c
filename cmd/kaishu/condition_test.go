package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

const conditionsOf = "/api/v1/datasets/hourly-weather/conditions"

// asked decodes the answer to a request that must succeed.
func asked[T any](t *testing.T, p *person, method, path string, body any, want int) (v T) {
	t.Helper()
	var r io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r = strings.NewReader(string(text))
	}
	status, _, answer := p.ask(t, method, path, r)
	if status != want {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	if want < 300 {
		if err := json.Unmarshal([]byte(answer), &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// TestConditionsByTheInterface leads a set through its life: Articles 15(1)
// and 18(1). Everybody reads what is in force, before any login.
func TestConditionsByTheInterface(t *testing.T) {
	o := openOffice(t)
	public, editor, lead, reviewer := o.as(""), o.as("editor-weather"), o.as("lead-weather"), o.as("list-reviewer")
	now := asked[condition.View](t, public, "GET", conditionsOf, nil, 200)
	if now.Set.Version != 1 || now.Set.Stage != condition.StageInForce || len(now.Set.Conditions) != 4 || now.Set.Did != nil || len(now.Can) != 0 {
		t.Fatalf("in force: %+v", now)
	}
	for _, path := range []string{"/api/v1/datasets/seattle-daily-weather/conditions", "/api/v1/datasets/nothing/conditions", conditionsOf + "/2", conditionsOf + "/x"} {
		asked[any](t, public, "GET", path, nil, http.StatusNotFound)
	}
	asked[any](t, o.as("editor-civil"), "POST", conditionsOf, nil, http.StatusForbidden)
	asked[any](t, editor, "POST", "/api/v1/datasets/seattle-daily-weather/conditions", nil, http.StatusConflict)
	draft := asked[condition.Set](t, editor, "POST", conditionsOf, nil, http.StatusCreated)
	asked[any](t, editor, "POST", conditionsOf+"/2/propose", nil, http.StatusConflict) // nothing differs
	content := draft.Content
	content.Conditions = append(content.Conditions, condition.Condition{Kind: condition.Other})
	asked[condition.Set](t, editor, "PUT", conditionsOf+"/2", content, 200)
	_, _, faults := editor.ask(t, "POST", conditionsOf+"/2/propose", nil)
	for _, pointer := range []string{"#/conditions/4/text/zh", "#/conditions/4/risk/zh", "#/materials_confirmed"} {
		if !strings.Contains(faults, pointer) {
			t.Errorf("%s is not told of: %s", pointer, faults)
		}
	}
	content.Conditions[4].Text.ZH, content.Conditions[4].Risk.ZH, content.MaterialsConfirmed = "不得与个人信息结合", "推断出个人行踪", true
	asked[condition.Set](t, editor, "PUT", conditionsOf+"/2", content, 200)
	const template = conditionsOf + "/2/materials/commitment/template"
	asked[any](t, lead, "PUT", template+"?name=a.png", nil, http.StatusForbidden)
	if status, _, body := editor.ask(t, "PUT", template+"?name=a.exe", strings.NewReader("MZ")); status != 422 || !strings.Contains(body, "#/file") {
		t.Errorf("a program as a template: %d %s", status, body)
	}
	if status, _, body := editor.ask(t, "PUT", template+"?name=a.png", picture(t)); status != 200 {
		t.Fatalf("a template: %d %s", status, body)
	}
	asked[condition.Set](t, editor, "POST", conditionsOf+"/2/propose", nil, 200)
	asked[any](t, public, "GET", conditionsOf+"/2", nil, http.StatusNotFound)
	lead.becomes(t, "/zh/inbox", "第2版开放条件等待审核")
	asked[any](t, lead, "POST", conditionsOf+"/2/accept", nil, http.StatusConflict) // nobody endorsed it (A15.7)
	asked[any](t, lead, "POST", conditionsOf+"/2/endorse", nil, http.StatusForbidden)
	asked[condition.Set](t, reviewer, "POST", conditionsOf+"/2/endorse", nil, 200)
	asked[any](t, lead, "POST", conditionsOf+"/2/return", condition.Return{}, 422)
	asked[condition.Set](t, lead, "POST", conditionsOf+"/2/return", condition.Return{Reason: "请补英文"}, 200)
	editor.becomes(t, "/zh/inbox", "请补英文")
	asked[condition.Set](t, editor, "POST", conditionsOf+"/2/propose", nil, 200)
	asked[condition.Set](t, reviewer, "POST", conditionsOf+"/2/endorse", nil, 200)
	asked[condition.Set](t, lead, "POST", conditionsOf+"/2/accept", nil, 200)
	now = asked[condition.View](t, public, "GET", conditionsOf, nil, 200)
	if now.Set.Version != 2 || len(now.Changes) == 0 || len(now.Templates) != 1 {
		t.Errorf("in force: %+v", now)
	}
	if old := asked[condition.View](t, public, "GET", conditionsOf+"/1", nil, 200); old.Set.Stage != condition.StageSuperseded {
		t.Errorf("the old set is %s", old.Set.Stage)
	}
	if all := asked[condition.Sets](t, public, "GET", conditionsOf+"/history", nil, 200); len(all.Items) != 2 {
		t.Errorf("history %+v", all)
	}
	status, header, body := public.ask(t, "GET", conditionsOf+"/templates/"+now.Templates[0].ID, nil)
	if status != 200 || header.Get("Content-Disposition") != "attachment; filename=a.png" || header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || !strings.HasPrefix(body, "\x89PNG") {
		t.Errorf("template: %d %v", status, header)
	}
	asked[any](t, public, "GET", conditionsOf+"/templates/mat_x", nil, http.StatusNotFound)
	asked[condition.Set](t, editor, "POST", conditionsOf, nil, http.StatusCreated)
	asked[condition.Set](t, editor, "POST", conditionsOf+"/3/discard", nil, 200)
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// fields reads what a form of a page holds, as a browser would send it.
func fields(t *testing.T, page, button string) (pairs []string) {
	t.Helper()
	tab := &tab{t: t}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	tab.root = root
	_, values := tab.form(button)
	for name, all := range values {
		for _, v := range all {
			if name != "csrf" && name != "do" {
				pairs = append(pairs, name, v)
			}
		}
	}
	return pairs
}

// TestConditionsOnPages is the same life by pages, without scripts: the form
// grows by submit buttons and keeps what was typed.
func TestConditionsOnPages(t *testing.T) {
	o := openOffice(t)
	public, editor, lead, reviewer := o.as(""), o.as("editor-weather"), o.as("lead-weather"), o.as("list-reviewer")
	const dataset, desk, set = "/zh/datasets/hourly-weather", deskOf + "hourly-weather/conditions", deskOf + "hourly-weather/conditions/2"
	public.get(t, dataset).says(t, "the section", 200, `id="conditions"`, "应用场景要求", "防范的风险：", "仅限用于：公共服务、交通出行与物流", "每半年提交数据利用报告", "营业执照、法人证书或身份证明", "必交", "可选", "自然人、法人、非法人组织", "第1版")
	public.get(t, "/en/datasets/hourly-weather").says(t, "in English", 200, "Not for: Resale or redistribution as it is", "Required", "natural persons")
	if a := public.get(t, "/zh/datasets/seattle-daily-weather"); strings.Contains(a.body, `id="conditions"`) {
		t.Error("an unconditional dataset has conditions")
	}
	public.get(t, set).says(t, "nobody's desk", http.StatusSeeOther)
	o.as("editor-civil").get(t, desk).says(t, "another body's desk", http.StatusNotFound)
	editor.get(t, deskOf+"hourly-weather").says(t, "the way there", 200, desk)
	editor.get(t, desk).says(t, "the desk", 200, "起草新一版", "现行")
	editor.form(t, desk).says(t, "begun", http.StatusSeeOther)
	editor.form(t, desk).says(t, "a second draft", 422, "已有一份在办")
	page := editor.get(t, set)
	page.says(t, "the form", 200, "删去第4项", "可用于公共服务", "添加一份申请材料")
	sent := append(fields(t, page.body, "送审"), "do", "add/other")
	if a := editor.form(t, set, sent...); a.status != http.StatusSeeOther || !strings.HasSuffix(a.to, "#c-4") {
		t.Fatalf("a row more: %d to %s", a.status, a.to)
	}
	page = editor.get(t, set)
	sent = append(fields(t, page.body, "送审"), "do", "propose")
	wrong := editor.form(t, set, sent...)
	wrong.says(t, "every fault", 422, "有下列各项需要改正", "f-conditions-4-text-zh", "f-conditions-4-risk-zh", "f-materials_confirmed", "可用于公共服务")
	typed := map[string]string{"/conditions/4/text/zh": "不得与个人信息结合", "/conditions/4/risk/zh": "推断出个人行踪"}
	sent = fields(t, wrong.body, "送审")
	for i := 0; i+1 < len(sent); i += 2 {
		if text, ok := typed[sent[i]]; ok {
			sent[i+1] = text
		}
	}
	sent = append(sent, "/materials_confirmed", "true")
	editor.form(t, set, append(sent, "do", "save")...).says(t, "kept", http.StatusSeeOther)
	editor.upload(t, set+"/template", "x.exe", "MZ", "material", "commitment").says(t, "a program", 422, "f-file")
	editor.upload(t, set+"/template", "", "", "material", "commitment").says(t, "no file", 422, "请先选择文件")
	editor.upload(t, set+"/template", "承诺书.png", picture(t).String(), "material", "commitment").says(t, "a template", http.StatusSeeOther)
	page = editor.get(t, set)
	page.says(t, "the template stands", 200, "承诺书.png", "去掉模板", "新增")
	editor.form(t, set, append(fields(t, page.body, "送审"), "do", "propose")...).says(t, "proposed", http.StatusSeeOther)
	lead.get(t, "/zh/desk").says(t, "the lead's desk", 200, "开放条件第2版，待审核")
	lead.get(t, set).says(t, "what differs", 200, "不得与个人信息结合", "新增", "起草人已确认", "须先经市大数据中心")
	lead.form(t, set+"/accept").says(t, "not endorsed", 422, "还没有经市大数据中心")
	lead.form(t, set+"/return", "/reason", "").says(t, "no reason", 422, "f-reason")
	reviewer.get(t, "/zh/desk/conditions").says(t, "the reviewer's list", 200, set, "须经审核")
	reviewer.form(t, set+"/endorse").says(t, "endorsed", http.StatusSeeOther)
	lead.form(t, set+"/accept").says(t, "in force", http.StatusSeeOther)
	public.get(t, dataset).says(t, "the new set", 200, "不得与个人信息结合", "承诺书.png", "以前各版", "第2版")
	public.get(t, dataset+"/conditions/1").says(t, "the old set", 200, "这一版已被替换")
	public.get(t, dataset+"/conditions/2").says(t, "what differed", 200, "与上一版的差别")
	public.get(t, dataset+"/conditions/3").says(t, "no such set", http.StatusNotFound)
	editor.form(t, desk).says(t, "a third", http.StatusSeeOther)
	third := deskOf + "hourly-weather/conditions/3"
	page = editor.get(t, third)
	editor.form(t, third, append(fields(t, page.body, "送审"), "do", "no_template/4")...).says(t, "without its template", http.StatusSeeOther)
	page = editor.get(t, third)
	editor.form(t, third, append(fields(t, page.body, "送审"), "do", "drop/0")...).says(t, "a row less", http.StatusSeeOther)
	if a := editor.get(t, third); !strings.Contains(a.body, "删去第4项") || strings.Contains(a.body, "删去第5项") || strings.Contains(a.body, "去掉模板") {
		t.Error("a row or a template is still there")
	}
	editor.form(t, third+"/discard").says(t, "discarded", http.StatusSeeOther)
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestConditionalDataWaitsForItsConditions: Article 15(1), requirement A15.1.
func TestConditionalDataWaitsForItsConditions(t *testing.T) {
	o := openOffice(t)
	ctx := t.Context()
	who := func(id string) permit.Actor {
		a, err := o.accounts.Get(ctx, console, id)
		if err != nil {
			t.Fatal(err)
		}
		return a.Actor()
	}
	ed := who("editor-weather")
	const slug = "radar"
	if _, err := o.entries.Do(ctx, permit.Platform, slug, openlist.Adopt{Description: openlist.Description{Title: locale.Text{ZH: "雷达"}, Publisher: "weather",
		Domain: "environment", Frequency: "daily", Opening: openlist.Conditional}, From: locale.Text{ZH: "样例"}}); err != nil {
		t.Fatal(err)
	}
	editor, lead := o.as("editor-weather"), o.as("lead-weather")
	o.as("").get(t, "/zh/datasets/"+slug).says(t, "nothing is published", 200, "开放条件和申请材料还没有公布")
	if _, err := o.versions.Receive(ctx, ed, version.Upload{Dataset: slug, Kind: version.Full, Name: "a.csv", UpdatedOn: "2026-11-01", NotSecret: true}, strings.NewReader(rows(10))); err != nil {
		t.Fatal(err)
	}
	at := deskOf + slug + "/versions/1"
	lead.becomes(t, at, "核对上面的结果")
	lead.form(t, at+"/release").says(t, "without conditions", 422, "还没有现行的开放条件")
	now, _, err := o.conditions.Current(ctx, ed, "hourly-weather")
	if err != nil {
		t.Fatal(err)
	}
	asked[condition.Set](t, editor, "POST", "/api/v1/datasets/"+slug+"/conditions", nil, http.StatusCreated)
	asked[condition.Set](t, editor, "PUT", "/api/v1/datasets/"+slug+"/conditions/1", now.Content, 200)
	asked[condition.Set](t, editor, "POST", "/api/v1/datasets/"+slug+"/conditions/1/propose", nil, 200)
	lead.form(t, at+"/release").says(t, "with conditions that are only proposed", 422)
	asked[condition.Set](t, lead, "POST", "/api/v1/datasets/"+slug+"/conditions/1/accept", nil, 200)
	lead.form(t, at+"/release").says(t, "with conditions in force", http.StatusSeeOther)
}
