package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

const orderAPI = "/api/v1/adjustments/"

// block is an entry and its data items as a spreadsheet holds them.
const block = "名称\t全市气象站点基本情况\n摘要\t每个气象站一行：站号、位置、海拔和启用年份。\n数据领域\t资源环境\n开放类型\t无条件开放\n更新频率\t每月\n产生频率\t每月\n" +
	"开始日期\t2020-01-01\n地域范围\t全市\n使用许可\t开放许可\n联系方式\topen@example.org\n无关联数据集\t是\n" +
	"字段名\t中文名\t说明\nid\t站号\t气象站的编号\nname\t站名\t气象站的正式名称\n"

// stations begins the entry "stations" of the weather service by its page, with
// a file that passes the checks, and grades it.
func (o *office) stations(t *testing.T) {
	t.Helper()
	editor := o.as("editor-weather")
	editor.form(t, "/zh/desk/list/new", "/slug", "stations", "pasted", block).says(t, "begun", http.StatusSeeOther)
	ed := o.actorAs(t, "editor-weather")
	v, err := o.versions.Receive(t.Context(), ed, version.Upload{Dataset: "stations", Kind: version.Full, Name: "a.csv", UpdatedOn: "2026-11-01", NotSecret: true}, strings.NewReader("id,name\n1,甲\n2,乙\n"))
	if err == nil {
		v, err = o.loader.Await(t.Context(), ed, "stations", v.Number)
	}
	if err != nil || v.Stage != version.StageStaged {
		t.Fatalf("%v %+v", err, v)
	}
	o.graded(t, "stations")
	o.sourced(t, "editor-weather", "stations", "id", "name")
}

// graded grades every field of an entry as harmless, by two.
func (o *office) graded(t *testing.T, slug string, yes ...string) {
	t.Helper()
	if err := o.gradings.Refresh(t.Context(), permit.Platform, slug); err != nil {
		t.Fatal(err)
	}
	at := "/api/v1/gradings/" + slug
	v := asked[grading.View](t, o.as("grader-weather"), "GET", at, nil, 200)
	s := sheetFor(v, 1, yes...)
	if len(yes) > 0 {
		s.Measures = []string{v.Profile.Measures[0].Code}
	}
	asked[any](t, o.as("grader-weather"), "POST", at+"/grade", s, 200)
	asked[any](t, o.as("reviewer-weather"), "POST", at+"/confirm", nil, 200)
}

// begins opens an order by the interface and returns where it stands.
func (p *person) begins(t *testing.T, slug string, kind adjustment.Kind) string {
	t.Helper()
	v := asked[adjustment.View](t, p, "POST", "/api/v1/datasets/"+slug+"/adjustments", adjustment.Begin{Kind: kind}, http.StatusCreated)
	return orderAPI + v.Order.ID
}

