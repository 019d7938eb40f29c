// Package permit says who may do what: the roles of people (requirements
// A.8), how far each role reaches, and the rules that every page, address of
// the API and command asks.
//
// Read permit.go, then rule.go.
package permit

import (
	"slices"
	"strings"
)

// Role is what an account may be, and the part it then plays in a case.
type Role string

// Roles that need no membership.
const (
	Visitor Role = "visitor" // 公众: anybody, not signed in (Article 17)
	Signed  Role = "signed"  // whoever has signed in, for his own things
)

// Roles of the public realm: persons, and the members of organisations that
// registered (自然人、法人和非法人组织).
const (
	Person        Role = "person"
	OrgAdmin      Role = "org_admin"      // keeps members and proof, signs agreements
	OrgDeveloper  Role = "org_developer"  // holds keys, sees own usage
	OrgCompliance Role = "org_compliance" // reports use, answers spot checks
)

// Roles of the back office.
const (
	OpnEditor   Role = "opn_editor"   // 填报员: lists, dictionaries, uploads
	OpnGrader   Role = "opn_grader"   // 定级员: grading, conditions, supervision measures
	OpnReviewer Role = "opn_reviewer" // 审核员: decides, suspends
	OpnLead     Role = "opn_lead"     // 负责人: releases, recalls
	OpnSecurity Role = "opn_security" // 安全员: risk forms, incidents, spot checks

	DisOfficer Role = "dis_officer" // 区人民政府确定的部门: oversight in the district

	CtrIntake       Role = "ctr_intake"        // 受理员: completeness, proofs of identity
	CtrListReviewer Role = "ctr_list_reviewer" // 清单审核员: returns or accepts list orders
	CtrEngineer     Role = "ctr_engineer"      // 工程人员: pipelines, delivery
	CtrQuality      Role = "ctr_quality"       // 质量人员: rules, runs, objections
	CtrOps          Role = "ctr_ops"           // 运维人员: monitoring, jobs, emergency stop
	CtrContent      Role = "ctr_content"       // 内容人员: platform rules, policies, news

	AutOfficer Role = "aut_officer" // 主管部门
	CacOfficer Role = "cac_officer" // 网信部门
	PsbOfficer Role = "psb_officer" // 公安部门
	GofOfficer Role = "gof_officer" // 市政府办公厅

	AcceptanceOfficer Role = "acceptance_officer" // 信息系统验收主管
	Expert            Role = "expert"             // 专家: assigned reviews only
	Evaluator         Role = "evaluator"          // 第三方专业机构

	SysAdmin Role = "sys_admin" // 系统管理员: accounts and configuration
	SecAdmin Role = "sec_admin" // 安全管理员: roles, lock-outs, second factors
	Auditor  Role = "auditor"   // 审计员: reads everything that happened, changes nothing
)

// Clock is the platform itself, when a date passes or a job ends.
const Clock Role = "clock"

// PublicRoles are those that an account of the public realm can be given.
var PublicRoles = []Role{Person, OrgAdmin, OrgDeveloper, OrgCompliance}

// OfficeRoles are those that an account of the back office can be given.
var OfficeRoles = []Role{OpnEditor, OpnGrader, OpnReviewer, OpnLead, OpnSecurity, DisOfficer,
	CtrIntake, CtrListReviewer, CtrEngineer, CtrQuality, CtrOps, CtrContent,
	AutOfficer, CacOfficer, PsbOfficer, GofOfficer, AcceptanceOfficer, Expert, Evaluator, SysAdmin, SecAdmin, Auditor}

// Roles lists every role that an account can be given.
var Roles = append(slices.Clone(PublicRoles), OfficeRoles...)

// Reach is whose things a role counts for.
type Reach string

// The reaches.
const (
	Everything Reach = "everything"
	OwnBody    Reach = "own_body" // things of the body that the actor acts for
	District   Reach = "district" // things of the bodies of the actor's district
	Self       Reach = "self"     // the actor's own things
)

// Reach returns whose things r counts for.
func (r Role) Reach() Reach {
	switch r {
	case OpnEditor, OpnGrader, OpnReviewer, OpnLead, OpnSecurity, OrgAdmin, OrgDeveloper, OrgCompliance:
		return OwnBody
	case DisOfficer:
		return District
	case Signed, Person:
		return Self
	}
	return Everything
}

// Actor is someone acting. The zero Actor is an anonymous visitor.
type Actor struct {
	Account      string // account id; "" for a visitor, "clock" for the platform
	Name         string // as shown to the actor; "" for programs
	Organisation string // id of the body that the actor acts for; "" for none
	District     string // of that body; "" for none
	Behalf       string // account that delegated the roles (代办); "" if they are the actor's own
	Roles        []Role
	Session      string // id of the sign-in; "" for a token
	Office       bool   // signed in by the entrance of the back office
	Must         string // name of the page that comes before any other, e.g. "platformrules.accept"; "" for none
	Address      string // network address of a request; "" inside the platform
}

// Platform is the actor of whatever happens by time or rule.
var Platform = Actor{Account: "clock", Roles: []Role{Clock}}

// Has reports whether a holds role r. Everybody is a visitor.
func (a Actor) Has(r Role) bool {
	return r == Visitor || r == Signed && a.Known() || slices.Contains(a.Roles, r)
}

// HasAny reports whether a holds one of roles.
func (a Actor) HasAny(roles ...Role) bool { return slices.ContainsFunc(roles, a.Has) }

// Known reports whether a has signed in or is the platform.
func (a Actor) Known() bool { return a.Account != "" }

// between stands between who did something and for whom; ids have no blanks.
const between = " for "

// Doer is how what a does is recorded for four eyes: "bob", or "bob for ann"
// where bob acts for ann (代办).
func (a Actor) Doer() string {
	if a.Behalf == "" {
		return a.Account
	}
	return a.Account + between + a.Behalf
}

// Doers returns who did what [Actor.Doer] recorded, and for whom; "" for
// nobody else.
func Doers(doer string) (account, behalf string) {
	account, behalf, _ = strings.Cut(doer, between)
	return account, behalf
}

// Is reports whether a, or the account that a acts for, is one of [Doers]: what
// is done in another's place counts for four eyes as done by both, whichever
// of them comes later. An id of an account alone is a doer. Nobody is "".
func (a Actor) Is(doer string) bool {
	account, behalf := Doers(doer)
	return a.is(account) || a.is(behalf)
}

func (a Actor) is(id string) bool { return id != "" && (id == a.Account || id == a.Behalf) }

// For returns a with the roles that count in a case of the body called
// organisation.
func (a Actor) For(organisation string) Actor { return a.Toward(Thing{Body: organisation}) }

// Toward returns a with the roles that count for t.
func (a Actor) Toward(t Thing) Actor {
	counts := func(r Role) bool { return a.reaches(r, t) }
	if !slices.ContainsFunc(a.Roles, func(r Role) bool { return !counts(r) }) {
		return a
	}
	a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(r Role) bool { return !counts(r) })
	return a
}

// reaches reports whether r, held by a, counts for t.
func (a Actor) reaches(r Role, t Thing) bool {
	switch r.Reach() {
	case OwnBody:
		return t.Body != "" && t.Body == a.Organisation
	case District:
		return t.District != "" && t.District == a.District
	case Self:
		return t.Account == "" || t.Account == a.Account
	}
	return true
}
