package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Options of a pool; zero values are usable.
type Options struct {
	Workers  int           // jobs at the same time; 1 if 0
	Lease    time.Duration // how long a dead process keeps a job; 30 s if 0
	Attempts int           // tries before a job is parked; 5 if 0
	Pause    time.Duration // before the second try, then doubled; 1 s if 0
	Idle     time.Duration // how often an idle pool looks for work of others; 2 s if 0
}

// Pool runs jobs.
type Pool struct {
	db       *database.DB
	clock    clock.Clock
	log      *slog.Logger
	handlers map[string]Handler
	options  Options
	me       string // names this pool in leases
	wake     chan struct{}
}

// NewPool returns a pool for jobs of the handlers' kinds.
func NewPool(db *database.DB, c clock.Clock, ids *id.Source, log *slog.Logger, o Options, handlers ...Handler) *Pool {
	o.Workers, o.Attempts = max(o.Workers, 1), or(o.Attempts, 5)
	o.Lease, o.Pause, o.Idle = or(o.Lease, 30*time.Second), or(o.Pause, time.Second), or(o.Idle, 2*time.Second)
	p := &Pool{db: db, clock: c, log: log, handlers: map[string]Handler{}, options: o, me: ids.Make("pool"), wake: make(chan struct{}, o.Workers)}
	for _, h := range handlers {
		p.handlers[h.kind] = h
	}
	return p
}

func or[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}

// Wake has an idle worker look for work now.
func (p *Pool) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and returns when the jobs under way have ended.
func (p *Pool) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range p.options.Workers {
		all.Go(func() { p.work(ctx) })
	}
	all.Wait()
}

func (p *Pool) work(ctx context.Context) {
	for ctx.Err() == nil {
		did, err := p.Step(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.Error("run job", "error", err)
		}
		if did {
			continue
		}
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-time.After(p.options.Idle):
		}
	}
}

// Step takes one job and runs it. did is false if none was due.
func (p *Pool) Step(ctx context.Context) (did bool, err error) {
	j, ok, err := p.take(ctx)
	if err != nil || !ok {
		return false, err
	}
	err = p.runLeased(id.WithTrace(ctx, j.Request), j)
	if ctx.Err() != nil {
		return true, p.giveBack(context.WithoutCancel(ctx), j)
	}
	return true, p.settle(ctx, j, err)
}

// take leases the oldest job that is due, or whose lease has ended.
func (p *Pool) take(ctx context.Context) (j Job, ok bool, err error) {
	due := func(tx *database.Tx) (bool, error) {
		now := clock.Format(p.clock.Now())
		rows, err := tx.Query(`
			SELECT `+columns+`
			FROM   job
			WHERE  (state = 'waiting' AND run_at <= ?)
			OR     (state = 'leased' AND leased_till < ?)
			ORDER  BY run_at, id
			LIMIT  1`, now, now)
		if err != nil {
			return false, err
		}
		defer rows.Close()
		if !rows.Next() {
			return false, rows.Err()
		}
		j, err = scan(rows.Scan)
		return err == nil, err
	}
	// Look before asking for the one writer.
	err = p.db.Read(ctx, func(tx *database.Tx) error {
		ok, err = due(tx)
		return err
	})
	if err != nil || !ok {
		return j, false, err
	}
	err = p.db.Write(ctx, func(tx *database.Tx) error {
		if ok, err = due(tx); err != nil || !ok {
			return err
		}
		j.Attempts++
		_, err := tx.Exec(`
			UPDATE job
			SET    state = 'leased', leased_to = ?, leased_till = ?, attempts = ?
			WHERE  id = ?`,
			p.me, clock.Format(p.clock.Now().Add(p.options.Lease)), j.Attempts, j.ID)
		return err
	})
	if err != nil {
		return j, false, fmt.Errorf("take job: %w", err)
	}
	return j, ok, nil
}

// runLeased runs j and renews its lease; when the lease is lost, so is the
// job's context.
func (p *Pool) runLeased(ctx context.Context, j Job) (err error) {
	h, ok := p.handlers[j.Kind]
	if !ok {
		return fmt.Errorf("nobody handles jobs of kind %s", j.Kind)
	}
	if j.Attempts > p.options.Attempts {
		return errors.New("its process died each time") // settle parks it
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer cancel(nil)
	renewing.Go(func() { p.renew(ctx, cancel, j) })
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return h.do(ctx, j.Args)
}

func (p *Pool) renew(ctx context.Context, cancel context.CancelCauseFunc, j Job) {
	tick := time.NewTicker(p.options.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := p.db.Write(ctx, func(tx *database.Tx) error {
			n, err := tx.Exec(`
				UPDATE job
				SET    leased_till = ?
				WHERE  id = ? AND leased_to = ?`,
				clock.Format(p.clock.Now().Add(p.options.Lease)), j.ID, p.me)
			if err == nil && n == 0 {
				err = errors.New("lease of job " + j.ID + " was lost")
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			cancel(err)
			return
		}
	}
}

// settle strikes off a job that is done, plans the next try of one that
// failed, and parks one that trying cannot help.
func (p *Pool) settle(ctx context.Context, j Job, failed error) error {
	return p.db.Write(ctx, func(tx *database.Tx) error {
		if failed == nil {
			_, err := tx.Exec(`
				DELETE FROM job
				WHERE  id = ? AND leased_to = ?`, j.ID, p.me)
			return err
		}
		state := "waiting"
		if problem.As(failed) != nil || j.Attempts >= p.options.Attempts {
			state = "parked"
		}
		p.log.Warn("job failed", "job", j.ID, "attempt", j.Attempts, "state", state, "error", failed, "request", j.Request)
		pause := p.options.Pause << min(j.Attempts-1, 10)
		_, err := tx.Exec(`
			UPDATE job
			SET    state = ?, run_at = ?, leased_to = '', fault = ?
			WHERE  id = ? AND leased_to = ?`,
			state, clock.Format(p.clock.Now().Add(pause)), failed.Error(), j.ID, p.me)
		return err
	})
}

// giveBack returns a job that was cut short by the end of this process.
func (p *Pool) giveBack(ctx context.Context, j Job) error {
	return p.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`
			UPDATE job
			SET    state = 'waiting', leased_to = '', attempts = ?
			WHERE  id = ? AND leased_to = ?`, j.Attempts-1, j.ID, p.me)
		return err
	})
}
