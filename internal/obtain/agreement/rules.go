package agreement

import (
	"cmp"
	"slices"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where an agreement stands (SM-10).
type Stage string

// The stages.
const (
	StageGenerated   Stage = "generated"   // to be signed by the applicant
	StageNegotiating Stage = "negotiating" // one side asks for other optional clauses
	StageSigned      Stage = "signed_utl"  // to be signed by the publisher
	StageEffective   Stage = "effective"
	StageAmended     Stage = "amended" // in force; one side has signed other optional clauses
	StageBreached    Stage = "breached"
	StageExpired     Stage = "expired"
	StageTerminated  Stage = "terminated"
	StageLapsed      Stage = "lapsed" // the applicant did not sign in time
)

// Table is the whole life of an agreement. Only a violation lets the publisher
// end it; its user may give it up.
var Table = flow.Table[Stage]{
	{Do: "generate", From: in(""), To: StageGenerated, By: permit.Clock, Article: "20"},
	{Do: "propose", From: in(StageGenerated), To: StageNegotiating, By: permit.Person, Article: "20"},
	{Do: "propose", From: in(StageGenerated), To: StageNegotiating, By: permit.OrgAdmin, Article: "20"},
	{Do: "propose", From: in(StageGenerated), To: StageNegotiating, By: permit.OpnLead, Article: "20"},
	{Do: "agree", From: in(StageNegotiating), To: StageGenerated, By: permit.Person, Not: "propose", Article: "20"},
	{Do: "agree", From: in(StageNegotiating), To: StageGenerated, By: permit.OrgAdmin, Not: "propose", Article: "20"},
	{Do: "agree", From: in(StageNegotiating), To: StageGenerated, By: permit.OpnLead, Not: "propose", Article: "20"},
	{Do: "decline", From: in(StageNegotiating), To: StageGenerated, By: permit.Person, Article: "20"},
	{Do: "decline", From: in(StageNegotiating), To: StageGenerated, By: permit.OrgAdmin, Article: "20"},
	{Do: "decline", From: in(StageNegotiating), To: StageGenerated, By: permit.OpnLead, Article: "20"},
	{Do: "sign", From: in(StageGenerated), To: StageSigned, By: permit.Person, Article: "20"},
	{Do: "sign", From: in(StageGenerated), To: StageSigned, By: permit.OrgAdmin, Article: "20"},
	{Do: "countersign", From: in(StageSigned), To: StageEffective, By: permit.OpnLead, Not: "sign", Article: "20"},
	{Do: "amend", From: in(StageEffective), To: StageAmended, By: permit.Person, Article: "20"},
	{Do: "amend", From: in(StageEffective), To: StageAmended, By: permit.OrgAdmin, Article: "20"},
	{Do: "amend", From: in(StageEffective), To: StageAmended, By: permit.OpnLead, Article: "20"},
	{Do: "accept", From: in(StageAmended), To: StageEffective, By: permit.Person, Not: "amend", Article: "20"},
	{Do: "accept", From: in(StageAmended), To: StageEffective, By: permit.OrgAdmin, Not: "amend", Article: "20"},
	{Do: "accept", From: in(StageAmended), To: StageEffective, By: permit.OpnLead, Not: "amend", Article: "20"},
	{Do: "reject", From: in(StageAmended), To: StageEffective, By: permit.Person, Article: "20"},
	{Do: "reject", From: in(StageAmended), To: StageEffective, By: permit.OrgAdmin, Article: "20"},
	{Do: "reject", From: in(StageAmended), To: StageEffective, By: permit.OpnLead, Article: "20"},
	{Do: "breach", From: InForce, To: StageBreached, By: permit.OpnLead, Article: "32"},
	{Do: "breach", From: InForce, To: StageBreached, By: permit.AutOfficer, Article: "32"},
	{Do: "restore", From: in(StageBreached), To: StageEffective, By: permit.OpnLead, Article: "32"},
	{Do: "restore", From: in(StageBreached), To: StageEffective, By: permit.AutOfficer, Article: "32"},
	{Do: "terminate", From: InForce, To: StageTerminated, By: permit.Person},
	{Do: "terminate", From: InForce, To: StageTerminated, By: permit.OrgAdmin},
	{Do: "terminate", From: in(StageBreached), To: StageTerminated, By: permit.OpnLead, Not: "breach", Article: "32"},
	{Do: "terminate", From: in(StageBreached), To: StageTerminated, By: permit.AutOfficer, Not: "breach", Article: "32"},
	{Do: "ring", From: Open, By: permit.Clock},
	{Do: "recount", From: in(StageGenerated, StageNegotiating, StageSigned), By: permit.Clock},
	{Do: "expire", From: in(StageEffective, StageAmended, StageBreached), To: StageExpired, By: permit.Clock, Article: "20"},
	{Do: "lapse", From: in(StageGenerated, StageNegotiating), To: StageLapsed, By: permit.Clock},
}

// InForce are the stages in which data may be used, Open those in which
// something is still to come.
var (
	InForce = in(StageEffective, StageAmended)
	Open    = in(StageGenerated, StageNegotiating, StageSigned, StageEffective, StageAmended, StageBreached)
)

func in(s ...Stage) []Stage { return s }

// MayRead is the rule of asking for agreements: who may see which is decided
// once they are found.
var MayRead = permit.Rule{Act: "agreement.read", By: []permit.Role{permit.Person, permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance,
	permit.OpnReviewer, permit.OpnLead, permit.OpnSecurity, permit.CtrEngineer, permit.AutOfficer, permit.Auditor}, Article: "20"}

// mayOversee are those who see the agreements of all.
var mayOversee = []permit.Role{permit.Clock, permit.CtrEngineer, permit.AutOfficer, permit.Auditor}

// The terms of this package, see terms.json of casework/calendar. [D]
const (
	TermSigning     = "agreement.signing"     // for the applicant, from the day it is made
	TermCountersign = "agreement.countersign" // for the publisher, from the applicant's signature
)

// SigningSteps are what happens while the applicant's signature is waited for,
// CountersignSteps while the publisher's is. Neither signs anything.
var (
	SigningSteps     = []deadline.Step{{Name: "unsigned", Term: "agreement.unsigned"}}
	CountersignSteps = []deadline.Step{{Name: "countersign_warning", Term: "agreement.countersign_warning", Tell: []permit.Role{permit.OpnLead}},
		{Name: "countersign_overdue", Term: "agreement.countersign_overdue", Tell: []permit.Role{permit.OpnLead, permit.AutOfficer}, Overdue: true}}
)

// Warnings are the steps by which the end of an agreement is told. Their terms,
// called so after "agreement.", are counted back from it.
var Warnings = []string{"expiry_first", "expiry_second"}

// Agreement is one agreement.
type Agreement struct {
	ID     string `json:"id"`
	Number string `json:"number"` // as people call it, e.g. "XY-2026-000012"
	Subject
	Stage      Stage             `json:"stage"`
	Template   int               `json:"template"` // its version
	Edition    int               `json:"edition"`  // of the text, from 1
	Clauses    []Clause          `json:"clauses"`
	SHA256     string            `json:"sha256"` // of the text
	Change     *Change           `json:"change,omitempty"`
	Signatures []Signature       `json:"signatures,omitempty"`
	Clock      deadline.Clock    `json:"clock"` // of whoever is to sign; then of the agreement's time
	From       workday.Date      `json:"in_force_from,omitempty"`
	Until      workday.Date      `json:"in_force_until,omitempty"`
	Reason     string            `json:"reason,omitempty"` // of the violation or the end
	EndedOn    workday.Date      `json:"ended_on,omitempty"`
	Did        map[string]string `json:"did,omitempty"` // verb → doer, for four eyes
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who         permit.Actor // with the roles that count for this agreement; see [Parts]
	Now         time.Time
	Today       workday.Date
	Template    Template // of the agreement
	Approved    Subject  // what was approved, read again
	Proved      bool     // who has just proved himself again
	Next        string   // sha256 of the text that the command would give
	Signing     deadline.Clock
	Countersign deadline.Clock
	WarnDays    map[string]int // step → days before the end
}

// Side returns for which side who acts; "" for none.
func Side(who permit.Actor) string {
	switch {
	case who.HasAny(permit.Person, permit.OrgAdmin):
		return SideUser
	case who.Has(permit.OpnLead):
		return SidePublisher
	}
	return ""
}

// Parts returns who with the roles that count in a: the publisher's of its own
// people, and the applicant's of the person or of the body that applied.
func Parts(who permit.Actor, a Agreement) permit.Actor {
	var roles []permit.Role
	for _, r := range who.Roles {
		counts := true
		switch r {
		case permit.Person:
			counts = a.Organisation == "" && who.Account == a.Account
		case permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance:
			counts = a.Organisation != "" && who.Organisation == a.Organisation
		case permit.OpnLead, permit.OpnReviewer, permit.OpnSecurity:
			counts = who.Organisation == a.Publisher
		}
		if counts {
			roles = append(roles, r)
		}
	}
	who.Roles = roles
	return who
}

// MaySee reports whether who may open a.
func MaySee(who permit.Actor, a Agreement) bool {
	return Parts(who, a).HasAny(append(slices.Clone(MayRead.By), mayOversee...)...)
}

// Decide says what happens when c is asked of a. It changes nothing.
func Decide(f Facts, a Agreement, c Command) ([]Event, error) {
	if err := Table.Permit(a.Stage, c.Verb(), f.Who, a.Did); err != nil {
		return nil, err
	}
	by := f.Who.Doer()
	switch c := c.(type) {
	case Generate:
		return generate(f, c)
	case Propose, Agree, Decline, Amend, Accept, Reject:
		return change(f, a, c)
	case Sign:
		if f.Today > a.Clock.Due.Day {
			return nil, problem.New(problem.Conflict, "agreement.too_late", "day", string(a.Clock.Due.Day))
		}
		if err := signing(f, a, c.Signing, a.SHA256); err != nil {
			return nil, err
		}
		return []Event{Signed{Signature: signature(f, a.SHA256, a.Edition, SideUser), Clock: f.Countersign}}, nil
	case Countersign:
		if err := signing(f, a, c.Signing, a.SHA256); err != nil {
			return nil, err
		}
		return []Event{effective(f, a)}, nil
	case Breach:
		return reasoned(c.Reason, Breached{By: by, On: f.Today, Reason: c.Reason})
	case Restore:
		return reasoned(c.Reason, Restored{By: by, On: f.Today, Reason: c.Reason})
	case Terminate:
		return reasoned(c.Reason, Terminated{By: by, Side: ends(f, a), On: f.Today, Reason: c.Reason})
	case Ring:
		return ring(f, a), nil
	case Recount:
		if c.Clock.Equal(a.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	case Expire:
		if f.Today <= a.Until {
			return nil, nil
		}
		return []Event{Expired{On: f.Today}}, nil
	case Lapse:
		if f.Today <= a.Clock.Due.Day {
			return nil, nil
		}
		return []Event{Lapsed{On: f.Today}}, nil
	}
	panic("agreement: no rule for " + c.Verb())
}

// ends says who ends a: its user gives it up, or publisher or supervisor end it
// after a violation.
func ends(f Facts, a Agreement) string {
	switch {
	case a.Stage != StageBreached:
		return SideUser
	case f.Who.Has(permit.OpnLead):
		return SidePublisher
	}
	return "authority"
}

func generate(f Facts, c Generate) ([]Event, error) {
	clauses := f.Template.Fill(c.Number, c.Subject)
	return []Event{Generated{ID: c.ID, Number: c.Number, Subject: c.Subject, Template: f.Template.Version, Clauses: clauses, SHA256: f.Next, Clock: f.Signing}}, nil
}

// signing refuses a signature: the four clauses of Article 20 are there as the
// template has them, scenario and data are those that were approved, and who
// signs has read this text and proved himself again.
func signing(f Facts, a Agreement, s Signing, text string) error {
	var p problem.List
	whole(&p, f, a)
	if s.SHA256 != text {
		p.Add("/sha256", "agreement.other_text")
	}
	agreed(&p, f, s.Read)
	return p.Err()
}

func agreed(p *problem.List, f Facts, read bool) {
	if !read {
		p.Add("/read", "agreement.read_first")
	}
	if !f.Proved {
		p.Add("/present", "agreement.prove")
	}
}

// whole adds what is wrong with the text of a (Article 20).
func whole(p *problem.List, f Facts, a Agreement) {
	want := f.Template.Fill(a.Number, a.Subject)
	for _, code := range Mandatory {
		i := slices.IndexFunc(a.Clauses, func(c Clause) bool { return c.Code == code })
		j := slices.IndexFunc(want, func(c Clause) bool { return c.Code == code })
		if i < 0 || j < 0 || a.Clauses[i].Text.ZH == "" || a.Clauses[i] != want[j] {
			p.Add("/clauses/"+code, "agreement.clause_missing", "clause", code)
		}
	}
	if f.Approved.Scenario != a.Scenario {
		p.Add("/scenario", "agreement.scenario_differs")
	}
	if !slices.EqualFunc(f.Approved.Datasets, a.Datasets, sameGiven) {
		p.Add("/datasets", "agreement.datasets_differ")
	}
}

// sameGiven reports whether two approvals give the same, whatever the dataset
// is called now.
func sameGiven(a, b Given) bool {
	return a.Dataset == b.Dataset && a.Set == b.Set && slices.Equal(a.Fields, b.Fields) && a.From == b.From && a.To == b.To && a.Mode == b.Mode && a.Months == b.Months
}

func signature(f Facts, text string, edition int, side string) Signature {
	return Signature{Side: side, By: f.Who.Doer(), At: f.Now.UTC().Truncate(time.Millisecond), SHA256: text, Edition: edition}
}

// effective counts the months of each dataset from today; the first day is not
// counted (Civil Code, Article 201).
func effective(f Facts, a Agreement) Effective {
	e := Effective{Agreement: a.ID, Application: a.Application, Account: a.Account, Organisation: a.Organisation, Publisher: a.Publisher, From: f.Today,
		Signature: signature(f, a.SHA256, a.Edition, SidePublisher)}
	for _, g := range a.Datasets {
		g.Until = f.Today.AddMonths(g.Months)
		e.Until = max(e.Until, g.Until)
		e.Datasets = append(e.Datasets, g)
	}
	e.Clock = deadline.Clock{ReceivedOn: f.Today, Due: workday.Due{Day: e.Until}}
	for _, step := range Warnings {
		if on := e.Until.AddDays(-f.WarnDays[step]); on > f.Today {
			e.Clock.Steps = append(e.Clock.Steps, deadline.Day{Step: step, On: on})
		}
	}
	slices.SortStableFunc(e.Clock.Steps, func(a, b deadline.Day) int { return cmp.Compare(a.On, b.On) })
	return e
}

func reasoned(reason string, e Event) ([]Event, error) {
	var p problem.List
	need(&p, "/reason", reason)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// MaxText is the longest text of a reason or a clause, in characters. [D]
const MaxText = 2000

func need(p *problem.List, at, text string) {
	p.Require(at, text)
	short(p, at, text)
}

func short(p *problem.List, at, text string) {
	if len([]rune(text)) > MaxText {
		p.Add(at, "agreement.too_long", "most", MaxText)
	}
}

// ring takes the steps of the day.
func ring(f Facts, a Agreement) []Event {
	e := Rang{Steps: a.Clock.Ring(f.Today)}
	if len(e.Steps) == 0 {
		return nil
	}
	for _, name := range e.Steps {
		step, _ := deadline.Find(CountersignSteps, name)
		e.Late = e.Late || step.Overdue
	}
	return []Event{e}
}
