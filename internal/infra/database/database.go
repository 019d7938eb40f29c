// Package database is where rows live: SQLite as the embedded default, and
// the seam behind which PostgreSQL stands (house.md B.7). SQL is one portable
// subset, written by hand with ? as placeholder; ids and instants are text.
package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"kaishu/internal/base/clock"
)

// Options says where the database is and what it must hold.
type Options struct {
	Path       string  // SQLite file; its folder exists
	Migrations []fs.FS // each holds migrations/*.sql
	Clock      clock.Clock
	// Patience is how long a transaction waits for its turn before that is a
	// fault: most likely one waits inside another, for ever. 30 s if 0.
	Patience time.Duration
}

// DB is an open database.
type DB struct {
	dialect Dialect
	writer  *sql.DB // one connection: SQLite has one writer
	readers *sql.DB
	group   *group

	patience time.Duration
	wrote    atomic.Pointer[func()]
}

// Open opens the database and brings its tables up to date. A file that does
// not exist is made.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{dialect: SQLite, patience: cmp.Or(o.Patience, 30*time.Second)}
	var err error
	// A long write keeps its pages in memory.
	if db.writer, err = open(o.Path, "_txlock=immediate&_pragma=cache_size(-64000)", 1); err != nil {
		return nil, err
	}
	if db.readers, err = open(o.Path, "_pragma=query_only(1)&_pragma=cache_size(-16000)", max(4, 2*runtime.NumCPU())); err != nil {
		db.writer.Close()
		return nil, err
	}
	db.group = &group{writer: db.writer, dialect: db.dialect, patience: db.patience}
	if err := migrate(ctx, db, o); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func open(path, extra string, connections int) (*sql.DB, error) {
	// FULL: an acknowledged act survives a loss of power.
	pragmas := "_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=foreign_keys(1)&"
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+pragmas+extra)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close closes the database. Transactions must have ended.
func (db *DB) Close() error { return errors.Join(db.readers.Close(), db.writer.Close()) }

// OnWrite has after called each time a Write has committed, in its goroutine.
// It must not block. There is one such function; the last one given counts.
func (db *DB) OnWrite(after func()) { db.wrote.Store(&after) }

// Write runs do in one transaction and returns when it is durable. If do fails
// or panics, nothing is written. Do may be run again, after a busy error or
// because another's failure took the commit they shared, so it has no other
// effect: no network, mail or file; its context is marked, and
// [MustBeOutside] catches those who try.
func (db *DB) Write(ctx context.Context, do func(tx *Tx) error) error {
	if InTransaction(ctx) {
		return errors.New("write database: transactions do not nest; pass the tx")
	}
	err := db.group.write(ctx, do)
	if err == nil {
		if after := db.wrote.Load(); after != nil {
			(*after)()
		}
	}
	return err
}

