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
		INSERT INTO openlist_entry (slug, version, stage, publisher, plain, body)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (slug) DO UPDATE
		SET    version = excluded.version, stage = excluded.stage,
		       publisher = excluded.publisher, plain = excluded.plain, body = excluded.body
		WHERE  openlist_entry.version = ?`,
		e.Slug, to, e.Stage, e.Publisher, letters(e.Title.ZH), string(body), from)
	if err != nil {
		return fmt.Errorf("save entry %s: %w", e.Slug, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// called lists the other entries, on the list or on their way there, whose
// name is the same but for case, blanks and punctuation; at most 20.
func called(tx *database.Tx, title, slug string) ([]Entry, error) {
	rows, err := tx.Query(`
		SELECT body
		FROM   openlist_entry
		WHERE  plain = ? AND slug <> ? AND stage IN ('review','published','suspended')
		ORDER  BY slug
		LIMIT  20`, letters(title), slug)
	if err != nil {
		return nil, fmt.Errorf("list entries of a name: %w", err)
	}
	return collect(rows)
}

// listed reports whether the entry called slug is on the list.
func listed(tx *database.Tx, slug string) (bool, error) {
	var n int
	err := tx.QueryRow(`SELECT COUNT(*) FROM openlist_entry WHERE slug = ? AND stage IN ('published','suspended')`, slug).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for entry %s: %w", slug, err)
	}
	return n > 0, nil
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
