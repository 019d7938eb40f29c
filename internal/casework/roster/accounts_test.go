package roster

import (
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/proof"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
)

var (
	machine = permit.Actor{Account: "console", Roles: []permit.Role{permit.SysAdmin, permit.SecAdmin}}
	officer = permit.Actor{Account: "li", Roles: []permit.Role{permit.CtrIntake}}
)

type post struct{}

func (post) Send(*database.Tx, account.Message) error { return nil }

// TestProofsChangePeople holds the ports to the real accounts and bodies.
func TestProofsChangePeople(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, organisation.Migrations, account.Migrations}})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	box, err := auth.OpenBox(filepath.Join(t.TempDir(), "key"))
	must(t, err)
	organisations := organisation.New(db)
	accounts := account.New(account.Tools{DB: db, Clock: now, IDs: id.New(now), Passwords: auth.NewPasswords(1), Box: box, Messenger: post{}})
	a := Accounts{accounts, organisations}
	for _, name := range []string{"ann", "bob"} { // as the console enters them: verified
		must(t, accounts.Put(t.Context(), machine, account.Account{ID: name, Name: name, Roles: []permit.Role{permit.Person}}))
	}
	write := func(do func(*database.Tx) error) error { return db.Write(t.Context(), do) }
	works := proof.Body{Name: locale.Text{ZH: "样例公司"}, Kind: "enterprise", USCC: "91350100M000100Y43"}
	body := ""
	must(t, write(func(tx *database.Tx) (err error) { body, err = a.ProveBody(tx, officer, "ann", works); return err }))
	if err := write(func(tx *database.Tx) error { _, err := a.ProveBody(tx, officer, "bob", works); return err }); problem.As(err) == nil || problem.As(err).Code != "roster.body_there" {
		t.Errorf("the same body again: %v", err)
	}
	if err := write(func(tx *database.Tx) error {
		_, err := a.ProveBody(tx, permit.Actor{Account: "eve"}, "bob", works)
		return err
	}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("by no officer: %v", err)
	}
	admin := permit.Actor{Account: "ann", Organisation: body, Roles: []permit.Role{permit.OrgAdmin}}
	must(t, write(func(tx *database.Tx) error {
		for name, want := range map[string]bool{"ann": true, "bob": false} {
			if is, err := a.Administers(tx, name, body); err != nil || is != want {
				t.Errorf("%s administers: %t, %v", name, is, err)
			}
		}
		if name, err := a.Name(tx, body); err != nil || name.ZH != "样例公司" {
			t.Errorf("name: %v, %v", name, err)
		}
		if ok, err := a.Proved(tx, "ann"); !ok || err != nil {
			t.Errorf("proved: %t, %v", ok, err)
		}
		return a.Admit(tx, admin, "bob", []permit.Role{permit.OrgDeveloper})
	}))
	must(t, write(func(tx *database.Tx) error {
		all, err := a.Members(tx, admin)
		if err != nil || len(all) != 2 || all[1].Account != "bob" || all[1].Roles[0] != permit.OrgDeveloper {
			t.Fatalf("members: %+v, %v", all, err)
		}
		return a.End(tx, admin, "bob", all[1].Membership, "离职")
	}))
	must(t, db.Read(t.Context(), func(tx *database.Tx) error {
		all, err := a.Members(tx, admin)
		if len(all) != 1 {
			t.Errorf("after the end: %+v", all)
		}
		if address, _, err := a.Contact(tx, "console"); address != "" || err != nil {
			t.Errorf("the console has an address: %q, %v", address, err)
		}
		return err
	}))
	must(t, db.Read(t.Context(), ledger.Check))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
