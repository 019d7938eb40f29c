package workday

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

func TestAdd(t *testing.T) {
	for _, tt := range []struct {
		name string
		from Date
		n    int
		want Due
	}{
		{"over the Spring Festival, with two worked Saturdays", "2026-02-09", 10, Due{Day: "2026-02-28"}},
		{"over Mid-Autumn and National Day, with a worked Saturday", "2026-09-24", 10, Due{Day: "2026-10-15"}},
		{"a plain week", "2026-03-02", 5, Due{Day: "2026-03-09"}},
		{"from a Sunday", "2026-03-01", 1, Due{Day: "2026-03-02"}},
		{"from within a holiday", "2026-10-03", 1, Due{Day: "2026-10-08"}},
		{"onto a worked Sunday", "2026-01-01", 1, Due{Day: "2026-01-04"}},
		{"no days", "2026-02-17", 0, Due{Day: "2026-02-17"}},
		{"first day not counted: one day after a Friday is Monday", "2026-03-06", 1, Due{Day: "2026-03-09"}},
		{"28 December is certain without next year's notice", "2026-12-25", 1, Due{Day: "2026-12-28"}},
		{"29 December hangs on next year's notice", "2026-12-28", 1, Due{Day: "2026-12-29", Provisional: true}},
		{"31 December hangs on next year's notice", "2026-12-30", 1, Due{Day: "2026-12-31", Provisional: true}},
		{"over 31 December into a year without a notice", "2026-12-28", 10, Due{Day: "2027-01-11", Provisional: true}},
		{"wholly in a year without a notice", "2027-03-01", 5, Due{Day: "2027-03-08", Provisional: true}},
		{"over 31 December with both notices", "2025-12-30", 3, Due{Day: "2026-01-05"}},
		{"the extended holiday of 2020", "2020-01-23", 1, Due{Day: "2020-02-03"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := StateCouncil().Add(tt.from, tt.n)
			if err != nil || got != tt.want {
				t.Errorf("%s + %d = %+v, %v; want %+v", tt.from, tt.n, got, err, tt.want)
			}
		})
	}
}

func TestAddRefuses(t *testing.T) {
	for _, tt := range []struct {
		from Date
		n    int
	}{{"", 1}, {"2026-02-30", 1}, {"2026-2-3", 1}, {"2026-02-03", -1}, {"2026-02-03", MaxDays + 1}} {
		if due, err := StateCouncil().Add(tt.from, tt.n); err == nil {
			t.Errorf("%q + %d = %v, want an error", tt.from, tt.n, due)
		}
	}
}

func TestNext(t *testing.T) {
	for _, tt := range []struct {
		day  Date
		want Due
	}{
		{"2026-03-06", Due{Day: "2026-03-06"}},
		{"2026-03-07", Due{Day: "2026-03-09"}},
		{"2026-02-28", Due{Day: "2026-02-28"}}, // a worked Saturday
		{"2026-10-01", Due{Day: "2026-10-08"}},
		{"2027-10-01", Due{Day: "2027-10-01", Provisional: true}},
	} {
		if got, err := StateCouncil().Next(tt.day); err != nil || got != tt.want {
			t.Errorf("next of %s: %+v, %v; want %+v", tt.day, got, err, tt.want)
		}
	}
	if _, err := StateCouncil().Next("no day"); err == nil {
		t.Error("took no day for a day")
	}
}

func TestBetween(t *testing.T) {
	c := StateCouncil()
	for _, tt := range []struct {
		from, to Date
		want     Count
	}{
		{"2026-02-09", "2026-02-28", Count{Days: 10}},
		{"2026-10-01", "2026-10-07", Count{}},
		{"2026-03-02", "2026-03-02", Count{}},
		{"2026-12-28", "2027-01-11", Count{Days: 10, Provisional: true}},
	} {
		if got, err := c.Between(tt.from, tt.to); err != nil || got != tt.want {
			t.Errorf("%s to %s: %+v, %v; want %+v", tt.from, tt.to, got, err, tt.want)
		}
	}
	for _, tt := range [][2]Date{{"2026-03-02", "2026-03-01"}, {"", "2026-03-01"}, {"2026-03-01", "x"}, {"1900-01-01", "9999-01-01"}} {
		if got, err := c.Between(tt[0], tt[1]); err == nil {
			t.Errorf("%s to %s: %+v, want an error", tt[0], tt[1], got)
		}
	}
}

// TestAddThenBetween: the two counts are each other's reverse, and the day
// found is a working day.
func TestAddThenBetween(t *testing.T) {
	c := StateCouncil()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		from := Date("2003-06-01").AddDays(r.IntN(9000))
		n := 1 + r.IntN(60)
		due, err := c.Add(from, n)
		if err != nil {
			t.Fatal(err)
		}
		count, err := c.Between(from, due.Day)
		if err != nil || count.Days != n || count.Provisional != due.Provisional {
			t.Fatalf("seed %d: %s + %d = %+v, but between them lie %+v, %v", seed, from, n, due, count, err)
		}
		if before, err := c.Between(from, due.Day.AddDays(-1)); err != nil || before.Days != n-1 {
			t.Fatalf("seed %d: %s is not a working day", seed, due.Day)
		}
	}
}

