package calendar

import (
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a notice, or a term, stands.
type Stage string

// The stages.
const (
	StageEntered   Stage = "entered"   // waits for a second person
	StageInForce   Stage = "in_force"  // counts
	StageReplaced  Stage = "replaced"  // a later notice of the same year counts; kept
	StageDiscarded Stage = "discarded" // was wrong, never counted; kept
)

// Table is the life of a notice.
var Table = flow.Table[Stage]{
	{Do: "enter", From: in(""), To: StageEntered, By: permit.CtrOps, Article: "19(2)"},
	{Do: "enter", From: in(""), To: StageEntered, By: permit.SysAdmin, Article: "19(2)"},
	{Do: "confirm", From: in(StageEntered), To: StageInForce, By: permit.CtrOps, Not: "enter"},
	{Do: "confirm", From: in(StageEntered), To: StageInForce, By: permit.SysAdmin, Not: "enter"},
	{Do: "discard", From: in(StageEntered), To: StageDiscarded, By: permit.CtrOps},
	{Do: "discard", From: in(StageEntered), To: StageDiscarded, By: permit.SysAdmin},
	{Do: "replace", From: in(StageInForce), To: StageReplaced, By: permit.Clock},
}

func in(s ...Stage) []Stage { return s }

// Look is the rule of the pages of calendar and terms. What is in force is
// public.
var Look = permit.Rule{Act: "calendar.look", By: []permit.Role{permit.CtrOps, permit.SysAdmin, permit.SecAdmin, permit.Auditor}}

// Content is what a notice says.
type Content struct {
	Year   int            `json:"year"`
	Number string         `json:"number"` // as printed, e.g. "国办发明电〔2025〕7号"
	URL    string         `json:"url"`    // where it was published
	Off    []workday.Date `json:"off"`    // days off, weekends within a holiday included
	Worked []workday.Date `json:"worked"` // weekend days that are worked
	Text   string         `json:"text,omitempty"`
}

// Notice is one notice of the State Council, as entered.
type Notice struct {
	ID string `json:"id"`
	Content
	Stage       Stage             `json:"stage"`
	EnteredAt   string            `json:"entered_at"`             // instant
	ConfirmedAt string            `json:"confirmed_at,omitempty"` // instant
	Reason      string            `json:"reason,omitempty"`       // for which it was discarded
	Did         map[string]string `json:"did,omitempty"`          // verb → doer, for four eyes
}

// Workday returns n as the calendar takes it.
func (c Content) Workday() workday.Notice {
	return workday.Notice{Year: c.Year, Number: c.Number, Addresses: strings.Fields(c.URL), Off: c.Off, Worked: c.Worked}
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who permit.Actor
	Now time.Time
	ID  string // of a notice that begins
}

// Command is a request to move a notice.
type Command interface{ Verb() string }

// The commands.
type (
	Enter   struct{ Content }
	Confirm struct{}
	Discard struct {
		Reason string `json:"reason"`
	}
	Replace struct{}
)

func (Enter) Verb() string   { return "enter" }
func (Confirm) Verb() string { return "confirm" }
func (Discard) Verb() string { return "discard" }
func (Replace) Verb() string { return "replace" }

// Decide says what happens when c is asked of n. It changes nothing. The zero
// Notice is one that does not exist yet.
func Decide(f Facts, n Notice, c Command) ([]Event, error) {
	if err := Table.Permit(n.Stage, c.Verb(), f.Who, n.Did); err != nil {
		return nil, err
	}
	at := f.Now.UTC().Format(time.RFC3339)
	switch c := c.(type) {
	case Enter:
		if err := check(c.Content); err != nil {
			return nil, err
		}
		c.Off, c.Worked = sorted(c.Off), sorted(c.Worked)
		return []Event{Entered{ID: f.ID, Content: c.Content, By: f.Who.Doer(), At: at}}, nil
	case Confirm:
		return []Event{Changed{Year: n.Year, By: f.Who.Doer(), At: at}}, nil
	case Discard:
		var p problem.List
		p.Require("/reason", c.Reason)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Discarded(c)}, nil
	case Replace:
		return []Event{Replaced{}}, nil
	}
	panic("calendar: no rule for " + c.Verb())
}

func sorted(days []workday.Date) []workday.Date {
	days = slices.Clone(days)
	slices.Sort(days)
	return days
}

// check returns every fault of a notice, or nil.
func check(c Content) error {
	var p problem.List
	if strings.TrimSpace(c.Number) == "" {
		p.Add("/number", "required")
	}
	if !strings.HasPrefix(c.URL, "http://") && !strings.HasPrefix(c.URL, "https://") || strings.ContainsAny(c.URL, " \t\r\n\"<>") {
		p.Add("/url", "calendar.bad_url", "url", c.URL)
	}
	if err := p.Merge(c.Workday().Check()); err != nil {
		return err
	}
	if len(c.Off) == 0 {
		p.Add("/off", "required")
	}
	return p.Err()
}

// Evolve returns n as it stands after event.
func Evolve(n Notice, event Event) Notice {
	switch event := event.(type) {
	case Entered:
		n.ID, n.Content, n.Stage, n.EnteredAt = event.ID, event.Content, StageEntered, event.At
		n.Did = flow.Did(n.Did, "enter", event.By)
	case Changed:
		n.Stage, n.ConfirmedAt = StageInForce, event.At
		n.Did = flow.Did(n.Did, "confirm", event.By)
	case Discarded:
		n.Stage, n.Reason = StageDiscarded, event.Reason
	case Replaced:
		n.Stage = StageReplaced
	default:
		panic("calendar: cannot evolve by " + event.Kind())
	}
	return n
}
