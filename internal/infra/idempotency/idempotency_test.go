package idempotency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

func open(t *testing.T) (*Store, *clock.Manual) {
	t.Helper()
	at := clock.At(databasetest.Noon)
	return New(databasetest.Open(t, Migrations), at, id.New(at)), at
}

// again is a process that starts anew on the same database.
func again(s *Store) *Store { return New(s.db, s.clock, s.ids) }

func claim(t *testing.T, s *Store, id string) *Claim {
	t.Helper()
	c, before, err := s.Begin(t.Context(), "ann", id, 0)
	if err != nil || c == nil || before != nil {
		t.Fatalf("%s is not claimed: %v, %+v, %v", id, c, before, err)
	}
	return c
}

func before(t *testing.T, s *Store, id string) Answer {
	t.Helper()
	c, a, err := s.Begin(t.Context(), "ann", id, 0)
	if err != nil || c != nil || a == nil {
		t.Fatalf("%s was not answered: %v, %v", id, c, err)
	}
	return *a
}

func running(t *testing.T, s *Store, id string) int {
	t.Helper()
	c, a, err := s.Begin(t.Context(), "ann", id, 0)
	r, ok := errors.AsType[*Running](err)
	if !ok || c != nil || a != nil {
		t.Fatalf("%s is not running: %v, %v, %v", id, c, a, err)
	}
	return r.Seconds
}

