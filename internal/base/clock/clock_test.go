package clock

import (
	"testing"
	"time"
)

func TestTextOrderIsTimeOrder(t *testing.T) {
	c := At(time.Date(2026, 12, 31, 23, 59, 59, 999e6, time.FixedZone("CST", 8*3600)))
	before := Format(c.Now())
	c.Advance(time.Millisecond)
	after := Format(c.Now())
	if before >= after || len(before) != len(after) {
		t.Errorf("%q then %q", before, after)
	}
	back, err := Parse(after)
	if err != nil || !back.Equal(c.Now()) {
		t.Errorf("parsed %v, %v; want %v", back, err, c.Now())
	}
}
