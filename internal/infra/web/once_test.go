package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/infra/idempotency"
)

func TestARepetitionIsAnsweredAsTheFirst(t *testing.T) {
	k := newCounter(t)
	for i, name := range []string{"一号线", "led", "nothing", "page", "long and placed"} {
		key := fmt.Sprintf("%q ~ %d", "key", i)
		send := func() (*http.Response, string) {
			r := k.api(t, "ann", key, named(name), "Accept-Encoding", "gzip")
			return r, read(t, r)
		}
		first, text := send()
		k.restart()
		again, same := send()
		k.carriedOut(t, name, i+1)
		if first.Header.Get(replayedHeader) != "" || again.Header.Get(replayedHeader) != "true" {
			t.Errorf("%s: who is told that it is a repetition: %v, %v", name, first.Header, again.Header)
		}
		if name == "long and placed" {
			text = "" // too long to keep; its place is
		}
		if again.StatusCode != first.StatusCode || same != text {
			t.Errorf("%s: %d %q, then %d %q", name, first.StatusCode, text, again.StatusCode, same)
		}
		for _, h := range []string{"Location", "Content-Type"} {
			if first.Header.Get(h) != again.Header.Get(h) {
				t.Errorf("%s: %s was %q and is %q", name, h, first.Header.Get(h), again.Header.Get(h))
			}
		}
	}
	if r := k.api(t, "ann", "another key", named("一号线")); r.Header.Get("Location") != "/lines/6" {
		t.Error("another key is taken for the same")
	}
	for range 2 {
		k.ask(t, "POST", "/api/v1/lines", named("x"), "Authorization", "Bearer ann")
	}
	k.carriedOut(t, "without a key, each", 8)
	k.clock.Advance(idempotency.KeptFor)
	k.api(t, "ann", `"key" ~ 0`, named("一号线"))
	k.carriedOut(t, "a day later", 9)
}

func TestAKeyIsForOneCommand(t *testing.T) {
	k := newCounter(t)
	k.api(t, "ann", "k", named("a"))
	for what, r := range map[string]*http.Response{
		"other body":     k.api(t, "ann", "k", named("b")),
		"other revision": k.api(t, "ann", "k", named("a"), "If-Match", `"7"`),
		"other query":    k.ask(t, "POST", "/api/v1/lines?lang=en", named("a"), "Authorization", "Bearer ann", KeyHeader, "k"),
	} {
		if s := shape(t, r, 409); s.Code != "web.idempotency_conflict" {
			t.Errorf("%s: %s", what, s.Code)
		}
	}
	k.carriedOut(t, "other commands of the key", 1)
	header := []string{"Authorization", "Bearer ann", KeyHeader, "k"}
	k.ask(t, "POST", "/api/v1/lines/1", named("a"), header...)
	k.carriedOut(t, "another route has keys of its own", 2)
	if s := shape(t, k.ask(t, "POST", "/api/v1/lines/2", named("a"), header...), 409); s.Code != "web.idempotency_conflict" {
		t.Errorf("another path of that route: %s", s.Code)
	}
}

// Whoever learns the key of another, and what he sent, gets nothing by it.
func TestTheKeyOfAnotherReplaysNothing(t *testing.T) {
	k := newCounter(t)
	k.api(t, "ann", "k", named("secret plan"))
	for i, who := range []string{"bob", "ann@weather", "bob@weather", ""} {
		r := k.api(t, who, "k", named("secret plan"))
		if who == "" {
			if r.StatusCode != 401 && r.StatusCode != 403 {
				t.Errorf("nobody got %d", r.StatusCode)
			}
			continue
		}
		if text := read(t, r); r.Header.Get(replayedHeader) != "" || !strings.Contains(text, fmt.Sprintf(`"n":%d`, i+2)) {
			t.Errorf("%q got %v %s", who, r.Header, text)
		}
		if s := shape(t, k.api(t, who, "k", named("x")), 409); s.Code != "web.idempotency_conflict" {
			t.Errorf("%q has no key of his own: %s", who, s.Code)
		}
	}
	k.form(t, "ann1", "/zh/lines", "k", "a")
	if r := k.form(t, "ann2", "/zh/lines", "k", "a"); r.Header.Get(replayedHeader) != "" {
		t.Error("another sign-in of the same account replays")
	}
	if text := k.written(t); strings.Contains(text, "ann") || strings.Contains(text, "|k|") || strings.Count(text, "|kept|") != 6 {
		t.Errorf("accounts or keys stand in the table: %s", text)
	}
}

func TestTheKeyOfNobodyCountsForNothing(t *testing.T) {
	k := newCounter(t)
	for range 2 {
		if r := k.ask(t, "POST", "/zh/plain", named("led"), KeyHeader, "k"); r.StatusCode != 303 || r.Header.Get(replayedHeader) != "" {
			t.Errorf("%d %v", r.StatusCode, r.Header)
		}
	}
	k.carriedOut(t, "nobody's key", 2)
	if text := k.written(t); text != "" {
		t.Errorf("written down: %s", text)
	}
}

