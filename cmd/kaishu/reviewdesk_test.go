package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/obtain/review"
	"kaishu/internal/people/account"
)

// handed has an application with the weather service and returns the address
// of its order's page.
func (o *office) handed(t *testing.T) (at, caseID string) {
	t.Helper()
	v := o.as("person").applies(t)
	o.accepted(t, v)
	orders := asked[review.OrdersOf](t, o.as("person"), "GET", "/api/v1/applications/"+v.Case.ID+"/orders", nil, http.StatusOK).Items
	return "/zh/desk/orders/" + orders[0].ID, v.Case.ID
}

func (p *person) goes(t *testing.T, what, path string, pairs ...string) {
	t.Helper()
	if a := p.form(t, path, pairs...); a.status != http.StatusSeeOther {
		t.Fatalf("%s: %d %.2500s", what, a.status, a.body)
	}
}

// TestReviewByForms: a decision by the publisher's own pages: taken with a
// declaration, asked, narrowed with reasons, sent back, decided by another.
func TestReviewByForms(t *testing.T) {
	o := openOffice(t)
	at, caseID := o.handed(t)
	reviewer, lead := o.as("reviewer-weather"), o.as("lead-weather")
	reviewer.get(t, "/zh/desk/orders").says(t, "the queue", http.StatusOK, "GD-", "SQ-", "还剩10个工作日", "逐时气象要素", "共1件")
	reviewer.get(t, at).says(t, "the case", http.StatusOK, "户外作业高温提醒", "防的风险", "接办", "营业执照", "样例个人用户")
	seen := asked[review.View](t, reviewer, "GET", "/api/v1/orders/"+at[strings.LastIndexByte(at, '/')+1:], nil, http.StatusOK).Revision
	reviewer.form(t, at+"/take").says(t, "without the declaration", http.StatusUnprocessableEntity, "请先声明与申请主体没有利害关系")
	reviewer.goes(t, "take", at+"/take", "/free", "true", "seen", fmt.Sprint(seen))
	reviewer.form(t, at+"/recuse", "/reason", "亲属", "seen", fmt.Sprint(seen)).says(t, "what has moved meanwhile", http.StatusUnprocessableEntity, "又有了1步进展", "亲属")
	reviewer.goes(t, "rank", at+"/rank", "/livelihood", "3", "/economy", "1", "/replicable", "2")
	reviewer.form(t, at+"/rank", "/livelihood", "9").says(t, "nine points", http.StatusUnprocessableEntity, "请打0到3分")
	reviewer.form(t, at+"/ask").says(t, "no question", http.StatusUnprocessableEntity, "此项必填")
	reviewer.goes(t, "ask", at+"/ask", "/text", "为何要一年？")
	reviewer.form(t, at+"/assess", "/linked", "", "/person", "high").says(t, "half a risk form", http.StatusUnprocessableEntity, "此项必填")
	reviewer.goes(t, "assess", at+"/assess", "/linked", "时刻", "/person", "low", "/secret", "low", "/public", "medium", "/measures", "限速", "/acceptable", "true")
	reviewer.form(t, at+"/consult", "/experts/-", "expert", "/reason", "x").says(t, "one expert", http.StatusUnprocessableEntity, "至少要3位专家")
	o.as("person").goes(t, "answer", "/zh/applications/"+caseID+"/orders/"+at[strings.LastIndexByte(at, '/')+1:]+"/answer", "/text", "覆盖四季")

	verdict := []string{"/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "true", "/verdicts/0/fields/-", "date", "/verdicts/0/fields/-", "temperature", "/verdicts/0/mode", "api", "/verdicts/0/months", "6"}
	reviewer.form(t, at+"/propose", verdict...).says(t, "narrowed without reasons", http.StatusUnprocessableEntity, "此项必填", "字段缩减的原因")
	reviewer.form(t, at+"/propose", "/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "false").says(t, "refused without reasons", http.StatusUnprocessableEntity, "不批准须列出全部理由")
	reviewer.form(t, at+"/propose", "/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "false", "/verdicts/0/reasons/0/code", "security", "/verdicts/0/reasons/0/text", "甲", "/verdicts/0/reasons/1/code", "excess", "/verdicts/0/reasons/1/text", "乙", "more", "/verdicts/0").
		says(t, "one more row", http.StatusOK, "/verdicts/0/reasons/2/code", "甲", "乙")
	reviewer.goes(t, "propose", at+"/propose", append(verdict, "/verdicts/0/narrow/fields", "风速无关", "/verdicts/0/narrow/months", "先试半年")...)
	lead.get(t, at).says(t, "the lead's page", http.StatusOK, "申请主体将看到的样子", "风速无关", "先试半年", "作出决定")
	lead.form(t, at+"/send-back").says(t, "sent back without a reason", http.StatusUnprocessableEntity, "此项必填")
	lead.goes(t, "send back", at+"/send-back", "/reason", "再问一次期限")
	reviewer.get(t, at).says(t, "sent back", http.StatusOK, "负责人退回：", "再问一次期限", `value="先试半年"`)
	reviewer.goes(t, "propose again", at+"/propose", append(verdict, "/verdicts/0/narrow/fields", "风速无关", "/verdicts/0/narrow/months", "先试半年")...)
	lead.form(t, at+"/confirm").says(t, "decided without the declaration", http.StatusUnprocessableEntity, "请先声明")
	lead.goes(t, "confirm", at+"/confirm", "/free", "true")
	lead.get(t, "/zh/desk/orders/decided").says(t, "decided", http.StatusOK, "已决定", "GD-")
	o.as("authority").get(t, strings.Replace(at, "/zh/", "/en/", 1)).says(t, "the authority reads it in English", http.StatusOK, "Decided", "样例负责人（气象）", "样例审核员（气象）")
	o.as("person").get(t, "/zh/applications/"+caseID).says(t, "the applicant", http.StatusOK, "获准", "风速无关", "/zh/letters/")
	for _, who := range []string{"", "person", "org-admin", "lead-civil", "editor-weather", "expert", "operator"} {
		if a := o.as(who).get(t, at); a.status < 300 {
			t.Errorf("%q sees the order: %d", who, a.status)
		}
	}
}

// TestWhoStepsAsideSeesNoMore: Article 19(2)(1).
func TestWhoStepsAsideSeesNoMore(t *testing.T) {
	o := openOffice(t)
	at, _ := o.handed(t)
	reviewer := o.as("reviewer-weather")
	reviewer.goes(t, "take", at+"/take", "/free", "true")
	reviewer.goes(t, "recuse", at+"/recuse", "/reason", "申请人是亲属")
	reviewer.get(t, at).says(t, "afterwards", http.StatusNotFound)
	reviewer.get(t, "/zh/desk/orders").says(t, "the queue", http.StatusOK)
	if page := reviewer.get(t, "/zh/desk/orders").body; strings.Contains(page, at) || !strings.Contains(page, "共0件") || strings.Contains(page, `审核 <span class="count">`) {
		t.Error("it still stands in the queue, or counts")
	}
	o.as("reviewer-weather-2").get(t, "/zh/desk/orders").says(t, "another", http.StatusOK, "共1件")
	o.as("lead-weather").get(t, at).says(t, "the lead", http.StatusOK, "待审核", "申请人是亲属")
}

// TestFormsOfAnOrderKeepApart: nothing is chosen for the reviewer, and what is
// typed into one form neither shows in another nor changes what was saved.
func TestFormsOfAnOrderKeepApart(t *testing.T) {
	o := openOffice(t)
	at, caseID := o.handed(t)
	p := o.as("reviewer-weather")
	p.goes(t, "take", at+"/take", "/free", "true")
	fresh := p.get(t, at).body
	for _, value := range []string{"true", "false"} {
		if strings.Contains(fresh, `name="/verdicts/0/approve" value="`+value+`" checked`) {
			t.Errorf("a fresh proposal comes with %s ticked", value)
		}
	}
	p.goes(t, "rank", at+"/rank", "/livelihood", "3", "/economy", "1", "/replicable", "2")
	p.goes(t, "assess", at+"/assess", "/linked", "凭时刻关联", "/person", "low", "/secret", "low", "/public", "low", "/acceptable", "true")
	wrong := p.form(t, at+"/consult", "/experts/-", "expert", "/reason", "只写在这里")
	wrong.says(t, "one expert", http.StatusUnprocessableEntity, "至少要3位专家", `href="#f-experts--"`, `id="f-experts--"`)
	if n := strings.Count(wrong.body, "只写在这里"); n != 1 {
		t.Errorf("what was typed stands in %d forms", n)
	}
	if n := strings.Count(wrong.body, `id="f-reason"`); n != 1 {
		t.Errorf("%d fields have the id of the field at fault", n)
	}
	if !strings.Contains(wrong.body, `<option value="3" selected>3</option>`) || !strings.Contains(wrong.body, "凭时刻关联</textarea>") {
		t.Error("a fault in one form empties what another has saved")
	}
	// An empty row between two reasons: both stay, and the fault is at its row.
	gap := p.form(t, at+"/propose", "/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "false", "/verdicts/0/reasons/0/code", "security", "/verdicts/0/reasons/0/text", "甲理由",
		"/verdicts/0/reasons/1/code", "", "/verdicts/0/reasons/1/text", "", "/verdicts/0/reasons/2/code", "", "/verdicts/0/reasons/2/text", "丙理由", "/verdicts/0/remedy", "改好")
	gap.says(t, "an empty row between", http.StatusUnprocessableEntity, "甲理由", "丙理由", `href="#f-verdicts-0-reasons-2-code"`)
	p.form(t, at+"/propose", "/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "true", "/verdicts/0/fields/-", "date", "/verdicts/0/mode", "api", "/verdicts/0/months", "12").
		says(t, "fewer fields", http.StatusUnprocessableEntity, `id="f-verdicts-0-fields--"`)
	for _, k := range []string{"1", "2", "3"} { // each press adds a row, empty or not
		pairs := []string{"/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "false", "more", "/verdicts/0"}
		for r := 0; fmt.Sprint(r) != k; r++ {
			one := fmt.Sprintf("/verdicts/0/reasons/%d", r)
			pairs = append(pairs, one+"/code", "", one+"/text", "")
		}
		p.form(t, at+"/propose", pairs...).says(t, "one more row than "+k, http.StatusOK, "/verdicts/0/reasons/"+k+"/code")
	}
	p.goes(t, "refuse", at+"/propose", "/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "false", "/verdicts/0/reasons/0/code", "security", "/verdicts/0/reasons/0/text", "甲理由", "/verdicts/0/reasons/1/code", "excess", "/verdicts/0/reasons/1/text", "乙理由", "/verdicts/0/remedy", "改好")
	p.form(t, at+"/ask", "/text", "来不及的问题").says(t, "a question after the proposal", http.StatusUnprocessableEntity, "这一步现在不能做了", "来不及的问题")
	o.as("lead-weather").goes(t, "confirm", at+"/confirm", "/free", "true")
	o.as("person").get(t, "/zh/applications/"+caseID).says(t, "every reason", http.StatusOK, "未获准", "甲理由", "乙理由", "改好")
	if page := o.as("expert").get(t, "/zh/desk/orders"); page.status != http.StatusOK || strings.Contains(page.body, "/desk/orders/decided") {
		t.Errorf("an expert is offered a list that he may not open: %d", page.status)
	}
}

// TestOnePersonDoesNotDecideAlone: by pages, with both roles.
func TestOnePersonDoesNotDecideAlone(t *testing.T) {
	o := openOffice(t)
	at, _ := o.handed(t)
	if err := o.accounts.Put(t.Context(), console, account.Account{ID: "both-weather", Name: "样例两职（气象）", Organisation: "weather", Roles: []permit.Role{permit.OpnReviewer, permit.OpnLead}}); err != nil {
		t.Fatal(err)
	}
	both := o.as("both-weather")
	both.goes(t, "take", at+"/take", "/free", "true")
	both.goes(t, "propose", at+"/propose", "/verdicts/0/dataset", "hourly-weather", "/verdicts/0/approve", "false", "/verdicts/0/reasons/0/code", "security", "/verdicts/0/reasons/0/text", "甲", "/verdicts/0/remedy", "乙")
	both.get(t, at).says(t, "why there is no decision", http.StatusOK, "须由另一位负责人决定")
	both.form(t, at+"/confirm", "/free", "true").says(t, "alone", http.StatusUnprocessableEntity, "待负责人决定")
	o.as("lead-weather").goes(t, "the other", at+"/confirm", "/free", "true")
}
