package objection

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/identifier"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where an objection stands (SM-15).
type Stage string

// The stages.
const (
	StageSubmitted      Stage = "submitted"       // waits for the centre
	StageTriaged        Stage = "triaged"         // the centre looks whether it is plausible
	StageNotInScope     Stage = "not_in_scope"    // final: another way is the right one
	StageMarked         Stage = "marked"          // plausible: the public sees the mark
	StageTraced         Stage = "traced"          // the source of the data is found
	StageVerifying      Stage = "verifying"       // a finding waits for a second person
	StageConfirmed      Stage = "confirmed"       // the data is wrong; a new version is owed
	StageCorrected      Stage = "corrected"       // it is released; the centre looks at it
	StageNotEstablished Stage = "not_established" // the data is right; the centre replies
	StageClosed         Stage = "closed"          // replied, the mark is gone
)

// Table is the whole life of an objection. Overdue never decides: no row of
// the clock leads to another stage.
var Table = flow.Table[Stage]{
	{Do: "submit", From: in(""), To: StageSubmitted, By: permit.Visitor, Article: "16(2)"},
	{Do: "triage", From: in(StageSubmitted), To: StageTriaged, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "refuse", From: in(StageTriaged), To: StageNotInScope, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "mark", From: in(StageTriaged), To: StageMarked, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "mark", From: in(StageTriaged), To: StageMarked, By: permit.OpnEditor, Article: "16(2)"},
	{Do: "mark", From: in(StageTriaged), To: StageMarked, By: permit.OpnLead, Article: "16(2)"},
	{Do: "trace", From: in(StageMarked), To: StageTraced, By: permit.OpnEditor, Article: "16(1)"},
	{Do: "trace", From: in(StageMarked), To: StageTraced, By: permit.OpnLead, Article: "16(1)"},
	{Do: "find", From: in(StageTraced, StageVerifying), To: StageVerifying, By: permit.OpnEditor, Article: "16(1)"},
	{Do: "find", From: in(StageTraced, StageVerifying), To: StageVerifying, By: permit.OpnLead, Article: "16(1)"},
	{Do: "redo", From: in(StageVerifying), To: StageTraced, By: permit.OpnLead, Not: "find", Article: "16(1)"},
	{Do: "confirm", From: in(StageVerifying), To: StageConfirmed, By: permit.OpnLead, Not: "find", Article: "16(1)"},
	{Do: "dismiss", From: in(StageVerifying), To: StageNotEstablished, By: permit.OpnLead, Not: "find", Article: "16(1)"},
	{Do: "correct", From: in(StageConfirmed), To: StageCorrected, By: permit.OpnEditor, Article: "16(1)"},
	{Do: "correct", From: in(StageConfirmed), To: StageCorrected, By: permit.OpnLead, Article: "16(1)"},
	{Do: "send_back", From: in(StageCorrected), To: StageConfirmed, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "send_back", From: in(StageNotEstablished), To: StageTraced, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "close", From: in(StageCorrected, StageNotEstablished), To: StageClosed, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "reopen", From: in(StageClosed), To: StageTriaged, By: permit.Visitor, Article: "16(2)"},
	{Do: "attach", From: open, By: permit.Visitor, Article: "16(2)"},
	{Do: "escalate", From: open, By: permit.CtrQuality, Article: "31(1)"},
	{Do: "suspend", From: open, By: permit.OpnLead, Article: "31(2)"},
	{Do: "erase", From: in(StageNotInScope, StageClosed), By: permit.Clock},
	{Do: "ring", From: open, By: permit.Clock},
	{Do: "recount", From: open, By: permit.Clock},
}

// open are the stages in which somebody owes something.
var open = in(StageSubmitted, StageTriaged, StageMarked, StageTraced, StageVerifying, StageConfirmed, StageCorrected, StageNotEstablished)

func in(s ...Stage) []Stage { return s }

// Phase is a stretch of stages with one term.
type Phase struct {
	Stages []Stage
	Term   string // see terms.json of casework/calendar
	Steps  []deadline.Step
}

