package database_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

// BenchmarkWrite measures acknowledged, durable transactions of one row.
func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			db := databasetest.Open(b, databasetest.Tables)
			var next atomic.Int64
			b.SetParallelism(writers)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					err := db.Write(b.Context(), func(tx *database.Tx) error {
						_, err := tx.Exec(`INSERT INTO thing (id, version, at) VALUES (?, 1, '')`, fmt.Sprint(next.Add(1)))
						return err
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
