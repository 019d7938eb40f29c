package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"

	"kaishu/internal/base/locale"
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
	s := start(t, seeded(t), "serve", "--dev")
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range locale.Langs {
		t.Run(string(lang), func(t *testing.T) { applicationStory(t, s, words, lang) })
	}
}

func applicationStory(t *testing.T, s *server, words *locale.Catalogue, lang locale.Lang) {
	ctx := browser(t)
	say := func(key string, args ...any) string {
		m := map[string]any{}
		for i := 0; i+1 < len(args); i += 2 {
			m[args[i].(string)] = args[i+1]
		}
		return words.Say(lang, key, m)
	}
	home := s.url + "/" + string(lang)
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	signIn(t, ctx, s, "person")
	visit(t, ctx, home+"/datasets/hourly-weather")
	says(t, ctx, "story-dataset-"+string(lang), say("dataset.apply_now"))
	press(t, ctx, say("dataset.apply_now"))
	says(t, ctx, "story-begin-"+string(lang), say("apply.begin"))
	press(t, ctx, say("apply.begin"))
	says(t, ctx, "story-tasks-"+string(lang), say("apply.state.not_begun"), say("apply.check"))
	at := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	visit(t, ctx, at+"/check")
	part(t, ctx, "/submit")
	says(t, ctx, "story-faults-"+string(lang), say("application.no_file"))
	visit(t, ctx, at+"/scenario")
	says(t, ctx, "story-scenario-"+string(lang), say("apply.scenario_code_hint"))
	fill(t, ctx, "/scenario/code", "public_service", "/scenario/title", "户外作业高温提醒", "/scenario/purpose", "按小时提醒户外工地停工", "/scenario/serves", "本市户外作业人员", "/scenario/benefit", "减少中暑，其他城市可以照做")
	press(t, ctx, say("apply.save"))
	visit(t, ctx, at+"/datasets")
	tick(t, ctx, "/datasets/0/fields/-", "date")
	tick(t, ctx, "/datasets/0/fields/-", "temperature")
	tick(t, ctx, "/datasets/0/fields/-", "wind")
	tick(t, ctx, "/datasets/0/mode", "api")
	press(t, ctx, say("apply.save"))
	visit(t, ctx, at+"/datasets")
	says(t, ctx, "story-fields-"+string(lang), say("apply.breadth", "chosen", 3, "all", 4, "risk", say("apply.breadth.many")))
	visit(t, ctx, at+"/security")
	fill(t, ctx, "/security/measures", "加密存放，密钥由专人保管", "/security/where", "本市机房", "/security/access", "两名值守人员")
	press(t, ctx, say("apply.save"))
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
	says(t, ctx, "story-files-"+string(lang), "证明.png", "SHA-256", say("apply.file_state.clear"))
	visit(t, ctx, at+"/pledge")
	for _, p := range []string{"true", "cite", "report", "checks"} {
		do(t, ctx, chromedp.Click(chromedp.CSS(`input[name="/pledge/`+p+`"]`)))
	}
	press(t, ctx, say("apply.save"))
	says(t, ctx, "story-ready-"+string(lang), say("apply.ready"))
	visit(t, ctx, at+"/check")
	says(t, ctx, "story-check-"+string(lang), "户外作业高温提醒", say("apply.change"))
	tabTo(t, ctx, `form[action$="/submit"] button`)
	arrive(t, ctx, func() { do(t, ctx, chromedp.KeyEvent("\r")) })
	says(t, ctx, "story-sent-"+string(lang), "SQ-", say("application.turn.centre"))
	id := at[strings.LastIndexByte(at, '/')+1:]

	signIn(t, ctx, s, "intake")
	visit(t, ctx, home+"/desk/intake")
	says(t, ctx, "story-intake-queue-"+string(lang), "户外作业高温提醒", say("apply.left", "days", 3))
	do(t, ctx, chromedp.KeyEvent("j"))
	arrive(t, ctx, func() { do(t, ctx, chromedp.KeyEvent("\r")) }) // by keyboard alone
	press(t, ctx, say("intakedesk.take"))
	says(t, ctx, "story-intake-"+string(lang), say("intakedesk.whole"), say("intakedesk.accept"))
	read(t, ctx, chromedp.Evaluate[bool](`(() => { for (const r of document.querySelectorAll('main input[type=radio][value=ok]')) r.checked = true; return true })()`))
	press(t, ctx, say("intakedesk.accept"))
	says(t, ctx, "story-accepted-"+string(lang), say("intakedesk.orders"), say("apply.left", "days", 10))

	signIn(t, ctx, s, "reviewer-weather")
	visit(t, ctx, home+"/desk/orders")
	says(t, ctx, "story-review-queue-"+string(lang), "GD-", say("apply.left", "days", 10))
	do(t, ctx, chromedp.KeyEvent("j"))
	arrive(t, ctx, func() { do(t, ctx, chromedp.KeyEvent("\r")) })
	order := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	says(t, ctx, "story-order-"+string(lang), say("reviewdesk.take"), say("reviewdesk.risk_of"))
	tick(t, ctx, "/free", "true")
	press(t, ctx, say("reviewdesk.take"))
	unfold(t, ctx)
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`main [name="/text"]`), "为何需要风速？"))
	part(t, ctx, "/ask")
	unfold(t, ctx)
	for _, e := range []string{"expert", "expert-2", "expert-3"} {
		tick(t, ctx, "/experts/-", e)
	}
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`main form[action$="/consult"] [name="/reason"]`), "首次开放逐时数据"))
	part(t, ctx, "/consult")
	says(t, ctx, "story-consulted-"+string(lang), say("review.stage.expert_review"), say("reviewdesk.waits"))
	for i, e := range []string{"expert", "expert-2", "expert-3"} {
		signIn(t, ctx, s, e)
		visit(t, ctx, order)
		if i == 0 {
			says(t, ctx, "story-expert-"+string(lang), say("reviewdesk.opine"), say("reviewdesk.opine_lead"))
		}
		tick(t, ctx, "/advice", "approve")
		do(t, ctx, chromedp.SetValue(chromedp.CSS(`main [name="/opinion"]`), "风险可控"))
		part(t, ctx, "/opine")
	}
	signIn(t, ctx, s, "person")
	visit(t, ctx, at)
	says(t, ctx, "story-question-"+string(lang), "为何需要风速？", say("apply.left", "days", 10))
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`main [name="/text"]`), "大风也要停工"))
	press(t, ctx, say("apply.send_answer"))

	signIn(t, ctx, s, "reviewer-weather")
	visit(t, ctx, order)
	says(t, ctx, "story-advised-"+string(lang), "风险可控", "大风也要停工", say("reviewdesk.propose"))
	tick(t, ctx, "/verdicts/0/approve", "true")
	tick(t, ctx, "/verdicts/0/fields/-", "wind") // takes one field out
	part(t, ctx, "/propose")
	says(t, ctx, "story-propose-faults-"+string(lang), say("reviewdesk.narrow_fields"))
	fill(t, ctx, "/verdicts/0/narrow/fields", "风速与高温提醒无关")
	part(t, ctx, "/propose")
	says(t, ctx, "story-proposed-"+string(lang), say("review.stage.proposed"), "风速与高温提醒无关")

	signIn(t, ctx, s, "lead-weather")
	visit(t, ctx, order)
	says(t, ctx, "story-lead-"+string(lang), say("reviewdesk.proposed"), say("reviewdesk.confirm"))
	tick(t, ctx, "/free", "true")
	press(t, ctx, say("reviewdesk.confirm"))
	says(t, ctx, "story-decided-"+string(lang), say("review.stage.decided"))

	signIn(t, ctx, s, "person")
	visit(t, ctx, at)
	says(t, ctx, "story-result-"+string(lang), say("application.stage.approved"), "风速与高温提醒无关", say("apply.letter"))
	press(t, ctx, say("apply.letter"))
	says(t, ctx, "story-letter-"+string(lang), say("decisions.title.approved"))
	letter := read(t, ctx, chromedp.Location())
	visit(t, ctx, at)
	press(t, ctx, say("apply.copy"))
	copied := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	draft := copied[strings.Index(copied, "/applications/"):]
	look := map[string]map[string]string{
		"person": {"my": "/applications", "case": "/applications/" + id, "letter": letter[strings.Index(letter, "/letters/"):], "deadlines": "/me/deadlines", "figures": "/statistics/applications", "workflow": "/workflows/applications", "conditional": "/datasets/hourly-weather",
			"tasks": draft, "scenario": draft + "/scenario", "datasets": draft + "/datasets", "security": draft + "/security", "pledge": draft + "/pledge", "check": draft + "/check", "applicant": draft + "/applicant", "leave": draft + "/withdraw"},
		"intake":           {"intake": "/desk/intake", "intake-case": "/desk/intake/" + id},
		"reviewer-weather": {"orders": "/desk/orders", "order": order[strings.Index(order, "/desk/"):], "decided": "/desk/orders/decided"},
	}
	for who, pages := range look {
		signIn(t, ctx, s, who)
		for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "wide": chromedp.EmulateViewport(1280, 1100)} {
			do(t, ctx, emulate)
			for name, path := range pages {
				visit(t, ctx, home+path)
				says(t, ctx, "story-"+screen+"-"+name+"-"+string(lang))
				if unlabelled := read(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("main input:not([type=hidden]), main select, main textarea")].filter(e => !e.labels?.length && !e.ariaLabel && !e.getAttribute("aria-labelledby")).length`)); unlabelled > 0 {
					t.Errorf("%s %s: %d inputs without a label", lang, name, unlabelled)
				}
			}
		}
		do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	}
}
