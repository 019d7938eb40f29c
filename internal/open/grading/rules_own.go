package grading

import (
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// OwnStage is where a version of a publisher's own rules stands.
type OwnStage string

// The stages of an overlay.
const (
	OwnProposed   OwnStage = "proposed"   // the lead's turn
	OwnReturned   OwnStage = "returned"   // final: never was in force
	OwnInForce    OwnStage = "in_force"   // tightens the profile
	OwnSuperseded OwnStage = "superseded" // a newer one is in force
)

// OwnTable is the whole life of an overlay (Article 13(2)).
var OwnTable = flow.Table[OwnStage]{
	{Do: "propose", From: []OwnStage{""}, To: OwnProposed, By: permit.OpnGrader, Article: "13(2)"},
	{Do: "accept", From: []OwnStage{OwnProposed}, To: OwnInForce, By: permit.OpnLead, Not: "propose", Article: "13(2)"},
	{Do: "return", From: []OwnStage{OwnProposed}, To: OwnReturned, By: permit.OpnLead, Not: "propose", Article: "13(2)"},
	{Do: "supersede", From: []OwnStage{OwnInForce}, To: OwnSuperseded, By: permit.Clock, Article: "13(2)"},
}

// Own is a version of an overlay on its way.
type Own struct {
	Overlay
	Stage  OwnStage          `json:"stage"`
	Reason string            `json:"reason,omitempty"` // why it was returned
	From   workday.Date      `json:"from,omitempty"`
	To     workday.Date      `json:"to,omitempty"`
	Did    map[string]string `json:"did,omitempty"`
}

// The commands of an overlay.
type (
	// ProposeOwn tells every fault, and names every loosening.
	ProposeOwn struct {
		Body       string
		Version    int
		Tightening Tightening
	}
	AcceptOwn struct{}
	ReturnOwn struct {
		Reason string `json:"reason"`
	}
	SupersedeOwn struct{}
)

func (ProposeOwn) Verb() string   { return "propose" }
func (AcceptOwn) Verb() string    { return "accept" }
func (ReturnOwn) Verb() string    { return "return" }
func (SupersedeOwn) Verb() string { return "supersede" }

// The events of an overlay.
type (
	OwnWasProposed struct {
		Overlay Overlay `json:"overlay"`
		By      string  `json:"by"`
	}
	OwnWasAccepted struct {
		Body string       `json:"body"`
		On   workday.Date `json:"on"`
		By   string       `json:"by"`
	}
	OwnWasReturned struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	OwnWasSuperseded struct {
		On workday.Date `json:"on"`
	}
)

func (OwnWasProposed) Kind() string   { return "grading.own_proposed" }
func (OwnWasAccepted) Kind() string   { return "grading.own_accepted" }
func (OwnWasReturned) Kind() string   { return "grading.own_returned" }
func (OwnWasSuperseded) Kind() string { return "grading.own_superseded" }

// OwnFacts are what the rules of an overlay need to know.
type OwnFacts struct {
	Who     permit.Actor // with the roles that count for the body
	Today   workday.Date
	Profile Profile // in force
	Open    bool    // another version waits for the lead
}

// DecideOwn says what happens when c is asked of o. It changes nothing.
func DecideOwn(f OwnFacts, o Own, c Command) ([]Event, error) {
	if err := OwnTable.Permit(o.Stage, c.Verb(), f.Who, o.Did); err != nil {
		return nil, err
	}
	by := f.Who.Doer()
	switch c := c.(type) {
	case ProposeOwn:
		if err := CheckOverlay(f.Profile.Content, c.Tightening); err != nil {
			return nil, err
		}
		if f.Open {
			return nil, problem.New(problem.Conflict, "grading.own_waits")
		}
		return []Event{OwnWasProposed{Overlay: Overlay{Body: c.Body, Version: c.Version, Tightening: c.Tightening}, By: by}}, nil
	case AcceptOwn: // the profile may have changed since
		if CheckOverlay(f.Profile.Content, o.Tightening) != nil {
			return nil, problem.New(problem.Conflict, "grading.own_moved_since")
		}
		return []Event{OwnWasAccepted{Body: o.Body, On: f.Today, By: by}}, nil
	case ReturnOwn:
		var p problem.List
		needText(&p, "/reason", c.Reason)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{OwnWasReturned{Reason: strings.TrimSpace(c.Reason), By: by}}, nil
	case SupersedeOwn:
		return []Event{OwnWasSuperseded{On: f.Today}}, nil
	}
	panic("grading: no rule for " + c.Verb())
}

// EvolveOwn returns o as it stands after event.
func EvolveOwn(o Own, event Event) Own {
	switch e := event.(type) {
	case OwnWasProposed:
		o = Own{Overlay: e.Overlay, Stage: OwnProposed, Did: flow.Did(nil, "propose", e.By)}
	case OwnWasAccepted:
		o.Stage, o.From, o.Did = OwnInForce, e.On, flow.Did(o.Did, "accept", e.By)
	case OwnWasReturned:
		o.Stage, o.Reason, o.Did = OwnReturned, e.Reason, flow.Did(o.Did, "return", e.By)
	case OwnWasSuperseded:
		o.Stage, o.To = OwnSuperseded, e.On
	default:
		panic("grading: cannot evolve an overlay by " + event.Kind())
	}
	return o
}
