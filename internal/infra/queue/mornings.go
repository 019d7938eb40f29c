package queue

import (
	"context"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Mornings has something done every day, soon after midnight in Shanghai. One
// job a day: what it does also makes good for days that were missed.
type Mornings struct {
	Kind  string // of its job, e.g. "review.day"
	DB    *database.DB
	Clock clock.Clock
	Do    func(ctx context.Context) error
}

type morning struct {
	On workday.Date `json:"on"`
}

// dawn is how long after midnight a day begins.
const dawn = 5 * time.Minute

// Begin has the days come: today's, and from then on each. Again changes
// nothing.
func (m Mornings) Begin(ctx context.Context) error { return m.arrange(ctx, m.today()) }

// Handler does the day's work and arranges the next day's.
func (m Mornings) Handler() Handler {
	return Handle(m.Kind, func(ctx context.Context, j morning) error {
		if err := m.Do(ctx); err != nil {
			return err
		}
		return m.arrange(ctx, max(j.On, m.today()).AddDays(1))
	})
}

func (m Mornings) today() workday.Date { return workday.Of(m.Clock.Now()) }

func (m Mornings) arrange(ctx context.Context, day workday.Date) error {
	return m.DB.Write(ctx, func(tx *database.Tx) error {
		at := day.Time().Add(dawn)
		if now := m.Clock.Now(); at.Before(now) {
			at = now
		}
		return Enqueue(tx, m.Kind+"/"+string(day), m.Kind, morning{day}, at)
	})
}
