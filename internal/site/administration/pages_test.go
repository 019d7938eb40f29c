package administration

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
)

func TestBodies(t *testing.T) {
	d := newDesk(t)
	page := d.post("root", "/new-body", typedIn("/id", "民政", "/kind", "guild", "/level", "district", "/uscc", "1"), 422)
	d.holds(page, `id="wrong"`, `href="#f-id"`, `href="#f-name-zh"`, `href="#f-kind"`, `href="#f-district"`, `href="#f-uscc"`, `value="民政"`)
	to := d.post("root", "/new-body", typedIn("/id", "hp", "/name/zh", "黄浦区民政局", "/name/en", "Civil Affairs of Huangpu", "/kind", "organ", "/level", "district",
		"/district", "310101", "/contact/phone", "021-12345", "/uscc", ""), 303)
	if to != "/zh/office/bodies/hp?said=administration.said_entered" {
		t.Errorf("leads to %s", to)
	}
	d.holds(d.get("root", "/bodies/hp?said=administration.said_entered", 200), "已登记。", "021-12345", `value="黄浦区民政局"`, "已邀请")
	d.holds(d.get("ina", "/bodies/hp", 200), "核验通过")
	if page := d.get("aud", "/bodies/hp", 200); strings.Contains(page, "<textarea") || strings.Contains(page, "/verify") {
		t.Error("an auditor sees forms")
	}
	d.post("root", "/bodies/hp/verify", "", 403)
	d.post("ina", "/bodies/hp/verify", "", 303)
	d.post("root", "/bodies/hp/activate", "", 303)
	d.holds(d.post("root", "/bodies/hp/suspend", typedIn("/reason", " "), 422), `href="#f-reason"`)
	d.post("root", "/bodies/hp/suspend", typedIn("/reason", "机构撤并"), 303)
	d.holds(d.get("root", "/en/office/bodies/hp", 200), "Suspended", "机构撤并", "Civil Affairs of Huangpu")
	d.post("root", "/bodies/hp/resume", "", 303)
	d.holds(d.post("root", "/bodies/hp/change", typedIn("/name/zh", "", "/kind", "organ", "/level", "district", "/district", "310101", "/parent", "hp", "/seen", "5"), 422),
		`href="#f-name-zh"`, `href="#f-parent"`)
	d.holds(d.post("root", "/bodies/hp/change", typedIn("/name/zh", "民政局", "/kind", "organ", "/level", "city", "/seen", "1"), 422), "别人刚刚改动过")
	d.post("root", "/bodies/hp/change", typedIn("/name/zh", "黄浦区民政局", "/kind", "organ", "/level", "district", "/district", "310101", "/seen", "5"), 303)
	d.holds(d.get("root", "/bodies?level=district&kind=organ", 200), "黄浦区民政局", "310101", `<option value="district" selected>`)
	if page := d.get("root", "/bodies?kind=utility", 200); strings.Contains(page, "黄浦区民政局") {
		t.Error("the filter does not filter")
	}
}

// notice2026 is the text of a real notice, with the year moved on.
func noticeText(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../casework/calendar/testdata/notices.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(data), "== 2026\n")
	if !ok {
		t.Fatal("no text of 2026")
	}
	return text
}

