package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"path/filepath"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/people/organisation"
)

var (
	console = permit.Actor{Account: "console", Roles: []permit.Role{permit.SysAdmin, permit.SecAdmin}}
	sys     = permit.Actor{Account: "sys", Roles: []permit.Role{permit.SysAdmin}}
	sec     = permit.Actor{Account: "sec", Roles: []permit.Role{permit.SecAdmin}}
	auditor = permit.Actor{Account: "aud", Roles: []permit.Role{permit.Auditor}}
	browser = Caller{Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	nobody  = permit.Actor{Address: "192.0.2.7"}
)

const good = "seven quiet herons"

// house is a service on a real database, with the bodies home and away, and
// its people: sys, sec, aud, lead and ann and bob of home, eve of away.
type house struct {
	*Service
	t     *testing.T
	clock *clock.Manual
	mail  *Outbox
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db := databasetest.Open(t, ledger.Migrations, organisation.Migrations, Migrations)
	h := &house{t: t, clock: clock.At(noon), mail: &Outbox{}}
	box, err := auth.OpenBox(filepath.Join(t.TempDir(), "box.key"))
	h.must(err)
	h.Service = New(Tools{DB: db, Clock: h.clock, IDs: id.New(h.clock), Passwords: auth.NewPasswords(2), Box: box, Messenger: h.mail, Public: "http://city.test"})
	bodies := organisation.New(db)
	for _, b := range []string{"home", "away"} {
		h.must(bodies.Put(t.Context(), console, organisation.Organisation{ID: b, Name: locale.Text{ZH: "单位"}, Kind: organisation.Organ, Level: organisation.District, District: "310101"}))
	}
	for _, a := range []Account{{"sys", "系统", "", []permit.Role{permit.SysAdmin}}, {"sec", "安全", "", []permit.Role{permit.SecAdmin}},
		{"aud", "审计", "", []permit.Role{permit.Auditor}}, {"lead", "负责人", "home", []permit.Role{permit.OpnLead, permit.OpnReviewer}},
		{"ann", "安", "home", []permit.Role{permit.OpnEditor}}, {"bob", "博", "home", []permit.Role{permit.OpnEditor, permit.OpnGrader}},
		{"eve", "夏", "away", []permit.Role{permit.OpnLead}}} {
		h.must(h.Put(t.Context(), console, a))
	}
	t.Cleanup(func() {
		if _, err := h.Replay(context.WithoutCancel(t.Context()), console); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) want(err error, want string) {
	h.t.Helper()
	if got := code(err); got != want {
		h.t.Errorf("got %q, want %q", got, want)
	}
}

// sentTicket returns the ticket of the latest mail, which must be the one
// called code, to that address.
func (h *house) sentTicket(to, code string) string {
	h.t.Helper()
	all := h.mail.Mails()
	if len(all) == 0 || all[0].To != to || all[0].Code != code {
		h.t.Fatalf("latest mails: %+v", all)
	}
	_, ticket, found := strings.Cut(all[0].Args["link"].(string), "?ticket=")
	if !found || !strings.HasPrefix(all[0].Args["link"].(string), "http://city.test/") {
		h.t.Fatalf("link: %v", all[0].Args["link"])
	}
	return ticket
}

// factor is an authenticator.
type factor struct {
	secret string
	codes  []string // recovery codes
}

// code shows the code of now.
func (h *house) code(f factor) string {
	h.t.Helper()
	text, err := auth.Code(f.secret, auth.Step(h.clock.Now()))
	h.must(err)
	return text
}

// enrol uses a ticket as its holder does.
func (h *house) enrol(ticket, password string) factor {
	h.t.Helper()
	e, err := h.Enrolling(h.t.Context(), nobody, ticket, "")
	h.must(err)
	f := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	f.codes, err = h.SetFactor(h.t.Context(), nobody, ticket, Factor{Password: password, Pending: e.Pending, Code: h.code(f)})
	h.must(err)
	return f
}

// invited is dan of home, invited by sys, granted by sec, enrolled.
func (h *house) invited() factor {
	h.t.Helper()
	_, err := h.Invite(h.t.Context(), sys, Invitation{ID: "dan", Name: "单", Email: "Dan@City.Example", Offer: Offer{Organisation: "home", Roles: []permit.Role{permit.OpnEditor}}})
	h.must(err)
	f := h.enrol(h.sentTicket("dan@city.example", "enrol"), good)
	_, err = h.Do(h.t.Context(), sec, "dan", Grant{h.membership("dan", 0)})
	h.must(err)
	h.clock.Advance(time.Minute)
	return f
}

func (h *house) holder(account string) (r row) {
	h.t.Helper()
	h.must(h.DB.Read(h.t.Context(), func(tx *database.Tx) (err error) {
		r, err = load(tx, account)
		return err
	}))
	return r
}

func (h *house) membership(account string, n int) string { return h.holder(account).Memberships[n].ID }

// signIn signs dan in, whole.
func (h *house) signIn(name, password string, f factor) string {
	h.t.Helper()
	b, err := h.Enter(h.t.Context(), nobody, Entry{Office, name, password, browser})
	h.must(err)
	secret, err := h.Step(h.t.Context(), nobody, b.Ticket, h.code(f), browser)
	h.must(err)
	h.clock.Advance(30 * time.Second)
	return secret
}

// person is pia@post.example, registered and confirmed.
func (h *house) person() (secret string) {
	h.t.Helper()
	h.must(h.Register(h.t.Context(), nobody, Registration{"Pia", "pia@post.example", good, true}, locale.EN))
	secret, err := h.Confirm(h.t.Context(), nobody, h.sentTicket("pia@post.example", "contact"), good, browser)
	h.must(err)
	return secret
}

func (h *house) actor(secret string) permit.Actor {
	h.t.Helper()
	who, err := h.Session()(h.t.Context(), secret)
	h.must(err)
	return who
}
