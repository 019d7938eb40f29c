package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// tick clicks a choice or mark by name and value.
func tick(t *testing.T, ctx context.Context, name, value string) {
	t.Helper()
	do(t, ctx, chromedp.Click(chromedp.CSS(`main input[name="`+name+`"][value="`+value+`"]`)))
}

// part presses the button of the form that goes to an address ending so.
func part(t *testing.T, ctx context.Context, ending string) {
	t.Helper()
	arrive(t, ctx, func() {
		if !read(t, ctx, chromedp.Evaluate[bool](`(() => { const f = document.querySelector('main form[action$="`+ending+`"]'); const b = f && [...f.querySelectorAll("button")].find(b => b.name !== "more"); b?.click(); return !!b })()`)) {
			t.Fatalf("no form goes to %s on %s", ending, page(t, ctx))
		}
	})
}

// unfold opens the details of a page, whose forms wait inside.
func unfold(t *testing.T, ctx context.Context) {
	t.Helper()
	read(t, ctx, chromedp.Evaluate[bool](`(() => { for (const d of document.querySelectorAll("main details")) d.open = true; return true })()`))
}

// TestApplicationByFiveRoles is the story of issue 5 in a real browser: a
// person applies, an officer accepts, a reviewer asks, three experts advise,
// a lead decides, and the applicant reads the letter. Articles 18 and 19.
func TestApplicationByFiveRoles(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	signIn(t, ctx, s, "person")
	visit(t, ctx, s.url+"/zh/datasets/hourly-weather")
	says(t, ctx, "story-dataset", "申请使用", "还没有审核过的申请")
	press(t, ctx, "申请使用")
	says(t, ctx, "story-begin", "新建申请")
	press(t, ctx, "新建申请")
	says(t, ctx, "story-tasks", "未开始", "检查并提交")
	at := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	visit(t, ctx, at+"/check")
	part(t, ctx, "/submit")
	says(t, ctx, "story-faults", "还有", "请上传这份材料")
	visit(t, ctx, at+"/scenario")
	says(t, ctx, "story-scenario", "为什么要问")
	fill(t, ctx, "/scenario/code", "public_service", "/scenario/title", "户外作业高温提醒", "/scenario/purpose", "按小时提醒户外工地停工", "/scenario/serves", "本市户外作业人员", "/scenario/benefit", "减少中暑，其他城市可以照做")
	press(t, ctx, "保存")
	visit(t, ctx, at+"/datasets")
	tick(t, ctx, "/datasets/0/fields/-", "date")
	tick(t, ctx, "/datasets/0/fields/-", "temperature")
	tick(t, ctx, "/datasets/0/fields/-", "wind")
	tick(t, ctx, "/datasets/0/mode", "api")
	press(t, ctx, "保存")
	visit(t, ctx, at+"/datasets")
	says(t, ctx, "story-fields", "现在选了3个字段，共4个")
	visit(t, ctx, at+"/security")
	fill(t, ctx, "/security/measures", "加密存放，密钥由专人保管", "/security/where", "本市机房", "/security/access", "两名值守人员")
	press(t, ctx, "保存")
	file := filepath.Join(t.TempDir(), "证明.png")
	if err := os.WriteFile(file, picture(t).Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, item := range weatherItems {
		visit(t, ctx, at+"/security")
		form := `main form:has(input[name="item"][value="` + item + `"])`
		do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS(form+` input[type=file]`), []string{file}))
		if i == 0 {
			do(t, ctx, chromedp.SetValue(chromedp.CSS(form+` input[name=until]`), "2099-12-31"))
		}
		arrive(t, ctx, func() { do(t, ctx, chromedp.Click(chromedp.CSS(form+` button`))) })
	}
	says(t, ctx, "story-files", "证明.png", "SHA-256", "已检查")
	visit(t, ctx, at+"/pledge")
	for _, p := range []string{"true", "cite", "report", "checks"} {
		do(t, ctx, chromedp.Click(chromedp.CSS(`input[name="/pledge/`+p+`"]`)))
	}
	press(t, ctx, "保存")
	says(t, ctx, "story-ready", "可以提交")
	visit(t, ctx, at+"/check")
	says(t, ctx, "story-check", "户外作业高温提醒", "更改")
	tabTo(t, ctx, `form[action$="/submit"] button`)
	arrive(t, ctx, func() { do(t, ctx, chromedp.KeyEvent("\r")) })
	says(t, ctx, "story-sent", "SQ-", "轮到市大数据中心办", "应于")
	id := at[strings.LastIndexByte(at, '/')+1:]

	signIn(t, ctx, s, "intake")
	visit(t, ctx, s.url+"/zh/desk/intake")
	says(t, ctx, "story-intake-queue", "户外作业高温提醒", "还剩")
	do(t, ctx, chromedp.KeyEvent("j"))
	arrive(t, ctx, func() { do(t, ctx, chromedp.KeyEvent("\r")) }) // by keyboard alone
	press(t, ctx, "开始核对")
	says(t, ctx, "story-intake", "营业执照", "齐全", "受理并移交工单")
	read(t, ctx, chromedp.Evaluate[bool](`(() => { for (const r of document.querySelectorAll('main input[type=radio][value=ok]')) r.checked = true; return true })()`))
	press(t, ctx, "受理并移交工单")
	says(t, ctx, "story-accepted", "已移交的工单", "还剩10个工作日")

	signIn(t, ctx, s, "reviewer-weather")
	visit(t, ctx, s.url+"/zh/desk/orders")
	says(t, ctx, "story-review-queue", "GD-", "还剩10个工作日")
	do(t, ctx, chromedp.KeyEvent("j"))
	arrive(t, ctx, func() { do(t, ctx, chromedp.KeyEvent("\r")) })
	order := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	says(t, ctx, "story-order", "接办", "防的风险")
	tick(t, ctx, "/free", "true")
	press(t, ctx, "接办")
	unfold(t, ctx)
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`main [name="/text"]`), "为何需要风速？"))
	part(t, ctx, "/ask")
	unfold(t, ctx)
	for _, e := range []string{"expert", "expert-2", "expert-3"} {
		tick(t, ctx, "/experts/-", e)
	}
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`main form[action$="/consult"] [name="/reason"]`), "首次开放逐时数据"))
	part(t, ctx, "/consult")
	says(t, ctx, "story-consulted", "专家评审中", "还没有提出")
	for i, e := range []string{"expert", "expert-2", "expert-3"} {
		signIn(t, ctx, s, e)
		visit(t, ctx, order)
		if i == 0 {
			says(t, ctx, "story-expert", "提出专家意见", "您看不到其他专家的意见")
		}
		tick(t, ctx, "/advice", "approve")
		do(t, ctx, chromedp.SetValue(chromedp.CSS(`main [name="/opinion"]`), "风险可控"))
		part(t, ctx, "/opine")
	}
	signIn(t, ctx, s, "person")
	visit(t, ctx, at)
	says(t, ctx, "story-question", "为何需要风速？", "还剩10个工作日")
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`main [name="/text"]`), "大风也要停工"))
	press(t, ctx, "提交回答")

	signIn(t, ctx, s, "reviewer-weather")
	visit(t, ctx, order)
	says(t, ctx, "story-advised", "风险可控", "大风也要停工", "提出审核意见")
	tick(t, ctx, "/verdicts/0/approve", "true")
	tick(t, ctx, "/verdicts/0/fields/-", "wind") // takes one field out
	part(t, ctx, "/propose")
	says(t, ctx, "story-propose-faults", "字段缩减的原因", "此项必填")
	fill(t, ctx, "/verdicts/0/narrow/fields", "风速与高温提醒无关")
	part(t, ctx, "/propose")
	says(t, ctx, "story-proposed", "待负责人决定", "风速与高温提醒无关")

	signIn(t, ctx, s, "lead-weather")
	visit(t, ctx, order)
	says(t, ctx, "story-lead", "申请主体将看到的样子", "作出决定")
	tick(t, ctx, "/free", "true")
	press(t, ctx, "作出决定")
	says(t, ctx, "story-decided", "已决定")

	signIn(t, ctx, s, "person")
	visit(t, ctx, at)
	says(t, ctx, "story-result", "获准", "风速与高温提醒无关", "查看决定书")
	press(t, ctx, "查看决定书")
	says(t, ctx, "story-letter", "准予开放决定书", "逐时气象要素", "第十九条")
	letter := read(t, ctx, chromedp.Location())
	look := map[string]map[string]string{
		"person":           {"my": "/applications", "case": "/applications/" + id, "letter": letter[strings.Index(letter, "/letters/"):], "deadlines": "/me/deadlines", "figures": "/statistics/applications", "workflow": "/workflows/applications", "conditional": "/datasets/hourly-weather"},
		"intake":           {"intake": "/desk/intake", "intake-case": "/desk/intake/" + id},
		"reviewer-weather": {"orders": "/desk/orders", "order": order[strings.Index(order, "/desk/"):], "decided": "/desk/orders/decided"},
	}
	for who, pages := range look {
		signIn(t, ctx, s, who)
		for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "wide": chromedp.EmulateViewport(1280, 1100)} {
			do(t, ctx, emulate)
			for _, lang := range []string{"zh", "en"} {
				for name, path := range pages {
					visit(t, ctx, s.url+"/"+lang+path)
					says(t, ctx, "story-"+screen+"-"+name+"-"+lang)
					if unlabelled := read(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("main input:not([type=hidden]), main select, main textarea")].filter(e => !e.labels?.length && !e.ariaLabel && !e.getAttribute("aria-labelledby")).length`)); unlabelled > 0 {
						t.Errorf("%s %s: %d inputs without a label", lang, name, unlabelled)
					}
				}
			}
		}
		do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	}
}
