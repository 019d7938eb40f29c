package account

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kaishu/internal/base/permit"
)

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
