package account

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

// TestAnOfficeLife: invited, enrolled, granted, at work, away. Article 26.
func TestAnOfficeLife(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	if len(f.codes) != 10 {
		t.Errorf("%d recovery codes", len(f.codes))
	}
	for _, name := range []string{"dan", "dan@city.example", " ＤＡＮ@City.example "} {
		secret := h.signIn(name, good, f)
		who := h.actor(secret)
		if who.Account != "dan" || who.Name != "单" || who.Organisation != "home" || who.District != "310101" || !who.Office || who.Must != "" ||
			who.Session == "" || !slices.Equal(who.Roles, []permit.Role{permit.OpnEditor}) {
			t.Errorf("%s acts as %+v", name, who)
		}
	}
	// The ledger knows nobody's name or address.
	h.must(h.DB.Read(t.Context(), func(tx *database.Tx) error {
		var n int
		err := tx.QueryRow(`SELECT COUNT(*) FROM ledger WHERE kind LIKE 'account.%' AND (body LIKE '%单%' OR LOWER(body) LIKE '%dan@%')`).Scan(&n)
		if n > 0 {
			t.Errorf("%d lines of the ledger hold personal data", n)
		}
		return err
	}))
	for realm, name := range map[Realm]string{Public: "dan@city.example", Office: "pia@post.example"} {
		h.person1(realm)
		if _, err := h.Enter(t.Context(), nobody, Entry{realm, name, good, browser}); code(err) != "account.refused" {
			t.Errorf("%s at the entrance of %s: %v", name, realm, err)
		}
	}
}

// person1 makes the person once.
func (h *house) person1(realm Realm) {
	if realm == Office {
		h.person()
	}
}

// TestKnownAndUnknownAreToldTheSame: names that exist, that do not, that have
// no password, right and wrong ones under a lock: one answer.
func TestKnownAndUnknownAreToldTheSame(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	for _, name := range []string{"dan", "nobody-at-all", "ann", ""} {
		for n := range 7 {
			_, err := h.Enter(t.Context(), nobody, Entry{Office, name, "wrong wrong wrong", browser})
			if err == nil || err.Error() != refused().Error() {
				t.Errorf("%q, attempt %d: %v", name, n+1, err)
			}
		}
		locked := 0
		h.must(h.DB.Read(t.Context(), func(tx *database.Tx) error {
			return tx.QueryRow(`SELECT COUNT(*) FROM attempt WHERE failures = 5 AND locked_until <> ''`).Scan(&locked)
		}))
		if want := map[string]int{"dan": 1, "nobody-at-all": 2, "ann": 3, "": 4}[name]; locked != want {
			t.Errorf("after %q %d names are locked, want %d: known and unknown alike", name, locked, want)
		}
	}
	// Under the lock the right password is told the same.
	_, err := h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
	h.want(err, "account.refused")
	h.clock.Advance(15*time.Minute - time.Second)
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
	h.want(err, "account.refused")
	h.clock.Advance(time.Second)
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", "wrong wrong wrong", browser})
	h.want(err, "account.refused")
	h.clock.Advance(15 * time.Minute) // the second lock is twice as long
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
	h.want(err, "account.refused")
	h.clock.Advance(15 * time.Minute)
	h.signIn("dan", good, f)
	// A sign-in forgives: four more failures lock nothing.
	for range 4 {
		_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", "wrong wrong wrong", browser})
		h.want(err, "account.refused")
	}
	h.signIn("dan", good, f)
}