// TestNoticeIsPastedAndConfirmed: pasted, looked over, entered, refused to the
// one who entered it, confirmed by another; due days are counted again.
func TestNoticeIsPastedAndConfirmed(t *testing.T) {
	d := newDesk(t)
	text := noticeText(t)
	d.holds(d.get("ops", "/calendar", 200), "2027年的通知还没有录入")
	wrong := strings.Replace(strings.Replace(text, "共9天", "共8天", 1), "（周四）至3日", "（周一）至3日", 1)
	d.holds(d.post("ops", "/calendar/paste", typedIn("/text", wrong), 422), "共8天，读出9天", "2026-01-01写作“周一”", "2026-02-23", "国办发明电")
	d.holds(d.post("ops", "/calendar/paste", typedIn("/text", "放假", "/year", "soon"), 422), `href="#f-year"`)
	read := d.post("ops", "/calendar/paste", typedIn("/text", text), 200)
	d.holds(read, `value="2026"`, "国办发明电〔2025〕7号", "2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10", "逐日核对")
	off := "2026-01-01 2026-01-02，2026-01-03\n2026-10-01"
	d.holds(d.post("ops", "/calendar/type", typedIn("/year", "2026", "/off", off+" 2026-13-01", "/worked", "2026-01-05", "/url", "x"), 422),
		`href="#f-number"`, `href="#f-url"`, "“2026-13-01”不是日期", "2026-01-05本来就是工作日")
	to := d.post("ops", "/calendar/type", typedIn("/year", "2026", "/number", "国办发明电〔2026〕1号", "/url", "https://www.gov.cn/x", "/off", off, "/worked", "2026-01-04", "/text", text), 303)
	at := strings.TrimPrefix(strings.TrimSuffix(to, "?said=administration.said_notice_entered"), "/zh/office")
	page := d.get("ops", at, 200)
	d.holds(page, "待确认", "由您录入，须由另一人确认", "2026-02-16", "会变动", "3")
	if strings.Contains(page, `/confirm"`) {
		t.Error("whoever entered it may confirm it")
	}
	d.holds(d.post("ops", at+"/confirm", "", 422), "经办与复核须由不同的人办理")
	d.holds(d.get("root", at, 200), `/confirm"`, "劳动节：5月1日")
	d.holds(d.get("root", "/en/office"+at, 200), "Waits for a second person", "Once in force it moves 3 open due days.")
	d.holds(d.post("root", at+"/discard", typedIn("/reason", ""), 422), `href="#f-reason"`)
	d.post("root", at+"/confirm", "", 303)
	d.must(d.runner.CatchUp(t.Context()))
	d.holds(d.get("aud", at, 200), "已生效", "3个未办结事项的到期日有变动")
	d.holds(d.get("root", "/calendar?year=2026", 200), "国办发明电〔2026〕1号", "休", "班")
	d.holds(d.get("root", "/en/office/calendar?year=2027", 200), "Provisional")
	again := d.post("root", "/calendar/type", typedIn("/year", "2027", "/number", "x", "/url", "https://www.gov.cn/x", "/off", "2027-01-01"), 303)
	again = strings.TrimPrefix(strings.TrimSuffix(again, "?said=administration.said_notice_entered"), "/zh/office")
	d.post("ops", again+"/discard", typedIn("/reason", "文号不全"), 303)
	d.holds(d.get("ops", again, 200), "已作废", "文号不全")
}

func TestTerms(t *testing.T) {
	d := newDesk(t)
	d.holds(d.get("root", "/terms", 200), "开放申请审核", "19(2)", "平台默认")
	d.holds(d.post("ops", "/terms", typedIn("/name", "", "/length", "many", "/unit", "years", "/from", "2026-11-25"), 422), `href="#f-length"`)
	d.holds(d.post("ops", "/terms", typedIn("/name", "", "/length", "0", "/unit", "years", "/from", "2026-11-25"), 422),
		`href="#f-name"`, `href="#f-length"`, `href="#f-unit"`, `href="#f-from"`)
	to := d.post("ops", "/terms", typedIn("/name", "application.review", "/length", "8", "/unit", "working_days", "/article", "19(2)", "/from", "2027-01-01"), 303)
	at := "/terms/" + strings.TrimSuffix(path.Base(to), "?said=administration.said_term_entered")
	d.holds(d.get("ops", at, 200), "由您录入")
	d.holds(d.get("root", "/en/office"+at, 200), "Review of an application", "8 working days")
	d.holds(d.post("ops", at+"/confirm", "", 422), "经办与复核")
	d.holds(d.get("root", "/terms", 200), "待确认")
	d.post("root", at+"/confirm", "", 303)
	d.holds(d.get("aud", "/terms", 200), "2026-12-31", "2027-01-01", "将来")
	d.post("ops", at+"/discard", typedIn("/reason", "x"), 422)
}

