package timeliness

import (
	"math/rand/v2"
	"slices"
	"testing"

	"kaishu/internal/base/workday"
)

var (
	daily   = Promise{Window: 3, Cycle: 1}
	monthly = Promise{Window: 45, Cycle: 31, Before: 5}
)

// TestJudge: one cycle, then the grace, then late; seriously late once the
// grace of the next update is over too (Article 9(5), SM-05).
func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name      string
		p         Promise
		k         Known
		today     workday.Date
		class     Class
		next, due workday.Date
		late      int
	}{
		{"fresh", monthly, Known{Updated: "2026-01-01"}, "2026-01-10", OnTime, "2026-02-01", "2026-02-15", 0},
		{"expected and in the grace", monthly, Known{Updated: "2026-01-01"}, "2026-02-15", OnTime, "2026-02-01", "2026-02-15", 0},
		{"the day after the grace", monthly, Known{Updated: "2026-01-01"}, "2026-02-16", Late, "2026-02-01", "2026-02-15", 1},
		{"a cycle after the grace", monthly, Known{Updated: "2026-01-01"}, "2026-03-18", Late, "2026-02-01", "2026-02-15", 31},
		{"the second update missed", monthly, Known{Updated: "2026-01-01"}, "2026-03-19", SeriouslyLate, "2026-02-01", "2026-02-15", 32},
		{"over the year's end", daily, Known{Updated: "2022-12-31"}, "2023-01-04", Late, "2023-01-01", "2023-01-03", 1},
		{"daily, twice", daily, Known{Updated: "2022-12-31"}, "2023-01-05", SeriouslyLate, "2023-01-01", "2023-01-03", 2},
		{"real time", Promise{Window: 1, Cycle: 1}, Known{Updated: "2026-01-01"}, "2026-01-03", Late, "2026-01-02", "2026-01-02", 1},
		{"static", Promise{Static: true}, Known{Updated: "2001-01-01"}, "2026-01-01", Static, "", "", 0},
		{"static by a window of its own", Promise{Static: true, Window: 5, Cycle: 5}, Known{}, "2026-01-01", Static, "", "", 0},
		{"irregular", Promise{}, Known{Updated: "2001-01-01"}, "2026-01-01", NotDue, "", "", 0},
		{"stopped", daily, Known{Updated: "2001-01-01", Stopped: true}, "2026-01-01", NotDue, "", "", 0},
		{"new", monthly, Known{Listed: "2026-01-01"}, "2026-02-15", NotDue, "2026-02-01", "2026-02-15", 0},
		{"nothing came since it was listed", monthly, Known{Listed: "2026-01-01"}, "2026-02-16", Late, "2026-02-01", "2026-02-15", 1},
		{"no day is known", monthly, Known{}, "2026-02-16", Unknown, "", "", 0},
		{"no day", monthly, Known{Updated: "2026-02-30"}, "2026-02-16", Unknown, "", "", 0},
		{"an update of tomorrow is none", daily, Known{Updated: "2099-01-01", Listed: "2026-01-01"}, "2026-03-01", SeriouslyLate, "2026-01-02", "2026-01-04", 56},
		{"an update of today", daily, Known{Updated: "2026-03-01"}, "2026-03-01", OnTime, "2026-03-02", "2026-03-04", 0},
	} {
		if got, want := Judge(tt.p, tt.k, tt.today), (Standing{tt.class, tt.next, tt.due, tt.late}); got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
}

func TestClassesThatCount(t *testing.T) {
	for class, want := range map[Class][2]bool{OnTime: {false, true}, Late: {true, true}, SeriouslyLate: {true, true}, Static: {}, NotDue: {}, Unknown: {}} {
		if got := [2]bool{class.Late(), class.Promised()}; got != want {
			t.Errorf("%s: late, promised = %v, want %v", class, got, want)
		}
	}
}

// TestALife follows one monthly dataset morning by morning: each class once,
// each reminder once per cycle, and an update ends it.
func TestALife(t *testing.T) {
	w, updated := Watch{Dataset: "air"}, workday.Date("2026-01-01")
	var story []string
	for day := workday.Date("2026-01-01"); day < "2026-06-01"; day = day.AddDays(1) {
		if day == "2026-04-01" {
			updated = "2026-03-31"
		}
		f := Fact{Listed: day < "2026-05-20", Body: "env", Promise: monthly, Today: day, Standing: Judge(monthly, Known{Updated: updated}, day)}
		for range 2 { // a morning may come twice
			for _, e := range Look(f, w) {
				w = Evolve(w, e)
				switch e := e.(type) {
				case Moved:
					story = append(story, string(day)+" "+string(e.To))
				case Reminded:
					story = append(story, string(day)+" "+string(e.Step))
				}
			}
		}
	}
	want := []string{"2026-01-01 on_time", "2026-01-27 before", "2026-02-01 due", "2026-02-16 late", "2026-03-19 seriously_late", "2026-04-01 on_time",
		"2026-04-26 before", "2026-05-01 due", "2026-05-16 late", "2026-05-20 "}
	if !slices.Equal(story, want) {
		t.Errorf("%q\nwant %q", story, want)
	}
}

