package account

import (
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Account is one person who acts.
type Account struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`         // shown; accounts of the sample are named by role and marked 样例
	Organisation string        `json:"organisation"` // id of the body; "" for none
	Roles        []permit.Role `json:"roles"`
}

// Actor returns a as someone acting.
func (a Account) Actor() permit.Actor {
	return permit.Actor{Account: a.ID, Organisation: a.Organisation, Roles: a.Roles}
}

// apart are the three administrators whose duties the rules on protected
// systems keep apart (三员分立).
var apart = []permit.Role{permit.SysAdmin, permit.SecAdmin, permit.Auditor}

// Check returns every fault of a, or nil.
func Check(a Account) error {
	var p problem.List
	p.Require("/id", a.ID)
	p.Require("/name", a.Name)
	if a.ID == permit.Platform.Account {
		p.Add("/id", "account.reserved")
	}
	administrators := 0
	for _, r := range a.Roles {
		if !slices.Contains(permit.Roles, r) {
			p.Add("/roles", "account.unknown_role", "role", string(r))
		}
		if slices.Contains(apart, r) {
			administrators++
		}
	}
	if administrators > 1 {
		p.Add("/roles", "account.duties_apart")
	}
	return p.Err()
}

// MayKeep returns nil if who may enter accounts and hand out tokens.
func MayKeep(who permit.Actor) error {
	if who.Has(permit.SysAdmin) {
		return nil
	}
	return problem.New(problem.Forbidden, "account.only_sys_admin")
}
