package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

func TestFairUse(t *testing.T) {
	whole := func(q *http.Request) string { return "/datasets/" + q.PathValue("slug") + "/versions/latest/data.csv" }
	b := newBench(t, func(o *Options) { o.FairUse = FairUse{PerMinute: 12, Bulk: whole} },
		get("/datasets/{slug}/rows", "a.rows", text("rows")), get("/zh/a", "a.page", text("page")), get("/assets/{file}", assetRoute, text("css")))
	from := func(path, peer string) *http.Response {
		q := httptest.NewRequest("GET", path, nil)
		q.RemoteAddr = peer
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, q)
		return w.Result()
	}
	for i := range 2 { // six units at once, three for each query
		if r := from("/datasets/bus/rows", "10.0.0.1:5"); r.StatusCode != 200 {
			t.Fatalf("query %d is refused", i)
		}
	}
	r := from("/datasets/bus/rows", "10.0.0.1:6")
	s := shape(t, r, 429)
	if r.Header.Get("Retry-After") != "15" || s.Detail != "请求太密，请15秒后再试；需要全部数据时请下载整份文件。" {
		t.Errorf("Retry-After %q, %s", r.Header.Get("Retry-After"), s.Detail)
	}
	if len(s.Links) != 1 || s.Links[0] != (Way{"bulk", "/datasets/bus/versions/latest/data.csv"}) {
		t.Errorf("links %v", s.Links)
	}
	if r := from("/datasets/bus/rows", "10.0.0.2:5"); r.StatusCode != 200 {
		t.Error("another address is refused")
	}
	if r := from("/assets/a.css", "10.0.0.1:5"); r.StatusCode != 200 {
		t.Error("an asset is refused")
	}
	b.clock.Advance(5 * time.Second) // one unit
	if r := from("/zh/a", "10.0.0.1:5"); r.StatusCode != 200 {
		t.Error("a page is refused after five seconds")
	}
	if r := from("/zh/a", "10.0.0.1:5"); r.StatusCode != 429 || r.Header.Get("Retry-After") != "5" {
		t.Errorf("the next page: %d", r.StatusCode)
	}
	b.clock.Advance(14 * time.Second)
	if r := from("/datasets/bus/rows", "10.0.0.1:5"); r.StatusCode != 429 || r.Header.Get("Retry-After") != "1" {
		t.Error("refused requests must not be booked, nor let in early")
	}
	b.clock.Advance(time.Second)
	if r := from("/datasets/bus/rows", "10.0.0.1:5"); r.StatusCode != 200 {
		t.Error("refused after the time that was told")
	}
}

// TestProofsCostMore: guesses at an entrance run out sooner than pages.
func TestProofsCostMore(t *testing.T) {
	entrance := Route{Method: "POST", Path: "/zh/sign-in", Name: "account.enter", May: get("/", "x", nil).May, Plain: true, Do: text("no")}
	b := newBench(t, func(o *Options) { o.FairUse = FairUse{PerMinute: 60} }, entrance, get("/zh/page", "page", text("page")))
	for n, want := range []int{200, 200, 200, 429} {
		if r := b.ask(t, "POST", "/zh/sign-in", ""); r.StatusCode != want {
			t.Errorf("guess %d: %d, want %d", n+1, r.StatusCode, want)
		}
	}
}

func TestFairUseHooks(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.FairUse = FairUse{PerMinute: 2, Cost: func(r *Route) int { return map[string]int{"a.dear": 1000, "a.free": 0}[r.Name] },
			Bulk: func(*http.Request) string { return "/all" }}
	}, get("/dear", "a.dear", text("")), get("/free", "a.free", text("")))
	if r := b.ask(t, "GET", "/dear", ""); r.StatusCode != 200 {
		t.Error("what costs more than the bucket holds can never be had")
	}
	if s := shape(t, b.ask(t, "GET", "/dear", ""), 429); s.Links[0].Href != "/all" {
		t.Errorf("%+v", s)
	}
	for range 9 {
		if r := b.ask(t, "GET", "/free", ""); r.StatusCode != 200 {
			t.Fatal("what costs nothing is refused")
		}
	}
}

func TestLimiterForgetsTheLongestSilent(t *testing.T) {
	b := newBench(t, func(o *Options) { o.FairUse = FairUse{PerMinute: 2, Cost: func(*Route) int { return 1 }} })
	l := b.limiter
	l.most = 100
	steady := netip.MustParseAddr("10.9.9.9")
	l.take(steady, &Route{})
	for i := range 1000 {
		if l.take(steady, &Route{}) == 0 {
			t.Fatalf("after %d strangers the steady caller is forgotten", i)
		}
		l.take(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), &Route{})
	}
	if len(l.known) != 100 || l.recent.Len() != 100 {
		t.Errorf("%d addresses and %d in order, want 100", len(l.known), l.recent.Len())
	}
}

func TestAddress(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	})
	for i, c := range []struct {
		peer  string
		lines []string
		want  string
	}{
		{"203.0.113.7:1", nil, "203.0.113.7"},
		{"203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7"}, // anybody may claim anything
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"192.0.2.66", "198.51.100.1"}, "198.51.100.1"}, // the client's own line comes first
		{"10.0.0.1:1", []string{"192.0.2.66, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"nonsense"}, "10.0.0.1"},
		{"[::ffff:203.0.113.7]:1", nil, "203.0.113.7"},
		{"[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::"},
		{"[fd00::1]:1", []string{"[2001:db8:1:2::9]:80"}, "2001:db8:1:2::"},
	} {
		q := httptest.NewRequest("GET", "/", nil)
		q.RemoteAddr = c.peer
		for _, line := range c.lines {
			q.Header.Add("X-Forwarded-For", line)
		}
		if got := b.address(q).String(); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	for address, want := range map[string]string{"203.0.113.7": "203.0.0.0", "2001:db8:1:2::": "2001:db8::"} {
		if got := network(netip.MustParseAddr(address)); got != want {
			t.Errorf("the log tells %s of %s", got, address)
		}
	}
}

func TestPublicAddress(t *testing.T) {
	do := func(c *Context) error { return c.JSON(200, c.Public("/x")) }
	trust := func(o *Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }
	for i, c := range []struct {
		change func(*Options)
		proto  string
		want   string
	}{
		{nil, "https", "http://example.com/x"}, {trust, "https", "https://example.com/x"}, {trust, "http", "http://example.com/x"},
		{func(o *Options) { o.PublicURL = "https://data.example.cn/" }, "", "https://data.example.cn/x"},
	} {
		b := newBench(t, c.change, get("/a", "a.a", do))
		if got := read(t, b.ask(t, "GET", "/a", "", "X-Forwarded-Proto", c.proto)); got != strconv.Quote(c.want)+"\n" {
			t.Errorf("%d: %s", i, got)
		}
	}
}
