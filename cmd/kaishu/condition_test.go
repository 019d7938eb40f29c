package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/open/condition"
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
