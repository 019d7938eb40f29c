package adjustment

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where an order stands (SM-06). The automatic check is part of
// handing in: an order that does not pass it does not arrive.
type Stage string

// The stages.
const (
	StageDraft     Stage = "draft"     // the editor writes
	StageSubmitted Stage = "submitted" // waits for a reviewer of the centre
	StageReviewing Stage = "reviewing" // a reviewer looks at it
	StageReturned  Stage = "returned"  // the publisher's turn: see Order.Faults
	StageAccepted  Stage = "accepted"  // takes effect on Order.EffectiveOn
	StageEffective Stage = "effective" // the list is as it says
	StageCancelled Stage = "cancelled" // the publisher gave it up
)

// Table is the whole life of an order.
var Table = flow.Table[Stage]{
	{Do: "draft", From: in(""), To: StageDraft, By: permit.OpnEditor, Article: "11(1)"},
	{Do: "draft", From: in(""), To: StageDraft, By: permit.Clock, Article: "31(2)"},
	{Do: "fill", From: in(StageDraft, StageReturned), By: permit.OpnEditor, Article: "11(1)"},
	{Do: "submit", From: in(StageDraft, StageReturned), To: StageSubmitted, By: permit.OpnLead, Not: "draft fill", Article: "11(1)"},
	{Do: "take", From: in(StageSubmitted), To: StageReviewing, By: permit.CtrListReviewer, Not: "draft fill submit", Article: "11(2)"},
	{Do: "take", From: in(StageReviewing), By: permit.CtrListReviewer, Not: "draft fill submit", Article: "11(2)"},
	{Do: "acknowledge", From: in(StageReviewing), By: permit.AutOfficer, Not: "draft fill submit take", Article: "11(1)"},
	{Do: "return", From: in(StageReviewing), To: StageReturned, By: permit.CtrListReviewer, Not: "draft fill submit", Article: "11(2)"},
	{Do: "return", From: in(StageReviewing), To: StageReturned, By: permit.AutOfficer, Not: "draft fill submit", Article: "11(2)"},
	{Do: "accept", From: in(StageReviewing), To: StageAccepted, By: permit.CtrListReviewer, Not: "draft fill submit acknowledge", Article: "11(2)"},
	{Do: "effect", From: in(StageAccepted), To: StageEffective, By: permit.Clock, Article: "11(1)"},
	{Do: "send_back", From: in(StageAccepted), To: StageReturned, By: permit.Clock, Article: "11(2)"},
	{Do: "cancel", From: in(StageDraft, StageSubmitted, StageReturned), To: StageCancelled, By: permit.OpnEditor},
	{Do: "cancel", From: in(StageDraft, StageSubmitted, StageReturned), To: StageCancelled, By: permit.OpnLead},
	{Do: "ring", From: in(StageSubmitted, StageReviewing), By: permit.Clock},
	{Do: "recount", From: in(StageSubmitted, StageReviewing), By: permit.Clock},
}

func in(s ...Stage) []Stage { return s }

// The terms of this package; see terms.json of casework/calendar.
const (
	TermReview = "adjustment.review"
	TermNotice = "openlist.withdrawal_notice" // between handing in a downgrade and its effect
)

// Steps are what happens while an order waits for the centre.
var Steps = []deadline.Step{
	{Name: "unopened", Term: "adjustment.unopened", Tell: []permit.Role{permit.CtrListReviewer}, Unseen: true},
	{Name: "due", Term: TermReview, Tell: []permit.Role{permit.CtrListReviewer}},
	{Name: "overdue", Term: "adjustment.overdue", Tell: []permit.Role{permit.CtrListReviewer, permit.AutOfficer}, Overdue: true},
}

// Bounds. [D]
const (
	MaxText      = 2000 // characters of a reason
	MaxDocuments = 20
	MaxFaults    = 200
)

// Facts are what the rules need to know of the world.
type Facts struct {
	Who      permit.Actor // with the roles that count for the entry's publisher
	Today    workday.Date
	Earliest workday.Date    // first day on which a downgrade that is handed in today may take effect
	Begins   Begins          // for Draft
	Proposal Proposal        // what stands in the order, or is to stand there
	Gates    []problem.Field // every fault of the entry as the order would have it; nil for Withdraw
	Waiting  int             // documents that are not looked at yet
	IntoNone bool            // the entry that Content.Into names is not on the list
	Clock    deadline.Clock  // for an order that is handed in today
}

// Begins is what there is to begin an order from.
type Begins struct {
	Draft  bool // the entry is being written
	Listed bool // it is on the list
	Open   bool // somebody works on an order of the entry
}

// Proposal is what an order makes of its entry.
type Proposal struct {
	Was, Now    opening.Type
	Differences []Difference
}

