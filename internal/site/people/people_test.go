package people

import (
	"io"

	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestAnOfficialComesAndGoes: entered by one, granted by another, enrolled, at
// work, locked out, reset, gone, all on the pages. Article 26.
func TestAnOfficialComesAndGoes(t *testing.T) {
	v := newTown(t)
	sys := v.click("sys").get("/zh/office/accounts").sees(200, "/zh/office/accounts", "账号管理", "负责人")
	sys.get("/zh/office/invite").send("/id", "dan dan", "/email", "nonsense").sees(422, "/zh/office/invite", "账号由1至80个字母", "此项必填", "这不是电子邮箱地址", "单位")
	sys.send("/id", "dan", "/name", "单", "/email", "dan@city.example", "/organisation", "home", "/roles/-", "opn_reviewer").sees(200, "/zh/office/accounts/dan", "已办理", "待授权", "待启用")
	if strings.Contains(sys.page, "/grant") {
		t.Error("who entered it is offered to grant it")
	}
	grant := regexp.MustCompile(`/zh/office/accounts/dan/memberships/[^"/]+/grant`)
	sec := v.click("sec").get("/zh/office/accounts?proposed=true").sees(200, "/zh/office/accounts", "dan")
	sec.get("/zh/office/accounts/dan")
	path := grant.FindString(sec.page)
	sys.get("/zh/office/accounts/dan").press(path).sees(403, path)
	sec.press(path).sees(200, "/zh/office/accounts/dan", "在任")

	dan := v.browser()
	link := v.ticket("enrol")
	dan.get("/zh/enrol?ticket=made-up").sees(410, "/zh/enrol", "已经用过")
	dan.get(link).sees(200, "/zh/enrol", "单，账号dan")
	secret := dan.secret()
	dan.send("/password", "short", "/code", "000000").sees(422, "/zh/enrol", "验证码不对", "至少12个字符")
	if dan.secret() != secret {
		t.Error("a mistake changed the secret that was scanned")
	}
	dan.send("/password", good, "/code", v.code(secret)).sees(200, "/zh/enrol", "请保存恢复码")
	recovery := regexp.MustCompile(`<code>[0-9a-z]{5}-[0-9a-z]{5}</code>`).FindAllString(dan.page, -1)
	if len(recovery) != 10 {
		t.Errorf("recovery codes %v", recovery)
	}
	dan.get(link).sees(410, "/zh/enrol")

	v.clock.Advance(time.Minute)
	dan.get("/zh/me?tab=1").sees(200, "/zh/sign-in?back=%2Fzh%2Fme%3Ftab%3D1", "登录")
	dan.get("/zh/office/accounts").sees(200, "/zh/office/sign-in")
	dan.send("/name", "dan", "/password", good).sees(200, "/zh/office/sign-in", "第二重验证")
	if dan.cookie() != "" {
		t.Error("the password alone is a sign-in")
	}
	now := v.code(secret)
	dan.send("/code", now).sees(403, "/zh/office/accounts") // back where he wanted to go, which is not for him
	dan.get("/zh/me").sees(200, "/zh/me", "单", "单位home", "数据开放主体审核员", "当前登录")
	// The code again, in another browser.
	other := v.browser().get("/zh/office/sign-in").send("/name", "dan@city.example", "/password", good).send("/code", now)
	other.sees(422, "/zh/sign-in/step", "账号、密码或验证码不对")
	other.send("/code", textOf(recovery[0])).sees(200, "/zh/me")
	// Lost: reset by the security administrator, never by the other.
	sys.get("/zh/office/accounts/dan/reset").sees(403, "/zh/office/accounts/dan/reset")
	sec.get("/zh/office/accounts/dan/reset").send("/reason", "").sees(422, "/zh/office/accounts/dan/reset", "此项必填")
	sec.send("/reason", "手机丢失").sees(200, "/zh/office/accounts/dan", "重置第二重验证", "手机丢失")
	dan.get("/zh/me").sees(200, "/zh/sign-in")
	dan.get(v.ticket("reset"))
	next := dan.secret()
	dan.send("/password", "another new password", "/code", v.code(next)).sees(422, "/zh/enrol", "密码不对")
	dan.send("/password", good, "/code", v.code(next)).sees(200, "/zh/enrol", "请保存恢复码")
	sec.get("/zh/office/accounts/dan/suspend").send("/reason", "查证").sees(200, "/zh/office/accounts/dan", "已停用")
	dan.get("/zh/office/sign-in").send("/name", "dan", "/password", good).sees(422, "/zh/office/sign-in", "账号已停用")
	sec.get("/zh/office/accounts/dan/resume").send("/reason", "查清").sees(200, "/zh/office/accounts/dan", "正常")
	end := regexp.MustCompile(`/zh/office/accounts/dan/memberships/[^"/]+/end`).FindString(sec.page)
	sec.get(end).send("/reason", "调离").sees(200, "/zh/office/accounts/dan", "已终止")
	sec.get("/zh/office/accounts/dan/close").send("/reason", "离职").sees(200, "/zh/office/accounts/dan", "已注销")
	aud := v.click("aud").get("/zh/office/accounts/dan").sees(200, "/zh/office/accounts/dan", "离职", "手机丢失")
	if strings.Count(aud.page, `<form method="post"`) != 1 {
		t.Error("the auditor is offered something to do but signing out")
	}
}

// TestEntranceTellsStrangersNothing: known and unknown names, and a lock, look
// the same on the page.
func TestEntranceTellsStrangersNothing(t *testing.T) {
	v := newTown(t)
	v.person("pia@post.example")
	pages := map[string]string{}
	for _, name := range []string{"pia@post.example", "nobody@post.example"} {
		b := v.browser().get("/zh/sign-in?back=/zh/about")
		for range 6 {
			b.send("/name", name, "/password", "wrong wrong wrong").sees(422, "/zh/sign-in", "账号、密码或验证码不对")
		}
		pages[name] = strings.ReplaceAll(b.page, name, "NAME")
		if strings.Contains(b.page, "wrong wrong wrong") {
			t.Error("the page shows the password")
		}
	}
	if pages["pia@post.example"] != pages["nobody@post.example"] {
		t.Error("the page tells who has an account")
	}
	locked := v.browser().get("/zh/sign-in").send("/name", "pia@post.example", "/password", good).sees(422, "/zh/sign-in")
	v.clock.Advance(15 * time.Minute)
	locked.send("/name", "pia@post.example", "/password", good).sees(200, "/zh/me")
	// Recovery and registration, too.
	for _, email := range []string{"pia@post.example", "nobody@post.example"} {
		b := v.browser().get("/zh/recover").send("/email", email).sees(200, "/zh/recover", "请查收邮件")
		pages[email] = b.page
		b.get("/zh/register").send("/name", "Mallory", "/email", email, "/password", "another strangers words", "/accept", "true").sees(200, "/zh/register", "请查收邮件")
		pages[email] += b.page
	}
	if pages["pia@post.example"] != pages["nobody@post.example"] {
		t.Error("recovery or registration tells who has an account")
	}
	// A back office account is unknown at the public entrance.
	v.browser().get("/en/sign-in").send("/name", "ann", "/password", good).sees(422, "/en/sign-in", "is not right")
	v.browser().get("/en/recover?office=true").send("/email", "pia@post.example").sees(200, "/en/recover", "Look at your mail")
}

// person registers and confirms an address, and is signed in.
func (v *town) person(email string) *browser {
	v.t.Helper()
	b := v.browser().get("/en/register").send("/email", "x").sees(422, "/en/register", "rules")
	b.send("/name", "Pia", "/email", email, "/password", good, "/accept", "true").sees(200, "/en/register", "Look at your mail")
	b.get(v.ticket("contact")).sees(200, "/en/register/confirm").send("/password", "wrong wrong wrong").sees(422, "/en/register/confirm", "not right")
	return b.send("/password", good).sees(200, "/en/me", "Pia", email, "Address confirmed")
}

func TestAPersonsOwnPage(t *testing.T) {
	v := newTown(t)
	pia := v.person("pia@post.example")
	there := v.browser().get("/en/sign-in?back=//evil.example/").send("/name", "pia@post.example", "/password", good).sees(200, "/en/me")
	pia.get("/en/me/name").send("/name", "").sees(422, "/en/me/name").send("/name", "Pia Post").sees(200, "/en/me", "Pia Post")
	pia.get("/en/me/tokens").send("/label", "").sees(422, "/en/me/tokens")
	pia.send("/label", "script", "/until", "2026-12-01").sees(200, "/en/me/tokens", "kaishu_")
	token := regexp.MustCompile(`kaishu_[\w-]{43}`).FindString(pia.page)
	v.api(token, "GET", "/api/v1/account", "", 200)
	pia.get("/en/me").sees(200, "/en/me", "script")
	pia.press(regexp.MustCompile(`/en/me/tokens/[^"/]+/revoke`).FindString(pia.page)).sees(200, "/en/me", "The token was taken back")
	v.api(token, "GET", "/api/v1/account", "", 401)
	// Sign-ins: one's own list, one ended, all others ended.
	pia.press(regexp.MustCompile(`/en/me/sign-ins/[^"/]+/revoke`).FindString(pia.page)).sees(200, "/en/me", "Ended", "Ended early")
	there.get("/en/me").sees(200, "/en/sign-in")
	there.get("/en/sign-in").send("/name", "pia@post.example", "/password", good).sees(200, "/en/me")
	pia.press("/en/me/sign-ins/others").sees(200, "/en/me")
	there.get("/en/me").sees(200, "/en/sign-in")
	// A second factor by choice.
	pia.get("/en/enrol").sees(200, "/en/enrol")
	secret := pia.secret()
	pia.send("/password", good, "/code", v.code(secret)).sees(200, "/en/enrol", "Keep your recovery codes")
	v.clock.Advance(time.Minute)
	there.get("/en/sign-in").send("/name", "pia@post.example", "/password", good).sees(200, "/en/sign-in", "Second step").send("/code", v.code(secret)).sees(200, "/en/me")
	v.clock.Advance(time.Minute)
	pia.get("/en/me/password").send("/present", good, "/code", "000000", "/fresh", "nine quiet herons").sees(422, "/en/me/password", "The code is not right")
	pia.send("/present", good, "/code", v.code(secret), "/fresh", "nine quiet herons").sees(200, "/en/me", "Your password was changed")
	there.get("/en/me").sees(200, "/en/sign-in")
	v.clock.Advance(time.Minute)
	pia.get("/en/me/factor").send("/present", "nine quiet herons", "/code", v.code(secret)).sees(200, "/en/me", "removed")
	// Forgotten, and set anew by mail.
	there.get("/en/recover").send("/email", "pia@post.example")
	link := v.ticket("recover")
	there.get(link).sees(200, "/en/recover/new").send("/password", "short").sees(422, "/en/recover/new", "12 characters").send("/password", good).sees(200, "/en/sign-in", "The new password is set")
	there.get(link).sees(410, "/en/recover/new")
	pia.get("/en/me").sees(200, "/en/sign-in").send("/name", "pia@post.example", "/password", good).sees(200, "/en/me")
	// Gone.
	pia.get("/en/me/close").send("/present", "wrong wrong wrong").sees(422, "/en/me/close", "not right").send("/present", good)
	pia.get("/en/me").sees(200, "/en/sign-in").send("/name", "pia@post.example", "/password", good).sees(422, "/en/sign-in")
}

// TestEachSignInIsNew: no session fixation.
func TestEachSignInIsNew(t *testing.T) {
	v := newTown(t)
	b := v.person("pia@post.example")
	before := b.cookie()
	b.get("/zh/dev/sign-in").press("/zh/dev/sign-in", "/account", "ann").sees(200, "/zh/me", "安")
	if b.cookie() == before || b.cookie() == "" {
		t.Error("another sign-in, the same secret")
	}
	old := v.browser()
	old.do("GET", "/zh/me", nil, "Cookie: kaishu_session="+before)
	old.sees(200, "/zh/sign-in") // the former has ended
	old.do("GET", "/zh/sign-in", nil, "Cookie: kaishu_session=planted-by-somebody")
	before = b.cookie()
	b.press("/zh/me/act-as", "/membership", "home-ann").sees(200, "/zh/me", "身份已切换")
	if b.cookie() == before {
		t.Error("another membership, the same secret")
	}
	old.do("GET", "/zh/me", nil, "Cookie: kaishu_session="+before)
	old.sees(200, "/zh/sign-in")
	// A form without the token of the sign-in does nothing; nor does one of another site.
	b.do("POST", "/zh/me/sign-ins/others", url.Values{"csrf": {"forged"}})
	b.sees(403, "/zh/me/sign-ins/others")
	for _, path := range []string{"/zh/sign-in", "/zh/office/sign-in", "/zh/register", "/zh/enrol", "/zh/recover", "/zh/dev/sign-in", "/zh/sign-out"} {
		b.do("POST", path, url.Values{"/account": {"sys"}}, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
		b.sees(403, path)
	}
	b.get("/zh/me").sees(200, "/zh/me", "安")
	b.do("POST", "/zh/sign-out", url.Values{"csrf": {"forged"}})
	b.get("/zh/me").sees(200, "/zh/me", "安").press("/zh/sign-out")
	b.get("/zh/me").sees(200, "/zh/sign-in")
}

func TestDelegationOnThePages(t *testing.T) {
	v := newTown(t)
	ann, bob := v.click("ann"), v.click("bob")
	ann.get("/zh/me/delegations").send("/to", "sys", "/until", "2026-11-24").sees(422, "/zh/me/delegations", "代办人须是本单位", "此项必填", "最后一天不能早于")
	ann.send("/to", "bob", "/roles/-", "opn_grader", "/until", "2026-11-25").sees(200, "/zh/me", "已委托代办", "博")
	bob.get("/zh/me").sees(200, "/zh/me", "代ann办理")
	passed := regexp.MustCompile(`name="/membership" value="(mem_[^"]+)"`).FindStringSubmatch(bob.page)[1]
	bob.press("/zh/me/act-as", "/membership", passed).sees(200, "/zh/me", "正以此身份办事")
	if strings.Contains(bob.page, "/zh/me/delegations\"") {
		t.Error("what was delegated is offered to be passed on")
	}
	ann.press("/zh/me/delegations/"+passed+"/end").sees(200, "/zh/me", "已结束")
	bob.get("/zh/me").press("/zh/me/act-as", "/membership", passed).sees(422, "/zh/me/act-as")
	v.click("aud").get("/zh/me/delegations").sees(403, "/zh/me/delegations")
}

// TestDevelopmentStaysHere: for every address of development, whoever is not on
// this machine gets 403.
func TestDevelopmentStaysHere(t *testing.T) {
	v := newTown(t)
	b := v.browser()
	for _, path := range []string{"/zh/dev/sign-in", "/en/dev/sign-in", "/zh/debug/mail"} {
		b.get(path).sees(200, path)
		for _, header := range []string{"Host: data.example.cn", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1", "Via: 1.1 proxy"} {
			b.do("GET", path, nil, header)
			b.sees(403, path)
			b.do("POST", path, url.Values{"/account": {"sys"}}, header)
			if b.status != 403 && b.status != 405 {
				t.Errorf("%s with %s: %d", path, header, b.status)
			}
		}
	}
	if b.cookie() != "" {
		t.Error("somebody was let in")
	}
	b.get("/zh/register").send("/name", "Pia", "/email", "pia@post.example", "/password", good, "/accept", "true")
	b.get("/zh/debug/mail").sees(200, "/zh/debug/mail", "请确认您的邮箱", "Pia，您好")
	plain := newTown(t, func(t *Tools) { t.Dev = false })
	plain.browser().get("/zh/dev/sign-in").sees(404, "/zh/dev/sign-in")
	plain.browser().get("/zh/debug/mail").sees(404, "/zh/debug/mail")
}

// api asks as a program and checks the status.
func (v *town) api(token, method, path, body string, status int) string {
	v.t.Helper()
	q, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(body))
	v.must(err)
	q.Header.Set("Authorization", "Bearer "+token)
	r, err := http.DefaultClient.Do(q)
	v.must(err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	v.must(err)
	if r.StatusCode != status {
		v.t.Errorf("%s %s: %d, want %d: %s", method, path, r.StatusCode, status, text)
	}
	return string(text)
}
