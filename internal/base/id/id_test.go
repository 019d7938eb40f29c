package id

import (
	"testing"
	"time"

	"kaishu/internal/base/clock"
)

func TestIdsSortByMaking(t *testing.T) {
	c := clock.At(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	s := New(c)
	last := ""
	for i := range 3000 {
		if i%1000 == 999 {
			c.Advance(time.Millisecond)
		}
		if i == 1500 {
			c.Advance(-time.Hour) // a clock set back must not make an older id
		}
		got := s.Make("ver")
		if got <= last || len(got) != len("ver_")+26 {
			t.Fatalf("%d: %s after %s", i, got, last)
		}
		last = got
	}
}
