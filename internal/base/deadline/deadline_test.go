package deadline

import (
	"strings"
	"testing"

	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
)

// steps are those of a review, in miniature.
var steps = []Step{
	{Name: "unseen", Term: "unseen", Unseen: true},
	{Name: "warned_5", Term: "warn5"}, {Name: "warned_9", Term: "warn9"},
	{Name: "overdue", Term: "late", Overdue: true},
}

func book(t *testing.T, notices ...workday.Notice) terms.Book {
	t.Helper()
	c, err := workday.New(notices...)
	if err != nil {
		t.Fatal(err)
	}
	var all []terms.Term
	for name, n := range map[string]int{"review": 10, "unseen": 2, "warn5": 5, "warn9": 9, "late": 11} {
		all = append(all, terms.Term{Name: name, Length: n, Unit: terms.WorkingDays, From: terms.RegulationFrom})
	}
	b, err := terms.New(c, all...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spring is the notice for 2026 as far as February goes.
var spring = workday.Notice{Year: 2026, Off: []workday.Date{"2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23"},
	Worked: []workday.Date{"2026-01-04", "2026-02-14", "2026-02-28"}}

func TestOrderRunsOverSpringFestival(t *testing.T) {
	b := book(t, spring)
	c, err := Start(b, "review", steps, "2026-02-09")
	if err != nil {
		t.Fatal(err)
	}
	// 10–13 February are four days, Saturday 14 is worked (5), 24–27 are four
	// more (9), Saturday 28 is worked (10).
	if c.Due.Day != "2026-02-28" || c.Due.Provisional {
		t.Errorf("due %v", c.Due)
	}
	for day, want := range map[workday.Date]string{
		"2026-02-09": "", "2026-02-10": "", "2026-02-11": "unseen", "2026-02-14": "unseen warned_5", "2026-02-20": "unseen warned_5",
		"2026-02-27": "unseen warned_5 warned_9", "2026-02-28": "unseen warned_5 warned_9", "2026-03-01": "unseen warned_5 warned_9", "2026-03-02": "unseen warned_5 warned_9 overdue",
	} {
		if got := strings.Join(c.Ring(day), " "); got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
	for day, want := range map[workday.Date]Left{"2026-02-09": {Days: 10}, "2026-02-15": {Days: 5}, "2026-02-28": {}, "2026-03-03": {Days: -2, Late: true}} {
		if got, err := c.Left(b.Calendar(), day); err != nil || got != want {
			t.Errorf("left on %s: %+v %v, want %+v", day, got, err, want)
		}
	}
}

func TestStepsAreTakenOnce(t *testing.T) {
	b := book(t, spring)
	c, _ := Start(b, "review", steps, "2026-02-09")
	c = c.Rung(c.Ring("2026-02-14"), false)
	if got := strings.Join(c.Ring("2026-02-14"), " "); got != "" {
		t.Errorf("again: %q", got)
	}
	// A calendar without the make-up Saturday: warned_5 would move on, but it
	// was done; the rest moves.
	amended := spring
	amended.Worked = []workday.Date{"2026-01-04", "2026-02-28"}
	again, err := NewCounter(book(t, amended), "review", steps).Recount(c)
	if err != nil || again.Due.Day != "2026-03-02" || len(again.Steps) != 2 || again.Next() != "2026-02-28" {
		t.Errorf("recounted: %+v %v", again, err)
	}
	if same, _ := NewCounter(b, "review", steps).Recount(c); !same.Equal(c) {
		t.Errorf("the same calendar moves it: %+v, was %+v", same, c)
	}
}

func TestAnswerStopsTheClock(t *testing.T) {
	b := book(t, spring)
	c, _ := Start(b, "review", steps, "2026-02-09")
	in, late := c.Done("2026-02-28"), c.Done("2026-03-02")
	if in.Late || !late.Late || in.Running() || in.Next() != "" || len(late.Ring("2026-12-31")) != 0 {
		t.Errorf("in time %+v, late %+v", in, late)
	}
	if l, _ := late.Left(b.Calendar(), "2026-05-01"); l.Days != -1 || !l.Late {
		t.Errorf("left after the answer: %+v", l)
	}
	if again, err := NewCounter(book(t), "review", steps).Recount(in); err != nil || !again.Equal(in) {
		t.Errorf("an answered order moves: %+v %v", again, err)
	}
	if (Clock{}).Running() {
		t.Error("no order runs")
	}
}

func TestTheTurnOfAYearIsProvisional(t *testing.T) {
	c, err := Start(book(t), "review", steps, "2026-12-31")
	if err != nil || !c.Due.Provisional {
		t.Fatalf("%+v %v", c, err)
	}
	known, err := NewCounter(book(t, workday.Notice{Year: 2026}, workday.Notice{Year: 2027, Off: []workday.Date{"2027-01-01"}}), "review", steps).Recount(c)
	if err != nil || known.Due.Provisional || known.Due.Day != "2027-01-15" || c.Due.Day != "2027-01-14" {
		t.Errorf("%+v, then %+v %v", c.Due, known.Due, err)
	}
}
