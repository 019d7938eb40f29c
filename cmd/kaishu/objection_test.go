package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

const (
	objections = "/api/v1/objections"
	weatherSet = "seattle-daily-weather"
	objectTo   = "/api/v1/datasets/" + weatherSet + "/objections"
)

// windy is an objection to one field.
func windy() objection.Form {
	return objection.Form{Target: objection.Field, Fields: []string{"wind"}, Fault: "wrong_value", Claim: "张三认为三月的风速都是零", Suggested: "4.7", Contact: "13800138000"}
}

// object submits an objection of somebody and returns his receipt and where
// the case stands.
func (p *person) object(t *testing.T, in objection.Form) (objection.Receipt, string) {
	t.Helper()
	got := asked[objection.Receipt](t, p, "POST", objectTo, in, http.StatusCreated)
	return got, objections + "/" + got.ID
}

func (o *office) steps(t *testing.T, at string, steps ...step) (v objection.View) {
	t.Helper()
	for _, x := range steps {
		v = asked[objection.View](t, o.as(x.who), "POST", at+"/"+x.verb, x.body, http.StatusOK)
	}
	return v
}

type step struct {
	who, verb string
	body      any
}

// toConfirmed are the steps up to a confirmed objection.
func toConfirmed() []step {
	return []step{{"quality", "triage", objection.Triage{Fault: "wrong_value"}}, {"quality", "mark", objection.Mark{Summary: "三月的风速疑似有误"}},
		{"editor-weather", "trace", objection.Trace{Source: "气象局观测系统"}}, {"editor-weather", "find", objection.Find{Established: true, Account: "已核对原始记录", Reply: "确有错误"}},
		{"lead-weather", "confirm", nil}}
}

// releases puts a new version in force and returns its number.
func (o *office) releases(t *testing.T) int {
	t.Helper()
	editor := o.actorAs(t, "editor-weather")
	v, err := o.versions.Receive(t.Context(), editor, version.Upload{Dataset: weatherSet, Kind: version.Full, Name: "a.csv", UpdatedOn: "2026-11-01", NotSecret: true},
		strings.NewReader("date,precipitation,temp_max,temp_min,wind,weather\n2012-01-01,0.0,12.8,5.0,4.7,drizzle\n2012-01-02,10.9,10.6,2.8,4.5,rain\n"))
	if err == nil {
		v, err = o.loader.Await(t.Context(), editor, weatherSet, v.Number)
	}
	if err == nil && v.Stage == version.StageStaged {
		v, err = o.versions.Do(t.Context(), o.actorAs(t, "lead-weather"), weatherSet, v.Number, version.Release{})
	}
	if err != nil || v.Stage != version.StageReleased {
		t.Fatalf("%v %+v", err, v)
	}
	return v.Number
}

