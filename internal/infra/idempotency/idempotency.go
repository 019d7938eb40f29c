// Package idempotency has a command that is sent twice carried out once
// (house.md B.8): whoever sends it first claims its key, and what he was
// answered is kept for a day for whoever sends the same again.
//
// A claim is a row that is written before the command runs. If the process
// dies before the answer is kept, the claim ends with its lease and the command
// may be sent again; that it is not carried out twice then is up to the version
// of the case. Within a process a claim lasts as long as its command, and those
// who come meanwhile wait for it.
//
// Rows that have run out go when others are claimed. Owns the table
// "idempotency".
package idempotency

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/infra/database"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

const (
	KeptFor = 24 * time.Hour  // how long an answer is kept
	Lease   = 2 * time.Minute // how long the claim of a dead process counts
	MaxBody = 64 << 10        // bytes of the longest answer that is kept
	swept   = 50              // most rows that have run out and go with one claim
	// MaxBodies is how many answers are kept whole for one account; of more only
	// the status and the headers are kept. It bounds what an account can fill.
	MaxBodies = 1000
)

// Answer is what a command was answered.
type Answer struct {
	Fingerprint string // of the command
	Length      int64  // bytes of the command's body, if that came as a stream; else 0
	Status      int    // HTTP
	Headers     map[string]string
	Body        string // UTF-8
	Secret      bool   // for those alone who wait while the command runs: it is not written down
	Told        bool   // it was given and is not kept; headers and body are empty
}

// Running says that the command is under way and what to do: ask again.
type Running struct{ Seconds int }

// Error is for logs and tests.
func (r *Running) Error() string { return fmt.Sprintf("the command is running; %d s", r.Seconds) }

// Store keeps answers. It is safe for concurrent use.
type Store struct {
	db    *database.DB
	clock clock.Clock
	ids   *id.Source

	mu      sync.Mutex
	flights map[string]*flight
}

// flight is a command under way in this process.
type flight struct {
	done   chan struct{}
	answer *Answer // after done; nil if nothing was carried out
}

// New returns the store in db.
func New(db *database.DB, c clock.Clock, ids *id.Source) *Store {
	return &Store{db: db, clock: c, ids: ids, flights: map[string]*flight{}}
}

// Claim is the right to carry a command out. It ends by Keep or Release.
type Claim struct {
	store     *Store
	flight    *flight
	owner, id string
	holder    string
}

// Begin claims id on behalf of the account called owner, or returns what it was answered before. If the command is
// under way it waits for its end, as long as patience, and fails with *Running
// if that is too short. Exactly one of the three is not nil.
func (s *Store) Begin(ctx context.Context, owner, id string, patience time.Duration) (*Claim, *Answer, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		f, mine := s.board(id)
		if mine {
			return s.claim(ctx, owner, id, f)
		}
		select {
		case <-f.done:
			if f.answer != nil {
				return nil, f.answer, nil
			}
		case <-late.C:
			return nil, nil, &Running{Seconds: 1}
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("wait for the same command: %w", ctx.Err())
		}
	}
}

// board returns the flight of id, and whether it was begun by this call.
func (s *Store) board(id string) (f *flight, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f = s.flights[id]; f == nil {
		f, mine = &flight{done: make(chan struct{})}, true
		s.flights[id] = f
	}
	return f, mine
}

// land ends a flight, with what was answered or nil.
func (s *Store) land(id string, f *flight, a *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flights, id)
	f.answer = a
	close(f.done)
}

