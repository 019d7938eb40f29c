package directory

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// row is a hook as stored, with the version of its stream.
type row struct {
	Hook
	revision int
}

// load returns the hook of an entry; one that nobody has made is unhooked.
func load(tx *database.Tx, e Entry) (r row, err error) {
	var body []byte
	err = tx.QueryRow(`SELECT revision, body FROM directory_hook WHERE entry = ?`, e.Slug).Scan(&r.revision, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return row{Hook: NewHook(e.Slug, e.Body)}, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &r.Hook)
	}
	if err != nil {
		return r, fmt.Errorf("load hook of %s: %w", e.Slug, err)
	}
	return r, nil
}

// hooks returns the hooks that the rest of a query finds.
func hooks(tx *database.Tx, rest string, args ...any) (all []row, err error) {
	rows, err := tx.Query(`SELECT revision, body FROM directory_hook `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list hooks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var body []byte
		if err = rows.Scan(&r.revision, &body); err == nil {
			err = json.Unmarshal(body, &r.Hook)
		}
		if err != nil {
			return nil, fmt.Errorf("list hooks: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Hook)
	if err != nil {
		return fmt.Errorf("encode hook of %s: %w", r.Slug, err)
	}
	due := workday.Date("")
	if r.Clock.Running() {
		due = r.Clock.Due.Day
	}
	n, err := tx.Exec(`
		INSERT INTO directory_hook (entry, body_id, stage, revision, due, next_on, body)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (entry) DO UPDATE
		SET    stage = excluded.stage, revision = excluded.revision, due = excluded.due, next_on = excluded.next_on, body = excluded.body
		WHERE  directory_hook.revision = ?`,
		r.Slug, r.Body, r.Stage, r.revision, due, r.Clock.Next(), string(body), from)
	if err != nil {
		return fmt.Errorf("save hook of %s: %w", r.Slug, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	if _, err := tx.Exec(`DELETE FROM directory_pair WHERE entry = ?`, r.Slug); err != nil {
		return fmt.Errorf("save sources of %s: %w", r.Slug, err)
	}
	done := map[string]bool{}
	for _, p := range r.Pairs {
		if done[p.Resource] {
			continue
		}
		done[p.Resource] = true
		if _, err := tx.Exec(`INSERT INTO directory_pair (entry, resource) VALUES (?, ?)`, r.Slug, p.Resource); err != nil {
			return fmt.Errorf("save sources of %s: %w", r.Slug, err)
		}
	}
	return nil
}

// source is a source as stored.
type source struct {
	Source
	revision int
}

func loadSource(tx *database.Tx, id string) (s source, err error) {
	all, err := sources(tx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = problem.New(problem.NotFound, "directory.no_source_here")
	}
	if err != nil {
		return s, err
	}
	return all[0], nil
}

func sources(tx *database.Tx, rest string, args ...any) (all []source, err error) {
	rows, err := tx.Query(`SELECT revision, body FROM directory_source `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s source
		var body []byte
		if err = rows.Scan(&s.revision, &body); err == nil {
			err = json.Unmarshal(body, &s.Source)
		}
		if err != nil {
			return nil, fmt.Errorf("list sources: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

func saveSource(tx *database.Tx, s source, from int) error {
	body, err := json.Marshal(s.Source)
	if err != nil {
		return fmt.Errorf("encode source %s: %w", s.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO directory_source (id, body_id, kind, revision, body)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    revision = excluded.revision, body = excluded.body
		WHERE  directory_source.revision = ?`, s.ID, s.Body, s.Form, s.revision, string(body), from)
	if err != nil {
		return fmt.Errorf("save source %s: %w", s.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// resources returns those that the rest of a query finds.
func resources(tx *database.Tx, rest string, args ...any) (all []Resource, err error) {
	rows, err := tx.Query(`SELECT r.body FROM directory_resource r `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list resources: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Resource
		var body []byte
		if err = rows.Scan(&body); err == nil {
			err = json.Unmarshal(body, &r)
		}
		if err != nil {
			return nil, fmt.Errorf("list resources: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// named returns the resources of these ids, by id; what is not there is left
// out.
func named(tx *database.Tx, ids []string) (map[string]Resource, error) {
	found := make(map[string]Resource, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 200)
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = id
		}
		all, err := resources(tx, `WHERE id IN (?`+strings.Repeat(`, ?`, n-1)+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			found[r.ID] = r
		}
		ids = ids[n:]
	}
	return found, nil
}

func saveResource(tx *database.Tx, r Resource) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode resource %s: %w", r.ID, err)
	}
	gone := 0
	if r.Gone {
		gone = 1
	}
	if _, err := tx.Exec(`
		INSERT INTO directory_resource (id, source, body_id, title, gone, body)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    body_id = excluded.body_id, title = excluded.title, gone = excluded.gone, body = excluded.body`,
		r.ID, r.Source, r.Body, r.Title, gone, string(body)); err != nil {
		return fmt.Errorf("save resource %s: %w", r.ID, err)
	}
	return nil
}

func saveSnapshot(tx *database.Tx, s Snapshot, all []Difference) error {
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode snapshot of %s: %w", s.Source, err)
	}
	if _, err := tx.Exec(`INSERT INTO directory_snapshot (source, number, body) VALUES (?, ?, ?)`, s.Source, s.Number, string(body)); err != nil {
		return fmt.Errorf("save snapshot of %s: %w", s.Source, err)
	}
	for i, d := range all {
		if body, err = json.Marshal(d); err != nil {
			return fmt.Errorf("encode difference of %s: %w", s.Source, err)
		}
		if _, err := tx.Exec(`INSERT INTO directory_difference (source, snapshot, place, body) VALUES (?, ?, ?, ?)`, s.Source, s.Number, i, string(body)); err != nil {
			return fmt.Errorf("save difference of %s: %w", s.Source, err)
		}
	}
	return nil
}

// snapshots returns the imports of a source, newest first.
func snapshots(tx *database.Tx, sourceID string, rest string, args ...any) (all []Snapshot, err error) {
	rows, err := tx.Query(`SELECT body FROM directory_snapshot WHERE source = ? `+rest, append([]any{sourceID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list snapshots: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Snapshot
		var body []byte
		if err = rows.Scan(&body); err == nil {
			err = json.Unmarshal(body, &s)
		}
		if err != nil {
			return nil, fmt.Errorf("list snapshots: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// differences returns what an import changed, from a place on.
func differences(tx *database.Tx, sourceID string, number, from, limit int) (all []Difference, err error) {
	rows, err := tx.Query(`SELECT body FROM directory_difference WHERE source = ? AND snapshot = ? AND place >= ? ORDER BY place LIMIT ?`, sourceID, number, from, limit)
	if err != nil {
		return nil, fmt.Errorf("list differences: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d Difference
		var body []byte
		if err = rows.Scan(&body); err == nil {
			err = json.Unmarshal(body, &d)
		}
		if err != nil {
			return nil, fmt.Errorf("list differences: %w", err)
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