// TestAnObjectionFromAnybodyToAReply leads an anonymous objection the whole
// way: mark at once, four eyes, a new version, a public reply, one re-opening
// (SM-15, Article 16).
func TestAnObjectionFromAnybodyToAReply(t *testing.T) {
	o := openOffice(t)
	asked[any](t, o.as("org-developer"), "PUT", "/api/v1/datasets/"+weatherSet+"/follow", nil, 200)
	nobody := o.as("")
	nobody.send(t, "POST", objectTo, jsonMedia, strings.NewReader(`{"target":"field","fields":["snowfall"]}`)).says(t, "every fault at once", 422, "#/fields/0", "#/fault", "#/claim")
	got, at := nobody.object(t, windy())
	if got.Code == "" || !strings.HasPrefix(got.Number, "YY-") {
		t.Fatalf("receipt: %+v", got)
	}
	key := objection.Key{Number: got.Number, Code: strings.ToUpper(got.Code)}
	if v := asked[objection.View](t, nobody, "POST", objections+"/follow", key, 200); v.Contact != "13800138000" || v.Words == nil || v.Case.Did != nil || v.Marked {
		t.Errorf("the objector sees %+v", v)
	}
	for _, wrong := range []objection.Key{{Number: got.Number, Code: "00000-00000-00000"}, {Number: "YY-2026-999999", Code: got.Code}, {Number: got.Number}} {
		nobody.send(t, "POST", objections+"/follow", jsonMedia, strings.NewReader(`{"number":"`+wrong.Number+`","code":"`+wrong.Code+`"}`)).says(t, "another code", 404, "objection.no_such_code")
	}
	asked[any](t, nobody, "GET", at, nil, 404)
	asked[any](t, o.as("lead-weather"), "GET", at, nil, 404) // the centre looks first
	if p := asked[objection.Page](t, o.as("quality"), "GET", objections+"/queue", nil, 200); len(p.Items) != 1 || p.Items[0].Left.Days != 2 {
		t.Errorf("queue: %+v", p)
	}
	if v := asked[objection.View](t, o.as("quality"), "GET", at, nil, 200); v.Contact == "" || v.Words.Claim != windy().Claim {
		t.Errorf("the centre sees %+v", v)
	}
	o.steps(t, at, toConfirmed()[:2]...)
	of := asked[objection.OfDataset](t, nobody, "GET", objectTo, nil, 200)
	if len(of.Marks) != 1 || of.Marks[0].Fields[0] != "wind" || of.Marks[0].Summary != "三月的风速疑似有误" || len(of.Items) != 1 {
		t.Fatalf("marked: %+v", of)
	}
	for _, path := range []string{at, objectTo, objections} {
		if a := nobody.get(t, path); strings.Contains(a.body, "张三") || strings.Contains(a.body, "13800138000") || strings.Contains(a.body, `"did"`) {
			t.Errorf("%s tells who objected: %s", path, a.body)
		}
	}
	if !o.as("org-developer").told(t, "objection.marked") || !o.as("editor-weather").told(t, "objection.to_trace") {
		t.Error("a follower or the publisher was not told of the mark")
	}
	if v := asked[objection.View](t, o.as("editor-weather"), "GET", at, nil, 200); v.Contact != "" || v.Words == nil {
		t.Errorf("the publisher sees %+v", v)
	}
	if p := asked[objection.Page](t, o.as("editor-weather"), "GET", objections+"/ours", nil, 200); len(p.Items) != 1 {
		t.Errorf("ours: %+v", p)
	}
	if p := asked[objection.Page](t, o.as("editor-civil"), "GET", objections+"/ours", nil, 200); len(p.Items) != 0 {
		t.Errorf("another body's: %+v", p)
	}
	asked[any](t, o.as("editor-civil"), "POST", at+"/trace", objection.Trace{Source: "x"}, 403)
	o.steps(t, at, toConfirmed()[2], toConfirmed()[3])
	asked[any](t, o.as("editor-weather"), "POST", at+"/confirm", nil, 403)
	asked[any](t, o.as("lead-weather"), "POST", at+"/dismiss", nil, 409)
	o.steps(t, at, step{"lead-weather", "redo", objection.Redo{Reason: "请附原始记录"}}, toConfirmed()[3], toConfirmed()[4])
	asked[any](t, o.as("editor-weather"), "POST", at+"/correct", objection.Correct{Version: 1, Note: "已重导"}, 422)
	n := o.releases(t)
	o.steps(t, at, step{"editor-weather", "correct", objection.Correct{Version: n, Note: "已重导"}}, step{"quality", "send_back", objection.SendBack{Reason: "还有一处"}},
		step{"editor-weather", "correct", objection.Correct{Version: n, Note: "再次核对"}})
	if !o.as("org-developer").told(t, "objection.corrected") {
		t.Error("a follower was not told of the correction")
	}
	v := o.steps(t, at, step{"quality", "close", objection.Close{Reply: "三月的风速已更正", Checked: true}})
	if v.Marked || len(v.Case.Replies) != 1 || v.Case.Replies[0].Version != n {
		t.Errorf("closed: %+v", v)
	}
	nobody.get(t, objections+"?dataset="+weatherSet).says(t, "the reply is public", 200, "三月的风速已更正")
	if of := asked[objection.OfDataset](t, nobody, "GET", objectTo, nil, 200); len(of.Marks) != 0 {
		t.Errorf("the mark stays: %+v", of.Marks)
	}
	again := objection.Again{Key: key, Claim: "四月也是零"}
	if v := asked[objection.View](t, nobody, "POST", objections+"/reopen", again, 200); v.Case.Stage != objection.StageTriaged || v.Words.Again != again.Claim {
		t.Errorf("re-opened: %+v", v)
	}
	o.steps(t, at, toConfirmed()[1], toConfirmed()[2], step{"editor-weather", "find", objection.Find{Account: "四月无误", Reply: "数据无误"}}, step{"lead-weather", "dismiss", nil},
		step{"quality", "close", objection.Close{Reply: "经核实，四月数据无误"}})
	asked[any](t, nobody, "POST", objections+"/reopen", again, 409)
	if v := asked[objection.View](t, nobody, "POST", objections+"/forget", key, 200); v.Contact != "" {
		t.Error("the contact stays")
	}
	o.marksFollowHistory(t)
	if n, err := o.objections.Replay(t.Context(), permit.Platform); n != 1 || err != nil {
		t.Errorf("replay: %d %v", n, err)
	}
	if err := o.db.Read(t.Context(), func(tx *database.Tx) error {
		lines, err := ledger.History(tx, objection.Stream(got.ID))
		for _, l := range lines {
			if strings.Contains(string(l.Body), "张三") || strings.Contains(string(l.Body), "1380013") {
				t.Errorf("an event holds what the objector wrote: %s", l.Body)
			}
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// marksFollowHistory: by its history, the data of a case is marked from
// "marked" to "closed", and the public sees exactly these marks.
func (o *office) marksFollowHistory(t *testing.T) {
	t.Helper()
	p, err := o.objections.List(t.Context(), permit.Actor{}, weatherSet, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	marks, err := o.objections.Marks(t.Context(), permit.Actor{}, weatherSet)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, m := range marks {
		shown[m.ID] = true
	}
	for _, x := range p.Items {
		v, err := o.objections.View(t.Context(), permit.Actor{}, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		on := false
		for _, l := range v.History {
			on = l.Word() == "marked" || on && l.Word() != "closed"
		}
		if on != shown[x.ID] || on != v.Marked {
			t.Errorf("%s at %s: marked by its history %t, shown %t, said %t", x.Number, x.Stage, on, shown[x.ID], v.Marked)
		}
	}
}

// TestPrivacyIsTheLeadsAtOnce: the lead hears before the centre looks, and may
// suspend in the same breath (Article 31).
func TestPrivacyIsTheLeadsAtOnce(t *testing.T) {
	o := openOffice(t)
	_, harmless := o.as("").object(t, windy())
	o.steps(t, harmless, toConfirmed()[:2]...)
	asked[any](t, o.as("lead-weather"), "POST", harmless+"/suspend", objection.Suspend{Reason: "核实"}, 409)
	_, at := o.as("person").object(t, objection.Form{Target: objection.Rows, Rows: []string{"2026-03-01"}, Fault: "privacy", Claim: "能看出是谁家"})
	if !o.as("lead-weather").told(t, "objection.severe") || !o.as("person").told(t, "objection.received") {
		t.Error("the lead or the objector was not told")
	}
	o.as("reviewer-weather").send(t, "POST", at+"/suspend", jsonMedia, strings.NewReader(`{"reason":"x"}`)).says(t, "not the lead", 403)
	o.steps(t, at, step{"lead-weather", "suspend", objection.Suspend{Reason: "核实隐私"}})
	if e, err := o.entries.Get(t.Context(), permit.Actor{}, weatherSet); err != nil || e.Stage != openlist.StageSuspended {
		t.Errorf("%+v %v", e.Stage, err)
	}
	asked[any](t, o.as("lead-weather"), "POST", at+"/suspend", objection.Suspend{Reason: "再次"}, 409) // it is suspended: nothing is written
	if v := asked[objection.View](t, o.as("quality"), "GET", at, nil, 200); !v.Case.Suspended || v.Revision != 2 {
		t.Errorf("%+v", v)
	}
	o.steps(t, harmless, step{"quality", "escalate", nil})
	v := o.steps(t, at, step{"quality", "triage", objection.Triage{Fault: "other"}}, step{"quality", "refuse", objection.Refuse{Channel: "rights", Reason: "请走权益保护"}})
	if v.Case.Stage != objection.StageNotInScope || !o.as("person").told(t, "objection.refused") {
		t.Errorf("%+v", v)
	}
	if v := asked[objection.View](t, o.as("person"), "GET", at, nil, 200); v.Case.Channel != "rights" || v.Case.Reason == "" {
		t.Errorf("the objector reads %+v", v.Case)
	}
	if p := asked[objection.Page](t, o.as("person"), "GET", objections+"/mine", nil, 200); len(p.Items) != 1 {
		t.Errorf("mine: %+v", p)
	}
	asked[any](t, o.as("person"), "GET", objections+"/queue", nil, 403)
	asked[any](t, o.as(""), "GET", objections+"/mine", nil, 401)
}

// TestAnObjectionIsNotForgotten: the days escalate and decide nothing; what
// the objector wrote is erased in the end.
func TestAnObjectionIsNotForgotten(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)) // a Monday
	o := openOfficeAt(t, now)
	got, at := o.as("person").object(t, windy())
	day := func(d workday.Date) {
		t.Helper()
		now.Advance(d.Time().Add(8 * time.Hour).Sub(now.Now()))
		for range 2 { // again changes nothing
			if _, err := o.objections.Today(t.Context(), permit.Platform); err != nil {
				t.Fatal(err)
			}
		}
	}
	day("2026-03-04")
	if o.as("authority").told(t, "objection.overdue") || !o.as("quality").told(t, "objection.due") {
		t.Error("the day it is due")
	}
	day("2026-03-05")
	if !o.as("authority").told(t, "objection.overdue") {
		t.Error("nobody escalates")
	}
	page := doubtDesk + got.ID
	for _, who := range []string{"quality", "authority"} {
		o.as(who).get(t, "/zh/desk/objections").says(t, "what is late stands first: "+who, 200, "已逾期（1件）", "逾期1个工作日", page)
	}
	if a := o.as("authority").get(t, page); a.status != 200 || strings.Contains(a.body, "张三") || strings.Contains(a.body, "13800138000") || strings.Contains(a.body, page+"/triage") {
		t.Errorf("the authority sees: %d %s", a.status, a.body)
	}
	if v := asked[objection.View](t, o.as("authority"), "GET", at, nil, 200); v.Case.Stage != objection.StageSubmitted || !v.Left.Late || v.Words != nil || v.Contact != "" {
		t.Errorf("overdue: %+v", v)
	}
	o.steps(t, at, toConfirmed()[:2]...)
	day("2026-03-31")
	if !o.as("lead-weather").told(t, "objection.overdue") || !o.as("authority").told(t, "objection.to_authority") {
		t.Error("the publisher's lateness stays with him")
	}
	if v := asked[objection.View](t, o.as("quality"), "GET", at, nil, 200); v.Case.Stage != objection.StageMarked || !v.Marked {
		t.Errorf("lateness decided: %+v", v.Case.Stage)
	}
	v := o.steps(t, at, append(toConfirmed()[2:3], step{"editor-weather", "find", objection.Find{Account: "无误", Reply: "无误"}}, step{"lead-weather", "dismiss", nil}, step{"quality", "close", objection.Close{Reply: "数据无误"}})...)
	if v.Case.ReopenUntil != "2026-04-30" || v.Case.EraseOn != "2026-09-28" {
		t.Errorf("re-opening until %s, erased on %s", v.Case.ReopenUntil, v.Case.EraseOn)
	}
	day("2026-05-01")
	asked[any](t, o.as("person"), "POST", objections+"/reopen", objection.Again{Key: objection.Key{Number: got.Number}, Claim: "x"}, 409)
	day("2026-09-28")
	if v := asked[objection.View](t, o.as("person"), "GET", at, nil, 200); !v.Case.Erased || v.Words.Claim != "" || v.Contact != "" {
		t.Errorf("erased: %+v %+v", v.Case, v.Words)
	}
	if n, err := o.objections.Replay(t.Context(), permit.Platform); n != 1 || err != nil {
		t.Errorf("replay: %d %v", n, err)
	}
}

// TestEvidenceIsForThoseWhoWork: a file of the objector is opened by him and
// those who work on the case; for others there is none.
func TestEvidenceIsForThoseWhoWork(t *testing.T) {
	o := openOffice(t)
	var b bytes.Buffer
	io.Copy(&b, picture(t))
	f, err := o.casework.materials.Receive(t.Context(), permit.Actor{}, "proof.png", &b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := o.objections.Submit(t.Context(), permit.Actor{}, weatherSet, windy(), f)
	if err != nil {
		t.Fatal(err)
	}
	at := objections + "/" + got.ID
	v := asked[objection.View](t, o.as("quality"), "GET", at, nil, 200)
	if len(v.Evidence) != 1 {
		t.Fatalf("evidence: %+v", v.Evidence)
	}
	file := at + "/evidence/" + v.Evidence[0].ID
	o.as("quality").get(t, file).says(t, "the centre", 200)
	for _, who := range []string{"", "lead-weather", "authority", "person"} {
		o.as(who).get(t, file).says(t, "before the mark: "+who, 404)
	}
	o.steps(t, at, toConfirmed()[:2]...)
	o.as("lead-weather").get(t, file).says(t, "the publisher", 200)
	for _, who := range []string{"", "lead-civil", "authority", "person"} {
		if a := o.as(who).get(t, file); a.status != 404 {
			t.Errorf("after the mark %q gets %d", who, a.status)
		}
	}
}

// TestDaysOfObjectionsFollowTheCalendar: a notice that comes late moves the
// open days by itself, and only those.
func TestDaysOfObjectionsFollowTheCalendar(t *testing.T) {
	now := clock.At(workday.Date("2026-12-30").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	got, at := o.as("").object(t, windy())
	due := func() workday.Due {
		return asked[objection.View](t, o.as("quality"), "GET", at, nil, 200).Case.Clock.Due
	}
	if d := due(); d.Day != "2027-01-01" || !d.Provisional {
		t.Fatalf("no notice yet: %+v", d)
	}
	n := asked[calendar.Notice](t, o.as("sys-admin"), "POST", "/api/v1/calendar/notices", calendar.Content{Year: 2027, Number: "测试〔2026〕1号", URL: "https://www.gov.cn/test",
		Off: []workday.Date{"2027-01-01"}}, http.StatusCreated)
	asked[any](t, o.as("sys-admin-2"), "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", nil, http.StatusOK)
	until(t, "the first of January is no working day", func() bool { return due() == workday.Due{Day: "2027-01-04"} })
	if v := asked[objection.View](t, o.as("quality"), "GET", at, nil, 200); len(v.History) != 1 || v.Revision != 2 {
		t.Errorf("what was recounted is told as a step: %+v", v.History)
	}
	if n, err := o.objections.Replay(t.Context(), permit.Platform); n != 1 || err != nil {
		t.Errorf("replay of %s: %d %v", got.ID, n, err)
	}
}
