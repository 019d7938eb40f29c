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

func TestSignInsEnd(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	first, second := h.signIn("dan", good, f), h.signIn("dan", good, f)
	if first == second {
		t.Error("two sign-ins have one secret")
	}
	who := h.actor(first)
	m, err := h.Me(t.Context(), who)
	h.must(err)
	if len(m.SignIns) != 2 || m.SignIns[1].Network != "192.0.0.0/16" || m.SignIns[1].Agent != "Firefox · Linux" || !m.SignIns[1].Here || m.SignIns[0].Here || m.SignIns[0].Method != "totp" {
		t.Errorf("sign-ins: %+v", m.SignIns)
	}
	h.must(h.Revoke(t.Context(), who, "dan", m.SignIns[0].ID))
	if h.actor(second).Known() || !h.actor(first).Known() {
		t.Error("taking one back did not end it at once, or ended the other")
	}
	h.want(h.Revoke(t.Context(), who, "dan", m.SignIns[0].ID), "account.no_sign_in")
	h.want(h.Revoke(t.Context(), as("ann", permit.OpnEditor), "dan", m.SignIns[1].ID), "permit.not_your_part")
	h.want(h.Revoke(t.Context(), sys, "dan", m.SignIns[1].ID), "permit.not_your_part")
	h.must(h.Revoke(t.Context(), sec, "dan", m.SignIns[1].ID))
	if h.actor(first).Known() {
		t.Error("the security administrator ended nothing")
	}
	left := h.signIn("dan", good, f)
	h.must(h.Leave(t.Context(), h.actor(left)))
	if h.actor(left).Known() {
		t.Error("signing out ended nothing")
	}
	idle := h.signIn("dan", good, f)
	h.clock.Advance(officeIdle - 31*time.Second)
	if !h.actor(idle).Known() {
		t.Error("ended before it was idle")
	}
	h.clock.Advance(officeIdle - time.Second)
	if !h.actor(idle).Known() {
		t.Error("use did not keep it")
	}
	h.clock.Advance(officeIdle)
	if h.actor(idle).Known() {
		t.Error("idle, and not ended")
	}
	whole := h.signIn("dan", good, f)
	for range 24 {
		h.clock.Advance(officeIdle - time.Minute)
		h.actor(whole)
	}
	if !h.actor(whole).Known() {
		t.Error("ended before its time")
	}
	h.clock.Advance(25 * time.Minute)
	if h.actor(whole).Known() {
		t.Error("a sign-in lasted longer than a day's work")
	}
}

func TestStoppedAccountsActNoMore(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	secret := h.signIn("dan", good, f)
	token, err := h.MakeToken(t.Context(), h.actor(secret), TokenRequest{Label: "script", Until: "2026-12-01"})
	h.must(err)
	if who, err := h.SignIn(t.Context(), token); err != nil || !who.Has(permit.OpnEditor) || who.Session != "" {
		t.Errorf("the token acts as %+v, %v", who, err)
	}
	_, err = h.Do(t.Context(), sec, "dan", Suspend{"查证"})
	h.must(err)
	if h.actor(secret).Known() {
		t.Error("suspended, and still signed in")
	}
	_, err = h.SignIn(t.Context(), token)
	h.want(err, "account.bad_token")
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", "wrong wrong wrong", browser})
	h.want(err, "account.refused")
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
	h.want(err, "account.suspended")
	_, err = h.Do(t.Context(), sec, "dan", Resume{"查清"})
	h.must(err)
	if h.actor(secret).Known() {
		t.Error("resuming brought an old sign-in back")
	}
	if _, err = h.SignIn(t.Context(), token); err != nil {
		t.Errorf("the token after that: %v", err)
	}
	h.clock.Advance(7 * 24 * time.Hour)
	_, err = h.SignIn(t.Context(), token)
	h.want(err, "account.bad_token") // its last day has passed
	_, err = h.Do(t.Context(), sec, "dan", Close{"离职"})
	h.must(err)
	r := h.holder("dan")
	if r.email != "" || r.password != "" || r.factor != "" || r.recovery != "" || r.name != "单" {
		t.Errorf("a closed account keeps %+v", r)
	}
	_, err = h.Enter(t.Context(), nobody, Entry{Office, "dan", good, browser})
	h.want(err, "account.refused")
}