// Decide says what happens when c is asked of o. It changes nothing. The zero
// Order is one that does not exist yet.
func Decide(f Facts, o Order, c Command) ([]Event, error) {
	if err := Table.Permit(o.Stage, c.Verb(), f.Who, o.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Draft:
		if err := mayDraft(f, c); err != nil {
			return nil, err
		}
		return []Event{Drafted{ID: c.ID, Entry: c.Entry, Body: c.Body, Asks: c.Kind, Content: c.Content, Was: f.Proposal.Was, Now: f.Proposal.Now, By: f.Who.Doer()}}, nil
	case Fill:
		return fill(f, o, c)
	case Submit:
		return submit(f, o, c)
	case Take:
		if f.Who.Is(o.Did["take"]) && o.Stage == StageReviewing {
			return nil, nil
		}
		return []Event{Taken{By: f.Who.Doer()}}, nil
	case Acknowledge:
		if !o.Downgrade() {
			return nil, problem.New(problem.Conflict, "adjustment.no_downgrade")
		}
		if o.Acknowledged {
			return nil, nil
		}
		return []Event{Acknowledged{By: f.Who.Doer()}}, nil
	case Return:
		return giveBack(f, c)
	case Accept:
		return accept(f, o, c)
	case Effect:
		if f.Today < o.EffectiveOn {
			return nil, nil
		}
		if len(f.Gates) > 0 {
			return nil, &problem.Error{Kind: problem.Invalid, Code: "invalid_input", Fields: f.Gates}
		}
		return []Event{Effected{On: f.Today}}, nil
	case SendBack:
		return sendBack(f, o, c)
	case Cancel:
		var l problem.List
		require(&l, "/reason", c.Reason)
		if err := l.Err(); err != nil {
			return nil, err
		}
		return []Event{Cancelled{Reason: c.Reason, By: f.Who.Doer()}}, nil
	case Ring:
		return ring(f, o), nil
	case Recount:
		if c.Clock.Equal(o.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	}
	panic("adjustment: no rule for " + c.Verb())
}

// Kinds are the kinds of order that can begin from b: one at a time, to list a
// draft, or to change or withdraw what is listed.
func (b Begins) Kinds() []Kind {
	switch {
	case b.Open:
		return nil
	case b.Draft:
		return []Kind{List}
	case b.Listed:
		return []Kind{Change, Withdraw}
	}
	return nil
}

func mayDraft(f Facts, c Draft) error {
	switch {
	case !slices.Contains(Kinds, c.Kind):
		var l problem.List
		l.Add("/kind", "adjustment.unknown_kind")
		return l.Err()
	case slices.Contains(f.Begins.Kinds(), c.Kind):
		return nil
	case f.Begins.Open:
		return problem.New(problem.Conflict, "adjustment.one_at_a_time")
	case c.Kind == List:
		return problem.New(problem.Conflict, "adjustment.listed_already")
	}
	return problem.New(problem.Conflict, "adjustment.not_listed")
}

// Can lists the verbs that who, with the roles that count for the order's
// publisher, may do now: what the table lets him, without what would change
// nothing.
func Can(who permit.Actor, o Order) []string {
	return slices.DeleteFunc(Table.Open(o.Stage, who, o.Did), func(verb string) bool {
		switch verb {
		case "take":
			return o.Stage == StageReviewing && who.Is(o.Did["take"])
		case "acknowledge":
			return !o.Downgrade() || o.Acknowledged
		}
		return false
	})
}

// fill keeps what stands in the form, faults and all, as long as it is no more
// than a form can hold; what is wrong with it is told when it is handed in.
func fill(f Facts, o Order, c Fill) ([]Event, error) {
	var l problem.List
	for _, x := range []struct{ at, text string }{{"/reason", c.Reason}, {"/urgent", c.Urgent}} {
		if len([]rune(x.text)) > MaxText {
			l.Add(x.at, "adjustment.too_long", "most", MaxText)
		}
	}
	if len(c.Documents) > MaxDocuments {
		l.Add("/documents", "adjustment.too_many_documents", "most", MaxDocuments)
	}
	if c.EffectiveOn != "" && !c.EffectiveOn.Valid() {
		l.Add("/effective_on", "adjustment.no_day", "day", string(c.EffectiveOn))
	}
	if c.Ground != "" && !slices.Contains(Grounds, c.Ground) {
		l.Add("/ground", "adjustment.unknown_ground")
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	if o.Kind != Change {
		c.Proposed = nil
	}
	return []Event{Filled{Content: c.Content, Documents: c.Documents, Was: f.Proposal.Was, Now: f.Proposal.Now, By: f.Who.Doer()}}, nil
}

// submit refuses whatever Article 11 would have returned, all at once.
func submit(f Facts, o Order, c Submit) ([]Event, error) {
	var l problem.List
	require(&l, "/reason", o.Reason)
	if o.Kind == Change && len(f.Proposal.Differences) == 0 {
		l.Add("/proposed", "adjustment.nothing_changes")
	}
	if o.Kind == Withdraw {
		for _, x := range GroundFaults(o.Entry, o.Content, f.IntoNone) {
			l.Keep(x)
		}
	}
	after := o
	after.Was, after.Now = f.Proposal.Was, f.Proposal.Now
	checkDay(&l, f, after)
	if after.Downgrade() && len(o.Documents) == 0 {
		l.Add("/documents", "adjustment.needs_document")
	}
	if f.Waiting > 0 {
		l.Add("/documents", "adjustment.documents_wait", "n", f.Waiting)
	}
	for _, x := range f.Gates {
		l.Keep(x)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	e := Submitted{Number: c.Number, On: f.Today, By: f.Who.Doer(), Was: after.Was, Now: after.Now, Differences: f.Proposal.Differences, Clock: f.Clock}
	if o.Number != "" {
		e.Number = o.Number
	}
	return []Event{e}, nil
}

// checkDay: a downgrade is told to the public before it takes effect, unless
// there is a risk in waiting. [D]
func checkDay(l *problem.List, f Facts, o Order) {
	switch {
	case o.EffectiveOn != "" && o.EffectiveOn < f.Today:
		l.Add("/effective_on", "adjustment.day_past", "day", string(o.EffectiveOn))
	case o.Downgrade() && strings.TrimSpace(o.Urgent) == "" && o.EffectiveOn < f.Earliest:
		l.Add("/effective_on", "adjustment.needs_notice", "day", string(f.Earliest))
	}
}

func giveBack(f Facts, c Return) ([]Event, error) {
	var l problem.List
	if len(c.Faults) == 0 {
		l.Add("/faults", "adjustment.needs_fault")
	}
	if len(c.Faults) > MaxFaults {
		l.Add("/faults", "adjustment.too_many_faults", "most", MaxFaults)
		return nil, l.Err()
	}
	for i, x := range c.Faults {
		at := "/faults/" + strconv.Itoa(i)
		if !slices.Contains(ReturnCodes, x.Code) {
			l.Add(at+"/code", "adjustment.unknown_code")
		}
		require(&l, at+"/text", x.Text)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{Returned{Faults: c.Faults, On: f.Today, By: f.Who.Doer()}}, nil
}

func accept(f Facts, o Order, c Accept) ([]Event, error) {
	var l problem.List
	for _, x := range Checklist {
		if !slices.Contains(c.Checked, x) {
			l.Add("/checked/"+x, "adjustment.not_ticked")
		}
	}
	if o.Downgrade() && !o.Acknowledged {
		l.Add("/acknowledged", "adjustment.not_acknowledged")
	}
	for _, x := range f.Gates {
		l.Keep(x)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	day := max(o.EffectiveOn, f.Today)
	return []Event{Accepted{On: f.Today, EffectiveOn: day, By: f.Who.Doer()}}, nil
}

// sendBack: what was right when it was accepted has become wrong before it
// took effect, e.g. its grading was opened again.
func sendBack(f Facts, o Order, c SendBack) ([]Event, error) {
	if len(c.Faults) == 0 || f.Today < o.EffectiveOn {
		return nil, nil
	}
	faults := make([]Fault, 0, len(c.Faults))
	for _, x := range c.Faults {
		faults = append(faults, Fault{Code: "R4", Pointer: x.Pointer, Key: x.Code, Args: x.Args})
	}
	return []Event{Returned{Faults: faults, On: f.Today}}, nil
}

// ring says what the day brings: warnings and lateness, never a decision.
func ring(f Facts, o Order) []Event {
	steps := o.Clock.Ring(f.Today)
	if len(steps) == 0 {
		return nil
	}
	late := slices.ContainsFunc(Steps, func(s deadline.Step) bool { return s.Overdue && slices.Contains(steps, s.Name) })
	return []Event{Rang{Steps: steps, Late: late}}
}

// Tell returns whom a step tells, of an order as it stood before.
func Tell(o Order, name string) []permit.Role {
	i := slices.IndexFunc(Steps, func(s deadline.Step) bool { return s.Name == name })
	if i < 0 || Steps[i].Unseen && o.Stage != StageSubmitted {
		return nil
	}
	return Steps[i].Tell
}

func require(l *problem.List, at, text string) {
	l.Require(at, text)
	if len([]rune(text)) > MaxText {
		l.Add(at, "adjustment.too_long", "most", MaxText)
	}
}

// MaySee reports whether who, with the roles that count for the order's
// publisher, may know of o: everybody of what took effect, its own people and
// those who review of the rest.
func MaySee(who permit.Actor, o Order) bool {
	return o.Stage == StageEffective || who.HasAny(permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.Clock) ||
		o.Stage != StageDraft && who.HasAny(permit.CtrListReviewer, permit.AutOfficer, permit.GofOfficer, permit.Auditor)
}

// The rules of the lists of orders: one's own body's, and everybody's.
var (
	MayWork   = permit.Rule{Act: "adjustment.work", By: []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead}, Article: "11(1)"}
	MayReview = permit.Rule{Act: "adjustment.review", By: []permit.Role{permit.CtrListReviewer, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "11(2)"}
	MayRead   = permit.Rule{Act: "adjustment.read", By: []permit.Role{permit.Visitor}, Article: "11(1)"}
)
