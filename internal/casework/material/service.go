package material

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
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
	PurgedAt time.Time `json:"purged_at,omitzero"` // zero while the bytes exist
}

// Purged reports whether the bytes are gone.
func (m Material) Purged() bool { return !m.PurgedAt.IsZero() }

// Service keeps the files.
type Service struct {
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
	return &Service{db: db, clock: c, ids: ids, shelf: shelf, checks: make(chan struct{}, 4)}
}

// drained is how much of a file that is too large is read before the answer,
// so that a browser shows it instead of a broken connection.
const drained = 64 << 20

// Scratch is a file that was received and looked at, and belongs to no case
// yet. Close it.
type Scratch struct {
	Name  string
	Media string
	file  *os.File
}

// Close forgets the file.
func (f *Scratch) Close() error {
	return errors.Join(f.file.Close(), os.Remove(f.file.Name()))
}

// Receive reads a file from a slow reader and looks at what it is; see
// [Check]. Nothing is kept yet.
func (s *Service) Receive(ctx context.Context, _ permit.Actor, name string, r io.Reader) (f *Scratch, err error) {
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
		f.Name = clean(name, f.Media)
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

// endings are how the names of the media types end.
var endings = map[string]string{PDF: ".pdf", PNG: ".png", JPEG: ".jpg"}

// clean returns a name that is safe to show and to save under, and ends as its
// content does.
func clean(name, media string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.TrimSuffix(name, path.Ext(name)))
	name = strings.Trim(name, " .")
	if r := []rune(name); len(r) > 80 {
		name = string(r[:80])
	}
	if name == "" || name == "/" {
		name = "file"
	}
	return name + endings[media]
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
	m = Material{ID: s.ids.Make("mat"), Case: caseID, Owner: who.Account, Name: f.Name, Media: f.Media, Bytes: kept.Bytes, SHA256: kept.Hash, At: s.clock.Now()}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if err := save(tx, m); err != nil {
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
// purged, is not found.
func (s *Service) Open(ctx context.Context, _ permit.Actor, caseID, material string) (c Content, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		c.Material, err = load(tx, caseID, material)
		return err
	})
	if err != nil {
		return c, err
	}
	if c.Purged() {
		return c, notFound()
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
	return []queue.Handler{queue.Handle(jobSweep, func(ctx context.Context, j sweepJob) error {
		s.moving.Lock()
		defer s.moving.Unlock()
		return s.sweep(ctx, j.Hash)
	})}
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

// Missing returns the files whose bytes the shelf does not hold though they
// were not purged, by id. It is part of kaishu check.
func (s *Service) Missing(ctx context.Context, _ permit.Actor) (missing []string, err error) {
	var all []Material
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = unpurged(tx)
		return err
	})
	for _, m := range all {
		if _, err := s.shelf.Path(m.SHA256); err != nil {
			missing = append(missing, m.ID)
		}
	}
	return missing, err
}

func notFound() error { return problem.New(problem.NotFound, "material.not_found") }
