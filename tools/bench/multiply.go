package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
	"kaishu/internal/obtain/review"
)

// line is one event of the case that is multiplied.
type line struct{ stream, kind, body, actor, organisation, at string }

// multiply writes the case many times over, received on the last thirty days.
func (w *caseworld) multiply(app, order string) (events int, err error) {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Path: filepath.Join(w.data, "kaishu.db")})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var lines []line
	var rows [2][]any
	var seq int64
	err = db.Read(ctx, func(tx *database.Tx) error {
		for i, stream := range []string{"application/" + app, "review/" + order} {
			r, err := tx.Query(`SELECT kind, body, actor, organisation, at FROM ledger WHERE stream = ? ORDER BY version`, stream)
			if err != nil {
				return err
			}
			for r.Next() {
				l := line{stream: stream}
				if err := r.Scan(&l.kind, &l.body, &l.actor, &l.organisation, &l.at); err != nil {
					return err
				}
				lines = append(lines, l)
			}
			r.Close()
			if rows[i], err = one(tx, []string{`SELECT * FROM application WHERE id = ?`, `SELECT * FROM review WHERE id = ?`}[i], []string{app, order}[i]); err != nil {
				return err
			}
		}
		return tx.QueryRow(`SELECT MAX(seq) FROM ledger`).Scan(&seq)
	})
	if err != nil {
		return 0, err
	}
	return w.fill(ctx, db, lines, rows, app, order, seq)
}

// fill writes the copies, some thousands a transaction.
func (w *caseworld) fill(ctx context.Context, db *database.DB, lines []line, rows [2][]any, app, order string, seq int64) (events int, err error) {
	var about review.Order
	if err := json.Unmarshal([]byte(rows[1][11].(string)), &about); err != nil {
		return 0, err
	}
	box, err := auth.OpenBox(filepath.Join(w.data, "secrets", "box.key"))
	if err != nil {
		return 0, err
	}
	identity, err := box.Open(rows[0][13].(string), app)
	if err != nil {
		return 0, err
	}
	seal := func(id string) string { return box.Seal(identity, id) }
	for from := 0; from < w.cases; from += 2000 {
		err := db.Write(ctx, func(tx *database.Tx) error {
			at := seq
			for i := from; i < min(from+2000, w.cases); i++ {
				if err := copyCase(tx, i, app, order, lines, rows, about, seal, &at); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		seq += int64(len(lines)) * int64(min(2000, w.cases-from))
	}
	return len(lines), db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE ledger_cursor SET seq = ?`, seq)
		return err
	})
}

func one(tx *database.Tx, query, id string) (row []any, err error) {
	r, err := tx.Query(query, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil || !r.Next() {
		return nil, errors.Join(err, sql.ErrNoRows)
	}
	row = make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	return row, r.Scan(into...)
}

func copyCase(tx *database.Tx, i int, app, order string, lines []line, rows [2][]any, about review.Order, seal func(id string) string, seq *int64) error {
	year := about.Number[3:7]
	names := strings.NewReplacer(app, fmt.Sprintf("%s%06d", app[:len(app)-6], i), order, fmt.Sprintf("%s%06d", order[:len(order)-6], i),
		"SQ-"+year+"-000001", fmt.Sprintf("SQ-%s-%06d", year, i+2), "GD-"+year+"-000001", fmt.Sprintf("GD-%s-%06d", year, i+2))
	received, due := about.Clock, about.Clock
	received.ReceivedOn, received.Due.Day = about.Clock.ReceivedOn.AddDays(-i%5), about.Clock.Due.Day.AddDays(-i%5)
	was, now := clockText(due), clockText(received)
	versions := map[string]int{}
	for _, l := range lines {
		*seq++
		versions[l.stream]++
		body := l.body
		if l.kind == "review.handed" {
			body = strings.Replace(body, was, now, 1)
		}
		if _, err := tx.Exec(`INSERT INTO ledger (seq, stream, version, kind, body, actor, organisation, request, at) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)`,
			*seq, names.Replace(l.stream), versions[l.stream], l.kind, names.Replace(body), l.actor, l.organisation, l.at); err != nil {
			return err
		}
	}
	for k, row := range rows {
		table := []string{"application", "review"}[k]
		values := make([]any, len(row))
		for j, v := range row {
			if text, ok := v.(string); ok {
				v = names.Replace(text)
				if table == "review" {
					v = strings.Replace(v.(string), was, now, 1)
				}
			}
			values[j] = v
		}
		if table == "review" {
			values[6] = string(received.Due.Day)
		} else {
			values[13] = seal(names.Replace(app))
		}
		if _, err := tx.Exec(`INSERT INTO `+table+` VALUES (?`+strings.Repeat(`, ?`, len(row)-1)+`)`, values...); err != nil {
			return err
		}
	}
	return nil
}

func clockText(c deadline.Clock) string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return string(text)
}
