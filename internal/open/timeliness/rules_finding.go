package timeliness

import (
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a finding stands.
type Stage string

// The stages.
const (
	StageOpen  Stage = "open"  // to be mended
	StageKept  Stage = "kept"  // stays as it is until Finding.Until, for a reason
	StageEnded Stage = "ended" // the detector finds it no more
)

// Table is the whole life of a finding.
var Table = flow.Table[Stage]{
	{Do: "find", From: []Stage{"", StageEnded}, To: StageOpen, By: permit.Clock, Article: "16(2)"},
	{Do: "find", From: []Stage{StageOpen, StageKept}, By: permit.Clock, Article: "16(2)"},
	{Do: "keep", From: []Stage{StageOpen}, To: StageKept, By: permit.OpnLead, Article: "16(1)"},
	{Do: "take_up", From: []Stage{StageKept}, To: StageOpen, By: permit.OpnLead, Article: "16(1)"},
	{Do: "lapse", From: []Stage{StageKept}, To: StageOpen, By: permit.Clock},
	{Do: "end", From: []Stage{StageOpen, StageKept}, To: StageEnded, By: permit.Clock},
}

// Finding is a problem that a detector found, and what became of it.
type Finding struct {
	ID string `json:"id"`
	Found
	Stage   Stage             `json:"stage"`
	FoundOn workday.Date      `json:"found_on"`         // when it was found, or found again
	Reason  string            `json:"reason,omitempty"` // for keeping it as it is
	Until   workday.Date      `json:"until,omitempty"`  // last day of that
	EndedOn workday.Date      `json:"ended_on,omitempty"`
	Did     map[string]string `json:"did,omitempty"` // verb → doer
}

// Command is a request to move a finding.
type Command interface{ Verb() string }

// The commands.
type (
	Find struct {
		ID string
		Found
	}
	Keep struct {
		Reason string       `json:"reason"`
		Until  workday.Date `json:"until"` // last day; at most keep.days ahead
	}
	TakeUp struct{}
	Lapse  struct{}
	End    struct{}
)

func (Find) Verb() string   { return "find" }
func (Keep) Verb() string   { return "keep" }
func (TakeUp) Verb() string { return "take_up" }
func (Lapse) Verb() string  { return "lapse" }
func (End) Verb() string    { return "end" }

// FindingEvent is something that happened to a finding.
type FindingEvent interface{ Kind() string }

// The events of findings.
type (
	WasFound struct {
		ID string `json:"id"`
		Found
		On workday.Date `json:"on"`
	}
	FoundOtherwise struct{ Found }
	WasKept        struct {
		Reason string       `json:"reason"`
		Until  workday.Date `json:"until"`
		By     string       `json:"by"`
	}
	TakenUp struct {
		By string `json:"by"`
	}
	Lapsed   struct{}
	WasEnded struct {
		On workday.Date `json:"on"`
	}
)

func (WasFound) Kind() string       { return "timeliness.found" }
func (FoundOtherwise) Kind() string { return "timeliness.found_otherwise" }
func (WasKept) Kind() string        { return "timeliness.kept" }
func (TakenUp) Kind() string        { return "timeliness.taken_up" }
func (Lapsed) Kind() string         { return "timeliness.lapsed" }
func (WasEnded) Kind() string       { return "timeliness.ended" }

// MaxReason is how long a reason may be, in characters. [D]
const MaxReason = 2000

// Facts are what the rules of findings need to know of the world.
type Facts struct {
	Who   permit.Actor // with the roles that count for the publisher
	Today workday.Date
	Most  int // days for which a finding may be kept
}

// Decide says what happens when c is asked of x. It changes nothing. The zero
// Finding is one that does not exist yet.
func Decide(f Facts, x Finding, c Command) ([]FindingEvent, error) {
	if err := Table.Permit(x.Stage, c.Verb(), f.Who, x.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Find:
		if x.Stage == "" || x.Stage == StageEnded {
			return []FindingEvent{WasFound{ID: c.ID, Found: c.Found, On: f.Today}}, nil
		}
		if c.Found.same(x.Found) {
			return nil, nil
		}
		return []FindingEvent{FoundOtherwise{c.Found}}, nil
	case Keep:
		if err := checkKeep(f, c); err != nil {
			return nil, err
		}
		return []FindingEvent{WasKept{Reason: strings.TrimSpace(c.Reason), Until: c.Until, By: f.Who.Doer()}}, nil
	case TakeUp:
		return []FindingEvent{TakenUp{By: f.Who.Doer()}}, nil
	case Lapse:
		if f.Today <= x.Until {
			return nil, nil
		}
		return []FindingEvent{Lapsed{}}, nil
	case End:
		return []FindingEvent{WasEnded{On: f.Today}}, nil
	}
	panic("timeliness: no rule for " + c.Verb())
}

func checkKeep(f Facts, c Keep) error {
	var l problem.List
	reason := strings.TrimSpace(c.Reason)
	l.Require("/reason", reason)
	if len([]rune(reason)) > MaxReason {
		l.Add("/reason", "timeliness.too_long", "most", MaxReason)
	}
	last := f.Today.AddDays(f.Most)
	switch {
	case c.Until == "":
		l.Add("/until", "required")
	case !c.Until.Valid():
		l.Add("/until", "timeliness.no_day", "day", string(c.Until))
	case c.Until <= f.Today || c.Until > last:
		l.Add("/until", "timeliness.bad_end", "last", string(last))
	}
	return l.Err()
}

// EvolveFinding returns x as it stands after event.
func EvolveFinding(x Finding, event FindingEvent) Finding {
	switch e := event.(type) {
	case WasFound:
		x = Finding{ID: e.ID, Found: e.Found, Stage: StageOpen, FoundOn: e.On}
	case FoundOtherwise:
		x.Found = e.Found
	case WasKept:
		x.Stage, x.Reason, x.Until = StageKept, e.Reason, e.Until
		x.Did = flow.Did(x.Did, "keep", e.By)
	case TakenUp:
		x.Stage, x.Reason, x.Until = StageOpen, "", ""
		x.Did = flow.Did(x.Did, "take_up", e.By)
	case Lapsed:
		x.Stage, x.Reason, x.Until = StageOpen, "", ""
	case WasEnded:
		x.Stage, x.Reason, x.Until, x.EndedOn = StageEnded, "", "", e.On
	default:
		panic("timeliness: cannot evolve by " + event.Kind())
	}
	return x
}

// MaySee reports whether who, with the roles that count for the publisher, may
// know of its findings: its own people and those who look after quality.
func MaySee(who permit.Actor) bool { return who.HasAny(MayRead.By...) || who.Has(permit.Clock) }

// MayRead is the rule of the findings; of which publishers is decided by reach.
var MayRead = permit.Rule{Act: "timeliness.findings", By: []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead, permit.CtrQuality, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "16(4)"}
