package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"

	"kaishu/internal/infra/auth"
)

// arrive does what leads to another page and waits until that page is there.
func arrive(t *testing.T, ctx context.Context, act func()) {
	t.Helper()
	read(t, ctx, chromedp.Evaluate[bool](`window.before = true`))
	act()
	until(t, "another page", func() bool {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!window.before && document.readyState === "complete"`))
		return err == nil && there // while the browser leaves a page, nobody answers
	})
}

func visit(t *testing.T, ctx context.Context, at string) {
	t.Helper()
	do(t, ctx, chromedp.Navigate(at), chromedp.WaitReady(chromedp.CSS(`main h1`)))
}

// press presses the button, or follows the link, that says words.
func press(t *testing.T, ctx context.Context, words string) {
	t.Helper()
	arrive(t, ctx, func() {
		if !read(t, ctx, chromedp.Evaluate[bool](`(() => { const e = [...document.querySelectorAll("main button, main a, .mine button, .mine a")].find(e => (e.innerText ?? "").trim() === `+strconv.Quote(words)+`);
			e?.click(); return !!e })()`)) {
			t.Fatalf("nothing says %q on %s", words, page(t, ctx))
		}
	})
}

// fill types into fields, by name; a choice or a mark is set.
func fill(t *testing.T, ctx context.Context, fields ...string) {
	t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		at := `main [name="` + fields[i] + `"]`
		switch read(t, ctx, chromedp.Evaluate[string](`(e => !e ? "" : e.tagName === "INPUT" ? e.type : e.tagName)(document.querySelector('`+at+`'))`)) {
		case "":
			t.Fatalf("no field %s on %s", fields[i], page(t, ctx))
		case "SELECT", "TEXTAREA":
			do(t, ctx, chromedp.SetValue(chromedp.CSS(at), fields[i+1]))
		case "checkbox":
			do(t, ctx, chromedp.Click(chromedp.CSS(at+`[value="`+fields[i+1]+`"]`)))
		default:
			read(t, ctx, chromedp.Evaluate[bool](`(document.querySelector('`+at+`').value = "") === ""`))
			do(t, ctx, chromedp.SendKeys(chromedp.CSS(at), fields[i+1]))
		}
	}
}

func page(t *testing.T, ctx context.Context) string {
	t.Helper()
	return read(t, ctx, chromedp.Evaluate[string](`location.pathname + " " + document.querySelector("main").innerText`))
}

// says checks what the page says, and that nothing on it is wider than it.
func says(t *testing.T, ctx context.Context, name string, words ...string) {
	t.Helper()
	shoot(t, ctx, "people-"+name)
	text := page(t, ctx)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s: %q is not on %s", name, w, text)
		}
	}
	if wide := read(t, ctx, chromedp.Evaluate[[]int](`[document.documentElement.scrollWidth, innerWidth]`)); wide[0] > wide[1] {
		t.Errorf("%s is %d pixels wide on a screen of %d", name, wide[0], wide[1])
	}
}

// keeps checks that a form with faults has not lost what was typed.
func keeps(t *testing.T, ctx context.Context, field, want string) {
	t.Helper()
	if got := read(t, ctx, chromedp.Evaluate[string](`document.querySelector('main [name="`+field+`"]').value`)); got != want {
		t.Errorf("%s was %q, is %q", field, want, got)
	}
}

const anyPassword = "four old bicycles"

// enrol follows the link of an invitation: password, authenticator, recovery
// codes; then signs in at the office's door with one of these and accepts the
// rules.
func enrol(t *testing.T, ctx context.Context, at, id string) {
	t.Helper()
	visit(t, ctx, at)
	says(t, ctx, "enrol-"+id, id)
	secret := read(t, ctx, chromedp.Evaluate[string](`document.querySelector("main p code").innerText.replaceAll(" ", "")`))
	code, err := auth.Code(secret, auth.Step(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	fill(t, ctx, "/password", anyPassword, "/code", code)
	press(t, ctx, "启用")
	says(t, ctx, "recovery-"+id, "恢复码")
	spare := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".once code")].map(e => e.innerText)`))
	press(t, ctx, "保存好了，继续")
	officeSignIn(t, ctx, id, spare[0])
	says(t, ctx, "accept-"+id, "请阅读并接受现行的管理制度")
	press(t, ctx, "我已阅读并接受")
	until(t, "the rules are accepted", func() bool { return !strings.Contains(page(t, ctx), "请阅读并接受") })
}

