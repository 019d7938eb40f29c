package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/grading"
)

const gradingOf = "/api/v1/gradings/hourly-weather"

// sheetFor grades every field of v at level x for objects, 0 for the rest, and
// answers no to everything but yes.
func sheetFor(v grading.View, x int, yes ...string) grading.Sheet {
	s := grading.Sheet{Flags: map[string]string{}}
	for _, f := range v.Profile.Flags() {
		if s.Flags[f.Code] = grading.No; slices.Contains(yes, f.Code) {
			s.Flags[f.Code] = grading.Yes
		}
	}
	zero := 0
	for _, f := range v.Subject.Fields {
		s.Fields = append(s.Fields, grading.Field{Name: f.Name, P: &zero, O: &zero, X: &x})
	}
	return s
}

// TestGradingByTheInterface leads a grading through its life (SM-07).
func TestGradingByTheInterface(t *testing.T) {
	o := openOffice(t)
	grader, checker := o.as("grader-weather"), o.as("reviewer-weather")
	if err := o.gradings.Refresh(t.Context(), permit.Platform, "hourly-weather"); err != nil {
		t.Fatal(err)
	}
	v := asked[grading.View](t, grader, "GET", gradingOf, nil, 200)
	if v.Case.Stage != grading.StageScanned || len(v.Subject.Fields) == 0 || !slices.Contains(v.Can, "grade") {
		t.Fatalf("scanned: %+v", v.Case)
	}
	for _, path := range []string{gradingOf, "/api/v1/gradings"} {
		asked[any](t, o.as(""), "GET", path, nil, http.StatusUnauthorized)
	}
	asked[any](t, o.as("editor-civil"), "GET", gradingOf, nil, http.StatusNotFound)
	if all := asked[grading.Lines](t, grader, "GET", "/api/v1/gradings", nil, 200); !slices.ContainsFunc(all.Items, func(l grading.Line) bool { return l.Slug == "hourly-weather" && l.Title.ZH != "" }) {
		t.Errorf("work: %+v", all)
	}
	s := sheetFor(v, 1, "timely")
	tried := asked[grading.Tried](t, grader, "POST", gradingOf+"/what-if", s, 200)
	if tried.Result.Type != opening.Conditional || len(tried.Faults) != 3 || tried.Faults[0].Pointer != "#/measures" || len(tried.Conditions) != 4 {
		t.Errorf("what if: %+v", tried)
	}
	status, _, faults := grader.ask(t, "POST", gradingOf+"/grade", strings.NewReader(`{"flags":{},"fields":[],"deviation":{"type":"open","reason":"","fields":[]}}`))
	for _, pointer := range []string{"#/flags/personal_privacy", "#/flags/continuous", "#/fields", "#/deviation/type", "#/deviation/reason", "#/deviation/fields"} {
		if status != http.StatusUnprocessableEntity || !strings.Contains(faults, `"`+pointer+`"`) {
			t.Errorf("%s is not told of: %d %s", pointer, status, faults)
		}
	}
	s.Measures = tried.Measures
	asked[any](t, checker, "POST", gradingOf+"/grade", s, http.StatusForbidden)
	asked[grading.Case](t, grader, "POST", gradingOf+"/grade", s, 200)
	asked[any](t, grader, "POST", gradingOf+"/confirm", nil, http.StatusForbidden)
	checker.becomes(t, "/zh/inbox", "的定级等待审核")
	asked[any](t, checker, "POST", gradingOf+"/reject", grading.Reject{}, http.StatusUnprocessableEntity)
	asked[grading.Case](t, checker, "POST", gradingOf+"/reject", grading.Reject{Reason: "请核对时效"}, 200)
	grader.becomes(t, "/zh/inbox", "理由：请核对时效")
	closed := sheetFor(v, 4)
	asked[grading.Case](t, grader, "POST", gradingOf+"/grade", closed, 200)
	asked[grading.Case](t, checker, "POST", gradingOf+"/confirm", nil, 200)
	asked[any](t, grader, "POST", gradingOf+"/evidence", grading.Evidence{Kind: grading.Desensitised}, http.StatusUnprocessableEntity)
	g := asked[grading.Case](t, grader, "POST", gradingOf+"/evidence", grading.Evidence{Kind: grading.Desensitised, Method: "抽稀", Residual: "低", Who: "数据科", On: "2026-01-05", Document: "报告1号"}, 200)
	if g.Stage != grading.StageEvidenceNeeded {
		t.Errorf("after the report: %s", g.Stage)
	}
	asked[grading.Case](t, grader, "POST", gradingOf+"/grade", s, 200)
	asked[grading.Case](t, checker, "POST", gradingOf+"/confirm", nil, 200)
	if err := o.db.Read(t.Context(), func(tx *database.Tx) error {
		g, ok, err := o.gradings.Of(tx, permit.Platform, "hourly-weather")
		if !ok || g.Type != opening.Conditional || len(g.Measures) == 0 {
			t.Errorf("in force: %+v", g)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// by sends a request as somebody of a crowd and decodes the answer.
func by[T any](t *testing.T, c *crowd, secret, method, path string, body any, want int) (v T) {
	t.Helper()
	text := []byte("")
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	w := c.send(secret, method, path, jsonMedia, string(text))
	if w.Code != want {
		t.Fatalf("%s %s by %s: %d %.600s", method, path, secret, w.Code, w.Body)
	}
	if want < 300 {
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// TestGradingRulesByTheInterface: profiles and publishers' own rules
// (Article 13).
func TestGradingRulesByTheInterface(t *testing.T) {
	c := openCrowd(t)
	const all, next = "/api/v1/grading-profiles", "/api/v1/grading-profiles/2027-1"
	const public, officer, other, centre = "", "aut_officer@authority", "aut_officer@authority-2", "ctr_list_reviewer@centre"
	p := by[grading.Profile](t, c, public, "GET", "/api/v1/grading-profile", nil, 200)
	if p.Label.ZH != "默认配置" || len(p.Closed) != 6 {
		t.Errorf("in force: %+v", p.Label)
	}
	by[any](t, c, public, "POST", all, grading.NewProfile{Version: "2027-1"}, http.StatusUnauthorized)
	e := by[grading.Edition](t, c, officer, "POST", all, grading.NewProfile{Version: "2027-1"}, http.StatusCreated)
	by[any](t, c, public, "GET", next, nil, http.StatusNotFound)
	hole := e.Content
	hole.Rules = hole.Rules[:4]
	by[grading.Edition](t, c, officer, "PUT", next, hole, 200)
	if w := c.send(officer, "POST", next+"/consult", jsonMedia, ""); strings.Count(w.Body.String(), `"#/rules"`) != 8 {
		t.Errorf("a mapping with holes: %s", w.Body)
	}
	by[grading.Edition](t, c, officer, "PUT", next, e.Content, 200)
	by[grading.Edition](t, c, officer, "POST", next+"/consult", nil, 200)
	by[grading.EditionView](t, c, public, "GET", next, nil, 200)
	by[grading.Edition](t, c, officer, "POST", next+"/take-back", nil, 200)
	by[grading.Edition](t, c, officer, "POST", next+"/consult", nil, 200)
	by[grading.Edition](t, c, centre, "POST", next+"/agree", nil, 200)
	i := by[grading.Impact](t, c, other, "GET", next+"/impact", nil, 200)
	by[any](t, c, officer, "POST", next+"/take-effect", grading.TakeEffect{Impact: i.Digest}, http.StatusForbidden)
	by[any](t, c, other, "POST", next+"/take-effect", grading.TakeEffect{}, http.StatusUnprocessableEntity)
	by[grading.Edition](t, c, other, "POST", next+"/take-effect", grading.TakeEffect{Impact: i.Digest}, 200)
	if list := by[grading.EditionList](t, c, public, "GET", all, nil, 200); len(list.Items) != 2 || list.Items[0].Edition.Stage != grading.ProfileEffective {
		t.Errorf("versions: %+v", list)
	}
	const own, grader, lead = "/api/v1/grading-overlays/weather", "opn_grader@weather", "opn_lead@weather"
	t1 := grading.Tightening{Label: locale.Text{ZH: "气象细则"}, Floors: []grading.KindFloor{{Kind: "precise_place", Dimension: grading.X, Level: 2}}}
	by[any](t, c, grader, "POST", own, grading.Tightening{}, http.StatusUnprocessableEntity)
	by[grading.Own](t, c, grader, "POST", own, t1, http.StatusCreated)
	by[any](t, c, grader, "POST", own+"/1/accept", nil, http.StatusForbidden)
	by[grading.Own](t, c, lead, "POST", own+"/1/return", grading.ReturnOwn{Reason: "再议"}, 200)
	by[grading.Own](t, c, grader, "POST", own, t1, http.StatusCreated)
	by[grading.Own](t, c, lead, "POST", own+"/2/accept", nil, 200)
	by[any](t, c, lead, "POST", own+"/x/accept", nil, http.StatusNotFound)
	if list := by[grading.Owns](t, c, centre, "GET", own, nil, 200); len(list.Items) != 2 {
		t.Errorf("own rules: %+v", list)
	}
	if err := c.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOwnRulesByTheirPage: a body tightens the profile by a form; what would
// loosen it is told beside its row; the lead puts it in force (Article 13(2)).
func TestOwnRulesByTheirPage(t *testing.T) {
	o := openOffice(t)
	grader, lead := o.as("grader-weather"), o.as("lead-weather")
	const at = "/zh/desk/grading-rules"
	grader.get(t, at).says(t, "none yet", http.StatusOK, "还没有细则", "提交负责人")
	profile := asked[grading.Profile](t, grader, "GET", "/api/v1/grading-profile", nil, 200)
	kind, flag := profile.Kinds[0].Code, "timely"
	grader.form(t, at, "/label/zh", "", "/floors/0/kind", "whim", "/floors/0/dimension", "P", "/floors/0/level", "9", "/rules/0/flag", "", "/rules/0/level", "", "/rules/0/then", "conditional", "/rules/0/words/zh", "空的").
		says(t, "every fault", 422, "whim", "规则1")
	grader.form(t, at, "/label/zh", "气象数据定级细则", "/floors/1/kind", kind, "/floors/1/dimension", "P", "/floors/1/level", "2",
		"/rules/0/flag", flag, "/rules/0/dimension", "", "/rules/0/level", "", "/rules/0/then", "closed", "/rules/0/words/zh", "实时数据不开放", "/rules/0/words/en", "Live data is closed").
		says(t, "handed in", http.StatusSeeOther)
	grader.get(t, at).says(t, "it waits", http.StatusOK, "等负责人通过", "实时数据不开放", "不低于2级")
	if strings.Contains(grader.get(t, at).body, "通过并执行") {
		t.Error("who drafted it may accept it")
	}
	grader.form(t, at+"/1/accept").says(t, "four eyes", http.StatusForbidden)
	lead.form(t, at+"/1/return", "/reason", "").says(t, "no reason", 422)
	lead.form(t, at+"/1/return", "/reason", "再想想").says(t, "returned", http.StatusSeeOther)
	grader.form(t, at, "/label/zh", "气象数据定级细则", "/floors/0/kind", kind, "/floors/0/dimension", "P", "/floors/0/level", "2").says(t, "again", http.StatusSeeOther)
	lead.form(t, at+"/2/accept").says(t, "in force", http.StatusSeeOther)
	lead.get(t, at).says(t, "in force", http.StatusOK, "执行中", "再想想")
	lead.form(t, at+"/x/accept").says(t, "no such", http.StatusNotFound)
	o.as("editor-civil").get(t, at+"?body=weather").says(t, "another body's", http.StatusNotFound)
	o.as("authority").get(t, at+"?body=weather").says(t, "overseen", http.StatusOK, "气象数据定级细则")
}
