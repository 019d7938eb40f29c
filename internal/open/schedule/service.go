package schedule

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Fetcher gets what lies at an address that a user gave; infra/outgoing does.
type Fetcher interface {
	Check(ctx context.Context, rawURL string) error
	Get(ctx context.Context, rawURL string, header http.Header, to io.Writer, most int64) (status int, answer http.Header, err error)
}

// Tools are what the service works with.
type Tools struct {
	DB       *database.DB
	Clock    clock.Clock
	Entries  *openlist.Service
	Versions *version.Service
	Holders  version.Holders
	Fetch    Fetcher
	Scratch  string // folder for work in progress
	Most     int64  // bytes of a file
}

// Service keeps the schedules.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// May is the rule of looking at a schedule.
var May = permit.Rule{Act: "schedule.read", By: version.MayRead.By, Article: "25(1)"}

// Get returns the schedule of a dataset; one that was never proposed has no
// stage. Who must work on the dataset; for others there is nothing of the kind.
func (s *Service) Get(ctx context.Context, who permit.Actor, dataset string) (x Schedule, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if _, err := s.mine(tx, who, dataset); err != nil {
			return err
		}
		x, _, err = load(tx, dataset)
		return err
	})
	return x, err
}

func (s *Service) mine(tx *database.Tx, who permit.Actor, dataset string) (openlist.Entry, error) {
	e, err := s.Entries.GetTx(tx, who, dataset)
	if err == nil && !version.WorksOn(who.For(e.Publisher)) {
		err = problem.New(problem.NotFound, "openlist.not_found", "slug", dataset)
	}
	return e, err
}

// Do asks c of the dataset's schedule on behalf of who.
func (s *Service) Do(ctx context.Context, who permit.Actor, dataset string, c Command) (x Schedule, err error) {
	var faults problem.List
	if p, ok := c.(Propose); ok { // the name is looked up outside of the transaction
		if rest := faults.Merge(s.Fetch.Check(ctx, p.URL)); rest != nil && problem.As(rest) != nil {
			return x, rest
		}
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, err := s.mine(tx, who, dataset)
		if err != nil {
			return err
		}
		x, err = s.move(tx, who.For(e.Publisher), dataset, c, faults)
		return err
	})
	return x, err
}

func (s *Service) move(tx *database.Tx, who permit.Actor, dataset string, c Command, more problem.List) (Schedule, error) {
	x, revision, err := load(tx, dataset)
	if err != nil {
		return x, err
	}
	events, err := Decide(Facts{Who: who, Now: s.Clock.Now()}, x, c)
	if rest := more.Merge(err); rest != nil {
		return x, rest
	}
	if err := more.Err(); err != nil || len(events) == 0 {
		return x, err
	}
	for _, e := range events {
		x = Evolve(x, e)
	}
	if err := save(tx, x, revision, revision+len(events)); err != nil {
		return x, err
	}
	if x.Stage == StageOn {
		key := "schedule/" + dataset + "/" + clock.Format(x.NextAt)
		if err := queue.Enqueue(tx, key, jobFetch, job{dataset, x.NextAt}, x.NextAt); err != nil {
			return x, err
		}
	}
	return x, ledger.Append(tx, Stream(dataset), revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// Stream is the ledger stream of the dataset's schedule.
func Stream(dataset string) string { return "schedule/" + dataset }

func load(tx *database.Tx, dataset string) (x Schedule, revision int, err error) {
	var body string
	err = tx.QueryRow(`
		SELECT revision, body
		FROM   schedule
		WHERE  dataset = ?`, dataset).Scan(&revision, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return Schedule{Dataset: dataset}, 0, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &x)
	}
	if err != nil {
		return x, 0, fmt.Errorf("load schedule of %s: %w", dataset, err)
	}
	return x, revision, nil
}

func save(tx *database.Tx, x Schedule, from, to int) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode schedule of %s: %w", x.Dataset, err)
	}
	n, err := tx.Exec(`
		INSERT INTO schedule (dataset, revision, stage, body)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (dataset) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, body = excluded.body
		WHERE  schedule.revision = ?`, x.Dataset, to, x.Stage, string(body), from)
	if err != nil {
		return fmt.Errorf("save schedule of %s: %w", x.Dataset, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}
