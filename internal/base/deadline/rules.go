package deadline

import (
	"cmp"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
)

// Step is something that is done while an order waits. Its day is the last day
// of its term, counted from the receipt; see terms.json of casework/calendar.
type Step struct {
	Name    string        // e.g. "warned_5"
	Term    string        // name of the term
	Tell    []permit.Role // who is told
	Unseen  bool          // only while nobody has begun
	Overdue bool          // from here on the order is late
}

// Clock is the time of one order. The zero Clock stands still: no order.
type Clock struct {
	ReceivedOn workday.Date `json:"received_on,omitempty"` // day of receipt; not counted
	Due        workday.Due  `json:"due,omitzero"`          // last day to answer
	Steps      []Day        `json:"steps,omitempty"`       // what is still to come, earliest first
	Late       bool         `json:"late,omitempty"`        // the last day passed without an answer
	DoneOn     workday.Date `json:"done_on,omitempty"`     // day of the answer; "" while it runs
}

// Day is when a step is due.
type Day struct {
	Step string       `json:"step"`
	On   workday.Date `json:"on"`
}

// Start returns the clock of an order that was received on day on. It fails,
// as a fault, if a term is not in the book.
func Start(book terms.Book, term string, steps []Step, on workday.Date) (c Clock, err error) {
	c.ReceivedOn = on
	if c.Due, err = book.Due(term, on); err != nil {
		return c, err
	}
	for _, s := range steps {
		due, err := book.Due(s.Term, on)
		if err != nil {
			return c, err
		}
		c.Steps = append(c.Steps, Day{s.Name, due.Day})
	}
	slices.SortStableFunc(c.Steps, func(a, b Day) int { return cmp.Compare(a.On, b.On) })
	return c, nil
}

// Running reports whether the order waits for its answer.
func (c Clock) Running() bool { return c.ReceivedOn != "" && c.DoneOn == "" }

// Next returns the day on which something is to be done about the order; "" if
// nothing is.
func (c Clock) Next() workday.Date {
	if !c.Running() || len(c.Steps) == 0 {
		return ""
	}
	return c.Steps[0].On
}

// Ring returns the steps whose day has come, in order.
func (c Clock) Ring(today workday.Date) (due []string) {
	for _, s := range c.Steps {
		if c.Running() && s.On <= today {
			due = append(due, s.Step)
		}
	}
	return due
}

// Rung returns c after the steps were done.
func (c Clock) Rung(names []string, late bool) Clock {
	c.Steps = slices.DeleteFunc(slices.Clone(c.Steps), func(d Day) bool { return slices.Contains(names, d.Step) })
	c.Late = c.Late || late
	return c
}

// Done returns c as answered on that day.
func (c Clock) Done(on workday.Date) Clock {
	c.DoneOn, c.Steps = on, nil
	c.Late = c.Late || c.Due.Day != "" && on > c.Due.Day
	return c
}

// Counter counts many clocks by one book. Orders that were received on the same
// day have the same days, which are counted once.
type Counter struct {
	book  terms.Book
	term  string
	steps []Step
	known map[workday.Date]Clock
}

// NewCounter returns a counter of orders that have term and steps.
func NewCounter(book terms.Book, term string, steps []Step) *Counter {
	return &Counter{book, term, steps, map[workday.Date]Clock{}}
}

// Recount returns c by the counter's calendar. What was done stays done: a step
// that was taken is not taken again if its day moves. A due day that moves past
// today makes a late order no less late, since it was late by the calendar of
// its day.
func (n *Counter) Recount(c Clock) (Clock, error) {
	if !c.Running() {
		return c, nil
	}
	again, known := n.known[c.ReceivedOn]
	if !known {
		var err error
		if again, err = Start(n.book, n.term, n.steps, c.ReceivedOn); err != nil {
			return c, err
		}
		n.known[c.ReceivedOn] = again
	}
	var open []Day
	for _, d := range again.Steps {
		if slices.ContainsFunc(c.Steps, func(o Day) bool { return o.Step == d.Step }) {
			open = append(open, d)
		}
	}
	again.Steps, again.Late = open, c.Late
	return again, nil
}

// Equal reports whether both show the same time.
func (c Clock) Equal(o Clock) bool {
	return c.ReceivedOn == o.ReceivedOn && c.Due == o.Due && c.Late == o.Late && c.DoneOn == o.DoneOn && slices.Equal(c.Steps, o.Steps)
}

// Find returns the step called name.
func Find(steps []Step, name string) (Step, bool) {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return Step{}, false
	}
	return steps[i], true
}

// Left is how an order stands on a day, as people are told.
type Left struct {
	Days        int  `json:"days"`                  // working days left, today not counted; below 0: days late
	Late        bool `json:"late,omitempty"`        // past the last day
	Provisional bool `json:"provisional,omitempty"` // a year's notice is not out yet
}

// Left returns how many working days are left on day today. It fails if the
// days lie too far apart.
func (c Clock) Left(calendar workday.Calendar, today workday.Date) (l Left, err error) {
	if c.Due.Day == "" {
		return l, nil
	}
	if c.DoneOn != "" {
		today = c.DoneOn
	}
	l.Provisional = c.Due.Provisional
	if today > c.Due.Day {
		n, err := calendar.Between(c.Due.Day, today)
		return Left{Days: -n.Days, Late: true, Provisional: l.Provisional}, err
	}
	n, err := calendar.Between(today, c.Due.Day)
	l.Days = n.Days
	return l, err
}
