package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/obtain/review"
)

// TestLetterOfARefusal: the letter tells every reason, as page and as PDF that
// gives its text back exactly, to those concerned and nobody else.
func TestLetterOfARefusal(t *testing.T) {
	o := openOffice(t)
	at, _ := o.handed(t)
	order := at[strings.LastIndexByte(at, '/')+1:]
	reasons := []review.Reason{{Code: "security", Text: "没有说明密钥由谁保管，也没有说明泄露后24小时内报告谁。"}, {Code: "excess", Text: "一年太长；半年足够（见场景说明）。"}}
	remedy := "写明密钥保管人，使用期限改为六个月。"
	o.as("person").get(t, "/zh/letters/"+order).says(t, "before the decision", http.StatusNotFound)
	asked[review.View](t, o.as("reviewer-weather"), "POST", "/api/v1/orders/"+order+"/take", review.Take{Free: true}, http.StatusOK)
	asked[review.View](t, o.as("reviewer-weather"), "POST", "/api/v1/orders/"+order+"/propose", review.Propose{Verdicts: []review.Verdict{{Dataset: "hourly-weather", Reasons: reasons, Remedy: remedy}}}, http.StatusOK)
	o.as("person").get(t, "/zh/letters/"+order).says(t, "while it is only proposed", http.StatusNotFound)
	asked[review.View](t, o.as("lead-weather"), "POST", "/api/v1/orders/"+order+"/confirm", review.Confirm{Free: true}, http.StatusOK)
	want := []string{"不予开放决定书", "逐时气象要素", "安全保障不足", reasons[0].Text, "超出场景所需", reasons[1].Text, remedy, "第十九条", "样例个人用户", "SQ-", "GD-"}
	o.as("person").get(t, "/zh/letters/"+order).says(t, "the page", http.StatusOK, want...)
	o.as("person").get(t, "/en/letters/"+order).says(t, "the page in English", http.StatusOK, "Decision not to open", "The Chinese text is authentic.")
	file := o.as("person").get(t, "/zh/letters/"+order+"/pdf")
	same := o.as("lead-weather").get(t, "/api/v1/orders/"+order+"/letter")
	if file.status != http.StatusOK || !strings.HasPrefix(file.body, "%PDF-") || same.status != http.StatusOK {
		t.Fatalf("%d %.60q, %d", file.status, file.body, same.status)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil && os.Getenv("CI") != "true" {
		t.Log("pdftotext is not installed: reading the letter back is left out")
	} else {
		path := filepath.Join(t.TempDir(), "letter.pdf")
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
	for _, who := range []string{"", "org-admin", "lead-civil", "expert", "editor-weather"} {
		for _, path := range []string{"/zh/letters/" + order, "/zh/letters/" + order + "/pdf", "/api/v1/orders/" + order + "/letter"} {
			if a := o.as(who).get(t, path); a.status < 300 {
				t.Errorf("%q reads %s: %d", who, path, a.status)
			}
		}
	}
	o.as("").get(t, "/zh/statistics/applications").says(t, "the public figures", http.StatusOK, "自然人", "安全保障不足", "逐时气象要素", "批准率")
	o.as("").get(t, "/en/statistics/applications?from=2020-01-01&to=2020-12-31").says(t, "another year", http.StatusOK, "Natural person")
	o.as("").get(t, "/zh/statistics/applications?from=yesterday").says(t, "no day", http.StatusUnprocessableEntity, "请写成2026-03-05这样的日期")
}

// TestTheWorkflowIsDrawnFromItsTable.
func TestTheWorkflowIsDrawnFromItsTable(t *testing.T) {
	o := openOffice(t)
	for lang, want := range map[string][]string{"zh": {"10个工作日", "3个工作日", "受理并移交工单", "第19(1)条", "接办并声明无利害关系", "不能是“提出审核意见”的人", "8个工作日", "市政府办公厅"}, "en": {"10 working days", "accepts and hands over", "decides", "Art. 19(3)"}} {
		o.as("").get(t, "/"+lang+"/workflows/applications").says(t, lang, http.StatusOK, want...)
	}
}

// TestDeadlinesInACalendar: one's own by session, or by a secret address that
// can be ended.
func TestDeadlinesInACalendar(t *testing.T) {
	o := openOffice(t)
	at, _ := o.handed(t)
	person := o.as("person")
	person.get(t, "/zh/me/deadlines").says(t, "the list", http.StatusOK, "应完成审核", "生成地址")
	person.get(t, "/zh/me/deadlines.ics").says(t, "the file", http.StatusOK, "BEGIN:VCALENDAR\r\n", "BEGIN:VEVENT\r\n", "DTSTART;VALUE=DATE:2")
	o.as("reviewer-weather").get(t, "/api/v1/deadlines").says(t, "of the reviewer", http.StatusOK, "UID:"+at[strings.LastIndexByte(at, '/')+1:]+"@kaishu")
	o.as("lead-civil").get(t, "/api/v1/deadlines").says(t, "of another body", http.StatusOK, "BEGIN:VCALENDAR")
	if a := o.as("lead-civil").get(t, "/api/v1/deadlines"); strings.Contains(a.body, "VEVENT") {
		t.Error("another body's calendar holds the order")
	}
	made := person.form(t, "/zh/me/deadlines")
	made.says(t, "made", http.StatusOK, "只显示这一次")
	secret := regexp.MustCompile(`/zh/deadlines/([A-Za-z0-9_-]{32})`).FindString(made.body)
	if secret == "" {
		t.Fatalf("no address in %.3000s", made.body)
	}
	o.as("").get(t, secret).says(t, "by the address", http.StatusOK, "BEGIN:VEVENT")
	o.as("").get(t, secret+".ics").says(t, "with an ending", http.StatusOK, "BEGIN:VEVENT")
	o.as("").get(t, "/zh/deadlines/none").says(t, "an address that is none", http.StatusNotFound)
	person.form(t, "/zh/me/deadlines/end").says(t, "ended", http.StatusSeeOther)
	o.as("").get(t, secret).says(t, "afterwards", http.StatusNotFound)
}