// Terms beside those of the phases.
const (
	TermReopen = "objection.reopen"
	TermErase  = "objection.erase"
)

// Phases are the stretches of SM-15, each with its term and what is done when
// it runs out: whoever owes the step, then those above him, then the authority.
var Phases = []Phase{
	centre("objection.triage", StageSubmitted),
	centre("objection.triage", StageTriaged),
	publisher("objection.trace", StageMarked),
	publisher("objection.verify", StageTraced, StageVerifying),
	publisher("objection.correct", StageConfirmed),
	centre("objection.reply", StageCorrected, StageNotEstablished),
}

func centre(term string, s ...Stage) Phase {
	return Phase{s, term, []deadline.Step{
		{Name: "due", Term: term, Tell: []permit.Role{permit.CtrQuality}},
		{Name: "overdue", Term: term + "_overdue", Tell: []permit.Role{permit.CtrQuality, permit.AutOfficer}, Overdue: true},
	}}
}

func publisher(term string, s ...Stage) Phase {
	return Phase{s, term, []deadline.Step{
		{Name: "due", Term: term, Tell: []permit.Role{permit.OpnEditor, permit.OpnLead}},
		{Name: "overdue", Term: term + "_overdue", Tell: []permit.Role{permit.OpnLead, permit.CtrQuality}, Overdue: true},
		{Name: "to_authority", Term: term + "_authority", Tell: []permit.Role{permit.AutOfficer}},
	}}
}

// PhaseOf returns the phase of a stage, and whether it has one.
func PhaseOf(s Stage) (Phase, bool) {
	i := slices.IndexFunc(Phases, func(p Phase) bool { return slices.Contains(p.Stages, s) })
	if i < 0 {
		return Phase{}, false
	}
	return Phases[i], true
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
	Who         permit.Actor // with the roles that count for the dataset's publisher
	Today       workday.Date
	Mine        bool           // who is the objector
	Listed      bool           // the dataset is on the open list
	Known       []string       // names of its fields
	Newest      int            // number of the version in force; 0 for none
	Release     Release        // the version that a Correct names
	Clock       deadline.Clock // of the phase that the command leads to, from its first day
	ReopenUntil workday.Date   // for a reply that is given today
	EraseOn     workday.Date   // for an objection that ends today
}

// Release is what is known of the version that is said to correct.
type Release struct {
	Readable bool         // it is or was in force
	Current  bool         // it is in force
	On       workday.Date // day of its release
}

// Decide says what happens when c is asked of o. It changes nothing. The zero
// Case is one that does not exist yet.
func Decide(f Facts, o Case, c Command) ([]Event, error) {
	if err := Table.Permit(o.Stage, c.Verb(), f.Who, o.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Submit:
		return submit(f, c)
	case Triage:
		var l problem.List
		checkFault(&l, c.Fault)
		return one(&l, Triaged{Fault: c.Fault, Severe: o.Severe || slices.Contains(severe, c.Fault), Clock: f.Clock, By: f.Who.Doer()})
	case Refuse:
		var l problem.List
		if !slices.Contains(Channels, c.Channel) {
			l.Add("/channel", "objection.unknown_channel")
		}
		written(&l, f, "/reason", c.Reason)
		return one(&l, Refused{Channel: c.Channel, Reason: c.Reason, On: f.Today, EraseOn: f.EraseOn, By: f.Who.Doer()})
	case Mark:
		var l problem.List
		written(&l, f, "/summary", c.Summary)
		return one(&l, Marked{On: f.Today, Summary: c.Summary, Before: f.Newest, Clock: f.Clock, By: f.Who.Doer()})
	case Trace:
		var l problem.List
		written(&l, f, "/source", c.Source)
		return one(&l, Traced{On: f.Today, Source: c.Source, Clock: f.Clock, By: f.Who.Doer()})
	case Find:
		var l problem.List
		written(&l, f, "/account", c.Account)
		written(&l, f, "/reply", c.Reply)
		return one(&l, Found{Finding: Finding(c), By: f.Who.Doer()})
	case Correct:
		return correct(f, o, c)
	case Close:
		return closing(f, o, c)
	case Reopen:
		return reopen(f, o, c)
	case Attach:
		return attach(f, o, c)
	}
	return decideRest(f, o, c)
}