// TestManyGuessesAtOnceAreNoMore: attempts are counted before they are made.
func TestManyGuessesAtOnceAreNoMore(t *testing.T) {
	h := newHouse(t)
	h.invited()
	var through atomic.Int32
	var all sync.WaitGroup
	for n := range 12 {
		all.Go(func() {
			guess := "wrong wrong wrong"
			if n == 11 {
				guess = fmt.Sprint("wrong ", n)
			}
			open := false
			err := h.DB.Write(t.Context(), func(tx *database.Tx) (err error) {
				open, err = h.try(tx, "account/dan")
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if open && guess != "" {
				through.Add(1)
			}
		})
	}
	all.Wait()
	if through.Load() != freeFailures+1 {
		t.Errorf("%d guesses went through", through.Load())
	}
}

func TestTheSecondStep(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	enter := func() string {
		t.Helper()
		b, err := h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
		h.must(err)
		if b.Secret != "" {
			t.Fatal("the password alone lets in")
		}
		return b.Ticket
	}
	ticket := enter()
	if who := h.actor(ticket); who.Known() {
		t.Error("the ticket of the second step is a sign-in")
	}
	_, err := h.Step(t.Context(), nobody, ticket, "000000", browser)
	h.want(err, "account.refused")
	now := h.code(f)
	_, err = h.Step(t.Context(), nobody, ticket, now, browser)
	h.must(err)
	_, err = h.Step(t.Context(), nobody, ticket, now, browser)
	h.want(err, "account.bad_ticket")
	// The same code, with a new ticket: refused, and counted.
	_, err = h.Step(t.Context(), nobody, enter(), now, browser)
	h.want(err, "account.refused")
	// A recovery code works once, as a person types it.
	_, err = h.Step(t.Context(), nobody, enter(), " "+strings.ToUpper(f.codes[3])+" ", browser)
	h.must(err)
	_, err = h.Step(t.Context(), nobody, enter(), f.codes[3], browser)
	h.want(err, "account.refused")
	// A ticket does not wait for ever.
	ticket = enter()
	h.clock.Advance(5*time.Minute + time.Second)
	_, err = h.Step(t.Context(), nobody, ticket, h.code(f), browser)
	h.want(err, "account.bad_ticket")
	// Wrong codes lock, whatever their tickets.
	h.clock.Advance(30 * time.Second)
	h.signIn("dan", good, f)
	for range 5 {
		ticket = enter()
		_, err = h.Step(t.Context(), nobody, ticket, "000000", browser)
		h.want(err, "account.refused")
	}
	_, err = h.Step(t.Context(), nobody, ticket, h.code(f), browser)
	h.want(err, "account.refused")
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
	h.want(err, "account.refused")
	c, err := h.Card(t.Context(), sec, "dan")
	h.must(err)
	if c.LockedUntil.IsZero() {
		t.Error("the card does not show the lock")
	}
	h.want(h.Unlock(t.Context(), sys, "dan"), "permit.not_your_part")
	h.must(h.Unlock(t.Context(), sec, "dan"))
	h.clock.Advance(time.Minute)
	h.signIn("dan", good, f)
}

func TestRegistrationTellsStrangersNothing(t *testing.T) {
	h := newHouse(t)
	h.want(h.Register(t.Context(), nobody, Registration{"", "x", "short", false}, locale.ZH), "/name required")
	h.must(h.Register(t.Context(), nobody, Registration{"Squatter", "Pia@post.example", "a strangers words", true}, locale.ZH))
	squatted := h.sentTicket("pia@post.example", "contact")
	_, err := h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", "a strangers words", browser})
	h.want(err, "account.confirm_first")
	// The owner registers: the squatter's password and ticket are gone.
	h.must(h.Register(t.Context(), nobody, Registration{"Pia", "pia@post.example", good, true}, locale.EN))
	ticket := h.sentTicket("pia@post.example", "contact")
	_, err = h.Confirm(t.Context(), nobody, squatted, "a strangers words", browser)
	h.want(err, "account.bad_ticket")
	_, err = h.Confirm(t.Context(), nobody, ticket, "a strangers words", browser)
	h.want(err, "/password account.wrong_password")
	secret, err := h.Confirm(t.Context(), nobody, ticket, good, browser)
	h.must(err)
	if who := h.actor(secret); who.Name != "Pia" || who.Office || len(who.Roles) > 0 {
		t.Errorf("acts as %+v", who)
	}
	_, err = h.Confirm(t.Context(), nobody, ticket, good, browser)
	h.want(err, "account.bad_ticket")
	// Whoever registers a known address is told nothing; its owner is.
	h.must(h.Register(t.Context(), nobody, Registration{"Mallory", "pia@post.example", "another strangers words", true}, locale.ZH))
	if m := h.mail.Mails()[0]; m.Code != "known" || m.Args["link"] != nil || m.Args["name"] != "Pia" {
		t.Errorf("the owner is told %+v", m)
	}
	_, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", "another strangers words", browser})
	h.want(err, "account.refused")
	b, err := h.Enter(t.Context(), nobody, Entry{Public, "PIA@post.example", good, browser})
	h.must(err)
	if b.Secret == "" {
		t.Error("no sign-in")
	}
	// Proved by intake, a person has a role; restricted, none; lifted, again.
	pia := h.actor(b.Secret).Account
	intake := permit.Actor{Account: "in", Roles: []permit.Role{permit.CtrIntake}}
	_, err = h.Do(t.Context(), intake, pia, Verify{})
	h.must(err)
	if who := h.actor(b.Secret); !slices.Equal(who.Roles, []permit.Role{permit.Person}) {
		t.Errorf("acts as %+v", who)
	}
	_, err = h.Do(t.Context(), sec, pia, Restrict{"滥用"})
	h.must(err)
	if h.actor(b.Secret).Known() {
		t.Error("a restriction ended no sign-in")
	}
	if b, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", good, browser}); err != nil || len(h.actor(b.Secret).Roles) > 0 || !h.actor(b.Secret).Known() {
		t.Errorf("restricted: %v", err)
	}
	_, err = h.Do(t.Context(), sec, pia, Lift{"改正"})
	h.must(err)
	who := h.actor(b.Secret)
	if !who.Has(permit.Person) {
		t.Error("not a person again")
	}
	// Closing one's own account erases who one was.
	h.want(h.Shut(t.Context(), who, "wrong wrong wrong", ""), "/present account.wrong_password")
	h.must(h.Shut(t.Context(), who, good, ""))
	if r := h.holder(pia); r.email != "" || r.name != "—" || r.password != "" || r.Stage != StageClosed {
		t.Errorf("closed: %+v", r)
	}
	if h.actor(b.Secret).Known() {
		t.Error("closed, and still signed in")
	}
}
