package roster

import (
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Given are the roles that an administrator can give.
var Given = []permit.Role{permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance}

// MayKeep is the rule of keeping the members; MayJoin that of accepting an
// invitation.
var (
	MayKeep = permit.Rule{Act: "roster.keep", By: []permit.Role{permit.OrgAdmin}, Article: "18"}
	MayJoin = permit.Rule{Act: "roster.join", By: []permit.Role{permit.Signed}, Article: "18"}
)

// Bounds of invitations. [D]
const (
	ValidDays = 7  // calendar days, the first not counted
	MaxOpen   = 20 // open invitations of one organisation
)

// Member is somebody who acts for the organisation.
type Member struct {
	Account    string        `json:"account"`
	Name       string        `json:"name"`
	Membership string        `json:"membership"` // id
	Roles      []permit.Role `json:"roles"`
	From       workday.Date  `json:"from"`
}

// Invitation is an invitation that is open.
type Invitation struct {
	ID           string        `json:"id"`
	Organisation string        `json:"organisation"`
	Roles        []permit.Role `json:"roles"`
	Email        string        `json:"email"`
	By           string        `json:"by"`    // account
	Until        workday.Date  `json:"until"` // last day
}

// Invite asks somebody to join.
type Invite struct {
	Email string        `json:"email"`
	Roles []permit.Role `json:"roles"`
}

// check returns every fault of i, with open others of the organisation.
func (i Invite) check(open []Invitation) error {
	var p problem.List
	local, domain, ok := strings.Cut(i.Email, "@")
	switch {
	case i.Email == "":
		p.Require("/email", i.Email)
	case !ok || local == "" || !strings.Contains(domain, ".") || len(i.Email) > 254 || strings.ContainsAny(i.Email, " \t\r\n,;<>\"()") || strings.Contains(domain, "@"):
		p.Add("/email", "roster.bad_email")
	case slices.ContainsFunc(open, func(o Invitation) bool { return strings.EqualFold(o.Email, i.Email) }):
		p.Add("/email", "roster.invited_already")
	}
	if len(open) >= MaxOpen {
		p.Add("/email", "roster.too_many", "most", MaxOpen)
	}
	checkRoles(&p, i.Roles)
	return p.Err()
}

func checkRoles(p *problem.List, roles []permit.Role) {
	if len(roles) == 0 {
		p.Add("/roles", "roster.no_role")
	}
	for _, r := range roles {
		if !slices.Contains(Given, r) {
			p.Add("/roles", "roster.other_role", "role", string(r))
		}
	}
}

// checkLast fails if, without member, nobody would administer the
// organisation.
func checkLast(all []Member, member string) error {
	if slices.ContainsFunc(all, func(m Member) bool { return m.Membership != member && slices.Contains(m.Roles, permit.OrgAdmin) }) {
		return nil
	}
	return problem.New(problem.Conflict, "roster.last_admin")
}

// Event is something that happened to an invitation. None holds an address.
type Event interface{ Kind() string }

// The events.
type (
	Invited struct {
		Organisation string        `json:"organisation"`
		Roles        []permit.Role `json:"roles"`
		Until        workday.Date  `json:"until"`
	}
	Revoked struct{}
	Joined  struct {
		Account string `json:"account"`
	}
)

func (Invited) Kind() string { return "roster.invited" }
func (Revoked) Kind() string { return "roster.revoked" }
func (Joined) Kind() string  { return "roster.joined" }
