package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var toSign = regexp.MustCompile(`name="/sha256" value="([0-9a-f]{64})"`)

// reads finds the hash of the text that a page offers to sign.
func (p *person) reads(t *testing.T, at string) string {
	t.Helper()
	a := p.get(t, at)
	m := toSign.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		t.Fatalf("%s offers nothing to sign: %d %.3000s", at, a.status, a.body)
	}
	return m[1]
}

// TestAgreementByForms leads an agreement through the pages, without
// JavaScript: changes to optional clauses, both signatures, the PDF, a signed
// change, the end. SM-10, Article 20.
func TestAgreementByForms(t *testing.T) {
	o := openOffice(t)
	o.withPassword(t, "person", "lead-weather")
	v := o.agreed(t)
	id, number := v.Agreement.ID, v.Agreement.Number
	person, lead, at := o.as("person"), o.as("lead-weather"), "/zh/agreements/"+v.Agreement.ID
	person.get(t, "/zh/agreements").says(t, "the applicant's list", 200, number, "户外作业高温提醒", "<b>您</b>", "还剩10个工作日")
	lead.get(t, "/zh/agreements").says(t, "the publisher's list", 200, number, "申请主体")
	person.get(t, at).says(t, "the text", 200, "第1条　应用场景要求", "第4条　违约责任", "每分钟不超过60次", "双方都还没有签署")
	person.get(t, "/en/agreements/"+id).says(t, "the text in English", 200, "Liability for breach", "The Chinese text below is authentic", "第4条　违约责任")
	for _, who := range []string{"", "org-admin", "lead-civil", "editor-weather", "expert"} {
		for _, path := range []string{at, at + "/pdf", "/api/v1/agreements/" + id, "/api/v1/agreements/" + id + "/copy"} {
			real, none := o.as(who).get(t, path), o.as(who).get(t, strings.Replace(path, id, "agr_none", 1))
			if real.status < 300 || real.status != none.status {
				t.Errorf("%q reads %s: %d, nothing is %d", who, path, real.status, none.status)
			}
		}
		if a := o.as(who).get(t, "/zh/agreements"); strings.Contains(a.body, number) {
			t.Errorf("%q has it in the list", who)
		}
	}

	lead.form(t, at+"/propose", "/edits/0/code", "scenario", "/edits/0/text", "广告", "/edits/1/code", "contact", "/edits/1/text", strings.Repeat("长", 2001)).
		says(t, "every fault at once", 422, "改变应用场景须重新提出开放申请", "太长了", `href="#f-reason"`)
	lead.form(t, at+"/propose", "/edits/0/code", "citation", "/edits/0/text", v.Agreement.Clauses[4].Text.ZH, "/edits/1/code", "contact", "/edits/1/text", "联系人：\r\n值班室", "/reason", "补充").says(t, "proposed", http.StatusSeeOther)
	person.get(t, at).says(t, "the change", 200, "对方建议的修改", "联系人：\n值班室", "补充", "轮到：<b>您</b>")
	if a := person.get(t, at).body; strings.Count(a, "成果标注</dt>") > 0 {
		t.Error("a clause that stays is shown as changed")
	}
	person.faultless(t, "/zh/agreements", at)
	lead.faultless(t, at)
	person.form(t, at+"/agree").says(t, "agreed", http.StatusSeeOther)

	hash := person.reads(t, at)
	person.form(t, at+"/sign", "/sha256", v.Agreement.SHA256, "/present", "wrong").says(t, "not the text on the page, unread, wrong password", 422, `href="#f-sha256"`, `href="#f-read"`, `href="#f-present"`)
	person.form(t, at+"/sign", "/sha256", hash, "/read", "true", "/present", secretWord).says(t, "signed", http.StatusSeeOther)
	lead.get(t, "/zh/agreements").says(t, "the lead's turn", 200, "<b>您</b>", "还剩5个工作日")
	person.get(t, at+"/pdf").says(t, "no PDF before both have signed", http.StatusConflict)
	lead.form(t, at+"/countersign", "/sha256", lead.reads(t, at), "/read", "true", "/present", secretWord).says(t, "countersigned", http.StatusSeeOther)
	person.get(t, at).says(t, "in force", 200, "生效中", "乙方签署", "甲方签署", "下载签署副本")
	o.paperSays(t, person.get(t, at+"/pdf"), "公共数据利用协议", "样例个人用户", "第1条", "应用场景要求", "户外作业高温提醒", "值班室", "甲方签署", "lead-weather", hash, "第1页")

	amend := []string{"/edits/0/code", "other", "/edits/0/text", "每季度会商", "/reason", "会商"}
	person.form(t, at+"/amend", amend...).says(t, "a change unsigned", 422, `href="#f-read"`, `href="#f-present"`)
	person.form(t, at+"/amend", append(amend, "/read", "true", "/present", secretWord)...).says(t, "a change signed", http.StatusSeeOther)
	lead.faultless(t, at)
	lead.form(t, at+"/reject").says(t, "rejected without a reason", 422, `href="#f-reason"`)
	lead.form(t, at+"/accept", "/sha256", lead.reads(t, at), "/read", "true", "/present", secretWord).says(t, "accepted", http.StatusSeeOther)
	o.paperSays(t, lead.get(t, at+"/pdf"), "每季度会商", "其他约定")
	lead.form(t, at+"/breach", "/reason", "转给他人").says(t, "a violation", http.StatusSeeOther)
	person.get(t, at).says(t, "paused", 200, "违约暂停", "转给他人")
	o.as("authority").form(t, at+"/restore", "/reason", "已改正").says(t, "restored", http.StatusSeeOther)
	person.form(t, at+"/terminate", "/reason", "项目结束").says(t, "given up", http.StatusSeeOther)
	person.get(t, at+"?said=agreements.said_terminate").says(t, "ended", 200, "协议已终止", "项目结束")
	o.as("auditor").faultless(t, "/zh/agreements", at)
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// paperSays reads a PDF back.
func (o *office) paperSays(t *testing.T, file answer, want ...string) {
	t.Helper()
	if file.status != http.StatusOK || !strings.HasPrefix(file.body, "%PDF-") {
		t.Fatalf("%d %.60q", file.status, file.body)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil && os.Getenv("CI") != "true" {
		t.Log("pdftotext is not installed: reading the agreement back is left out")
		return
	}
	path := filepath.Join(t.TempDir(), "agreement.pdf")
	if err := os.WriteFile(path, []byte(file.body), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", "-raw", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	bare := strings.Join(strings.Fields(string(text)), "")
	for _, w := range want {
		if !strings.Contains(bare, strings.Join(strings.Fields(w), "")) {
			t.Errorf("the PDF does not say %q:\n%s", w, text)
		}
	}
}

// TestOutsidersLearnNoAgreement: whoever has no part in an agreement gets, for
// each of its addresses, what he gets for one that there is not; its readers
// sign nothing.
func TestOutsidersLearnNoAgreement(t *testing.T) {
	o := openOffice(t)
	v := o.agreed(t)
	id := v.Agreement.ID
	body := `{"edits":[],"reason":"x","sha256":"x","read":true,"present":"x"}`
	paths := []string{"GET /api/v1/agreements/ID", "GET /api/v1/agreements/ID/copy", "GET /zh/agreements/ID", "GET /zh/agreements/ID/pdf"}
	for _, verb := range []string{"propose", "agree", "decline", "sign", "countersign", "amend", "accept", "reject", "breach", "restore", "terminate"} {
		paths = append(paths, "POST /api/v1/agreements/ID/"+verb)
	}
	for _, who := range []string{"", "org-admin", "org-developer", "lead-civil", "reviewer-civil", "editor-weather", "expert", "intake", "sys-admin"} {
		for _, q := range paths {
			method, path, _ := strings.Cut(q, " ")
			media := ""
			if method == "POST" {
				media = jsonMedia
			}
			ask := func(id string) (int, string) {
				a := o.as(who).send(t, method, strings.Replace(path, "ID", id, 1), media, strings.NewReader(body))
				return a.status, strings.ReplaceAll(formKeys.ReplaceAllString(requestID.ReplaceAllString(a.body, ""), ""), id, "")
			}
			status, text := ask(id)
			if none, nothing := ask("agr_none"); status < 300 || status != none || text != nothing {
				t.Errorf("%q %s: %d %.200s, for nothing %d %.200s", who, q, status, text, none, nothing)
			}
		}
	}
	for _, who := range []string{"reviewer-weather", "auditor", "engineer"} {
		o.as(who).get(t, "/api/v1/agreements/"+id).says(t, who+" reads", http.StatusOK, v.Agreement.Number)
		if a := o.as(who).send(t, "POST", "/api/v1/agreements/"+id+"/sign", jsonMedia, strings.NewReader(body)); a.status != http.StatusForbidden {
			t.Errorf("%s signs: %d %s", who, a.status, a.body)
		}
	}
}
