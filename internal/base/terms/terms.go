// Package terms holds the periods that the regulation sets or that a director
// may change, each with the days between which it is in force. They are data,
// not configuration: the regulation runs out on 2027-12-30 and a revision is
// expected, and a case keeps the term that was in force when it began.
//
// How a period runs is in the Civil Code: the first day is not counted
// (Article 201), a month ends on the day of the same number (202), and a
// period counted in calendar days or months that would end on a day off ends
// on the next working day (203).
package terms

import (
	"fmt"
	"slices"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// The days between which the regulation is in force (Article 39).
const (
	RegulationFrom  workday.Date = "2022-12-31"
	RegulationUntil workday.Date = "2027-12-30"
)

// Unit is what a term is counted in.
type Unit string

// The units.
const (
	WorkingDays  Unit = "working_days"  // 工作日
	CalendarDays Unit = "calendar_days" // 日
	Months       Unit = "months"        // 月
)

// Units lists the units.
var Units = []Unit{WorkingDays, CalendarDays, Months}

// Term is one period, such as the ten working days of a review.
type Term struct {
	Name    string       // package and word, e.g. "application.review"
	Length  int          // in Unit; at least 1
	Unit    Unit         //
	Article string       // e.g. "19(2)"; "" for a default of ours
	From    workday.Date // first day in force
	Until   workday.Date // last day in force; "" for open-ended
}

// holds reports whether t is in force on day.
func (t Term) holds(day workday.Date) bool {
	return t.From <= day && (t.Until == "" || day <= t.Until)
}

// Book is every term there is, and the calendar to count them by. A Book never
// changes; make a new one when a notice or a term is entered.
type Book struct {
	calendar workday.Calendar
	terms    []Term
}

// New returns a book. It tells every fault at once: a term without a name, a
// length, a unit or a first day, one that ends before it begins, and two of
// one name that are in force on the same day.
func New(calendar workday.Calendar, all ...Term) (Book, error) {
	var p problem.List
	for i, t := range all {
		at := fmt.Sprintf("/terms/%d", i)
		p.Require(at+"/name", t.Name)
		if t.Length < 1 || t.Length > workday.MaxDays {
			p.Add(at+"/length", "terms.no_length", "length", t.Length)
		}
		if !slices.Contains(Units, t.Unit) {
			p.Add(at+"/unit", "terms.unknown_unit", "unit", string(t.Unit))
		}
		if !t.From.Valid() {
			p.Add(at+"/from", "terms.no_day", "day", string(t.From))
		}
		if t.Until != "" && (!t.Until.Valid() || t.Until < t.From) {
			p.Add(at+"/until", "terms.ends_before_it_begins", "day", string(t.Until))
		}
		for _, other := range all[:i] {
			if t.Name == other.Name && (t.holds(other.From) || other.holds(t.From)) {
				p.Add(at+"/from", "terms.overlap", "name", t.Name, "day", string(max(t.From, other.From)))
				break
			}
		}
	}
	if err := p.Err(); err != nil {
		return Book{}, err
	}
	return Book{calendar: calendar, terms: slices.Clone(all)}, nil
}

// Calendar returns the calendar that b counts by.
func (b Book) Calendar() workday.Calendar { return b.calendar }

// Terms returns every term of b.
func (b Book) Terms() []Term { return slices.Clone(b.terms) }

// Find returns the term called name that is in force on day.
func (b Book) Find(name string, day workday.Date) (Term, error) {
	if !day.Valid() {
		return Term{}, fmt.Errorf("find term %q: %q is no day", name, string(day))
	}
	for _, t := range b.terms {
		if t.Name == name && t.holds(day) {
			return t, nil
		}
	}
	return Term{}, fmt.Errorf("find term %q: none is in force on %s", name, day)
}

// Due returns the last day of the term called name, if it begins on day from;
// from itself is not counted. The term is the one in force on from, whatever
// is in force when it ends. It fails, as a fault, if there is none.
func (b Book) Due(name string, from workday.Date) (workday.Due, error) {
	t, err := b.Find(name, from)
	if err != nil {
		return workday.Due{}, err
	}
	switch t.Unit {
	case WorkingDays:
		return b.calendar.Add(from, t.Length)
	case CalendarDays:
		return b.calendar.Next(from.AddDays(t.Length))
	}
	return b.calendar.Next(from.AddMonths(t.Length))
}