func decideRest(f Facts, o Case, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Redo:
		var l problem.List
		written(&l, f, "/reason", c.Reason)
		return one(&l, Redone{Reason: c.Reason, By: f.Who.Doer()})
	case Confirm:
		if !o.Finding.Established {
			return nil, problem.New(problem.Conflict, "objection.found_otherwise")
		}
		return []Event{Confirmed{Clock: f.Clock, By: f.Who.Doer()}}, nil
	case Dismiss:
		if o.Finding.Established {
			return nil, problem.New(problem.Conflict, "objection.found_otherwise")
		}
		return []Event{Dismissed{Clock: f.Clock, By: f.Who.Doer()}}, nil
	case SendBack:
		var l problem.List
		written(&l, f, "/reason", c.Reason)
		return one(&l, SentBack{To: Leads(o.Stage, c.Verb()), Reason: c.Reason, Clock: f.Clock, By: f.Who.Doer()})
	case Escalate:
		if o.Severe {
			return nil, nil
		}
		return []Event{Escalated{By: f.Who.Doer()}}, nil
	case Suspend:
		if !o.Severe {
			return nil, problem.New(problem.Conflict, "objection.not_severe")
		}
		var l problem.List
		written(&l, f, "/reason", c.Reason)
		return one(&l, Suspended{Reason: c.Reason, By: f.Who.Doer()})
	case Erase:
		if o.Erased || f.Today < o.EraseOn {
			return nil, nil
		}
		return []Event{Erased{}}, nil
	case Ring:
		return ring(f, o), nil
	case Recount:
		if c.Clock.Equal(o.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	}
	panic("objection: no rule for " + c.Verb())
}

