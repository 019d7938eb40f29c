package codelist

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed reasons.json
var reasonsJSON []byte

// Service keeps the lists.
type Service struct {
	db      *database.DB
	clock   clock.Clock
	first   []Entry    // as delivered
	reading sync.Mutex // one refresh at a time, so that the last one stores the newest
	now     atomic.Pointer[[]Entry]
}

// New returns the service on db. first are the codes that the platform is
// delivered with, beside the reasons of this package; they are in force from
// the first day of the regulation if they do not say otherwise.
func New(ctx context.Context, db *database.DB, c clock.Clock, first ...Entry) (*Service, error) {
	var file struct{ Entries []Entry }
	if err := json.Unmarshal(reasonsJSON, &file); err != nil {
		return nil, fmt.Errorf("read reasons: %w", err)
	}
	s := &Service{db: db, clock: c, first: slices.Concat(first, file.Entries)}
	for i := range s.first {
		if s.first[i].From == "" {
			s.first[i].From = terms.RegulationFrom
		}
	}
	return s, s.refresh(ctx)
}

// Entries returns the codes of a list, those that have ended too, in the order
// in which they were delivered and entered. Codes are public.
func (s *Service) Entries(l List) (all []Entry) {
	for _, e := range *s.now.Load() {
		if e.List == l {
			all = append(all, e)
		}
	}
	return all
}

// Today returns the day by which it is judged what is in force.
func (s *Service) Today() workday.Date { return workday.Of(s.clock.Now()) }

// refresh reads what there is. It runs after each commit that changes it.
func (s *Service) refresh(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.db.Read(ctx, func(tx *database.Tx) error {
		kept, err := list(tx)
		if err != nil {
			return err
		}
		all := slices.Clone(s.first)
		for _, e := range kept {
			if i := slices.IndexFunc(all, func(o Entry) bool { return o.List == e.List && o.Code == e.Code }); i >= 0 {
				all[i] = e
			} else {
				all = append(all, e)
			}
		}
		s.now.Store(&all)
		return nil
	})
}

// Stream is the ledger stream of a code.
func Stream(l List, code string) string { return "codelist/" + string(l) + "/" + code }

// Add enters a code.
func (s *Service) Add(ctx context.Context, who permit.Actor, e Entry) (Entry, error) {
	if err := Keep.Asked(who); err != nil {
		return e, err
	}
	if !Known(e.List) {
		return e, unknownList(e.List)
	}
	return e, s.write(ctx, func(tx *database.Tx) error {
		_, _, err := s.load(tx, e.List, e.Code)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		if err := CheckNew(e, err == nil, s.Today()); err != nil {
			return err
		}
		return s.save(tx, who, e, 0, Added{e})
	})
}

// Reword changes the words of a code.
func (s *Service) Reword(ctx context.Context, who permit.Actor, l List, code string, w Wording) (e Entry, err error) {
	if err := Keep.Asked(who); err != nil {
		return e, err
	}
	return e, s.write(ctx, func(tx *database.Tx) error {
		var revision int
		if e, revision, err = s.load(tx, l, code); err != nil {
			return err
		}
		if err := CheckWording(l, w); err != nil {
			return err
		}
		e.Name, e.Note, e.Window = w.Name, w.Note, w.Window
		return s.save(tx, who, e, revision, Reworded{w})
	})
}

// End ends a code: what carries it keeps it, nothing new takes it.
func (s *Service) End(ctx context.Context, who permit.Actor, l List, code string, c End) (e Entry, err error) {
	if err := Keep.Asked(who); err != nil {
		return e, err
	}
	return e, s.write(ctx, func(tx *database.Tx) error {
		var revision int
		if e, revision, err = s.load(tx, l, code); err != nil {
			return err
		}
		if err := CheckEnd(e, c, s.Today()); err != nil {
			return err
		}
		e.Last = c.Last
		return s.save(tx, who, e, revision, Ended{c})
	})
}

func (s *Service) write(ctx context.Context, do func(tx *database.Tx) error) error {
	if err := s.db.Write(ctx, do); err != nil {
		return err
	}
	return s.refresh(ctx)
}

func unknownList(l List) error {
	return problem.New(problem.NotFound, "codelist.no_such_list", "list", string(l))
}

// load returns a code as it stands, and its revision: 0 for one that was never
// changed since it was delivered.
func (s *Service) load(tx *database.Tx, l List, code string) (e Entry, revision int, err error) {
	var body string
	err = tx.QueryRow(`
		SELECT revision, body
		FROM   codelist_entry
		WHERE  list = ? AND code = ?`, l, code).Scan(&revision, &body)
	if errors.Is(err, sql.ErrNoRows) {
		for _, e := range s.first {
			if e.List == l && e.Code == code {
				return e, 0, nil
			}
		}
		return e, 0, problem.New(problem.NotFound, "codelist.not_found", "code", code)
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &e)
	}
	if err != nil {
		return e, 0, fmt.Errorf("load code %s of %s: %w", code, l, err)
	}
	return e, revision, nil
}

func (s *Service) save(tx *database.Tx, who permit.Actor, e Entry, revision int, event Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode code %s: %w", e.Code, err)
	}
	n, err := tx.Exec(`
		INSERT INTO codelist_entry (list, code, revision, body)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (list, code) DO UPDATE
		SET    revision = excluded.revision, body = excluded.body
		WHERE  codelist_entry.revision = ?`, e.List, e.Code, revision+1, string(body), revision)
	if err != nil {
		return fmt.Errorf("save code %s: %w", e.Code, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return ledger.Append(tx, Stream(e.List, e.Code), revision, who, s.clock.Now(), id.Trace(tx.Context()), []Event{event})
}

func list(tx *database.Tx) ([]Entry, error) {
	rows, err := tx.Query(`
		SELECT body
		FROM   codelist_entry
		ORDER  BY list, code`)
	if err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		var body string
		var e Entry
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("list codes: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return nil, fmt.Errorf("decode code: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
