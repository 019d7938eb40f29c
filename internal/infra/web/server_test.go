package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

func TestEveryAnswerIsGuarded(t *testing.T) {
	b := newBench(t, func(o *Options) { o.PublicURL = "https://data.example.cn/" }, get("/zh/a", "a.page", text("甲")))
	for _, target := range []string{"/zh/a", "/nowhere", "/openapi.json"} {
		h := b.ask(t, "GET", target, "").Header
		for name, part := range map[string]string{
			"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Permissions-Policy": "camera=()", "Strict-Transport-Security": "max-age=31536000",
		} {
			if !strings.Contains(h.Get(name), part) {
				t.Errorf("%s: %s is %q", target, name, h.Get(name))
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", target, csp)
		}
	}
}

func TestTraceIsTakenOrMade(t *testing.T) {
	var seen string
	b := newBench(t, nil, get("/zh/a", "a.page", func(c *Context) error {
		seen = id.Trace(c.Request.Context())
		return c.JSON(200, c.ID)
	}))
	const good = "4bf92f3577b34da6a3ce929d0e0e4736"
	if got := b.ask(t, "GET", "/zh/a", "", "Traceparent", "00-"+good+"-00f067aa0ba902b7-01").Header.Get("X-Request-Id"); got != good || seen != good {
		t.Errorf("id %s, in the context %s, want %s", got, seen, good)
	}
	for _, bad := range []string{"", "00-" + good + "-00f067aa0ba902b7", "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01",
		"ff-" + good + "-00f067aa0ba902b7-01", "00-" + strings.ToUpper(good) + "-00f067aa0ba902b7-01", "00-" + good + "-0000000000000000-01",
		"00-" + good + "-00f067aa0ba902b7-01-more"} {
		if got := b.ask(t, "GET", "/zh/a", "", "Traceparent", bad).Header.Get("X-Request-Id"); got == good || len(got) != 32 {
			t.Errorf("%q gave the id %s", bad, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	say := func(c *Context) error { return c.Bytes(200, "text/plain", []byte(c.Lang)) }
	b := newBench(t, nil, get("/{lang}/a", "a.page", say), get("/a", "a.bare", say))
	for _, c := range []struct{ target, header, want string }{
		{"/zh/a?lang=en", "en", "zh"}, {"/en/a", "zh", "en"}, {"/a?lang=en", "zh", "en"}, {"/a", "", "zh"}, {"/a", "en-GB,en;q=0.9", "en"},
		{"/a", "fr, en;q=0.3, zh;q=0.8", "zh"}, {"/a", "en;q=0, zh-Hant", "zh"}, {"/a", "de", "zh"}, {"/a", "en;q=0", "zh"}, {"/a", "zh;q=0.1, en;q=0.2", "en"}, {"/a", "zh-CN", "zh"}, {"/a", ";;;=", "zh"},
	} {
		if got := read(t, b.ask(t, "GET", c.target, "", "Accept-Language", c.header)); got != c.want {
			t.Errorf("%s with %q is %s, want %s", c.target, c.header, got, c.want)
		}
	}
	shape(t, b.ask(t, "GET", "/fr/a", ""), 404)
}

func TestPagesOfBothLanguagesStandBesideOtherAddresses(t *testing.T) {
	say := func(c *Context) error { return c.JSON(200, c.Param("lang")+" "+c.Param("slug")) }
	b := newBench(t, nil, get("/{lang}/{$}", "a.home", say), get("/{lang}/about", "a.about", say), get("/{lang}/datasets/{slug}", "a.set", say),
		get("/datasets/{slug}/versions", "a.versions", say), get("/assets/{file}", "a.asset", say))
	for target, want := range map[string]string{"/zh/": "zh ", "/en/about": "en ", "/zh/datasets/bus": "zh bus", "/datasets/bus/versions": " bus"} {
		if got := read(t, b.ask(t, "GET", target, "")); got != `"`+want+"\"\n" {
			t.Errorf("%s is %s", target, got)
		}
	}
}

func TestPartsAreGuarded(t *testing.T) {
	route := Route{Method: "POST", Path: "/api/v1/a", Name: "a.do", May: permit.Rule{Act: "a.do", By: []permit.Role{permit.OpnLead}}, Do: func(c *Context) error {
		return c.Bytes(200, "text/plain", []byte(c.Actor.Account+" at "+c.Actor.Address))
	}}
	other := Route{Method: "POST", Path: "/api/v1/b", Name: "b.do", May: permit.Rule{Act: "b.do", By: []permit.Role{permit.Auditor}}, Do: text("done")}
	b := newBench(t, nil, route, other)
	if s := shape(t, b.ask(t, "POST", "/api/v1/a?lang=zh", ""), 401); s.Code != "permit.sign_in" || !strings.Contains(s.Detail, "负责人") {
		t.Errorf("%+v", s)
	}
	r := b.ask(t, "POST", "/api/v1/a", "", "Authorization", "Bearer other")
	if shape(t, r, 401); r.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Error("a 401 must say how to sign in")
	}
	if s := shape(t, b.ask(t, "POST", "/api/v1/b?lang=en", "", "Authorization", "bearer lead-token"), 403); s.Code != "permit.not_your_part" || !strings.Contains(s.Detail, "auditor") {
		t.Errorf("%+v", s)
	}
	if got := read(t, b.ask(t, "POST", "/api/v1/a", "", "Authorization", "bearer lead-token")); got != "acc_1 at 192.0.2.1" {
		t.Errorf("the lead got %q", got)
	}
}

func TestNothingAndMethods(t *testing.T) {
	b := newBench(t, nil, get("/zh/a", "a.page", text("甲")), Route{Method: "POST", Path: "/zh/a", Name: "a.post", Do: text("ok")})
	if s := shape(t, b.ask(t, "POST", "/nowhere", ""), 404); s.Code != "web.nothing_here" {
		t.Errorf("%+v", s)
	}
	r := b.ask(t, "DELETE", "/zh/a", "")
	if s := shape(t, r, 405); r.Header.Get("Allow") != "GET, HEAD, POST, OPTIONS" || s.Detail != "这个地址不接受DELETE，可以用的方法有：GET, HEAD, POST。" {
		t.Errorf("Allow %q, %+v", r.Header.Get("Allow"), s)
	}
	if r := b.ask(t, "OPTIONS", "/zh/a", ""); r.StatusCode != 204 || r.Header.Get("Allow") == "" || strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("OPTIONS: %d %v", r.StatusCode, r.Header)
	}
	if r := b.ask(t, "HEAD", "/zh/a", ""); r.StatusCode != 200 || read(t, r) != "" || r.Header.Get("Content-Length") != "3" {
		t.Errorf("HEAD: %d %v", r.StatusCode, r.Header)
	}
	if s := shape(t, b.ask(t, "PUT", "/healthz", ""), 405); s.Code != "web.method_not_allowed" {
		t.Errorf("%+v", s)
	}
}

func TestOneLinePerRequest(t *testing.T) {
	b := newBench(t, nil, Route{Method: "GET", Path: "/zh/a/{name}", Name: "a.page", Do: func(c *Context) error {
		Note(c.Request.Context(), "rows", 7)
		return c.JSON(200, "甲")
	}}, get("/zh/full", "a.full", func(*Context) error { return problem.New(problem.Gone, "bus.full", "name", "71") }))
	b.ask(t, "GET", "/zh/a/person?where=secret", "", "Authorization", "Bearer lead-token")
	b.ask(t, "GET", "/zh/full", "")
	lines := b.log.lines(t, "request")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), b.log)
	}
	for k, want := range map[string]any{"route": "a.page", "status": 200.0, "bytes": 6.0, "actor": "acc_1", "rows": 7.0, "network": "192.0.0.0", "method": "GET"} {
		if lines[0][k] != want {
			t.Errorf("%s is %v, want %v", k, lines[0][k], want)
		}
	}
	if lines[1]["problem"] != "bus.full" || lines[1]["status"] != 410.0 {
		t.Errorf("%v", lines[1])
	}
	for _, private := range []string{"secret", "person", "lead-token", "192.0.2.1"} {
		if strings.Contains(b.log.String(), private) {
			t.Errorf("the log tells %q", private)
		}
	}
}

