package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/obtain/application"
)

// ticked fills the checklist of a case: every item complete, but those named
// in faults, which are pairs of item and code.
func ticked(v application.View, decide string, faults ...string) (pairs []string) {
	for i, item := range v.Case.Items {
		code := "ok"
		if k := slices.Index(faults, item); k >= 0 {
			code = faults[k+1]
		}
		pairs = append(pairs, fmt.Sprintf("/items/%d/item", i), item, fmt.Sprintf("/items/%d/code", i), code)
	}
	return append(pairs, "/decide", decide)
}

// TestIntakeByForms: the check of completeness by the centre's own pages.
func TestIntakeByForms(t *testing.T) {
	o := openOffice(t)
	v := o.as("person").applies(t)
	at, officer := "/zh/desk/intake/"+v.Case.ID, o.as("intake")
	officer.get(t, "/zh/desk/intake").says(t, "the queue", http.StatusOK, v.Case.Number, "户外作业高温提醒", "还剩", "自然人")
	officer.get(t, at).says(t, "the case", http.StatusOK, "样例个人用户", "营业执照", "SHA-256", "开始核对")
	if a := officer.form(t, at+"/take", "seen", fmt.Sprint(v.Revision)); a.status != http.StatusSeeOther {
		t.Fatalf("take: %d %.1000s", a.status, a.body)
	}
	officer.form(t, at+"/decide", "/decide", "accept", "/items/0/item", "applicant", "/items/0/code", "ok").says(t, "half a checklist", http.StatusUnprocessableEntity, "请核对这一项", `checked`)
	officer.form(t, at+"/decide", ticked(v, "decline")...).says(t, "declined without a reason", http.StatusUnprocessableEntity, "请至少列出一项")
	officer.form(t, at+"/decide", ticked(v, "decline", "scenario", "other")...).says(t, "a reason that says nothing", http.StatusUnprocessableEntity, "此项必填")
	officer.form(t, at+"/take", "seen", fmt.Sprint(v.Revision)).says(t, "what another has moved", http.StatusUnprocessableEntity, "又有了1步进展")
	if a := officer.form(t, at+"/decide", ticked(v, "decline", "hourly-weather/staff", "incomplete", "pledge", "contradicts")...); a.status != http.StatusSeeOther {
		t.Fatalf("decline: %d %.1000s", a.status, a.body)
	}
	asked[application.View](t, o.as("person"), "POST", "/api/v1/applications/"+v.Case.ID+"/submit", nil, http.StatusOK)
	officer.form(t, at+"/take")
	officer.get(t, at).says(t, "the second round", http.StatusOK, "第2次提交", "上次告知：", "之后没有改动", "补提理由须经主管部门同意")
	officer.form(t, at+"/decide", ticked(v, "decline", "scenario", "incomplete")...).says(t, "a new reason on what has not changed", http.StatusUnprocessableEntity, "须经主管部门同意才能补提")
	o.as("authority").get(t, at).says(t, "the authority's page", http.StatusOK, "同意补提理由")
	o.as("authority").form(t, at+"/allow").says(t, "consent to nothing", http.StatusUnprocessableEntity, "请至少选一项")
	if a := o.as("authority").form(t, at+"/allow", "/items/-", "scenario", "/reason", "前次漏看"); a.status != http.StatusSeeOther {
		t.Fatalf("allow: %d %.1000s", a.status, a.body)
	}
	if a := officer.form(t, at+"/decide", ticked(v, "accept")...); a.status != http.StatusSeeOther || !strings.Contains(a.to, "said_accepted") {
		t.Fatalf("accept: %d %.1000s", a.status, a.body)
	}
	officer.get(t, at).says(t, "handed over", http.StatusOK, "已移交的工单", "还剩10个工作日")
	o.as("auditor").get(t, strings.Replace(at, "/zh/", "/en/", 1)).says(t, "in English, for the auditor", http.StatusOK, "Orders handed over")
	files := officer.get(t, at).body
	mark := at + "/files/"
	i := strings.Index(files, mark)
	file := files[i : i+strings.IndexByte(files[i:], '"')]
	officer.get(t, file).says(t, "a copy", http.StatusOK, "PNG")
	for _, who := range []string{"", "person", "org-admin", "reviewer-weather", "expert", "operator"} {
		for _, path := range []string{at, file} {
			if a := o.as(who).get(t, path); a.status < 300 {
				t.Errorf("%q sees %s: %d", who, path, a.status)
			}
		}
	}
}
