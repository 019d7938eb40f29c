package material

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// Quarantine: where a clamd is set, a file of which it has said nothing is
// held. Only its word lets the file go; silence never does.

// InfectedFile says that a kept file held malware, and that its bytes are
// removed. Its stream is the file's.
type InfectedFile struct {
	Case   string `json:"case"`
	Owner  string `json:"owner"` // account that sent it
	SHA256 string `json:"sha256"`
	Found  string `json:"found"` // the malware's name, by clamd
}

// Kind names the event.
func (InfectedFile) Kind() string { return "material.infected" }

// Stream is the history of a file in the ledger.
func Stream(material string) string { return "material/" + material }

// atOnce is how long a person waits for clamd, and patience how long a job
// does.
const (
	atOnce   = 2 * time.Second
	patience = 30 * time.Second
)

// ask has clamd look at a file that was received.
func (s *Service) ask(ctx context.Context, file *os.File) (State, error) {
	if s.Clamd == nil {
		return Clear, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("ask about material: %w", err)
	}
	soon, cancel := context.WithTimeout(ctx, atOnce)
	defer cancel()
	found, err := s.Clamd.Scan(soon, file)
	switch {
	case ctx.Err() != nil: // whoever sends it has gone
		return "", ctx.Err()
	case err != nil:
		s.Log.Warn("a file is held: clamd did not answer", "error", err)
		return Held, nil
	case found != "":
		return "", refuse("material.malware", "name", found)
	}
	return Clear, nil
}

// jobScan has clamd look at a held file.
const jobScan = "material.scan"

type scanJob struct {
	ID  string `json:"id"`
	Try int    `json:"try"` // 0 for the first
}

// Pauses between the tries to have a file looked at: doubled up to the longest,
// and without end.
const (
	firstPause   = 15 * time.Second
	longestPause = time.Hour
)

// plan has a held file looked at: the queue gives up after some tries, and a
// held file must not be forgotten, so that each try is a job of its own.
func (s *Service) plan(tx *database.Tx, j scanJob) error {
	pause := min(firstPause<<min(j.Try, 16), longestPause)
	return queue.Enqueue(tx, fmt.Sprintf("%s/%s/%d", jobScan, j.ID, j.Try), jobScan, j, s.clock.Now().Add(pause))
}

// scan is safe to repeat: what is no longer held is left alone.
func (s *Service) scan(ctx context.Context, j scanJob) error {
	var m Material
	err := s.db.Read(ctx, func(tx *database.Tx) (err error) {
		m, err = byID(tx, j.ID)
		return err
	})
	if err != nil || m.State != Held || m.Purged() {
		return err
	}
	found, err := s.scanKept(ctx, m.SHA256)
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the queue takes it up again
	}
	if err != nil {
		s.Log.Warn("a file stays held", "material", j.ID, "try", j.Try, "error", err)
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		m, lost := byID(tx, j.ID)
		switch {
		case lost != nil || m.State != Held || m.Purged():
			return lost
		case err != nil:
			return s.plan(tx, scanJob{j.ID, j.Try + 1})
		case found != "":
			return s.condemn(tx, m.SHA256, found)
		}
		return mark(tx, m.ID, Clear, "")
	})
}

// scanKept has clamd look at bytes on the shelf. Any error leaves the file
// where it is.
func (s *Service) scanKept(ctx context.Context, hash string) (found string, err error) {
	if s.Clamd == nil {
		return "", fmt.Errorf("no clamd is set")
	}
	place, err := s.shelf.Path(hash)
	if err != nil {
		return "", fmt.Errorf("open held material: %w", err)
	}
	file, err := os.Open(place)
	if err != nil {
		return "", fmt.Errorf("open held material: %w", err)
	}
	defer file.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.Clamd.Scan(ctx, file)
}

// condemn marks every file of the content, in whatever case, also one that
// passed when the malware was not known yet, and has the bytes removed.
func (s *Service) condemn(tx *database.Tx, hash, found string) error {
	all, err := sameContent(tx, hash)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	for _, m := range all {
		if err := mark(tx, m.ID, Infected, found); err != nil {
			return err
		}
		event := InfectedFile{Case: m.Case, Owner: m.Owner, SHA256: m.SHA256, Found: found}
		if err := ledger.Append(tx, Stream(m.ID), 0, permit.Platform, now, id.Trace(tx.Context()), []InfectedFile{event}); err != nil {
			return err
		}
	}
	return queue.Enqueue(tx, jobSweep+"/"+hash, jobSweep, sweepJob{hash}, now)
}

// Waiting returns how many files of the case nobody may open: held ones, and
// infected ones that were not removed from the case.
func (s *Service) Waiting(tx *database.Tx, _ permit.Actor, caseID string) (n int, err error) {
	all, err := list(tx, caseID)
	for _, m := range all {
		if m.State != Clear && !m.Purged() {
			n++
		}
	}
	return n, err
}

// Checked is what kaishu check asks about the files.
type Checked struct {
	Missing  []string // ids of files whose bytes the shelf should hold and does not
	Left     []string // ids of infected files whose bytes the shelf still holds
	Held     int
	Infected int
}

// CheckShelf compares the files with the shelf. Bytes of an infected file may
// be there until the job that removes them has run.
func (s *Service) CheckShelf(ctx context.Context, _ permit.Actor) (c Checked, err error) {
	var all, bad []Material
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = kept(tx)
		if err == nil {
			bad, err = find(tx, `state = 'infected' AND purged_at = ?`, "")
		}
		return err
	})
	if err != nil {
		return c, err
	}
	needed := map[string]bool{}
	for _, m := range all {
		needed[m.SHA256] = true
		if m.State == Held {
			c.Held++
		}
		if _, err := s.shelf.Path(m.SHA256); err != nil {
			c.Missing = append(c.Missing, m.ID)
		}
	}
	c.Infected = len(bad)
	for _, m := range bad {
		if _, err := s.shelf.Path(m.SHA256); err == nil && !needed[m.SHA256] {
			c.Left = append(c.Left, m.ID)
		}
	}
	return c, nil
}
