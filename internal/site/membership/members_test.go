package membership

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/notice"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

// register is the members of two organisations.
type register map[string][]roster.Member

func (r register) Administers(_ *database.Tx, account, organisation string) (bool, error) {
	return slices.ContainsFunc(r[organisation], func(m roster.Member) bool { return m.Account == account && slices.Contains(m.Roles, permit.OrgAdmin) }), nil
}

func (r register) Members(_ *database.Tx, admin permit.Actor) ([]roster.Member, error) {
	return r[admin.Organisation], nil
}

func (r register) Admit(_ *database.Tx, admin permit.Actor, account string, roles []permit.Role) error {
	o := admin.Organisation
	r[o] = append(r[o], roster.Member{Account: account, Name: "name of " + account, Membership: o + "-" + account + "-" + string(roles[0]), Roles: roles, From: "2026-11-25"})
	return nil
}

func (r register) End(_ *database.Tx, admin permit.Actor, _, membership, _ string) error {
	r[admin.Organisation] = slices.DeleteFunc(slices.Clone(r[admin.Organisation]), func(m roster.Member) bool { return m.Membership == membership })
	return nil
}

func (r register) Name(_ *database.Tx, organisation string) (locale.Text, error) {
	return locale.Text{ZH: organisation + "公司", EN: organisation + " Ltd"}, nil
}

type rosterBench struct {
	*testing.T
	*sitetest.House
	register register
	clock    *clock.Manual
	pool     *queue.Pool
	mails    []notice.Message
	notices  *notice.Service
}

func newRoster(t *testing.T) *rosterBench {
	t.Helper()
	b := &rosterBench{T: t, register: register{}, clock: clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))}
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: b.clock,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, notice.Migrations, roster.Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	words := sitetest.Words(t, Messages, notice.Messages, roster.Messages, layout.Messages)
	ids := id.New(b.clock)
	b.notices = notice.New(notice.Tools{DB: db, Clock: b.clock, IDs: ids, Words: words, Kinds: roster.Kinds, Box: plainBox{},
		Mail:    func(_ context.Context, m notice.Message) error { b.mails = append(b.mails, m); return nil },
		Contact: func(*database.Tx, string) (string, locale.Lang, error) { return "", "", nil }})
	s := roster.New(roster.Tools{DB: db, Clock: b.clock, IDs: ids, Words: words, Box: plainBox{}, Notices: b.notices, People: b.register, Public: "https://data.example"})
	b.pool = queue.NewPool(db, b.clock, ids, slog.New(slog.DiscardHandler), queue.Options{}, b.notices.Jobs()...)
	admin := func(account, organisation string) permit.Actor {
		return permit.Actor{Account: account, Organisation: organisation, Roles: []permit.Role{permit.OrgAdmin}}
	}
	b.register.Admit(nil, admin("", "acme"), "ann", []permit.Role{permit.OrgAdmin})
	b.register.Admit(nil, admin("", "other"), "oz", []permit.Role{permit.OrgAdmin})
	b.House = sitetest.NewHouse(t, b.clock, words, assets.Files, []permit.Actor{admin("ann", "acme"), admin("oz", "other"), {Account: "bob"}, {Account: "cy"}},
		func(look *layout.Layout) []web.Route {
			p := New(Tools{Roster: s, Layout: look})
			return append(p.Routes(), layout.Both(web.Route{Method: "GET", Path: "/{lang}/form", Name: "membership.form", May: permit.Public,
				Do: func(c *web.Context) error { return c.HTML(200, []byte(`<input name="csrf" value="`+c.Token()+`">`)) }})...)
		})
	return b
}

