package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
	"kaishu/internal/open/version"
)

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
	_, behalf := permit.Doers(x.Did["propose"])
	return permit.Actor{Account: x.By, Behalf: behalf, Organisation: x.Organisation, Roles: []permit.Role{permit.OpnEditor}}, still, err
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
	sum := sha256.New()
	status, answer, err := s.Fetch.Get(ctx, x.URL, ask, io.MultiWriter(f, sum), s.Most)
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
	return s.take(ctx, editor, x, j, o, came{f, hex.EncodeToString(sum.Sum(nil)), answer.Get("Etag"), answer.Get("Last-Modified")})
}

// ours reports whether writing failed, not the source.
func ours(err error) bool {
	_, is := errors.AsType[*fs.PathError](err)
	return is
}

// came is a file that came, and what the source says of it.
type came struct {
	file           *os.File
	hash           string // SHA-256, hex
	etag, modified string
}

// take hands in what came, unless the dataset had the same bytes before: what
// could not be read, was given up or taken back does not return by itself.
func (s *Service) take(ctx context.Context, editor permit.Actor, x Schedule, j job, o Outcome, c came) (Outcome, error) {
	var ok bool
	err := s.DB.Read(ctx, func(tx *database.Tx) (err error) { // a long file gives time to stop it
		_, ok, err = s.wants(tx, j)
		return err
	})
	if err != nil || !ok {
		return o, err
	}
	all, err := s.Versions.List(ctx, editor, x.Dataset)
	if p := problem.As(err); p != nil {
		o.Code, o.Args = first(p)
		return o, nil
	}
	if err != nil {
		return o, err
	}
	for _, v := range all {
		if v.Origin.Hash == c.hash {
			o.Code, o.Args, o.ETag, o.Modified = "schedule.same_as", map[string]any{"number": v.Number}, c.etag, c.modified
			return o, nil
		}
	}
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return o, fmt.Errorf("read fetched file: %w", err)
	}
	v, err := s.Versions.Receive(ctx, editor, version.Upload{Dataset: x.Dataset, Kind: version.Full, Name: nameOf(x), NotSecret: x.NotSecret, UpdatedOn: s.dayOf(c.modified)}, c.file)
	if p := problem.As(err); p != nil {
		o.Code, o.Args = first(p)
		return o, nil
	}
	if err != nil {
		return o, err
	}
	o.Code, o.Args, o.Version = "schedule.received", map[string]any{"number": v.Number}, v.Number
	o.ETag, o.Modified = c.etag, c.modified
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
