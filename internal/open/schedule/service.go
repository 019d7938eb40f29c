package schedule

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
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

const jobFetch = "schedule.fetch"

type job struct {
	Dataset string    `json:"dataset"`
	At      time.Time `json:"at"`
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{queue.Handle(jobFetch, s.fetch)}
}

// wants returns the schedule that j is for; ok is false if it was changed or
// stopped since, or the job was done before.
func (s *Service) wants(tx *database.Tx, j job) (x Schedule, ok bool, err error) {
	x, _, err = load(tx, j.Dataset)
	return x, err == nil && x.Stage == StageOn && x.NextAt.Equal(j.At), err
}

// fetch gets the file, hands it in, and notes what became of it. A schedule
// that was changed or stopped since has no use for the job.
//
// A fault of ours is noted too, so that the next time comes; it is returned
// for the log, and the job, tried again, finds nothing to do.
func (s *Service) fetch(ctx context.Context, j job) error {
	var x Schedule
	var ok bool
	err := s.DB.Read(ctx, func(tx *database.Tx) (err error) {
		x, ok, err = s.wants(tx, j)
		return err
	})
	if err != nil || !ok {
		return err
	}
	editor, still, err := s.editor(ctx, x)
	if err != nil {
		return err
	}
	if !still {
		return s.note(ctx, j, Disable{Outcome{At: s.Clock.Now(), Code: "schedule.no_editor"}})
	}
	o, fault := s.bring(ctx, editor, x, j)
	if ctx.Err() != nil && o.Version == 0 { // this process ends, or lost the job
		return ctx.Err()
	}
	if fault != nil {
		o.Code, o.Args = "schedule.failed", nil
	}
	o.At = s.Clock.Now()
	return errors.Join(fault, s.note(ctx, j, Fetch{o}))
}

// note writes down what became of j, unless the schedule is another by now.
func (s *Service) note(ctx context.Context, j job, c Command) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, ok, err := s.wants(tx, j); err != nil || !ok {
			return err
		}
		_, err := s.move(tx, permit.Platform, j.Dataset, c, problem.List{})
		return err
	})
}

// editor is in whose name files come: whoever set the schedule, if he still is
// an editor there and the dataset still is that body's.
func (s *Service) editor(ctx context.Context, x Schedule) (who permit.Actor, still bool, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, permit.Platform, x.Dataset)
		if err != nil || e.Publisher != x.Organisation {
			return err
		}
		all, err := s.Holders.HoldersOf(tx, permit.Platform, x.Organisation, permit.OpnEditor)
		for _, account := range all {
			still = still || account == x.By
		}
		return err
	})
	return permit.Actor{Account: x.By, Organisation: x.Organisation, Roles: []permit.Role{permit.OpnEditor}}, still, err
}

// bring fetches the file and begins a version of it. What the source says of
// its file is kept only once the file was taken: one that we had to refuse is
// asked for again. It fails only with a fault of ours.
func (s *Service) bring(ctx context.Context, editor permit.Actor, x Schedule, j job) (o Outcome, err error) {
	f, err := os.CreateTemp(s.Scratch, "schedule-")
	if err != nil {
		return o, fmt.Errorf("make scratch file: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	ask := http.Header{}
	if x.Last != nil {
		o.ETag, o.Modified = x.Last.ETag, x.Last.Modified
		for name, value := range map[string]string{"If-None-Match": o.ETag, "If-Modified-Since": o.Modified} {
			if value != "" {
				ask.Set(name, value)
			}
		}
	}
	status, answer, err := s.Fetch.Get(ctx, x.URL, ask, f, s.Most)
	switch {
	case ctx.Err() != nil:
		return o, ctx.Err()
	case problem.As(err) != nil:
		o.Code, o.Args = first(problem.As(err))
		return o, nil
	case ours(err):
		return o, fmt.Errorf("keep fetched file: %w", err)
	case err != nil:
		o.Code = "schedule.unreachable"
		return o, nil
	case status == http.StatusNotModified:
		o.Code = "schedule.unchanged"
		return o, nil
	case status != http.StatusOK:
		o.Code, o.Args = "schedule.answered", map[string]any{"status": status}
		return o, nil
	}
	return s.take(ctx, editor, x, j, o, answer, f)
}

// ours reports whether writing failed, not the source.
func ours(err error) bool {
	_, is := errors.AsType[*fs.PathError](err)
	return is
}

// take hands in the file that came.
func (s *Service) take(ctx context.Context, editor permit.Actor, x Schedule, j job, o Outcome, answer http.Header, f *os.File) (Outcome, error) {
	var ok bool
	err := s.DB.Read(ctx, func(tx *database.Tx) (err error) { // a long file gives time to stop it
		_, ok, err = s.wants(tx, j)
		return err
	})
	if err != nil || !ok {
		return o, err
	}
	etag, modified := answer.Get("Etag"), answer.Get("Last-Modified")
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return o, fmt.Errorf("read fetched file: %w", err)
	}
	v, err := s.Versions.Receive(ctx, editor, version.Upload{Dataset: x.Dataset, Kind: version.Full, Name: nameOf(x), NotSecret: x.NotSecret, UpdatedOn: s.dayOf(modified)}, f)
	switch p := problem.As(err); {
	case p != nil:
		if o.Code, o.Args = first(p); o.Code == "version.same_file" {
			o.Code, o.ETag, o.Modified = "schedule.same_as", etag, modified
		}
	case err != nil:
		return o, err
	default:
		o.Code, o.Args, o.Version = "schedule.received", map[string]any{"number": v.Number}, v.Number
		o.ETag, o.Modified = etag, modified
	}
	return o, nil
}

// first is the first fault of a problem, or the problem itself.
func first(p *problem.Error) (string, map[string]any) {
	if len(p.Fields) > 0 {
		return p.Fields[0].Code, p.Fields[0].Args
	}
	return p.Code, p.Args
}

// nameOf is the name of the file at the address.
func nameOf(x Schedule) string {
	if u, err := url.Parse(x.URL); err == nil && path.Ext(u.Path) != "" {
		return path.Base(u.Path)
	}
	return x.Dataset + ".csv"
}

// dayOf is the day up to which the source says the file is, else today.
func (s *Service) dayOf(modified string) workday.Date {
	now := s.Clock.Now()
	if at, err := http.ParseTime(modified); err == nil && at.Before(now) {
		return workday.Of(at)
	}
	return workday.Of(now)
}
