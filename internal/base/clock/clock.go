// Package clock is the only place that asks what time it is (house.md B.8),
// so that a test, or a developer's page, can move it.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time, in UTC.
type Clock interface{ Now() time.Time }

// System is the machine's clock, cut to milliseconds, the precision stored.
type System struct{}

// Now returns the present instant in UTC.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Manual stands still until it is moved. It may be shared between goroutines.
type Manual struct {
	mu sync.Mutex
	at time.Time
}

// At returns a clock that stands at t.
func At(t time.Time) *Manual { return &Manual{at: t.UTC()} }

// Now returns the instant at which the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d)
}

// Layout is how instants are stored: UTC text of fixed width, so that text
// order is time order on every database.
const Layout = "2006-01-02T15:04:05.000Z"

// Format writes t for storage.
func Format(t time.Time) string { return t.UTC().Format(Layout) }

// Parse reads what [Format] wrote.
func Parse(s string) (time.Time, error) { return time.Parse(Layout, s) }
