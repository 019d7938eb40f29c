package workday

import "time"

// Shanghai is the zone in which a day begins and ends. It has had no summer
// time since 1991.
var Shanghai = time.FixedZone("CST", 8*60*60)

// Date is a calendar day in Shanghai, "2026-02-16". The zero Date is "" and is
// no day. Text order is the order of days.
type Date string

// Of returns the Shanghai day in which t falls.
func Of(t time.Time) Date { return Date(t.In(Shanghai).Format(time.DateOnly)) }

// Valid reports whether d is a day.
func (d Date) Valid() bool {
	_, err := time.ParseInLocation(time.DateOnly, string(d), Shanghai)
	return err == nil
}

// Time returns the instant at which d begins; the zero Time if d is no day.
func (d Date) Time() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Shanghai)
	if err != nil {
		return time.Time{}
	}
	return t
}

// AddDays returns the day n calendar days after d. d must be a day.
func (d Date) AddDays(n int) Date { return Of(d.Time().AddDate(0, 0, n)) }

// AddMonths returns the day with the same number n months after d, or the last
// day of that month if it is too short (Civil Code, Article 202). d must be a
// day.
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, Shanghai)
	last := first.AddDate(0, 1, -1).Day()
	return Of(first.AddDate(0, 0, min(t.Day(), last)-1))
}

// Days returns how many days later other is; negative if it is earlier. Both
// must be days.
func (d Date) Days(other Date) int {
	return int(other.Time().Sub(d.Time()) / (24 * time.Hour))
}

// Before reports whether d is earlier than other. Both must be days.
func (d Date) Before(other Date) bool { return d < other }

// Weekday returns the day of the week. d must be a day.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// Year returns the year of d. d must be a day.
func (d Date) Year() int { return d.Time().Year() }
