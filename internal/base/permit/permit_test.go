package permit

import (
	"slices"
	"testing"

	"kaishu/internal/base/problem"
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
	a := Actor{Account: "ann", Organisation: "transport", District: "310101", Roles: all, Address: "192.0.2.1"}
	if home := a.Toward(Thing{Body: "transport", District: "310101"}); !slices.Equal(home.Roles, Roles) {
		t.Errorf("at home %v", home.Roles)
	}
	away := a.For("health")
	for _, r := range Roles {
		want := r.Reach() != OwnBody && r.Reach() != District
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

func TestRuleAsksRoleAndReach(t *testing.T) {
	keep := Rule{Act: "account.sign_ins", By: []Role{Signed, SecAdmin, OpnLead, DisOfficer}}
	for name, tt := range map[string]struct {
		who   Actor
		of    Thing
		asked problem.Kind // "" for may ask
		may   problem.Kind
	}{
		"nobody":                {Actor{}, Thing{Account: "ann"}, problem.Unsigned, problem.Unsigned},
		"own thing":             {Actor{Account: "ann"}, Thing{Account: "ann"}, "", ""},
		"another's":             {Actor{Account: "bob"}, Thing{Account: "ann"}, "", problem.Forbidden},
		"everywhere":            {Actor{Account: "sec", Roles: []Role{SecAdmin}}, Thing{Account: "ann"}, "", ""},
		"at home":               {Actor{Account: "bob", Organisation: "civil", Roles: []Role{OpnLead}}, Thing{Account: "ann", Body: "civil"}, "", ""},
		"away":                  {Actor{Account: "bob", Organisation: "civil", Roles: []Role{OpnLead}}, Thing{Account: "ann", Body: "metro"}, "", problem.Forbidden},
		"in the district":       {Actor{Account: "dis", District: "310101", Roles: []Role{DisOfficer}}, Thing{Account: "ann", Body: "metro", District: "310101"}, "", ""},
		"in another district":   {Actor{Account: "dis", District: "310101", Roles: []Role{DisOfficer}}, Thing{Account: "ann", District: "310104"}, "", problem.Forbidden},
		"a thing of no body":    {Actor{Account: "bob", Roles: []Role{OpnLead}}, Thing{Account: "ann"}, "", problem.Forbidden},
		"a thing of nobody's":   {Actor{Account: "bob"}, Thing{}, "", ""},
		"an officer of nowhere": {Actor{Account: "dis", Roles: []Role{DisOfficer}}, Thing{Account: "ann"}, "", problem.Forbidden},
	} {
		if got := kind(keep.Asked(tt.who)); got != tt.asked {
			t.Errorf("%s may ask: %q, want %q", name, got, tt.asked)
		}
		if got := kind(keep.Permit(tt.who, tt.of)); got != tt.may {
			t.Errorf("%s may do: %q, want %q", name, got, tt.may)
		}
		if keep.Allows(tt.who, tt.of) != (tt.may == "") {
			t.Errorf("%s: Allows and Permit disagree", name)
		}
	}
	admin := Rule{Act: "account.enter", By: []Role{SysAdmin}}
	if err := admin.Asked(Actor{Account: "ann"}); kind(err) != problem.Forbidden {
		t.Errorf("somebody without the role may ask: %v", err)
	}
	if !admin.Office() || keep.Office() || Public.Office() {
		t.Error("which acts belong to the back office is wrong")
	}
	for _, why := range keep.Explain(Actor{Account: "bob", Organisation: "civil", Roles: []Role{OpnLead}}, Thing{Body: "metro", Account: "ann"}) {
		if why.Held != (why.Role == OpnLead || why.Role == Signed) || why.Fits != (why.Role == SecAdmin) {
			t.Errorf("explained as %+v", why)
		}
	}
}

func kind(err error) problem.Kind {
	if err == nil {
		return ""
	}
	return problem.As(err).Kind
}

func TestWhoActsForAnotherIsBoth(t *testing.T) {
	stand := Actor{Account: "bob", Behalf: "ann"}
	for id, want := range map[string]bool{"bob": true, "ann": true, "eve": false, "": false} {
		if stand.Is(id) != want {
			t.Errorf("is %q: %t", id, !want)
		}
	}
	if (Actor{}).Is("") {
		t.Error("two visitors are one person")
	}
	for done, want := range map[string][]bool{ // by bob for ann, by bob himself, by ann herself, by eve for ann, by eve for others, by a visitor
		stand.Doer():                                {true, true, true, true, false, false},
		Actor{Account: "bob"}.Doer():                {true, true, false, false, false, false},
		Actor{Account: "ann"}.Doer():                {true, false, true, true, false, false},
		Actor{Account: "eve", Behalf: "bob"}.Doer(): {true, true, false, true, true, false},
		Actor{}.Doer():                              {false, false, false, false, false, false},
	} {
		for i, who := range []Actor{stand, {Account: "bob"}, {Account: "ann"}, {Account: "eve", Behalf: "ann"}, {Account: "eve", Behalf: "carl"}, {}} {
			if who.Is(done) != want[i] {
				t.Errorf("%q for %q counts as having done what %q did: %t", who.Account, who.Behalf, done, !want[i])
			}
		}
	}
	for done, want := range map[string][2]string{"bob for ann": {"bob", "ann"}, "bob": {"bob", ""}, "clock": {"clock", ""}, "": {}} {
		if account, behalf := Doers(done); account != want[0] || behalf != want[1] || (Actor{Account: account, Behalf: behalf}).Doer() != done {
			t.Errorf("%q was done by %q for %q", done, account, behalf)
		}
	}
}
