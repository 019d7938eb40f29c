package queue

import (
	"cmp"
	"context"
	"encoding/json"
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
	ids      *id.Source
	wake     chan struct{}
}

// leased is a job in our hands. Each lease has a name of its own, so that a
// job taken back cannot be settled by whoever had it before.
type leased struct {
	Job
	lease string
}

// NewPool returns a pool for jobs of the handlers' kinds.
func NewPool(db *database.DB, c clock.Clock, ids *id.Source, log *slog.Logger, o Options, handlers ...Handler) *Pool {
	o.Workers, o.Attempts = max(o.Workers, 1), cmp.Or(o.Attempts, 5)
	o.Lease, o.Pause, o.Idle = cmp.Or(o.Lease, 30*time.Second), cmp.Or(o.Pause, time.Second), cmp.Or(o.Idle, 2*time.Second)
	p := &Pool{db: db, clock: c, log: log, handlers: map[string]Handler{}, options: o, ids: ids, wake: make(chan struct{}, o.Workers)}
	for _, h := range handlers {
		p.handlers[h.kind] = h
	}
	return p
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
	failed := p.runLeased(id.WithTrace(ctx, j.Request), j)
	after := context.WithoutCancel(ctx) // what was done is told, also at the end
	if failed != nil && ctx.Err() != nil && problem.As(failed) == nil {
		return true, p.giveBack(after, j)
	}
	return true, p.settle(after, j, failed)
}

// due returns the oldest job whose time has come, or whose lease has ended.
func (p *Pool) due(tx *database.Tx) (j Job, ok bool, err error) {
	now := clock.Format(p.clock.Now())
	rows, err := tx.Query(`
		SELECT `+columns+`
		FROM   job
		WHERE  (state = 'waiting' AND run_at <= ?)
		OR     (state = 'leased' AND leased_till < ?)
		ORDER  BY run_at, id
		LIMIT  1`, now, now)
	if err != nil {
		return j, false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return j, false, rows.Err()
	}
	j, err = scan(rows.Scan)
	return j, err == nil, err
}

// take leases the job that is due. It looks before it asks for the one writer.
func (p *Pool) take(ctx context.Context) (j leased, ok bool, err error) {
	err = p.db.Read(ctx, func(tx *database.Tx) error {
		_, ok, err = p.due(tx)
		return err
	})
	if err != nil || !ok {
		return j, false, err
	}
	j.lease = p.ids.Make("lease")
	err = p.db.Write(ctx, func(tx *database.Tx) error {
		if j.Job, ok, err = p.due(tx); err != nil || !ok {
			return err
		}
		j.Attempts++
		_, err := tx.Exec(`
			UPDATE job
			SET    state = 'leased', leased_to = ?, leased_till = ?, attempts = ?
			WHERE  id = ?`,
			j.lease, clock.Format(p.clock.Now().Add(p.options.Lease)), j.Attempts, j.ID)
		return err
	})
	if err != nil {
		return j, false, fmt.Errorf("take job: %w", err)
	}
	return j, ok, nil
}

// runLeased runs j and renews its lease; when the lease is lost, the job's
// context ends.
func (p *Pool) runLeased(ctx context.Context, j leased) (err error) {
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

// errLost says that a lease ended before it was renewed, and that the job may
// be in other hands.
var errLost = errors.New("lease of job was lost")

// renew renews the lease until ctx ends. One failure is survived: three fit
// into the time of a lease.
func (p *Pool) renew(ctx context.Context, cancel context.CancelCauseFunc, j leased) {
	tick := time.NewTicker(p.options.Lease / 3)
	defer tick.Stop()
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch err := p.extend(ctx, j); {
		case err == nil:
			failures = 0
		case errors.Is(err, errLost) || failures == 1:
			cancel(err)
			return
		default:
			failures++
		}
	}
}

func (p *Pool) extend(ctx context.Context, j leased) error {
	return p.db.Write(ctx, func(tx *database.Tx) error {
		n, err := tx.Exec(`
			UPDATE job
			SET    leased_till = ?
			WHERE  id = ? AND leased_to = ?`,
			clock.Format(p.clock.Now().Add(p.options.Lease)), j.ID, j.lease)
		if err == nil && n == 0 {
			err = errLost
		}
		return err
	})
}

// settle strikes off a job that is done, plans the next try of one that
// failed, and parks one that trying cannot help. It does nothing if the lease
// was lost meanwhile.
func (p *Pool) settle(ctx context.Context, j leased, failed error) error {
	if failed == nil {
		return p.db.Write(ctx, func(tx *database.Tx) error {
			_, err := tx.Exec(`
				DELETE FROM job
				WHERE  id = ? AND leased_to = ?`, j.ID, j.lease)
			return err
		})
	}
	state, parkedBy := "waiting", ""
	if known := problem.As(failed); known != nil {
		text, err := json.Marshal(known)
		if err != nil {
			return fmt.Errorf("encode problem of job %s: %w", j.ID, err)
		}
		state, parkedBy = "parked", string(text)
	} else if j.Attempts >= p.options.Attempts {
		state = "parked"
	}
	p.log.Warn("job failed", "job", j.ID, "attempt", j.Attempts, "state", state, "error", failed, "request", j.Request)
	pause := p.options.Pause << min(j.Attempts-1, 10)
	return p.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`
			UPDATE job
			SET    state = ?, run_at = ?, leased_to = '', fault = ?, problem = ?
			WHERE  id = ? AND leased_to = ?`,
			state, clock.Format(p.clock.Now().Add(pause)), failed.Error(), parkedBy, j.ID, j.lease)
		return err
	})
}

// giveBack returns a job that was cut short by the end of this process.
func (p *Pool) giveBack(ctx context.Context, j leased) error {
	return p.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`
			UPDATE job
			SET    state = 'waiting', leased_to = '', attempts = ?
			WHERE  id = ? AND leased_to = ?`, j.Attempts-1, j.ID, j.lease)
		return err
	})
}