// TestNothingIsListedButByOrder leads an entry onto the list and through its
// changes: gates, four eyes, returns, downgrades (SM-05, SM-06; hard gates 2 to
// 6).
func TestNothingIsListedButByOrder(t *testing.T) {
	o := openOffice(t)
	editor, lead, reviewer := o.as("editor-weather"), o.as("lead-weather"), o.as("list-reviewer")
	editor.form(t, "/zh/desk/list/new", "/slug", ownSlug(t), "/title/zh", "x").says(t, "every fault of a new one", 422, "已被使用")
	editor.form(t, "/zh/desk/list/new", "/slug", "Bad Slug").says(t, "every fault of a new one", 422, "小写字母", "此项必填", `href="#f-slug"`, `href="#f-domain"`)
	o.stations(t)
	asked[any](t, editor, "POST", "/api/v1/entries", map[string]any{"slug": "stations"}, 422)
	fresh := asked[openlist.Entry](t, editor, "POST", "/api/v1/entries", map[string]any{"slug": "masts", "title": map[string]string{"zh": "测风塔"}, "domain": "environment", "frequency": "yearly", "opening": "unconditional"}, http.StatusCreated)
	fresh.Contact = "open@example.org"
	if e := asked[openlist.Entry](t, editor, "PUT", "/api/v1/datasets/masts/draft", fresh.Description, 200); e.Contact != fresh.Contact || e.Publisher != "weather" {
		t.Errorf("described: %+v", e)
	}
	asked[any](t, o.as("editor-civil"), "PUT", "/api/v1/datasets/masts/draft", fresh.Description, http.StatusNotFound)
	o.as("").get(t, "/zh/datasets/stations").says(t, "a draft is nobody's", http.StatusNotFound)
	editor.get(t, "/zh/desk/list").says(t, "what is written", 200, "全市气象站点基本情况")
	editor.get(t, "/zh/desk/list/stations").says(t, "the editor", 200, "气象站的编号", "各项要求都符合")
	order := editor.begins(t, "stations", adjustment.List)
	asked[any](t, editor, "POST", "/api/v1/datasets/stations/adjustments", adjustment.Begin{Kind: adjustment.List}, http.StatusConflict)
	asked[any](t, lead, "POST", order+"/submit", nil, 422) // no reason yet
	asked[adjustment.View](t, editor, "PUT", order, adjustment.Content{Reason: "年度开放重点"}, 200)
	asked[any](t, editor, "POST", order+"/submit", nil, http.StatusForbidden)
	v := asked[adjustment.View](t, lead, "POST", order+"/submit", nil, 200)
	if v.Order.Stage != adjustment.StageSubmitted || !strings.HasPrefix(v.Order.Number, "QD-") || v.Turn != "centre" || v.Left.Days != 5 {
		t.Errorf("handed in: %+v", v)
	}
	asked[any](t, editor, "PUT", "/api/v1/datasets/stations/draft", openlist.Description{}, http.StatusConflict) // under review
	page := strings.Replace(order, orderAPI, "/zh/desk/list/orders/", 1)
	reviewer.get(t, "/zh/desk/list").says(t, "it waits", 200, "全市气象站点基本情况", "还有5个工作日")
	reviewer.get(t, page).says(t, "what the entry says", 200, "每个气象站一行", "气象站的编号", "资源环境", "无条件开放")
	reviewer.form(t, page+"/take").says(t, "taken", http.StatusSeeOther)
	reviewer.form(t, page+"/accept", "/checked/-", "reason").says(t, "everything is looked at", 422, "请核对这一项")
	reviewer.form(t, page+"/return").says(t, "a return needs reasons", 422, "至少写一条")
	reviewer.form(t, page+"/return", "/faults/0/code", "R2", "/faults/0/text", "请写明海拔单位", "/faults/1/code", "R1", "/faults/1/text", " ").says(t, "returned", http.StatusSeeOther)
	editor.get(t, page).says(t, "why", 200, "请写明海拔单位", "提供信息不全")
	lead.form(t, page+"/submit").says(t, "handed in again", http.StatusSeeOther)
	reviewer.form(t, page+"/take").says(t, "taken again", http.StatusSeeOther)
	checked := []string{}
	for _, x := range adjustment.Checklist {
		checked = append(checked, "/checked/-", x)
	}
	reviewer.form(t, page+"/accept", checked...).says(t, "accepted", http.StatusSeeOther)
	if e, err := o.entries.Get(t.Context(), permit.Actor{}, "stations"); err != nil || e.Stage != openlist.StagePublished || e.Edition != 1 || e.Order == "" {
		t.Fatalf("listed: %+v %v", e, err)
	}
	o.as("").get(t, "/zh/changes").says(t, "the public reads it", 200, "年度开放重点", "全市气象站点基本情况")
	o.as("").get(t, "/zh/datasets/stations/compliance").says(t, "article by article", 200, "全部符合")

	asked[openlist.Entry](t, editor, "POST", "/api/v1/entries", map[string]any{"slug": "twin", "title": map[string]string{"zh": "全市 气象站点·基本情况"}, "domain": "environment", "frequency": "yearly", "opening": "unconditional",
		"relations": []map[string]string{{"kind": "same_key", "to": "stations"}, {"kind": "follows", "to": "nowhere"}}}, http.StatusCreated)
	if status, _, body := editor.ask(t, "GET", "/api/v1/datasets/twin/compliance", nil); status != 200 || !strings.Contains(body, "同名") || strings.Contains(body, "“stations”") || !strings.Contains(body, "“nowhere”") {
		t.Errorf("a twin: %d %s", status, body)
	}

	// A change: nothing but an order changes it, and only by its difference.
	if _, err := o.entries.Do(t.Context(), o.actorAs(t, "editor-weather"), "stations", openlist.Describe{}); err == nil {
		t.Error("an entry on the list was described anew")
	}
	editor.get(t, "/zh/desk/list/stations").says(t, "by order only", 200, "只能通过工单修改")
	order = editor.begins(t, "stations", adjustment.Change)
	v = asked[adjustment.View](t, editor, "GET", order, nil, 200)
	var d openlist.Description
	if err := json.Unmarshal(v.Order.Proposed, &d); err != nil {
		t.Fatal(err)
	}
	propose := func(change func(*openlist.Description), c adjustment.Content) {
		t.Helper()
		next := d
		next.Items = slices.Clone(d.Items)
		change(&next)
		text, _ := json.Marshal(next)
		c.Proposed = text
		v = asked[adjustment.View](t, editor, "PUT", order, c, 200)
	}
	o.refused(t, order, "/proposed", "/reason")
	propose(func(d *openlist.Description) {
		d.Abstract = d.Title
		d.Opening = openlist.Closed
		d.Items[0].Description = locale.Text{}
	}, adjustment.Content{Reason: "x"})
	o.refused(t, order, "/effective_on", "/documents", "/abstract/zh", "/items/0/description/zh", "/opening", "/opening_reason")
	if len(v.Order.Differences) != 3 {
		t.Errorf("differences: %+v", v.Order.Differences)
	}
	propose(func(d *openlist.Description) { d.Frequency = "static" }, adjustment.Content{Reason: "系统停用"})
	o.refused(t, order, "/period/to", "/frequency_reason")
	propose(func(d *openlist.Description) {
		d.Frequency, d.Production, d.Period.To = "static", "static", "2026-10-31"
	}, adjustment.Content{Reason: "系统停用，转为静态数据"})
	asked[any](t, lead, "POST", order+"/submit", nil, 200)
	o.accepts(t, order)
	if e, err := o.entries.Get(t.Context(), permit.Actor{}, "stations"); err != nil || !e.Static() || e.Edition != 2 {
		t.Errorf("static: %+v %v", e, err)
	}
	if page := asked[adjustment.Page](t, o.as(""), "GET", "/api/v1/changes?dataset=stations", nil, 200); len(page.Items) != 2 || page.Items[0].Did != nil || page.Items[0].Reason != "系统停用，转为静态数据" {
		t.Errorf("changes: %+v", page)
	}
}

