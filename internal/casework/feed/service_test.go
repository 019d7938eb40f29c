package feed

import (
	"testing"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database/databasetest"
)

func TestAnAddressIsMadeReplacedAndEnded(t *testing.T) {
	s := New(databasetest.Open(t, Migrations), clock.At(databasetest.Noon))
	ann, eve := permit.Actor{Account: "ann"}, permit.Actor{Account: "eve"}
	whose := func(secret string) string {
		t.Helper()
		account, err := s.Whose(t.Context(), permit.Actor{}, secret)
		if err != nil {
			t.Fatal(err)
		}
		return account
	}
	make := func(who permit.Actor) string {
		t.Helper()
		secret, err := s.Make(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	first, other := make(ann), make(eve)
	second := make(ann)
	if whose(first) != "" || whose(second) != "ann" || whose(other) != "eve" || whose("") != "" || len(second) != 32 || first == second {
		t.Errorf("%q %q %q", whose(first), whose(second), whose(other))
	}
	if at, err := s.Since(t.Context(), ann); err != nil || !at.Equal(databasetest.Noon) {
		t.Errorf("%v %v", at, err)
	}
	for range 2 {
		if err := s.End(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := s.Since(t.Context(), ann); err != nil || !at.IsZero() || whose(second) != "" || whose(other) != "eve" {
		t.Errorf("after the end: %v %v %q", at, err, whose(second))
	}
	if _, err := s.Make(t.Context(), permit.Actor{}); err == nil {
		t.Error("nobody makes an address")
	}
}
