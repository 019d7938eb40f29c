// Package record is who read what, and how much. Reads of open data are
// counted in batches; any other read is written down, durably, before its
// first byte leaves: no record, no data.
//
// Regulation: Articles 25(5) and 26. Owns the tables "read_total" and
// "read_note".
package record

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Route is the way by which data was read.
type Route string

// The routes.
const (
	View     Route = "view"     // a page
	Download Route = "download" // a ready-made file
	Call     Route = "call"     // the query interface
)

// Read is one read.
type Read struct {
	Dataset string
	Version int
	Route   Route
	Format  string
	Rows    int64
	Bytes   int64
	Actor   string // account id; "" for a visitor
	At      time.Time
}

// Recorder records reads.
type Recorder struct {
	db  *database.DB
	ids *id.Source
	log *slog.Logger

	mu      sync.Mutex
	pending map[key]Figures
	full    chan struct{}
}

type key struct {
	dataset string
	day     workday.Date
	route   Route
}

// Figures are sums of reads.
type Figures struct{ Reads, Rows, Bytes int64 }

// New returns a recorder on db. Run it.
func New(db *database.DB, ids *id.Source, log *slog.Logger) *Recorder {
	return &Recorder{db: db, ids: ids, log: log, pending: map[key]Figures{}, full: make(chan struct{}, 1)}
}

// batch is how many different sums may wait before they are written early.
const batch = 1000

// Count adds a read of open data to the sums of its day in Shanghai. It keeps
// nothing about the reader.
func (r *Recorder) Count(read Read) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := key{read.Dataset, workday.Of(read.At), read.Route}
	f := r.pending[k]
	r.pending[k] = Figures{f.Reads + 1, f.Rows + read.Rows, f.Bytes + read.Bytes}
	if len(r.pending) >= batch {
		select {
		case r.full <- struct{}{}:
		default:
		}
	}
}

// Note writes one read down and returns when it is durable.
func (r *Recorder) Note(ctx context.Context, read Read) error {
	return r.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`
			INSERT INTO read_note (id, dataset, version, route, format, rows, bytes, actor, request, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ids.Make("read"), read.Dataset, read.Version, read.Route, read.Format, read.Rows, read.Bytes,
			read.Actor, id.Trace(ctx), clock.Format(read.At))
		if err != nil {
			return fmt.Errorf("note read of %s: %w", read.Dataset, err)
		}
		return nil
	})
}

// every is how long a sum may wait in memory.
const every = time.Second

// Run writes the sums down each second until ctx ends, and then once more. A
// killed process loses at most the sums of its last second.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		case <-r.full:
		}
		// Not cut short: whether a sum was written must be known, or it would
		// be written twice.
		if err := r.Flush(context.WithoutCancel(ctx)); err != nil {
			r.log.Error("write sums of reads", "error", err)
		}
	}
}

// Flush writes what waits. On an error the sums go on waiting.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	sums := r.pending
	r.pending = map[key]Figures{}
	r.mu.Unlock()
	if len(sums) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx *database.Tx) error {
		for k, f := range sums {
			_, err := tx.Exec(`
				INSERT INTO read_total (dataset, day, route, reads, rows, bytes)
				VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (dataset, day, route) DO UPDATE
				SET    reads = read_total.reads + excluded.reads,
				       rows = read_total.rows + excluded.rows,
				       bytes = read_total.bytes + excluded.bytes`,
				k.dataset, k.day, k.route, f.Reads, f.Rows, f.Bytes)
			if err != nil {
				return fmt.Errorf("write sum of reads: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for k, f := range sums {
			g := r.pending[k]
			r.pending[k] = Figures{f.Reads + g.Reads, f.Rows + g.Rows, f.Bytes + g.Bytes}
		}
	}
	return err
}

// Totals returns the sums per route of one dataset, or of all if dataset is "".
// They are of open data, and lag by a second; reads that were noted one by one
// are not among them.
func Totals(tx *database.Tx, dataset string) (map[Route]Figures, error) {
	rows, err := tx.Query(`
		SELECT route, SUM(reads), SUM(rows), SUM(bytes)
		FROM   read_total
		WHERE  dataset = ? OR ? = ''
		GROUP  BY route`, dataset, dataset)
	if err != nil {
		return nil, fmt.Errorf("sum reads: %w", err)
	}
	defer rows.Close()
	all := map[Route]Figures{}
	for rows.Next() {
		var route Route
		var f Figures
		if err := rows.Scan(&route, &f.Reads, &f.Rows, &f.Bytes); err != nil {
			return nil, fmt.Errorf("sum reads: %w", err)
		}
		all[route] = f
	}
	return all, rows.Err()
}

// Since returns how often each dataset was downloaded or called from day on,
// reads that were counted and reads that were noted; looks at pages are left
// aside. Datasets without a read are not among them. Known is false if the
// first read that is kept at all is later than day: then nobody knows.
func Since(tx *database.Tx, day workday.Date) (all map[string]int64, known bool, err error) {
	var first string
	err = tx.QueryRow(`
		SELECT COALESCE(MIN(day), '')
		FROM   read_total`).Scan(&first)
	if err != nil {
		return nil, false, fmt.Errorf("look for the first read: %w", err)
	}
	rows, err := tx.Query(`
		SELECT dataset, SUM(reads)
		FROM  (SELECT dataset, reads FROM read_total WHERE day >= ? AND route IN ('download','call')
		       UNION ALL
		       SELECT dataset, 1 AS reads FROM read_note WHERE at >= ? AND route IN ('download','call')) r
		GROUP  BY dataset`, day, clock.Format(day.Time()))
	if err != nil {
		return nil, false, fmt.Errorf("count reads: %w", err)
	}
	defer rows.Close()
	all = map[string]int64{}
	for rows.Next() {
		var dataset string
		var n int64
		if err := rows.Scan(&dataset, &n); err != nil {
			return nil, false, fmt.Errorf("count reads: %w", err)
		}
		all[dataset] = n
	}
	return all, first != "" && first <= string(day), rows.Err()
}
