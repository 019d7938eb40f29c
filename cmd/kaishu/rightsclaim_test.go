package main

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/use/rightsclaim"
)

const complaints = "/api/v1/complaints"

var found = rightsclaim.Report{Account: "已与原始登记表逐行核对", Summary: "核实后认定部分行可以识别到个人", Reply: "您反映的情况属实，已作处理"}

// hurt is a complaint with a picture as evidence.
func hurt(t *testing.T) rightsclaim.Filing {
	return rightsclaim.Filing{Form: rightsclaim.Form{Right: "privacy", Cause: "opening", Claim: "张三认为第三行就是他家", Contact: "13800138000"}, Name: "proof.png", File: base64.StdEncoding.EncodeToString(picture(t).Bytes())}
}

// complains files a complaint about slug and returns the receipt and where the
// case stands.
func (p *person) complains(t *testing.T, slug string) (rightsclaim.Receipt, string) {
	t.Helper()
	got := asked[rightsclaim.Receipt](t, p, "POST", "/api/v1/datasets/"+slug+"/complaints", hurt(t), http.StatusCreated)
	return got, complaints + "/" + got.ID
}

// claims takes steps in a complaint.
func (o *office) claims(t *testing.T, at string, steps ...step) (v rightsclaim.View) {
	t.Helper()
	for _, x := range steps {
		v = asked[rightsclaim.View](t, o.as(x.who), "POST", at+"/"+x.verb, x.body, http.StatusOK)
	}
	return v
}

func (o *office) stage(t *testing.T, slug string) openlist.Stage {
	t.Helper()
	e, err := o.entries.Get(t.Context(), permit.Platform, slug)
	if err != nil {
		t.Fatal(err)
	}
	return e.Stage
}

// granted has the person granted the weather service's conditional dataset.
func (o *office) granted(t *testing.T) {
	t.Helper()
	at, _ := o.handed(t)
	order := "/api/v1/orders/" + at[strings.LastIndexByte(at, '/')+1:]
	asked[any](t, o.as("reviewer-weather"), "POST", order+"/take", review.Take{Free: true}, 200)
	asked[any](t, o.as("reviewer-weather"), "POST", order+"/propose", review.Propose{Verdicts: []review.Verdict{{Dataset: "hourly-weather", Approve: true, Fields: []string{"date", "temperature", "wind"}, Mode: "api", Months: 12}}}, 200)
	asked[any](t, o.as("lead-weather"), "POST", order+"/confirm", review.Confirm{Free: true}, 200)
}