func TestActAsIsAnotherSignIn(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	_, err := h.Do(t.Context(), sys, "dan", Propose{Offer{Organisation: "away", Roles: []permit.Role{permit.OpnReviewer}}})
	h.must(err)
	away := h.membership("dan", 1)
	secret := h.signIn("dan", good, f)
	who := h.actor(secret)
	_, err = h.ActAs(t.Context(), who, away, browser)
	h.want(err, "/membership account.no_membership") // not granted yet
	_, err = h.Do(t.Context(), sec, "dan", Grant{away})
	h.must(err)
	_, err = h.ActAs(t.Context(), who, h.membership("ann", 0), browser)
	h.want(err, "/membership account.no_membership") // somebody else's
	other, err := h.ActAs(t.Context(), who, away, browser)
	h.must(err)
	if other == secret || h.actor(secret).Known() {
		t.Error("the old secret goes on")
	}
	now := h.actor(other)
	if now.Organisation != "away" || !slices.Equal(now.Roles, []permit.Role{permit.OpnReviewer}) || now.Session == who.Session {
		t.Errorf("acts as %+v", now)
	}
	_, err = h.ActAs(t.Context(), who, "", browser)
	h.want(err, "account.sign_in_again")
	_, err = h.Do(t.Context(), sec, "dan", End{away, "调离"})
	h.must(err)
	if now = h.actor(other); len(now.Roles) > 0 || now.Organisation != "" || !now.Known() {
		t.Errorf("after its end acts as %+v", now)
	}
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	secret := h.person()
	who := h.actor(secret)
	_, err := h.MakeToken(t.Context(), who, TokenRequest{Until: "2026-11-24"})
	h.want(err, "/label required")
	token, err := h.MakeToken(t.Context(), who, TokenRequest{Label: "script"})
	h.must(err)
	other, err := h.SignIn(t.Context(), token)
	h.must(err)
	_, err = h.MakeToken(t.Context(), other, TokenRequest{Label: "child"})
	h.want(err, "account.in_browser")
	h.want(h.ChangePassword(t.Context(), other, good, "eight quiet herons", ""), "account.in_browser")
	m, err := h.Me(t.Context(), who)
	h.must(err)
	if len(m.Tokens) != 1 || m.Tokens[0].Label != "script" || !m.Tokens[0].UsedAt.Equal(h.clock.Now()) {
		t.Errorf("tokens %+v", m.Tokens)
	}
	h.want(h.EndToken(t.Context(), as("ann"), m.Tokens[0].ID), "account.no_token")
	h.must(h.EndToken(t.Context(), who, m.Tokens[0].ID))
	_, err = h.SignIn(t.Context(), token)
	h.want(err, "account.bad_token")
	_, err = h.SignIn(t.Context(), secret)
	h.want(err, "account.bad_token") // a sign-in of a browser is no token
	for n := range mostTokens {
		_, err = h.MakeToken(t.Context(), who, TokenRequest{Label: fmt.Sprint(n)})
		h.must(err)
	}
	_, err = h.MakeToken(t.Context(), who, TokenRequest{Label: "more"})
	h.want(err, "account.too_many_tokens")
	// The machine's own way.
	_, err = h.Issue(t.Context(), as("ann", permit.OpnEditor), "ann", "x")
	h.want(err, "permit.not_your_part")
	token, err = h.Issue(t.Context(), console, "ann", "x")
	h.must(err)
	if a, err := h.SignIn(t.Context(), token); err != nil || a.Account != "ann" || a.Organisation != "home" || !a.Has(permit.OpnEditor) {
		t.Errorf("acts as %+v, %v", a, err)
	}
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

func TestForgottenPassword(t *testing.T) {
	h := newHouse(t)
	secret := h.person()
	for _, x := range []struct {
		realm Realm
		email string
	}{{Public, "nobody@post.example"}, {Office, "pia@post.example"}} {
		before := len(h.mail.Mails())
		h.must(h.Forgot(t.Context(), nobody, x.realm, x.email, locale.ZH))
		if len(h.mail.Mails()) != before {
			t.Errorf("%s of %s got a mail", x.email, x.realm)
		}
	}
	h.must(h.Forgot(t.Context(), nobody, Public, "pia@POST.example", locale.ZH))
	first := h.sentTicket("pia@post.example", "recover")
	h.must(h.Forgot(t.Context(), nobody, Public, "pia@post.example", locale.ZH))
	second := h.sentTicket("pia@post.example", "recover")
	if name, err := h.Recoverer(t.Context(), nobody, second); err != nil || name != "Pia" {
		t.Errorf("for %q, %v", name, err)
	}
	_, err := h.Recover(t.Context(), nobody, second, "short")
	h.want(err, "/password auth.too_short")
	const fresh = "nine quiet herons"
	realm, err := h.Recover(t.Context(), nobody, second, fresh)
	h.must(err)
	if realm != Public || h.actor(secret).Known() {
		t.Error("a new password left a sign-in")
	}
	for _, ticket := range []string{first, second, "made up", ""} {
		_, err = h.Recover(t.Context(), nobody, ticket, "ten quiet herons")
		h.want(err, "account.bad_ticket")
	}
	_, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", good, browser})
	h.want(err, "account.refused")
	_, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", fresh, browser})
	h.must(err)
	// A mailbox is not flooded, and a ticket does not wait for ever.
	h.clock.Advance(time.Hour + time.Second)
	before := len(h.mail.Mails())
	for range 6 {
		h.must(h.Forgot(t.Context(), nobody, Public, "pia@post.example", locale.ZH))
	}
	if n := len(h.mail.Mails()) - before; n != mostTickets {
		t.Errorf("%d mails within the hour", n)
	}
	late := h.sentTicket("pia@post.example", "recover")
	h.clock.Advance(time.Hour + time.Second)
	_, err = h.Recover(t.Context(), nobody, late, "ten quiet herons")
	h.want(err, "account.bad_ticket")
}

func TestPasswordAndFactorChange(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	here, there := h.signIn("dan", good, f), h.signIn("dan", good, f)
	who := h.actor(here)
	const fresh = "nine quiet herons"
	h.want(h.ChangePassword(t.Context(), who, "wrong wrong wrong", fresh, h.code(f)), "/present account.wrong_password")
	h.want(h.ChangePassword(t.Context(), who, good, fresh, "000000"), "/code account.wrong_code")
	h.want(h.ChangePassword(t.Context(), who, good, "dan dan dan dan", h.code(f)), "/fresh auth.contains_name")
	h.clock.Advance(30 * time.Second)
	h.must(h.ChangePassword(t.Context(), who, good, fresh, h.code(f)))
	if !h.actor(here).Known() || h.actor(there).Known() {
		t.Error("a new password must end the other sign-ins, and those only")
	}
	h.clock.Advance(30 * time.Second)
	h.must(h.DropFactor(t.Context(), who, fresh, h.code(f)))
	if who = h.actor(here); who.Must != "account.enrol" {
		t.Errorf("without a second factor must %q", who.Must)
	}
	_, err := h.Enter(t.Context(), nobody, Entry{Office, "dan", fresh, browser})
	h.want(err, "account.no_factor")
	e, err := h.Enrolling(t.Context(), who, "", "")
	h.must(err)
	next := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	if e.New || !strings.Contains(e.URI, next.secret) {
		t.Errorf("enrolment %+v", e)
	}
	if again, err := h.Enrolling(t.Context(), who, "", e.Pending); err != nil || again.Secret != e.Secret {
		t.Errorf("the form came back with another secret: %v", err)
	}
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: e.Pending, Code: "000000"})
	h.want(err, "/code account.wrong_code")
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: good, Pending: e.Pending, Code: h.code(next)})
	h.want(err, "/password account.wrong_password")
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: "box1.other", Code: h.code(next)})
	h.want(err, "account.bad_ticket")
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: e.Pending, Code: h.code(next)})
	h.must(err)
	if h.actor(here).Must != "" {
		t.Error("must enrol again")
	}
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: e.Pending, Code: h.code(next)})
	h.want(err, "account.has_factor")
	// The code that set it is used.
	b, err := h.Enter(t.Context(), nobody, Entry{Office, "dan", fresh, browser})
	h.must(err)
	_, err = h.Step(t.Context(), nobody, b.Ticket, h.code(next), browser)
	h.want(err, "account.refused")
}