func TestFaultsShowAnIdAndNothingElse(t *testing.T) {
	b := newBench(t, nil,
		get("/zh/fault", "a.fault", func(*Context) error { return errors.New("open /secret/path") }),
		get("/zh/kind", "a.kind", func(*Context) error { return &problem.Error{Kind: "no such kind", Code: "bus.full"} }),
		get("/zh/panic", "a.panic", func(c *Context) error {
			c.Writer.Header().Set("ETag", `"x"`)
			c.Writer.Header().Set("Repr-Digest", "x")
			panic("secret")
		}))
	for _, target := range []string{"/zh/fault", "/zh/kind", "/zh/panic"} {
		r := b.ask(t, "GET", target, "")
		trace := r.Header.Get("X-Request-Id")
		if s := shape(t, r, 500); s.Code != "internal" || !strings.Contains(s.Detail, trace) || strings.Contains(s.Detail, "secret") || r.Header.Get("ETag") != "" || r.Header.Get("Repr-Digest") != "" {
			t.Errorf("%s: %+v %v", target, s, r.Header)
		}
	}
	if p := b.log.lines(t, "panic"); len(p) != 1 || !strings.Contains(p[0]["stack"].(string), "server_test.go") {
		t.Errorf("panic is not logged with its stack: %v", p)
	}
	if f := b.log.lines(t, "fault"); len(f) != 2 || f[0]["error"] != "open /secret/path" {
		t.Errorf("faults logged: %v", f)
	}
}

