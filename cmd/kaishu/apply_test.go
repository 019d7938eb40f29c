package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
)

// TestApplyByForms goes through the applicant's pages without JavaScript.
func TestApplyByForms(t *testing.T) {
	o := openOffice(t)
	p := o.as("person")
	p.get(t, "/zh/applications").says(t, "nothing yet", http.StatusOK, "您还没有申请", "逐时气象要素")
	begun := p.form(t, "/zh/applications", "/dataset", "hourly-weather")
	if begun.status != http.StatusSeeOther {
		t.Fatalf("%d %s", begun.status, begun.body)
	}
	at := strings.SplitN(begun.to, "?", 2)[0]
	id := at[strings.LastIndexByte(at, '/')+1:]
	p.get(t, at).says(t, "the task list", http.StatusOK, "未开始", "检查并提交", "还有内容没有完成")
	p.get(t, at+"/applicant").says(t, "who applies", http.StatusOK, "样例个人用户", "自然人")
	p.get(t, at+"/check").says(t, "the check page", http.StatusOK, "提交申请")
	p.form(t, at+"/submit", "seen", "1").says(t, "handed in too early", http.StatusUnprocessableEntity, "应用场景", "请上传这份材料", "营业执照")

	saved := func(what string, a answer) {
		t.Helper()
		if a.status != http.StatusSeeOther || !strings.Contains(a.to, "said=apply.said_saved") {
			t.Fatalf("%s: %d to %s: %.1500s", what, a.status, a.to, a.body)
		}
	}
	saved("scenario", p.form(t, at+"/scenario", "/scenario/code", "public_service", "/scenario/title", "户外作业高温提醒", "/scenario/purpose", "按小时提醒", "/scenario/serves", "工人", "/scenario/benefit", "少中暑"))
	p.get(t, at+"/datasets").says(t, "fields", http.StatusOK, "现在选了0个字段，共4个", "/datasets/0/fields/-")
	p.form(t, at+"/datasets", "/datasets/0/dataset", "hourly-weather", "/datasets/0/months", "twelve").says(t, "months that are no number", http.StatusUnprocessableEntity)
	saved("datasets", p.form(t, at+"/datasets", "/datasets/0/dataset", "hourly-weather", "/datasets/0/fields/-", "date", "/datasets/0/fields/-", "temperature", "/datasets/0/mode", "api", "/datasets/0/months", "12"))
	p.get(t, at+"/datasets").says(t, "fewer fields, less risk", http.StatusOK, "现在选了2个字段，共4个", "选得少")
	saved("security", p.form(t, at+"/security", "/security/measures", "加密", "/security/where", "机房", "/security/access", "两人"))
	saved("pledge", p.form(t, at+"/pledge", "/pledge/true", "true", "/pledge/cite", "true", "/pledge/report", "true", "/pledge/checks", "true"))
	saved("nothing ticked", p.form(t, at+"/datasets", "/datasets/0/dataset", "hourly-weather", "/datasets/0/mode", "api", "/datasets/0/months", "12"))
	saved("a promise taken back", p.form(t, at+"/pledge", "/pledge/true", "true"))
	p.get(t, at+"/datasets").says(t, "what is not ticked any more", http.StatusOK, "现在选了0个字段")
	if d := asked[application.View](t, p, "GET", "/api/v1/applications/"+id, nil, http.StatusOK).Draft; d.Pledge.Cite || !d.Pledge.True || d.Scenario.Title == "" {
		t.Errorf("a promise taken back: %+v", d)
	}
	saved("datasets again", p.form(t, at+"/datasets", "/datasets/0/dataset", "hourly-weather", "/datasets/0/fields/-", "date", "/datasets/0/fields/-", "temperature", "/datasets/0/mode", "api", "/datasets/0/months", "12"))
	saved("pledge again", p.form(t, at+"/pledge", "/pledge/true", "true", "/pledge/cite", "true", "/pledge/report", "true", "/pledge/checks", "true"))
	p.form(t, at+"/scenario", "/scenario/title", "另一个窗口写的", "seen", "1").says(t, "what moved meanwhile", http.StatusUnprocessableEntity, "修改了填写的内容", "另一个窗口写的")
	for _, item := range weatherItems {
		a := p.upload(t, at+"/files", "a.png", picture(t).String(), "item", item, "until", "2099-12-31")
		if a.status != http.StatusSeeOther {
			t.Fatalf("upload %s: %d %.1500s", item, a.status, a.body)
		}
	}
	p.upload(t, at+"/files", "a.pdf", picture(t).String(), "item", weatherItems[0]).says(t, "a picture called pdf", http.StatusUnprocessableEntity)
	p.upload(t, at+"/files", "a.exe", "MZ", "item", weatherItems[0]).says(t, "a program", http.StatusUnprocessableEntity)
	p.get(t, at+"/security").says(t, "what was sent", http.StatusOK, "SHA-256", "已检查")
	p.get(t, at).says(t, "all done", http.StatusOK, "可以提交")
	if a := p.form(t, at+"/submit"); a.status != http.StatusSeeOther {
		t.Fatalf("submit: %d %.2000s", a.status, a.body)
	}
	p.get(t, at+"?said=apply.said_submitted").says(t, "the receipt", http.StatusOK, "SQ-", "轮到市大数据中心办", "应于", "已提交。")
	p.get(t, "/zh/applications").says(t, "the list", http.StatusOK, "SQ-", "还剩")

	officer := o.as("intake")
	asked[application.View](t, officer, "POST", "/api/v1/applications/"+id+"/take", nil, http.StatusOK)
	items := asked[application.View](t, officer, "GET", "/api/v1/applications/"+id, nil, http.StatusOK).Case.Items
	asked[application.View](t, officer, "POST", "/api/v1/applications/"+id+"/decline", application.Decline{Faults: []application.Fault{{Item: "hourly-weather/staff", Code: "incomplete", Note: "没有写值守安排"}}, Checked: items}, http.StatusOK)
	p.get(t, at).says(t, "told at once", http.StatusOK, "有1项需要补正", "技术人员说明", "没有写值守安排")
	file := regexp.MustCompile(`/files/(mat_[0-9A-Z]+)/remove`).FindAllStringSubmatch(p.get(t, at+"/security").body, -1)[1][1]
	if a := p.form(t, at+"/files/"+file+"/remove"); a.status != http.StatusSeeOther {
		t.Fatalf("remove: %d %s", a.status, a.body)
	}
	p.upload(t, at+"/files", "b.png", picture(t).String(), "item", "hourly-weather/staff")
	p.form(t, at+"/submit")
	v := asked[application.View](t, p, "GET", "/api/v1/applications/"+id, nil, http.StatusOK)
	o.accepted(t, v)
	order := asked[review.OrdersOf](t, p, "GET", "/api/v1/applications/"+id+"/orders", nil, http.StatusOK).Items[0].ID
	asked[review.View](t, o.as("reviewer-weather"), "POST", "/api/v1/orders/"+order+"/take", review.Take{Free: true}, http.StatusOK)
	asked[review.View](t, o.as("reviewer-weather"), "POST", "/api/v1/orders/"+order+"/ask", review.Ask{Text: "为何要一年？"}, http.StatusOK)
	p.get(t, at).says(t, "with the publisher", http.StatusOK, "还剩10个工作日", "为何要一年？", "您的回答")
	p.form(t, at+"/orders/"+order+"/answer", "/text", "").says(t, "no answer", http.StatusUnprocessableEntity)
	if a := p.form(t, at+"/orders/"+order+"/answer", "/text", "覆盖四季"); a.status != http.StatusSeeOther {
		t.Fatalf("answer: %d %s", a.status, a.body)
	}
	no := review.Verdict{Dataset: "hourly-weather", Reasons: []review.Reason{{Code: "security", Text: "没有说明密钥保管"}, {Code: "excess", Text: "一年太长"}}, Remedy: "写明密钥由谁保管，期限改为六个月"}
	asked[review.View](t, o.as("reviewer-weather"), "POST", "/api/v1/orders/"+order+"/propose", review.Propose{Verdicts: []review.Verdict{no}}, http.StatusOK)
	asked[review.View](t, o.as("lead-weather"), "POST", "/api/v1/orders/"+order+"/confirm", review.Confirm{Free: true}, http.StatusOK)
	p.get(t, at).says(t, "the result", http.StatusOK, "未获准", "没有说明密钥保管", "一年太长", "写明密钥由谁保管", "/zh/letters/"+order)
	o.as("person").get(t, strings.Replace(at, "/zh/", "/en/", 1)).says(t, "in English", http.StatusOK, "Refused", "All reasons:")
	if a := p.form(t, at+"/copy"); a.status != http.StatusSeeOther || a.to == at {
		t.Errorf("copy: %d %s", a.status, a.to)
	} else {
		again := strings.SplitN(a.to, "?", 2)[0]
		p.get(t, again+"/datasets").says(t, "what was copied", http.StatusOK, "现在选了2个字段")
		p.form(t, again+"/datasets/add", "dataset", "us-airports").says(t, "a dataset that is open to all", http.StatusSeeOther)
		p.form(t, again+"/datasets", "/datasets/0/dataset", "hourly-weather", "remove", "hourly-weather").says(t, "taken out", http.StatusSeeOther)
		p.get(t, again+"/withdraw").says(t, "asked before", http.StatusOK, "都会删去")
		p.form(t, again+"/withdraw").says(t, "given up", http.StatusSeeOther)
		p.get(t, again).says(t, "given up", http.StatusOK, "已撤回")
	}
	for _, who := range []string{"org-admin", "lead-weather"} {
		if a := o.as(who).get(t, at); a.status != http.StatusNotFound {
			t.Errorf("%s sees it: %d", who, a.status)
		}
	}
}