func TestResetBySecurityAdministrator(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	secret := h.signIn("dan", good, f)
	for _, who := range []permit.Actor{sys, auditor, as("lead", permit.OpnLead)} {
		_, err := h.Reset(t.Context(), who, "dan", "手机丢失")
		h.want(err, "permit.not_your_part")
	}
	_, err := h.Reset(t.Context(), sec, "dan", " ")
	h.want(err, "/reason required")
	_, err = h.Reset(t.Context(), sec, "sec", "手机丢失")
	h.want(err, "account.not_oneself")
	link, err := h.Reset(t.Context(), sec, "dan", "手机丢失")
	h.must(err)
	ticket := h.sentTicket("dan@city.example", "reset")
	if link != "" || h.actor(secret).Known() {
		t.Error("the link was shown to the administrator, or the sign-in goes on")
	}
	e, err := h.Enrolling(t.Context(), nobody, ticket, "")
	h.must(err)
	next := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	// Whoever has the link still needs the password.
	_, err = h.SetFactor(t.Context(), nobody, ticket, Factor{Password: "some new password", Pending: e.Pending, Code: h.code(next)})
	h.want(err, "/password account.wrong_password")
	_, err = h.SetFactor(t.Context(), nobody, ticket, Factor{Password: good, Pending: e.Pending, Code: h.code(next)})
	h.must(err)
	_, err = h.SetFactor(t.Context(), nobody, ticket, Factor{Password: good, Pending: e.Pending, Code: h.code(next)})
	h.want(err, "account.bad_ticket")
	h.clock.Advance(time.Minute)
	h.signIn("dan", good, next)
	c, err := h.Card(t.Context(), auditor, "dan")
	h.must(err)
	if c.Acts[len(c.Acts)-1].Act != "invite" || !slices.ContainsFunc(c.Acts, func(a Act) bool { return a.Act == "reset" && a.By == "sec" && a.Reason == "手机丢失" }) {
		t.Errorf("acts %+v", c.Acts)
	}
	if c.Email != "" || len(c.SignIns) == 0 || len(c.Open) > 0 {
		t.Errorf("the auditor sees %+v", c)
	}
}

