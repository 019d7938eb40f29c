package account

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/people/organisation"
)

// TestDelegationEndsOnItsDay: a delegate acts with the roles until the last
// day, for as long as the giver holds them, and is one person with the giver.
func TestDelegationEndsOnItsDay(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	bob := as("bob", permit.OpnEditor, permit.OpnGrader)
	h.want(h.Delegate(t.Context(), auditor, Delegation{}), "permit.not_your_part")
	h.want(h.Delegate(t.Context(), bob, Delegation{To: "eve", Roles: []permit.Role{permit.OpnGrader}, Until: "2026-11-26"}), "/to account.not_a_colleague")
	h.want(h.Delegate(t.Context(), bob, Delegation{To: "no-one", Roles: []permit.Role{permit.OpnGrader}, Until: "2026-11-26"}), "/to account.not_a_colleague")
	h.must(h.Delegate(t.Context(), bob, Delegation{To: "dan", Roles: []permit.Role{permit.OpnGrader}, Until: "2026-11-26"}))
	passed := h.membership("dan", 1)
	if m := h.mail.Mails()[0]; m.Code != "delegated" || m.To != "dan@city.example" {
		t.Errorf("told %+v", m)
	}
	secret, err := h.ActAs(t.Context(), h.actor(h.signIn("dan", good, f)), passed, browser)
	h.must(err)
	who := h.actor(secret)
	if who.Account != "dan" || who.Behalf != "bob" || who.Organisation != "home" || !slices.Equal(who.Roles, []permit.Role{permit.OpnGrader}) {
		t.Errorf("acts as %+v", who)
	}
	// He checks neither his own work nor the giver's.
	table := flow.Table[string]{{Do: "check", From: []string{"made"}, By: permit.OpnGrader, Not: "make"}}
	for maker, want := range map[string]string{"bob": "flow.four_eyes", "dan": "flow.four_eyes", "ann": ""} {
		h.want(table.Permit("made", "check", who, map[string]string{"make": maker}), want)
	}
	// The giver loses the role: so does the delegate, and has it back with him.
	_, err = h.Do(t.Context(), sec, "bob", Suspend{"查证"})
	h.must(err)
	if who = h.actor(secret); len(who.Roles) > 0 {
		t.Errorf("the giver is suspended, the delegate acts as %+v", who)
	}
	_, err = h.Do(t.Context(), sec, "bob", Resume{"查清"})
	h.must(err)
	token, err := h.MakeToken(t.Context(), h.actor(secret), TokenRequest{Label: "script"})
	h.must(err)
	// It is 12:00 in Shanghai on the 25th; the 26th is the last day.
	for range 71 {
		h.clock.Advance(30*time.Minute - time.Second)
		h.actor(secret) // keeps the sign-in, until its twelve hours
	}
	if other, err := h.SignIn(t.Context(), token); err != nil || !other.Has(permit.OpnGrader) || other.Behalf != "bob" {
		t.Errorf("late on the last day: %+v, %v", other, err)
	}
	h.clock.Advance(time.Hour)
	if other, err := h.SignIn(t.Context(), token); err != nil || len(other.Roles) > 0 || other.Behalf != "" {
		t.Errorf("after the last day: %+v, %v", other, err)
	}
	secret = h.signIn("dan", good, f)
	_, err = h.ActAs(t.Context(), h.actor(secret), passed, browser)
	h.want(err, "/membership account.no_membership")
}

