package directory

import (
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/workday"
)

// Command is a request to move a hook.
type Command interface{ Verb() string }

// The commands.
type (
	Attach struct {
		Pairs []Pair `json:"pairs"`
	}
	Verify struct{}
	Break  struct{}
	Exempt struct {
		Why string `json:"why"`
	}
	Ring    struct{}
	Recount struct{ Clock deadline.Clock }
)

func (Attach) Verb() string  { return "hook" }
func (Verify) Verb() string  { return "verify" }
func (Break) Verb() string   { return "break" }
func (Exempt) Verb() string  { return "exempt" }
func (Ring) Verb() string    { return "ring" }
func (Recount) Verb() string { return "recount" }

// Event is something that happened to a hook.
type Event interface{ Kind() string }

// The events.
type (
	Attached struct {
		Pairs []Pair `json:"pairs"`
		By    string `json:"by"`
	}
	Verified struct {
		On workday.Date `json:"on"`
	}
	Broken struct {
		Breaches []Breach       `json:"breaches"`
		Clock    deadline.Clock `json:"clock"`
	}
	Exempted struct {
		Why string `json:"why"`
		By  string `json:"by"`
	}
	Rang struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
)

func (Attached) Kind() string  { return "directory.hooked" }
func (Verified) Kind() string  { return "directory.verified" }
func (Broken) Kind() string    { return "directory.broken" }
func (Exempted) Kind() string  { return "directory.exempted" }
func (Rang) Kind() string      { return "directory.rang" }
func (Recounted) Kind() string { return "directory.recounted" }

// Evolve returns h as it stands after event.
func Evolve(h Hook, event Event) Hook {
	switch e := event.(type) {
	case Attached:
		h.Stage, h.Pairs, h.Breaches, h.Why, h.Clock, h.SureOn = StageHooked, e.Pairs, nil, "", deadline.Clock{}, ""
		h.Did = flow.Did(h.Did, "hook", e.By)
	case Verified:
		h.Stage, h.SureOn, h.Breaches, h.Clock = StageVerified, e.On, nil, deadline.Clock{}
	case Broken:
		h.Stage, h.Breaches, h.Clock = StageBroken, e.Breaches, e.Clock
	case Exempted:
		h.Stage, h.Why, h.Pairs, h.Breaches, h.Clock, h.SureOn = StageExempt, e.Why, nil, nil, deadline.Clock{}, ""
		h.Did = flow.Did(h.Did, "exempt", e.By)
	case Rang:
		h.Clock = h.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		h.Clock = e.Clock
	default:
		panic("directory: cannot evolve by " + event.Kind())
	}
	return h
}
