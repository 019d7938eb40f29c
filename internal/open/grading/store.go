package grading

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// row is a state as stored, with the version of its stream.
type row[S any] struct {
	state    S
	revision int
}

func scan[S any](into func(...any) error) (r row[S], err error) {
	var body []byte
	if err := into(&r.revision, &body); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.state)
}

// one returns the row of table of which where holds; ok tells if there is one.
func one[S any](tx *database.Tx, table, where string, args ...any) (r row[S], ok bool, err error) {
	r, err = scan[S](tx.QueryRow(`
		SELECT revision, body
		FROM   `+table+`
		WHERE  `+where, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("load from %s: %w", table, err)
	}
	return r, true, nil
}

// list returns rows of table, at most 500.
func list[S any](tx *database.Tx, table, where string, args ...any) (all []row[S], err error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   `+table+`
		WHERE  `+where+`
		LIMIT  500`, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scan[S](rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", table, err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func load(tx *database.Tx, slug string) (row[Case], bool, error) {
	return one[Case](tx, "grading", "slug = ?", slug)
}

// saved turns the outcome of a guarded write into an error.
func saved(n int64, err error, what string) error {
	if err != nil {
		return fmt.Errorf("save %s: %w", what, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

func save(tx *database.Tx, g Case, from, to int) error {
	body, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("encode grading of %s: %w", g.Slug, err)
	}
	kind, on := "", ""
	if g.InForce != nil {
		kind, on = string(g.InForce.Type), string(g.InForce.ConfirmedOn)
	}
	n, err := tx.Exec(`
		INSERT INTO grading (slug, publisher, stage, type, confirmed_on, since, revision, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (slug) DO UPDATE
		SET    publisher = excluded.publisher, stage = excluded.stage, type = excluded.type, confirmed_on = excluded.confirmed_on,
		       since = excluded.since, revision = excluded.revision, body = excluded.body
		WHERE  grading.revision = ?`,
		g.Slug, g.Body, g.Stage, kind, on, g.Since, to, string(body), from)
	return saved(n, err, "grading of "+g.Slug)
}

// linkName is how the same field is called in two tables.
func linkName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// saveLinks keeps by which fields the grading in force can be joined; what is
// closed is joined with nothing.
func saveLinks(tx *database.Tx, c Content, g Case) error {
	if _, err := tx.Exec(`DELETE FROM grading_link WHERE slug = ?`, g.Slug); err != nil {
		return fmt.Errorf("save links of %s: %w", g.Slug, err)
	}
	if g.InForce == nil || g.InForce.Type == opening.Closed {
		return nil
	}
	for _, name := range links(c, g.InForce.Fields) {
		_, err := tx.Exec(`
			INSERT INTO grading_link (field, slug)
			VALUES (?, ?)
			ON CONFLICT (field, slug) DO NOTHING`, linkName(name), g.Slug)
		if err != nil {
			return fmt.Errorf("save links of %s: %w", g.Slug, err)
		}
	}
	return nil
}

// links names the fields by which a table can be joined.
func links(c Content, fields []Field) (names []string) {
	for _, f := range fields {
		if k, ok := c.Kind(f.Kind); ok && k.Links {
			names = append(names, f.Name)
		}
	}
	return names
}

// MaxNeighbours bounds what one grading is held against. [D]
const MaxNeighbours = 200

// neighbours returns the other open entries that a table with those fields can
// be joined with, by slug.
func neighbours(tx *database.Tx, c Content, slug string, fields []Field) (all []Neighbour, err error) {
	at := map[string]int{}
	for _, name := range links(c, fields) {
		rows, err := list[Case](tx, "grading", `type IN ('unconditional','conditional') AND slug <> ? AND slug IN (SELECT slug FROM grading_link WHERE field = ?) ORDER BY slug`, slug, linkName(name))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			i, known := at[r.state.Slug]
			if !known {
				if len(all) == MaxNeighbours {
					continue
				}
				i = len(all)
				at[r.state.Slug] = i
				all = append(all, Neighbour{Slug: r.state.Slug, Fields: r.state.InForce.Fields})
			}
			all[i].On = append(all[i].On, name)
		}
	}
	return all, nil
}

func saveProfile(tx *database.Tx, e Edition, from, to int) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode profile %s: %w", e.Version, err)
	}
	n, err := tx.Exec(`
		INSERT INTO grading_profile (version, stage, revision, body)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (version) DO UPDATE
		SET    stage = excluded.stage, revision = excluded.revision, body = excluded.body
		WHERE  grading_profile.revision = ?`,
		e.Version, e.Stage, to, string(body), from)
	return saved(n, err, "profile "+e.Version)
}

func saveOwn(tx *database.Tx, o Own, from, to int) error {
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode overlay of %s: %w", o.Body, err)
	}
	n, err := tx.Exec(`
		INSERT INTO grading_overlay (publisher, number, stage, revision, body)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (publisher, number) DO UPDATE
		SET    stage = excluded.stage, revision = excluded.revision, body = excluded.body
		WHERE  grading_overlay.revision = ?`,
		o.Body, o.Version, o.Stage, to, string(body), from)
	return saved(n, err, "overlay of "+o.Body)
}

func notFound() error { return problem.New(problem.NotFound, "grading.not_found") }
