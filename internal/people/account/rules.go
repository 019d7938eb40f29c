package account

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Realm is by which entrance an account comes in.
type Realm string

// The realms.
const (
	Public Realm = "public"
	Office Realm = "office"
)

// Stage is where an account stands.
type Stage string

// The stages: first those of the public, then those of the back office.
const (
	StageRegistered Stage = "registered"       // the address is not confirmed yet
	StageContact    Stage = "contact_verified" // the address is theirs
	StageVerified   Stage = "verified"         // real name, or the body they speak for, proved
	StageRestricted Stage = "restricted"       // may sign in, may do nothing

	StageInvited   Stage = "invited" // password and second factor are not set yet
	StageActive    Stage = "active"
	StageSuspended Stage = "suspended"

	StageClosed Stage = "closed"
)

// Stages lists every stage.
var Stages = []Stage{StageRegistered, StageContact, StageVerified, StageRestricted, StageInvited, StageActive, StageSuspended, StageClosed}

// Table is the whole life of an account, SM-24. What "visitor" does is done by
// whoever holds the secret that was sent to the account's own address, or by
// the person himself; see [Facts].
var Table = flow.Table[Stage]{
	{Do: "register", From: in(""), To: StageRegistered, By: permit.Visitor},
	{Do: "confirm", From: in(StageRegistered), To: StageContact, By: permit.Visitor},
	{Do: "verify", From: in(StageContact), To: StageVerified, By: permit.CtrIntake},
	{Do: "admit", From: in(StageContact, StageVerified), By: permit.OrgAdmin},
	{Do: "restrict", From: in(StageContact, StageVerified), To: StageRestricted, By: permit.SecAdmin},
	{Do: "lift", From: in(StageRestricted), To: StageContact, By: permit.SecAdmin},
	{Do: "lift", From: in(StageRestricted), To: StageVerified, By: permit.SecAdmin},
	{Do: "close", From: in(StageRegistered, StageContact, StageVerified), To: StageClosed, By: permit.Visitor},
	{Do: "close", From: in(StageRegistered, StageContact, StageVerified, StageRestricted), To: StageClosed, By: permit.SecAdmin},

	{Do: "invite", From: in(""), To: StageInvited, By: permit.SysAdmin, Article: "26"},
	{Do: "invite", From: in(""), To: StageInvited, By: permit.OpnLead, Article: "26"},
	{Do: "enrol", From: in(StageInvited), To: StageActive, By: permit.Visitor},
	{Do: "propose", From: in(StageInvited, StageActive), By: permit.SysAdmin, Article: "26"},
	{Do: "propose", From: in(StageInvited, StageActive), By: permit.OpnLead, Article: "26"},
	{Do: "grant", From: in(StageInvited, StageActive), By: permit.SecAdmin, Not: "invite propose", Article: "26"},
	{Do: "end", From: in(StageContact, StageVerified), By: permit.OrgAdmin},
	{Do: "end", From: in(StageInvited, StageActive, StageSuspended), By: permit.OpnLead, Article: "26"},
	{Do: "end", From: in(StageContact, StageVerified, StageRestricted, StageInvited, StageActive, StageSuspended), By: permit.SecAdmin, Article: "26"},
	{Do: "suspend", From: in(StageActive), To: StageSuspended, By: permit.SecAdmin, Article: "26"},
	{Do: "resume", From: in(StageSuspended), To: StageActive, By: permit.SecAdmin, Article: "26"},
	{Do: "close", From: in(StageInvited, StageActive, StageSuspended), To: StageClosed, By: permit.SecAdmin, Article: "26"},
}

func in(s ...Stage) []Stage { return s }

// apart are the three administrators whose duties the rules on protected
// systems keep apart (三员分立).
var apart = []permit.Role{permit.SysAdmin, permit.SecAdmin, permit.Auditor}

// leadMayEnter are the roles that the lead of a body proposes for his people.
var leadMayEnter = []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnSecurity}

// adminMayAdmit are the roles that the administrator of a data user's
// organisation gives to its members.
var adminMayAdmit = []permit.Role{permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance}

