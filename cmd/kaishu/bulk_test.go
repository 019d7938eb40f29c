package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
)

// entriesTable is two new entries, one with two data items, and a change of an
// entry that is on the list.
func entriesTable(listed string) string {
	return "地址\t数据集名称\t摘要\t数据领域\t开放类型\t更新频率\t联系方式\t字段名\t字段中文名\t字段说明\n" +
		"rain-hourly\t各站小时降水量\t每站每小时一行的降水量。\t资源环境\t无条件开放\t每月\topen@example.org\tid\t站号\t气象站的编号\n" +
		"\t\t\t\t\t\t\tmm\t降水量\t一小时的降水量\n" +
		"wind-hourly\t各站小时风速\t每站每小时一行的风速和风向。\t资源环境\t无条件开放\t每月\topen@example.org\t\t\t\n" +
		listed + "\t\t\t\t\t\tnew@example.org\t\t\t\n"
}

const importPath = "/zh/desk/list/import"

// TestManyEntriesByOneTable: a table is checked, told line by line what is
// wrong, and becomes drafts and an order, all or nothing (Articles 9 and 11).
func TestManyEntriesByOneTable(t *testing.T) {
	o := openOffice(t)
	own := o.as(roleAccount(t, "opn_editor"))
	table := entriesTable(ownSlug(t))
	before, err := o.entries.Get(t.Context(), permit.Platform, ownSlug(t))
	if err != nil {
		t.Fatal(err)
	}
	is := func(slug string, want bool) {
		t.Helper()
		if _, err := o.entries.Get(t.Context(), permit.Platform, slug); (err == nil) != want {
			t.Errorf("%s: %v", slug, err)
		}
	}
	bad := strings.NewReplacer("资源环境\t无条件开放\t每月\topen@example.org\t\t", "天空\t无条件开放\t偶尔\topen@example.org\t\t", "rain-hourly\t", "Rain Hourly\t").Replace(table)
	own.form(t, importPath, "rows", bad, "do", "import").says(t, "every fault, by its line", 422, "第2行", "第4行", "数据领域", "更新频率", "什么都没有导入")
	own.form(t, importPath, "rows", "名称\t天气\n甲\t乙\n").says(t, "no address", 422, "没有“地址”列")
	own.form(t, importPath, "rows", "地址\t天色\nx\t乙\n").says(t, "an unknown column", 422, "天色")
	own.form(t, importPath, "rows", " ").says(t, "nothing", 422)
	own.upload(t, importPath+"/file", "a.pdf", "%PDF-1.4").says(t, "no table", 422)
	own.upload(t, importPath+"/file", "条目.csv", strings.ReplaceAll(table, "\t", ",")).says(t, "a file is read and tried", 200, "起草修改工单", "新建草稿", "rain-hourly", "导入3个条目")
	is("rain-hourly", false)
	own.form(t, importPath, "rows", table, "reason", "更换联系方式", "do", "import").says(t, "imported", 200, "已导入3个条目")
	is("wind-hourly", true)
	rain, err := o.entries.Get(t.Context(), permit.Platform, "rain-hourly")
	if err != nil || rain.Stage != openlist.StageDraft || len(rain.Items) != 2 || rain.Items[1].Title.ZH != "降水量" || rain.Frequency != "monthly" {
		t.Errorf("%+v %v", rain, err)
	}
	v, ok, err := o.adjustments.Current(t.Context(), o.actorAs(t, roleAccount(t, "opn_editor")), ownSlug(t))
	if err != nil || !ok || v.Order.Reason != "更换联系方式" || !slices.ContainsFunc(v.Order.Differences, func(d adjustment.Difference) bool { return d.Pointer == "/contact" }) || len(v.Order.Differences) != 1 {
		t.Errorf("the order: %+v %t %v", v.Order, ok, err)
	}
	if after, err := o.entries.Get(t.Context(), permit.Platform, ownSlug(t)); err != nil || after.Contact != before.Contact || after.Edition != before.Edition {
		t.Errorf("the list itself has changed: %v", err)
	}
	own.form(t, importPath, "rows", table).says(t, "once more nothing is left to do", 200, "没有变化")

	const api = "/api/v1/entries/import"
	again := asked[adjustment.ImportAnswer](t, own, "POST", api, adjustment.Bulk{Entries: []adjustment.NewEntry{{Slug: ownSlug(t), Description: openlist.Description{Contact: "third@example.org"}},
		{Slug: "rain-hourly", Description: openlist.Description{Title: locale.Text{EN: "Hourly rain"}}}}}, 200)
	if !again.Done || len(again.Items) != 2 || again.Items[0].Way != adjustment.WayFilled || again.Items[0].Order != v.Order.ID || again.Items[1].Way != adjustment.WayDrafted {
		t.Errorf("%+v", again)
	}
	other := o.as("editor-weather")
	if roleAccount(t, "opn_editor") == "editor-weather" {
		other = o.as("editor-civil")
	}
	foreign := adjustment.Bulk{Entries: []adjustment.NewEntry{{Slug: "fresh-one", Description: openlist.Description{Title: locale.Text{ZH: "新的"}, Domain: "economy", Frequency: "monthly", Opening: openlist.Unconditional}}, {Slug: "rain-hourly"}}}
	body, err := json.Marshal(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, text := other.ask(t, "POST", api, bytes.NewReader(body)); status != 422 || !strings.Contains(text, `"#/entries/1/slug"`) || strings.Contains(text, "降水") {
		t.Errorf("another body's: %d %s", status, text)
	}
	is("fresh-one", false)
	o.as("person").form(t, importPath, "rows", table).says(t, "not theirs", http.StatusForbidden)
	if n, err := o.entries.Replay(t.Context(), permit.Platform); err != nil || n == 0 {
		t.Errorf("replayed %d: %v", n, err)
	}
}

var baseInput = regexp.MustCompile(`name="base" value="([0-9a-f]{16})"`)

// TestTwoEditorsOfOneEntry: who saves over what somebody else saved since is
// told of it first, with both texts; what he typed stays.
func TestTwoEditorsOfOneEntry(t *testing.T) {
	o := openOffice(t)
	editor := o.as("editor-weather")
	editor.form(t, "/zh/desk/list/new", "/slug", "stations", "pasted", block).says(t, "begun", http.StatusSeeOther)
	const at = "/zh/desk/list/stations"
	base := func(text string) string {
		t.Helper()
		m := baseInput.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("the form does not say what it began with: %.2000s", text)
		}
		return m[1]
	}
	save := func(base, abstract string) answer {
		return editor.form(t, at, "do", "save", "base", base, "/title/zh", "全市气象站点基本情况", "/domain", "environment", "/opening", "unconditional", "/frequency", "monthly", "/abstract/zh", abstract)
	}
	first := base(editor.get(t, at).body)
	save(first, "一人写的摘要").says(t, "saved", http.StatusSeeOther)
	told := save(first, "另一人写的摘要")
	told.says(t, "told", 422, "有人保存了别的内容", "一人写的摘要", "另一人写的摘要")
	if e, err := o.entries.Get(t.Context(), permit.Platform, "stations"); err != nil || e.Abstract.ZH != "一人写的摘要" {
		t.Errorf("%q %v", e.Abstract.ZH, err)
	}
	save(base(told.body), "另一人写的摘要").says(t, "saved knowingly", http.StatusSeeOther)
	if e, err := o.entries.Get(t.Context(), permit.Platform, "stations"); err != nil || e.Abstract.ZH != "另一人写的摘要" {
		t.Errorf("%q %v", e.Abstract.ZH, err)
	}
}
