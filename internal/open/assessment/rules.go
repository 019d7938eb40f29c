package assessment

import (
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"slices"
	"strings"
)

// Stage is where the set of rules of a dataset stands.
type Stage string

// The stages. A set that nobody proposed has none.
const (
	StageProposed Stage = "proposed" // another set waits for the lead; what was confirmed before holds
	StageSettled  Stage = "settled"
)

// Table is the life of a dataset's set of rules.
var Table = flow.Table[Stage]{
	{Do: "propose", From: []Stage{"", StageProposed, StageSettled}, To: StageProposed, By: permit.OpnEditor, Article: "16(1)"},
	{Do: "propose", From: []Stage{"", StageProposed, StageSettled}, To: StageProposed, By: permit.CtrQuality, Article: "16(2)"},
	{Do: "confirm", From: []Stage{StageProposed}, To: StageSettled, By: permit.OpnLead, Not: "propose", Article: "16(1)"},
	{Do: "decline", From: []Stage{StageProposed}, To: StageSettled, By: permit.OpnLead, Article: "16(1)"},
}

// Set is the rules that a dataset is held to. The zero Set, but for its
// dataset, is one that nobody proposed.
type Set struct {
	Dataset  string            `json:"dataset"` // slug
	Stage    Stage             `json:"stage,omitempty"`
	Rules    []Rule            `json:"rules,omitempty"`   // in force
	Edition  int               `json:"edition,omitempty"` // 1 for the first that was confirmed, then one more each
	Since    workday.Date      `json:"since,omitempty"`   // in force
	Proposed []Rule            `json:"proposed,omitempty"`
	Reason   string            `json:"reason,omitempty"` // for which the last proposal was declined
	Did      map[string]string `json:"did,omitempty"`    // verb → doer
}

// Command is a request to move a set of rules.
type Command interface{ Verb() string }

// The commands.
type (
	// Propose asks for a whole set; no rules means none but the built-in ones.
	Propose struct {
		Rules []Rule `json:"rules"`
	}
	Confirm struct{}
	Decline struct {
		Reason string `json:"reason"`
	}
)

func (Propose) Verb() string { return "propose" }
func (Confirm) Verb() string { return "confirm" }
func (Decline) Verb() string { return "decline" }

// Event is something that happened to a set of rules.
type Event interface{ Kind() string }

// The events.
type (
	WasProposed struct {
		Rules []Rule `json:"rules"`
		By    string `json:"by"`
	}
	WasConfirmed struct {
		Edition int          `json:"edition"`
		On      workday.Date `json:"on"`
		By      string       `json:"by"`
	}
	WasDeclined struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
)

func (WasProposed) Kind() string  { return "assessment.proposed" }
func (WasConfirmed) Kind() string { return "assessment.confirmed" }
func (WasDeclined) Kind() string  { return "assessment.declined" }

// MaxReason is how long a reason may be, in characters. [D]
const MaxReason = 2000

// Facts are what the rules need to know of the world.
type Facts struct {
	Who    permit.Actor // with the roles that count for the publisher
	Today  workday.Date
	Schema *selection.Schema // of the newest version that was read; nil if there is none
	Other  []string          // datasets that rules may refer to and that there are
}

// Decide says what happens when c is asked of x. It changes nothing.
func Decide(f Facts, x Set, c Command) ([]Event, error) {
	if err := Table.Permit(x.Stage, c.Verb(), f.Who, x.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Propose:
		if err := checkPropose(f, x, c); err != nil {
			return nil, err
		}
		return []Event{WasProposed{Rules: clean(c.Rules), By: f.Who.Doer()}}, nil
	case Confirm:
		// The table may have changed since the rules were proposed.
		if err := Faults(x.Proposed, f.Schema); err != nil {
			return nil, err
		}
		return []Event{WasConfirmed{Edition: x.Edition + 1, On: f.Today, By: f.Who.Doer()}}, nil
	case Decline:
		var l problem.List
		reasonFaults(&l, c.Reason)
		if err := l.Err(); err != nil {
			return nil, err
		}
		return []Event{WasDeclined{Reason: strings.TrimSpace(c.Reason), By: f.Who.Doer()}}, nil
	}
	panic("assessment: no rule for " + c.Verb())
}

func checkPropose(f Facts, x Set, c Propose) error {
	var l problem.List
	tell(&l, c.Rules, f.Schema)
	for i, r := range c.Rules {
		if r.Dataset != "" && r.Kind == refers.Kind && !slices.Contains(f.Other, r.Dataset) {
			(&faults{List: &l, at: pointer(i)}).add("dataset", "assessment.no_such_dataset", "dataset", r.Dataset)
		}
	}
	if x.Stage != StageProposed && slices.EqualFunc(x.Rules, c.Rules, func(a, b Rule) bool { return a.Same(b) && a.Must == b.Must }) {
		l.Add("/rules", "assessment.nothing_changed")
	}
	return l.Err()
}

func reasonFaults(l *problem.List, reason string) {
	reason = strings.TrimSpace(reason)
	l.Require("/reason", reason)
	if len([]rune(reason)) > MaxReason {
		l.Add("/reason", "assessment.too_long", "most", MaxReason)
	}
}

// Evolve returns x as it stands after event.
func Evolve(x Set, event Event) Set {
	switch e := event.(type) {
	case WasProposed:
		x.Stage, x.Proposed, x.Reason = StageProposed, e.Rules, ""
		x.Did = flow.Did(x.Did, "propose", e.By)
	case WasConfirmed:
		x.Stage, x.Rules, x.Proposed = StageSettled, x.Proposed, nil
		x.Edition, x.Since = e.Edition, e.On
		x.Did = flow.Did(x.Did, "confirm", e.By)
	case WasDeclined:
		x.Stage, x.Proposed, x.Reason = StageSettled, nil, e.Reason
		x.Did = flow.Did(x.Did, "decline", e.By)
	default:
		panic("assessment: cannot evolve by " + event.Kind())
	}
	return x
}

// MayRead is the rule of the rules, their failing cells and the waivers; of
// which publishers is decided by reach.
var MayRead = permit.Rule{Act: "assessment.read", By: []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead, permit.CtrEngineer, permit.CtrQuality, permit.Auditor}, Article: "16(1)"}

// MaySee reports whether who, with the roles that count for the publisher,
// looks after the quality of its data.
func MaySee(who permit.Actor) bool { return who.HasAny(MayRead.By...) || who.Has(permit.Clock) }
