package terms

import (
	"slices"
	"testing"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

var review = Term{Name: "application.review", Length: 10, Unit: WorkingDays, Article: "19(2)", From: RegulationFrom, Until: RegulationUntil}

func book(t *testing.T, all ...Term) Book {
	t.Helper()
	b, err := New(workday.StateCouncil(), all...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDue(t *testing.T) {
	b := book(t, review,
		Term{Name: "demand.reopen", Length: 30, Unit: CalendarDays, From: RegulationFrom},
		Term{Name: "usagereport.cycle", Length: 6, Unit: Months, From: RegulationFrom},
	)
	for _, tt := range []struct {
		name string
		term string
		from workday.Date
		want workday.Due
	}{
		{"ten working days over National Day", "application.review", "2026-09-24", workday.Due{Day: "2026-10-15"}},
		{"on the first day in force", "application.review", "2022-12-31", workday.Due{Day: "2023-01-16"}},
		{"on the last day in force, ending after it", "application.review", "2027-12-30", workday.Due{Day: "2028-01-13", Provisional: true}},
		{"calendar days", "demand.reopen", "2026-03-02", workday.Due{Day: "2026-04-01"}},
		{"calendar days that end in a holiday", "demand.reopen", "2026-09-03", workday.Due{Day: "2026-10-08"}},
		{"calendar days that end on a worked Sunday", "demand.reopen", "2026-08-21", workday.Due{Day: "2026-09-20"}},
		{"months that end on a day that is not there, a Saturday", "usagereport.cycle", "2025-08-31", workday.Due{Day: "2026-02-28"}},
		{"months that end on a Sunday", "usagereport.cycle", "2025-09-29", workday.Due{Day: "2026-03-30"}},
		{"months into a year without a notice", "usagereport.cycle", "2026-10-12", workday.Due{Day: "2027-04-12", Provisional: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := b.Due(tt.term, tt.from); err != nil || got != tt.want {
				t.Errorf("%s from %s: %+v, %v; want %+v", tt.term, tt.from, got, err, tt.want)
			}
		})
	}
}

func TestDueFailsWhereNoTermIsInForce(t *testing.T) {
	b := book(t, review)
	for _, tt := range []struct {
		term string
		from workday.Date
	}{{"application.review", "2022-12-30"}, {"application.review", "2027-12-31"}, {"application.answer", "2026-01-05"}, {"application.review", ""}, {"application.review", "2026-02-30"}} {
		due, err := b.Due(tt.term, tt.from)
		if err == nil || problem.As(err) != nil {
			t.Errorf("%s from %q: %+v, %v; want a fault", tt.term, tt.from, due, err)
		}
	}
}

func TestACaseKeepsTheTermOfItsFirstDay(t *testing.T) {
	shorter := Term{Name: review.Name, Length: 5, Unit: WorkingDays, Article: "19(2)", From: "2027-12-31"}
	b := book(t, review, shorter)
	for from, want := range map[workday.Date]workday.Date{"2027-12-30": "2028-01-13", "2027-12-31": "2028-01-07"} {
		if got, err := b.Due(review.Name, from); err != nil || got.Day != want {
			t.Errorf("from %s: %v, %v; want %s", from, got, err, want)
		}
	}
}

func TestNewTellsEveryFault(t *testing.T) {
	open := Term{Name: "a.b", Length: 1, Unit: Months, From: "2023-01-01"}
	for _, tt := range []struct {
		name string
		all  []Term
		want []string
	}{
		{"blank", []Term{{}}, []string{"/terms/0/name required", "/terms/0/length terms.no_length", "/terms/0/unit terms.unknown_unit", "/terms/0/from terms.no_day"}},
		{"ends before it begins", []Term{{Name: "a.b", Length: 1, Unit: Months, From: "2023-01-02", Until: "2023-01-01"}}, []string{"/terms/0/until terms.ends_before_it_begins"}},
		{"the end is no day", []Term{{Name: "a.b", Length: 1, Unit: Months, From: "2023-01-02", Until: "2023-13-01"}}, []string{"/terms/0/until terms.ends_before_it_begins"}},
		{"open-ended, then another", []Term{open, {Name: "a.b", Length: 2, Unit: Months, From: "2030-01-01"}}, []string{"/terms/1/from terms.overlap"}},
		{"another, then one that runs into it", []Term{{Name: "a.b", Length: 2, Unit: Months, From: "2030-01-01"}, open}, []string{"/terms/1/from terms.overlap"}},
		{"they share one day", []Term{review, {Name: review.Name, Length: 5, Unit: WorkingDays, From: RegulationUntil}}, []string{"/terms/1/from terms.overlap"}},
		{"twice the same", []Term{review, review}, []string{"/terms/1/from terms.overlap"}},
		{"too long to count", []Term{{Name: "a.b", Length: workday.MaxDays + 1, Unit: WorkingDays, From: "2023-01-01"}}, []string{"/terms/0/length terms.no_length"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(workday.Calendar{}, tt.all...)
			p := problem.As(err)
			if p == nil {
				t.Fatalf("got %v, want a problem", err)
			}
			var got []string
			for _, f := range p.Fields {
				got = append(got, f.Pointer+" "+f.Code)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNewTakesNeighbours(t *testing.T) {
	next := Term{Name: review.Name, Length: 5, Unit: WorkingDays, From: "2027-12-31"}
	other := Term{Name: "application.intake", Length: 3, Unit: WorkingDays, From: RegulationFrom}
	b := book(t, next, review, other)
	if len(b.Terms()) != 3 || !b.Calendar().Covers(2026) {
		t.Error("the book forgot something")
	}
	b.Terms()[0].Length = 99
	if got, _ := b.Find(review.Name, "2028-01-03"); got.Length != 5 {
		t.Error("the book was changed from outside")
	}
}