// Read runs do on a snapshot that is taken by its first query and does not
// change under it. What do writes is refused. A Read inside another
// transaction would see something else than that transaction, and is a fault.
func (db *DB) Read(ctx context.Context, do func(tx *Tx) error) error {
	if InTransaction(ctx) {
		return errors.New("read database: transactions do not nest; pass the tx")
	}
	wait, stop := context.WithTimeout(ctx, db.patience)
	conn, err := db.readers.Conn(wait)
	stop()
	if err != nil {
		return fmt.Errorf("wait for turn to read: %w", cmp.Or(ctx.Err(), err))
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer tx.Rollback() // nothing to commit
	return do(&Tx{tx: tx, ctx: mark(ctx), dialect: db.dialect})
}

// Check reads the whole database and reports damage.
func (db *DB) Check(ctx context.Context) error {
	return db.Read(ctx, func(tx *Tx) error {
		var answer string
		if err := tx.QueryRow(`PRAGMA integrity_check(20)`).Scan(&answer); err != nil {
			return fmt.Errorf("check database: %w", err)
		}
		if answer != "ok" {
			return fmt.Errorf("check database: %s", answer)
		}
		rows, err := tx.Query(`PRAGMA foreign_key_check`)
		if err != nil {
			return fmt.Errorf("check foreign keys: %w", err)
		}
		defer rows.Close()
		if rows.Next() {
			return errors.New("check foreign keys: a row points to nothing")
		}
		return rows.Err()
	})
}

// Tx is a transaction under way.
type Tx struct {
	tx      *sql.Tx
	ctx     context.Context
	dialect Dialect
	often   map[string]*often // statements by text
}

// often is a statement that a transaction may run again and again: from the
// third time on it is prepared, so that long loops do not parse it each time.
type often struct {
	runs int
	stmt *sql.Stmt // closed with the transaction; nil before it is worth it
}

// prepared returns the statement of a text that is run often; nil if it is
// not.
func (tx *Tx) prepared(query string) (*sql.Stmt, error) {
	o := tx.often[query]
	if o == nil {
		if tx.often == nil {
			tx.often = map[string]*often{}
		}
		o = &often{}
		tx.often[query] = o
	}
	if o.runs++; o.stmt != nil || o.runs < 3 {
		return o.stmt, nil
	}
	var err error
	o.stmt, err = tx.tx.PrepareContext(tx.ctx, tx.dialect.Rewrite(query))
	return o.stmt, err
}

// Context returns the transaction's context, which is marked as inside.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Exec runs a statement and returns the number of rows that it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	s, err := tx.prepared(query)
	if err != nil {
		return 0, err
	}
	var r sql.Result
	if s != nil {
		r, err = s.ExecContext(tx.ctx, args...)
	} else {
		r, err = tx.tx.ExecContext(tx.ctx, tx.dialect.Rewrite(query), args...)
	}
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Query runs a query. Close the rows.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(tx.ctx, tx.dialect.Rewrite(query), args...)
}

// QueryRow runs a query of at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	if s, err := tx.prepared(query); err == nil && s != nil {
		return s.QueryRowContext(tx.ctx, args...)
	}
	return tx.tx.QueryRowContext(tx.ctx, tx.dialect.Rewrite(query), args...)
}

// IsUnique reports whether err says that a row with that key exists already.
func IsUnique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlitelib.SQLITE_BUSY
}

type inside struct{}

func mark(ctx context.Context) context.Context { return context.WithValue(ctx, inside{}, true) }

// InTransaction reports whether ctx belongs to a transaction.
func InTransaction(ctx context.Context) bool { return ctx.Value(inside{}) != nil }

// strict makes [MustBeOutside] panic; tests turn it on.
var strict atomic.Bool

// Strict has [MustBeOutside] panic from now on. Tests call it.
func Strict() { strict.Store(true) }

// MustBeOutside panics in tests if ctx belongs to a transaction: slow or
// irrevocable deeds have no place in one (house.md B.9).
func MustBeOutside(ctx context.Context) {
	if strict.Load() && InTransaction(ctx) {
		panic("database: a file, mail or request inside a transaction")
	}
}

// Dialect is how a kind of database writes placeholders.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgresql"
)

// Rewrite turns the ? of query into the dialect's placeholders. Quoted texts,
// quoted names and comments are left alone.
func (d Dialect) Rewrite(query string) string {
	if d == SQLite {
		return query
	}
	var b strings.Builder
	n := 0
	for i := 0; i < len(query); {
		end := i + 1
		switch {
		case query[i] == '?':
			n++
			fmt.Fprintf(&b, "$%d", n)
			i = end
			continue
		case query[i] == '\'' || query[i] == '"':
			end = after(query, i+1, query[i:i+1])
		case strings.HasPrefix(query[i:], "--"):
			end = after(query, i, "\n")
		case strings.HasPrefix(query[i:], "/*"):
			end = after(query, i+2, "*/")
		}
		b.WriteString(query[i:end])
		i = end
	}
	return b.String()
}

// after returns the place behind the next mark at or after from.
func after(s string, from int, mark string) int {
	if i := strings.Index(s[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(s)
}
