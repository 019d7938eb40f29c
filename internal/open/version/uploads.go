package version

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Sending is a file on its way: it may stop at any byte and go on later, from
// another page or another day. What has arrived lies in a file of its own.
type Sending struct {
	ID        string    `json:"id"`
	Account   string    `json:"account"`
	Dataset   string    `json:"dataset"`
	Name      string    `json:"name"`
	Bytes     int64     `json:"bytes"`   // of the whole file
	Arrived   int64     `json:"arrived"` // of it
	BegunAt   time.Time `json:"begun_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Whole reports whether every byte has arrived.
func (s Sending) Whole() bool { return s.Arrived == s.Bytes }

// Percent is how much has arrived, 0 to 100.
func (s Sending) Percent() int {
	if s.Bytes == 0 {
		return 100
	}
	return int(100 * s.Arrived / s.Bytes)
}

// keepSending is how long a file may lie half sent. [D]
const keepSending = 7 * 24 * time.Hour

// Begin makes room for a file of the dataset. Who must be an editor of its
// publisher.
func (s *Service) Begin(ctx context.Context, who permit.Actor, dataset, name string, bytes, most int64) (u Sending, err error) {
	if err := s.mayReceive(ctx, who, dataset); err != nil {
		return u, err
	}
	var p problem.List
	p.Require("/name", name)
	if bytes <= 0 {
		p.Add("/file", "version.empty_file")
	}
	if err := p.Err(); err != nil {
		return u, err
	}
	if bytes > most {
		return u, problem.New(problem.TooLarge, "version.too_large", "max", most>>20)
	}
	if err := s.forgetExpired(ctx); err != nil {
		return u, err
	}
	now := s.Clock.Now()
	u = Sending{ID: s.IDs.Make("upl"), Account: who.Account, Dataset: dataset, Name: filepath.Base(name), Bytes: bytes, BegunAt: now, ExpiresAt: now.Add(keepSending)}
	f, err := os.OpenFile(s.sent(u.ID), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return u, fmt.Errorf("begin upload: %w", err)
	}
	if err := f.Close(); err != nil {
		return u, fmt.Errorf("begin upload: %w", err)
	}
	return u, s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`
			INSERT INTO version_upload (id, account, dataset, name, bytes, begun_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			u.ID, u.Account, u.Dataset, u.Name, u.Bytes, clock.Format(u.BegunAt), clock.Format(u.ExpiresAt))
		return err
	})
}

// mayReceive returns nil if who may hand in files of the dataset.
func (s *Service) mayReceive(ctx context.Context, who permit.Actor, dataset string) error {
	e, err := s.Entries.Get(ctx, who, dataset)
	if err != nil {
		return err
	}
	return Table.Permit("", Ingest{}.Verb(), who.For(e.Publisher), nil)
}

// sent is where the bytes of an upload lie. Ids are ours: letters and digits.
func (s *Service) sent(id string) string { return filepath.Join(s.Uploads, filepath.Base(id)) }

// Sending returns the upload called id. Anybody else's does not exist.
func (s *Service) Sending(ctx context.Context, who permit.Actor, id string) (u Sending, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		u, err = scanSending(tx.QueryRow(`
			SELECT `+sendingColumns+`
			FROM   version_upload
			WHERE  id = ? AND account = ? AND expires_at > ?`, id, who.Account, clock.Format(s.Clock.Now())).Scan)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return u, problem.New(problem.NotFound, "version.no_upload")
	}
	if err != nil {
		return u, fmt.Errorf("load upload: %w", err)
	}
	return u, s.measure(&u)
}

const sendingColumns = `id, account, dataset, name, bytes, begun_at, expires_at`

func scanSending(into func(...any) error) (u Sending, err error) {
	var begun, expires string
	if err := into(&u.ID, &u.Account, &u.Dataset, &u.Name, &u.Bytes, &begun, &expires); err != nil {
		return u, err
	}
	if u.BegunAt, err = clock.Parse(begun); err != nil {
		return u, err
	}
	u.ExpiresAt, err = clock.Parse(expires)
	return u, err
}

