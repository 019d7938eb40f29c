package duckdb

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver

	"kaishu/internal/infra/database"
	"kaishu/internal/infra/tabular"
)

// Options of an engine; zero values but for Objects and Dir are usable.
type Options struct {
	Objects     func(hash string) (path string, err error) // local path of a Parquet object
	Dir         string                                     // folder of serving copies
	Connections int                                        // queries at the same time; one per core if 0
	Memory      int64                                      // bytes for all queries; 512 MiB if 0
	Timeout     time.Duration                              // of one query, exports apart; 10 s if 0
	MaxAttached int                                        // serving copies that are open; 200 if 0
}

// Engine implements tabular.Engine.
type Engine struct {
	options Options
	db      *sql.DB // in memory; serving copies are attached to it
	mu      sync.Mutex
	copies  map[string]*served // by file name
	making  map[string]*sync.Mutex
	used    int64
}

// served is a serving copy that is attached.
type served struct {
	alias   string
	readers int
	used    int64
}

var _ tabular.Engine = (*Engine)(nil)

// New returns an engine.
func New(o Options) (*Engine, error) {
	o.Connections = cmp.Or(o.Connections, runtime.NumCPU())
	o.Memory, o.Timeout, o.MaxAttached = cmp.Or(o.Memory, 512<<20), cmp.Or(o.Timeout, 10*time.Second), cmp.Or(o.MaxAttached, 200)
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", o.Dir, err)
	}
	o.Dir = dir
	if err := sweep(dir); err != nil {
		return nil, err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("open engine: %w", err)
	}
	db.SetMaxOpenConns(o.Connections)
	db.SetMaxIdleConns(o.Connections)
	// One thread a query and one query a core gave 3.5 times the pages of
	// letting each query use all cores (research/stack.md 1.4).
	for _, set := range []string{
		"SET threads=1", fmt.Sprintf("SET memory_limit='%dB'", o.Memory), "SET temp_directory=" + text(filepath.Join(dir, "tmp")),
		"SET autoinstall_known_extensions=false", "SET autoload_known_extensions=false",
		"SET allowed_directories=[" + text(dir+"/") + "]", "SET enable_external_access=false", "SET lock_configuration=true",
	} {
		if _, err := db.Exec(set); err != nil {
			db.Close()
			return nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	return &Engine{options: o, db: db, copies: map[string]*served{}, making: map[string]*sync.Mutex{}}, nil
}

// sweep removes what a killed process left half made.
func sweep(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	half, err := filepath.Glob(filepath.Join(dir, "*"+making+"*"))
	if err != nil {
		return err
	}
	for _, f := range half {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

// making marks the name of a serving copy that is not whole yet.
const making = ".making"

// Close implements tabular.Engine.
func (e *Engine) Close() error { return e.db.Close() }

// Prepare implements tabular.Engine.
func (e *Engine) Prepare(ctx context.Context, t tabular.Table) error {
	database.MustBeOutside(ctx)
	name := copyName(t)
	lock := e.lockOf(name)
	lock.Lock()
	defer lock.Unlock()
	path := filepath.Join(e.options.Dir, name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return e.make(ctx, t, path)
}

func (e *Engine) lockOf(name string) *sync.Mutex {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.making[name] == nil {
		e.making[name] = &sync.Mutex{}
	}
	return e.making[name]
}

// copyName names the serving copy of t: what it holds and how it is sorted.
func copyName(t tabular.Table) string {
	sum := sha256.Sum256([]byte("2\x00" + strings.Join(t.Key, "\x00"))) // 2: the layout's version
	return t.Parquet + "-" + hex.EncodeToString(sum[:4]) + ".duckdb"
}

// make writes the serving copy beside its place and moves it there whole.
func (e *Engine) make(ctx context.Context, t tabular.Table, path string) error {
	parquet, err := e.options.Objects(t.Parquet)
	if err != nil {
		return fmt.Errorf("find table: %w", err)
	}
	half := path + making
	for _, f := range []string{half, half + ".wal"} {
		os.Remove(f)
	}
	db, err := sql.Open("duckdb", half)
	if err != nil {
		return fmt.Errorf("make serving copy: %w", err)
	}
	defer db.Close()
	order := "file_row_number"
	for i := len(t.Key) - 1; i >= 0; i-- {
		order = quote(t.Key[i]) + " NULLS LAST, " + order
	}
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = quote(c.Name) + " AS " + stored(i)
	}
	for _, q := range []string{
		"SET threads=1", fmt.Sprintf("SET memory_limit='%dB'", e.options.Memory), "SET temp_directory=" + text(filepath.Join(e.options.Dir, "tmp")),
		"CREATE TABLE t AS SELECT " + strings.Join(columns, ", ") + " FROM read_parquet(" + text(parquet) + ", file_row_number=true) ORDER BY " + order,
		"CHECKPOINT",
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("make serving copy: %w", err)
		}
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("close serving copy: %w", err)
	}
	f, err := os.Open(half)
	if err != nil {
		return fmt.Errorf("open serving copy: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(half, path)); err != nil {
		return fmt.Errorf("keep serving copy: %w", err)
	}
	return nil
}

// Open implements tabular.Engine.
func (e *Engine) Open(ctx context.Context, t tabular.Table) (tabular.Reader, error) {
	database.MustBeOutside(ctx)
	if err := e.Prepare(ctx, t); err != nil {
		return nil, err
	}
	alias, err := e.attach(ctx, t)
	if err != nil {
		// A copy that cannot be opened is thrown away and made again, once.
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := os.Remove(filepath.Join(e.options.Dir, copyName(t))); err != nil {
			return nil, fmt.Errorf("drop damaged serving copy: %w", err)
		}
		if err := e.Prepare(ctx, t); err != nil {
			return nil, err
		}
		if alias, err = e.attach(ctx, t); err != nil {
			return nil, err
		}
	}
	return &reader{engine: e, table: t, name: copyName(t), from: quote(alias) + ".t"}, nil
}

func (e *Engine) attach(ctx context.Context, t tabular.Table) (string, error) {
	name := copyName(t)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.used++
	if c := e.copies[name]; c != nil {
		c.readers, c.used = c.readers+1, e.used
		return c.alias, nil
	}
	if len(e.copies) >= e.options.MaxAttached {
		e.detachOldest(ctx)
	}
	alias := fmt.Sprintf("c%d", e.used)
	path := filepath.Join(e.options.Dir, name)
	// The reader's own leaving must not break what others wait for.
	if _, err := e.db.ExecContext(context.WithoutCancel(ctx), "ATTACH "+text(path)+" AS "+quote(alias)+" (READ_ONLY)"); err != nil {
		return "", fmt.Errorf("open serving copy: %w", err)
	}
	e.copies[name] = &served{alias: alias, readers: 1, used: e.used}
	return alias, nil
}

// detachOldest closes the copy that was longest without a reader.
func (e *Engine) detachOldest(ctx context.Context) {
	oldest := ""
	for name, c := range e.copies {
		if c.readers == 0 && (oldest == "" || c.used < e.copies[oldest].used) {
			oldest = name
		}
	}
	if oldest == "" {
		return // all are being read: keep one more open than usual
	}
	if _, err := e.db.ExecContext(context.WithoutCancel(ctx), "DETACH "+quote(e.copies[oldest].alias)); err == nil {
		delete(e.copies, oldest)
	}
}

func (e *Engine) release(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.copies[name].readers--
}