// refused hands an order in and expects faults at exactly these pointers.
func (o *office) refused(t *testing.T, order string, pointers ...string) {
	t.Helper()
	status, _, body := o.as("lead-weather").ask(t, "POST", order+"/submit", nil)
	var told struct{ Errors []struct{ Pointer string } }
	if err := json.Unmarshal([]byte(body), &told); err != nil || status != 422 {
		t.Fatalf("%d %s %v", status, body, err)
	}
	var got []string
	for _, e := range told.Errors {
		got = append(got, strings.TrimPrefix(e.Pointer, "#"))
	}
	slices.Sort(got)
	slices.Sort(pointers)
	if !slices.Equal(slices.Compact(got), pointers) {
		t.Errorf("faults at %q, want %q: %s", got, pointers, body)
	}
}

// accepts takes an order up and accepts it.
func (o *office) accepts(t *testing.T, order string) {
	t.Helper()
	reviewer := o.as("list-reviewer")
	asked[any](t, reviewer, "POST", order+"/take", nil, 200)
	asked[any](t, reviewer, "POST", order+"/accept", adjustment.Accept{Checked: adjustment.Checklist}, 200)
}

// TestDowngradeNeedsPaperAndTime: withdrawing an entry takes a ground that is
// one, a document, notice, and the authority (Articles 10(1) and 11(1)).
func TestDowngradeNeedsPaperAndTime(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	o := openOfficeAt(t, now)
	o.stations(t)
	editor, lead := o.as("editor-weather"), o.as("lead-weather")
	order := editor.begins(t, "stations", adjustment.List)
	asked[any](t, editor, "PUT", order, adjustment.Content{Reason: "新增"}, 200)
	asked[any](t, lead, "POST", order+"/submit", nil, 200)
	o.accepts(t, order)
	follower := o.as("person")
	o.as("").form(t, "/zh/datasets/stations/follow").says(t, "sign in first", http.StatusSeeOther)
	follower.form(t, "/zh/datasets/nowhere/follow").says(t, "there is none", http.StatusNotFound)
	follower.form(t, "/zh/datasets/stations/follow").says(t, "followed", http.StatusSeeOther)
	asked[adjustment.Follows](t, follower, "DELETE", "/api/v1/datasets/stations/follow", nil, 200)
	if all := asked[adjustment.Follows](t, follower, "PUT", "/api/v1/datasets/stations/follow", nil, 200); len(all.Items) != 1 || all.Items[0].Title.ZH != "全市气象站点基本情况" {
		t.Errorf("followed: %+v", all)
	}
	follower.get(t, "/zh/changes?dataset=stations").says(t, "it can be ended", 200, "取消关注")
	follower.get(t, "/zh/changes").says(t, "what is followed", 200, "您关注的")
	order = editor.begins(t, "stations", adjustment.Withdraw)
	page := strings.Replace(order, orderAPI, "/zh/desk/list/orders/", 1)
	editor.form(t, page+"/fill", "/reason", "业务系统停用", "/ground", adjustment.CannotUpdate, "/effective_on", "2026-12-01").says(t, "kept", http.StatusSeeOther)
	o.refused(t, order, "/ground", "/effective_on", "/documents")
	lead.form(t, page+"/submit").says(t, "why not", 422, "不能再更新不是停止开放的理由", "最早2026-12-25生效", "须附说明文件")
	editor.form(t, page+"/fill", "/reason", "法律另有规定", "/ground", "law", "/effective_on", "2026-12-25").says(t, "kept", http.StatusSeeOther)
	editor.upload(t, page+"/attach", "a.exe", "MZ").says(t, "no program", 422)
	editor.upload(t, page+"/attach", "说明.png", picture(t).String()).says(t, "attached", http.StatusSeeOther)
	lead.form(t, page+"/submit").says(t, "handed in", http.StatusSeeOther)
	reviewer, officer := o.as("list-reviewer"), o.as("authority")
	asked[any](t, reviewer, "POST", order+"/take", nil, 200)
	asked[any](t, reviewer, "POST", order+"/accept", adjustment.Accept{Checked: adjustment.Checklist}, 422)
	officer.get(t, page).says(t, "the authority's turn", 200, "主管部门", "收窄开放", "说明.png")
	officer.form(t, page+"/acknowledge").says(t, "acknowledged", http.StatusSeeOther)
	asked[any](t, reviewer, "POST", order+"/accept", adjustment.Accept{Checked: adjustment.Checklist}, 200)
	follower.becomes(t, "/zh/inbox", "将于2026-12-25收窄开放")
	stage := func() openlist.Stage {
		e, err := o.entries.Get(t.Context(), permit.Platform, "stations")
		if err != nil {
			t.Fatal(err)
		}
		return e.Stage
	}
	if _, err := o.adjustments.Today(t.Context(), permit.Platform); err != nil || stage() != openlist.StagePublished {
		t.Errorf("before its day: %v %v", stage(), err)
	}
	o.as("lead-civil").get(t, page).says(t, "another body's", http.StatusNotFound)
	now.Advance(30 * 24 * time.Hour)
	if _, err := o.adjustments.Today(t.Context(), permit.Platform); err != nil || stage() != openlist.StageWithdrawn {
		t.Errorf("on its day: %v %v", stage(), err)
	}
	follower.becomes(t, "/zh/inbox", "转为不开放")
	follower.form(t, "/zh/datasets/stations/unfollow").says(t, "ended", http.StatusSeeOther)
	if all := asked[adjustment.Follows](t, follower, "GET", "/api/v1/following", nil, 200); len(all.Items) != 0 {
		t.Errorf("still followed: %+v", all)
	}
	o.as("").get(t, "/zh/datasets/stations").says(t, "the tombstone stays", http.StatusGone, "法律另有规定")
	if n, err := o.adjustments.Replay(t.Context(), permit.Platform); err != nil || n != 2 {
		t.Errorf("replayed %d: %v", n, err)
	}
}