// claim writes the claim, unless the row of another counts. It ends the flight
// if there is nothing to carry out.
func (s *Store) claim(ctx context.Context, owner, id string, f *flight) (c *Claim, a *Answer, err error) {
	defer func() {
		if c == nil {
			s.land(id, f, a)
		}
	}()
	now := s.clock.Now()
	holder, taken := s.ids.Make("claim"), int64(0)
	var till time.Time
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		a = nil
		if err := sweep(tx, now); err != nil {
			return err
		}
		taken, err = tx.Exec(`
			INSERT INTO idempotency (id, owner, state, holder, fingerprint, length, status, headers, body, till)
			VALUES (?, ?, 'running', ?, '', 0, 0, '', '', ?)
			ON CONFLICT (id) DO UPDATE
			SET    state = 'running', holder = excluded.holder, fingerprint = '', length = 0, status = 0, headers = '', body = '', till = excluded.till
			WHERE  idempotency.till <= ?`,
			id, owner, holder, clock.Format(now.Add(Lease)), clock.Format(now))
		if err != nil || taken > 0 {
			return err
		}
		a, till, err = load(tx, id)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("claim command: %w", err)
	case taken > 0:
		return &Claim{store: s, flight: f, owner: owner, id: id, holder: holder}, nil, nil
	case a == nil:
		return nil, nil, &Running{Seconds: max(1, int((till.Sub(now)+time.Second-1)/time.Second))}
	}
	return nil, a, nil
}

func sweep(tx *database.Tx, now time.Time) error {
	_, err := tx.Exec(`
		DELETE FROM idempotency
		WHERE  id IN (SELECT id FROM idempotency WHERE till <= ? ORDER BY till LIMIT ?)`, clock.Format(now), swept)
	if err != nil {
		return fmt.Errorf("sweep answers: %w", err)
	}
	return nil
}

// load returns the answer of id, which has a row; nil while it is running, and
// till when that claim counts.
func load(tx *database.Tx, id string) (*Answer, time.Time, error) {
	var a Answer
	var state, headers, till string
	err := tx.QueryRow(`
		SELECT state, fingerprint, length, status, headers, body, till
		FROM   idempotency
		WHERE  id = ?`, id).Scan(&state, &a.Fingerprint, &a.Length, &a.Status, &headers, &a.Body, &till)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("load answer: %w", err)
	}
	if state == "running" {
		at, err := clock.Parse(till)
		return nil, at, err
	}
	if a.Told = state == "told"; !a.Told {
		if err := json.Unmarshal([]byte(headers), &a.Headers); err != nil {
			return nil, time.Time{}, fmt.Errorf("decode headers of answer: %w", err)
		}
	}
	return &a, time.Time{}, nil
}

// Keep ends the claim: the command was carried out and answered with a. Those
// who wait have it at once. If it fails, the claim runs out with its lease.
func (c *Claim) Keep(ctx context.Context, a Answer) error {
	defer c.store.land(c.id, c.flight, &a)
	text, err := json.Marshal(a.Headers)
	if err != nil {
		return fmt.Errorf("encode headers of answer: %w", err)
	}
	err = c.store.db.Write(ctx, func(tx *database.Tx) error {
		state, headers, body := "kept", string(text), a.Body
		full, err := c.full(tx)
		if err != nil {
			return err
		}
		if full {
			body = ""
		}
		if a.Secret || a.Told || body != a.Body && a.Headers["Location"] == "" {
			state, headers, body = "told", "", ""
		}
		_, err = tx.Exec(`
			UPDATE idempotency
			SET    state = ?, fingerprint = ?, length = ?, status = ?, headers = ?, body = ?, till = ?
			WHERE  id = ? AND holder = ?`,
			state, a.Fingerprint, a.Length, a.Status, headers, body, clock.Format(c.store.clock.Now().Add(KeptFor)), c.id, c.holder)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// full reports whether the account has no room for another body.
func (c *Claim) full(tx *database.Tx) (bool, error) {
	n := 0
	err := tx.QueryRow(`
		SELECT COUNT(*)
		FROM   (SELECT id FROM idempotency WHERE owner = ? AND body <> '' LIMIT ?) AS whole`, c.owner, MaxBodies).Scan(&n)
	return n >= MaxBodies, err
}

// Release ends the claim: nothing was carried out, and the same key may be
// used again.
func (c *Claim) Release(ctx context.Context) error {
	defer c.store.land(c.id, c.flight, nil)
	err := c.store.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`DELETE FROM idempotency WHERE id = ? AND holder = ?`, c.id, c.holder)
		return err
	})
	if err != nil {
		return fmt.Errorf("release claim: %w", err)
	}
	return nil
}