func TestDelegationsAreTakenBack(t *testing.T) {
	h := newHouse(t)
	bob := as("bob", permit.OpnEditor, permit.OpnGrader)
	give := func() string {
		t.Helper()
		h.must(h.Delegate(t.Context(), bob, Delegation{To: "ann", Roles: []permit.Role{permit.OpnGrader}, Until: "2026-12-26"}))
		all := h.holder("ann").Memberships
		return all[len(all)-1].ID
	}
	one := give()
	m, err := h.Me(t.Context(), bob)
	h.must(err)
	if len(m.Given) != 1 || m.Given[0].To != "ann" || m.Given[0].Membership.ID != one {
		t.Errorf("given %+v", m.Given)
	}
	h.want(h.GiveUp(t.Context(), as("lead", permit.OpnLead), one), "account.no_membership")
	h.want(h.GiveUp(t.Context(), bob, h.membership("bob", 0)), "account.no_membership")
	h.must(h.GiveUp(t.Context(), bob, one))
	h.want(h.GiveUp(t.Context(), bob, one), "account.ended_already")
	h.must(h.GiveUp(t.Context(), as("ann", permit.OpnEditor), give()))
	_, err = h.Do(t.Context(), as("lead", permit.OpnLead), "ann", End{give(), "收回"})
	h.must(err)
}

func TestWhoSeesAndDoesWhat(t *testing.T) {
	h := newHouse(t)
	lead := as("lead", permit.OpnLead)
	ids := func(who permit.Actor, f Filter) string {
		t.Helper()
		p, err := h.List(t.Context(), who, f, "", 100)
		h.must(err)
		var all []string
		for _, c := range p.Items {
			all = append(all, c.ID)
		}
		return strings.Join(all, " ")
	}
	for _, who := range []permit.Actor{sys, sec, auditor} {
		if got := ids(who, Filter{}); got != "ann aud bob eve lead sec sys" {
			t.Errorf("%s sees %s", who.Account, got)
		}
	}
	if got := ids(lead, Filter{Organisation: "away"}); got != "ann bob lead" {
		t.Errorf("the lead of home sees %s", got)
	}
	_, err := h.List(t.Context(), as("ann", permit.OpnEditor), Filter{}, "", 10)
	h.want(err, "permit.not_your_part")
	_, err = h.Card(t.Context(), lead, "eve")
	h.want(err, "account.not_found")
	if got := ids(sec, Filter{Query: "E"}); got != "eve lead sec" {
		t.Errorf("found %s", got)
	}
	if got := ids(sec, Filter{Query: "_"}); got != "" {
		t.Errorf("a wildcard found %s", got)
	}
	p, err := h.List(t.Context(), sec, Filter{}, "", 3)
	h.must(err)
	q, err := h.List(t.Context(), sec, Filter{}, p.Next, 10)
	h.must(err)
	if len(p.Items) != 3 || len(q.Items) != 4 || q.Items[0].ID != "eve" || q.Next != "" {
		t.Errorf("pages of %d and %d", len(p.Items), len(q.Items))
	}
	_, err = h.List(t.Context(), sec, Filter{Realm: Public}, p.Next, 10)
	h.want(err, "?after paging.other_query")
	// A lead proposes for his own body; the security administrator grants.
	_, err = h.Do(t.Context(), lead, "ann", Propose{Offer{Organisation: "home", Roles: []permit.Role{permit.OpnSecurity}}})
	h.must(err)
	_, err = h.Do(t.Context(), lead, "eve", Propose{Offer{Organisation: "home", Roles: []permit.Role{permit.OpnEditor}}})
	h.want(err, "account.not_found")
	if got := ids(sec, Filter{Proposed: true}); got != "ann" {
		t.Errorf("waiting: %s", got)
	}
	m := h.membership("ann", 1)
	for _, who := range []permit.Actor{sys, lead} {
		_, err = h.Do(t.Context(), who, "ann", Grant{m})
		h.want(err, "flow.not_your_step")
	}
	_, err = h.Do(t.Context(), auditor, "ann", Grant{m})
	h.want(err, "flow.not_your_step")
	_, err = h.Do(t.Context(), sec, "ann", Grant{m})
	h.must(err)
	_, err = h.Do(t.Context(), sec, "ann", Grant{m})
	h.want(err, "account.not_proposed")
	c, err := h.Card(t.Context(), sec, "ann")
	h.must(err)
	if !slices.Equal(c.Open, []string{"close", "grant", "end", "suspend"}) {
		t.Errorf("the security administrator is offered %v", c.Open)
	}
	if c, err = h.Card(t.Context(), lead, "ann"); err != nil || !slices.Equal(c.Open, []string{"propose", "end"}) || len(c.Acts) > 0 || len(c.SignIns) > 0 {
		t.Errorf("the lead sees %+v, %v", c, err)
	}
	// The auditor changes nothing.
	for _, c := range []Command{Propose{editor()}, Grant{m}, End{m, "x"}, Suspend{"x"}} {
		_, err = h.Do(t.Context(), auditor, "ann", c)
		h.want(err, "flow.not_your_step")
	}
	_, err = h.Do(t.Context(), auditor, "ann", Close{"x"})
	h.want(err, "flow.not_at_this_stage") // people of the public close their own
	for _, c := range []Command{Register{}, Invite{editor()}, Confirm{}, Enrol{}} {
		_, err = h.Do(t.Context(), console, "ann", c)
		h.want(err, "flow.not_your_step")
	}
	_, err = h.Do(t.Context(), sec, "sec", Suspend{"x"})
	h.want(err, "account.not_oneself")
}