// TestAComplaintStopsTheOpeningAtOnce leads a complaint without an account to a
// suspension by one act and back (SM-16, Article 31, hard gate 11).
func TestAComplaintStopsTheOpeningAtOnce(t *testing.T) {
	o := openOffice(t)
	nobody, lead := o.as(""), o.as("lead-weather")
	nobody.send(t, "POST", "/api/v1/datasets/"+weatherSet+"/complaints", jsonMedia, strings.NewReader(`{"right":"x"}`)).says(t, "every fault at once", 422, "#/right", "#/cause", "#/claim", "#/file")
	nobody.send(t, "POST", "/api/v1/datasets/"+weatherSet+"/complaints", jsonMedia, strings.NewReader(`{"name":"a.png","file":"%%"}`)).says(t, "of the file too", 422, "#/right", "#/file", "rightsclaim.not_base64")
	nobody.send(t, "POST", "/api/v1/datasets/nowhere/complaints", jsonMedia, strings.NewReader(`{}`)).says(t, "there is none", 404)
	got, at := nobody.complains(t, weatherSet)
	key := rightsclaim.Key{Number: strings.ToLower(got.Number), Code: strings.ToUpper(got.Code)}
	if v := asked[rightsclaim.View](t, nobody, "POST", complaints+"/follow", key, 200); v.Contact != "13800138000" || v.Words.Claim != hurt(t).Claim || len(v.Evidence) != 1 || v.Left.Days != 1 {
		t.Errorf("the complainant sees %+v", v)
	}
	for _, wrong := range []rightsclaim.Key{{Number: got.Number, Code: "00000-00000-00000"}, {Number: "QY-2026-999999", Code: got.Code}, {Number: got.Number}} {
		nobody.send(t, "POST", complaints+"/follow", jsonMedia, strings.NewReader(`{"number":"`+wrong.Number+`","code":"`+wrong.Code+`"}`)).says(t, "another code", 404, "rightsclaim.no_such_code")
	}
	for _, who := range []string{"", "person", "org-developer", "editor-weather", "lead-civil", "quality"} {
		o.as(who).get(t, at).says(t, who+" is told of no case", 404, "rightsclaim.not_found")
	}
	v := asked[rightsclaim.View](t, o.as("authority"), "GET", at, nil, 200)
	if v.Words != nil || v.Contact != "" || v.Evidence != nil {
		t.Errorf("who supervises reads what was written: %+v", v)
	}
	v = asked[rightsclaim.View](t, lead, "GET", at, nil, 200)
	file := at + "/evidence/" + v.Evidence[0].ID
	lead.get(t, file).says(t, "the lead opens the evidence", 200)
	for _, who := range []string{"", "authority", "person", "lead-civil"} {
		o.as(who).get(t, file).says(t, who+" does not", 404)
	}
	if !lead.told(t, "rightsclaim.new") || !o.as("operator").told(t, "rightsclaim.new") {
		t.Error("lead or centre was not told")
	}
	const data = "/datasets/" + weatherSet + "/versions/latest/data.csv"
	nobody.get(t, data).says(t, "open before", 200)
	asked[any](t, o.as("editor-weather"), "POST", at+"/suspend", rightsclaim.Suspend{Reason: "核实"}, 403)
	lead.send(t, "POST", at+"/suspend", jsonMedia, strings.NewReader(`{"reason":"致电13800138000"}`)).says(t, "no number of a person", 422, "rightsclaim.personal")
	o.claims(t, at, step{"lead-weather", "suspend", rightsclaim.Suspend{Reason: "疑似可以识别到个人"}})
	for _, path := range []string{data, "/datasets/" + weatherSet + "/versions/1/data.csv", "/api/v1/datasets/" + weatherSet + "/rows"} {
		nobody.get(t, path).says(t, "shut at once", http.StatusUnavailableForLegalReasons)
	}
	nobody.get(t, "/zh/datasets/"+weatherSet).says(t, "the page stays, with class and reason", http.StatusUnavailableForLegalReasons, "个人隐私", "疑似可以识别到个人")
	list := nobody.get(t, "/api/v1/suspensions?dataset="+weatherSet)
	list.says(t, "the public list", 200, `"class":"privacy"`, `"held":true`)
	for _, secret := range []string{"张三", "13800138000", got.ID, got.Number, `"did"`} {
		if strings.Contains(list.body, secret) {
			t.Errorf("the public list tells %q: %s", secret, list.body)
		}
	}
	v = o.claims(t, at, step{"lead-weather", "extend", rightsclaim.Extend{Reason: "需要会商"}}, step{"lead-weather", "resume", rightsclaim.Resume{Report: found}})
	if v.Case.Stage != rightsclaim.StageClosed || v.Stopped || o.stage(t, weatherSet) != openlist.StagePublished {
		t.Errorf("resumed: %+v", v)
	}
	nobody.get(t, data).says(t, "open again", 200)
	v = asked[rightsclaim.View](t, nobody, "POST", complaints+"/follow", key, 200)
	if v.Case.Report.Reply != found.Reply || v.Case.Report.Account != "" || v.Case.Did != nil {
		t.Errorf("the answer: %+v", v.Case)
	}
	if v := asked[rightsclaim.View](t, nobody, "POST", complaints+"/forget", key, 200); v.Contact != "" {
		t.Error("the contact stays")
	}
	o.nothingWritten(t, got.ID)
}

