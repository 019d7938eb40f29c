package main

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
)

// weatherContent is a whole application for the sample's conditional dataset,
// but for the files.
func weatherContent() application.Content {
	return application.Content{
		Datasets: []application.Wanted{{Dataset: "hourly-weather", Fields: []string{"date", "temperature", "wind"}, Mode: "api", Months: 12}},
		Scenario: application.Scenario{Code: "public_service", Title: "户外作业高温提醒", Purpose: "按小时提醒户外工地停工", Serves: "建筑工人", Benefit: "减少中暑，其他城市可照做"},
		Security: application.Security{Measures: "加密存放，专人保管密钥", Where: "本市机房", Access: "两名值守人员"},
		Pledge:   application.Pledge{True: true, Cite: true, Report: true, Checks: true},
	}
}

var weatherItems = []string{"hourly-weather/licence", "hourly-weather/staff", "hourly-weather/security_plan", "hourly-weather/scenario"}

// attach sends a copy for an item through the API.
func (p *person) attach(t *testing.T, id, item, query string) answer {
	t.Helper()
	var b bytes.Buffer
	b.Write(picture(t).Bytes())
	return p.send(t, "POST", "/api/v1/applications/"+id+"/files?item="+strings.ReplaceAll(item, "/", "%2F")+"&name=proof.png"+query, "application/octet-stream", &b)
}

// applies hands a whole application in and returns it.
func (p *person) applies(t *testing.T) application.View {
	t.Helper()
	v := asked[application.View](t, p, "POST", "/api/v1/applications", weatherContent(), http.StatusCreated)
	for _, item := range weatherItems {
		until := ""
		if strings.HasSuffix(item, "licence") {
			until = "&until=2099-12-31"
		}
		p.attach(t, v.Case.ID, item, until).says(t, "attach "+item, http.StatusOK)
	}
	return asked[application.View](t, p, "POST", "/api/v1/applications/"+v.Case.ID+"/submit", nil, http.StatusOK)
}

// accepted has the centre accept an application.
func (o *office) accepted(t *testing.T, v application.View) {
	t.Helper()
	at, officer := "/api/v1/applications/"+v.Case.ID, o.as("intake")
	asked[application.View](t, officer, "POST", at+"/take", nil, http.StatusOK)
	asked[application.View](t, officer, "POST", at+"/accept", application.Accept{Checked: v.Case.Items}, http.StatusOK)
}