// MayEnterFor reports whether who may enter people for the body called
// organisation; "" is for no body. Article 26.
func MayEnterFor(who permit.Actor, organisation string) bool {
	return Table.Rule("account", "invite").Allows(who, permit.Thing{Body: organisation})
}

// MayEnterAs returns the roles that who may enter somebody of realm with, if he
// may enter him at all.
func MayEnterAs(who permit.Actor, realm Realm) []permit.Role {
	switch {
	case realm == Public:
		return adminMayAdmit // Person comes with the proof of a name, not with a membership
	case who.Has(permit.SysAdmin):
		return permit.OfficeRoles
	}
	return leadMayEnter
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who    permit.Actor
	Now    time.Time
	New    string // id for a membership that the command makes
	Body   bool   // the body that the command names exists
	Proven bool   // whoever asks showed the secret that was sent to the account's own address
}

func (f Facts) today() workday.Date { return workday.Of(f.Now) }

// Decide says what happens when c is asked of h. It changes nothing.
func Decide(f Facts, h Holder, c Command) ([]Event, error) {
	who := f.Who.For(body(f, c))
	if err := Table.Permit(h.Stage, c.Verb(), who, h.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Register:
		return []Event{Registered{}}, nil
	case Confirm:
		return proven(f, Confirmed{})
	case Enrol:
		return proven(f, Enrolled{})
	case Verify:
		return verify(f, h, c)
	case Invite:
		return offer(f, h, c.Offer, "", Invited{By: f.Who.Doer()})
	case Propose:
		return offer(f, h, c.Offer, "")
	case Admit:
		return offer(f, h, c.Offer, f.Who.Account)
	case Grant:
		return grant(f, h, c)
	case End:
		return end(f, h, c)
	case Close:
		if !who.Has(permit.SecAdmin) && (h.ID == "" || who.Account != h.ID) {
			return nil, problem.New(problem.Forbidden, "permit.not_yours")
		}
		if h.Realm == Public && who.Account == h.ID {
			return []Event{Closed{At: f.Now}}, nil
		}
	}
	return stop(f, h, c)
}

// body returns whose case c is: the body that it names, or who's own.
func body(f Facts, c Command) string {
	switch c := c.(type) {
	case Invite:
		return c.Organisation
	case Propose:
		return c.Organisation
	case Admit:
		return c.Organisation
	}
	return f.Who.Organisation
}

func proven(f Facts, e Event) ([]Event, error) {
	if !f.Proven {
		return nil, problem.New(problem.Forbidden, "account.bad_ticket")
	}
	return []Event{e}, nil
}

func verify(f Facts, h Holder, c Verify) ([]Event, error) {
	events := []Event{Verified{By: f.Who.Account}}
	if c.Organisation == "" {
		return events, nil
	}
	more, err := offer(f, h, Offer{Organisation: c.Organisation, Roles: []permit.Role{permit.OrgAdmin}}, f.Who.Account)
	if err != nil {
		return nil, err
	}
	return append(events, more...), nil
}

// offer enters a membership, in force at once if grantedBy names who says so.
func offer(f Facts, h Holder, o Offer, grantedBy string, before ...Event) ([]Event, error) {
	if f.Who.Is(h.ID) {
		return nil, problem.New(problem.Forbidden, "account.not_oneself")
	}
	o.From = cmp.Or(o.From, f.today())
	h.Realm = cmp.Or(h.Realm, Office) // an invitation is to the back office
	if err := checkOffer(f, h, o); err != nil {
		return nil, err
	}
	return append(before, Proposed{Membership{ID: f.New, Organisation: o.Organisation, Roles: o.Roles, From: o.From, Until: o.Until,
		By: f.Who.Doer(), GrantedBy: grantedBy}}), nil
}

func checkOffer(f Facts, h Holder, o Offer) error {
	var p problem.List
	checkRoles(&p, f.Who, h, o.Roles)
	bound := slices.ContainsFunc(o.Roles, func(r permit.Role) bool {
		return r.Reach() == permit.OwnBody || r.Reach() == permit.District
	})
	if o.Organisation == "" && bound {
		p.Add("/organisation", "required")
	} else if o.Organisation != "" && !f.Body {
		p.Add("/organisation", "account.unknown_body")
	}
	checkDays(&p, f, o.From, o.Until)
	checkApart(&p, h, o.Roles, f.today())
	return p.Err()
}

