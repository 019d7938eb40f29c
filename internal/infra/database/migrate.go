package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"kaishu/internal/base/clock"
)

type migration struct{ name, text, hash string }

// migrate applies, by file name, what was not applied yet: all of it or, if
// one fails, none. Forward only. One transaction also keeps two processes that
// start at once from doing it twice.
func migrate(ctx context.Context, db *DB, o Options) error {
	all, err := collect(o.Migrations)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		known, err := applied(tx)
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		for _, m := range all {
			switch known[m.name] {
			case m.hash:
				continue
			case "":
				if err := apply(tx, m, o.Clock); err != nil {
					return fmt.Errorf("apply migration %s: %w", m.name, err)
				}
			default:
				return fmt.Errorf("migration %s was changed after it was applied; write a new one", m.name)
			}
		}
		return nil
	})
}

func collect(systems []fs.FS) ([]migration, error) {
	var all []migration
	for _, system := range systems {
		names, err := fs.Glob(system, "migrations/*.sql")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(system, name)
			if err != nil {
				return nil, fmt.Errorf("read migration %s: %w", name, err)
			}
			sum := sha256.Sum256(text)
			all = append(all, migration{path.Base(name), string(text), hex.EncodeToString(sum[:])})
		}
	}
	slices.SortFunc(all, func(a, b migration) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(all); i++ {
		if all[i].name == all[i-1].name {
			return nil, fmt.Errorf("two migrations are called %s", all[i].name)
		}
	}
	return all, nil
}

// applied returns the hash of every migration applied so far, by name.
func applied(tx *Tx) (map[string]string, error) {
	_, err := tx.Exec(`
		CREATE TABLE IF NOT EXISTS migration (
			name       TEXT PRIMARY KEY,
			hash       TEXT NOT NULL,
			applied_at TEXT NOT NULL
		)`)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`
		SELECT name, hash
		FROM   migration`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hashes := map[string]string{}
	for rows.Next() {
		var name, hash string
		if err := rows.Scan(&name, &hash); err != nil {
			return nil, err
		}
		hashes[name] = hash
	}
	return hashes, rows.Err()
}

func apply(tx *Tx, m migration, c clock.Clock) error {
	if _, err := tx.Exec(m.text); err != nil {
		return err
	}
	_, err := tx.Exec(`
		INSERT INTO migration (name, hash, applied_at)
		VALUES (?, ?, ?)`, m.name, m.hash, clock.Format(c.Now()))
	return err
}