// TestWhatChangesMeanwhile: between the check of a secret and the write, the
// account may have moved on.
func TestWhatChangesMeanwhile(t *testing.T) {
	h := newHouse(t)
	secret := h.person()
	who := h.actor(secret)
	stale := h.holder(who.Account)
	h.must(h.ChangePassword(t.Context(), who, good, "nine quiet herons", ""))
	h.want(h.DB.Write(t.Context(), func(tx *database.Tx) error {
		_, err := h.onward(tx, nobody, stale, "", browser)
		return err
	}), "account.refused")
	// Two who set a second factor at once: one has it.
	e, err := h.Enrolling(t.Context(), who, "", "")
	h.must(err)
	f := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	var set atomic.Int32
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, err := h.SetFactor(t.Context(), who, "", Factor{Password: "nine quiet herons", Pending: e.Pending, Code: h.code(f)}); err == nil {
				set.Add(1)
			}
		})
	}
	all.Wait()
	if set.Load() != 1 {
		t.Errorf("%d have set the second factor", set.Load())
	}
	// A ticket is good for its purpose only, and a membership for its account.
	h.must(h.Forgot(t.Context(), nobody, Public, "pia@post.example", locale.ZH))
	ticket := h.sentTicket("pia@post.example", "recover")
	_, err = h.Enrolling(t.Context(), nobody, ticket, "")
	h.want(err, "account.bad_ticket")
	_, err = h.Confirm(t.Context(), nobody, ticket, good, browser)
	h.want(err, "account.bad_ticket")
	h.must(h.DB.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE sign_in SET membership = 'home-ann'`)
		return err
	}))
	if who = h.actor(secret); len(who.Roles) > 0 || who.Organisation != "" {
		t.Errorf("in somebody else's membership acts as %+v", who)
	}
}
