package calendar

import (
	"fmt"

	"kaishu/internal/base/workday"
)

// Event is something that happened to a notice or a term.
type Event interface{ Kind() string }

// The events of a notice.
type (
	Entered struct {
		ID string `json:"id"`
		Content
		By string `json:"by"`
		At string `json:"at"`
	}
	// Changed: a notice came into force, so open due days are counted again.
	Changed struct {
		Year int    `json:"year"`
		By   string `json:"by"`
		At   string `json:"at"`
	}
	Discarded struct {
		Reason string `json:"reason"`
	}
	Replaced struct{}
)

func (Entered) Kind() string   { return "calendar.entered" }
func (Changed) Kind() string   { return "calendar.changed" }
func (Discarded) Kind() string { return "calendar.discarded" }
func (Replaced) Kind() string  { return "calendar.replaced" }

// Difference is a day that one calendar works and another does not.
type Difference struct {
	Day    workday.Date `json:"day"`
	Works  bool         `json:"works"`  // in the calendar to come
	Worked bool         `json:"worked"` // in the calendar in force
}

// Differences returns, in order, the days of a year and of the week before it
// that next works and now does not, or the other way.
func Differences(now, next workday.Calendar, year int) (all []Difference) {
	last := workday.Date(fmt.Sprintf("%04d-12-31", year))
	for d := workday.Date(fmt.Sprintf("%04d-12-25", year-1)); d <= last; d = d.AddDays(1) {
		if a, b := Works(now, d), Works(next, d); a != b {
			all = append(all, Difference{d, b, a})
		}
	}
	return all
}

// Works reports whether c works on day.
func Works(c workday.Calendar, day workday.Date) bool {
	due, err := c.Next(day)
	return err == nil && due.Day == day
}
