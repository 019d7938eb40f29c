package roster

import (
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

func TestAddresses(t *testing.T) {
	roles := []permit.Role{permit.OrgDeveloper}
	for email, good := range map[string]bool{
		"a@example.org": true, "张三@例子.中国": true, "a.b+c@x.example.org": true,
		"": false, "a": false, "@example.org": false, "a@": false, "a@localhost": false, "a@b@c.org": false, "a b@example.org": false,
		"a@example.org,b@example.org": false, "<a@example.org>": false, "a@example.org\r\nBcc: b@example.org": false, strings.Repeat("a", 250) + "@example.org": false,
	} {
		if err := (Invite{Email: email, Roles: roles}).check(nil); (err == nil) != good {
			t.Errorf("%q: %v", email, err)
		}
	}
}

func TestInvitationsAreBounded(t *testing.T) {
	open := make([]Invitation, MaxOpen)
	open[3].Email = "A@example.org"
	err := Invite{Email: "a@example.org", Roles: []permit.Role{permit.OpnLead, permit.Person}}.check(open)
	p := problem.As(err)
	if p == nil || len(p.Fields) != 4 {
		t.Errorf("faults: %v", err)
	}
}

func TestSomebodyAdministersAlways(t *testing.T) {
	all := []Member{{Membership: "a", Roles: []permit.Role{permit.OrgAdmin}}, {Membership: "b", Roles: []permit.Role{permit.OrgDeveloper}}}
	if checkLast(all, "b") != nil || checkLast(all, "a") == nil || checkLast(nil, "x") == nil {
		t.Error("the last administrator can be ended, or another cannot")
	}
}
