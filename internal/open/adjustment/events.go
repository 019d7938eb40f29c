package adjustment

import (
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Command is a request to move an order.
type Command interface{ Verb() string }

// The commands.
type (
	Draft struct {
		ID, Entry, Body string
		Kind            Kind
		Content
	}
	Fill struct {
		Content
		Documents []Document `json:"-"` // come and go by ways of their own
	}
	Submit struct {
		Number string `json:"-"` // given by the service
	}
	Take        struct{}
	Acknowledge struct{}
	Return      struct {
		Faults []Fault `json:"faults"`
	}
	Accept struct {
		Checked []string `json:"checked"` // of Checklist
	}
	Effect   struct{}
	SendBack struct{ Faults []problem.Field } // found as the order was to take effect
	Cancel   struct {
		Reason string `json:"reason"`
	}
	Ring    struct{}
	Recount struct{ Clock deadline.Clock }
)

func (Draft) Verb() string       { return "draft" }
func (Fill) Verb() string        { return "fill" }
func (Submit) Verb() string      { return "submit" }
func (Take) Verb() string        { return "take" }
func (Acknowledge) Verb() string { return "acknowledge" }
func (Return) Verb() string      { return "return" }
func (Accept) Verb() string      { return "accept" }
func (Effect) Verb() string      { return "effect" }
func (SendBack) Verb() string    { return "send_back" }
func (Cancel) Verb() string      { return "cancel" }
func (Ring) Verb() string        { return "ring" }
func (Recount) Verb() string     { return "recount" }

// Event is something that happened to an order.
type Event interface{ Kind() string }

// The events.
type (
	Drafted struct {
		ID      string       `json:"id"`
		Entry   string       `json:"entry"`
		Body    string       `json:"body"`
		Asks    Kind         `json:"kind"`
		Content Content      `json:"content"`
		Was     opening.Type `json:"was,omitempty"`
		Now     opening.Type `json:"now,omitempty"`
		By      string       `json:"by"`
	}
	Filled struct {
		Content   Content      `json:"content"`
		Documents []Document   `json:"documents,omitempty"`
		Was       opening.Type `json:"was,omitempty"`
		Now       opening.Type `json:"now,omitempty"`
		By        string       `json:"by"`
	}
	Submitted struct {
		Number      string         `json:"number"`
		On          workday.Date   `json:"on"`
		Was         opening.Type   `json:"was,omitempty"`
		Now         opening.Type   `json:"now,omitempty"`
		Differences []Difference   `json:"differences,omitempty"`
		Clock       deadline.Clock `json:"clock"`
		By          string         `json:"by"`
	}
	Taken struct {
		By string `json:"by"`
	}
	Acknowledged struct {
		By string `json:"by"`
	}
	Returned struct {
		Faults []Fault      `json:"faults"`
		On     workday.Date `json:"on"`
		By     string       `json:"by,omitempty"` // "" for the platform
	}
	Accepted struct {
		On          workday.Date `json:"on"`
		EffectiveOn workday.Date `json:"effective_on"`
		By          string       `json:"by"`
	}
	Effected struct {
		On workday.Date `json:"on"`
	}
	Cancelled struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	Rang struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
)

func (Drafted) Kind() string      { return "adjustment.drafted" }
func (Filled) Kind() string       { return "adjustment.filled" }
func (Submitted) Kind() string    { return "adjustment.submitted" }
func (Taken) Kind() string        { return "adjustment.taken" }
func (Acknowledged) Kind() string { return "adjustment.acknowledged" }
func (Returned) Kind() string     { return "adjustment.returned" }
func (Accepted) Kind() string     { return "adjustment.accepted" }
func (Effected) Kind() string     { return "adjustment.effected" }
func (Cancelled) Kind() string    { return "adjustment.cancelled" }
func (Rang) Kind() string         { return "adjustment.rang" }
func (Recounted) Kind() string    { return "adjustment.recounted" }

// Evolve returns o as it stands after event.
func Evolve(o Order, event Event) Order {
	switch e := event.(type) {
	case Drafted:
		o = Order{ID: e.ID, Entry: e.Entry, Body: e.Body, Kind: e.Asks, Stage: StageDraft, Content: e.Content, Was: e.Was, Now: e.Now}
		o.Did = flow.Did(o.Did, "draft", e.By)
	case Filled:
		o.Content, o.Documents, o.Was, o.Now = e.Content, e.Documents, e.Was, e.Now
		o.Did = flow.Did(o.Did, "fill", e.By)
	case Submitted:
		o.Stage, o.Number, o.SubmittedOn, o.Was, o.Now, o.Differences, o.Clock = StageSubmitted, e.Number, e.On, e.Was, e.Now, e.Differences, e.Clock
		o.Faults, o.Acknowledged = nil, false
		o.Did = flow.Did(o.Did, "submit", e.By)
		delete(o.Did, "take")
		delete(o.Did, "acknowledge")
	case Taken:
		o.Stage = StageReviewing
		o.Did = flow.Did(o.Did, "take", e.By)
	case Acknowledged:
		o.Acknowledged = true
		o.Did = flow.Did(o.Did, "acknowledge", e.By)
	case Returned:
		o.Stage, o.Faults, o.Acknowledged = StageReturned, e.Faults, false
		if o.Clock.Running() { // the platform returns what was accepted in time
			o.Clock = o.Clock.Done(e.On)
		}
		o.Did = flow.Did(o.Did, "return", e.By)
	case Accepted:
		o.Stage, o.EffectiveOn, o.Clock = StageAccepted, e.EffectiveOn, o.Clock.Done(e.On)
		o.Did = flow.Did(o.Did, "accept", e.By)
	case Effected:
		o.Stage, o.EffectOn = StageEffective, e.On
	case Cancelled:
		o.Stage, o.Why = StageCancelled, e.Reason
		o.Clock = deadline.Clock{}
		o.Did = flow.Did(o.Did, "cancel", e.By)
	case Rang:
		o.Clock = o.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		o.Clock = e.Clock
	default:
		panic("adjustment: cannot evolve by " + event.Kind())
	}
	return o
}
