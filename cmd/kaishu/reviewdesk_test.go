package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/obtain/review"
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
	if strings.Contains(reviewer.get(t, "/zh/desk/orders").body, at) {
		t.Error("it still stands in the queue")
	}
	o.as("lead-weather").get(t, at).says(t, "the lead", http.StatusOK, "待审核", "申请人是亲属")
}
