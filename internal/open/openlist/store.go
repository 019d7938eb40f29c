package openlist

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
		INSERT INTO openlist_entry (slug, version, stage, publisher, dictionary, body)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (slug) DO UPDATE
		SET    version = excluded.version, stage = excluded.stage,
		       publisher = excluded.publisher, dictionary = excluded.dictionary, body = excluded.body
		WHERE  openlist_entry.version = ?`,
		e.Slug, to, e.Stage, e.Publisher, dictionary(e), string(body), from)
	if err != nil {
		return fmt.Errorf("save entry %s: %w", e.Slug, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// dictionary says whether a new dictionary of e waits, and for whom.
func dictionary(e Entry) string {
	switch {
	case e.Proposed != nil:
		return "proposed"
	case e.Returned != nil:
		return "returned"
	}
	return ""
}

// proposed lists the entries whose new dictionary waits for somebody, of one
// body or of every; at most 500.
func proposed(tx *database.Tx, publisher string, every bool) ([]Entry, error) {
	rows, err := tx.Query(`
		SELECT body
		FROM   openlist_entry
		WHERE  dictionary IN ('proposed','returned') AND (publisher = ? OR ?)
		ORDER  BY slug
		LIMIT  500`, publisher, every)
	if err != nil {
		return nil, fmt.Errorf("list proposed dictionaries: %w", err)
	}
	return collect(rows)
}

func list(tx *database.Tx, who permit.Actor) ([]Entry, error) {
	rows, err := tx.Query(`
		SELECT body
		FROM   openlist_entry
		WHERE  stage <> 'draft' OR publisher = ? OR ?
		ORDER  BY slug`, who.Organisation, who.Has(permit.Clock))
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
