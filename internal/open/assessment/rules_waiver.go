package assessment

import (
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// WaiverStage is where a waiver stands.
type WaiverStage string

// The stages.
const (
	WaiverAsked   WaiverStage = "asked"
	WaiverGranted WaiverStage = "granted" // until its last day is over
	WaiverRefused WaiverStage = "refused"
	WaiverEnded   WaiverStage = "ended"
)

// WaiverTable is the life of a waiver: a rule does not hold releases for a
// while. The score does not change by it: what is wrong is still wrong.
var WaiverTable = flow.Table[WaiverStage]{
	{Do: "ask", From: []WaiverStage{""}, To: WaiverAsked, By: permit.OpnEditor, Article: "16(1)"},
	{Do: "grant", From: []WaiverStage{WaiverAsked}, To: WaiverGranted, By: permit.OpnLead, Not: "ask", Article: "16(1)"},
	{Do: "refuse", From: []WaiverStage{WaiverAsked}, To: WaiverRefused, By: permit.OpnLead, Article: "16(1)"},
	{Do: "take_back", From: []WaiverStage{WaiverAsked, WaiverGranted}, To: WaiverEnded, By: permit.OpnLead, Article: "16(1)"},
	{Do: "lapse", From: []WaiverStage{WaiverAsked, WaiverGranted}, To: WaiverEnded, By: permit.Clock, Article: "16(1)"},
}

// Waiver lets versions be released though they break a rule.
type Waiver struct {
	ID      string            `json:"id"`
	Dataset string            `json:"dataset"` // slug
	Rule    Rule              `json:"rule"`
	Reason  string            `json:"reason"`
	Until   workday.Date      `json:"until"` // last day
	Stage   WaiverStage       `json:"stage"`
	Refused string            `json:"refused,omitempty"` // reason
	EndedOn workday.Date      `json:"ended_on,omitempty"`
	Did     map[string]string `json:"did,omitempty"` // verb → doer
}

// Covers reports whether the rule does not hold releases on day.
func (w Waiver) Covers(r Rule, day workday.Date) bool {
	return w.Stage == WaiverGranted && w.Rule.Same(r) && day <= w.Until
}

// The commands of waivers.
type (
	AskWaiver struct {
		ID      string       `json:"-"`
		Dataset string       `json:"-"`
		Rule    Rule         `json:"-"`
		Reason  string       `json:"reason"`
		Until   workday.Date `json:"until"` // last day; at most waiver.days ahead
	}
	Grant  struct{}
	Refuse struct {
		Reason string `json:"reason"`
	}
	TakeBack struct{}
	Lapse    struct{}
)

func (AskWaiver) Verb() string { return "ask" }
func (Grant) Verb() string     { return "grant" }
func (Refuse) Verb() string    { return "refuse" }
func (TakeBack) Verb() string  { return "take_back" }
func (Lapse) Verb() string     { return "lapse" }

// WaiverEvent is something that happened to a waiver.
type WaiverEvent interface{ Kind() string }

// The events of waivers.
type (
	WaiverWasAsked struct {
		ID      string       `json:"id"`
		Dataset string       `json:"dataset"`
		Rule    Rule         `json:"rule"`
		Reason  string       `json:"reason"`
		Until   workday.Date `json:"until"`
		By      string       `json:"by"`
	}
	WaiverWasGranted struct {
		By string `json:"by"`
	}
	WaiverWasRefused struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	WaiverWasTakenBack struct {
		On workday.Date `json:"on"`
		By string       `json:"by"`
	}
	WaiverLapsed struct {
		On workday.Date `json:"on"`
	}
)

func (WaiverWasAsked) Kind() string     { return "assessment.waiver_asked" }
func (WaiverWasGranted) Kind() string   { return "assessment.waiver_granted" }
func (WaiverWasRefused) Kind() string   { return "assessment.waiver_refused" }
func (WaiverWasTakenBack) Kind() string { return "assessment.waiver_taken_back" }
func (WaiverLapsed) Kind() string       { return "assessment.waiver_lapsed" }

// WaiverFacts are what the rules of waivers need to know of the world.
type WaiverFacts struct {
	Who   permit.Actor // with the roles that count for the publisher
	Today workday.Date
	Most  int  // days for which a rule may be waived
	Waits bool // another waiver of the rule is asked for or granted
}

// DecideWaiver says what happens when c is asked of w. It changes nothing. The
// zero Waiver is one that does not exist yet.
func DecideWaiver(f WaiverFacts, w Waiver, c Command) ([]WaiverEvent, error) {
	if err := WaiverTable.Permit(w.Stage, c.Verb(), f.Who, w.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case AskWaiver:
		if err := checkWaiver(f, c); err != nil {
			return nil, err
		}
		return []WaiverEvent{WaiverWasAsked{ID: c.ID, Dataset: c.Dataset, Rule: c.Rule, Reason: strings.TrimSpace(c.Reason), Until: c.Until, By: f.Who.Doer()}}, nil
	case Grant:
		if f.Today > w.Until {
			return nil, problem.New(problem.Conflict, "assessment.waiver_over", "day", string(w.Until))
		}
		return []WaiverEvent{WaiverWasGranted{By: f.Who.Doer()}}, nil
	case Refuse:
		var l problem.List
		reasonFaults(&l, c.Reason)
		if err := l.Err(); err != nil {
			return nil, err
		}
		return []WaiverEvent{WaiverWasRefused{Reason: strings.TrimSpace(c.Reason), By: f.Who.Doer()}}, nil
	case TakeBack:
		return []WaiverEvent{WaiverWasTakenBack{On: f.Today, By: f.Who.Doer()}}, nil
	case Lapse:
		if f.Today <= w.Until {
			return nil, nil
		}
		return []WaiverEvent{WaiverLapsed{On: f.Today}}, nil
	}
	panic("assessment: no rule for " + c.Verb())
}

func checkWaiver(f WaiverFacts, c AskWaiver) error {
	var l problem.List
	reasonFaults(&l, c.Reason)
	last := f.Today.AddDays(f.Most)
	switch {
	case c.Until == "":
		l.Add("/until", "required")
	case !c.Until.Valid():
		l.Add("/until", "assessment.no_day", "day", string(c.Until))
	case c.Until < f.Today || c.Until > last:
		l.Add("/until", "assessment.bad_end", "last", string(last))
	}
	if f.Waits {
		l.Add("/rule", "assessment.waiver_waits")
	}
	return l.Err()
}

// EvolveWaiver returns w as it stands after event.
func EvolveWaiver(w Waiver, event WaiverEvent) Waiver {
	switch e := event.(type) {
	case WaiverWasAsked:
		w = Waiver{ID: e.ID, Dataset: e.Dataset, Rule: e.Rule, Reason: e.Reason, Until: e.Until, Stage: WaiverAsked, Did: flow.Did(nil, "ask", e.By)}
	case WaiverWasGranted:
		w.Stage, w.Did = WaiverGranted, flow.Did(w.Did, "grant", e.By)
	case WaiverWasRefused:
		w.Stage, w.Refused, w.Did = WaiverRefused, e.Reason, flow.Did(w.Did, "refuse", e.By)
	case WaiverWasTakenBack:
		w.Stage, w.EndedOn, w.Did = WaiverEnded, e.On, flow.Did(w.Did, "take_back", e.By)
	case WaiverLapsed:
		w.Stage, w.EndedOn = WaiverEnded, e.On
	default:
		panic("assessment: cannot evolve by " + event.Kind())
	}
	return w
}
