package schedule

import (
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a schedule stands.
type Stage string

// The stages.
const (
	StageProposed Stage = "proposed" // waits for the lead
	StageOn       Stage = "on"       // fetches
	StageOff      Stage = "off"      // does not
)

// Table is the whole life of a schedule.
var Table = flow.Table[Stage]{
	{Do: "propose", From: []Stage{"", StageProposed, StageOn, StageOff}, To: StageProposed, By: permit.OpnEditor, Article: "16(3)"},
	{Do: "confirm", From: []Stage{StageProposed}, To: StageOn, By: permit.OpnLead, Not: "propose", Article: "16(1)"},
	{Do: "return", From: []Stage{StageProposed}, To: StageOff, By: permit.OpnLead, Not: "propose", Article: "16(1)"},
	{Do: "stop", From: []Stage{StageProposed, StageOn}, To: StageOff, By: permit.OpnEditor},
	{Do: "stop", From: []Stage{StageProposed, StageOn}, To: StageOff, By: permit.OpnLead},
	{Do: "fetch", From: []Stage{StageOn}, By: permit.Clock, Article: "25(1)"},
	{Do: "disable", From: []Stage{StageOn}, To: StageOff, By: permit.Clock},
}

// Every is how often.
type Every string

// The rhythms.
const (
	Hourly  Every = "hourly"
	Daily   Every = "daily"
	Weekly  Every = "weekly"  // on Mondays
	Monthly Every = "monthly" // on the first
)

// Rhythms lists how often one may fetch.
var Rhythms = []Every{Hourly, Daily, Weekly, Monthly}

// Schedule is where a dataset's file comes from by itself.
type Schedule struct {
	Dataset      string            `json:"dataset"`
	URL          string            `json:"url"`
	Every        Every             `json:"every"`
	Hour         int               `json:"hour"` // of the day in Shanghai, 0 to 23; not for hourly
	NotSecret    bool              `json:"not_secret"`
	By           string            `json:"by"`           // account of the editor who set it, and in whose name files come
	Organisation string            `json:"organisation"` // for which he set it
	Stage        Stage             `json:"stage"`
	NextAt       time.Time         `json:"next_at,omitzero"`   // zero while it is not on
	Last         *Outcome          `json:"last,omitempty"`     // of the last time; nil before the first
	Failures     int               `json:"failures,omitempty"` // times in a row that no file could be taken
	Returned     string            `json:"returned,omitempty"` // reason of the lead for giving it back; "" if it was not, or was set anew since
	Did          map[string]string `json:"did,omitempty"`      // verb → doer: who proposed, who confirmed
}

// Outcome is what became of one fetch.
type Outcome struct {
	At       time.Time      `json:"at"`
	Code     string         `json:"code"` // message key
	Args     map[string]any `json:"args,omitempty"`
	Version  int            `json:"version,omitempty"`  // that began; 0 if none did
	ETag     string         `json:"etag,omitempty"`     // of the last file that was taken, to be asked with the next time
	Modified string         `json:"modified,omitempty"` // its Last-Modified
}

// Failed reports whether no file could be taken: neither did a new one come,
// nor was it the one that we have.
func (o Outcome) Failed() bool {
	return o.Version == 0 && o.Code != "schedule.unchanged" && o.Code != "schedule.same_as"
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who permit.Actor
	Now time.Time
}

// Command is a request to move a schedule.
type Command interface{ Verb() string }

// The commands.
type (
	Propose struct {
		URL       string `json:"url"`
		Every     Every  `json:"every"`
		Hour      int    `json:"hour"`
		NotSecret bool   `json:"not_secret"`
	}
	Confirm struct{}
	Return  struct {
		Reason string `json:"reason"`
	}
	Stop    struct{}
	Fetch   struct{ Outcome Outcome }
	Disable struct{ Outcome Outcome }
)

func (Propose) Verb() string { return "propose" }
func (Confirm) Verb() string { return "confirm" }
func (Return) Verb() string  { return "return" }
func (Stop) Verb() string    { return "stop" }
func (Fetch) Verb() string   { return "fetch" }
func (Disable) Verb() string { return "disable" }

// Event is something that happened to a schedule.
type Event interface{ Kind() string }

// The events.
type (
	Proposed struct {
		Propose
		By           string `json:"by"`
		Organisation string `json:"organisation"`
	}
	Confirmed struct {
		By     string    `json:"by"`
		NextAt time.Time `json:"next_at"`
	}
	Returned struct {
		Reason string `json:"reason"`
	}
	Stopped struct{}
	Fetched struct {
		Outcome  Outcome   `json:"outcome"`
		Failures int       `json:"failures,omitempty"` // in a row, with this one
		NextAt   time.Time `json:"next_at"`
	}
	Disabled struct {
		Outcome Outcome `json:"outcome"`
	}
)

func (Proposed) Kind() string  { return "schedule.proposed" }
func (Confirmed) Kind() string { return "schedule.confirmed" }
func (Returned) Kind() string  { return "schedule.returned" }
func (Stopped) Kind() string   { return "schedule.stopped" }
func (Fetched) Kind() string   { return "schedule.fetched" }
func (Disabled) Kind() string  { return "schedule.disabled" }

// Decide says what happens when c is asked of s. It changes nothing.
func Decide(f Facts, s Schedule, c Command) ([]Event, error) {
	if err := Table.Permit(s.Stage, c.Verb(), f.Who, s.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Propose:
		var p problem.List
		if !strings.HasPrefix(c.URL, "http://") && !strings.HasPrefix(c.URL, "https://") {
			p.Add("/url", "schedule.bad_url")
		}
		if !slices.Contains(Rhythms, c.Every) {
			p.Add("/every", "schedule.unknown_rhythm", "every", string(c.Every))
		}
		if c.Hour < 0 || c.Hour > 23 {
			p.Add("/hour", "schedule.no_hour", "hour", c.Hour)
		}
		if !c.NotSecret {
			p.Add("/not_secret", "schedule.not_secret_needed")
		}
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Proposed{c, f.Who.Doer(), f.Who.Organisation}}, nil
	case Confirm:
		return []Event{Confirmed{f.Who.Doer(), f.Now.Truncate(time.Second).Add(time.Second)}}, nil // the first time at once
	case Return:
		var p problem.List
		p.Require("/reason", strings.TrimSpace(c.Reason))
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Returned(c)}, nil
	case Stop:
		return []Event{Stopped{}}, nil
	case Fetch:
		if f.Now.Before(s.NextAt) { // done already
			return nil, nil
		}
		failures := 0
		if c.Outcome.Failed() {
			failures = s.Failures + 1
		}
		return []Event{Fetched{c.Outcome, failures, Next(s.Every, s.Hour, f.Now)}}, nil
	case Disable:
		return []Event{Disabled{c.Outcome}}, nil
	}
	panic("schedule: no rule for " + c.Verb())
}