func TestWithReplacesTheYear(t *testing.T) {
	before := StateCouncil()
	first := Notice{Year: 2027, Number: "first", Off: []Date{"2027-01-01", "2027-02-08"}, Worked: []Date{"2027-02-06"}}
	with, err := before.With(first)
	if err != nil {
		t.Fatal(err)
	}
	amended, err := with.With(Notice{Year: 2027, Number: "amended", Off: []Date{"2026-12-31", "2027-01-01"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		calendar Calendar
		want     Due
	}{
		{"without a notice", before, Due{Day: "2027-01-04", Provisional: true}},
		{"with it", with, Due{Day: "2027-01-05"}},
		{"amended, with a day of the December before", amended, Due{Day: "2027-01-06"}},
	} {
		if got, err := tt.calendar.Add("2026-12-29", 4); err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
	if before.Covers(2027) || !amended.Covers(2027) || !amended.Covers(2026) {
		t.Error("the older calendar changed, or the newer forgot")
	}
	if n, _ := amended.Notice(2027); n.Number != "amended" {
		t.Errorf("notice %q", n.Number)
	}
	if got, _ := amended.Add("2027-02-05", 1); got.Day != "2027-02-08" {
		t.Errorf("the replaced notice still works: %v", got)
	}
}

func TestNoticeTellsEveryFault(t *testing.T) {
	bad := Notice{Year: 2027, Off: []Date{"2027-02-30", "2026-12-24", "2027-01-01", "2027-01-01"}, Worked: []Date{"2027-01-01", "2027-01-05", "2027-01-09"}}
	p := problem.As(bad.Check())
	if p == nil {
		t.Fatal("no fault found")
	}
	var got []string
	for _, f := range p.Fields {
		got = append(got, f.Pointer+" "+f.Code)
	}
	want := []string{"/off/0 workday.no_day", "/off/1 workday.other_year", "/off/3 workday.twice", "/worked/0 workday.twice", "/worked/1 workday.works_anyway"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := New(bad); !problem.Is(err, problem.Invalid) {
		t.Errorf("New took it: %v", err)
	}
	if p := problem.As(Notice{}.Check()); p == nil || p.Fields[0].Code != "workday.no_year" {
		t.Errorf("took a notice without a year: %v", p)
	}
}

func TestZeroCalendarGuesses(t *testing.T) {
	got, err := Calendar{}.Add("2026-09-30", 1)
	if want := (Due{Day: "2026-10-01", Provisional: true}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestReadNoticesRefuses(t *testing.T) {
	const notices = "year,number,addresses\n2026,,\n"
	for _, days := range []string{"year,date,day,name\n2027,2027-01-01,off,元旦\n", "year,date,day,name\n2026,2026-01-01,half,元旦\n", "year,date,day,name\nx,2026-01-01,off,元旦\n", "year,date\n2026,2026-01-01\n"} {
		if got, err := readNotices(notices, days); err == nil {
			t.Errorf("%q gave %v", strings.Split(days, "\n")[1], got)
		}
	}
}

func TestDate(t *testing.T) {
	evening := time.Date(2026, 2, 9, 15, 59, 59, 0, time.UTC)
	if got := Of(evening); got != "2026-02-09" {
		t.Errorf("23:59 in Shanghai is %s", got)
	}
	if got := Of(evening.Add(time.Second)); got != "2026-02-10" {
		t.Errorf("midnight in Shanghai is %s", got)
	}
	for from, want := range map[Date]Date{"2026-01-31": "2026-02-28", "2028-01-31": "2028-02-29", "2026-12-15": "2027-01-15", "2026-03-01": "2026-04-01"} {
		if got := from.AddMonths(1); got != want {
			t.Errorf("a month after %s is %s, want %s", from, got, want)
		}
	}
	if got := Date("2026-03-31").AddMonths(-1); got != "2026-02-28" {
		t.Errorf("a month before: %s", got)
	}
	if d := Date("2026-02-28"); d.AddDays(1) != "2026-03-01" || d.Days("2026-03-02") != 2 || d.Weekday() != time.Saturday || d.Year() != 2026 || !d.Before("2026-03-01") || d.Before(d) {
		t.Error("days do not add up")
	}
	for _, d := range []Date{"", "2026-02-29", "2026-1-1", "2026-01-01T00:00:00Z"} {
		if d.Valid() || !d.Time().IsZero() {
			t.Errorf("%q taken for a day", d)
		}
	}
}
