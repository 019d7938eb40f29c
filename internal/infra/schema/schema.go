// Package schema reads what a PostgreSQL database says of its own tables: names,
// columns, types and comments. It reads no row of any table.
//
// How to reach a database is a secret that the operator keeps as a file: the
// folder of connections holds one file for each, whose name is that of the
// connection and whose content is a connection string or URL of libpq.
package schema

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Folder reads the databases whose connections lie in a folder.
type Folder struct {
	Path string        // "" for none
	Time time.Duration // that one reading may take; 0 for a minute
}

var connectionName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Connections lists the names of the connections.
func (f Folder) Connections() (names []string, err error) {
	if f.Path == "" {
		return nil, nil
	}
	all, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	for _, e := range all {
		if connectionName.MatchString(e.Name()) && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// most is how many columns one reading returns.
const most = 500_000

// Columns returns one map for each column of each table and view of a schema,
// "" for public, in the order of their names: code (schema.table), table,
// table_comment, column, type, comment and database. What is not said is left
// out.
//
// It fails with problem.Invalid "schema.unknown_connection" or
// "schema.unreachable"; what the database says is never shown, for it may hold
// the secret.
func (f Folder) Columns(ctx context.Context, connection, schema string) (all []map[string]string, err error) {
	database.MustBeOutside(ctx)
	if f.Path == "" || !connectionName.MatchString(connection) {
		return nil, problem.New(problem.Invalid, "schema.unknown_connection", "connection", connection)
	}
	secret, err := os.ReadFile(filepath.Join(f.Path, connection))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.New(problem.Invalid, "schema.unknown_connection", "connection", connection)
	}
	if err != nil {
		return nil, fmt.Errorf("read connection %s: %w", connection, err)
	}
	limit := f.Time
	if limit == 0 {
		limit = time.Minute
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	unreachable := problem.New(problem.Invalid, "schema.unreachable", "connection", connection)
	db, err := pgx.Connect(ctx, strings.TrimSpace(string(secret)))
	if err != nil {
		return nil, unreachable
	}
	defer db.Close(context.WithoutCancel(ctx))
	tx, err := db.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, unreachable
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if schema == "" {
		schema = "public"
	}
	if all, err = read(ctx, tx, schema); err != nil {
		return nil, unreachable
	}
	if len(all) > most {
		return nil, problem.New(problem.TooLarge, "schema.too_many", "most", most)
	}
	return all, nil
}

// read returns at most one column more than a reading may.
func read(ctx context.Context, tx pgx.Tx, schema string) (all []map[string]string, err error) {
	rows, err := tx.Query(ctx, `
		SELECT n.nspname || '.' || c.relname, c.relname, COALESCE(obj_description(c.oid, 'pg_class'), ''),
		       a.attname, format_type(a.atttypid, a.atttypmod), COALESCE(col_description(c.oid, a.attnum), ''), current_database()
		FROM   pg_class c
		JOIN   pg_namespace n ON n.oid = c.relnamespace
		JOIN   pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE  n.nspname = $1 AND c.relkind IN ('r','p','v','m','f') AND NOT c.relispartition
		ORDER  BY c.relname, a.attnum
		LIMIT  $2`, schema, most+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := []string{"code", "table", "table_comment", "column", "type", "comment", "database"}
	for rows.Next() {
		values := make([]string, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]string{}
		for i, v := range values {
			if v != "" {
				row[names[i]] = v
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