// invite has ann invite an address, and returns the address of the link.
func (b *rosterBench) invite(fields ...string) string {
	b.Helper()
	if a := b.Send(b, "ann", "/zh/organisation", "/zh/organisation", fields...); a.Status != 303 {
		b.Fatalf("invite: %d %s", a.Status, a.Body)
	}
	for more := true; more; {
		var err error
		if more, err = b.pool.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	return regexp.MustCompile(`/zh/join\?ticket=[0-9a-f]{64}`).FindString(b.mails[len(b.mails)-1].Text)
}

func (b *rosterBench) ticket(link string) string { return strings.TrimPrefix(link, "/zh/join?ticket=") }

func TestMembersAreInvitedAndJoinOnce(t *testing.T) {
	b := newRoster(t)
	b.Page(t, "ann", "/zh/organisation")
	b.Page(t, "ann", "/en/organisation")
	a := b.Send(t, "ann", "/zh/organisation", "/zh/organisation", "/email", "bob at example", "/roles/-", "opn_lead")
	if a.Status != layout.Status || !strings.Contains(a.Body, "写法不对") || !strings.Contains(a.Body, "不能给予角色opn_lead") {
		t.Errorf("all faults at once: %d", a.Status)
	}
	if a := b.Send(t, "ann", "/zh/organisation", "/zh/organisation", "/email", ""); a.Status != layout.Status || !strings.Contains(a.Body, "必填") || !strings.Contains(a.Body, "至少选一个角色") {
		t.Errorf("nothing: %d", a.Status)
	}
	link := b.invite("/email", "bob@example.org", "/roles/-", "org_developer", "/roles/-", "org_compliance")
	if m := b.mails[0]; m.To != "bob@example.org" || m.Subject != "acme公司邀请您加入" || link == "" {
		t.Fatalf("letter: %+v", m)
	}
	if a := b.Send(t, "ann", "/zh/organisation", "/zh/organisation", "/email", "BOB@example.org", "/roles/-", "org_admin"); a.Status != layout.Status || !strings.Contains(a.Body, "已经邀请过") {
		t.Errorf("twice: %d", a.Status)
	}
	if a := b.Ask(t, "", "GET", link, nil, "Accept: application/json"); a.Status != 401 {
		t.Errorf("a visitor joins: %d", a.Status)
	}
	if page := b.Page(t, "bob", link); !strings.Contains(page, "acme公司邀请您加入，角色：开发人员、合规人员") {
		t.Error("what one joins is not said")
	}
	b.Page(t, "bob", strings.Replace(link, "/zh/", "/en/", 1))
	if a := b.Send(t, "ann", link, "/zh/join", "/ticket", b.ticket(link)); a.Status != layout.Status || !strings.Contains(a.Body, "已经是") {
		t.Errorf("a member joins: %d", a.Status)
	}
	if a := b.Send(t, "bob", link, "/zh/join", "/ticket", b.ticket(link)); a.Status != 303 {
		t.Fatalf("join: %d %s", a.Status, a.Body)
	}
	if m := b.register["acme"]; len(m) != 2 || m[1].Account != "bob" || len(m[1].Roles) != 2 {
		t.Errorf("members: %+v", m)
	}
	for _, path := range []string{link, "/zh/join?ticket=", "/zh/join?ticket=" + strings.Repeat("0", 64)} {
		if a := b.Ask(t, "cy", "GET", path, nil); a.Status != 404 {
			t.Errorf("%s after it was used: %d", path, a.Status)
		}
	}
	if n, err := b.notices.Unread(t.Context(), permit.Actor{Account: "ann"}); n != 1 || err != nil {
		t.Errorf("the inviter was told %d, %v", n, err)
	}
}

func TestInvitationsEnd(t *testing.T) {
	b := newRoster(t)
	link := b.invite("/email", "bob@example.org", "/roles/-", "org_developer")
	revoke := regexp.MustCompile(`/zh/organisation/invitations/[^"]+`).FindString(b.Page(t, "ann", "/zh/organisation"))
	if a := b.Send(t, "oz", "/zh/organisation", revoke); a.Status != 404 {
		t.Errorf("another's invitation: %d", a.Status)
	}
	if a := b.Send(t, "ann", "/zh/organisation", revoke); a.Status != 303 {
		t.Errorf("revoke: %d", a.Status)
	}
	if a := b.Ask(t, "bob", "GET", link, nil); a.Status != 404 {
		t.Errorf("revoked: %d", a.Status)
	}
	link = b.invite("/email", "bob@example.org", "/roles/-", "org_developer")
	kept := b.register["acme"]
	b.register["acme"] = nil // the inviter administers no more
	if a := b.Send(t, "bob", "/zh/form", "/zh/join", "/ticket", b.ticket(link)); a.Status != 404 {
		t.Errorf("by one who is no administrator: %d", a.Status)
	}
	b.register["acme"] = kept
	b.Page(t, "bob", link)
	b.clock.Advance(8 * 24 * time.Hour)
	if a := b.Ask(t, "bob", "GET", link, nil); a.Status != 404 {
		t.Errorf("after its last day: %d", a.Status)
	}
}

func TestRolesChangeAndMembershipsEnd(t *testing.T) {
	b := newRoster(t)
	b.register.Admit(nil, permit.Actor{Organisation: "acme"}, "bob", []permit.Role{permit.OrgDeveloper})
	b.register.Admit(nil, permit.Actor{Organisation: "acme"}, "cy", []permit.Role{permit.OrgAdmin})
	at := "/zh/organisation/members/acme-bob-org_developer"
	b.Page(t, "ann", at)
	if page := b.Page(t, "ann", strings.Replace(at, "/zh/", "/en/", 1)); !strings.Contains(page, `value="org_developer" checked`) {
		t.Error("the present role is not chosen")
	}
	for path, field := range map[string][]string{at: {"/roles/-", "org_developer"}, at + "/end": {"/reason", "x"}} {
		if a := b.Send(t, "oz", "/zh/organisation", path, field...); a.Status != 404 {
			t.Errorf("another's member %s: %d", path, a.Status)
		}
		if a := b.Send(t, "bob", "/zh/form", path, field...); a.Status != 403 {
			t.Errorf("no administrator at %s: %d", path, a.Status)
		}
		self := strings.Replace(path, "bob-org_developer", "ann-org_admin", 1)
		if a := b.Send(t, "ann", at, self, field...); a.Status != layout.Status || !strings.Contains(a.Body, "另一名管理员") {
			t.Errorf("oneself at %s: %d", path, a.Status)
		}
	}
	if m := b.register["acme"]; len(m) != 3 || m[0].Membership != "acme-ann-org_admin" {
		t.Errorf("members: %+v", m)
	}
	if a := b.Send(t, "ann", at, at); a.Status != layout.Status || !strings.Contains(a.Body, "至少选一个角色") {
		t.Errorf("no role: %d", a.Status)
	}
	if a := b.Send(t, "ann", at, at+"/end", "/reason", " "); a.Status != layout.Status || !strings.Contains(a.Body, `href="#f-reason"`) {
		t.Errorf("no reason: %d", a.Status)
	}
	if a := b.Send(t, "ann", at, at, "/roles/-", "org_compliance"); a.Status != 303 {
		t.Errorf("change: %d", a.Status)
	}
	at = "/zh/organisation/members/acme-bob-org_compliance"
	if a := b.Send(t, "ann", at, at+"/end", "/reason", "离职"); a.Status != 303 || len(b.register["acme"]) != 2 {
		t.Errorf("end: %d, %+v", a.Status, b.register["acme"])
	}
	told, err := b.notices.Inbox(t.Context(), permit.Actor{Account: "bob"}, "", 10)
	if err != nil || len(told.Items) != 2 || !strings.Contains(told.Items[0].Text.ZH, "离职") {
		t.Errorf("told: %+v, %v", told.Items, err)
	}
}
