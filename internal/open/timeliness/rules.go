package timeliness

import (
	"kaishu/internal/base/workday"
)

// Class is how the truth stands to the promise (SM-05).
type Class string

// The classes.
const (
	OnTime        Class = "on_time"
	Late          Class = "late"           // the grace after the expected day is over
	SeriouslyLate Class = "seriously_late" // and so is that of the update after
	Static        Class = "static"         // no longer updated, and declared so (Article 9(5))
	NotDue        Class = "not_due"        // irregular, stopped, or new and its first update not due yet
	Unknown       Class = "unknown"        // neither the day of the last update nor that of listing is known
)

// Classes lists the classes.
var Classes = []Class{OnTime, Late, SeriouslyLate, Static, NotDue, Unknown}

// Late reports whether an update is missing.
func (c Class) Late() bool { return c == Late || c == SeriouslyLate }

// Promised reports whether the class counts for the share on time.
func (c Class) Promised() bool { return c == OnTime || c.Late() }

// Promise is what a frequency promises, in days.
type Promise struct {
	Window int  // after an update until the dataset counts as late: a cycle and a grace; 0: nothing is promised
	Cycle  int  // after an update until the next is expected; at most Window
	Before int  // ahead of that day for a reminder; 0: none, the cycle is too short
	Static bool // declared static
}

// Known is what is known of a dataset's updates.
type Known struct {
	Updated workday.Date // day up to which the data is; "" if unknown
	Listed  workday.Date // day on which it came on the list; "" if unknown
	Stopped bool         // its opening is suspended (Article 31): nothing is due until it goes on
}

// Standing is how a dataset stands on a day.
type Standing struct {
	Class    Class        `json:"class"`
	Next     workday.Date `json:"next,omitempty"` // day on which the next update is expected; "" for none
	Due      workday.Date `json:"due,omitempty"`  // last day of the grace; "" for none
	DaysLate int          `json:"days_late"`      // after Due; 0 if not late
}

// Judge says how a dataset stands today. An update in the future is none.
// Articles 9(5) and 16.
func Judge(p Promise, k Known, today workday.Date) Standing {
	switch {
	case p.Static:
		return Standing{Class: Static}
	case p.Window == 0 || k.Stopped:
		return Standing{Class: NotDue}
	}
	came := k.Updated.Valid() && k.Updated <= today
	from := k.Updated
	if !came {
		from = k.Listed
	}
	if !from.Valid() {
		return Standing{Class: Unknown}
	}
	s := Standing{Class: OnTime, Next: from.AddDays(p.Cycle), Due: from.AddDays(p.Window)}
	s.DaysLate = max(0, s.Due.Days(today))
	switch {
	case s.DaysLate > p.Cycle:
		s.Class = SeriouslyLate
	case s.DaysLate > 0:
		s.Class = Late
	case !came:
		s.Class = NotDue
	}
	return s
}

// Reminder is what an editor is told while his dataset is still on time.
type Reminder string

// The reminders, in their order.
const (
	Before Reminder = "before" // some days ahead of the expected day
	OnDay  Reminder = "due"    // on that day, or in the grace after it
)

// Watch is what the platform has noticed of one dataset. The zero Watch is one
// that is not on the list.
type Watch struct {
	Dataset  string       `json:"dataset"` // slug
	Body     string       `json:"body"`    // id of its publisher
	Class    Class        `json:"class"`   // "" once it is off the list
	Since    workday.Date `json:"since"`   // day on which Class was noticed
	Reminded Reminder     `json:"reminded,omitempty"`
	Next     workday.Date `json:"next,omitempty"`        // expected day that the reminder was about
	On       workday.Date `json:"reminded_on,omitempty"` // and its own day
}

// Event is something that happened to a watch.
type Event interface{ Kind() string }

// The events.
type (
	Moved struct {
		Body     string       `json:"body"`
		To       Class        `json:"to"` // "" when it left the list
		On       workday.Date `json:"on"`
		DaysLate int          `json:"days_late,omitempty"`
	}
	Reminded struct {
		Step Reminder     `json:"step"`
		Next workday.Date `json:"next"`
		On   workday.Date `json:"on"`
	}
)

func (Moved) Kind() string    { return "timeliness.moved" }
func (Reminded) Kind() string { return "timeliness.reminded" }

// Fact is what one day shows of a dataset.
type Fact struct {
	Listed   bool
	Body     string
	Promise  Promise
	Standing Standing
	Today    workday.Date
}

// Look says what a look at a dataset brings: an event when its class is
// another than it was, and the reminders of its cycle, each once. Looking again
// brings nothing. Requirements A16.4.
func Look(f Fact, w Watch) (all []Event) {
	switch {
	case !f.Listed && w.Class == "":
		return nil
	case !f.Listed:
		return []Event{Moved{Body: w.Body, On: f.Today}}
	case f.Standing.Class != w.Class || f.Body != w.Body:
		all = append(all, Moved{Body: f.Body, To: f.Standing.Class, On: f.Today, DaysLate: f.Standing.DaysLate})
	}
	step := reminder(f)
	if step == "" || w.Next == f.Standing.Next && w.Reminded == step {
		return all
	}
	return append(all, Reminded{Step: step, Next: f.Standing.Next, On: f.Today})
}

// reminder is what the day asks to be told; "" for nothing.
func reminder(f Fact) Reminder {
	switch {
	case f.Promise.Before == 0 || f.Standing.Class != OnTime && f.Standing.Class != NotDue || f.Standing.Next == "":
		return ""
	case f.Today >= f.Standing.Next:
		return OnDay
	case f.Today >= f.Standing.Next.AddDays(-f.Promise.Before):
		return Before
	}
	return ""
}

// Evolve returns w as it stands after event.
func Evolve(w Watch, event Event) Watch {
	switch e := event.(type) {
	case Moved:
		w.Body, w.Class, w.Since = e.Body, e.To, e.On
	case Reminded:
		w.Reminded, w.Next, w.On = e.Step, e.Next, e.On
	default:
		panic("timeliness: cannot evolve by " + event.Kind())
	}
	return w
}
