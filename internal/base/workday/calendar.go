package workday

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"kaishu/internal/base/problem"
)

// Notice is what one State Council notice (国务院办公厅关于某年部分节假日安排的通知)
// says about one year, in its amended form.
type Notice struct {
	Year      int
	Number    string   // as printed, e.g. "国办发明电〔2025〕7号"; "" if not known
	Addresses []string // where the notice and its amendments were published; may be empty
	Off       []Date   // days off, weekends within a holiday included
	Worked    []Date   // weekend days that are worked (调休)
}

// turn is the day in December, as "-12-29", from which on next year's notice
// may have a say: since 2004 the New Year's holiday has moved days between 29
// and 31 December five times.
const turn = "-12-29"

// Check returns every fault of n, or nil: a day that is no day, that is not in
// the year (or in the last week before it), that stands twice, or a worked day
// that is no weekend day.
func (n Notice) Check() error {
	var p problem.List
	if n.Year < 1949 || n.Year > 9998 {
		p.Add("/year", "workday.no_year", "year", n.Year)
	}
	earliest := Date(fmt.Sprintf("%04d-12-25", n.Year-1))
	latest := Date(fmt.Sprintf("%04d-12-31", n.Year))
	seen := map[Date]bool{}
	check := func(list string, days []Date) {
		for i, d := range days {
			pointer := fmt.Sprintf("/%s/%d", list, i)
			switch {
			case !d.Valid():
				p.Add(pointer, "workday.no_day", "day", string(d))
			case d < earliest || d > latest:
				p.Add(pointer, "workday.other_year", "day", string(d), "year", n.Year)
			case seen[d]:
				p.Add(pointer, "workday.twice", "day", string(d))
			case list == "worked" && !weekend(d.Weekday()):
				p.Add(pointer, "workday.works_anyway", "day", string(d))
			}
			seen[d] = true
		}
	}
	check("off", n.Off)
	check("worked", n.Worked)
	return p.Err()
}

// Calendar knows, per year with a notice, the days that differ from a plain
// Monday-to-Friday week. The zero Calendar knows no notice. A Calendar never
// changes; see [Calendar.With].
type Calendar struct {
	notices map[int]Notice
	moved   map[Date]bool // true: worked; false: off
}

// New returns a calendar of the given notices; of two for one year the later
// counts. It fails if [Notice.Check] does.
func New(notices ...Notice) (Calendar, error) {
	var c Calendar
	for _, n := range notices {
		var err error
		if c, err = c.With(n); err != nil {
			return Calendar{}, err
		}
	}
	return c, nil
}

// With returns a calendar in which n stands in place of whatever was known of
// its year: a new notice, or an amended one. It fails if [Notice.Check] does.
func (c Calendar) With(n Notice) (Calendar, error) {
	if err := n.Check(); err != nil {
		return Calendar{}, err
	}
	next := Calendar{notices: maps.Clone(c.notices), moved: map[Date]bool{}}
	if next.notices == nil {
		next.notices = map[int]Notice{}
	}
	n.Addresses, n.Off, n.Worked = slices.Clone(n.Addresses), slices.Clone(n.Off), slices.Clone(n.Worked)
	next.notices[n.Year] = n
	for _, year := range slices.Sorted(maps.Keys(next.notices)) {
		for _, d := range next.notices[year].Off {
			next.moved[d] = false
		}
		for _, d := range next.notices[year].Worked {
			next.moved[d] = true
		}
	}
	return next, nil
}

// Covers reports whether c has the notice for year.
func (c Calendar) Covers(year int) bool { _, ok := c.notices[year]; return ok }

// Notice returns the notice for year, if there is one.
func (c Calendar) Notice(year int) (Notice, bool) { n, ok := c.notices[year]; return n, ok }

// Due is the last day of a period.
type Due struct {
	Day Date `json:"day"`
	// Provisional says that the count touched days whose notice is not yet
	// known; a later notice may move Day.
	Provisional bool `json:"provisional,omitempty"`
}

// Count is a number of working days.
type Count struct {
	Days        int
	Provisional bool // as in [Due]
}

// MaxDays is the longest count, in working days: about forty years.
const MaxDays = 10000

// Add returns the day that lies n working days after from. from itself is not
// counted, whether it is worked or not (Civil Code, Article 201); n = 0 gives
// from. It fails if from is no day, or n is negative or above [MaxDays].
func (c Calendar) Add(from Date, n int) (Due, error) {
	if err := check(from); err != nil {
		return Due{}, err
	}
	if n < 0 || n > MaxDays {
		return Due{}, fmt.Errorf("add working days: %d is not between 0 and %d", n, MaxDays)
	}
	t, due := from.Time(), Due{Day: from}
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		day := Of(t)
		works, known := c.works(day, t.Weekday())
		due.Provisional = due.Provisional || !known
		if works {
			n--
		}
		due.Day = day
	}
	return due, nil
}

// Next returns day itself if it is worked, or else the next day that is.
func (c Calendar) Next(day Date) (Due, error) {
	if err := check(day); err != nil {
		return Due{}, err
	}
	due := Due{}
	for t := day.Time(); ; t = t.AddDate(0, 0, 1) {
		due.Day = Of(t)
		works, known := c.works(due.Day, t.Weekday())
		due.Provisional = due.Provisional || !known
		if works {
			return due, nil
		}
	}
}

// Between returns the number of working days after from up to and including
// to. It fails if either is no day, if to comes before from, or if more than
// [MaxDays] lie between them.
func (c Calendar) Between(from, to Date) (Count, error) {
	if err := check(from); err != nil {
		return Count{}, err
	}
	if err := check(to); err != nil {
		return Count{}, err
	}
	if to < from {
		return Count{}, fmt.Errorf("count working days: %s comes before %s", to, from)
	}
	var count Count
	end := to.Time()
	for t := from.Time().AddDate(0, 0, 1); !t.After(end); t = t.AddDate(0, 0, 1) {
		works, known := c.works(Of(t), t.Weekday())
		count.Provisional = count.Provisional || !known
		if works {
			count.Days++
		}
		if count.Days > MaxDays {
			return Count{}, fmt.Errorf("count working days: more than %d between %s and %s", MaxDays, from, to)
		}
	}
	return count, nil
}

// works says whether day is worked, and whether that is known or only the
// habit of a plain week.
func (c Calendar) works(day Date, weekday time.Weekday) (works, known bool) {
	year := (int(day[0]-'0')*10+int(day[1]-'0'))*100 + int(day[2]-'0')*10 + int(day[3]-'0')
	known = c.Covers(year) && (day[4:] < turn || c.Covers(year+1))
	if moved, ok := c.moved[day]; ok {
		return moved, known
	}
	return !weekend(weekday), known
}

func weekend(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }

func check(d Date) error {
	if !d.Valid() {
		return fmt.Errorf("count days: %q is no day", string(d))
	}
	return nil
}
