package version

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// row is a version as stored, with the version of its stream.
type row struct {
	Version
	revision int
}

func load(tx *database.Tx, dataset string, number int) (Version, int, error) {
	r, err := scan(tx.QueryRow(`
		SELECT revision, body
		FROM   dataset_version
		WHERE  dataset = ? AND number = ?`, dataset, number).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Version{}, 0, notFound(dataset, number)
	}
	if err != nil {
		return Version{}, 0, fmt.Errorf("load version %d of %s: %w", number, dataset, err)
	}
	return r.Version, r.revision, nil
}

func loadByID(tx *database.Tx, id string) (Version, int, error) {
	r, err := scan(tx.QueryRow(`
		SELECT revision, body
		FROM   dataset_version
		WHERE  id = ?`, id).Scan)
	if err != nil {
		return Version{}, 0, fmt.Errorf("load version %s: %w", id, err)
	}
	return r.Version, r.revision, nil
}

// list returns every version of the dataset, newest first.
func list(tx *database.Tx, dataset string) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   dataset_version
		WHERE  dataset = ?
		ORDER  BY number DESC`, dataset)
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", dataset, err)
	}
	return collect(rows)
}

func latest(tx *database.Tx) (map[string]Version, error) {
	rows, err := tx.Query(`
		SELECT v.revision, v.body
		FROM   dataset_version v
		WHERE  v.stage IN ('released','superseded')
		AND    v.number = (
			SELECT MAX(n.number)
			FROM   dataset_version n
			WHERE  n.dataset = v.dataset AND n.stage IN ('released','superseded'))`)
	if err != nil {
		return nil, fmt.Errorf("list latest versions: %w", err)
	}
	all, err := collect(rows)
	byDataset := make(map[string]Version, len(all))
	for _, r := range all {
		byDataset[r.Dataset] = r.Version
	}
	return byDataset, err
}

// pending lists what is not released yet, of one body or of every.
func pending(tx *database.Tx, publisher string, every bool) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   dataset_version
		WHERE  stage IN ('ingested','refused','profiled','blocked','staged','returned')
		AND    (publisher = ? OR ?)
		ORDER  BY id
		LIMIT  500`, publisher, every)
	if err != nil {
		return nil, fmt.Errorf("list versions in work: %w", err)
	}
	return collect(rows)
}

// withLosses lists what is offered and lost cells or rows when it was read, of one
// body or of every.
func withLosses(tx *database.Tx, publisher string, every bool) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   dataset_version
		WHERE  stage = 'released' AND set_aside > 0
		AND    (publisher = ? OR ?)
		ORDER  BY set_aside DESC, id
		LIMIT  100`, publisher, every)
	if err != nil {
		return nil, fmt.Errorf("list versions with cells set aside: %w", err)
	}
	return collect(rows)
}

func collect(rows *sql.Rows) ([]row, error) {
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read version: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func scan(into func(...any) error) (r row, err error) {
	var body []byte
	if err := into(&r.revision, &body); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Version)
}

func nextNumber(tx *database.Tx, dataset string) (n int, err error) {
	err = tx.QueryRow(`
		SELECT COALESCE(MAX(number), 0) + 1
		FROM   dataset_version
		WHERE  dataset = ?`, dataset).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("number the next version of %s: %w", dataset, err)
	}
	return n, nil
}

// save writes v. Publisher is the body of its dataset: lists are filtered by it.
func save(tx *database.Tx, v Version, publisher string, from, to int) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode version %s: %w", v.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO dataset_version (id, dataset, publisher, number, revision, stage, set_aside, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    publisher = excluded.publisher, revision = excluded.revision, stage = excluded.stage,
		       set_aside = excluded.set_aside, body = excluded.body
		WHERE  dataset_version.revision = ?`,
		v.ID, v.Dataset, publisher, v.Number, to, v.Stage, v.setAside(), string(body), from)
	if err != nil {
		return fmt.Errorf("save version %s: %w", v.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

func everything(tx *database.Tx) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   dataset_version
		ORDER  BY id`)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	return collect(rows)
}