// measure looks how much has arrived: the file itself is the truth.
func (s *Service) measure(u *Sending) error {
	info, err := os.Stat(s.sent(u.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return problem.New(problem.NotFound, "version.no_upload")
	}
	if err != nil {
		return fmt.Errorf("measure upload: %w", err)
	}
	u.Arrived = info.Size()
	return nil
}

// Unfinished returns the uploads of who for a dataset, newest first.
func (s *Service) Unfinished(ctx context.Context, who permit.Actor, dataset string) (all []Sending, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(`
			SELECT `+sendingColumns+`
			FROM   version_upload
			WHERE  account = ? AND dataset = ? AND expires_at > ?
			ORDER  BY id DESC
			LIMIT  20`, who.Account, dataset, clock.Format(s.Clock.Now()))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			u, err := scanSending(rows.Scan)
			if err != nil {
				return err
			}
			if s.measure(&u) == nil {
				all = append(all, u)
			}
		}
		return rows.Err()
	})
	return all, err
}

// Arrive appends what body brings, which must begin at offset. It returns how
// much has arrived afterwards; if the sender breaks off, what came is kept.
func (s *Service) Arrive(ctx context.Context, who permit.Actor, id string, offset int64, body io.Reader) (arrived int64, err error) {
	u, err := s.Sending(ctx, who, id)
	if err != nil {
		return 0, err
	}
	if _, busy := s.arriving.LoadOrStore(id, true); busy {
		return 0, problem.New(problem.Conflict, "version.upload_busy")
	}
	defer s.arriving.Delete(id)
	if err := s.measure(&u); err != nil {
		return 0, err
	}
	if offset != u.Arrived {
		return u.Arrived, problem.New(problem.Conflict, "version.other_offset", "arrived", u.Arrived, "offset", offset)
	}
	if u.Whole() {
		return u.Arrived, nil
	}
	f, err := os.OpenFile(s.sent(id), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return u.Arrived, fmt.Errorf("open upload: %w", err)
	}
	defer f.Close()
	n, cut := io.Copy(f, io.LimitReader(body, u.Bytes-u.Arrived))
	if err := f.Sync(); err != nil { // what is acknowledged stays
		return u.Arrived, fmt.Errorf("keep upload: %w", err)
	}
	if pe, ok := errors.AsType[*fs.PathError](cut); ok {
		return u.Arrived + n, fmt.Errorf("write upload: %w", pe)
	}
	return u.Arrived + n, nil
}

// Cancel forgets an upload and its bytes.
func (s *Service) Cancel(ctx context.Context, who permit.Actor, id string) error {
	if _, err := s.Sending(ctx, who, id); err != nil {
		return err
	}
	return s.forget(ctx, id)
}

func (s *Service) forget(ctx context.Context, id string) error {
	err := s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`DELETE FROM version_upload WHERE id = ?`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget upload: %w", err)
	}
	if err := os.Remove(s.sent(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget upload: %w", err)
	}
	return nil
}

// forgetExpired removes what was never finished, and files without a row.
func (s *Service) forgetExpired(ctx context.Context) error {
	known := map[string]bool{}
	now := clock.Format(s.Clock.Now())
	err := s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT id FROM version_upload WHERE expires_at > ?`, now)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			known[id] = true
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("find old uploads: %w", err)
	}
	files, err := os.ReadDir(s.Uploads)
	if err != nil {
		return fmt.Errorf("find old uploads: %w", err)
	}
	for _, f := range files {
		info, err := f.Info()
		old := err == nil && s.Clock.Now().Sub(info.ModTime()) > time.Hour // one that begins now has no row yet
		if !known[strings.TrimSuffix(f.Name(), wholeSuffix)] && old {
			if err := s.forget(ctx, f.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// wholeSuffix names the second name of a whole upload while the shelf takes it.
const wholeSuffix = ".whole"

// Finish begins a version of the file that has arrived as upload id; see
// [Service.Receive]. The bytes stay until the version exists.
func (s *Service) Finish(ctx context.Context, who permit.Actor, u Upload, id string) (v Version, err error) {
	sending, err := s.Sending(ctx, who, id)
	if err != nil {
		return v, err
	}
	if sending.Dataset != u.Dataset {
		return v, problem.New(problem.NotFound, "version.no_upload")
	}
	if !sending.Whole() {
		return v, problem.New(problem.Conflict, "version.upload_unfinished", "arrived", sending.Arrived, "bytes", sending.Bytes)
	}
	u.Name = sending.Name
	whole := s.sent(id) + wholeSuffix
	v, err = s.receive(ctx, who, u, sending.Bytes, func() (string, int64, error) {
		if err := os.Link(s.sent(id), whole); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", 0, fmt.Errorf("finish upload: %w", err)
		}
		info, err := s.Shelf.Adopt(ctx, whole)
		return info.Hash, info.Bytes, err
	})
	if err != nil {
		return v, err
	}
	return v, s.forget(ctx, id)
}