// TestApplyAndDecide goes the whole way of an application, by the API.
func TestApplyAndDecide(t *testing.T) {
	o := openOffice(t)
	person, officer := o.as("person"), o.as("intake")
	v := asked[application.View](t, person, "POST", "/api/v1/applications", application.Content{}, http.StatusCreated)
	at := "/api/v1/applications/" + v.Case.ID
	person.send(t, "POST", at+"/submit", "", nil).says(t, "an empty draft: every fault at once", http.StatusUnprocessableEntity,
		"/scenario/code", "/scenario/title", "/datasets", "/security/measures", "/pledge/true", "/pledge/checks")
	v = asked[application.View](t, person, "PUT", at, weatherContent(), http.StatusOK)
	person.send(t, "POST", at+"/submit", "", nil).says(t, "without files", http.StatusUnprocessableEntity, "/files/hourly-weather~1licence", "/files/hourly-weather~1scenario")
	person.attach(t, v.Case.ID, "hourly-weather/whim", "").says(t, "a file nobody asks for", http.StatusUnprocessableEntity, "/item")
	for _, item := range weatherItems {
		person.attach(t, v.Case.ID, item, "&until=2099-12-31").says(t, "attach", http.StatusOK)
	}
	v = asked[application.View](t, person, "POST", at+"/submit", nil, http.StatusOK)
	if !strings.HasPrefix(v.Case.Number, "SQ-") || v.Turn != "centre" || v.Identity.Name.ZH != "样例个人用户" || len(v.Files) != 4 {
		t.Fatalf("handed in: %+v", v)
	}
	if len(v.Case.Items) != 9 || v.Left.Days < 2 {
		t.Errorf("checklist %v, %d days left", v.Case.Items, v.Left.Days)
	}

	asked[application.View](t, officer, "POST", at+"/take", nil, http.StatusOK)
	officer.send(t, "POST", at+"/accept", jsonMedia, strings.NewReader(`{"checked":["applicant"]}`)).says(t, "half a checklist", http.StatusUnprocessableEntity, "/checked/scenario", "/checked/hourly-weather~1staff")
	v = asked[application.View](t, officer, "POST", at+"/decline", application.Decline{Faults: []application.Fault{{Item: "hourly-weather/staff", Code: "incomplete", Note: "没有写值守安排"}, {Item: "scenario", Code: "incomplete"}}, Checked: v.Case.Items}, http.StatusOK)
	if v.Case.Stage != application.StageNotAccepted || len(v.Case.Faults) != 2 {
		t.Fatalf("declined: %+v", v.Case)
	}
	changed := weatherContent()
	changed.Scenario.Purpose += "，并统计停工时长"
	asked[application.View](t, person, "PUT", at, changed, http.StatusOK)
	number := v.Case.Number
	v = asked[application.View](t, person, "POST", at+"/submit", nil, http.StatusOK)
	if v.Case.Number != number || v.Case.Round != 2 {
		t.Errorf("round %d of %s, was %s", v.Case.Round, v.Case.Number, number)
	}
	o.accepted(t, v)
	progress := asked[review.OrdersOf](t, person, "GET", at+"/orders", nil, http.StatusOK).Items
	if len(progress) != 1 || progress[0].Body != "weather" || progress[0].Left.Days != 10 || progress[0].Due.Day == "" {
		t.Fatalf("handed over: %+v", progress)
	}
	o.decides(t, progress[0].ID)
	v = asked[application.View](t, person, "GET", at, nil, http.StatusOK)
	if v.Case.Stage != application.StageApproved {
		t.Errorf("concluded as %s", v.Case.Stage)
	}
	progress = asked[review.OrdersOf](t, person, "GET", at+"/orders", nil, http.StatusOK).Items
	if len(progress[0].Verdicts) != 1 || progress[0].Verdicts[0].Narrow["fields"] == "" {
		t.Errorf("the result as the applicant sees it: %+v", progress[0])
	}
	st := asked[review.Statistics](t, o.as(""), "GET", "/api/v1/statistics/applications", nil, http.StatusOK)
	if st.All.Decided != 1 || st.All.Approved != 1 || st.All.Narrowed != 1 || len(st.Groups) != 1 || st.Groups[0].Applicant != "person" || st.Waiting != 0 {
		t.Errorf("statistics: %+v", st)
	}
	o.as("").get(t, "/api/v1/decisions?dataset=hourly-weather").says(t, "decisions", http.StatusOK, `"applicant":"person"`)
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestApplicantsSendTheirFilesOnly: a draft cannot name copies that were never
// sent, and officers are named to applicants by their part only.
func TestApplicantsSendTheirFilesOnly(t *testing.T) {
	o := openOffice(t)
	forged := weatherContent()
	forged.Files = []application.File{{ID: "mat_none", Item: weatherItems[0], Name: "a.pdf", SHA256: "aa", Until: "2099-01-01"}}
	v := asked[application.View](t, o.as("person"), "POST", "/api/v1/applications", forged, http.StatusCreated)
	if len(v.Draft.Files) > 0 {
		t.Errorf("begun with forged files: %+v", v.Draft.Files)
	}
	v = asked[application.View](t, o.as("person"), "PUT", "/api/v1/applications/"+v.Case.ID, forged, http.StatusOK)
	if len(v.Draft.Files) > 0 {
		t.Errorf("filled with forged files: %+v", v.Draft.Files)
	}
	v = o.as("person").applies(t)
	o.accepted(t, v)
	at := "/api/v1/applications/" + v.Case.ID
	if body := o.as("person").get(t, at).body; strings.Contains(body, `"intake"`) {
		t.Errorf("the applicant reads who checked: %s", body)
	}
	o.as("auditor").get(t, at).says(t, "the auditor reads who checked", http.StatusOK, `"intake"`)
}

// decides has the weather service decide an order: narrowed, by two persons,
// after a question.
func (o *office) decides(t *testing.T, order string) {
	t.Helper()
	at, reviewer, lead := "/api/v1/orders/"+order, o.as("reviewer-weather"), o.as("lead-weather")
	reviewer.send(t, "POST", at+"/take", jsonMedia, strings.NewReader(`{}`)).says(t, "without the declaration", http.StatusUnprocessableEntity, "/free")
	asked[review.View](t, reviewer, "POST", at+"/take", review.Take{Free: true}, http.StatusOK)
	asked[review.View](t, reviewer, "POST", at+"/ask", review.Ask{Text: "为何需要风速？"}, http.StatusOK)
	asked[review.OrdersOf](t, o.as("person"), "POST", at+"/answer", review.Answer{Text: "大风也要停工"}, http.StatusOK)
	v := asked[review.View](t, reviewer, "POST", at+"/rank", review.Rank{Score: review.Score{Livelihood: 3, Economy: 1, Replicable: 2}}, http.StatusOK)
	verdict := review.Verdict{Dataset: "hourly-weather", Approve: true, Fields: []string{"date", "temperature"}, Mode: "api", Months: 12}
	reviewer.send(t, "POST", at+"/propose", jsonMedia, strings.NewReader(`{"verdicts":[{"dataset":"hourly-weather","approve":true,"fields":["date"],"mode":"api","months":12}]}`)).
		says(t, "narrowed without a reason", http.StatusUnprocessableEntity, "/verdicts/0/narrow/fields")
	verdict.Narrow = map[string]string{"fields": "风速与场景无关"}
	asked[review.View](t, reviewer, "POST", at+"/propose", review.Propose{Verdicts: []review.Verdict{verdict}}, http.StatusOK)
	if p := asked[review.OrdersOf](t, o.as("person"), "GET", "/api/v1/applications/"+v.About.Case.ID+"/orders", nil, http.StatusOK).Items[0]; p.Stage != review.StageInReview || p.Verdicts != nil {
		t.Errorf("the applicant sees what is only proposed: %+v", p)
	}
	reviewer.send(t, "POST", at+"/confirm", jsonMedia, strings.NewReader(`{"free":true}`)).says(t, "the reviewer alone", http.StatusForbidden)
	asked[review.View](t, lead, "POST", at+"/confirm", review.Confirm{Free: true}, http.StatusOK)
}

// TestTwoAtOnce: the second of two officers is told what happened.
func TestTwoAtOnce(t *testing.T) {
	o := openOffice(t)
	v := o.as("person").applies(t)
	at := "/api/v1/applications/" + v.Case.ID
	v = asked[application.View](t, o.as("intake"), "POST", at+"/take", nil, http.StatusOK)
	seen := v.Revision
	asked[application.View](t, o.as("intake"), "POST", at+"/accept", application.Accept{Checked: v.Case.Items}, http.StatusOK)
	a := o.as("intake").sendSeen(t, at+"/decline", seen, `{"faults":[{"item":"pledge","code":"absent"}]}`)
	a.says(t, "the second", http.StatusConflict, "application.moved")
	orders := asked[review.OrdersOf](t, o.as("person"), "GET", at+"/orders", nil, http.StatusOK).Items
	order := "/api/v1/orders/" + orders[0].ID
	r := asked[review.View](t, o.as("reviewer-weather"), "GET", order, nil, http.StatusOK)
	asked[review.View](t, o.as("reviewer-weather"), "POST", order+"/take", review.Take{Free: true}, http.StatusOK)
	o.as("reviewer-weather").sendSeen(t, order+"/recuse", r.Revision, `{"reason":"x"}`).says(t, "the second reviewer", http.StatusConflict, "application.moved")
}

// sendSeen sends a command with the revision that was seen.
func (p *person) sendSeen(t *testing.T, path string, seen int, body string) answer {
	t.Helper()
	status, _, text := p.ask(t, "POST", path, strings.NewReader(body), "Content-Type", jsonMedia, "Accept", jsonMedia, "If-Match", fmt.Sprintf("%q", fmt.Sprint(seen)))
	return answer{status, "", text}
}

// formKeys are what differs from form to form by chance.
var formKeys = regexp.MustCompile(`name="(csrf|idempotency)" value="[^"]*"`)

// TestOutsidersLearnNoCase: whoever has no part in a case gets, for each of its
// addresses, what he gets for one that there is not.
func TestOutsidersLearnNoCase(t *testing.T) {
	o := openOffice(t)
	v := o.as("person").applies(t)
	o.accepted(t, v)
	order := asked[review.OrdersOf](t, o.as("person"), "GET", "/api/v1/applications/"+v.Case.ID+"/orders", nil, http.StatusOK).Items[0].ID
	caseOf := func(path string) string {
		return strings.NewReplacer("CASE", "app_none", "ORDER", "ord_none", "FILE", "mat_none").Replace(path)
	}
	here := strings.NewReplacer("CASE", v.Case.ID, "ORDER", order, "FILE", v.Files[0].ID)
	body := `{"verdicts":[],"checked":[],"faults":[],"items":[],"text":"x","reason":"x","free":true,"advice":"approve","opinion":"x","experts":[]}`
	for _, who := range []string{"", "org-admin", "org-developer", "editor-weather", "lead-civil", "expert", "operator", "district", "content", "sys-admin", "evaluator", "cyberspace"} {
		p := o.as(who)
		for _, q := range []string{"GET /api/v1/applications/CASE", "GET /api/v1/applications/CASE/files/FILE", "GET /api/v1/applications/CASE/orders", "PUT /api/v1/applications/CASE",
			"POST /api/v1/applications/CASE/submit", "POST /api/v1/applications/CASE/withdraw", "POST /api/v1/applications/CASE/copy", "POST /api/v1/applications/CASE/take", "POST /api/v1/applications/CASE/accept",
			"POST /api/v1/applications/CASE/decline", "POST /api/v1/applications/CASE/allow", "DELETE /api/v1/applications/CASE/files/FILE", "GET /api/v1/orders/ORDER", "GET /api/v1/orders/ORDER/files/FILE",
			"POST /api/v1/orders/ORDER/answer", "POST /api/v1/orders/ORDER/take", "POST /api/v1/orders/ORDER/recuse", "POST /api/v1/orders/ORDER/opine", "POST /api/v1/orders/ORDER/propose", "POST /api/v1/orders/ORDER/confirm", "POST /api/v1/orders/ORDER/send-back",
			"GET /api/v1/orders/ORDER/letter", "GET /zh/applications/CASE", "GET /zh/applications/CASE/scenario", "GET /zh/applications/CASE/check", "GET /zh/applications/CASE/withdraw", "GET /zh/applications/CASE/files/FILE",
			"GET /zh/desk/intake/CASE", "GET /zh/desk/intake/CASE/files/FILE", "GET /zh/desk/orders/ORDER", "GET /zh/desk/orders/ORDER/files/FILE", "GET /zh/letters/ORDER", "GET /zh/letters/ORDER/pdf"} {
			method, path, _ := strings.Cut(q, " ")
			media, text := "", ""
			if method == "POST" || method == "PUT" {
				media, text = jsonMedia, body
			}
			real := p.send(t, method, here.Replace(path), media, strings.NewReader(text))
			none := p.send(t, method, caseOf(path), media, strings.NewReader(text))
			plain := func(a answer) string {
				return strings.NewReplacer(v.Case.ID, "", order, "", v.Files[0].ID, "", "app_none", "", "ord_none", "", "mat_none", "").Replace(formKeys.ReplaceAllString(requestID.ReplaceAllString(a.body, ""), ""))
			}
			if real.status != none.status || plain(real) != plain(none) || real.status < 300 {
				t.Errorf("%q %s: %d %.200s, for nothing %d %.200s", who, q, real.status, real.body, none.status, none.body)
			}
		}
	}
}
