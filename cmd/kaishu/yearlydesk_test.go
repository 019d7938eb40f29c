package main

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/yearlyreview"
)

var choiceItem = regexp.MustCompile(`name="/choices/(\d+)/item" value="([^"]+)"`)

// rowsOf returns the items of the form on a page, in its order.
func rowsOf(a answer) (items []string) {
	for _, m := range choiceItem.FindAllStringSubmatch(a.body, -1) {
		items = append(items, m[2])
	}
	return items
}

// TestTheReviewByItsPages: the long table by pages of fifty, decided without
// script, nothing typed is lost by a fault or by turning the page; handed in,
// given back, signed, accepted, begun; and the public page of the year.
func TestTheReviewByItsPages(t *testing.T) {
	now := clock.At(workday.Date("2026-09-01").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	o.as("").get(t, "/zh/yearly-review").says(t, "before the first", 200, "还没有年度评估")
	editor, lead, authority := o.as("editor-weather"), o.as("lead-weather"), o.as("authority")
	at, _ := editor.registers(t, directory.Particulars{Name: "未开放资源（合成）", Body: "weather", Form: directory.KindFile, Mapping: "resources"})
	var many []string
	for n := range 55 {
		many = append(many, fmt.Sprintf(`{"code":"u%02d","title":"合成资源%02d","fields":["id"]}`, n, n))
	}
	editor.imports(t, at, "u.json", "["+strings.Join(many, ",")+"]")
	editor.get(t, "/zh/desk/yearly").says(t, "none", 200, "还没有年度评估")
	if _, err := o.yearly.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	id := asked[yearlyreview.Listings](t, editor, "GET", yearlyAPI, nil, 200).Items[0].ID
	page := "/zh/desk/yearly/" + id
	editor.get(t, "/zh/desk/yearly").says(t, "mine", 200, page, "待评估", "2026-11-30")
	editor.get(t, "/en/desk/yearly/"+id).says(t, "in English", 200, "Keep all that are on time", "Yearly review of 2026")
	first := editor.get(t, page)
	first.says(t, "the table", 200, "严重逾期", "没有定级记录", "合成资源00", "保存并到下一页", "按时更新且没有问题的")
	items := rowsOf(first)
	if len(items) != pageOfReview {
		t.Fatalf("%d rows", len(items))
	}
	o.as("editor-civil").get(t, page).says(t, "another's", http.StatusNotFound)
	o.as("person").get(t, page).says(t, "a citizen", http.StatusForbidden)

	form := func(values map[string]string, more ...string) (pairs []string) {
		for n, item := range items {
			at := fmt.Sprintf("/choices/%d/", n)
			pairs = append(pairs, at+"item", item)
			for _, name := range []string{"ground", "into", "reason", "verdict"} {
				if value := values[at+name]; value != "" || name != "verdict" { // a radio button that is not set is not sent
					pairs = append(pairs, at+name, value)
				}
			}
		}
		return append(pairs, more...)
	}
	set := func(n int, verdict, ground, reason string) map[string]string {
		at := fmt.Sprintf("/choices/%d/", n)
		return map[string]string{at + "verdict": verdict, at + "ground": ground, at + "reason": reason}
	}
	editor.form(t, page+"/choose", form(set(2, "withdraw", adjustment.CannotUpdate, "系统停用（测试）"))...).says(t, "the offer of static", 422, "转为静态数据继续开放", "系统停用（测试）", `href="#f-choices-2-ground"`)
	editor.form(t, page+"/choose", form(set(1, "", "", "只有理由"))...).says(t, "a reason without a decision", 422, "请从所列的意见中选一项", "只有理由")
	editor.form(t, page+"/choose", form(nil)...).says(t, "nothing", 422, "请至少选择一项")
	last := items[len(items)-1]
	turned := editor.form(t, page+"/choose", form(set(0, "keep", "", ""), "do", "next", "next", last)...)
	if turned.status != http.StatusSeeOther || !strings.Contains(turned.to, "after="+last) {
		t.Fatalf("turned: %d %s", turned.status, turned.to)
	}
	second := editor.get(t, turned.to)
	second.says(t, "the second page", 200, "已保存", "合成资源54")
	if rest := rowsOf(second); len(rest) == 0 || rest[0] == items[0] {
		t.Errorf("second page: %q", rest)
	}
	editor.get(t, page).says(t, "kept, and what it lacks", 200, `value="keep" checked`, "还缺理由")
	editor.form(t, page+"/choose", form(set(0, "keep", "", "恢复更新"), "seen", "1")...).says(t, "it has moved, and what was typed is kept", 422, "又有了", "恢复更新")
	editor.form(t, page+"/choose", form(set(0, "keep", "", "恢复更新"))...).says(t, "completed", http.StatusSeeOther)

	editor.form(t, page+"/add", "/title", "", "/source", "disclosure", "/link", "").says(t, "what is added has a name and its document", 422, `href="#f-title"`, `href="#f-link"`)
	editor.form(t, page+"/add", "/title", "A年报附表（合成）", "/source", "disclosure", "/link", "https://example.org/report").says(t, "added", http.StatusSeeOther)
	editor.get(t, page+"?show=unopened").says(t, "what was added", 200, "A年报附表（合成）", "https://example.org/report", "信息公开中的数据")
	editor.form(t, page+"/sweep", "/those", "unopened", "/verdict", "not_yet", "/ground", "", "/reason", "").says(t, "a sweep needs its reason", 422, "此项必填")
	editor.form(t, page+"/sweep", "/those", "unopened", "/verdict", "not_yet", "/ground", "no_need", "/reason", "目前没有需求").says(t, "swept", http.StatusSeeOther)
	editor.form(t, page+"/sweep", "/those", "on_time", "/verdict", "keep").says(t, "kept on time", http.StatusSeeOther)
	editor.form(t, page+"/complete").says(t, "not whole", 422, "这一项还没有评估意见")
	lacking := editor.get(t, page+"?show=lacking")
	items = rowsOf(lacking)
	if len(items) != 1 {
		t.Fatalf("lacking: %q", items)
	}
	editor.form(t, page+"/choose", form(set(0, "static", "", "业务系统变更"))...).says(t, "the last", http.StatusSeeOther)
	editor.form(t, page+"/complete").says(t, "handed in", http.StatusSeeOther)
	lead.get(t, page).says(t, "what the lead reads", 200, "业务系统变更", "目前没有社会需求", "确认")
	lead.form(t, page+"/give-back", "/faults/0/text", " ").says(t, "without a reason", 422, "至少写一条")
	lead.form(t, page+"/give-back", "/faults/0/item", items[0], "/faults/0/text", "请补充系统名称").says(t, "given back", http.StatusSeeOther)
	editor.get(t, page).says(t, "why", 200, "请补充系统名称", "退回理由")
	editor.form(t, page+"/complete").says(t, "again", http.StatusSeeOther)
	lead.form(t, page+"/sign").says(t, "signed", http.StatusSeeOther)
	authority.get(t, "/zh/desk/yearly").says(t, "everybody", 200, "样例市气象部门（样例）", "待主管部门审核", "100.0%")
	authority.form(t, page+"/return").says(t, "without a reason", 422, "至少写一条")
	authority.form(t, page+"/return", "/faults/0/text", "请核对").says(t, "returned", http.StatusSeeOther)
	editor.form(t, page+"/complete").says(t, "once more", http.StatusSeeOther)
	lead.form(t, page+"/sign").says(t, "signed again", http.StatusSeeOther)
	o.as("").get(t, "/zh/yearly-review?year=2026").says(t, "not done", 200, "待主管部门审核", "尚未完成")
	authority.form(t, page+"/accept").says(t, "accepted", http.StatusSeeOther)
	editor.get(t, page).says(t, "orders to begin", 200, "开始办理工单", "转为静态数据")
	lead.form(t, page+"/begin").says(t, "the editor's step", http.StatusForbidden)
	editor.form(t, page+"/begin").says(t, "nothing", 422, "请至少选择一项")
	editor.form(t, page+"/begin", "/begins/0/item", items[0]).says(t, "begun", http.StatusSeeOther)
	done := editor.get(t, page+"?show=orders")
	done.says(t, "done", 200, "已办结", "/zh/desk/list/orders/adj_")
	o.results(t)
}

// results looks at the public page of the year, its table and its data.
func (o *office) results(t *testing.T) {
	t.Helper()
	anybody := o.as("")
	anybody.get(t, "/zh/yearly-review").says(t, "the result", 200, "样例市气象部门（样例）", "已完成", "/zh/yearly-review.csv?year=2026", "/api/v1/yearly-review-results/2026")
	anybody.get(t, "/en/yearly-review?year=2026").says(t, "in English", 200, "Results of the yearly review", "Make static")
	anybody.get(t, "/zh/yearly-review?year=1999").says(t, "no such year", http.StatusNotFound)
	anybody.get(t, "/zh/yearly-review.csv?year=1999").says(t, "no such table", http.StatusNotFound)
	anybody.get(t, "/zh/changes").says(t, "it can be found", 200, "/zh/yearly-review")
	rows, err := csv.NewReader(strings.NewReader(anybody.get(t, "/zh/yearly-review.csv").body)).ReadAll()
	r := asked[yearlyreview.Result](t, anybody, "GET", "/api/v1/yearly-review-results/2026", nil, 200)
	if err != nil || len(rows) != r.Bodies+1 || len(rows[0]) != 9+len(yearlyreview.AllVerdicts()) {
		t.Fatalf("%v %v", err, rows)
	}
	for _, row := range rows[1:] {
		if row[2] == "weather" && (row[4] != "done" || row[11] != "1") || row[2] != "weather" && row[9] != "" {
			t.Errorf("%q", row)
		}
	}
}

// pageOfReview is how many rows a page of the table has.
const pageOfReview = 50
