package permit

import (
	"slices"
	"testing"
)

func TestEverybodyIsAVisitor(t *testing.T) {
	for _, a := range []Actor{{}, Platform, {Account: "ann", Roles: []Role{OpnEditor}}} {
		if !a.Has(Visitor) {
			t.Errorf("%q is no visitor", a.Account)
		}
	}
	nobody := Actor{}
	for _, r := range append(slices.Clone(Roles), Clock) {
		if nobody.Has(r) {
			t.Errorf("nobody holds %s", r)
		}
	}
	if nobody.Known() || !Platform.Known() {
		t.Error("who is known is wrong")
	}
}

func TestForKeepsRolesOfABodyAtHome(t *testing.T) {
	all := slices.Clone(Roles)
	a := Actor{Account: "ann", Organisation: "transport", Roles: all, Address: "192.0.2.1"}
	if home := a.For("transport"); !slices.Equal(home.Roles, Roles) {
		t.Errorf("at home %v", home.Roles)
	}
	away := a.For("health")
	for _, r := range Roles {
		want := r != OpnEditor && r != OpnReviewer && r != OpnLead
		if away.Has(r) != want {
			t.Errorf("elsewhere %s: %t, want %t", r, away.Has(r), want)
		}
	}
	if away.Account != "ann" || away.Address != a.Address || away.Organisation != "transport" {
		t.Errorf("elsewhere somebody else: %+v", away)
	}
	if !slices.Equal(a.Roles, Roles) {
		t.Error("the actor's own roles were changed")
	}
	if got := (Actor{Account: "bob", Roles: []Role{OpnLead}}).For("health"); got.Has(OpnLead) {
		t.Error("somebody without a body leads another's")
	}
}

func TestNoAccountIsTheClock(t *testing.T) {
	if slices.Contains(Roles, Clock) || slices.Contains(Roles, Visitor) {
		t.Error("an account could be given the platform's or the public's part")
	}
	if !Platform.Has(Clock) || len(Platform.Roles) != 1 {
		t.Errorf("the platform plays %v", Platform.Roles)
	}
}