func TestWhatWasNotCarriedOutIsNotKept(t *testing.T) {
	k := newCounter(t)
	n := 0
	for name, status := range map[string]int{"refused": 409, "fault": 500, "panic": 500, "faulty page": 422, "entered": 303} {
		for range 2 {
			n++
			if r := k.api(t, "ann", "k", named(name)); r.StatusCode != status || r.Header.Get(replayedHeader) != "" {
				t.Errorf("%s: %d %v", name, r.StatusCode, r.Header)
			}
			k.carriedOut(t, name, n)
		}
	}
	for range 2 {
		if r := k.api(t, "ann", "k", `{"nam":1}`); r.StatusCode != 422 {
			t.Errorf("got %d", r.StatusCode)
		}
	}
	if r := k.api(t, "ann", "k", named("mended")); r.StatusCode != 201 {
		t.Errorf("the mended one: %d %s", r.StatusCode, read(t, r))
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	k := newCounter(t)
	for i, name := range []string{"secret", "long"} {
		path, status := "/zh/secrets", 201
		if name == "long" { // nor what is too long and has no place
			path, status = "/zh/lines", 200
		}
		if r := k.form(t, "ann1", path, name, name); r.StatusCode != status {
			t.Fatalf("%s: %d %s", name, r.StatusCode, read(t, r))
		}
		r := k.form(t, "ann1", path, name, name)
		if s := shape(t, r, 409); s.Code != "web.idempotency_done" || r.Header.Get("Location") != "" {
			t.Errorf("%s: %s", name, s.Code)
		}
		if s := shape(t, k.form(t, "ann1", path, name, "other"), 409); s.Code != "web.idempotency_conflict" {
			t.Errorf("%s: %s", name, s.Code)
		}
		k.carriedOut(t, name, i+1)
	}
	if text := k.written(t); strings.Contains(text, `"n"`) || strings.Contains(text, "长") || strings.Contains(text, "/lines/") {
		t.Errorf("written down: %s", text)
	}
	if r := k.form(t, "ann1", "/zh/secrets", "led", "led"); r.StatusCode != 303 {
		t.Errorf("got %d", r.StatusCode)
	}
	if r := k.form(t, "ann1", "/zh/secrets", "led", "led"); r.Header.Get("Location") != "/zh/lines/3" {
		t.Errorf("where one is led is no secret: %d", r.StatusCode)
	}
	if r := k.form(t, "ann1", "/zh/lines", "unmarked", "secret"); r.StatusCode != 500 {
		t.Errorf("a route that is not marked shows a secret: %d", r.StatusCode)
	}
}

func TestFormsCarryAKey(t *testing.T) {
	k := newCounter(t)
	first, again := k.form(t, "ann1", "/zh/lines", "k", "page"), k.form(t, "ann1", "/zh/lines", "k", "page")
	k.carriedOut(t, "one form", 1)
	if text := read(t, first); !strings.Contains(text, k.token("ann1")) || read(t, again) != text {
		t.Errorf("the page is another: %s", text)
	}
	if text := k.written(t); strings.Contains(text, k.token("ann1")) {
		t.Errorf("the token of the forms stands in the table: %s", text)
	}
	// Token and key are the same wherever they stand.
	r := k.ask(t, "POST", "/zh/lines", "/name=page", "Cookie", "kaishu_session=ann1", "Content-Type", "application/x-www-form-urlencoded",
		TokenHeader, k.token("ann1"), KeyHeader, "k")
	if r.Header.Get(replayedHeader) != "true" {
		t.Errorf("in headers: %d %s", r.StatusCode, read(t, r))
	}
	if s := shape(t, k.form(t, "ann1", "/zh/lines", "k", "other"), 409); s.Code != "web.idempotency_conflict" {
		t.Errorf("other content: %s", s.Code)
	}
	if s := shape(t, k.form(t, "ann1", "/zh/lines", strings.Repeat("k", 129), "a"), 400); s.Code != "web.idempotency_bad_key" {
		t.Errorf("a long key: %s", s.Code)
	}
	for range 2 {
		k.form(t, "ann1", "/zh/lines", "", "a") // of a form that was made by hand
	}
	k.carriedOut(t, "without a key", 3)
}

// Passwords cannot be found from what is written down.
func TestTheImprintDependsOnTheKey(t *testing.T) {
	k := newCounter(t)
	k.form(t, "ann1", "/zh/lines", "k1", "password")
	k.form(t, "ann1", "/zh/lines", "k2", "password")
	k.form(t, "ann2", "/zh/lines", "k1", "password")
	seen := map[string]bool{}
	for _, row := range strings.Split(k.written(t), "|kept|")[1:] {
		seen[row[:64]] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d imprints of three", len(seen))
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	k := newCounter(t)
	for _, bad := range []string{"", strings.Repeat("k", 129), "键", "a\tb", "\x7f"} {
		if s := shape(t, k.api(t, "ann", bad, named("a")), 400); s.Code != "web.idempotency_bad_key" || !strings.Contains(s.Detail, "128") {
			t.Errorf("%q: %s", bad, s.Code)
		}
	}
	if s := shape(t, k.api(t, "ann", "a", named("a"), KeyHeader, "b"), 400); s.Code != "web.idempotency_bad_key" {
		t.Errorf("two keys: %s", s.Code)
	}
	if r := k.api(t, "ann", strings.Repeat("~", 128), named("a")); r.StatusCode != 201 {
		t.Errorf("a good key: %d", r.StatusCode)
	}
	if s := shape(t, k.api(t, "ann", "long", strings.Repeat(" ", maxBody+1)), 413); s.Code != "web.body_too_large" {
		t.Errorf("a body too large: %s", s.Code)
	}
}
