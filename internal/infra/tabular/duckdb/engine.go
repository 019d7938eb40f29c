package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
	"golang.org/x/sys/unix"

	"kaishu/internal/infra/tabular"
)

// Options of an engine; zero values but for Objects and Dir are usable.
type Options struct {
	Objects     func(hash string) (path string, err error) // local path of a Parquet object
	Dir         string                                     // folder of serving copies
	Connections int                                        // queries at the same time; one per core if 0
	Memory      int64                                      // bytes for all queries; 512 MiB if 0
	Spill       int64                                      // bytes on disk for what does not fit in Memory; 16 × Memory if 0
	Timeout     time.Duration                              // of one query, exports apart; 10 s if 0
	MaxAttached int                                        // serving copies that are open; 200 if 0
}

// Engine implements tabular.Engine.
type Engine struct {
	options Options
	db      *sql.DB   // in memory; serving copies are attached to it
	control *sql.Conn // attaches and detaches, so that neither waits for queries
	lock    *os.File  // held as long as the engine lives
	mu      sync.Mutex
	copies  map[string]*served // by file name
	making  map[string]chan struct{}
	used    int64
}

// served is a serving copy that is attached.
type served struct {
	name    string // of its file
	alias   string
	readers int
	used    int64
}

var _ tabular.Engine = (*Engine)(nil)

// New returns an engine. Several engines may share a folder; the first one
// sweeps it.
func New(o Options) (*Engine, error) {
	o.Connections = cmp.Or(o.Connections, runtime.NumCPU())
	o.Memory, o.Timeout, o.MaxAttached = cmp.Or(o.Memory, 512<<20), cmp.Or(o.Timeout, 10*time.Second), cmp.Or(o.MaxAttached, 200)
	o.Spill = cmp.Or(o.Spill, 16*o.Memory)
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", o.Dir, err)
	}
	o.Dir = dir
	lock, err := enter(dir)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open engine: %w", err), lock.Close())
	}
	db.SetMaxOpenConns(o.Connections + 1)
	db.SetMaxIdleConns(o.Connections + 1)
	for _, set := range append(o.bounds(),
		"SET allowed_directories=["+text(dir+"/")+"]", "SET enable_external_access=false", "SET lock_configuration=true") {
		if _, err := db.Exec(set); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", set, err), db.Close(), lock.Close())
		}
	}
	control, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open engine: %w", err), db.Close(), lock.Close())
	}
	return &Engine{options: o, db: db, control: control, lock: lock, copies: map[string]*served{}, making: map[string]chan struct{}{}}, nil
}

// bounds are the settings of every instance of the engine. One thread a query
// and one query a core gave 3.5 times the pages of letting each query use all
// cores (research/stack.md 1.4).
func (o Options) bounds() []string {
	return []string{
		"SET threads=1", fmt.Sprintf("SET memory_limit='%dB'", o.Memory), "SET temp_directory=" + text(filepath.Join(o.Dir, "tmp")),
		fmt.Sprintf("SET max_temp_directory_size='%dB'", o.Spill),
		"SET autoinstall_known_extensions=false", "SET autoload_known_extensions=false",
	}
}

// enter makes the folder, removes what killed processes left half made, and
// returns the lock that keeps other engines from sweeping.
func enter(dir string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o755); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
		if err := sweep(dir); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_SH); err != nil {
		return nil, errors.Join(fmt.Errorf("lock folder: %w", err), lock.Close())
	}
	return lock, nil
}

func sweep(dir string) error {
	half, err := filepath.Glob(filepath.Join(dir, "*"+making+"*"))
	if err != nil {
		return err
	}
	spilt, err := filepath.Glob(filepath.Join(dir, "tmp", "*"))
	if err != nil {
		return err
	}
	for _, f := range append(half, spilt...) {
		if err := os.RemoveAll(f); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

// making marks the name of a serving copy that is not whole yet.
const making = ".making"

// Close implements tabular.Engine.
func (e *Engine) Close() error {
	return errors.Join(e.control.Close(), e.db.Close(), e.lock.Close())
}

// damaged reports whether err says that a serving copy does not hold what was
// written to it.
func damaged(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "Corrupt database file") || strings.Contains(err.Error(), "Could not read enough bytes"))
}
