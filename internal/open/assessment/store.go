package assessment

import (
	"encoding/json"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Stream is the ledger stream of a dataset's set of rules.
func Stream(dataset string) string { return "assessment/" + dataset }

// WaiverStream is the ledger stream of a waiver.
func WaiverStream(id string) string { return "assessment_waiver/" + id }

// RunStream is the ledger stream of what was found in a version.
func RunStream(version string) string { return "assessment_run/" + version }

// row is a state as stored, with the version of its stream.
type row[S any] struct {
	state    S
	revision int
}

// list returns the rows that the rest of a query finds in a table of ours.
func list[S any](tx *database.Tx, table, rest string, args ...any) (all []row[S], err error) {
	rows, err := tx.Query(`SELECT revision, body FROM `+table+` `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row[S]
		var body []byte
		if err := rows.Scan(&r.revision, &body); err != nil {
			return nil, fmt.Errorf("list %s: %w", table, err)
		}
		if err := json.Unmarshal(body, &r.state); err != nil {
			return nil, fmt.Errorf("decode %s: %w", table, err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// load returns one row; none is otherwise, with revision 0.
func load[S any](tx *database.Tx, table, key, value string, otherwise S) (row[S], error) {
	all, err := list[S](tx, table, `WHERE `+key+` = ?`, value)
	if err != nil || len(all) == 0 {
		return row[S]{state: otherwise}, err
	}
	return all[0], nil
}

func loadSet(tx *database.Tx, dataset string) (row[Set], error) {
	return load(tx, "assessment", "dataset", dataset, Set{Dataset: dataset})
}

func loadWaiver(tx *database.Tx, id string) (row[Waiver], error) {
	return load(tx, "assessment_waiver", "id", id, Waiver{})
}

func loadRun(tx *database.Tx, version string) (row[Run], error) {
	return load(tx, "assessment_run", "version", version, Run{})
}

// waiversOf returns the waivers of a dataset, newest first.
func waiversOf(tx *database.Tx, dataset string) ([]row[Waiver], error) {
	return list[Waiver](tx, "assessment_waiver", `WHERE dataset = ? ORDER BY id DESC`, dataset)
}

func saveSet(tx *database.Tx, x Set, from, to int) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode rules of %s: %w", x.Dataset, err)
	}
	n, err := tx.Exec(`
		INSERT INTO assessment (dataset, revision, stage, body)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (dataset) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, body = excluded.body
		WHERE  assessment.revision = ?`, x.Dataset, to, x.Stage, string(body), from)
	return saved(n, err, "rules of "+x.Dataset)
}

func saveWaiver(tx *database.Tx, w Waiver, from, to int) error {
	body, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode waiver %s: %w", w.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO assessment_waiver (id, revision, dataset, stage, ends_on, body)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, ends_on = excluded.ends_on, body = excluded.body
		WHERE  assessment_waiver.revision = ?`, w.ID, to, w.Dataset, w.Stage, w.Until, string(body), from)
	return saved(n, err, "waiver "+w.ID)
}

func saveRun(tx *database.Tx, x Run, from, to int) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode run of %s: %w", x.Version, err)
	}
	n, err := tx.Exec(`
		INSERT INTO assessment_run (version, revision, dataset, number, body)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (version) DO UPDATE
		SET    revision = excluded.revision, body = excluded.body
		WHERE  assessment_run.revision = ?`, x.Version, to, x.Dataset, x.Number, string(body), from)
	return saved(n, err, "run of "+x.Version)
}

func saved(n int64, err error, what string) error {
	if err != nil {
		return fmt.Errorf("save %s: %w", what, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}
