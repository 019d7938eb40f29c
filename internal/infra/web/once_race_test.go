package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/idempotency"
)

// The double click, and a program that asks again from twenty threads.
func TestAtOnceOnlyOneIsCarriedOut(t *testing.T) {
	k := newCounter(t)
	k.patience = time.Minute
	k.hold = make(chan struct{})
	const n = 20
	var all sync.WaitGroup
	bodies := make([]string, n)
	for i := range n {
		all.Go(func() { bodies[i] = read(t, k.form(t, "ann1", "/zh/secrets", "k", "secret")) })
	}
	close(k.hold)
	all.Wait()
	k.carriedOut(t, "twenty at once", 1)
	told := 0
	for _, b := range bodies {
		if strings.Contains(b, `"n":1`) {
			told++ // who waited has the answer, though it is not written down
		} else if !strings.Contains(b, "web.idempotency_done") {
			t.Errorf("got %s", b)
		}
	}
	if told == 0 {
		t.Error("nobody was told")
	}
	k.hold = nil
	for i := range n {
		all.Go(func() { bodies[i] = read(t, k.api(t, "ann", "k", named("a"))) })
	}
	all.Wait()
	k.carriedOut(t, "twenty more", 2)
	for _, b := range bodies {
		if b != bodies[0] || !strings.Contains(b, `"n":2`) {
			t.Errorf("got %s", b)
		}
	}
}

func TestWhoCannotWaitIsToldToAskAgain(t *testing.T) {
	k := newCounter(t)
	k.patience = 0
	k.hold = make(chan struct{})
	first := make(chan *http.Response)
	go func() { first <- k.api(t, "ann", "k", named("a")) }()
	<-k.began
	r := k.api(t, "ann", "k", named("a"))
	if s := shape(t, r, 409); s.Code != "web.idempotency_running" || r.Header.Get("Retry-After") != "1" {
		t.Errorf("%s, again after %q", s.Code, r.Header.Get("Retry-After"))
	}
	// The process dies, and another begins: the claim counts until its lease ends.
	k.restart()
	k.clock.Advance(idempotency.Lease - 10*time.Second)
	r = k.api(t, "ann", "k", named("a"))
	if s := shape(t, r, 409); s.Code != "web.idempotency_running" || r.Header.Get("Retry-After") != "10" {
		t.Errorf("%s, again after %q", s.Code, r.Header.Get("Retry-After"))
	}
	close(k.hold)
	<-first
}

func TestTheClaimOfACrashEnds(t *testing.T) {
	k := newCounter(t)
	scope := (&Context{Actor: permit.Actor{Account: "ann"}, Route: k.routes["bus.add"]}).scope("k")
	if _, _, err := k.Kept.Begin(t.Context(), "ann", scope, 0); err != nil { // and nobody ends it
		t.Fatal(err)
	}
	k.restart()
	if s := shape(t, k.api(t, "ann", "k", named("a")), 409); s.Code != "web.idempotency_running" {
		t.Errorf("got %s", s.Code)
	}
	k.clock.Advance(idempotency.Lease)
	if r := k.api(t, "ann", "k", named("a")); r.StatusCode != 201 {
		t.Errorf("got %d", r.StatusCode)
	}
	if r := k.api(t, "ann", "k", named("a")); r.StatusCode != 201 || r.Header.Get(replayedHeader) != "true" {
		t.Errorf("got %d", r.StatusCode)
	}
	k.carriedOut(t, "after the crash", 1)
}

// Whoever loses his connection has the command carried out, and its answer kept.
func TestWhoLeavesMayAskAgain(t *testing.T) {
	k := newCounter(t)
	k.hold = make(chan struct{})
	base, stop := context.WithCancel(t.Context())
	ctx, leave := context.WithCancel(context.WithValue(base, serverKey{}, base))
	q := httptest.NewRequestWithContext(ctx, "POST", "/api/v1/lines", strings.NewReader(named("a")))
	q.Header.Set("Authorization", "Bearer ann")
	q.Header.Set(KeyHeader, "k")
	go func() {
		<-k.began
		leave()
		close(k.hold)
	}()
	k.Handler().ServeHTTP(httptest.NewRecorder(), q)
	r := k.api(t, "ann", "k", named("a"))
	if text := read(t, r); r.Header.Get(replayedHeader) != "true" || !strings.Contains(text, `"n":1`) {
		t.Errorf("got %d %s", r.StatusCode, text)
	}
	stays, done := staying(ctx)
	defer done()
	if stays.Err() != nil {
		t.Error("it ends with its reader")
	}
	stop()
	<-stays.Done() // but with the server
}

// A database that fails when the answer is to be kept does not take it from
// who waits for it.
func TestAnAnswerThatCannotBeKeptIsGiven(t *testing.T) {
	k := newCounter(t)
	err := k.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`CREATE TRIGGER full BEFORE UPDATE ON idempotency BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := k.api(t, "ann", "k", named("a")); r.StatusCode != 201 {
		t.Errorf("got %d", r.StatusCode)
	}
	if len(k.log.lines(t, "keep answer")) != 1 {
		t.Error("the fault is not logged")
	}
	if s := shape(t, k.api(t, "ann", "k", named("a")), 409); s.Code != "web.idempotency_running" {
		t.Errorf("got %s", s.Code)
	}
}