func officeSignIn(t *testing.T, ctx context.Context, id, code string) {
	t.Helper()
	fill(t, ctx, "/name", id, "/password", anyPassword)
	press(t, ctx, "下一步")
	fill(t, ctx, "/code", code)
	press(t, ctx, "登录")
}

var initLink = regexp.MustCompile(`(?m)^\s*(\S+)\t.*(/zh/enrol\?ticket=\S+)$`)

// TestAnOfficeBegins is the first day of an installation: three administrators
// enter by their links, one enters a body and an officer, another grants his
// role, and he finds his desk. Article 26.
func TestAnOfficeBegins(t *testing.T) {
	ctx := browser(t)
	data := t.TempDir()
	links := map[string]string{}
	for _, m := range initLink.FindAllStringSubmatch(must(t, data, "init"), -1) {
		links[m[1]] = m[2]
	}
	s := start(t, data, "serve")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	enrol(t, ctx, s.url+links["sys-admin"], "sys-admin")

	visit(t, ctx, s.url+"/zh/office/new-body")
	fill(t, ctx, "/id", "water", "/name/zh", "水务局")
	press(t, ctx, "提交")
	says(t, ctx, "body-faults", "类别：此项必填")
	keeps(t, ctx, "/name/zh", "水务局")
	fill(t, ctx, "/kind", "organ", "/level", "city")
	press(t, ctx, "提交")
	says(t, ctx, "body-entered", "水务局", "已邀请")

	visit(t, ctx, s.url+"/zh/office/accounts")
	press(t, ctx, "登记新账号")
	fill(t, ctx, "/id", "liu", "/name", "刘工", "/organisation", "water", "/roles/-", "opn_editor")
	press(t, ctx, "登记")
	says(t, ctx, "invitation", "只能用一次")
	link := read(t, ctx, chromedp.Evaluate[string](`document.querySelector(".once code").innerText`))
	press(t, ctx, "退出")

	enrol(t, ctx, s.url+links["sec-admin"], "sec-admin")
	visit(t, ctx, s.url+"/zh/office/accounts/liu")
	says(t, ctx, "to-grant", "待授权")
	press(t, ctx, "授权")
	says(t, ctx, "granted", "在任")
	press(t, ctx, "退出")

	enrol(t, ctx, s.url+link[strings.Index(link, "/zh/"):], "liu")
	says(t, ctx, "liu-account", "刘工", "水务局")
	visit(t, ctx, s.url+"/zh/desk")
	says(t, ctx, "liu-desk")
}

