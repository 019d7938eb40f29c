package queue

import (
	"context"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

// TestMorningsComeOnceADay: each day is arranged once, begins after midnight in
// Shanghai, and a day that was missed is not made good by two.
func TestMorningsComeOnceADay(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	db := databasetest.Open(t, Migrations)
	n := 0
	m := Mornings{Kind: "test.day", DB: db, Clock: now, Do: func(context.Context) error { n++; return nil }}
	planned := func() (days []string) {
		err := db.Read(t.Context(), func(tx *database.Tx) error {
			rows, err := tx.Query(`SELECT id FROM job ORDER BY id`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					return err
				}
				days = append(days, id)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		return days
	}
	for range 2 {
		if err := m.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if days := planned(); len(days) != 1 {
		t.Errorf("begun twice: %v", days)
	}
	now.Advance(72 * time.Hour)
	for range 2 { // a job that is run again
		if err := m.Handler().do(t.Context(), []byte(`{"on":"2026-11-25"}`)); err != nil {
			t.Fatal(err)
		}
	}
	days := planned()
	if len(days) != 2 || n != 2 {
		t.Errorf("after three days: %v, done %d", days, n)
	}
	if first := workday.Date("2026-11-29").Time().Add(dawn); first.UTC() != time.Date(2026, 11, 28, 16, 5, 0, 0, time.UTC) {
		t.Errorf("a day begins at %v", first.UTC())
	}
}
