package timeliness

import (
	"testing"

	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
)

// TestNumbersHaveDates: cycles and thresholds are those of the day; a frequency
// that somebody adds to the code list has no grace until its cycle is said.
func TestNumbersHaveDates(t *testing.T) {
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range codes.Frequencies {
		p := PromiseOf(f, "2026-01-01")
		if p.Static != (f.Code == "static") || p.Window != f.Window || (p.Cycle == 0) != (f.Window == 0) || p.Cycle > p.Window || p.Before >= max(p.Cycle, 1) {
			t.Errorf("%s: %+v", f.Code, p)
		}
	}
	for _, tt := range []struct {
		f    openlist.Frequency
		day  workday.Date
		want Promise
	}{
		{openlist.Frequency{Code: "monthly", Window: 45}, "2022-12-31", Promise{Window: 45, Cycle: 31, Before: 5}},
		{openlist.Frequency{Code: "monthly", Window: 45}, "2022-12-30", Promise{Window: 45, Cycle: 45}},
		{openlist.Frequency{Code: "monthly", Window: 20}, "2026-01-01", Promise{Window: 20, Cycle: 20, Before: 5}},
		{openlist.Frequency{Code: "fortnightly", Window: 20}, "2026-01-01", Promise{Window: 20, Cycle: 20}},
	} {
		if got := PromiseOf(tt.f, tt.day); got != tt.want {
			t.Errorf("%+v on %s: %+v", tt.f, tt.day, got)
		}
	}
	if n := len(ThresholdsOn("2022-12-30")); n != 0 {
		t.Errorf("%d thresholds before the regulation", n)
	}
	for _, d := range Detectors {
		for _, name := range d.Thresholds {
			if ThresholdsOn("2026-01-01")[name] < 1 {
				t.Errorf("%s has no threshold %s", d.Problem, name)
			}
		}
	}
	if s := (span{From: "2026-01-01", Until: "2026-01-31"}); s.holds("2025-12-31") || !s.holds("2026-01-01") || !s.holds("2026-01-31") || s.holds("2026-02-01") {
		t.Error("a span does not hold from its first to its last day")
	}
}