func TestPlatformAddresses(t *testing.T) {
	ready := errors.New("not yet")
	registry := prometheus.NewRegistry()
	b := newBench(t, func(o *Options) { o.Ready, o.Registry = func() error { return ready }, registry }, get("/zh/a", "a.page", text("甲")))
	if r := b.ask(t, "GET", "/healthz", ""); r.StatusCode != 200 {
		t.Errorf("healthz %d", r.StatusCode)
	}
	if r := b.ask(t, "GET", "/readyz", ""); r.StatusCode != 503 {
		t.Errorf("readyz %d before ready", r.StatusCode)
	}
	ready = nil
	if r := b.ask(t, "GET", "/readyz", ""); r.StatusCode != 200 {
		t.Errorf("readyz %d when ready", r.StatusCode)
	}
	b.ask(t, "GET", "/zh/a", "")
	b.ask(t, "GET", "/zh/nowhere", "")
	got := read(t, b.ask(t, "GET", "/metrics", ""))
	for _, want := range []string{`kaishu_requests_total{route="a.page",status="200"} 1`, `kaishu_requests_total{route="web.nothing",status="404"} 1`,
		`kaishu_request_seconds_count{route="a.page"} 1`, "kaishu_requests_in_flight 0"} {
		if !strings.Contains(got, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	page := get("/zh/a", "a.page", text(""))
	api := Route{Method: "GET", Path: "/api/v1/lines", Name: "bus.missing", API: true, Do: text("")}
	for name, routes := range map[string][]Route{
		"two of one name": {page, get("/zh/b", "a.page", text(""))}, "two of one address": {page, get("/zh/a", "a.other", text(""))},
		"no words": {api}, "no words of a parameter": {{Method: "GET", Path: "/api/v1/lines/{x}", Name: "bus.list", API: true, Do: text("")}},
	} {
		if _, err := New(Options{Routes: routes, Words: words(t), Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}); err == nil {
			t.Error("accepted", name)
		}
	}
}

func TestProblemsInBothLanguagesAndForms(t *testing.T) {
	full := problem.New(problem.TooMany, "bus.full", "name", "71路")
	full.RetryAfter, full.Links = 9, []problem.Link{{Rel: "bulk", Href: "/x?a=1&b=<"}}
	full.Fields = []problem.Field{{Pointer: "/name", Code: "required"}, {Pointer: "?limit", Code: "web.not_an_integer", Args: map[string]any{"value": "x"}}}
	do := func(*Context) error { return full }
	b := newBench(t, nil, get("/{lang}/full", "a.full", do))
	zh, en := shape(t, b.ask(t, "GET", "/zh/full", ""), 429), shape(t, b.ask(t, "GET", "/en/full", ""), 429)
	if zh.Detail != "71路满了" || en.Detail != "71路 is full" || zh.Title == en.Title || zh.Links[0].Rel != "bulk" {
		t.Errorf("%+v\n%+v", zh, en)
	}
	want := []FieldFail{{"#/name", "required", "此项必填。"}, {"?limit", "web.not_an_integer", "应是整数，不能是“x”。"}}
	if !slices.Equal(zh.Errors, want) {
		t.Errorf("errors %+v", zh.Errors)
	}
	r := b.ask(t, "GET", "/zh/full", "", "Accept", "text/html,*/*")
	page := read(t, r)
	if r.StatusCode != 429 || r.Header.Get("Retry-After") != "9" || !strings.Contains(page, `lang="zh-CN"`) || !strings.Contains(page, "此项必填") || strings.Contains(page, "b=<") {
		t.Errorf("page %d %v: %s", r.StatusCode, r.Header, page)
	}
	for _, render := range []func(*Context, int, *problem.Error) error{
		func(*Context, int, *problem.Error) error { return errors.New("template") },
		func(*Context, int, *problem.Error) error { panic("template") },
	} {
		b := newBench(t, func(o *Options) { o.Render = render }, get("/{lang}/full", "a.full", do))
		if r := b.ask(t, "GET", "/en/full", "", "Accept", "text/html"); r.StatusCode != 429 || !strings.Contains(read(t, r), "71路 is full") {
			t.Errorf("a page that fails gives %d", r.StatusCode)
		}
	}
	b = newBench(t, func(o *Options) {
		o.Render = func(c *Context, status int, p *problem.Error) error { return c.HTML(status, []byte("ours "+p.Code)) }
	}, get("/{lang}/full", "a.full", do))
	if got := read(t, b.ask(t, "GET", "/en/full", "", "Accept", "text/html")); got != "ours bus.full" {
		t.Errorf("the site's page is %q", got)
	}
}

func TestProblemPages(t *testing.T) {
	b := newBench(t, nil)
	got := read(t, b.ask(t, "GET", "/problems/required?lang=en", ""))
	if zh, en := strings.Index(got, "此项必填"), strings.Index(got, "This is required"); en < 0 || zh < en {
		t.Errorf("page: %s", got)
	}
	shape(t, b.ask(t, "GET", "/problems/no_such_code", ""), 404)
}

func TestEveryKindHasStatusAndTitle(t *testing.T) {
	w := words(t)
	for _, k := range []problem.Kind{problem.Invalid, problem.Malformed, problem.Unsigned, problem.Forbidden, problem.NotFound, problem.Method, problem.Conflict,
		problem.Gone, problem.TooLarge, problem.Unsupported, problem.TooMany, problem.Exhausted, problem.Stopped} {
		if statuses[k] < 400 || !w.Has("web.title."+string(k)) {
			t.Errorf("%s: status %d, title %t", k, statuses[k], w.Has("web.title."+string(k)))
		}
	}
	for _, r := range append(slices.Clone(permit.Roles), permit.Visitor, permit.Clock) {
		if !w.Has("web.role." + string(r)) {
			t.Errorf("role %s has no name", r)
		}
	}
}

func TestReaderWhoLeftIsNoFault(t *testing.T) {
	b := newBench(t, nil)
	ctx, leave := context.WithCancel(context.Background())
	c := contextFor(b, ctx)
	leave()
	if code := c.answer(context.Canceled); code != codeLeft || c.out.status != readerLeft || b.log.String() != "" {
		t.Errorf("code %s, status %d, log %s", code, c.out.status, b.log)
	}
}

func TestURLs(t *testing.T) {
	b := newBench(t, nil, get("/{lang}/lines/{name}/{$}", "a.line", text("")), get("/{lang}/files/{path...}", "a.file", text("")))
	c := contextFor(b, context.Background())
	c.Lang = locale.EN
	if got := c.URL("a.line", "71路/a"); got != "/en/lines/71%E8%B7%AF%2Fa/" {
		t.Error(got)
	}
	if got := c.URL("a.file", "a b/c?"); got != "/en/files/a%20b/c%3F" {
		t.Error(got)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown route has an address")
		}
	}()
	c.URL("a.none")
}

func contextFor(b bench, ctx context.Context) *Context {
	q, err := http.NewRequestWithContext(ctx, "GET", "http://x/zh/", nil)
	if err != nil {
		panic(err)
	}
	out := &writer{ResponseWriter: discard{http.Header{}}}
	return &Context{Writer: out, Request: q, Route: &Route{Name: "a.page"}, Lang: locale.ZH, server: b.Server, out: out}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
