package rightsclaim

import (
	"slices"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/identifier"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a complaint stands (SM-16).
type Stage string

// The stages.
const (
	StageReceived  Stage = "received"            // the lead decides whether the opening stops
	StageAsked     Stage = "asked"               // the complainant is asked for more evidence, once
	StageInvalid   Stage = "invalid"             // final: it did not come
	StageSuspended Stage = "suspended_verifying" // the opening is stopped while it is verified
	StageVerifying Stage = "verifying"           // it goes on while it is verified
	StageWithdraw  Stage = "result_withdraw"     // stopped; a work order takes it off the list, users delete
	StageResume    Stage = "result_resume"       // it goes on
	StageProcess   Stage = "result_process"      // stopped until a new version is there
	StageReopened  Stage = "reopened"            // with that version
	StageClosed    Stage = "closed"              // final: answered, and nothing is owed
)

// Table is the whole life of a complaint. Lateness never decides: no row of the
// clock leads to another stage but the last, when nothing is owed any more.
var Table = flow.Table[Stage]{
	{Do: "file", From: in(""), To: StageReceived, By: permit.Visitor, Article: "31(1)"},
	{Do: "ask", From: in(StageReceived), To: StageAsked, By: permit.OpnLead, Article: "31(1)"},
	{Do: "attach", From: in(StageAsked), To: StageReceived, By: permit.Visitor, Article: "31(1)"},
	{Do: "attach", From: in(StageReceived, StageSuspended, StageVerifying), By: permit.Visitor, Article: "31(1)"},
	{Do: "suspend", From: undecided, To: StageSuspended, By: permit.OpnLead, Article: "31(2)"},
	{Do: "suspend", From: undecided, To: StageSuspended, By: permit.CtrOps, Article: "31(2)"},
	{Do: "verify", From: in(StageReceived, StageAsked), To: StageVerifying, By: permit.OpnLead, Article: "31(2)"},
	{Do: "refuse", From: in(StageAsked), To: StageInvalid, By: permit.OpnLead, Article: "31(1)"},
	{Do: "extend", From: verified, By: permit.OpnLead, Article: "31(2)"},
	{Do: "withdraw", From: verified, To: StageWithdraw, By: permit.OpnLead, Article: "31(2)"},
	{Do: "resume", From: verified, To: StageResume, By: permit.OpnLead, Article: "31(2)"},
	{Do: "process", From: verified, To: StageProcess, By: permit.OpnLead, Article: "31(2)"},
	{Do: "reopen", From: in(StageProcess), To: StageReopened, By: permit.OpnLead, Article: "31(2)"},
	{Do: "link", From: in(StageWithdraw), By: permit.Clock, Article: "11(1)"},
	{Do: "acknowledge", From: in(StageWithdraw), By: permit.Visitor, Article: "31(2)"},
	{Do: "close", From: in(StageWithdraw, StageResume, StageReopened), To: StageClosed, By: permit.Clock, Article: "31(2)"},
	{Do: "erase", From: in(StageInvalid, StageClosed), By: permit.Clock},
	{Do: "ring", From: timed, By: permit.Clock},
	{Do: "recount", From: timed, By: permit.Clock},
}

var (
	undecided = in(StageReceived, StageAsked, StageVerifying)
	verified  = in(StageSuspended, StageVerifying)
	timed     = in(StageReceived, StageAsked, StageSuspended, StageVerifying, StageWithdraw, StageProcess)
)

func in(s ...Stage) []Stage { return s }

// Phase is a stretch of stages with one term.
type Phase struct {
	Term  string // see terms.json of casework/calendar; "" for a day that the case names itself
	Steps []deadline.Step
}

// TermErase is how long what a complainant wrote is kept after the end.
const TermErase = "rightsclaim.erase"

// The phases of SM-16, each with its term and what is done when it runs out.
var (
	deciding = Phase{"rightsclaim.suspension", []deadline.Step{
		{Name: "due", Term: "rightsclaim.suspension", Tell: []permit.Role{permit.OpnLead}},
		{Name: "overdue", Term: "rightsclaim.suspension_overdue", Tell: []permit.Role{permit.OpnLead, permit.CtrOps, permit.AutOfficer}, Overdue: true}}}
	asking = Phase{"rightsclaim.evidence", []deadline.Step{
		{Name: "lapsed", Term: "rightsclaim.evidence_lapsed", Tell: []permit.Role{permit.OpnLead}},
		{Name: "overdue", Term: "rightsclaim.evidence_overdue", Tell: []permit.Role{permit.OpnLead, permit.CtrOps}, Overdue: true}}}
	verifying = Phase{"rightsclaim.result", result("rightsclaim.result")}
	extended  = Phase{"rightsclaim.extended", result("rightsclaim.extended")}
	deleting  = Phase{"rightsclaim.deletion", []deadline.Step{
		{Name: "undeleted", Term: "rightsclaim.deletion_overdue", Tell: []permit.Role{permit.OpnLead, permit.CtrOps, permit.AutOfficer}, Overdue: true}}}
	processing = Phase{"", []deadline.Step{
		{Name: "due", Tell: []permit.Role{permit.OpnLead}},
		{Name: "overdue", Tell: []permit.Role{permit.OpnLead, permit.CtrOps}, Overdue: true}}}
)

func result(term string) []deadline.Step {
	return []deadline.Step{
		{Name: "soon", Term: term + "_soon", Tell: []permit.Role{permit.OpnLead}},
		{Name: "due", Term: term, Tell: []permit.Role{permit.OpnLead}},
		{Name: "overdue", Term: term + "_overdue", Tell: []permit.Role{permit.OpnLead, permit.CtrOps, permit.AutOfficer}, Overdue: true}}
}

// PhaseOf returns the phase of a case, and whether it has one.
func PhaseOf(o Case) (Phase, bool) {
	switch o.Stage {
	case StageReceived:
		return deciding, true
	case StageAsked:
		return asking, true
	case StageSuspended, StageVerifying:
		if o.Extended != "" {
			return extended, true
		}
		return verifying, true
	case StageWithdraw:
		return deleting, true
	case StageProcess:
		return processing, true
	}
	return Phase{}, false
}

// Leads returns the stage that the verb leads to from at; at itself if the
// verb leads nowhere.
func Leads(at Stage, verb string) Stage {
	for _, row := range Table {
		if row.Do == verb && row.To != "" && slices.Contains(row.From, at) {
			return row.To
		}
	}
	return at
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who      permit.Actor // with the roles that count for the dataset's publisher
	Today    workday.Date
	Mine     bool           // who is the complainant, for Attach; acts for the user, for Acknowledge
	Listed   bool           // the dataset is on the open list
	Newest   int            // number of the version in force; 0 for none
	Gradings int            // how often the entry was graded
	Graded   bool           // its last grading is in force
	Users    []User         // of the data, now
	Clock    deadline.Clock // of the phase that the command leads to
	EraseOn  workday.Date   // for a case that ends today
}

// Decide says what happens when c is asked of o. It changes nothing. The zero
// Case is one that does not exist yet.
func Decide(f Facts, o Case, c Command) ([]Event, error) {
	if err := Table.Permit(o.Stage, c.Verb(), f.Who, o.Did); err != nil {
		return nil, err
	}
	var l problem.List
	switch c := c.(type) {
	case File:
		return file(f, c)
	case Ask:
		if o.Asked {
			return nil, problem.New(problem.Conflict, "rightsclaim.asked_already")
		}
		written(&l, f, "/wanted", c.Wanted)
		return one(&l, Asked{Wanted: c.Wanted, Clock: f.Clock, By: f.Who.Doer()})
	case Attach:
		return attach(f, o, c)
	case Suspend:
		return suspend(f, o, c)
	case Verify:
		written(&l, f, "/ground", c.Ground)
		return one(&l, Verified{Ground: c.Ground, Clock: f.Clock, By: f.Who.Doer()})
	case Refuse:
		if f.Today <= o.Clock.Due.Day {
			return nil, problem.New(problem.Conflict, "rightsclaim.evidence_may_come", "day", string(o.Clock.Due.Day))
		}
		written(&l, f, "/reason", c.Reason)
		return one(&l, Refused{Reason: c.Reason, On: f.Today, EraseOn: f.EraseOn, By: f.Who.Doer()})
	case Extend:
		if o.Extended != "" {
			return nil, problem.New(problem.Conflict, "rightsclaim.extended_already")
		}
		written(&l, f, "/reason", c.Reason)
		return one(&l, Extended{Reason: c.Reason, Clock: f.Clock, By: f.Who.Doer()})
	case Withdraw:
		reported(&l, f, c.Report)
		clock := f.Clock
		if len(f.Users) == 0 {
			clock = deadline.Clock{}
		}
		return one(&l, Withdrawing{Report: c.Report, On: f.Today, Stops: f.Listed, Users: f.Users, Clock: clock, By: f.Who.Doer()})
	case Resume:
		reported(&l, f, c.Report)
		return one(&l, Resumed{Report: c.Report, On: f.Today, By: f.Who.Doer()})
	case Process:
		return process(f, c)
	case Reopen:
		return reopen(f, o)
	}
	return decideRest(f, o, c)
}

func decideRest(f Facts, o Case, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Link:
		if o.Order == c.Order {
			return nil, nil
		}
		return []Event{Linked(c)}, nil
	case Acknowledge:
		return acknowledge(f, o, c)
	case Close:
		if o.Stage == StageWithdraw && (f.Listed || !o.Deleted()) {
			return nil, nil
		}
		return []Event{Closed{On: f.Today, EraseOn: f.EraseOn}}, nil
	case Erase:
		if o.Erased || f.Today < o.EraseOn {
			return nil, nil
		}
		return []Event{Erased{}}, nil
	case Ring:
		return ring(f, o), nil
	case Recount:
		if !o.Clock.Running() || c.Clock.Equal(o.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	}
	panic("rightsclaim: no rule for " + c.Verb())
}

// one returns e, or every fault of l.
func one(l *problem.List, e Event) ([]Event, error) {
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// file asks for evidence with the complaint: without it there is none
// (Article 31, first paragraph).
func file(f Facts, c File) ([]Event, error) {
	if !f.Listed {
		return nil, problem.New(problem.Conflict, "rightsclaim.not_listed")
	}
	var l problem.List
	if !slices.Contains(Rights, c.Right) {
		l.Add("/right", "rightsclaim.unknown_right")
	}
	if !slices.Contains(Causes, c.Cause) {
		l.Add("/cause", "rightsclaim.unknown_cause")
	}
	said(&l, "/claim", c.Claim)
	short(&l, "/contact", c.Contact, MaxContact)
	l.Require("/file", c.Evidence)
	return one(&l, Filed{ID: c.ID, Number: c.Number, Dataset: c.Dataset, Body: c.Body, Right: c.Right, Cause: c.Cause, Evidence: c.Evidence, On: f.Today, Clock: f.Clock})
}

// attach is for the complainant; for anybody else there is no such case.
func attach(f Facts, o Case, c Attach) ([]Event, error) {
	switch {
	case !f.Mine:
		return nil, problem.New(problem.NotFound, "rightsclaim.not_found")
	case slices.Contains(o.Files, c.Evidence):
		return nil, nil
	}
	var l problem.List
	if len(o.Files) >= MaxFiles {
		l.Add("/file", "rightsclaim.too_many_files", "most", MaxFiles)
	}
	e := Attached{Evidence: c.Evidence}
	if o.Stage == StageAsked {
		e.Answers, e.Clock = true, f.Clock
	}
	return one(&l, e)
}

// suspend stops the opening. What is not on the list any more cannot be read,
// so that there is nothing to stop.
func suspend(f Facts, o Case, c Suspend) ([]Event, error) {
	if !f.Listed {
		return nil, problem.New(problem.Conflict, "rightsclaim.not_listed")
	}
	var l problem.List
	written(&l, f, "/reason", c.Reason)
	e := Suspended{Reason: c.Reason, On: f.Today, Emergency: !f.Who.Has(permit.OpnLead), Clock: f.Clock, By: f.Who.Doer()}
	if o.Stage == StageVerifying {
		e.Clock = o.Clock // the ten days run since the decision to verify
	}
	return one(&l, e)
}

func process(f Facts, c Process) ([]Event, error) {
	if !f.Listed {
		return nil, problem.New(problem.Conflict, "rightsclaim.not_listed")
	}
	var l problem.List
	reported(&l, f, c.Report)
	switch {
	case c.PlanOn == "":
		l.Add("/plan_on", "required")
	case !c.PlanOn.Valid():
		l.Add("/plan_on", "rightsclaim.no_day", "day", string(c.PlanOn))
	case c.PlanOn < f.Today:
		l.Add("/plan_on", "rightsclaim.day_past", "day", string(c.PlanOn))
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	clock := deadline.Clock{ReceivedOn: f.Today, Due: workday.Due{Day: c.PlanOn}, Steps: []deadline.Day{{Step: "due", On: c.PlanOn}, {Step: "overdue", On: c.PlanOn.AddDays(1)}}}
	return []Event{Processing{Report: c.Report, On: f.Today, PlanOn: c.PlanOn, Before: f.Newest, Gradings: f.Gradings, Clock: clock, By: f.Who.Doer()}}, nil
}

// reopen: what was processed is a new version, and was graded anew since the
// result (SM-16, SM-07, SM-08).
func reopen(f Facts, o Case) ([]Event, error) {
	var l problem.List
	if f.Newest == 0 || f.Newest == o.Before {
		l.Add("/version", "rightsclaim.no_new_version")
	}
	if f.Gradings <= o.Gradings || !f.Graded {
		l.Add("/grading", "rightsclaim.no_new_grading")
	}
	return one(&l, Reopened{Version: f.Newest, On: f.Today, By: f.Who.Doer()})
}

// acknowledge is for the user who was told to delete; for anybody else there is no
// such case.
func acknowledge(f Facts, o Case, c Acknowledge) ([]Event, error) {
	i := slices.IndexFunc(o.Deletions, func(d Deletion) bool { return d.ID == c.User })
	if i < 0 || !f.Mine {
		return nil, problem.New(problem.NotFound, "rightsclaim.not_found")
	}
	if o.Deletions[i].DoneOn != "" {
		return nil, nil
	}
	var l problem.List
	written(&l, f, "/note", c.Note)
	return one(&l, Deleted{User: c.User, Note: c.Note, On: f.Today})
}

// ring says what the day brings: warnings and lateness, never a decision.
func ring(f Facts, o Case) []Event {
	steps := o.Clock.Ring(f.Today)
	if len(steps) == 0 {
		return nil
	}
	late := false
	for _, name := range steps {
		step, _ := StepOf(o, name)
		late = late || step.Overdue
	}
	return []Event{Rang{Steps: steps, Late: late}}
}

// StepOf returns the step called name of the case's phase.
func StepOf(o Case, name string) (deadline.Step, bool) {
	p, _ := PhaseOf(o)
	return deadline.Find(p.Steps, name)
}

// said checks a text of the complainant, which is kept where it can be erased.
func said(l *problem.List, at, text string) {
	l.Require(at, text)
	short(l, at, text, MaxText)
}

func short(l *problem.List, at, text string, most int) {
	if len([]rune(text)) > most {
		l.Add(at, "rightsclaim.too_long", "most", most)
	}
}

// written checks a text of those who work on the case: it stands in the
// ledger, some of it before the public, so no number of a person may be in it.
func written(l *problem.List, f Facts, at, text string) {
	said(l, at, text)
	if identifier.MaskAll(text, f.Today) != text || strings.Contains(text, "@") {
		l.Add(at, "rightsclaim.personal")
	}
}

func reported(l *problem.List, f Facts, r Report) {
	written(l, f, "/account", r.Account)
	written(l, f, "/summary", r.Summary)
	written(l, f, "/reply", r.Reply)
}
