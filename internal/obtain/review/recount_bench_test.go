package review_test

import (
	"fmt"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/obtain/application"
)

// BenchmarkRecount counts the due days of ten thousand open orders anew.
func BenchmarkRecount(b *testing.B) {
	h := newHouse(b)
	h.clock.Advance(workday.Date("2026-02-09").Time().Sub(h.clock.Now()))
	h.must(h.do("submit"))
	h.must(h.do("accept"))
	var about application.Case
	h.write(func(tx *database.Tx) (err error) {
		if about, err = h.applications.Get(tx, permit.Platform, h.caseID); err != nil {
			return err
		}
		for i := range 10_000 {
			about.ID = fmt.Sprintf("app_%06d", i)
			if err := h.orders.Hand(tx, people["intake"], about); err != nil {
				return err
			}
		}
		return nil
	})
	all := years()
	plain := all[1]
	amended := plain
	amended.Worked = plain.Worked[:1]
	n := 0
	for b.Loop() {
		all[1] = plain
		if n++; n%2 == 1 {
			all[1] = amended
		}
		h.know(all...)
		h.write(func(tx *database.Tx) error {
			changed, err := h.orders.Recompute(permit.Platform)(b.Context(), tx, h.book.Calendar())
			if err == nil && changed < 10_000 {
				err = fmt.Errorf("only %d moved", changed)
			}
			return err
		})
	}
}
