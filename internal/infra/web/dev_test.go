package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestDevelopmentStaysOnThisMachine(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8080": true, "[::1]": true, "[::1]:8080": true, "localhost": true, "LocalHost:1": true, "::1": true, "127.9.9.9:80": true,
		"": false, "0.0.0.0:8080": false, "192.0.2.1": false, "localhost.example.cn": false, "127.0.0.1.example.cn": false, "example.cn:80": false,
		"[2001:db8::1]:80": false, "localhost@example.cn": false, ":8080": false, "127.1": false,
	} {
		if got := LoopbackHost(host); got != want {
			t.Errorf("%q is this machine: %t", host, got)
		}
	}
	page := get("/zh/debug", "dev.page", OnlyHere(text("in")))
	b := newBench(t, func(*Options) {}, page)
	ask := func(change func(*http.Request)) *http.Response {
		q := httptest.NewRequest("GET", "/zh/debug", nil)
		q.Host, q.RemoteAddr = "localhost:8080", "127.0.0.1:5000"
		change(q)
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, q)
		return w.Result()
	}
	if r := ask(func(*http.Request) {}); r.StatusCode != http.StatusOK {
		t.Errorf("from this machine: %d", r.StatusCode)
	}
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Anything", "Forwarded", "X-Real-IP", "Via"} {
		shape(t, ask(func(q *http.Request) { q.Header.Set(header, "127.0.0.1") }), http.StatusForbidden)
	}
	shape(t, ask(func(q *http.Request) { q.Host = "attacker.example" }), http.StatusForbidden)
	shape(t, ask(func(q *http.Request) { q.RemoteAddr = "192.0.2.1:9" }), http.StatusForbidden)
}
