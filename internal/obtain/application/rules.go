package application

import (
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Stage is where an application stands (SM-09).
type Stage string

// The stages.
const (
	StageDraft       Stage = "draft"        // the applicant writes
	StageSubmitted   Stage = "submitted"    // waits for an officer of the centre
	StageIntake      Stage = "intake"       // an officer checks whether everything is there
	StageNotAccepted Stage = "not_accepted" // something is missing: the applicant's turn
	StageAccepted    Stage = "accepted"     // 受理: with the publishers, each for its own data
	StageApproved    Stage = "approved"     // at least one dataset was approved
	StageRejected    Stage = "rejected"     // none was
	StageWithdrawn   Stage = "withdrawn"
	StageExpired     Stage = "expired" // nobody went on with it
)

// Table is the life of an application up to the decision. What "visitor" does
// is done by the applicant alone; see [Facts.Mine]. Rows 5 to 9 of SM-09 are
// in package review, once per publisher.
var Table = flow.Table[Stage]{
	{Do: "open", From: in(""), To: StageDraft, By: permit.Visitor, Article: "18(2)"},
	{Do: "fill", From: in(StageDraft, StageNotAccepted), By: permit.Visitor, Article: "18(2)"},
	{Do: "submit", From: in(StageDraft, StageNotAccepted), To: StageSubmitted, By: permit.Visitor, Article: "18(2)"},
	{Do: "take", From: in(StageSubmitted), To: StageIntake, By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "take", From: in(StageIntake), By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "accept", From: in(StageIntake), To: StageAccepted, By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "decline", From: in(StageIntake), To: StageNotAccepted, By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "allow", From: in(StageIntake), By: permit.AutOfficer, Not: "submit take", Article: "19(1)"},
	{Do: "conclude", From: in(StageAccepted), To: StageApproved, By: permit.Clock, Article: "19(3)"},
	{Do: "conclude", From: in(StageAccepted), To: StageRejected, By: permit.Clock, Article: "19(3)"},
	{Do: "withdraw", From: in(StageDraft, StageSubmitted, StageIntake, StageNotAccepted, StageAccepted), To: StageWithdrawn, By: permit.Visitor},
	{Do: "ring", From: in(StageSubmitted, StageIntake), By: permit.Clock, Article: "19(1)"},
	{Do: "recount", From: in(StageSubmitted, StageIntake), By: permit.Clock},
	{Do: "lapse", From: in(StageDraft, StageNotAccepted), To: StageExpired, By: permit.Clock},
}

func in(s ...Stage) []Stage { return s }

// MayApply is the rule of one's own applications, MayCheck that of the
// officers who check them, MayAllow that of the supervisor, and MayOversee
// that of those who see all of them.
var (
	MayApply   = permit.Rule{Act: "application.apply", By: []permit.Role{permit.Person, permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance}, Article: "18(2)"}
	MayCheck   = permit.Rule{Act: "application.check", By: []permit.Role{permit.CtrIntake}, Article: "19(1)"}
	MayAllow   = permit.Rule{Act: "application.allow", By: []permit.Role{permit.AutOfficer}, Article: "19(1)"}
	MayOversee = permit.Rule{Act: "application.oversee", By: []permit.Role{permit.CtrIntake, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "19"}
)

// The terms of this package; see terms.json of casework/calendar.
const (
	TermIntake = "application.intake" // for the officer, from the submission
	TermLapse  = "application.lapse"  // for the applicant, from the last change
)

// Steps are what happens while an application waits for the officer.
var Steps = []deadline.Step{
	{Name: "unopened", Term: "application.unopened", Tell: []permit.Role{permit.CtrIntake}, Unseen: true},
	{Name: "due", Term: TermIntake, Tell: []permit.Role{permit.CtrIntake}},
	{Name: "overdue", Term: "application.overdue", Tell: []permit.Role{permit.CtrIntake, permit.AutOfficer}, Overdue: true},
}

// MaxDatasets is how many datasets one application may ask for; MaxFiles how
// many copies it may hold. [D]
const (
	MaxDatasets = 20
	MaxFiles    = 60
)

// Sections are the parts of the form, in order.
var Sections = []string{"applicant", "scenario", "datasets", "security", "pledge"}

// Decide says what happens when c is asked of p. It changes nothing.
func Decide(f Facts, p Case, c Command) ([]Event, error) {
	if err := Table.Permit(p.Stage, c.Verb(), f.Who, p.Did); err != nil {
		return nil, err
	}
	switch c.(type) {
	case Open, Fill, Submit, Withdraw:
		if !f.Mine {
			return nil, problem.New(problem.Forbidden, "flow.not_your_step")
		}
	}
	switch c := c.(type) {
	case Open:
		return []Event{Opened{ID: c.ID, By: f.Who.Account, Organisation: bodyOf(f), Applicant: f.Applicant, LapseOn: f.Lapse}}, nil
	case Fill:
		return []Event{Filled{LapseOn: f.Lapse}}, nil
	case Submit:
		return submit(f, p, c)
	case Withdraw:
		return []Event{Withdrawn{By: f.Who.Doer(), On: f.Today}}, nil
	case Take:
		if p.Stage == StageIntake && f.Who.Is(p.Did["take"]) {
			return nil, nil
		}
		return []Event{Taken{By: f.Who.Doer()}}, nil
	case Accept:
		return accept(f, p, c)
	case Decline:
		return decline(f, p, c)
	case Allow:
		return allow(f, p, c)
	case Conclude:
		return []Event{Concluded{On: f.Today, Approved: c.Approved, Refused: len(p.Pins) - c.Approved}}, nil
	case Ring:
		return ring(f, p), nil
	case Recount:
		if c.Clock.Equal(p.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	case Lapse:
		if f.Today <= p.LapseOn {
			return nil, nil
		}
		return []Event{Lapsed{On: f.Today}}, nil
	}
	panic("application: no rule for " + c.Verb())
}

func bodyOf(f Facts) string {
	if f.Applicant == Person {
		return ""
	}
	return f.Who.Organisation
}

func submit(f Facts, p Case, c Submit) ([]Event, error) {
	if err := Incomplete(f); err != nil {
		return nil, err
	}
	e := Submitted{Number: c.Number, By: f.Who.Doer(), On: f.Today, Round: p.Round + 1, Content: f.Draft, Identity: c.Identity, Clock: f.Intake}
	if p.Number != "" {
		e.Number = p.Number
	}
	e.Items = slices.Clone(Sections)
	for _, w := range f.Draft.Datasets {
		ask := f.Asks[w.Dataset]
		e.Pins = append(e.Pins, ask.Pin)
		for _, item := range ask.Items {
			if item.Required || len(f.Draft.Of(item.ID)) > 0 {
				e.Items = append(e.Items, item.ID)
			}
		}
	}
	return []Event{e}, nil
}

func accept(f Facts, p Case, c Accept) ([]Event, error) {
	var l problem.List
	for _, item := range p.Items {
		if !slices.Contains(c.Checked, item) {
			l.Add("/checked/"+pointer(item), "application.not_ticked")
		}
	}
	for _, item := range c.Checked {
		if !slices.Contains(p.Items, item) {
			l.Add("/checked/"+pointer(item), "application.not_asked", "item", item)
		}
	}
	if f.Waiting > 0 {
		l.Add("/checked", "application.files_wait", "files", f.Waiting)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{Accepted{By: f.Who.Doer(), On: f.Today, Checked: p.Items}}, nil
}

// pointer writes an item as one step of a JSON pointer (RFC 6901).
func pointer(item string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(item)
}

func decline(f Facts, p Case, c Decline) ([]Event, error) {
	var l problem.List
	late := 0
	if len(c.Faults) == 0 {
		l.Add("/faults", "application.needs_fault")
	}
	for i, fault := range c.Faults {
		at := fmt.Sprintf("/faults/%d", i)
		if !slices.Contains(p.Items, fault.Item) {
			l.Add(at+"/item", "application.not_asked", "item", fault.Item)
		}
		if !slices.Contains(FaultCodes, fault.Code) {
			l.Add(at+"/code", "application.unknown_fault")
		}
		if fault.Code == "other" {
			l.Require(at+"/note", fault.Note)
		}
		tooLong(&l, at+"/note", fault.Note, 500)
		if !toldLate(p, fault) {
			continue
		}
		if late++; !slices.Contains(p.Allowed, fault.Item) {
			l.Add(at, "application.told_late")
		}
	}
	for _, item := range p.Items {
		if !slices.Contains(c.Checked, item) && !slices.ContainsFunc(c.Faults, func(x Fault) bool { return x.Item == item }) {
			l.Add("/checked/"+pointer(item), "application.not_ticked")
		}
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{Declined{By: f.Who.Doer(), On: f.Today, Faults: c.Faults, Late: late, LapseOn: f.Lapse}}, nil
}

// toldLate reports whether a fault could have been named in an earlier round:
// it was not, and what it is about has not changed since (Article 19(1)).
func toldLate(p Case, fault Fault) bool {
	if len(p.Told) == 0 || slices.ContainsFunc(p.Told, func(t Fault) bool { return t.Item == fault.Item && t.Code == fault.Code }) {
		return false
	}
	return Same(p.Checked, p.Content, fault.Item)
}

// Same reports whether an item of the checklist is in both contents the same.
func Same(a, b Content, item string) bool {
	switch item {
	case "applicant":
		return true // frozen when it was first handed in, unless the account changed
	case "scenario":
		return a.Scenario == b.Scenario
	case "datasets":
		return slices.EqualFunc(a.Datasets, b.Datasets, func(x, y Wanted) bool {
			return x.Dataset == y.Dataset && x.From == y.From && x.To == y.To && x.Mode == y.Mode && x.Months == y.Months && slices.Equal(x.Fields, y.Fields)
		})
	case "security":
		return a.Security == b.Security
	case "pledge":
		return a.Pledge == b.Pledge
	}
	return slices.EqualFunc(a.Of(item), b.Of(item), func(x, y File) bool { return x.SHA256 == y.SHA256 && x.Until == y.Until })
}

func allow(f Facts, p Case, c Allow) ([]Event, error) {
	var l problem.List
	if len(c.Items) == 0 {
		l.Add("/items", "application.needs_item")
	}
	for i, item := range c.Items {
		if !slices.Contains(p.Items, item) {
			l.Add(fmt.Sprintf("/items/%d", i), "application.not_asked", "item", item)
		}
	}
	l.Require("/reason", c.Reason)
	tooLong(&l, "/reason", c.Reason, 500)
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{Allowed{By: f.Who.Doer(), Items: c.Items, Reason: c.Reason}}, nil
}

func tooLong(l *problem.List, at, text string, most int) {
	if len([]rune(text)) > most {
		l.Add(at, "application.too_long", "most", most)
	}
}

// ring takes the steps of the day; see [deadline.Clock]. A step for what
// nobody has opened is passed over once somebody has.
func ring(f Facts, p Case) []Event {
	names := p.Clock.Ring(f.Today)
	if len(names) == 0 {
		return nil
	}
	e := Rang{Steps: names}
	for _, name := range names {
		step, _ := deadline.Find(Steps, name)
		e.Late = e.Late || step.Overdue
	}
	return []Event{e}
}

// Tell reports whether a step is to be told, to whom.
func Tell(p Case, name string) []permit.Role {
	step, _ := deadline.Find(Steps, name)
	if step.Unseen && p.Stage != StageSubmitted {
		return nil
	}
	return step.Tell
}

// Evolve returns p as it stands after event.
func Evolve(p Case, event Event) Case {
	switch e := event.(type) {
	case Opened:
		p = Case{ID: e.ID, Account: e.By, Organisation: e.Organisation, Applicant: e.Applicant, Stage: StageDraft, LapseOn: e.LapseOn}
	case Filled:
		p.LapseOn = e.LapseOn
	case Submitted:
		p.Checked, p.Faults = p.Content, nil
		p.Number, p.Stage, p.Round, p.SubmittedOn, p.LapseOn = e.Number, StageSubmitted, e.Round, e.On, ""
		p.Content, p.Pins, p.Items, p.Identity, p.Clock = e.Content, e.Pins, e.Items, e.Identity, e.Clock
		p.Did = flow.Did(p.Did, "submit", e.By)
	case Taken:
		p.Stage, p.Did = StageIntake, flow.Did(p.Did, "take", e.By)
	case Accepted:
		p.Stage, p.Clock, p.Did = StageAccepted, p.Clock.Done(e.On), flow.Did(p.Did, "accept", e.By)
	case Declined:
		p.Stage, p.Clock, p.Did = StageNotAccepted, p.Clock.Done(e.On), flow.Did(p.Did, "decline", e.By)
		p.Faults, p.Told, p.Allowed = e.Faults, append(slices.Clone(p.Told), e.Faults...), nil
		p.LateFaults, p.LapseOn = p.LateFaults+e.Late, e.LapseOn
	case Allowed:
		p.Allowed, p.Did = append(slices.Clone(p.Allowed), e.Items...), flow.Did(p.Did, "allow", e.By)
	case Concluded:
		p.Stage, p.DecidedOn = StageApproved, e.On
		if e.Approved == 0 {
			p.Stage = StageRejected
		}
	case Rang:
		p.Clock = p.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		p.Clock = e.Clock
	case Withdrawn:
		p.Stage, p.LapseOn, p.Did = StageWithdrawn, "", flow.Did(p.Did, "withdraw", e.By)
		if p.Clock.Running() {
			p.Clock = p.Clock.Done(e.On)
		}
	case Lapsed:
		p.Stage, p.LapseOn = StageExpired, ""
	default:
		panic("application: cannot evolve by " + event.Kind())
	}
	return p
}

// MaySee reports whether who may know of p: those who may act for the
// applicant, and once it was handed in those who check and oversee.
func MaySee(who permit.Actor, p Case) bool {
	return Mine(who, p) || p.SubmittedOn != "" && (who.Has(permit.Clock) || who.HasAny(MayOversee.By...)) || who.Has(permit.Clock)
}

// Mine reports whether who may act for the applicant of p: the person, or a
// member of the body in whose name it was begun.
func Mine(who permit.Actor, p Case) bool {
	if p.Organisation == "" {
		return who.Account != "" && who.Account == p.Account
	}
	return who.Known() && MayApply.Allows(who, permit.Thing{Body: p.Organisation}) && who.Organisation == p.Organisation
}

// Turn says whose turn it is: "applicant", "centre", "publisher" or "" for
// nobody's.
func (p Case) Turn() string {
	switch p.Stage {
	case StageDraft, StageNotAccepted:
		return "applicant"
	case StageSubmitted, StageIntake:
		return "centre"
	case StageAccepted:
		return "publisher"
	}
	return ""
}

// Publishers returns the bodies that decide, each once, in the order of the
// datasets.
func (p Case) Publishers() (all []string) {
	for _, pin := range p.Pins {
		if !slices.Contains(all, pin.Publisher) {
			all = append(all, pin.Publisher)
		}
	}
	return all
}