// TestAPersonProvesWhoTheyAre: a citizen on a phone registers, confirms the
// address, accepts the rules, sends a proof with a file; the officer returns
// it, then accepts it; the citizen is told both.
func TestAPersonProvesWhoTheyAre(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	phone := func() { do(t, ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile)) }
	phone()
	visit(t, ctx, s.url+"/zh/register")
	fill(t, ctx, "/name", "王小明", "/email", "xiaoming@example.org", "/password", "short")
	press(t, ctx, "注册")
	says(t, ctx, "register-faults", "新密码：密码至少12个字符", "请先阅读并同意")
	if at := read(t, ctx, chromedp.Evaluate[string](`document.activeElement.id`)); at != "wrong" {
		t.Errorf("the faults are not where the keyboard is: %q", at)
	}
	fill(t, ctx, "/password", anyPassword, "/accept", "true")
	press(t, ctx, "注册")
	says(t, ctx, "registered", "请查收邮件")
	visit(t, ctx, s.url+"/zh/debug/mail")
	says(t, ctx, "mails", "xiaoming@example.org")
	visit(t, ctx, read(t, ctx, chromedp.Evaluate[string](`document.querySelector('main a[href*="register/confirm"]').href`)))
	fill(t, ctx, "/password", anyPassword)
	press(t, ctx, "确认")
	press(t, ctx, "我已阅读并接受")
	press(t, ctx, "实名与单位认证")
	press(t, ctx, "办理个人实名认证")
	at := read(t, ctx, chromedp.Location())
	press(t, ctx, "提交")
	says(t, ctx, "proof-faults", "姓名：此项必填", "证件号码：此项必填", "请至少上传一份")

	card := filepath.Join(t.TempDir(), "card.png")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(card, picture.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS(`main input[type=file]`), []string{card}))
	press(t, ctx, "上传这份文件")
	says(t, ctx, "proof-file", "文件已上传", "card.png")
	fill(t, ctx, "/name", "王小明", "/document", "id_card", "/number", "11010519491231002X")
	press(t, ctx, "提交")
	says(t, ctx, "proof-sent", "办理中", "还剩")
	press(t, ctx, "退出")

	number := at[strings.LastIndexByte(at, '/'):]
	decide := func(what string, reasons ...string) {
		t.Helper()
		signIn(t, ctx, s, "intake")
		visit(t, ctx, s.url+"/zh/office/proofs"+number)
		says(t, ctx, "proof-case-"+strconv.Itoa(len(reasons)), "11010519491231002X", "card.png")
		fill(t, ctx, reasons...)
		press(t, ctx, what)
		says(t, ctx, "proof-decided-"+strconv.Itoa(len(reasons)), "结果已告知申请人")
		press(t, ctx, "退出")
		visit(t, ctx, s.url+"/zh/sign-in")
		fill(t, ctx, "/name", "xiaoming@example.org", "/password", anyPassword)
		press(t, ctx, "登录")
	}
	decide("退回补正", "/codes/-", "unreadable")
	visit(t, ctx, at)
	says(t, ctx, "proof-returned", "待补正", "看不清")
	fill(t, ctx, "/number", "11010519491231002X")
	press(t, ctx, "提交")
	press(t, ctx, "退出")
	decide("通过")
	visit(t, ctx, at)
	says(t, ctx, "proof-accepted", "已通过")
	visit(t, ctx, s.url+"/zh/inbox")
	says(t, ctx, "inbox-told", "RZ-")
	visit(t, ctx, s.url+"/zh/me")
	says(t, ctx, "proved", "已实名")
	press(t, ctx, "退出")
	joins(t, ctx, s)
}

// joins has an organisation invite who proved himself; without a mail service
// its administrator hands the link over.
func joins(t *testing.T, ctx context.Context, s *server) {
	t.Helper()
	signIn(t, ctx, s, "org-admin")
	visit(t, ctx, s.url+"/zh/organisation")
	press(t, ctx, "发送邀请")
	says(t, ctx, "members-faults", "邮箱：此项必填", "请至少选一个角色")
	fill(t, ctx, "/email", "xiaoming@example.org", "/roles/-", "org_developer")
	press(t, ctx, "发送邀请")
	says(t, ctx, "members-handed", "xiaoming@example.org", "不会再显示")
	link := read(t, ctx, chromedp.Evaluate[string](`document.querySelector("main code").innerText`))
	press(t, ctx, "退出")
	visit(t, ctx, link)
	fill(t, ctx, "/name", "xiaoming@example.org", "/password", anyPassword)
	press(t, ctx, "登录")
	says(t, ctx, "join", "邀请您加入")
	press(t, ctx, "接受邀请")
	says(t, ctx, "joined", "您已加入")
	visit(t, ctx, s.url+"/zh/me")
	says(t, ctx, "joined-account", "样例数据利用单位", "以此身份办事")
}

const noticeOf2027 = `国务院办公厅关于2027年部分节假日安排的通知 国办发明电〔2026〕9号 一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。 二、春节：2月5日（周五）至11日（周四）放假调休，共7天。2月13日（周六）上班。 三、清明节：4月3日（周六）至5日（周一）放假，共3天。 四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。 五、端午节：6月9日（周三）放假，共1天。 六、中秋节：9月15日（周三）放假，共1天。 七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。`

