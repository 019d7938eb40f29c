package account

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Account is one account as samples write it and commands of the machine use
// it: with one membership.
type Account struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`         // shown; accounts of the sample are named by role and marked 样例
	Organisation string        `json:"organisation"` // id of the body; "" for none
	Roles        []permit.Role `json:"roles"`
}

// Actor returns a as someone acting.
func (a Account) Actor() permit.Actor {
	return permit.Actor{Account: a.ID, Name: a.Name, Organisation: a.Organisation, Roles: a.Roles}
}

// realm is that of the roles: of the back office, unless all are the public's.
func (a Account) realm() Realm {
	if len(a.Roles) > 0 && !slices.ContainsFunc(a.Roles, func(r permit.Role) bool { return !slices.Contains(permit.PublicRoles, r) }) {
		return Public
	}
	return Office
}

// Check returns every fault of a, or nil.
func Check(a Account) error {
	var p problem.List
	checkID(&p, a.ID)
	p.Require("/name", a.Name)
	for _, r := range a.Roles {
		switch {
		case !slices.Contains(permit.Roles, r):
			p.Add("/roles", "account.unknown_role", "role", string(r))
		case a.realm() == Office && slices.Contains(permit.PublicRoles, r):
			p.Add("/roles", "account.other_realm", "role", string(r))
		}
	}
	checkApart(&p, Holder{}, a.Roles, "")
	return p.Err()
}

const idLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// checkID adds what is wrong with an id: 1 to 80 letters, digits, "-", "_"
// and ".", so that it is no address and needs no escape anywhere.
func checkID(p *problem.List, id string) {
	switch {
	case id == "":
		p.Add("/id", "required")
	case len(id) > 80 || strings.Trim(id, idLetters) != "":
		p.Add("/id", "account.bad_id")
	case id == permit.Platform.Account || id == "console":
		p.Add("/id", "account.reserved")
	}
}

// checkEmail adds what is wrong with an address that auth.FoldName returned. The
// proof that it works is that a mail arrives.
func checkEmail(p *problem.List, email string) {
	name, host, found := strings.Cut(email, "@")
	switch {
	case email == "":
		p.Add("/email", "required")
	case !found || name == "" || len(email) > 254 || !strings.Contains(host, ".") || strings.ContainsAny(email, " \t\r\n<>,;:\"()[]\\") || strings.Contains(host, "@"):
		p.Add("/email", "account.bad_email")
	}
}

const mostName = 60 // characters

func checkName(p *problem.List, name string) {
	p.Require("/name", name)
	if utf8.RuneCountInString(name) > mostName {
		p.Add("/name", "account.name_too_long", "most", mostName)
	}
}

// The limits of sign-ins. All [D]: decisions of this platform, after the
// protection rules for systems of level three (GB/T 22239, 8.1.4.1).
const (
	officeIdle  = 30 * time.Minute    // without a request
	officeWhole = 12 * time.Hour      // whatever happens
	publicIdle  = 12 * time.Hour      //
	publicWhole = 30 * 24 * time.Hour //

	freeFailures = 4                // may be wrong before an account is locked
	firstLock    = 15 * time.Minute // doubles with each further failure
	longestLock  = 24 * time.Hour
	forgetAfter  = 48 * time.Hour // failures that nobody adds to

	// seenEvery bounds how often a sign-in in use is written down.
	seenEvery = time.Minute
)

// idle and whole are how long a sign-in of r lasts.
func (r Realm) idle() time.Duration {
	if r == Office {
		return officeIdle
	}
	return publicIdle
}

func (r Realm) whole() time.Duration {
	if r == Office {
		return officeWhole
	}
	return publicWhole
}

// lockFor returns how long an account is locked after so many failures in a
// row; 0 for not at all.
func lockFor(failures int) time.Duration {
	if failures <= freeFailures {
		return 0
	}
	return min(longestLock, firstLock<<min(failures-freeFailures-1, 10))
}

// Purpose is what a ticket, a secret for one use, is good for.
type Purpose string

// The purposes.
const (
	ForEnrol   Purpose = "enrol"   // password and second factor of the back office
	ForRecover Purpose = "recover" // a new password
	ForContact Purpose = "contact" // proof of an address
	ForStep    Purpose = "step"    // the second step of a sign-in under way
)

// lasts is how long a ticket may wait [D].
func (p Purpose) lasts() time.Duration {
	switch p {
	case ForEnrol:
		return 7 * 24 * time.Hour
	case ForContact:
		return 24 * time.Hour
	case ForRecover:
		return time.Hour
	}
	return 5 * time.Minute
}

// mostTickets is how many tickets of one purpose an account may be sent within
// the life of one, so that nobody's mailbox is flooded [D].
const mostTickets = 3

// mostDelegated is how many days a delegation may last [D].
const mostDelegated = 90

// mostTokens is how many tokens that count an account may have [D].
const mostTokens = 20

// mayPass reports whether a role can be delegated: the administrators' and
// what is tied to a person, an expert's opinion or an evaluator's, cannot.
func mayPass(r permit.Role) bool {
	return slices.Contains(permit.OfficeRoles, r) && !slices.Contains(apart, r) && r != permit.Expert && r != permit.Evaluator
}

// DecideDelegation says what happens when f.Who has h act in his place, where
// source is the membership of his own from which the roles come. It changes
// nothing.
func DecideDelegation(f Facts, h Holder, source Membership, d Delegation) ([]Event, error) {
	switch {
	case f.Who.Behalf != "":
		return nil, problem.New(problem.Forbidden, "account.delegated_once")
	case f.Who.Is(h.ID):
		return nil, problem.New(problem.Forbidden, "account.not_oneself")
	}
	var p problem.List
	if h.Stage != StageActive || !h.Member(f.Who.Organisation, f.today()) {
		p.Add("/to", "account.not_a_colleague")
	}
	if len(d.Roles) == 0 {
		p.Add("/roles", "required")
	}
	for _, r := range d.Roles {
		if !slices.Contains(source.Roles, r) || !mayPass(r) {
			p.Add("/roles", "account.not_yours_to_pass", "role", string(r))
		}
	}
	if d.From == "" {
		d.From = f.today()
	}
	p.Require("/until", string(d.Until))
	if d.Until != "" {
		checkDays(&p, f, d.From, d.Until)
		if last := f.today().AddDays(mostDelegated); d.Until.Valid() && d.Until > last {
			p.Add("/until", "account.too_long_away", "last", string(last))
		}
	}
	checkApart(&p, h, d.Roles, f.today())
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Delegated{Membership{ID: f.New, Organisation: f.Who.Organisation, Roles: d.Roles, From: d.From, Until: d.Until,
		Behalf: f.Who.Account, Source: source.ID, By: f.Who.Account, GrantedBy: f.Who.Account}}}, nil
}

// Roles returns what an account of that realm and stage may be by m, on a day;
// of a delegation what its source gives on that day. An account that acts in
// no membership is a person, once the name is proved.
func rolesOf(realm Realm, stage Stage, m *Membership, source *Membership, today workday.Date) []permit.Role {
	live := realm == Office && stage == StageActive || realm == Public && (stage == StageContact || stage == StageVerified)
	switch {
	case !live:
		return nil
	case m == nil && realm == Public && stage == StageVerified:
		return []permit.Role{permit.Person}
	case m == nil || !m.InForce(today):
		return nil
	case m.Behalf == "":
		return m.Roles
	case source == nil || !source.InForce(today):
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Roles), func(r permit.Role) bool { return !slices.Contains(source.Roles, r) })
}

// The rules of acts that move no account.
var (
	// MayKeep: who enters accounts and hands out tokens for others.
	MayKeep = permit.Rule{Act: "account.keep", By: []permit.Role{permit.SysAdmin}, Article: "26"}
	// MayGuard: who unlocks, resets second factors and ends others' sign-ins.
	MayGuard = permit.Rule{Act: "account.guard", By: []permit.Role{permit.SecAdmin}, Article: "26"}
	// MayList: who sees accounts; leads and administrators those of their body.
	MayList = permit.Rule{Act: "account.list", By: []permit.Role{permit.SysAdmin, permit.SecAdmin, permit.Auditor, permit.OpnLead, permit.OrgAdmin, permit.CtrIntake}}
	// MayAdminister: who sees accounts on the pages of the back office.
	MayAdminister = permit.Rule{Act: "account.administer", By: []permit.Role{permit.SysAdmin, permit.SecAdmin, permit.Auditor, permit.OpnLead, permit.CtrIntake}}
	// MayDelegate: who has somebody act in his place.
	MayDelegate = permit.Rule{Act: "account.delegate", By: slices.DeleteFunc(slices.Clone(permit.OfficeRoles), func(r permit.Role) bool { return !mayPass(r) })}
	// Own: one's own account.
	Own = permit.Rule{Act: "account.own", By: []permit.Role{permit.Signed}}
)