// TestGradingOpenedAgainStopsAnOrder: what was right when it was accepted goes
// back if it is wrong on its day.
func TestGradingOpenedAgainStopsAnOrder(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	o := openOfficeAt(t, now)
	o.stations(t)
	editor, lead := o.as("editor-weather"), o.as("lead-weather")
	order := editor.begins(t, "stations", adjustment.List)
	asked[any](t, editor, "PUT", order, adjustment.Content{Reason: "新增", EffectiveOn: "2027-12-20"}, 200)
	asked[any](t, lead, "POST", order+"/submit", nil, 200)
	o.accepts(t, order)
	now.Advance(400 * 24 * time.Hour) // a grading is due every year
	if _, err := o.gradings.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	if _, err := o.adjustments.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	v := asked[adjustment.View](t, editor, "GET", order, nil, 200)
	e, err := o.entries.Get(t.Context(), o.actorAs(t, "editor-weather"), "stations")
	if err != nil || v.Order.Stage != adjustment.StageReturned || len(v.Order.Faults) == 0 || e.Stage != openlist.StageDraft {
		t.Errorf("%v %+v %s", err, v.Order, e.Stage)
	}
	editor.get(t, strings.Replace(order, orderAPI, "/zh/desk/list/orders/", 1)).says(t, "in words", 200, "分级分类须重新进行")
}
