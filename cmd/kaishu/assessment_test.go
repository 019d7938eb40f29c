package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/site/assessmentdesk"
)

// sent sends a made-up file of the weather service and waits until it was read;
// what may be released is.
func (o *office) sent(t *testing.T, slug, file string) version.Version {
	t.Helper()
	editor, lead := o.actorAs(t, "editor-weather"), o.actorAs(t, "lead-weather")
	v, err := o.versions.Receive(t.Context(), editor, version.Upload{Dataset: slug, Kind: version.Full, Name: "a.csv", UpdatedOn: workday.Of(o.clock.Now()), NotSecret: true}, strings.NewReader(file))
	if err == nil {
		v, err = o.loader.Await(t.Context(), editor, slug, v.Number)
	}
	if err == nil && v.Stage == version.StageStaged {
		v, err = o.versions.Do(t.Context(), lead, slug, v.Number, version.Release{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// measured is a made-up table of 40 rows; one has a value below nothing.
func measured() string {
	var b strings.Builder
	b.WriteString("站,级,pm\n")
	for i := range 40 {
		fmt.Fprintf(&b, "站%d,%s,%d\n", i, []string{"优", "良"}[i%2], i%7)
	}
	return b.String() + "坏站,优,-5\n"
}

// TestQualityByTheInterface: rules are proposed by one and confirmed by
// another, hold releases, are waived for a while, and make a score that all can
// see. Article 16; requirements A16.1 and A16.2.
func TestQualityByTheInterface(t *testing.T) {
	now := clock.At(clock.System{}.Now())
	o := openOfficeAt(t, now)
	o.lacking(t, "few")
	const of = "/api/v1/datasets/few/quality"
	anybody, editor, lead := o.as(""), o.as("editor-weather"), o.as("lead-weather")
	asked[any](t, anybody, "GET", of, nil, http.StatusNotFound)
	asked[any](t, anybody, "GET", "/api/v1/datasets/none/quality", nil, http.StatusNotFound)
	o.sent(t, "few", measured())
	q := asked[assessment.Shown](t, anybody, "GET", of, nil, 200)
	if !q.Score.Measured || q.Number != 1 || len(q.Words) != 1 || q.Words[0].Found != "检查41处，都符合" || q.Words[0].Dimension != "准确性" || len(q.Weights) == 0 {
		t.Errorf("%+v", q)
	}
	s := asked[assessment.Suggestions](t, editor, "GET", of+"/suggestions", nil, 200)
	if len(s.Items) < 4 || s.Items[0].Says == "" || s.Items[0].Why == "" {
		t.Errorf("%+v", s)
	}
	asked[any](t, anybody, "GET", of+"/rules", nil, http.StatusUnauthorized)
	asked[any](t, o.as("editor-civil"), "GET", of+"/rules", nil, http.StatusNotFound)
	bad := assessment.Propose{Rules: []assessment.Rule{{Kind: "within", Fields: []string{"gone"}}, {Kind: "pattern", Fields: []string{"站"}, Pattern: "("}}}
	asked[any](t, editor, "POST", of+"/rules/propose", bad, http.StatusUnprocessableEntity)
	good := assessment.Propose{Rules: []assessment.Rule{{Kind: "within", Fields: []string{"pm"}, Low: "0", Must: true}, s.Items[0].Rule}}
	h := asked[assessment.Holding](t, editor, "POST", of+"/rules/propose", good, 200)
	if h.Stage != assessment.StageProposed || len(h.Proposed) != 2 {
		t.Errorf("%+v", h)
	}
	lead.becomes(t, "/zh/inbox", "有质量规则等您确认")
	asked[any](t, editor, "POST", of+"/rules/confirm", nil, http.StatusForbidden)
	asked[any](t, lead, "POST", of+"/rules/decline", assessment.Decline{}, http.StatusUnprocessableEntity)
	asked[assessment.Holding](t, lead, "POST", of+"/rules/decline", assessment.Decline{Reason: "缺少上限"}, 200)
	asked[assessment.Holding](t, editor, "POST", of+"/rules/propose", good, 200)
	if h = asked[assessment.Holding](t, lead, "POST", of+"/rules/confirm", nil, 200); h.Edition != 1 || len(h.Rules) != 2 {
		t.Errorf("%+v", h)
	}

	v := o.sent(t, "few", measured()+"又一站,良,-7\n")
	if v.Stage != version.StageBlocked || len(v.Findings) == 0 || v.Findings[0].Code != "assessment.broken.within" {
		t.Fatalf("%s %+v", v.Stage, v.Findings)
	}
	lead.get(t, "/zh/desk/datasets/few/versions/2").says(t, "what holds it", 200, "不符合必须满足的规则“数值或日期范围”（pm）：检查42处，有2处不符合。")
	asked[any](t, anybody, "GET", "/api/v1/datasets/few/versions/2/quality", nil, http.StatusNotFound)
	if q = asked[assessment.Shown](t, editor, "GET", "/api/v1/datasets/few/versions/2/quality", nil, 200); q.Results[0].Failed != 2 || fmt.Sprint(q.Results[0].Rows) != "[40 41]" {
		t.Errorf("%+v", q.Results)
	}
	f := asked[assessmentdesk.Failing](t, editor, "GET", "/api/v1/datasets/few/versions/2/failing/0", nil, 200)
	if f.All != 2 || f.Rows[1].Row != 42 || f.Rows[1].Cells[0] != "-7" || f.Barrier != nil {
		t.Errorf("%+v", f)
	}
	// The centre sees which rows of what is not open yet, and no cells.
	if f = asked[assessmentdesk.Failing](t, o.as("quality"), "GET", "/api/v1/datasets/few/versions/2/failing/0", nil, 200); len(f.Rows) != 2 || len(f.Rows[0].Cells) != 0 || f.Barrier == nil || *f.Barrier != problem.NotFound {
		t.Errorf("the centre: %+v", f)
	}
	asked[any](t, editor, "GET", "/api/v1/datasets/few/versions/2/failing/9", nil, http.StatusNotFound)
	asked[any](t, o.as("lead-civil"), "GET", "/api/v1/datasets/few/versions/2/failing/0", nil, http.StatusNotFound)

	until := workday.Of(now.Now()).AddDays(30)
	asked[any](t, editor, "POST", of+"/waivers", assessment.WaiverRequest{}, http.StatusUnprocessableEntity)
	w := asked[assessment.WaiverView](t, editor, "POST", of+"/waivers", assessment.WaiverRequest{Reason: "传感器更换", Until: until}, http.StatusCreated)
	at := "/api/v1/quality-waivers/" + w.ID
	asked[any](t, editor, "POST", at+"/grant", nil, http.StatusForbidden)
	asked[any](t, o.as("lead-civil"), "POST", at+"/grant", nil, http.StatusNotFound)
	asked[any](t, lead, "POST", at+"/refuse", assessment.Refuse{}, http.StatusUnprocessableEntity)
	asked[assessment.WaiverView](t, lead, "POST", at+"/refuse", assessment.Refuse{Reason: "请先修复"}, 200)
	w = asked[assessment.WaiverView](t, editor, "POST", of+"/waivers", assessment.WaiverRequest{Reason: "传感器更换，已报修", Until: until}, http.StatusCreated)
	at = "/api/v1/quality-waivers/" + w.ID
	asked[assessment.WaiverView](t, lead, "POST", at+"/grant", nil, 200)
	if v = o.sent(t, "few", measured()+"第三站,良,-7\n"); v.Stage != version.StageReleased {
		t.Errorf("waived: %s %+v", v.Stage, v.Findings)
	}
	if w = asked[assessment.WaiverView](t, lead, "POST", at+"/take-back", nil, 200); w.Stage != assessment.WaiverEnded {
		t.Errorf("%+v", w)
	}
	if all := asked[assessment.History](t, anybody, "GET", of+"/history", nil, 200); len(all.Items) != 2 || all.Items[0].Number != 3 || all.Items[0].Score.Total >= 100 {
		t.Errorf("%+v", all)
	}
	if _, err := o.assessments.Today(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
	if n, err := o.assessments.Replay(t.Context(), permit.Platform); err != nil || n < 6 {
		t.Errorf("replay: %d, %v", n, err)
	}
}

// TestPagesOfQuality: the score in public; rules, failing cells and waivers at
// the desk, by plain forms.
func TestPagesOfQuality(t *testing.T) {
	now := clock.At(clock.System{}.Now())
	o := openOfficeAt(t, now)
	o.lacking(t, "few")
	anybody, editor, lead := o.as(""), o.as("editor-weather"), o.as("lead-weather")
	anybody.get(t, "/zh/datasets/few/quality").says(t, "nothing yet", 200, "还没有质量评分")
	o.sent(t, "few", measured())
	anybody.get(t, "/zh/datasets/few").says(t, "the tab", 200, "/zh/datasets/few/quality")
	anybody.get(t, "/zh/datasets/few/quality").says(t, "the score", 200, "质量评分", "满分100", "规范性", "没有完全相同的行", "检查41处，都符合", "评分怎么来的")
	anybody.get(t, "/en/datasets/few/quality").says(t, "in English", 200, "Completeness", "no two rows are the same", "not measured")
	anybody.get(t, "/zh/datasets/few/quality?version=7").says(t, "no version", http.StatusNotFound)

	const at = "/zh/desk/assessment/few"
	anybody.get(t, at).says(t, "signed in only", http.StatusSeeOther)
	o.as("editor-civil").get(t, at).says(t, "another's", http.StatusNotFound)
	editor.get(t, "/zh/desk/assessment").says(t, "the list", 200, "样例条目", at)
	o.as("quality").get(t, "/en/desk/assessment").says(t, "the centre", 200, "/en/desk/assessment/few")
	editor.get(t, at).says(t, "the desk", 200, "内置规则", "按现有数据建议的规则", "“站”都有值", "/zh/desk/assessment/few/rule?kind=within")
	editor.get(t, at+"/rule?kind=guess").says(t, "no such check", http.StatusNotFound)
	editor.get(t, at+"/rule?kind=within").says(t, "one rule", 200, `name="/low"`, `name="/first"`, "必须满足")
	if strings.Contains(editor.get(t, at+"/rule?kind=within").body, `name="/pattern"`) {
		t.Error("the form asks for what the check does not take")
	}
	editor.form(t, at+"/rule", "/kind", "within", "/first", "站x", "/low", "", "/least", "many", "/share", "half").says(t, "no numbers", 422, "请写0或更大的整数", "请写0至1之间的比例")
	editor.form(t, at+"/rule", "/kind", "within", "/first", "站x", "/low", "", "/high", "").says(t, "every fault", 422, "表中没有字段", "至少写下限或上限")
	editor.form(t, at+"/rule", "/kind", "within", "/first", "pm", "/low", "0", "/must", "true").says(t, "proposed", http.StatusSeeOther)
	editor.form(t, at+"/take", "/take/-", "0").says(t, "taken", http.StatusSeeOther)
	editor.get(t, at).says(t, "what waits", 200, "拟议的规则", "“pm”不小于0", "“站”都有值")
	editor.form(t, at+"/drop", "/place", "9").says(t, "no such rule", http.StatusSeeOther)
	editor.form(t, at+"/drop", "/place", "1").says(t, "left out", http.StatusSeeOther)
	lead.form(t, at+"/decline", "/reason", " ").says(t, "a reason", 422, "此项必填")
	lead.form(t, at+"/decline", "/reason", "上限呢").says(t, "declined", http.StatusSeeOther)
	editor.get(t, at).says(t, "why", 200, "上限呢")
	editor.form(t, at+"/rule", "/kind", "within", "/first", "pm", "/low", "0", "/must", "true").says(t, "proposed again", http.StatusSeeOther)
	lead.form(t, at+"/confirm", "seen", "1").says(t, "it has moved", http.StatusConflict)
	lead.form(t, at+"/confirm").says(t, "confirmed", http.StatusSeeOther)
	lead.becomes(t, at, "未通过")

	lead.get(t, at+"/versions/1/failing/0").says(t, "where", 200, "-5", "41", "“pm”不小于0")
	o.as("quality").get(t, "/en/desk/assessment/few/versions/1/failing/0").says(t, "the centre, of open data", 200, "-5")
	lead.get(t, at+"/versions/1/failing/9").says(t, "no such rule", http.StatusNotFound)
	lead.get(t, at+"/versions/x/failing/0").says(t, "no such version", http.StatusNotFound)

	until := string(workday.Of(now.Now()).AddDays(20))
	editor.form(t, at+"/waivers", "/waiver/rule", "0", "/waiver/reason", " ", "/waiver/until", "2020-01-01").says(t, "every fault", 422, "此项必填", `value="2020-01-01"`)
	editor.form(t, at+"/waivers", "/waiver/rule", "none", "/waiver/reason", "x", "/waiver/until", until).says(t, "no such rule", http.StatusNotFound)
	for i, verb := range []string{"refuse", "grant"} {
		editor.form(t, at+"/waivers", "/waiver/rule", "0", "/waiver/reason", "传感器更换"+itoa(i), "/waiver/until", until).says(t, "asked", http.StatusSeeOther)
		h, err := o.assessments.Holding(t.Context(), o.actorAs(t, "lead-weather"), "few")
		if err != nil {
			t.Fatal(err)
		}
		waiver := at + "/waivers/" + h.Waivers[0].ID
		lead.get(t, at).says(t, "it waits", 200, waiver+"/"+verb, "传感器更换"+itoa(i))
		if verb == "refuse" {
			lead.form(t, waiver+"/refuse", "/reason", "").says(t, "a reason", 422, "此项必填")
			lead.form(t, waiver+"/refuse", "/reason", "先修复").says(t, "refused", http.StatusSeeOther)
			continue
		}
		lead.form(t, waiver+"/grant").says(t, "granted", http.StatusSeeOther)
		lead.form(t, waiver+"/take-back").says(t, "ended", http.StatusSeeOther)
	}
}

// TestConditionalDataShowsItsScoreAlone: how much of it there is is not told,
// and cells that fail are for those who may see the data.
func TestConditionalDataShowsItsScoreAlone(t *testing.T) {
	o := openOfficeAt(t, clock.At(clock.System{}.Now()))
	var slug, publisher string
	for _, d := range sampleCity(t).Datasets {
		if d.Opening == string(openlist.Conditional) {
			slug, publisher = d.Slug, d.Publisher
		}
	}
	if slug == "" {
		t.Fatal("the sample has no conditional dataset")
	}
	q, err := o.assessments.Of(t.Context(), permit.Actor{}, slug, assessment.Latest)
	if problem.Is(err, problem.NotFound) {
		t.Skipf("%s of %s has no version", slug, publisher)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range q.Results {
		if !q.Counted && (r.Checked != 0 || r.Failed != 0) || r.Rows != nil {
			t.Errorf("%+v", r)
		}
	}
	o.as("").get(t, "/zh/datasets/"+slug+"/quality").says(t, "the score", 200, "评分怎么来的")
}