// TestMissedMornings: whoever comes back after days tells the newest only.
func TestMissedMornings(t *testing.T) {
	at := func(day workday.Date, w Watch) []Event {
		return Look(Fact{Listed: true, Body: "env", Promise: monthly, Today: day, Standing: Judge(monthly, Known{Updated: "2026-01-01"}, day)}, w)
	}
	seen := Evolve(Watch{Dataset: "air"}, Moved{Body: "env", To: OnTime, On: "2026-01-01"})
	if all := at("2026-02-03", seen); len(all) != 1 || all[0] != (Reminded{Step: OnDay, Next: "2026-02-01", On: "2026-02-03"}) {
		t.Errorf("in the grace: %+v", all)
	}
	if all := at("2026-03-25", seen); len(all) != 1 || all[0].(Moved).To != SeriouslyLate {
		t.Errorf("long after: %+v", all)
	}
	if all := at("2026-01-28", Watch{}); len(all) != 2 {
		t.Errorf("first seen shortly before: %+v", all)
	}
	told := Evolve(seen, Reminded{Step: OnDay, Next: "2026-01-01", On: "2026-01-01"})
	if all := at("2026-02-01", told); len(all) != 1 {
		t.Errorf("the day of the next cycle, told of the last: %+v", all)
	}
	moved := Look(Fact{Listed: true, Body: "other", Promise: daily, Today: "2026-01-02", Standing: Standing{Class: OnTime}}, seen)
	if len(moved) != 1 || Evolve(seen, moved[0]).Body != "other" {
		t.Errorf("another publisher: %+v", moved)
	}
}

// TestReminders: none for cycles that are too short, and none for what is
// late already: that it is, is told once.
func TestReminders(t *testing.T) {
	for _, tt := range []struct {
		p     Promise
		k     Known
		today workday.Date
		want  Reminder
	}{
		{monthly, Known{Updated: "2026-01-01"}, "2026-01-26", ""}, {monthly, Known{Updated: "2026-01-01"}, "2026-01-27", Before},
		{monthly, Known{Updated: "2026-01-01"}, "2026-01-31", Before}, {monthly, Known{Updated: "2026-01-01"}, "2026-02-01", OnDay},
		{monthly, Known{Updated: "2026-01-01"}, "2026-02-16", ""}, {monthly, Known{Listed: "2026-01-01"}, "2026-02-02", OnDay},
		{daily, Known{Updated: "2026-01-01"}, "2026-01-02", ""}, {Promise{Before: 5}, Known{Updated: "2026-01-01"}, "2026-02-02", ""},
	} {
		if got := reminder(Fact{Promise: tt.p, Today: tt.today, Standing: Judge(tt.p, tt.k, tt.today)}); got != tt.want {
			t.Errorf("%+v %+v on %s: %q, want %q", tt.p, tt.k, tt.today, got, tt.want)
		}
	}
}

// TestRandomLives: whatever days, updates and frequencies come, looking twice
// brings nothing more, and the watch says what the rule says.
func TestRandomLives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	promises := []Promise{daily, monthly, {}, {Static: true}, {Window: 14, Cycle: 7, Before: 1}}
	for range 2000 {
		w, day, updated := Watch{Dataset: "x"}, workday.Date("2026-01-01"), workday.Date("")
		for range 40 {
			day = day.AddDays(r.IntN(20))
			if r.IntN(4) == 0 {
				updated = day.AddDays(-r.IntN(5))
			}
			p := promises[r.IntN(len(promises))]
			f := Fact{Listed: r.IntN(10) > 0, Body: "b", Promise: p, Today: day, Standing: Judge(p, Known{Updated: updated, Listed: "2026-01-01"}, day)}
			for _, e := range Look(f, w) {
				w = Evolve(w, e)
			}
			if more := Look(f, w); len(more) > 0 {
				t.Fatalf("looking again at %+v brings %+v to %+v", f, more, w)
			}
			if f.Listed && w.Class != f.Standing.Class || !f.Listed && w.Class != "" {
				t.Fatalf("%+v is watched as %+v", f, w)
			}
		}
	}
}

func TestRank(t *testing.T) {
	set := func(body, frequency string, class Class, days int) One {
		return One{Body: body, Frequency: frequency, Standing: Standing{Class: class, DaysLate: days}}
	}
	rows := Rank([]One{
		set("none", "static", Static, 0), set("none", "irregular", NotDue, 0),
		set("worse", "daily", Late, 1), set("worse", "daily", SeriouslyLate, 10), set("worse", "monthly", OnTime, 0), set("worse", "monthly", Late, 4),
		set("good", "daily", OnTime, 0), set("good", "daily", OnTime, 0), set("good", "static", Static, 0),
		set("alike", "daily", OnTime, 0), set("lost", "daily", Unknown, 0), set("lost", "daily", Late, 7),
	}, 3)
	var order []string
	for _, r := range rows {
		order = append(order, r.Body)
	}
	if !slices.Equal(order, []string{"good", "alike", "worse", "lost", "none"}) {
		t.Fatalf("order %q", order)
	}
	for i, place := range []int{1, 1, 3, 4, 0} {
		if rows[i].Place != place || rows[i].Small != (rows[i].Counts.Promised < 3) {
			t.Errorf("%s: place %d, small %t", rows[i].Body, rows[i].Place, rows[i].Small)
		}
	}
	w := rows[2]
	if w.Counts != (Counts{Datasets: 4, Promised: 4, OnTime: 1, Late: 2, SeriouslyLate: 1}) || w.MedianDaysLate != 4 || w.Counts.Share() != 0.25 {
		t.Errorf("worse: %+v", w)
	}
	if w.ByFrequency["monthly"] != (Counts{Datasets: 2, Promised: 2, OnTime: 1, Late: 1}) {
		t.Errorf("by frequency: %+v", w.ByFrequency)
	}
	if got := median([]int{9, 1, 3, 2}); got != 2.5 || median(nil) != 0 {
		t.Errorf("median %v", got)
	}
	if just := Rank([]One{set("x", "daily", OnTime, 0), set("x", "daily", Late, 1)}, 2); just[0].Small {
		t.Error("as many as it takes are not few")
	}
	if (Counts{Datasets: 3}).Share() != 0 {
		t.Error("a share of nothing")
	}
}