func rows(t *testing.T, s *Store) (n int, text string) {
	t.Helper()
	err := s.db.Read(t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*), COALESCE(MAX(headers || body), '') FROM idempotency`).Scan(&n, &text)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, text
}

var answer = Answer{Fingerprint: "f", Length: 7, Status: 201, Headers: map[string]string{"Location": "/a"}, Body: "甲"}

func TestAnAnswerIsKeptForADay(t *testing.T) {
	s, at := open(t)
	if err := claim(t, s, "a").Keep(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	at.Advance(KeptFor - time.Second)
	for _, store := range []*Store{s, again(s)} {
		if got := before(t, store, "a"); !reflect.DeepEqual(got, answer) {
			t.Errorf("got %+v", got)
		}
	}
	at.Advance(time.Second)
	claim(t, s, "a")
}

func TestWhatIsReleasedIsFree(t *testing.T) {
	s, _ := open(t)
	if err := claim(t, s, "a").Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	claim(t, s, "a")
	running(t, s, "a")
}

// A process that dies leaves its claim behind.
func TestTheClaimOfTheDeadEnds(t *testing.T) {
	s, at := open(t)
	dead := claim(t, s, "a")
	next := again(s)
	if n := running(t, next, "a"); n != int(Lease/time.Second) {
		t.Errorf("to be asked again after %d s", n)
	}
	at.Advance(Lease - 1500*time.Millisecond)
	if n := running(t, next, "a"); n != 2 {
		t.Errorf("to be asked again after %d s, want 2", n)
	}
	at.Advance(1500 * time.Millisecond)
	c := claim(t, next, "a")
	// One that was only slow does not write over his successor, nor free him.
	if err := dead.Keep(t.Context(), Answer{Fingerprint: "other"}); err != nil {
		t.Fatal(err)
	}
	running(t, again(s), "a")
	if err := dead.store.claimless(t, dead).Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Keep(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	if got := before(t, again(s), "a"); got.Fingerprint != "f" {
		t.Errorf("the answer is %+v", got)
	}
}

// claimless returns c once more, as if it had not ended.
func (s *Store) claimless(t *testing.T, c *Claim) *Claim {
	t.Helper()
	f, mine := s.board(c.id)
	if !mine {
		t.Fatal("somebody flies")
	}
	return &Claim{store: s, flight: f, owner: c.owner, id: c.id, holder: c.holder}
}

// In its own process a claim lasts as long as its command.
func TestALongCommandKeepsItsClaim(t *testing.T) {
	s, at := open(t)
	c := claim(t, s, "a")
	at.Advance(3 * Lease)
	running(t, s, "a")
	if err := c.Keep(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	before(t, s, "a")
}

func TestSecretsAreNotWrittenDown(t *testing.T) {
	s, _ := open(t)
	secret := answer
	secret.Secret = true
	c := claim(t, s, "a")
	waiting := make(chan *Answer)
	go func() {
		_, a, _ := s.Begin(context.WithoutCancel(t.Context()), "ann", "a", time.Minute)
		waiting <- a
	}()
	f, _ := s.board("a")
	if err := c.Keep(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	<-f.done
	if a := <-waiting; a == nil || a.Body != "甲" && !a.Told { // he waited, or came just behind
		t.Errorf("who waited got %+v", a)
	}
	if a := before(t, s, "a"); !a.Told || a.Body != "" || len(a.Headers) > 0 || a.Fingerprint != "f" {
		t.Errorf("kept as %+v", a)
	}
	if _, text := rows(t, s); text != "" {
		t.Errorf("written down: %q", text)
	}
}

func TestWaitingEndsWithTheReader(t *testing.T) {
	s, _ := open(t)
	claim(t, s, "a")
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := s.Begin(ctx, "ann", "a", time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheTableStaysSmall(t *testing.T) {
	s, at := open(t)
	for i := range 3 * swept / 2 {
		if err := claim(t, s, fmt.Sprint(i)).Keep(t.Context(), answer); err != nil {
			t.Fatal(err)
		}
	}
	at.Advance(KeptFor)
	for i, want := range []int{swept/2 + 1, 2, 3} {
		claim(t, s, fmt.Sprint("next", i))
		if n, _ := rows(t, s); n != want {
			t.Errorf("after %d more: %d rows, want %d", i+1, n, want)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range maps.Keys(s.flights) {
		if !strings.HasPrefix(id, "next") {
			t.Errorf("%s has ended and still flies", id)
		}
	}
}

// One account cannot fill the disk.
func TestAnAccountHasRoomForSoManyAnswers(t *testing.T) {
	s, _ := open(t)
	err := s.db.Write(t.Context(), func(tx *database.Tx) error {
		for i := range MaxBodies {
			if _, err := tx.Exec(`
				INSERT INTO idempotency (id, owner, state, holder, fingerprint, length, status, headers, body, till)
				VALUES (?, 'ann', 'kept', '', '', 0, 200, '{}', 'x', '2099')`, fmt.Sprint("old", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	placed, bare, led := answer, Answer{Fingerprint: "f", Status: 200, Body: "x"}, Answer{Fingerprint: "f", Status: 303}
	for id, a := range map[string]Answer{"placed": placed, "bare": bare, "led": led} {
		if err := claim(t, s, id).Keep(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if a := before(t, s, "placed"); a.Told || a.Body != "" || a.Headers["Location"] != "/a" || a.Status != 201 {
		t.Errorf("with a place: %+v", a)
	}
	if a := before(t, s, "bare"); !a.Told || a.Body != "" {
		t.Errorf("without: %+v", a)
	}
	if a := before(t, s, "led"); a.Told || a.Status != 303 {
		t.Errorf("without a body: %+v", a)
	}
	c, _, err := s.Begin(t.Context(), "bob", "of another", 0)
	if err == nil {
		err = c.Keep(t.Context(), bare)
	}
	if a := before(t, s, "of another"); err != nil || a.Body != "x" {
		t.Errorf("another has no room: %+v, %v", a, err)
	}
}

// A database that fails leaves nobody waiting.
func TestAFaultFreesTheKey(t *testing.T) {
	s, _ := open(t)
	ended, leave := context.WithCancel(t.Context())
	leave()
	if c, a, err := s.Begin(ended, "ann", "a", 0); err == nil || c != nil || a != nil {
		t.Fatalf("claimed after the end: %v, %v", c, a)
	}
	c := claim(t, s, "a")
	if err := c.Keep(ended, answer); err == nil {
		t.Error("kept after the end")
	}
	running(t, s, "a") // by its row, until the lease ends
}
