package people

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/people/account"
)

// neighbour is another house as its client sees it: package auth is tested
// against a real provider. It vouches for next, and sends people straight back.
type neighbour struct {
	name, back string
	next       auth.Identity
	n          int
}

func (h *neighbour) Name() string { return h.name }

func (h *neighbour) Begin(context.Context) (string, auth.Attempt, error) {
	if h.back == "" {
		return "", auth.Attempt{}, problem.New(problem.Unsigned, "auth.oidc_unreachable", "provider", h.name)
	}
	h.n++
	state := fmt.Sprint("state-", h.n)
	return h.back + "?code=c&state=" + state, auth.Attempt{Issuer: h.name, State: state}, nil
}

func (h *neighbour) Finish(_ context.Context, a auth.Attempt, query url.Values) (auth.Identity, error) {
	if a.State == "" || a.State != query.Get("state") {
		return auth.Identity{}, problem.New(problem.Unsigned, "auth.oidc_other_attempt", "provider", h.name)
	}
	return h.next, nil
}

func TestOtherHouses(t *testing.T) {
	one := &neighbour{name: "随申办", next: auth.Identity{Issuer: "https://id.test", Subject: "1", Email: "pia@post.example", EmailVerified: true, Name: "Pia"}}
	two := &neighbour{name: "政务网", next: auth.Identity{Issuer: "https://gov.test", Subject: "7", Name: "单"}}
	v := newTown(t, func(x *Tools) {
		x.Providers = []Provider{{Key: "one", Realm: account.Public, House: one}, {Key: "two", Realm: account.Office, House: two}}
	})
	b := v.browser().get("/zh/sign-in").sees(200, "/zh/sign-in", "用“随申办”登录")
	b.get("/zh/sign-in/with/one").sees(422, "/zh/sign-in/with/one", "现在连不上“随申办”")
	b.get("/zh/sign-in/with/none").sees(404, "/zh/sign-in/with/none")
	one.back, two.back = v.url+ReturnPath("one"), v.url+ReturnPath("two")
	b.get("/zh/sign-in/with/one?back=/zh/me/name").sees(200, "/zh/me/name")
	b.get("/zh/me").sees(200, "/zh/me", "Pia", "邮箱已确认")
	// An answer without an attempt, and one that comes twice.
	b.get(ReturnPath("one")+"?code=c&state=state-1").sees(422, ReturnPath("one"), "这次登录与本浏览器开始的那一次对不上")
	v.browser().get(ReturnPath("one")+"?code=c&state=state-1").sees(422, ReturnPath("one"))
	// The attempt does not wait for ever. (The jar follows no redirect here.)
	slow := v.browser()
	slow.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	slow.do("GET", "/zh/sign-in/with/one", nil)
	v.clock.Advance(outsideLasts + time.Second)
	slow.get(ReturnPath("one")+fmt.Sprintf("?code=c&state=state-%d", one.n)).sees(422, ReturnPath("one"))
	// The back office: only who is linked.
	v.browser().get("/zh/sign-in/with/two").sees(422, ReturnPath("two"), "没有后台账号与它关联")
	ann := v.click("ann").get("/zh/me").sees(200, "/zh/me", "关联“政务网”")
	ann.get("/zh/me/link/two").sees(200, ReturnPath("two"), "政务网：单")
	sealed := hidden.FindAllString(ann.page, -1)
	ann.send().sees(200, "/zh/me", "已关联", "https://gov.test")
	bob := v.click("bob").get("/zh/me")
	for _, field := range sealed { // what ann was shown does nothing for bob
		if m := hidden.FindStringSubmatch(field); m[1] == "/sealed" {
			bob.press("/zh/me/linked", "/sealed", m[2]).sees(403, "/zh/me/linked")
		}
	}
	// What one began, another at the same browser does not end.
	ann.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ann.do("GET", "/zh/me/link/two", nil)
	ann.client.CheckRedirect = nil
	ann.get("/zh/dev/sign-in").press("/zh/dev/sign-in", "/account", "bob").sees(200, "/zh/me", "博")
	ann.get(ReturnPath("two")+fmt.Sprintf("?code=c&state=state-%d", two.n)).sees(422, ReturnPath("two"), "对不上")
	// Her password has no second factor, so the word of the house must be strong;
	// then she has to set one before anything else.
	v.browser().get("/zh/sign-in/with/two").sees(422, ReturnPath("two"), "后台账号须有第二重验证")
	two.next.Strong = true
	b = v.browser().get("/zh/sign-in/with/two")
	if b.status != 200 || !strings.HasPrefix(b.at, "/zh/enrol?back=") {
		t.Fatalf("without a second factor at %d %s", b.status, b.at)
	}
	b.get("/zh/about").sees(200, "/zh/enrol")
	secret := b.secret()
	b.send("/password", good, "/code", v.code(secret)).sees(200, "/zh/enrol", "请保存恢复码")
	b.get("/zh/me").sees(200, "/zh/me", "安")
	v.clock.Advance(time.Minute)
	two.next.Strong = false
	b = v.browser().get("/zh/sign-in/with/two").sees(200, ReturnPath("two"), "第二重验证").send("/code", v.code(secret)).sees(200, "/zh/me")
	issuer := regexp.MustCompile(`name="/issuer" value="([^"]+)"`).FindStringSubmatch(b.page)[1]
	b.press("/zh/me/unlink", "/issuer", issuer, "/subject", "7").sees(200, "/zh/me", "已解除关联")
	v.browser().get("/zh/sign-in/with/two").sees(422, ReturnPath("two"), "没有后台账号与它关联")
}