func TestInvitationTellsEveryFault(t *testing.T) {
	h := newHouse(t)
	h.invited()
	_, err := h.Invite(t.Context(), sys, Invitation{ID: "dan", Email: "dan@city.example", Offer: Offer{Organisation: "nowhere"}})
	h.want(err, "/name required")
	got := fieldsOf(err)
	if want := []string{"/name required", "/id account.id_taken", "/email account.email_taken", "/roles required", "/organisation account.unknown_body"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	for _, who := range []permit.Actor{sec, auditor, as("ann", permit.OpnEditor), nobody} {
		_, err = h.Invite(t.Context(), who, Invitation{ID: "dan"})
		h.want(err, "flow.not_your_step")
	}
	lead := as("lead", permit.OpnLead)
	_, err = h.Invite(t.Context(), lead, Invitation{ID: "new", Name: "新", Offer: Offer{Organisation: "away", Roles: []permit.Role{permit.OpnEditor}}})
	h.want(err, "flow.not_your_step")
	link, err := h.Invite(t.Context(), lead, Invitation{ID: "new", Name: "新", Lang: locale.EN, Offer: editor()})
	h.must(err)
	_, ticket, _ := strings.Cut(link, "http://city.test/en/enrol?ticket=")
	h.enrol(ticket, good)
	if r := h.holder("new"); r.Stage != StageActive || len(r.Memberships) != 1 || r.Memberships[0].GrantedBy != "" {
		t.Errorf("invited %+v", r)
	}
	// An invitation waits a week.
	link, err = h.Invite(t.Context(), sys, Invitation{ID: "late", Name: "迟", Offer: editor()})
	h.must(err)
	_, ticket, _ = strings.Cut(link, "ticket=")
	h.clock.Advance(7*24*time.Hour + time.Second)
	_, err = h.Enrolling(t.Context(), nobody, ticket, "")
	h.want(err, "account.bad_ticket")
}

func fieldsOf(err error) (all []string) {
	for _, f := range problemFields(err) {
		all = append(all, f.Pointer+" "+f.Code)
	}
	return all
}

// TestANewInstallation: three administrators, three people, no more.
func TestANewInstallation(t *testing.T) {
	h := newHouse(t)
	three := []Account{{ID: "a", Name: "甲", Roles: []permit.Role{permit.SysAdmin}}, {ID: "b", Name: "乙", Roles: []permit.Role{permit.SecAdmin}}, {ID: "c", Name: "丙", Roles: []permit.Role{permit.Auditor}}}
	_, err := h.First(t.Context(), console, three)
	h.want(err, "account.not_new")
	_, err = h.First(t.Context(), sys, three)
	h.want(err, "account.only_console")
	h.want(h.Put(t.Context(), sys, three[0]), "account.only_console")
	empty := *h
	tools := h.Tools
	tools.DB = databasetest.Open(t, ledger.Migrations, organisation.Migrations, Migrations)
	empty.Service = New(tools)
	links, err := empty.First(t.Context(), console, three)
	h.must(err)
	if len(links) != 3 || links[0] == links[1] {
		t.Fatalf("links %v", links)
	}
	for i, link := range links {
		_, ticket, _ := strings.Cut(link, "?ticket=")
		f := empty.enrol(ticket, good)
		empty.clock.Advance(time.Minute)
		if who := empty.actor(empty.signIn(three[i].ID, good, f)); !slices.Equal(who.Roles, three[i].Roles) {
			t.Errorf("%s acts as %+v", three[i].ID, who)
		}
	}
	_, err = empty.First(t.Context(), console, three)
	h.want(err, "account.not_new")
	if n, err := empty.Replay(t.Context(), console); err != nil || n != 3 {
		t.Errorf("replayed %d, %v", n, err)
	}
}

func TestSamplesLoadTwice(t *testing.T) {
	h := newHouse(t)
	before := h.holder("ann").version
	ann := Account{"ann", "安", "home", []permit.Role{permit.OpnEditor}}
	h.must(h.Put(t.Context(), console, ann))
	if h.holder("ann").version != before {
		t.Error("the same again is news")
	}
	ann.Roles = []permit.Role{permit.OpnReviewer}
	h.must(h.Put(t.Context(), console, ann))
	if a, err := h.Get(t.Context(), as("ann"), "ann"); err != nil || !slices.Equal(a.Roles, ann.Roles) || a.Organisation != "home" {
		t.Errorf("%+v, %v", a, err)
	}
	_, err := h.Get(t.Context(), as("bob"), "ann")
	h.want(err, "permit.not_your_part")
	h.want(h.Put(t.Context(), console, Account{"ann", "安", "home", []permit.Role{permit.OrgAdmin}}), "account.realm_stays")
	h.must(h.Put(t.Context(), console, Account{"pat", "样例个人", "", []permit.Role{permit.Person}}))
	if a, err := h.Get(t.Context(), console, "pat"); err != nil || !slices.Equal(a.Roles, []permit.Role{permit.Person}) {
		t.Errorf("%+v, %v", a, err)
	}
	// Somebody who waits for one of the three is not entered as another.
	_, err = h.Do(t.Context(), sys, "bob", Propose{Offer{Roles: []permit.Role{permit.Auditor}}})
	h.must(err)
	h.want(h.Put(t.Context(), console, Account{"bob", "博", "home", []permit.Role{permit.SecAdmin}}), "/roles account.duties_apart")
}

func TestDevelopmentSignIn(t *testing.T) {
	h := newHouse(t)
	_, err := h.DevEnter(t.Context(), nobody, "ann", browser)
	h.want(err, "web.nothing_here")
	_, err = h.DevCards(t.Context(), nobody)
	h.want(err, "web.nothing_here")
	h.Service.Dev = true
	all, err := h.DevCards(t.Context(), nobody)
	h.must(err)
	secret, err := h.DevEnter(t.Context(), nobody, "ann", browser)
	h.must(err)
	if who := h.actor(secret); len(all) != 7 || who.Account != "ann" || !who.Office || who.Must != "" || !who.Has(permit.OpnEditor) {
		t.Errorf("%d accounts; acts as %+v", len(all), who)
	}
}

// TestOutsideSignIns: by another house's word.
func TestOutsideSignIns(t *testing.T) {
	h := newHouse(t)
	o := Outside{Issuer: "https://id.test", Subject: "1", Email: "Pia@post.example", Name: "Pia"}
	enter := func(realm Realm, o Outside) (Begun, error) {
		return h.EnterOutside(t.Context(), nobody, realm, o, locale.EN, browser)
	}
	_, err := enter(Public, o)
	h.want(err, "account.no_address")
	o.EmailVerified = true
	// Somebody has squatted on the address, unconfirmed.
	h.must(h.Register(t.Context(), nobody, Registration{"Mallory", "pia@post.example", "a strangers words", true}, locale.ZH))
	squatted := h.sentTicket("pia@post.example", "contact")
	b, err := enter(Public, o)
	h.must(err)
	who := h.actor(b.Secret)
	if who.Name != "Pia" || who.Office {
		t.Errorf("acts as %+v", who)
	}
	_, err = h.Confirm(t.Context(), nobody, squatted, "a strangers words", browser)
	h.want(err, "account.bad_ticket")
	_, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", "a strangers words", browser})
	h.want(err, "account.refused")
	if again, err := enter(Public, Outside{Issuer: o.Issuer, Subject: "1"}); err != nil || h.actor(again.Secret).Account != who.Account {
		t.Errorf("the second time: %v", err)
	}
	_, err = enter(Office, o)
	h.want(err, "account.other_entrance")
	o.Subject = "2"
	_, err = enter(Public, o)
	h.want(err, "account.link_first")
	_, err = enter(Office, o)
	h.want(err, "account.not_linked")
	// The back office: linked from inside, and a second factor.
	f := h.invited()
	dan := h.actor(h.signIn("dan", good, f))
	h.want(h.LinkOutside(t.Context(), as("dan"), o), "account.in_browser")
	h.must(h.LinkOutside(t.Context(), dan, o))
	h.want(h.LinkOutside(t.Context(), dan, o), "account.identity_taken")
	b, err = enter(Office, o)
	h.must(err)
	if b.Secret != "" {
		t.Fatal("another house's word alone lets into the back office")
	}
	secret, err := h.Step(t.Context(), nobody, b.Ticket, h.code(f), browser)
	h.must(err)
	if m, err := h.Me(t.Context(), h.actor(secret)); err != nil || m.SignIns[0].Method != "oidc" || len(m.Identities) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	o.Strong = true
	b, err = enter(Office, o)
	h.must(err)
	if b.Secret == "" {
		t.Error("a strong proof asks for a second")
	}
	h.want(h.Unlink(t.Context(), dan, o.Issuer, "1"), "account.no_identity")
	h.must(h.Unlink(t.Context(), dan, o.Issuer, "2"))
	_, err = enter(Office, o)
	h.want(err, "account.not_linked")
}

// TestOldAccountsMoveIn: what stood in the table before there were memberships
// acts as before, and has a history from its first change on.
func TestOldAccountsMoveIn(t *testing.T) {
	all, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	text, err := fs.ReadFile(Migrations, all[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "old.db")
	h := newHouse(t)
	old, err := database.Open(context.Background(), database.Options{Path: path, Clock: h.clock,
		Migrations: []fs.FS{ledger.Migrations, organisation.Migrations, fstest.MapFS{all[0]: {Data: text}}}})
	h.must(err)
	h.must(old.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO account (id, name, organisation, roles) VALUES ('old', '旧', 'home', '["opn_editor"]')`)
		if err == nil {
			_, err = tx.Exec(`INSERT INTO token (hash, account, label, issued_at) VALUES (?, 'old', 'x', '2026-11-23T00:00:00.000Z')`, hashOf("kaishu_old"))
		}
		return err
	}))
	h.must(old.Close())
	tools := h.Tools
	tools.DB = databasetest.At(t, path, ledger.Migrations, organisation.Migrations, Migrations)
	moved := New(tools)
	who, err := moved.SignIn(t.Context(), "kaishu_old")
	h.must(err)
	if who.Account != "old" || who.Organisation != "home" || !who.Has(permit.OpnEditor) {
		t.Errorf("acts as %+v", who)
	}
	if n, err := moved.Replay(t.Context(), console); err != nil || n != 1 {
		t.Errorf("replayed %d, %v", n, err)
	}
	_, err = moved.Do(t.Context(), sec, "old", Suspend{"查证"})
	h.must(err)
	if _, err := moved.Replay(t.Context(), console); err != nil {
		t.Error(err)
	}
}
