// Package permit names the roles of people and the parts they play in a case
// (requirements A.8).
package permit

import "slices"

// Role is what an account may be, and the part it then plays in a case.
type Role string

// Roles of the public realm.
const (
	Visitor Role = "visitor" // 公众: anybody, not signed in (Article 17)
)

// Roles of the back office: the opening body (数据开放主体), the centre
// (市大数据中心) and the three administrators kept apart (三员分立).
const (
	OpnEditor   Role = "opn_editor"   // 填报员: lists, dictionaries, uploads
	OpnReviewer Role = "opn_reviewer" // 审核员: decides, suspends
	OpnLead     Role = "opn_lead"     // 负责人: releases, recalls
	CtrEngineer Role = "ctr_engineer" // 市大数据中心工程人员: pipelines, delivery
	CtrQuality  Role = "ctr_quality"  // 市大数据中心质量人员
	CtrOps      Role = "ctr_ops"      // 市大数据中心运维人员
	SysAdmin    Role = "sys_admin"    // 系统管理员: accounts and configuration
	SecAdmin    Role = "sec_admin"    // 安全管理员: security policy
	Auditor     Role = "auditor"      // 审计员: reads everything that happened, changes nothing
)

// Clock is the platform itself, when a date passes or a job ends.
const Clock Role = "clock"

// Roles lists every role that an account can be given, in the order above.
var Roles = []Role{OpnEditor, OpnReviewer, OpnLead, CtrEngineer, CtrQuality, CtrOps, SysAdmin, SecAdmin, Auditor}

// ofBody are the roles that count only within the account's own body.
var ofBody = []Role{OpnEditor, OpnReviewer, OpnLead}

// Actor is someone acting. The zero Actor is an anonymous visitor.
type Actor struct {
	Account      string // account id; "" for a visitor, "clock" for the platform
	Organisation string // id of the body that the account belongs to; "" for none
	Roles        []Role
	Address      string // network address of a request; "" inside the platform
}

// Platform is the actor of whatever happens by time or rule.
var Platform = Actor{Account: "clock", Roles: []Role{Clock}}

// Has reports whether a holds role r. Everybody is a visitor.
func (a Actor) Has(r Role) bool { return r == Visitor || slices.Contains(a.Roles, r) }

// HasAny reports whether a holds one of roles.
func (a Actor) HasAny(roles ...Role) bool { return slices.ContainsFunc(roles, a.Has) }

// Known reports whether a has signed in or is the platform.
func (a Actor) Known() bool { return a.Account != "" }

// For returns a with the roles that count in a case of the body called
// organisation: those of a body count only at home.
func (a Actor) For(organisation string) Actor {
	if a.Organisation == organisation {
		return a
	}
	a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(r Role) bool { return slices.Contains(ofBody, r) })
	return a
}