// TestAYearIsEntered: one administrator pastes the notice and corrects what was
// read of it; he cannot confirm it himself; another does, and the year counts.
func TestAYearIsEntered(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	signIn(t, ctx, s, "sys-admin")
	visit(t, ctx, s.url+"/zh/office/calendar")
	press(t, ctx, "粘贴通知")
	fill(t, ctx, "/text", "没有年份的文字")
	press(t, ctx, "识读")
	says(t, ctx, "notice-unread", "看不出是哪一年")
	keeps(t, ctx, "/text", "没有年份的文字")
	fill(t, ctx, "/text", noticeOf2027)
	press(t, ctx, "识读")
	says(t, ctx, "notice-read", "2027-02-13", "春节")
	fill(t, ctx, "/url", "https://www.gov.cn/zhengce/content/2027.htm")
	press(t, ctx, "提交")
	says(t, ctx, "notice-entered", "由另一")
	at := read(t, ctx, chromedp.Location())
	press(t, ctx, "退出")
	signIn(t, ctx, s, "sys-admin-2")
	visit(t, ctx, at)
	says(t, ctx, "notice-to-confirm", "2027-02-13")
	press(t, ctx, "确认生效")
	says(t, ctx, "notice-confirmed")
	visit(t, ctx, s.url+"/zh/office/calendar?year=2027")
	says(t, ctx, "calendar-2027", "9号", "2027-02-13")
}

// TestOfficeFitsItsScreens: the pages of people, of administration, of rules,
// notices and proofs, on a phone and a desk, in both languages; the pictures
// are kept, to be looked at.
func TestOfficeFitsItsScreens(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	look := func(who string, pages map[string]string) {
		t.Helper()
		for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "wide": chromedp.EmulateViewport(1280, 1100)} {
			do(t, ctx, emulate)
			for _, lang := range []string{"zh", "en"} {
				for name, path := range pages {
					do(t, ctx, chromedp.Navigate(s.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
					if wide := read(t, ctx, chromedp.Evaluate[[]int](`[document.documentElement.scrollWidth, innerWidth]`)); wide[0] > wide[1] {
						t.Errorf("%s %s as %s is %d pixels wide on a screen of %d", lang, name, who, wide[0], wide[1])
					}
					if unlabelled := read(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("main input:not([type=hidden]), main select, main textarea")].filter(e => !e.labels?.length && !e.ariaLabel && !e.getAttribute("aria-labelledby")).length`)); unlabelled > 0 {
						t.Errorf("%s %s: %d inputs without a label", lang, name, unlabelled)
					}
					shoot(t, ctx, "people-"+screen+"-"+name+"-"+lang)
				}
			}
		}
	}
	look("nobody", map[string]string{"enter": "/sign-in", "office": "/office/sign-in", "register": "/register", "recover": "/recover", "rules": "/rules"})
	signIn(t, ctx, s, "sys-admin")
	look("sys-admin", map[string]string{"me": "/me", "accounts": "/office/accounts", "account": "/office/accounts/editor-civil", "bodies": "/office/bodies", "new-body": "/office/new-body", "body": "/office/bodies/civil",
		"calendar": "/office/calendar", "paste": "/office/calendar/paste", "terms": "/office/terms", "codes": "/office/codes", "jobs": "/office/jobs", "storage": "/office/storage", "inbox": "/inbox", "choices": "/inbox/settings"})
	signIn(t, ctx, s, "intake")
	look("intake", map[string]string{"proofs": "/office/proofs"})
	signIn(t, ctx, s, "content")
	look("content", map[string]string{"rule-desk": "/office/rules", "rule-new": "/office/rules/new"})
	signIn(t, ctx, s, "org-admin")
	look("org-admin", map[string]string{"members": "/organisation"})
	signIn(t, ctx, s, "lead-civil")
	look("lead-civil", map[string]string{"delegate": "/me/delegations", "token": "/me/tokens", "lead-inbox": "/inbox"})
	signIn(t, ctx, s, "person")
	look("person", map[string]string{"proof": "/proof", "person-me": "/me", "password": "/me/password"})
}
