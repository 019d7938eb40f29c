package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kaishu/internal/infra/database"
)

// Runner runs reactions and listeners as the ledger grows. Each goes its own
// way: one that fails waits and tries the same line again, longer each time,
// and holds up nobody else.
type Runner struct {
	// Poll is how often Run looks without having been woken, for a database
	// that other processes write to. 0 means never. Set it before Run.
	Poll time.Duration
	// Pause is how long a failing one rests at first, then twice as long, up
	// to a minute. Set it before Run.
	Pause time.Duration

	db    *database.DB
	log   *slog.Logger
	wake  chan struct{}
	heard []*atomic.Int64 // one per listener

	turn   sync.Mutex // held by whoever walks the tracks
	mu     sync.Mutex // guards the state of tracks
	tracks []*track
}

// NewRunner returns a runner that is woken by each write to db. Two of one
// name would share a cursor: that is a mistake of wiring, and panics.
func NewRunner(db *database.DB, log *slog.Logger, reactions []Reaction, listeners []Listener) *Runner {
	r := &Runner{Pause: time.Second, db: db, log: log, wake: make(chan struct{}, 1)}
	for _, reaction := range reactions {
		r.tracks = append(r.tracks, trackReaction(db, reaction))
	}
	for _, listener := range listeners {
		heard := &atomic.Int64{}
		r.heard = append(r.heard, heard)
		r.tracks = append(r.tracks, trackListener(db, listener, heard))
	}
	names := map[string]bool{}
	for _, t := range r.tracks {
		if t.name == "" || names[t.name] {
			panic(fmt.Sprintf("ledger: reaction or listener %q has no name of its own", t.name))
		}
		names[t.name] = true
	}
	db.OnWrite(r.Wake)
	return r
}

// Wake has the runner look at the ledger now. It does not block.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Start fixes the place from which listeners hear. Whatever a listener keeps
// must be read from the database after Start and before Run.
func (r *Runner) Start(ctx context.Context) error {
	return r.db.Read(ctx, func(tx *database.Tx) error {
		last, err := Last(tx)
		if err != nil {
			return err
		}
		for _, heard := range r.heard {
			heard.Store(last)
		}
		return nil
	})
}

// Run works until ctx ends. What fails is logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	var poll <-chan time.Time
	if r.Poll > 0 {
		tick := time.NewTicker(r.Poll)
		defer tick.Stop()
		poll = tick.C
	}
	for ctx.Err() == nil {
		_ = r.walk(ctx, r.awake) // what failed is logged and shown by Lag
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-poll:
		}
	}
}

// CatchUp runs everything that is due, without regard to pauses, and returns
// when nothing is left but what failed.
func (r *Runner) CatchUp(ctx context.Context) error {
	return r.walk(ctx, func(*track) bool { return true })
}

// walk takes every track that may walk to its end, and again as long as one
// reaction makes work for another.
func (r *Runner) walk(ctx context.Context, may func(*track) bool) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	failed := map[*track]error{}
	for moved := true; moved; {
		moved = false
		for _, t := range r.tracks {
			for failed[t] == nil && may(t) && ctx.Err() == nil {
				more, err := stepSafely(ctx, t)
				if err != nil {
					failed[t] = fmt.Errorf("%s: %w", t.name, err)
				}
				r.mark(ctx, t, err)
				if !more {
					break
				}
				moved = true
			}
		}
	}
	all := []error{ctx.Err()}
	for _, err := range failed {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// stepSafely turns a panic into a failure of t alone.
func stepSafely(ctx context.Context, t *track) (more bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			more, err = true, fmt.Errorf("panic: %v", r)
		}
	}()
	return t.step(ctx)
}

func (r *Runner) awake(t *track) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !t.resting
}

// mark notes how a step ended, and lets a track that failed rest.
func (r *Runner) mark(ctx context.Context, t *track, err error) {
	if ctx.Err() != nil {
		return // cut short, not failed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		t.failures, t.fault = 0, ""
		return
	}
	t.failures++
	t.fault = err.Error()
	pause := min(r.Pause<<min(t.failures-1, 10), time.Minute)
	r.log.Error("react to ledger", "name", t.name, "failures", t.failures, "pause", pause.String(), "error", err)
	if t.resting {
		return
	}
	t.resting = true
	time.AfterFunc(pause, func() {
		r.mu.Lock()
		t.resting = false
		r.mu.Unlock()
		r.Wake()
	})
}

// Lag is how far a reaction or listener has come.
type Lag struct {
	Name     string
	Behind   int    // lines that it has yet to take
	Failures int    // in a row, on the next line; 0 if it does not fail
	Fault    string // of the last failure; "" if it does not fail
}

// Lag returns how far each reaction and listener has come, in the order in
// which they were wired.
func (r *Runner) Lag(ctx context.Context) (all []Lag, err error) {
	err = r.db.Read(ctx, func(tx *database.Tx) error {
		all = nil
		for _, t := range r.tracks {
			seq, err := t.seen(tx)
			if err != nil {
				return err
			}
			behind, err := countSince(tx, seq, t.kinds)
			if err != nil {
				return err
			}
			r.mu.Lock()
			all = append(all, Lag{t.name, behind, t.failures, t.fault})
			r.mu.Unlock()
		}
		return nil
	})
	return all, err
}
