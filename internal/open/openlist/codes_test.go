package openlist

import (
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/ledger"
)

// TestCodesInForce: a code that was ended stays with the entry that has it, and
// no other may take it; one that was added counts at once.
func TestCodesInForce(t *testing.T) {
	at := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	db := databasetest.Open(t, ledger.Migrations, codelist.Migrations, Migrations)
	first, err := FirstEdition()
	if err != nil {
		t.Fatal(err)
	}
	codes, err := codelist.New(t.Context(), db, at, first...)
	if err != nil {
		t.Fatal(err)
	}
	s := New(db, at, FromLists(codes))
	editor := permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	describe := func(slug, domain string) error {
		c := Describe{Description: changed(func(d *Description) { d.Domain = domain })}
		_, err := s.Do(t.Context(), editor, slug, c)
		return err
	}
	if err := describe("metro", "transport"); err != nil {
		t.Fatal(err)
	}
	root := permit.Actor{Account: "root", Roles: []permit.Role{permit.SysAdmin}}
	if _, err := codes.End(t.Context(), root, codelist.Domains, "transport", codelist.End{Last: "2026-11-25"}); err != nil {
		t.Fatal(err)
	}
	if err := describe("bus", "transport"); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	at.Advance(24 * time.Hour)
	if err := describe("metro", "transport"); err != nil {
		t.Errorf("the entry that has it: %v", err)
	}
	if err := describe("tram", "transport"); err == nil {
		t.Error("a code that has ended was taken")
	}
	if d, ok := s.Codes(permit.Actor{}).Domain("transport"); !ok || !d.Ended || d.Name.EN == "" {
		t.Errorf("its words are gone: %+v", d)
	}
	if _, err := codes.Add(t.Context(), root, codelist.Entry{List: codelist.Domains, Code: "space", Name: locale.Text{ZH: "航天", EN: "Space"}, From: "2026-11-26"}); err != nil {
		t.Fatal(err)
	}
	if err := describe("rocket", "space"); err != nil {
		t.Errorf("a new code: %v", err)
	}
}