// one returns e, or every fault of l.
func one(l *problem.List, e Event) ([]Event, error) {
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

func submit(f Facts, c Submit) ([]Event, error) {
	if !f.Listed {
		return nil, problem.New(problem.Conflict, "objection.not_listed")
	}
	var l problem.List
	if !slices.Contains(Targets, c.Target) {
		l.Add("/target", "objection.unknown_target")
	}
	if c.Target == Field && len(c.Fields) == 0 {
		l.Add("/fields", "objection.which_field")
	}
	if len(c.Fields) > MaxFields {
		l.Add("/fields", "objection.too_many", "most", MaxFields)
	} else {
		for i, name := range c.Fields {
			if !slices.Contains(f.Known, name) {
				l.Add("/fields/"+strconv.Itoa(i), "objection.unknown_field", "name", name)
			}
		}
	}
	checkRows(&l, c.Form)
	checkFault(&l, c.Fault)
	said(&l, "/claim", c.Claim)
	short(&l, "/suggested", c.Suggested, MaxText)
	short(&l, "/contact", c.Contact, MaxKey)
	return one(&l, Submitted{ID: c.ID, Number: c.Number, Dataset: c.Dataset, Body: c.Body, Target: c.Target, Fields: c.Fields, Rows: len(c.Form.Rows),
		Fault: c.Fault, Severe: slices.Contains(severe, c.Fault), File: c.File, On: f.Today, Clock: f.Clock})
}

func checkRows(l *problem.List, x Form) {
	switch {
	case x.Target == Rows && len(x.Rows) == 0:
		l.Add("/rows", "objection.which_row")
	case len(x.Rows) > MaxRows:
		l.Add("/rows", "objection.too_many", "most", MaxRows)
	default:
		for i, key := range x.Rows {
			short(l, "/rows/"+strconv.Itoa(i), key, MaxKey)
		}
	}
}

func checkFault(l *problem.List, fault string) {
	if !slices.Contains(Faults, fault) {
		l.Add("/fault", "objection.unknown_fault")
	}
}

// correct: a correction is a version that was released after the mark. The
// version in force is, if it is another than the one that was in force then,
// since none comes into force twice; one that was replaced since is, if it was
// released on a later day.
func correct(f Facts, o Case, c Correct) ([]Event, error) {
	var l problem.List
	r := f.Release
	switch {
	case c.Version <= 0 && f.Listed:
		l.Add("/version", "required")
	case c.Version > 0 && (!r.Readable || c.Version == o.Before || !r.Current && r.On <= o.MarkedOn):
		l.Add("/version", "objection.not_released_since", "version", c.Version, "day", string(o.MarkedOn))
	}
	written(&l, f, "/note", c.Note)
	return one(&l, Corrected{Version: c.Version, Note: c.Note, Clock: f.Clock, By: f.Who.Doer()})
}

func closing(f Facts, o Case, c Close) ([]Event, error) {
	var l problem.List
	if o.Stage == StageCorrected && !c.Checked {
		l.Add("/checked", "objection.not_checked")
	}
	written(&l, f, "/reply", c.Reply)
	r := Reply{On: f.Today, Outcome: OutcomeNone, Summary: o.Summary, Text: c.Reply}
	if o.Stage == StageCorrected {
		r.Outcome, r.Version = OutcomeCorrected, o.Version
	}
	return one(&l, Closed{Reply: r, ReopenUntil: f.ReopenUntil, EraseOn: f.EraseOn, By: f.Who.Doer()})
}

// reopen is once, in time, with something new, by the objector. Anybody else
// learns nothing.
func reopen(f Facts, o Case, c Reopen) ([]Event, error) {
	switch {
	case !f.Mine:
		return nil, problem.New(problem.NotFound, "objection.not_found")
	case o.Reopened:
		return nil, problem.New(problem.Conflict, "objection.reopened_already")
	case f.Today > o.ReopenUntil || o.Erased:
		return nil, problem.New(problem.Conflict, "objection.reopened_late", "day", string(o.ReopenUntil))
	}
	var l problem.List
	said(&l, "/claim", c.Claim)
	return one(&l, Reopened{File: c.File, Clock: f.Clock})
}

// attach is for the objector; for anybody else there is no such case.
func attach(f Facts, o Case, c Attach) ([]Event, error) {
	switch {
	case !f.Mine:
		return nil, problem.New(problem.NotFound, "objection.not_found")
	case slices.Contains(o.Files, c.File):
		return nil, nil
	}
	var l problem.List
	if len(o.Files) >= MaxFiles {
		l.Add("/file", "objection.too_many_files", "most", MaxFiles)
	}
	return one(&l, Attached(c))
}

// ring says what the day brings: warnings and lateness, never a decision.
func ring(f Facts, o Case) []Event {
	steps := o.Clock.Ring(f.Today)
	if len(steps) == 0 {
		return nil
	}
	late := false
	for _, name := range steps {
		step, _ := StepOf(o.Stage, name)
		late = late || step.Overdue
	}
	return []Event{Rang{Steps: steps, Late: late}}
}

// StepOf returns the step called name of the stage's phase.
func StepOf(at Stage, name string) (deadline.Step, bool) {
	p, _ := PhaseOf(at)
	return deadline.Find(p.Steps, name)
}

// said checks a text of the objector, which is kept where it can be erased.
func said(l *problem.List, at, text string) {
	l.Require(at, text)
	short(l, at, text, MaxText)
}

func short(l *problem.List, at, text string, most int) {
	if len([]rune(text)) > most {
		l.Add(at, "objection.too_long", "most", most)
	}
}

// written checks a text of those who work on the case: it stands in the
// ledger, most of it before the public, so no number of a person may be in it.
func written(l *problem.List, f Facts, at, text string) {
	said(l, at, text)
	if identifier.MaskAll(text, f.Today) != text || strings.Contains(text, "@") {
		l.Add(at, "objection.personal")
	}
}