// Next returns the next time after now.
func Next(every Every, hour int, now time.Time) time.Time {
	t := now.In(workday.Shanghai)
	if every == Hourly {
		return t.Truncate(time.Hour).Add(time.Hour).UTC()
	}
	next := time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, workday.Shanghai)
	if every == Monthly {
		next = time.Date(t.Year(), t.Month(), 1, hour, 0, 0, 0, workday.Shanghai)
	}
	for !next.After(t) || every == Weekly && next.Weekday() != time.Monday {
		if next = next.AddDate(0, 0, 1); every == Monthly {
			next = time.Date(t.Year(), t.Month()+1, 1, hour, 0, 0, 0, workday.Shanghai)
		}
	}
	return next.UTC()
}

// Evolve returns s as it stands after event.
func Evolve(s Schedule, event Event) Schedule {
	switch e := event.(type) {
	case Proposed:
		s.URL, s.Every, s.Hour, s.NotSecret = e.URL, e.Every, e.Hour, e.NotSecret
		s.By, _ = permit.Doers(e.By)
		s.Organisation, s.Stage, s.NextAt = e.Organisation, StageProposed, time.Time{}
		s.Last, s.Failures, s.Returned = nil, 0, "" // another source is never asked with what this one said
		s.Did = map[string]string{"propose": e.By}
	case Confirmed:
		s.Stage, s.NextAt = StageOn, e.NextAt
		s.Did = map[string]string{"propose": s.Did["propose"], "confirm": e.By}
	case Returned:
		s.Stage, s.Returned = StageOff, e.Reason
	case Stopped:
		s.Stage, s.NextAt = StageOff, time.Time{}
	case Fetched:
		s.Last, s.Failures, s.NextAt = &e.Outcome, e.Failures, e.NextAt
	case Disabled:
		s.Stage, s.Last, s.NextAt = StageOff, &e.Outcome, time.Time{}
	default:
		panic("schedule: cannot evolve by " + event.Kind())
	}
	return s
}
