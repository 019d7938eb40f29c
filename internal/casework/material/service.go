package material

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/clam"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/queue"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Material is one file of a case.
type Material struct {
	ID       string    `json:"id"`
	Case     string    `json:"case"`
	Owner    string    `json:"owner"` // account that sent it
	Name     string    `json:"name"`  // as sent, cleaned; its end says what it is
	Media    string    `json:"media"` // by content
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	At       time.Time `json:"at"`
	PurgedAt time.Time `json:"purged_at,omitzero"` // zero until somebody removed it
	State    State     `json:"state"`
	Found    string    `json:"found,omitempty"` // name of the malware in an infected file
}

// State is whether a file may be opened.
type State string

// The states of a file.
const (
	Clear    State = "clear"    // it was checked
	Held     State = "held"     // nobody knows yet whether it holds malware
	Infected State = "infected" // it did; its bytes are removed
)

// Purged reports whether the bytes are gone.
func (m Material) Purged() bool { return !m.PurgedAt.IsZero() }

// Service keeps the files.
type Service struct {
	// Clamd looks for malware; nil if there is none. Set it before use. Once it
	// is set, no file passes without its word, and those that wait for it wait
	// also when it is gone.
	Clamd *clam.Client
	Log   *slog.Logger // told when clamd does not answer

	db    *database.DB
	clock clock.Clock
	ids   *id.Source
	shelf objects.Store
	// moving keeps apart the one who enters a file and the one who removes the
	// last of the same content. One process has the folder; see cmd/kaishu.
	moving sync.Mutex
	checks chan struct{} // bounds the files that are looked at, and so memory
}

// New returns the service on a shelf that is used for nothing else.
func New(db *database.DB, c clock.Clock, ids *id.Source, shelf objects.Store) *Service {
	return &Service{db: db, clock: c, ids: ids, shelf: shelf, Log: slog.New(slog.DiscardHandler), checks: make(chan struct{}, 4)}
}

// drained is how much of a file that is too large is read before the answer,
// so that a browser shows it instead of a broken connection.
const drained = 64 << 20

// Scratch is a file that was received and looked at, and belongs to no case
// yet. Close it.
type Scratch struct {
	Name  string
	Media string
	State State // Clear or Held
	file  *os.File
}

// Close forgets the file.
func (f *Scratch) Close() error {
	return errors.Join(f.file.Close(), os.Remove(f.file.Name()))
}

// Receive reads a file from a slow reader, looks at what it is, see [Check],
// and holds that against its name. clamd, if there is one, has two seconds for
// it; a file of which it says nothing in that time is held when it is kept.
// Nothing is kept yet.
func (s *Service) Receive(ctx context.Context, who permit.Actor, name string, r io.Reader) (f *Scratch, err error) {
	return s.ReceiveAs(ctx, who, name, "", r)
}

// ReceiveAs is [Service.Receive] of a file that comes with a media type
// declared by whoever sends it, which must not say another kind of file.
func (s *Service) ReceiveAs(ctx context.Context, _ permit.Actor, name, declared string, r io.Reader) (f *Scratch, err error) {
	file, err := os.CreateTemp("", "material-*")
	if err != nil {
		return nil, fmt.Errorf("receive material: %w", err)
	}
	f = &Scratch{Name: name, file: file}
	defer func() {
		if err != nil {
			f.Close()
			f = nil
		}
	}()
	n, err := io.Copy(file, io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return f, fmt.Errorf("receive material: %w", err)
	}
	if n > MaxBytes {
		io.Copy(io.Discard, io.LimitReader(r, drained)) // the answer is the same if this fails
	}
	f.Media, err = s.look(ctx, file)
	if err == nil {
		err = otherThanNamed(name, declared, f.Media)
	}
	if err == nil {
		f.Name = clean(name, f.Media)
		f.State, err = s.ask(ctx, file)
	}
	return f, err
}

