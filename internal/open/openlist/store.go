package openlist

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

func load(tx *database.Tx, slug string) (e Entry, version int, err error) {
	var body []byte
	err = tx.QueryRow(`
		SELECT version, body
		FROM   openlist_entry
		WHERE  slug = ?`, slug).Scan(&version, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return e, 0, problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err != nil {
		return e, 0, fmt.Errorf("load entry %s: %w", slug, err)
	}
	return e, version, nil
}

func save(tx *database.Tx, e Entry, from, to int) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode entry %s: %w", e.Slug, err)
	}
	n, err := tx.Exec(`
		INSERT INTO openlist_entry (slug, version, stage, publisher, title, body)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (slug) DO UPDATE
		SET    version = excluded.version, stage = excluded.stage,
		       publisher = excluded.publisher, title = excluded.title, body = excluded.body
		WHERE  openlist_entry.version = ?`,
		e.Slug, to, e.Stage, e.Publisher, e.Title.ZH, string(body), from)
	if err != nil {
		return fmt.Errorf("save entry %s: %w", e.Slug, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// Name is what an entry is called.
type Name struct{ Slug, Title, Publisher string }

// names lists what the entries on the list or on their way there are called.
func names(tx *database.Tx) (all []Name, err error) {
	rows, err := tx.Query(`
		SELECT slug, title, publisher, CASE title WHEN '' THEN body ELSE '' END
		FROM   openlist_entry
		WHERE  stage IN ('review','published','suspended')
		ORDER  BY slug`)
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n Name
		var body []byte // of an entry that is older than the column
		if err := rows.Scan(&n.Slug, &n.Title, &n.Publisher, &body); err != nil {
			return nil, fmt.Errorf("list names: %w", err)
		}
		if len(body) > 0 {
			var e Entry
			if err := json.Unmarshal(body, &e); err != nil {
				return nil, fmt.Errorf("decode entry %s: %w", n.Slug, err)
			}
			n.Title = e.Title.ZH
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// of lists the entries of one body, or with publisher "" of every one, that
// are at one of stages, by slug after the given one.
func of(tx *database.Tx, publisher string, stages []Stage, after string, limit int) ([]Entry, error) {
	args := []any{publisher, publisher, after}
	marks := make([]string, len(stages))
	for i, s := range stages {
		marks[i] = "?"
		args = append(args, s)
	}
	rows, err := tx.Query(`
		SELECT body
		FROM   openlist_entry
		WHERE  (? = '' OR publisher = ?) AND slug > ? AND stage IN (`+strings.Join(marks, ",")+`)
		ORDER  BY slug
		LIMIT  ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	return collect(rows)
}

func list(tx *database.Tx, who permit.Actor) ([]Entry, error) {
	rows, err := tx.Query(`
		SELECT body
		FROM   openlist_entry
		WHERE  stage NOT IN ('draft','review') OR publisher = ? OR ?
		ORDER  BY slug`, who.Organisation, who.HasAny(permit.Clock, permit.CtrListReviewer, permit.AutOfficer, permit.Auditor))
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	all, err := collect(rows)
	return slices.DeleteFunc(all, func(e Entry) bool { return !MaySee(who, e) }), err
}

func collect(rows *sql.Rows) (all []Entry, err error) {
	defer rows.Close()
	for rows.Next() {
		var body []byte
		var e Entry
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("list entries: %w", err)
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, fmt.Errorf("decode entry: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