// TestWhatIsDoneForAnotherHeDoesNotConfirm: a deputy enters a term; whom he
// acted for may not confirm it, and the page says who did what for whom.
func TestWhatIsDoneForAnotherHeDoesNotConfirm(t *testing.T) {
	d := newDesk(t)
	to := d.post("dep", "/terms", typedIn("/name", "application.review", "/length", "8", "/unit", "working_days", "/article", "19(2)", "/from", "2027-01-01"), 303)
	at := "/terms/" + strings.TrimSuffix(path.Base(to), "?said=administration.said_term_entered")
	for _, who := range []string{"dep", "ops"} {
		page := d.get(who, at, 200)
		d.holds(page, "由您录入", "dep（代ops）")
		if strings.Contains(page, `/confirm"`) {
			t.Errorf("%s is offered to confirm it", who)
		}
		d.holds(d.post(who, at+"/confirm", "", 422), "经办与复核须由不同的人办理")
	}
	d.holds(d.get("root", "/en/office"+at, 200), "dep for ops", `/confirm"`)
	d.post("root", at+"/confirm", "", 303)
}

func TestCodes(t *testing.T) {
	d := newDesk(t)
	d.holds(d.post("root", "/codes/domains", typedIn("/code", "A B", "/from", "2026-01-01"), 422), `href="#f-code"`, `href="#f-name-zh"`, `href="#f-name-en"`, `href="#f-from"`)
	d.post("root", "/codes/domains", typedIn("/code", "space", "/name/zh", "航天", "/name/en", "Space", "/from", "2026-11-25", "/until", ""), 303)
	d.holds(d.get("root", "/codes", 200), "航天", "道路交通")
	d.holds(d.post("root", "/codes/domains/space/reword", typedIn("/name/zh", "", "/name/en", "Space"), 422), `href="#f-name-zh"`)
	d.post("root", "/codes/domains/space/reword", typedIn("/name/zh", "航空航天", "/name/en", "Aerospace"), 303)
	d.holds(d.post("root", "/codes/domains/space/end", typedIn("/until", "2020-01-01"), 422), `href="#f-until"`)
	d.post("root", "/codes/domains/space/end", typedIn("/until", "2026-11-25"), 303)
	d.holds(d.get("root", "/en/office/codes/domains/space", 200), "Aerospace", "25 November 2026")
	if e := d.Codes.Entries(codelist.Domains); e[len(e)-1].Name.EN != "Aerospace" || e[len(e)-1].Last != "2026-11-25" {
		t.Errorf("kept as %+v", e[len(e)-1])
	}
	d.holds(d.get("root", "/codes/frequencies/daily", 200), `name="/window"`, `value="3"`)
}

