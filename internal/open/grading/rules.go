package grading

import (
	"slices"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a grading stands.
type Stage string

// The stages.
const (
	StageNotGraded      Stage = "not_graded"      // nobody has looked at the entry
	StageScanned        Stage = "scanned"         // the grader's turn, with suggestions
	StageGraded         Stage = "graded"          // the checker's turn
	StageRejected       Stage = "rejected"        // the grader's turn: see Case.Reason
	StageConfirmed      Stage = "confirmed"       // in force
	StageReviewDue      Stage = "review_due"      // the one in force is due again: see Case.Reasons
	StageEvidenceNeeded Stage = "evidence_needed" // what was closed may be graded by the evidence
)

// Table is the whole life of a grading (SM-07).
var Table = flow.Table[Stage]{
	{Do: "scan", From: in(StageNotGraded), To: StageScanned, By: permit.Clock, Article: "13(2)"},
	{Do: "scan", From: in(StageScanned, StageRejected, StageReviewDue, StageEvidenceNeeded), By: permit.Clock, Article: "13(2)"},
	{Do: "grade", From: in(StageScanned, StageRejected, StageReviewDue, StageEvidenceNeeded), To: StageGraded, By: permit.OpnGrader, Article: "13(2)"},
	{Do: "reject", From: in(StageGraded), To: StageRejected, By: permit.OpnReviewer, Not: "grade bring_evidence", Article: "13(2)"},
	{Do: "confirm", From: in(StageGraded), To: StageConfirmed, By: permit.OpnReviewer, Not: "grade bring_evidence", Article: "14(1)"},
	{Do: "bring_evidence", From: in(StageConfirmed), To: StageEvidenceNeeded, By: permit.OpnGrader, Article: "14(1)(1)"},
	{Do: "bring_evidence", From: in(StageScanned, StageRejected, StageReviewDue, StageEvidenceNeeded), By: permit.OpnGrader, Article: "14(1)(1)"},
	{Do: "due_again", From: in(StageConfirmed), To: StageReviewDue, By: permit.Clock, Article: "13(1)"},
	{Do: "due_again", From: in(StageReviewDue), By: permit.Clock, Article: "13(1)"},
}

func in(s ...Stage) []Stage { return s }

// Case is the grading of one entry.
type Case struct {
	Slug        string            `json:"slug"` // of the entry
	Body        string            `json:"body"` // the entry's publisher
	Stage       Stage             `json:"stage"`
	Suggestions []Suggestion      `json:"suggestions"`
	Draft       *Decision         `json:"draft,omitempty"`    // graded, not confirmed; nil if none is
	InForce     *Decision         `json:"in_force,omitempty"` // the last that was confirmed; nil if none was
	Evidence    []Evidence        `json:"evidence,omitempty"` // that the next grading may rest on
	Reason      string            `json:"reason,omitempty"`   // why the last was rejected; "" if it was graded again
	Reasons     []string          `json:"reasons,omitempty"`  // why it is due again, of Reasons
	Since       workday.Date      `json:"since,omitempty"`    // at this stage since
	Did         map[string]string `json:"did,omitempty"`      // verb → doer, for four eyes
}

// FieldName is a field of the entry as it is now.
type FieldName struct {
	Name  string      `json:"name"`
	Title locale.Text `json:"title"`
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who     permit.Actor // with the roles that count for the entry's publisher
	Today   workday.Date
	Fields  []FieldName // of the entry, now
	Profile Profile     // in force
	Overlay Overlay     // of the publisher; zero for none
	Joined  []Neighbour // other open entries that the table can be joined with
}

// Decide says what happens when c is asked of g. It changes nothing. The zero
// Case is one that does not exist yet.
func Decide(f Facts, g Case, c Command) ([]Event, error) {
	if err := Table.Permit(g.Stage, c.Verb(), f.Who, g.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Scan:
		if g.Stage != StageNotGraded && g.Slug == c.Slug && slices.Equal(g.Suggestions, c.Suggestions) {
			return nil, nil
		}
		return []Event{Scanned{Slug: c.Slug, Body: c.Body, Suggestions: c.Suggestions, On: f.Today}}, nil
	case Grade:
		if err := CheckSheet(f, g, c.Sheet); err != nil {
			return nil, err
		}
		return []Event{Graded{Decision: decided(f, g, c.Sheet, f.Today), On: f.Today, By: f.Who.Doer()}}, nil
	case Reject:
		var p problem.List
		needText(&p, "/reason", c.Reason)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Rejected{Reason: strings.TrimSpace(c.Reason), On: f.Today, By: f.Who.Doer()}}, nil
	case Confirm:
		return confirm(f, g)
	case BringEvidence:
		return bring(f, g, c.Evidence)
	case DueAgain:
		return due(f, g, c)
	}
	panic("grading: no rule for " + c.Verb())
}

// decided is what s amounts to by the facts.
func decided(f Facts, g Case, s Sheet, gradedOn workday.Date) Decision {
	r := Derive(f.Profile, f.Overlay, s, g.kinds(), f.Joined)
	conditions, _ := f.Overlay.Under(f.Profile.Content).Suggested(r)
	return Decision{Sheet: s, Result: r, Profile: f.Profile.Version, Overlay: f.Overlay.Version, Evidence: g.Evidence, Conditions: conditions, GradedOn: gradedOn}
}