func checkRoles(p *problem.List, who permit.Actor, h Holder, roles []permit.Role) {
	if len(roles) == 0 {
		p.Add("/roles", "required")
	}
	for _, r := range roles {
		switch {
		case !slices.Contains(permit.Roles, r):
			p.Add("/roles", "account.unknown_role", "role", string(r))
		case slices.Contains(permit.OfficeRoles, r) != (h.Realm == Office):
			p.Add("/roles", "account.other_realm", "role", string(r))
		case !slices.Contains(MayEnterAs(who, h.Realm), r):
			p.Add("/roles", "account.not_for_you", "role", string(r))
		}
	}
}

func checkDays(p *problem.List, f Facts, from, until workday.Date) {
	switch {
	case !from.Valid():
		p.Add("/from", "account.bad_day")
	case until != "" && !until.Valid():
		p.Add("/until", "account.bad_day")
	case until != "" && (until < from || until < f.today()):
		p.Add("/until", "account.ends_before")
	}
}

// checkApart keeps the three administrators apart, over everything that the
// account holds, is to hold, or was offered.
func checkApart(p *problem.List, h Holder, roles []permit.Role, today workday.Date) {
	held := slices.Clone(roles)
	for _, m := range h.Memberships {
		if m.Open(today) {
			held = append(held, m.Roles...)
		}
	}
	n := 0
	for _, r := range apart {
		if slices.Contains(held, r) {
			n++
		}
	}
	if n > 1 {
		p.Add("/roles", "account.duties_apart")
	}
}

func grant(f Facts, h Holder, c Grant) ([]Event, error) {
	m, ok := h.Membership(c.Membership)
	switch {
	case !ok:
		return nil, notFound("/membership", "account.no_membership")
	case f.Who.Is(m.By) || f.Who.Is(h.ID):
		return nil, problem.New(problem.Forbidden, "flow.four_eyes")
	case m.GrantedBy != "" || !m.Open(f.today()):
		return nil, problem.New(problem.Conflict, "account.not_proposed")
	}
	var p problem.List
	checkApart(&p, h, m.Roles, f.today()) // a second proposal may have come meanwhile
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Granted{Membership: m.ID, By: f.Who.Account}}, nil
}

func end(f Facts, h Holder, c End) ([]Event, error) {
	m, ok := h.Membership(c.Membership)
	if !ok || Table.Permit(h.Stage, c.Verb(), f.Who.For(m.Organisation), h.Did) != nil { // to another body, there is none
		return nil, notFound("/membership", "account.no_membership")
	}
	if err := needReason(c.Reason); err != nil {
		return nil, err
	}
	if !m.EndedAt.IsZero() {
		return nil, problem.New(problem.Conflict, "account.ended_already")
	}
	return []Event{Ended{Membership: m.ID, At: f.Now}}, nil
}

func notFound(pointer, code string) error {
	var p problem.List
	p.Add(pointer, code)
	return p.Err()
}

// stop decides what the security administrator does to a whole account.
func stop(f Facts, h Holder, c Command) ([]Event, error) {
	reason := ""
	var e Event
	switch c := c.(type) {
	case Suspend:
		reason, e = c.Reason, Suspended{}
	case Resume:
		reason, e = c.Reason, Resumed{}
	case Restrict:
		reason, e = c.Reason, Restricted{}
	case Lift:
		to := StageContact
		if h.Proved {
			to = StageVerified
		}
		reason, e = c.Reason, Lifted{To: to}
	case Close:
		reason, e = c.Reason, Closed{At: f.Now}
	default:
		panic("account: no rule for " + c.Verb())
	}
	if f.Who.Is(h.ID) {
		return nil, problem.New(problem.Forbidden, "account.not_oneself")
	}
	if err := needReason(reason); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

func needReason(reason string) error {
	var p problem.List
	p.Require("/reason", strings.TrimSpace(reason))
	return p.Err()
}
