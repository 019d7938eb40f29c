package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout/sitetest"
)

const gradingDesk = "/zh/desk/gradings/hourly-weather"

// filled gives inputs of a form values, in place or behind the others.
func filled(sent []string, pairs ...string) []string {
	sent = slices.Clone(sent)
next:
	for i := 0; i+1 < len(pairs); i += 2 {
		for j := 0; j+1 < len(sent); j += 2 {
			if sent[j] == pairs[i] {
				sent[j+1] = pairs[i+1]
				continue next
			}
		}
		sent = append(sent, pairs[i], pairs[i+1])
	}
	return sent
}

// TestGradingOnPages is the life of a grading by pages, without scripts: the
// grader answers, tries, hands in; another confirms (Articles 13 and 14).
func TestGradingOnPages(t *testing.T) {
	o := openOffice(t)
	public, grader, checker := o.as(""), o.as("grader-weather"), o.as("reviewer-weather")
	if err := o.gradings.Refresh(t.Context(), permit.Platform, "hourly-weather"); err != nil {
		t.Fatal(err)
	}
	check := func(a answer, lang locale.Lang) answer {
		t.Helper()
		sitetest.CheckPage(t, lang, a.body)
		return a
	}
	public.get(t, gradingDesk).says(t, "nobody's desk", http.StatusSeeOther)
	o.as("editor-civil").get(t, gradingDesk).says(t, "another body's", http.StatusNotFound)
	check(grader.get(t, "/zh/desk/gradings"), locale.ZH).says(t, "the list", 200, gradingDesk, "请您处理", "待定级")
	check(grader.get(t, "/en/desk/gradings"), locale.EN).says(t, "the list in English", 200, "Your turn")
	page := check(grader.get(t, gradingDesk), locale.ZH)
	page.says(t, "the sheet", 200, "涉及个人隐私", "时效性较强", "先试算")
	check(grader.get(t, "/en/desk/gradings/hourly-weather"), locale.EN).says(t, "the sheet in English", 200, "Touches personal privacy")
	if strings.Contains(page.body, `checked`) {
		t.Error("something is answered for the grader")
	}
	sent := fields(t, page.body, "试算")
	wrong := check(grader.form(t, gradingDesk, append(sent, "do", "try")...), locale.ZH)
	wrong.says(t, "every question and level", 422, "f-flags-personal_privacy", "f-flags-continuous", "f-fields-0-p", "f-fields-2-x")
	if a := wrong.body; strings.Contains(a, `id="result"`) {
		t.Error("a result of half a sheet")
	}
	sent = filled(fields(t, wrong.body, "试算"), "/rest/p", "0", "/rest/o", "0", "/rest/x", "1")
	page = check(grader.form(t, gradingDesk, append(sent, "do", "rest")...), locale.ZH)
	page.says(t, "the rest is filled in", 200)
	sent = fields(t, page.body, "试算")
	for _, code := range []string{"personal_privacy", "personal_information", "trade_secret", "confidential_business", "forbidden_by_law", "important_data", "high_security", "continuous"} {
		sent = filled(sent, "/flags/"+code, "no")
	}
	sent = filled(sent, "/flags/timely", "yes")
	page = check(grader.form(t, gradingDesk, append(sent, "do", "try")...), locale.ZH)
	page.says(t, "what it amounts to", 200, `id="result"`, "有条件开放", "“时效性较强”：是", "规则：任一维度为2级", "全程留存调用日志（必选）", "仅限用于申请时写明")
	sent = fields(t, page.body, "提交审核")
	var bare []string
	for i := 0; i+1 < len(sent); i += 2 {
		if sent[i] != "/measures/-" {
			bare = append(bare, sent[i], sent[i+1])
		}
	}
	check(grader.form(t, gradingDesk, append(bare, "do", "grade", "/deviation/type", "unconditional")...), locale.ZH).says(t, "without measures, and looser", 422, "有条件开放须有监管措施", "只能比规则得出的类型更严")
	check(grader.form(t, gradingDesk, filled(append(sent, "do", "grade"), "seen", "99")...), locale.ZH).says(t, "it has moved meanwhile", 422, "checked", `id="wrong"`)
	grader.form(t, gradingDesk, append(sent, "do", "grade")...).says(t, "handed in", http.StatusSeeOther)
	checker.form(t, gradingDesk+"/confirm", "seen", "1").says(t, "not what the checker saw", 422)
	check(grader.get(t, gradingDesk+"?said=gradingdesk.said_graded"), locale.ZH).says(t, "the grader reads it", 200, "已提交", "待审核")
	if a := grader.get(t, gradingDesk); strings.Contains(a.body, gradingDesk+"/confirm") {
		t.Error("the grader may confirm")
	}
	page = check(checker.get(t, gradingDesk), locale.ZH)
	page.says(t, "the checker", 200, gradingDesk+"/confirm", "时效性较强", "规则：", "定级：")
	check(checker.get(t, "/en/desk/gradings/hourly-weather"), locale.EN).says(t, "in English", 200, "Answers to the law")
	check(checker.form(t, gradingDesk+"/reject", "/reason", ""), locale.ZH).says(t, "no reason", 422, "f-reason")
	checker.form(t, gradingDesk+"/reject", "/reason", "请核对时效").says(t, "rejected", http.StatusSeeOther)
	page = check(grader.get(t, gradingDesk), locale.ZH)
	page.says(t, "back with its answers", 200, "请核对时效", "checked")
	sent = filled(fields(t, page.body, "试算"), "/flags/important_data", "yes")
	grader.form(t, gradingDesk, append(sent, "do", "grade")...).says(t, "closed", http.StatusSeeOther)
	checker.form(t, gradingDesk+"/confirm").says(t, "in force", http.StatusSeeOther)
	check(grader.get(t, gradingDesk), locale.ZH).says(t, "closed and in force", 200, "非开放", gradingDesk+"/evidence")
	check(grader.get(t, gradingDesk+"/evidence"), locale.ZH).says(t, "the form of evidence", 200, "脱敏方法")
	check(grader.form(t, gradingDesk+"/evidence", "/kind", "desensitised"), locale.ZH).says(t, "what a report needs", 422, "f-method", "f-residual", "f-who", "f-on", "f-document")
	grader.form(t, gradingDesk+"/evidence", "/kind", "desensitised", "/method", "抽稀", "/residual", "低", "/who", "数据科", "/on", "2026-01-05", "/document", "报告1号").says(t, "brought", http.StatusSeeOther)
	page = check(grader.get(t, gradingDesk), locale.ZH)
	page.says(t, "it may be lifted", 200, "脱敏报告：报告1号", "凭证据解除", "问题“属于重要数据")
	sent = append(fields(t, page.body, "试算"), "/lifts/-", "important_data")
	page = check(grader.form(t, gradingDesk, append(sent, "do", "try")...), locale.ZH)
	page.says(t, "lifted", 200, "已凭证据解除", "有条件开放")
	grader.form(t, gradingDesk, append(fields(t, page.body, "提交审核"), "do", "grade")...).says(t, "graded again", http.StatusSeeOther)
	checker.form(t, gradingDesk+"/confirm").says(t, "open by evidence", http.StatusSeeOther)
	check(checker.get(t, gradingDesk), locale.ZH).says(t, "in force", 200, "有条件开放", "已凭证据解除", "报告1号")
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTheProfileOnPages: everybody reads the profile in force; a new version
// shows what it would change before it takes effect (Article 13).
func TestTheProfileOnPages(t *testing.T) {
	o := openOffice(t)
	public, officer, centre := o.as(""), o.as("authority"), o.as("list-reviewer")
	for lang, want := range map[locale.Lang]string{locale.ZH: "默认配置", locale.EN: "default profile"} {
		a := public.get(t, "/"+string(lang)+"/grading-profile")
		a.says(t, "the profile", 200, want)
		sitetest.CheckPage(t, lang, a.body)
		if strings.Contains(a.body, "上海市公共数据开放分级分类指南") {
			t.Error("the page takes the name of the city's guide")
		}
	}
	const rules, next = "/zh/desk/grading-profiles", "/zh/desk/grading-profiles/2027-1"
	public.get(t, rules).says(t, "nobody's desk", http.StatusSeeOther)
	sitetest.CheckPage(t, locale.ZH, officer.get(t, rules).body)
	officer.form(t, rules, "/version", "2027 1").says(t, "a bad name", 422, "f-version")
	officer.form(t, rules, "/version", "2027-1").says(t, "begun", http.StatusSeeOther)
	page := officer.get(t, next)
	page.says(t, "the draft", 200, "影响清单", "没有一条会改变", "公开征求意见")
	sitetest.CheckPage(t, locale.ZH, page.body)
	sitetest.CheckPage(t, locale.EN, officer.get(t, "/en/desk/grading-profiles/2027-1").body)
	officer.form(t, next, "/text", "{").says(t, "no JSON", 422, "内容读不出来")
	officer.form(t, next, "/text", `{"label":{"zh":"x","en":"x"}}`).says(t, "anything goes in a draft", http.StatusSeeOther)
	officer.form(t, next+"/consult").says(t, "every fault", 422, "/rules", "/method", "/dimensions")
	officer.form(t, next, fields(t, page.body, "保存")...).says(t, "as it was", http.StatusSeeOther)
	public.get(t, "/zh/grading-profiles/2027-1").says(t, "not yet public", http.StatusNotFound)
	officer.form(t, next+"/consult").says(t, "shown", http.StatusSeeOther)
	public.get(t, "/zh/grading-profiles/2027-1").says(t, "in consultation", 200, "征求意见")
	officer.form(t, next+"/take-back").says(t, "taken back", http.StatusSeeOther)
	officer.form(t, next+"/consult").says(t, "shown again", http.StatusSeeOther)
	centre.form(t, next+"/agree").says(t, "agreed", http.StatusSeeOther)
	officer.form(t, next+"/take-effect", "/impact", "x").says(t, "the writer himself", 422, "不同的人办理")
	officer.get(t, rules).says(t, "the list", 200, "2027-1", "默认配置")
}

// TestWhatIsSuggestedAndWhyItRises: suggestions say why, a combination of
// fields and a join with another entry raise the level in words, and a checker
// sees where the grader went below what was suggested.
func TestWhatIsSuggestedAndWhyItRises(t *testing.T) {
	o := openOffice(t)
	ctx := t.Context()
	grader, checker := o.as("grader-weather"), o.as("reviewer-weather")
	editor, err := o.actor(ctx, "editor-weather")
	if err != nil {
		t.Fatal(err)
	}
	enter := func(slug string, names ...string) {
		t.Helper()
		d := openlist.Description{Title: locale.Text{ZH: "乘客" + slug}, Publisher: "weather", Domain: "environment", Frequency: "daily", Opening: openlist.Conditional}
		for _, n := range names {
			d.Items = append(d.Items, openlist.Item{Name: n, Title: locale.Text{ZH: n}})
		}
		if _, err := o.entries.Do(ctx, editor, slug, openlist.Describe{Description: d}); err != nil {
			t.Fatal(err)
		}
		if err := o.gradings.Refresh(ctx, permit.Platform, slug); err != nil {
			t.Fatal(err)
		}
	}
	enter("cards", "卡号", "性别", "出生日期")
	at := "/zh/desk/gradings/cards"
	page := grader.get(t, at)
	page.says(t, "suggestions", 200, "名称含“性别”", "P2·O0·X0", "人的编号：卡号、化名", "建议")
	sent := fields(t, page.body, "试算")
	for _, code := range []string{"personal_privacy", "personal_information", "trade_secret", "confidential_business", "forbidden_by_law", "important_data", "high_security", "timely", "continuous"} {
		sent = filled(sent, "/flags/"+code, "no")
	}
	sent = filled(sent, "/fields/0/p", "1")
	page = grader.form(t, at, append(sent, "do", "try")...)
	page.says(t, "two indirect identifiers", 200, "有条件开放", "个人维度最高2级，来自“性别、出生日期”")
	grader.form(t, at, append(fields(t, page.body, "提交审核"), "do", "grade")...).says(t, "handed in", http.StatusSeeOther)
	checker.get(t, at).says(t, "below what was suggested", 200, "低于建议")
	checker.form(t, at+"/confirm").says(t, "in force", http.StatusSeeOther)

	enter("trips", "卡号", "户籍", "学历")
	at = "/zh/desk/gradings/trips"
	sent = fields(t, grader.get(t, at).body, "试算")
	for _, code := range []string{"personal_privacy", "personal_information", "trade_secret", "confidential_business", "forbidden_by_law", "important_data", "high_security", "timely", "continuous"} {
		sent = filled(sent, "/flags/"+code, "no")
	}
	grader.form(t, at, append(sent, "do", "try")...).says(t, "beside the other entry", 200, "非开放", "户籍、学历与已开放的cards对接：三种以上的间接标识合在一起", "个人维度提到3级", "规则：个人或者组织维度为3级")
	grader.form(t, "/en"+at[3:], append(sent, "do", "try")...).says(t, "in English", 200, "户籍, 学历 beside the open entries cards")
}