// kinds lists the kinds of evidence that lie there.
func (g Case) kinds() (all []string) {
	for _, e := range g.Evidence {
		if !slices.Contains(all, e.Kind) {
			all = append(all, e.Kind)
		}
	}
	return all
}

// confirm derives again: the table, the profile or another entry may have
// changed since, and then there is nothing to confirm.
func confirm(f Facts, g Case) ([]Event, error) {
	if err := CheckSheet(f, g, g.Draft.Sheet); err != nil {
		return nil, problem.New(problem.Conflict, "grading.moved_since")
	}
	d := decided(f, g, g.Draft.Sheet, g.Draft.GradedOn)
	if d.Type != g.Draft.Type || d.Profile != g.Draft.Profile || d.Overlay != g.Draft.Overlay || !slices.EqualFunc(d.Trace, g.Draft.Trace, sameStep) {
		return nil, problem.New(problem.Conflict, "grading.moved_since")
	}
	d.ConfirmedOn = f.Today
	return []Event{Confirmed{Slug: g.Slug, Decision: d, On: f.Today, By: f.Who.Doer()}}, nil
}

// bring: what is in force and not closed needs none.
func bring(f Facts, g Case, e Evidence) ([]Event, error) {
	if err := checkEvidence(e, f.Today, g); err != nil {
		return nil, err
	}
	if g.Stage == StageConfirmed && g.InForce.Type != opening.Closed {
		return nil, problem.New(problem.Conflict, "grading.not_closed")
	}
	e.By = f.Who.Doer()
	return []Event{EvidenceBrought{Evidence: e, On: f.Today, By: f.Who.Doer()}}, nil
}

// due takes the reasons that are new.
func due(f Facts, g Case, c DueAgain) ([]Event, error) {
	var fresh []string
	for _, r := range Reasons {
		if slices.Contains(c.Reasons, r) && !(g.Stage == StageReviewDue && slices.Contains(g.Reasons, r)) {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return []Event{FellDue{Reasons: fresh, On: f.Today}}, nil
}

// Evolve returns g as it stands after event.
func Evolve(g Case, event Event) Case {
	switch e := event.(type) {
	case Scanned:
		g.Slug, g.Body, g.Suggestions = e.Slug, e.Body, e.Suggestions
		if g.Stage == StageNotGraded {
			g.Stage, g.Since = StageScanned, e.On
		}
	case Graded:
		g.Stage, g.Since, g.Draft, g.Reason = StageGraded, e.On, &e.Decision, ""
		g.Did = flow.Did(g.Did, "grade", e.By)
	case Rejected:
		g.Stage, g.Since, g.Reason = StageRejected, e.On, e.Reason
		g.Did = flow.Did(g.Did, "reject", e.By)
	case Confirmed:
		g.Stage, g.Since, g.InForce, g.Draft, g.Reasons = StageConfirmed, e.On, &e.Decision, nil, nil
		// Evidence that was weighed and left the data closed does not open it
		// another time.
		if e.Decision.Type == opening.Closed {
			g.Evidence = nil
		}
		g.Did = flow.Did(g.Did, "confirm", e.By)
	case EvidenceBrought:
		if g.Stage == StageConfirmed {
			g.Stage, g.Since = StageEvidenceNeeded, e.On
		}
		g.Evidence = append(slices.Clone(g.Evidence), e.Evidence)
		g.Did = flow.Did(g.Did, "bring_evidence", e.By)
	case FellDue:
		if g.Stage == StageConfirmed {
			g.Stage, g.Since, g.Reasons = StageReviewDue, e.On, nil
		}
		g.Reasons = append(slices.Clone(g.Reasons), e.Reasons...)
		// A report on other fields says nothing of these.
		if slices.Contains(e.Reasons, SchemaChanged) {
			g.Evidence = nil
		}
	default:
		panic("grading: cannot evolve by " + event.Kind())
	}
	return g
}

// Waiting are the stages in which somebody's turn it is.
var Waiting = []Stage{StageScanned, StageRejected, StageGraded, StageReviewDue, StageEvidenceNeeded}

// Term returns the name of the term in which the turn of g is to be taken;
// "" for none. It runs from the day Since.
func (g Case) Term() string {
	switch g.Stage {
	case StageGraded:
		return "grading.check"
	case StageRejected:
		return "grading.recheck"
	case StageReviewDue:
		return "grading.redo"
	}
	return ""
}

// MayWork is the rule of seeing gradings: those of the publisher, and whoever
// reviews the open list or oversees it (requirements A13.2).
var MayWork = permit.Rule{Act: "grading.work", By: []permit.Role{permit.OpnGrader, permit.OpnReviewer, permit.OpnEditor, permit.OpnLead, permit.OpnSecurity,
	permit.CtrListReviewer, permit.AutOfficer}, Article: "13(2)"}

// MaySee reports whether who may know of the grading of an entry of body.
func MaySee(who permit.Actor, body string) bool {
	return who.Has(permit.Clock) || MayWork.Allows(who, permit.Thing{Body: body})
}