// look checks a received file. Few are in memory at a time.
func (s *Service) look(ctx context.Context, file *os.File) (media string, err error) {
	select {
	case s.checks <- struct{}{}:
		defer func() { <-s.checks }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	data, err := os.ReadFile(file.Name())
	if err != nil {
		return "", fmt.Errorf("read material: %w", err)
	}
	return Check(data)
}

// Keep puts a received file on the shelf and enters it with the case, in a
// transaction in which enter writes what belongs to it.
func (s *Service) Keep(ctx context.Context, who permit.Actor, caseID string, f *Scratch, enter func(tx *database.Tx, m Material) error) (m Material, err error) {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return m, fmt.Errorf("keep material: %w", err)
	}
	s.moving.Lock()
	defer s.moving.Unlock()
	kept, err := s.shelf.Put(ctx, f.file)
	if err != nil {
		return m, fmt.Errorf("keep material: %w", err)
	}
	m = Material{ID: s.ids.Make("mat"), Case: caseID, Owner: who.Account, Name: f.Name, Media: f.Media, Bytes: kept.Bytes, SHA256: kept.Hash, At: s.clock.Now(), State: f.State}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		err := save(tx, m)
		if err == nil && m.State == Held {
			err = s.plan(tx, scanJob{ID: m.ID})
		}
		if err != nil {
			return err
		}
		return enter(tx, m)
	})
	if err != nil {
		return m, errors.Join(err, s.sweep(context.WithoutCancel(ctx), kept.Hash))
	}
	return m, nil
}

// List returns the files of a case, oldest first, purged ones too.
func (s *Service) List(tx *database.Tx, _ permit.Actor, caseID string) ([]Material, error) {
	return list(tx, caseID)
}

// Content is an open file.
type Content struct {
	Material
	*os.File
}

// Open returns a file of the case. One of another case, and one that is
// purged, is not found. It fails with problem.Conflict "material.held" while
// nobody knows whether the file holds malware, and with problem.Gone
// "material.infected" if it did.
func (s *Service) Open(ctx context.Context, _ permit.Actor, caseID, material string) (c Content, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		c.Material, err = load(tx, caseID, material)
		return err
	})
	if err != nil {
		return c, err
	}
	switch {
	case c.Purged():
		return c, notFound()
	case c.State == Infected:
		return c, problem.New(problem.Gone, "material.infected", "name", c.Found)
	case c.State != Clear:
		return c, problem.New(problem.Conflict, "material.held")
	}
	place, err := s.shelf.Path(c.SHA256)
	if err != nil {
		return c, fmt.Errorf("open material %s: %w", material, err)
	}
	if c.File, err = os.Open(place); err != nil {
		return c, fmt.Errorf("open material %s: %w", material, err)
	}
	return c, nil
}

// jobSweep removes the bytes of a purged file from the shelf.
const jobSweep = "material.sweep"

type sweepJob struct {
	Hash string `json:"hash"`
}

// Purge forgets the bytes of every file of the case, in tx: from the commit on
// none can be opened, and a job removes them. Again changes nothing.
func (s *Service) Purge(tx *database.Tx, _ permit.Actor, caseID string) error {
	return s.purge(tx, caseID, func(Material) bool { return true })
}

// Remove forgets the bytes of one file of the case.
func (s *Service) Remove(tx *database.Tx, _ permit.Actor, caseID, material string) error {
	if _, err := load(tx, caseID, material); err != nil {
		return err
	}
	return s.purge(tx, caseID, func(m Material) bool { return m.ID == material })
}

func (s *Service) purge(tx *database.Tx, caseID string, which func(Material) bool) error {
	all, err := list(tx, caseID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	for _, m := range all {
		if m.Purged() || !which(m) {
			continue
		}
		if err := markPurged(tx, m.ID, now); err != nil {
			return err
		}
		if err := queue.Enqueue(tx, jobSweep+"/"+m.ID, jobSweep, sweepJob{m.SHA256}, now); err != nil {
			return err
		}
	}
	return nil
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{
		queue.Handle(jobSweep, func(ctx context.Context, j sweepJob) error {
			s.moving.Lock()
			defer s.moving.Unlock()
			return s.sweep(ctx, j.Hash)
		}),
		queue.Handle(jobScan, s.scan),
	}
}

// sweep removes content that no file needs any more. Whoever calls it holds
// the lock.
func (s *Service) sweep(ctx context.Context, hash string) error {
	needed := false
	err := s.db.Read(ctx, func(tx *database.Tx) (err error) {
		needed, err = isNeeded(tx, hash)
		return err
	})
	if err != nil || needed {
		return err
	}
	return s.shelf.Remove(ctx, hash)
}

func notFound() error { return problem.New(problem.NotFound, "material.not_found") }