// TestParkedJobs: why a job waits is told in words, and one person's click
// lets it run again, once.
func TestParkedJobs(t *testing.T) {
	d := newDesk(t)
	why, err := json.Marshal(problem.New(problem.Invalid, "version.empty_file"))
	d.must(err)
	d.must(d.DB.Write(t.Context(), func(tx *database.Tx) error {
		for _, job := range []string{"version.profile/ver_1", "version.stage/ver_2", "mail/3"} {
			kind, _, _ := strings.Cut(job, "/")
			if err := queue.Enqueue(tx, job, kind, struct{}{}, d.at.Now()); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`UPDATE job SET state = 'parked', attempts = 1, problem = ? WHERE id = 'version.profile/ver_1'`, string(why)); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE job SET state = 'parked', attempts = 8, fault = 'disk is full' WHERE id = 'version.stage/ver_2'`)
		return err
	}))
	page := d.get("ops", "/jobs", 200)
	d.holds(page, "识读上传的文件", "文件是空的", "ver_1", "平台出错：disk is full", "制作下载文件", `value="version.stage/ver_2"`)
	if strings.Contains(page, "version.empty_file") {
		t.Error("a code is shown in place of words")
	}
	d.holds(d.post("ops", "/jobs/retry", "", 422), `id="wrong"`)
	d.post("ops", "/jobs/retry", typedIn("/id", "version.stage/ver_2"), 303)
	d.holds(d.post("ops", "/jobs/retry", typedIn("/id", "version.stage/ver_2"), 422), "别人刚刚改动过")
	if d.woken != 1 {
		t.Errorf("woken %d times", d.woken)
	}
	if got := d.api("ops", "GET", "/api/v1/jobs", "", 200); !strings.Contains(got, `"waiting":2`) || !strings.Contains(got, `"parked":1`) {
		t.Errorf("jobs %s", got)
	}
	d.api("", "GET", "/api/v1/jobs", "", 401)
	d.api("ann", "GET", "/api/v1/jobs", "", 403)
	d.api("ops", "POST", "/api/v1/jobs/retry", `{}`, 422)
	d.api("ops", "POST", "/api/v1/jobs/retry", `{"id":"version.profile/ver_1"}`, 200)
	d.api("ops", "POST", "/api/v1/jobs/retry", `{"id":"version.profile/ver_1"}`, 409)
}

func (d *desk) api(who, method, path, body string, status int) string {
	d.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	if who != "" {
		q.Header.Set("Authorization", "Bearer "+who)
	}
	r := httptest.NewRecorder()
	d.web.ServeHTTP(r, q)
	if r.Code != status {
		d.Fatalf("%s %s by %q: %d %s", method, path, who, r.Code, r.Body)
	}
	return r.Body.String()
}

// TestStorage: each object is counted once, in its kind.
func TestStorage(t *testing.T) {
	d := newDesk(t)
	d.must(d.DB.Write(t.Context(), func(tx *database.Tx) error {
		for _, v := range []struct{ id, dataset, body string }{
			{"1", "metro", `{"id":"1","dataset":"metro","number":1,"origin":{"hash":"aa","bytes":1000},"outcome":{"parquet":"bb","parquet_bytes":500},"files":[{"format":"csv","hash":"cc","bytes":2000},{"format":"parquet","hash":"bb","bytes":500}]}`},
			{"2", "metro", `{"id":"2","dataset":"metro","number":2,"origin":{"hash":"aa","bytes":1000}}`},
			{"3", "bus", `{"id":"3","dataset":"bus","number":1,"origin":{"hash":"dd","bytes":7000}}`},
		} {
			if _, err := tx.Exec(`INSERT INTO dataset_version (id, dataset, publisher, number, revision, stage, body) VALUES (?, ?, 'metro', ?, 0, 'staged', ?)`, v.id, v.dataset, v.id, v.body); err != nil {
				return err
			}
		}
		return nil
	}))
	sum, err := d.Versions.Storage(context.WithoutCancel(t.Context()), people["ops"], 1)
	if err != nil || sum.Originals != 8000 || sum.Tables != 500 || sum.Downloads != 2000 || sum.Notes != 0 || sum.Objects != 4 ||
		len(sum.Largest) != 1 || sum.Largest[0].Dataset != "bus" || sum.Largest[0].Bytes != 7000 {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := d.Versions.Storage(t.Context(), permit.Actor{}, 1); !problem.Is(err, problem.Unsigned) {
		t.Errorf("a visitor: %v", err)
	}
	d.holds(d.get("ops", "/storage", 200), "8.0 KB", "不足十分之一", "metro", "/zh/datasets/bus", "3.5 KB")
	if got := d.api("aud", "GET", "/api/v1/storage", "", 200); !strings.Contains(got, `"downloads":2000`) || !strings.Contains(got, `"free":1073741824`) {
		t.Errorf("storage %s", got)
	}
	d.api("ann", "GET", "/api/v1/storage", "", 403)
}
