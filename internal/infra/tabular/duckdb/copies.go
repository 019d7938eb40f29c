package duckdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/tabular"
)

// Prepare implements tabular.Engine.
func (e *Engine) Prepare(ctx context.Context, t tabular.Table) error {
	database.MustBeOutside(ctx)
	leave, err := e.enter(ctx, copyName(t))
	if err != nil {
		return err
	}
	defer leave()
	return e.prepare(ctx, t)
}

// enter waits until nobody else makes or opens that copy.
func (e *Engine) enter(ctx context.Context, name string) (leave func(), err error) {
	e.mu.Lock()
	turn := e.making[name]
	if turn == nil {
		turn = make(chan struct{}, 1)
		e.making[name] = turn
	}
	e.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// prepare makes the copy if it is missing.
func (e *Engine) prepare(ctx context.Context, t tabular.Table) error {
	path := filepath.Join(e.options.Dir, copyName(t))
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return e.make(ctx, t, path)
}

// copyName names the serving copy of t: what it holds and how it is sorted.
func copyName(t tabular.Table) string {
	sum := sha256.Sum256([]byte("2\x00" + strings.Join(t.Key, "\x00"))) // 2: the layout's version
	return t.Parquet + "-" + hex.EncodeToString(sum[:4]) + ".duckdb"
}

// make writes the serving copy beside its place and moves it there whole.
func (e *Engine) make(ctx context.Context, t tabular.Table, path string) (err error) {
	parquet, err := e.options.Objects(t.Parquet)
	if err != nil {
		return fmt.Errorf("find table: %w", err)
	}
	half := fmt.Sprintf("%s%s%d", path, making, os.Getpid())
	drop := func() error { return errors.Join(os.RemoveAll(half), os.RemoveAll(half+".wal")) }
	if err := drop(); err != nil {
		return fmt.Errorf("drop half a copy: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, drop())
		}
	}()
	if err := e.fill(ctx, t, parquet, half); err != nil {
		return err
	}
	f, err := os.Open(half)
	if err != nil {
		return fmt.Errorf("open serving copy: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep serving copy: %w", err)
	}
	if err := os.Rename(half, path); err != nil {
		return fmt.Errorf("keep serving copy: %w", err)
	}
	return nil
}

// fill writes the table to a new file, sorted by the key and then as in the
// Parquet file. A number that is infinite or none becomes null, as cells are.
func (e *Engine) fill(ctx context.Context, t tabular.Table, parquet, file string) error {
	db, err := sql.Open("duckdb", file)
	if err != nil {
		return fmt.Errorf("make serving copy: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	order := "file_row_number"
	for i := len(t.Key) - 1; i >= 0; i-- {
		order = storedOf(t.Schema, t.Key[i]) + " NULLS LAST, " + order
	}
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = finite(c, quote(c.Name)) + " AS " + stored(i)
	}
	for _, q := range append(e.options.bounds(),
		"CREATE TABLE t AS SELECT * EXCLUDE (file_row_number) FROM (SELECT "+strings.Join(columns, ", ")+
			", file_row_number FROM read_parquet("+text(parquet)+", file_row_number=true)) ORDER BY "+order,
		"CHECKPOINT",
	) {
		if _, err := db.ExecContext(ctx, q); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("make serving copy: %w", err)
		}
	}
	var rows int64
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM t").Scan(&rows); err != nil {
		return fmt.Errorf("count serving copy: %w", err)
	}
	if rows != t.Rows {
		return fmt.Errorf("make serving copy of %s: %d rows of %d", t.Parquet, rows, t.Rows)
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("close serving copy: %w", err)
	}
	return nil
}

// finite turns what is no finite number into null.
func finite(c selection.Column, expr string) string {
	if c.Type != selection.Number {
		return expr
	}
	return "CASE WHEN isfinite(" + expr + ") THEN " + expr + " END"
}

// Open implements tabular.Engine. A copy that cannot be opened is thrown away
// and made again, once.
func (e *Engine) Open(ctx context.Context, t tabular.Table) (tabular.Reader, error) {
	database.MustBeOutside(ctx)
	name := copyName(t)
	leave, err := e.enter(ctx, name)
	if err != nil {
		return nil, err
	}
	defer leave()
	for attempt := 0; ; attempt++ {
		if err := e.prepare(ctx, t); err != nil {
			return nil, err
		}
		c, err := e.attach(ctx, name)
		switch {
		case err == nil:
			return &reader{engine: e, table: t, copy: c, from: quote(c.alias) + ".t"}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case attempt == 1:
			return nil, err
		}
		if err := os.Remove(filepath.Join(e.options.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("drop damaged serving copy: %w", err)
		}
	}
}

func (e *Engine) attach(ctx context.Context, name string) (*served, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.used++
	if c := e.copies[name]; c != nil {
		c.readers, c.used = c.readers+1, e.used
		return c, nil
	}
	if len(e.copies) >= e.options.MaxAttached {
		e.detachOldest(ctx)
	}
	c := &served{name: name, alias: fmt.Sprintf("c%d", e.used), readers: 1, used: e.used}
	// The reader's own leaving must not break what others wait for.
	ctx = context.WithoutCancel(ctx)
	path := filepath.Join(e.options.Dir, name)
	if _, err := e.control.ExecContext(ctx, "ATTACH "+text(path)+" AS "+quote(c.alias)+" (READ_ONLY)"); err != nil {
		return nil, fmt.Errorf("open serving copy: %w", err)
	}
	if err := e.whole(ctx, c, path); err != nil {
		_, left := e.control.ExecContext(ctx, "DETACH "+quote(c.alias))
		return nil, errors.Join(err, left)
	}
	e.copies[name] = c
	return c, nil
}

// fileHeader is what stands in a file before its blocks: three headers.
const fileHeader = 3 * 4096

// whole fails if the file of c is shorter than its own directory says. The
// engine itself attaches such a file and fails at the first block that lacks.
func (e *Engine) whole(ctx context.Context, c *served, path string) error {
	var blocks int64
	err := e.control.QueryRowContext(ctx, "SELECT CAST(total_blocks * block_size AS BIGINT) FROM pragma_database_size() WHERE database_name = "+text(c.alias)).Scan(&blocks)
	if err != nil {
		return fmt.Errorf("measure serving copy: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("measure serving copy: %w", err)
	}
	if info.Size() < fileHeader+blocks {
		return fmt.Errorf("serving copy %s: %d bytes of %d", c.name, info.Size(), fileHeader+blocks)
	}
	return nil
}

// detachOldest closes the copy that was longest without a reader.
func (e *Engine) detachOldest(ctx context.Context) {
	var oldest *served
	for _, c := range e.copies {
		if c.readers == 0 && (oldest == nil || c.used < oldest.used) {
			oldest = c
		}
	}
	if oldest == nil {
		return // all are being read: keep one more open than usual
	}
	if _, err := e.control.ExecContext(context.WithoutCancel(ctx), "DETACH "+quote(oldest.alias)); err == nil {
		delete(e.copies, oldest.name)
	}
}

func (e *Engine) release(c *served) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.readers--
}

// condemn throws a copy away that turned out to be damaged while it was read:
// the next reader makes it anew. Those who still read it fail as well.
func (e *Engine) condemn(ctx context.Context, c *served) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.copies[c.name] != c {
		return
	}
	if _, err := e.control.ExecContext(context.WithoutCancel(ctx), "DETACH "+quote(c.alias)); err != nil {
		return
	}
	delete(e.copies, c.name)
	os.Remove(filepath.Join(e.options.Dir, c.name))
}
