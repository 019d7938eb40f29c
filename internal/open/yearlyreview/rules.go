package yearlyreview

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where the review of a publisher stands (SM-20).
type Stage string

// The stages.
const (
	StageOpened     Stage = "opened"     // nothing is decided yet
	StageEvaluating Stage = "evaluating" // the editor decides
	StageComplete   Stage = "complete"   // handed in, waits for the lead
	StageSigned     Stage = "signed"     // the lead answers for it, waits for the authority
	StageReturned   Stage = "returned"   // the editor's turn: see Review.Faults
	StageReviewed   Stage = "reviewed"   // accepted; work orders are begun
	StageClosed     Stage = "closed"     // every change has its work order
)

// Table is the whole life of a review.
var Table = flow.Table[Stage]{
	{Do: "open", From: in(""), To: StageOpened, By: permit.Clock, Article: "10(1)"},
	{Do: "choose", From: in(StageOpened), To: StageEvaluating, By: permit.OpnEditor, Article: "10(1)"},
	{Do: "choose", From: in(StageEvaluating, StageReturned), By: permit.OpnEditor, Article: "10(1)"},
	{Do: "add", From: in(StageOpened, StageEvaluating, StageReturned), By: permit.OpnEditor, Article: "10(1)"},
	{Do: "complete", From: in(StageEvaluating, StageReturned), To: StageComplete, By: permit.OpnEditor, Article: "10(1)"},
	{Do: "give_back", From: in(StageComplete), To: StageReturned, By: permit.OpnLead, Article: "10(1)"},
	{Do: "sign", From: in(StageComplete), To: StageSigned, By: permit.OpnLead, Not: "choose complete", Article: "10(1)"},
	{Do: "return", From: in(StageSigned), To: StageReturned, By: permit.AutOfficer, Not: "choose complete sign", Article: "10(1)"},
	{Do: "accept", From: in(StageSigned), To: StageReviewed, By: permit.AutOfficer, Not: "choose complete sign", Article: "10(1)"},
	{Do: "begin", From: in(StageReviewed), By: permit.OpnEditor, Article: "10(1)"},
	{Do: "close", From: in(StageOpened, StageEvaluating, StageReturned, StageReviewed), To: StageClosed, By: permit.Clock, Article: "10(1)"},
	{Do: "refresh", From: in(StageOpened, StageEvaluating, StageReturned), By: permit.Clock, Article: "10(1)"},
	{Do: "ring", From: in(StageOpened, StageEvaluating, StageComplete, StageSigned, StageReturned), By: permit.Clock},
	{Do: "recount", From: in(StageOpened, StageEvaluating, StageComplete, StageSigned, StageReturned), By: permit.Clock},
}

func in(s ...Stage) []Stage { return s }

// The terms of this package; see terms.json of casework/calendar.
const (
	TermReview = "yearlyreview.review" // of the authority
	TermRedo   = "yearlyreview.redo"   // of the publisher, after a return
)

// OverdueStep is the step of the day after the last.
const OverdueStep = "overdue"

// ReviewSteps are what happens while a review waits for the authority.
var ReviewSteps = []deadline.Step{
	{Name: "review_due", Term: TermReview, Tell: []permit.Role{permit.AutOfficer}},
	{Name: "review_overdue", Term: "yearlyreview.review_overdue", Tell: []permit.Role{permit.AutOfficer, permit.GofOfficer}, Overdue: true},
}

// RedoSteps are what happens while a returned review waits for its publisher.
var RedoSteps = []deadline.Step{
	{Name: "redo_due", Term: TermRedo, Tell: []permit.Role{permit.OpnEditor, permit.OpnLead}},
	{Name: "redo_overdue", Term: "yearlyreview.redo_overdue", Tell: []permit.Role{permit.OpnLead, permit.AutOfficer}, Overdue: true},
}

// Tell returns whom a step tells.
func Tell(step string) []permit.Role {
	for _, s := range slices.Concat(ReviewSteps, RedoSteps) {
		if s.Name == step {
			return s.Tell
		}
	}
	if step == OverdueStep {
		return []permit.Role{permit.OpnEditor, permit.OpnLead, permit.AutOfficer}
	}
	return []permit.Role{permit.OpnEditor, permit.OpnLead}
}

// overdue reports whether a step means that the last day has passed.
func overdue(step string) bool {
	return step == OverdueStep || slices.ContainsFunc(slices.Concat(ReviewSteps, RedoSteps), func(s deadline.Step) bool { return s.Overdue && s.Name == step })
}

// Year is when the reviews of a year are done.
type Year struct {
	Number    int
	Opens     workday.Date
	Last      workday.Date // last day to sign, before holidays move it
	Reminders []int        // days before the last, e.g. 30, 7, 0
}

// Begun reports whether the reviews of the year are to be there on a day.
func (y Year) Begun(today workday.Date) bool {
	return y.Opens != "" && y.Opens <= today && today <= y.Last
}

// Clock returns the time of a review that opens on day on; due is the year's
// last day, moved to a working day. Reminders whose day has passed do not come.
func (y Year) Clock(due workday.Due, on workday.Date) deadline.Clock {
	c := deadline.Clock{ReceivedOn: on, Due: due}
	for _, n := range y.Reminders {
		if day := due.Day.AddDays(-n); day > on {
			c.Steps = append(c.Steps, deadline.Day{Step: reminder(n), On: day})
		}
	}
	c.Steps = append(c.Steps, deadline.Day{Step: OverdueStep, On: due.Day.AddDays(1)})
	return c
}

func reminder(days int) string {
	if days == 0 {
		return "last_day"
	}
	return remindSteps + strconv.Itoa(days)
}

// remindSteps begins the names of the reminders; each has its own, since a step
// is taken once.
const remindSteps = "remind_"

// NoticeOf is the notice by which a step is told.
func NoticeOf(step string) string {
	if strings.HasPrefix(step, remindSteps) {
		return "remind"
	}
	return step
}

// Can lists the verbs that who, with the roles that count for the review's
// publisher, may do now.
func Can(who permit.Actor, r Review) []string {
	return slices.DeleteFunc(Table.Open(r.Stage, who, r.Did), func(verb string) bool {
		return slices.Contains(checks, verb) && r.DecidedBy(who) || verb == "begin" && len(r.Unbegun()) == 0
	})
}

// checks are the steps of those who may have decided nothing themselves.
var checks = []string{"sign", "return", "accept"}

// permitted says whether who may ask c of r: the table's word, and four eyes
// over each single decision, since several editors may share a review.
func permitted(who permit.Actor, r Review, verb string) error {
	if err := Table.Permit(r.Stage, verb, who, r.Did); err != nil {
		return err
	}
	if slices.Contains(checks, verb) && r.DecidedBy(who) {
		return problem.New(problem.Forbidden, "flow.four_eyes")
	}
	return nil
}

// MaySee reports whether who, with the roles that count for the review's
// publisher, may know of its decisions: its own people always, those who
// oversee once it has been opened.
func MaySee(who permit.Actor) bool {
	return who.HasAny(permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.Clock, permit.CtrListReviewer, permit.AutOfficer, permit.GofOfficer, permit.Auditor)
}

// The rules of lists of reviews: one's own body's, and everybody's.
var (
	MayWork    = permit.Rule{Act: "yearlyreview.work", By: []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead}, Article: "10(1)"}
	MayOversee = permit.Rule{Act: "yearlyreview.oversee", By: []permit.Role{permit.CtrListReviewer, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "10(1)"}
	MayRead    = permit.Rule{Act: "yearlyreview.read", By: []permit.Role{permit.Visitor}, Article: "10(1)"}
)
