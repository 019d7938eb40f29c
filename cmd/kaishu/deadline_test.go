package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/notice"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
)

// day moves the clock to eight in the morning of a day, and waits until the
// jobs of the night have run.
func (o *office) day(t *testing.T, now *clock.Manual, day workday.Date) {
	t.Helper()
	now.Advance(day.Time().Add(8 * time.Hour).Sub(now.Now()))
	if _, err := o.applications.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	if _, err := o.reviews.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
}

// told reports whether somebody has a notice of the kind.
func (p *person) told(t *testing.T, kind string) bool {
	t.Helper()
	for _, n := range asked[notice.Page](t, p, "GET", "/api/v1/inbox?limit=200", nil, http.StatusOK).Items {
		if n.Kind == kind {
			return true
		}
	}
	return false
}

// TestTheTenDaysDoNotPassUnnoticed is hard gate 9, attacked through HTTP: the
// order runs over the turn of a year whose notice comes late, nobody decides,
// and nothing but two people can.
func TestTheTenDaysDoNotPassUnnoticed(t *testing.T) {
	now := clock.At(workday.Date("2026-12-23").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	v := o.as("person").applies(t)
	now.Advance(38 * time.Hour) // 23:00 the next day
	o.accepted(t, v)
	of := func() review.Progress {
		return asked[review.OrdersOf](t, o.as("person"), "GET", "/api/v1/applications/"+v.Case.ID+"/orders", nil, http.StatusOK).Items[0]
	}
	if p := of(); p.Received != "2026-12-24" || p.Due.Day != "2027-01-07" || !p.Due.Provisional || !p.Left.Provisional || p.Left.Days != 10 {
		t.Fatalf("received at 23:00, notice unknown: %+v", p)
	}
	// The notice for the next year comes out: entered by one, confirmed by
	// another, and the open day moves by itself. Its days are of this test.
	entered := asked[calendar.Notice](t, o.as("sys-admin"), "POST", "/api/v1/calendar/notices", calendar.Content{Year: 2027, Number: "测试〔2026〕1号", URL: "https://www.gov.cn/test",
		Off: []workday.Date{"2027-01-01", "2027-01-02", "2027-01-03"}}, http.StatusCreated)
	o.as("sys-admin").send(t, "POST", "/api/v1/calendar/notices/"+entered.ID+"/confirm", jsonMedia, strings.NewReader("")).says(t, "confirmed by whoever entered it", http.StatusForbidden)
	asked[calendar.Notice](t, o.as("sys-admin-2"), "POST", "/api/v1/calendar/notices/"+entered.ID+"/confirm", nil, http.StatusOK)
	for range 200 {
		if of().Due.Day == "2027-01-08" {
			break
		}
		time.Sleep(20 * time.Millisecond) // the reaction follows the commit
	}
	if p := of(); p.Due.Day != "2027-01-08" || p.Due.Provisional {
		t.Fatalf("after the notice: %+v", p.Due)
	}
	for day, who := range map[workday.Date]string{"2026-12-28": "reviewer-weather review.unopened", "2026-12-31": "reviewer-weather review.warning_1", "2027-01-06": "lead-weather review.warning_2", "2027-01-07": "lead-weather review.warning_3",
		"2027-01-11": "lead-weather review.overdue", "2027-01-12": "authority review.to_authority", "2027-01-15": "general-office review.to_general_office"} {
		account, kind, _ := strings.Cut(who, " ")
		if o.as(account).told(t, kind) {
			t.Errorf("%s was told %s before %s", account, kind, day)
		}
	}
	for _, x := range []struct {
		day  workday.Date
		who  string
		kind string
		late int
	}{{"2026-12-28", "reviewer-weather", "review.unopened", 0}, {"2026-12-31", "reviewer-weather", "review.warning_1", 0}, {"2027-01-06", "lead-weather", "review.warning_2", 0}, {"2027-01-07", "lead-weather", "review.warning_3", 0},
		{"2027-01-08", "lead-weather", "review.warning_3", 0}, {"2027-01-11", "lead-weather", "review.overdue", 1}, {"2027-01-12", "authority", "review.to_authority", 1}, {"2027-01-15", "general-office", "review.to_general_office", 1}} {
		o.day(t, now, x.day)
		if !o.as(x.who).told(t, x.kind) {
			t.Errorf("on %s %s was not told %s", x.day, x.who, x.kind)
		}
		if st := asked[review.Statistics](t, o.as(""), "GET", "/api/v1/statistics/applications", nil, http.StatusOK); st.Overdue != x.late || st.Waiting != 1 {
			t.Errorf("on %s the public counter says %+v", x.day, st)
		}
		if p := of(); p.Stage != review.StageAssigned || p.Verdicts != nil {
			t.Errorf("on %s it was decided by nobody: %+v", x.day, p)
		}
	}
	order := "/api/v1/orders/" + of().ID
	for _, who := range []string{"", "person", "org-admin", "intake", "authority", "general-office", "operator", "sys-admin", "lead-weather", "editor-weather", "lead-civil"} {
		for _, verb := range []string{"propose", "confirm", "send-back", "resume", "take"} {
			a := o.as(who).send(t, "POST", order+"/"+verb, jsonMedia, strings.NewReader(`{"free":true,"reason":"x","verdicts":[{"dataset":"hourly-weather","approve":true,"fields":["date"],"mode":"api","months":1}]}`))
			if a.status < 400 {
				t.Errorf("%q %s: %d %s", who, verb, a.status, a.body)
			}
		}
	}
	o.decides(t, of().ID)
	if p := of(); !p.Late || p.Days != 15 || !strings.Contains(string(mustJSON(t, p.Verdicts)), "temperature") {
		t.Errorf("decided late: %+v", p)
	}
	if st := asked[review.Statistics](t, o.as(""), "GET", "/api/v1/statistics/applications", nil, http.StatusOK); st.Overdue != 0 || st.All.OnTime != 0 || st.All.Decided != 1 {
		t.Errorf("afterwards: %+v", st)
	}
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestReasonsAreToldOnce is hard gate 8, attacked through HTTP.
func TestReasonsAreToldOnce(t *testing.T) {
	o := openOffice(t)
	v := o.as("person").applies(t)
	at, officer := "/api/v1/applications/"+v.Case.ID, o.as("intake")
	asked[application.View](t, officer, "POST", at+"/take", nil, http.StatusOK)
	asked[application.View](t, officer, "POST", at+"/decline", application.Decline{Faults: []application.Fault{{Item: "hourly-weather/staff", Code: "incomplete"}}, Checked: v.Case.Items}, http.StatusOK)
	officer.send(t, "POST", at+"/decline", jsonMedia, strings.NewReader(`{"faults":[{"item":"scenario","code":"absent"}]}`)).says(t, "a second list for the same round", http.StatusConflict)
	for _, f := range asked[application.View](t, o.as("person"), "GET", at, nil, http.StatusOK).Draft.Files {
		if f.Item == "hourly-weather/staff" {
			o.as("person").send(t, "DELETE", at+"/files/"+f.ID, "", nil).says(t, "take the old copy away", http.StatusOK)
		}
	}
	o.as("person").attach(t, v.Case.ID, "hourly-weather/staff", "&until=2099-01-01").says(t, "bring another", http.StatusOK)
	asked[application.View](t, o.as("person"), "POST", at+"/submit", nil, http.StatusOK)
	asked[application.View](t, officer, "POST", at+"/take", nil, http.StatusOK)
	late := string(mustJSON(t, application.Decline{Faults: []application.Fault{{Item: "hourly-weather/security_plan", Code: "unsigned"}, {Item: "hourly-weather/staff", Code: "unsigned"}}, Checked: v.Case.Items}))
	officer.send(t, "POST", at+"/decline", jsonMedia, strings.NewReader(late)).says(t, "a new reason on old material", http.StatusUnprocessableEntity, "/faults/0", "application.told_late")
	for _, who := range []string{"intake", "person", "lead-weather", "operator", "general-office"} { // nobody but the authority may allow it
		if a := o.as(who).send(t, "POST", at+"/allow", jsonMedia, strings.NewReader(`{"items":["hourly-weather/security_plan"],"reason":"x"}`)); a.status < 400 {
			t.Errorf("%s allows it: %d", who, a.status)
		}
	}
	asked[application.View](t, o.as("authority"), "POST", at+"/allow", application.Allow{Items: []string{"hourly-weather/security_plan"}, Reason: "前次漏看签章页"}, http.StatusOK)
	v = asked[application.View](t, officer, "POST", at+"/decline", json.RawMessage(late), http.StatusOK)
	if v.Case.LateFaults != 1 {
		t.Errorf("counted %d", v.Case.LateFaults)
	}
}
