package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Loader writes and profiles Parquet in the worker process. It implements
// intake.Loader.
type Loader struct {
	Dir    string // for what is under way
	Memory int64  // bytes for the engine; 512 MiB if 0
}

// rowGroup is the number of rows of a row group of the canonical table.
const rowGroup = 122_880

// longGroup is that of a table with rows longer than 1 MiB, or that did not fit
// into memory: a group is made there.
const longGroup = 4096

// tooLarge marks an error that says memory does not suffice.
func tooLarge(err error) error {
	if strings.Contains(err.Error(), "Out of Memory Error") {
		return fmt.Errorf("%w: %w", tabular.ErrTooLarge, err)
	}
	return err
}

// open returns an engine of its own, in memory.
func (l Loader) open(ctx context.Context) (*sql.DB, error) {
	memory := l.Memory
	if memory == 0 {
		memory = 512 << 20
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("open engine: %w", err)
	}
	for _, set := range []string{
		fmt.Sprintf("SET memory_limit='%dB'", memory), "SET temp_directory=" + text(filepath.Join(l.Dir, "spill")),
		"SET preserve_insertion_order=true", "SET autoinstall_known_extensions=false", "SET autoload_known_extensions=false",
	} {
		if _, err := db.ExecContext(ctx, set); err != nil {
			db.Close()
			return nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	return db, nil
}

// Load reads clean rows and writes the canonical table: Parquet, zstd, with
// statistics. Clean rows are UTF-8, comma, no header; texts are quoted, so
// that "" is the empty text and nothing at all is null; other values are
// canonical. It returns the rows written and fails unless they are wantRows(),
// which is asked when csv has ended.
//
// The engine begins with a buffer when it is full: buffers are as small as
// longest, the bytes of the longest line, allows; 0 stands for 16 MiB.
//
// Columns are given and nothing is detected: with detection, the reader
// silently dropped 283,299 of 10 million rows from a pipe (research/stack.md
// 1.2).
func (l Loader) Load(ctx context.Context, csv io.Reader, schema selection.Schema, wantRows func() int64, longest int, parquet string) (int64, error) {
	db, err := l.open(ctx)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	group := rowGroup
	if longest == 0 {
		longest = 16 << 20
	} else if longest > 1<<20 {
		group = longGroup
	}
	pipe := filepath.Join(l.Dir, "rows.fifo")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		return 0, fmt.Errorf("make pipe: %w", err)
	}
	defer os.Remove(pipe)
	fed := make(chan error, 1)
	go func() { fed <- feed(pipe, csv) }()
	columns := make([]string, len(schema.Columns))
	for i, c := range schema.Columns {
		columns[i] = text(c.Name) + ": " + text(native(c))
	}
	_, err = db.ExecContext(ctx, "COPY (SELECT * FROM read_csv("+text(pipe)+", auto_detect=false, header=false, delim=',', quote='\"', escape='\"', "+
		"nullstr='', allow_quoted_nulls=false, strict_mode=true, encoding='utf-8', new_line='\\n', "+
		fmt.Sprintf("max_line_size=%d, buffer_size=%d", longest, 4*longest)+", columns={"+strings.Join(columns, ", ")+"})) TO "+
		text(parquet)+fmt.Sprintf(" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)", group))
	if err != nil {
		return 0, errors.Join(fmt.Errorf("write table: %w", tooLarge(err)), unblock(pipe, fed))
	}
	if err := <-fed; err != nil {
		return 0, err
	}
	var rows int64
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM read_parquet("+text(parquet)+")").Scan(&rows); err != nil {
		return 0, fmt.Errorf("count table: %w", err)
	}
	if want := wantRows(); rows != want {
		return rows, fmt.Errorf("write table: %d rows arrived of %d sent", rows, want)
	}
	return rows, nil
}

// Append implements intake.Loader. Both files have the same columns.
func (l Loader) Append(ctx context.Context, base, added, parquet string) (int64, error) {
	db, err := l.open(ctx)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "COPY (FROM read_parquet(["+text(base)+", "+text(added)+"])) TO "+
		text(parquet)+fmt.Sprintf(" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)", rowGroup))
	if err != nil {
		return 0, fmt.Errorf("append table: %w", err)
	}
	var rows int64
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM read_parquet("+text(parquet)+")").Scan(&rows); err != nil {
		return 0, fmt.Errorf("count table: %w", err)
	}
	return rows, nil
}

// feed writes csv into the pipe. A pipe that nobody reads any more is no
// error of its own: the reader tells why it left.
func feed(pipe string, csv io.Reader) error {
	f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open pipe: %w", err)
	}
	defer f.Close()
	// Without more room both ends wait for each other at every 64 KiB; the
	// kernel may refuse it.
	_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, 1<<20)
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, csv, make([]byte, 1<<20)); err != nil && !errors.Is(err, unix.EPIPE) {
		return fmt.Errorf("send rows: %w", err)
	}
	return nil
}

// unblock lets a writer that still waits for a reader, or will, go on and
// fail, and waits for its end.
func unblock(pipe string, fed <-chan error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if fd, err := unix.Open(pipe, unix.O_RDONLY|unix.O_NONBLOCK, 0); err == nil {
			unix.Close(fd)
		}
		select {
		case err := <-fed:
			return err
		case <-tick.C:
		}
	}
}

// Profile implements intake.Loader.
func (l Loader) Profile(ctx context.Context, parquet string, schema selection.Schema) (tabular.Profile, error) {
	db, err := l.open(ctx)
	if err != nil {
		return tabular.Profile{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // a table for the time being belongs to its connection
	return profile(ctx, db, "read_parquet("+text(parquet)+")", schema)
}