// nothingWritten: no event holds what the complainant wrote, and the rows are
// what their events make them.
func (o *office) nothingWritten(t *testing.T, id string) {
	t.Helper()
	if _, err := o.complaints.Replay(t.Context(), permit.Platform); err != nil {
		t.Errorf("replay: %v", err)
	}
	if err := o.db.Read(t.Context(), func(tx *database.Tx) error {
		lines, err := ledger.History(tx, rightsclaim.Stream(id))
		for _, l := range lines {
			if strings.Contains(string(l.Body), "张三") || strings.Contains(string(l.Body), "1380013") {
				t.Errorf("an event holds what was written: %s", l.Body)
			}
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestTwoComplaintsHoldOneOpening: it goes on when the last lets go; and the
// centre may stop it in an emergency.
func TestTwoComplaintsHoldOneOpening(t *testing.T) {
	o := openOffice(t)
	_, one := o.as("").complains(t, weatherSet)
	_, two := o.as("person").complains(t, weatherSet)
	v := o.claims(t, one, step{"operator", "suspend", rightsclaim.Suspend{Reason: "紧急"}})
	if !v.Case.Emergency || !o.as("lead-weather").told(t, "rightsclaim.emergency") {
		t.Errorf("an emergency: %+v", v.Case)
	}
	asked[any](t, o.as("operator"), "POST", one+"/resume", rightsclaim.Resume{Report: found}, 403)
	o.claims(t, two, step{"lead-weather", "suspend", rightsclaim.Suspend{Reason: "也要核实"}})
	if v := o.claims(t, one, step{"lead-weather", "resume", rightsclaim.Resume{Report: found}}); !v.Stopped || v.Others != 1 || o.stage(t, weatherSet) != openlist.StageSuspended {
		t.Errorf("one of two let go: %+v", v)
	}
	o.claims(t, two, step{"lead-weather", "resume", rightsclaim.Resume{Report: found}})
	if got := o.stage(t, weatherSet); got != openlist.StagePublished {
		t.Errorf("both let go: %s", got)
	}
	if !o.as("person").told(t, "rightsclaim.answered") || !o.as("person").told(t, "rightsclaim.suspended") {
		t.Error("the complainant was not told")
	}
	if p := asked[rightsclaim.Page](t, o.as("person"), "GET", complaints+"/mine", nil, 200); len(p.Items) != 1 || p.Items[0].Did != nil {
		t.Errorf("mine: %+v", p)
	}
}

// TestWithdrawnDataIsDeletedByItsUsers: the order is drafted, each user is told
// and gives a receipt, and the case ends with the last of both.
func TestWithdrawnDataIsDeletedByItsUsers(t *testing.T) {
	o := openOffice(t)
	o.granted(t)
	got, at := o.as("").complains(t, "hourly-weather")
	v := o.claims(t, at, step{"lead-weather", "verify", rightsclaim.Verify{Ground: "涉及范围很小"}}, step{"lead-weather", "withdraw", rightsclaim.Withdraw{Report: found}})
	if v.Case.Stage != rightsclaim.StageWithdraw || !v.Stopped || v.Case.Order == "" || len(v.Case.Deletions) != 1 || v.Turn != "users" {
		t.Fatalf("withdrawing: %+v", v)
	}
	user := o.as("person")
	if !user.told(t, "rightsclaim.delete") || !user.told(t, "rightsclaim.stopped") || !o.as("editor-weather").told(t, "rightsclaim.to_withdraw") {
		t.Error("user or editor was not told")
	}
	mine := asked[rightsclaim.Instructions](t, user, "GET", "/api/v1/deletions", nil, 200)
	if len(mine.Items) != 1 || mine.Items[0].DoneOn != "" || mine.Items[0].Summary != found.Summary {
		t.Fatalf("told to delete: %+v", mine)
	}
	user.get(t, at).says(t, "a user is told of no case", 404)
	receipt := rightsclaim.Acknowledge{User: mine.Items[0].Application, Note: "数据和备份均已删除"}
	asked[any](t, o.as("org-developer"), "POST", at+"/acknowledge", receipt, 404)
	user.send(t, "POST", at+"/acknowledge", jsonMedia, strings.NewReader(`{"user":"`+receipt.User+`"}`)).says(t, "that says nothing", 422, "#/note")
	if i := asked[rightsclaim.Instruction](t, user, "POST", at+"/acknowledge", receipt, 200); i.DoneOn == "" {
		t.Errorf("receipt: %+v", i)
	}
	if v := asked[rightsclaim.View](t, o.as("lead-weather"), "GET", at, nil, 200); v.Case.Stage != rightsclaim.StageWithdraw || v.Turn != "" {
		t.Errorf("before the order takes effect: %+v", v.Case)
	}
	order := orderAPI + v.Case.Order
	if a := asked[adjustment.View](t, o.as("editor-weather"), "GET", order, nil, 200); a.Order.Kind != adjustment.Withdraw || a.Order.Ground != "privacy" || a.Order.Urgent == "" {
		t.Errorf("the order: %+v", a.Order)
	}
	o.refused(t, order, "/documents")
	o.as("editor-weather").upload(t, strings.Replace(order, orderAPI, "/zh/desk/list/orders/", 1)+"/attach", "说明.png", picture(t).String()).says(t, "attached", http.StatusSeeOther)
	asked[any](t, o.as("lead-weather"), "POST", order+"/submit", nil, 200)
	asked[any](t, o.as("list-reviewer"), "POST", order+"/take", nil, 200)
	asked[any](t, o.as("authority"), "POST", order+"/acknowledge", nil, 200)
	asked[any](t, o.as("list-reviewer"), "POST", order+"/accept", adjustment.Accept{Checked: adjustment.Checklist}, 200)
	if s := o.stage(t, "hourly-weather"); s != openlist.StageWithdrawn {
		t.Fatalf("the order took effect: %s", s)
	}
	o.as("lead-weather").becomes(t, at, `"stage":"closed"`)
	o.as("").get(t, "/api/v1/suspensions").says(t, "the result is public", 200, `"result":"withdraw"`, `"held":false`)
	o.nothingWritten(t, got.ID)
}

// TestProcessedDataOpensWithANewVersionAndGrading: SM-16, SM-07, SM-08.
func TestProcessedDataOpensWithANewVersionAndGrading(t *testing.T) {
	o := openOffice(t)
	_, at := o.as("").complains(t, weatherSet)
	plan := workday.Of(time.Now()).AddDays(20)
	o.claims(t, at, step{"lead-weather", "suspend", rightsclaim.Suspend{Reason: "核实"}}, step{"lead-weather", "process", rightsclaim.Process{Report: found, PlanOn: plan}})
	o.as("lead-weather").send(t, "POST", at+"/reopen", jsonMedia, nil).says(t, "nothing is new", 422, "#/version", "#/grading")
	n := o.releases(t)
	o.as("lead-weather").send(t, "POST", at+"/reopen", jsonMedia, nil).says(t, "graded as before", 422, "#/grading")
	o.graded(t, weatherSet)
	if s := o.stage(t, weatherSet); s != openlist.StageSuspended {
		t.Errorf("open before it is re-opened: %s", s)
	}
	v := o.claims(t, at, step{"lead-weather", "reopen", nil})
	if v.Case.Stage != rightsclaim.StageClosed || v.Case.Version != n || o.stage(t, weatherSet) != openlist.StagePublished {
		t.Errorf("re-opened: %+v", v.Case)
	}
}

// TestAComplaintIsNotForgotten: the days escalate and decide nothing; missing
// evidence ends it only by the lead; what was written is erased in the end.
func TestAComplaintIsNotForgotten(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)) // a Monday
	o := openOfficeAt(t, now)
	got, at := o.as("person").complains(t, weatherSet)
	day := func(d workday.Date) {
		t.Helper()
		now.Advance(d.Time().Add(8 * time.Hour).Sub(now.Now()))
		for range 2 { // again changes nothing
			if _, err := o.complaints.Today(t.Context(), permit.Platform); err != nil {
				t.Fatal(err)
			}
		}
	}
	day("2026-03-03")
	if o.as("authority").told(t, "rightsclaim.overdue") || !o.as("lead-weather").told(t, "rightsclaim.due") {
		t.Error("the day it is due")
	}
	day("2026-03-04")
	if !o.as("authority").told(t, "rightsclaim.overdue") {
		t.Error("nobody escalates")
	}
	if v := asked[rightsclaim.View](t, o.as("authority"), "GET", at, nil, 200); v.Case.Stage != rightsclaim.StageReceived || !v.Left.Late {
		t.Errorf("lateness decided: %+v", v)
	}
	v := o.claims(t, at, step{"lead-weather", "ask", rightsclaim.Ask{Wanted: "请补充能够辨认的截图"}})
	if v.Case.Clock.Due.Day != "2026-03-11" || !o.as("person").told(t, "rightsclaim.wanted") {
		t.Errorf("asked: %+v", v.Case.Clock)
	}
	if p := asked[rightsclaim.Page](t, o.as("lead-weather"), "GET", complaints+"/ours", nil, 200); len(p.Items) != 1 || p.Items[0].Turn != "complainant" {
		t.Errorf("ours: %+v", p)
	}
	asked[any](t, o.as("lead-weather"), "POST", at+"/refuse", rightsclaim.Refuse{Reason: "未收到"}, 409)
	o.as("person").send(t, "POST", complaints+"/evidence?number="+got.Number+"&name=more.png", "application/octet-stream", picture(t)).says(t, "it comes", 200, `"stage":"received"`)
	o.as("").send(t, "POST", complaints+"/evidence?number="+got.Number+"&name=more.png", "application/octet-stream", picture(t)).says(t, "from nobody else", 404)
	asked[any](t, o.as("lead-weather"), "POST", at+"/ask", rightsclaim.Ask{Wanted: "再来"}, 409)
	o.claims(t, at, step{"lead-weather", "verify", rightsclaim.Verify{Ground: "范围很小"}}, step{"lead-weather", "resume", rightsclaim.Resume{Report: found}})

	_, late := o.as("person").complains(t, weatherSet)
	o.claims(t, late, step{"lead-weather", "ask", rightsclaim.Ask{Wanted: "请补充"}})
	day("2026-03-12")
	if !o.as("lead-weather").told(t, "rightsclaim.lapsed") {
		t.Error("the lead does not hear that nothing came")
	}
	v = o.claims(t, late, step{"lead-weather", "refuse", rightsclaim.Refuse{Reason: "期限内没有收到材料"}})
	if v.Case.Stage != rightsclaim.StageInvalid || v.Case.EraseOn != "2026-09-08" || !o.as("person").told(t, "rightsclaim.refused") {
		t.Errorf("refused: %+v", v.Case)
	}
	if p := asked[rightsclaim.Page](t, o.as("operator"), "GET", complaints+"/queue", nil, 200); len(p.Items) != 0 {
		t.Errorf("queue: %+v", p)
	}
	day("2026-09-08")
	if v := asked[rightsclaim.View](t, o.as("person"), "GET", late, nil, 200); !v.Case.Erased || v.Words.Claim != "" || v.Contact != "" {
		t.Errorf("erased: %+v %+v", v.Case, v.Words)
	}
	o.nothingWritten(t, got.ID)
}
