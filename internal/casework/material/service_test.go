package material

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
)

type bench struct {
	*testing.T
	*Service
	pool  *queue.Pool
	shelf *disk.Store
	now   *clock.Manual
}

func newBench(t *testing.T) bench {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now, Migrations: []fs.FS{ledger.Migrations, queue.Migrations, Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	shelf, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ids := id.New(now)
	s := New(db, now, ids, shelf)
	return bench{t, s, queue.NewPool(db, now, ids, slog.New(slog.DiscardHandler), queue.Options{}, s.Jobs()...), shelf, now}
}

func (b bench) keep(owner, caseID string, data []byte, enter func(*database.Tx, Material) error) (Material, error) {
	b.Helper()
	who := permit.Actor{Account: owner}
	f, err := b.Receive(b.Context(), who, "a.pdf", bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	return b.Keep(b.Context(), who, caseID, f, enter)
}

func fine(*database.Tx, Material) error { return nil }

func (b bench) objects() (n int) {
	b.Helper()
	if err := b.shelf.Each(b.Context(), func(objects.Info) error { n++; return nil }); err != nil {
		b.Fatal(err)
	}
	return n
}

func TestPurgedBytesAreGoneAndTheHashStays(t *testing.T) {
	b := newBench(t)
	ctx, who := t.Context(), permit.Actor{}
	mine, err := b.keep("ann", "case1", pdf(""), fine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.keep("bob", "case2", pdf(""), fine); err != nil { // the same content
		t.Fatal(err)
	}
	if _, err := b.Open(ctx, who, "case2", mine.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("a file of another case: %v", err)
	}
	f, err := b.Open(ctx, who, "case1", mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, pdf("")) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	f.Close()
	if c, err := b.CheckShelf(ctx, who); len(c.Missing) != 0 || err != nil {
		t.Errorf("missing: %q, %v", c.Missing, err)
	}
	purge := func(caseID string) {
		t.Helper()
		if err := b.db.Write(ctx, func(tx *database.Tx) error { return b.Purge(tx, who, caseID) }); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			if more, err = b.pool.Step(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	purge("case1")
	purge("case1")
	if b.objects() != 1 {
		t.Error("bytes that another case needs are gone")
	}
	if _, err := b.Open(ctx, who, "case1", mine.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("a purged file opens: %v", err)
	}
	if err := b.shelf.Remove(ctx, mine.SHA256); err != nil {
		t.Fatal(err)
	}
	if c, err := b.CheckShelf(ctx, who); len(c.Missing) != 1 || err != nil {
		t.Errorf("bytes were lost, missing: %q, %v", c.Missing, err)
	}
	purge("case2")
	if b.objects() != 0 {
		t.Error("bytes that nobody needs are kept")
	}
	var left []Material
	if err := b.db.Read(ctx, func(tx *database.Tx) (err error) { left, err = b.List(tx, who, "case1"); return err }); err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || !left[0].Purged() || left[0].SHA256 != mine.SHA256 || left[0].Name != "" {
		t.Errorf("what stays: %+v", left)
	}
}

func TestAFileOfNoCaseIsNotKept(t *testing.T) {
	b := newBench(t)
	no := errors.New("no")
	if _, err := b.keep("ann", "case1", pdf(""), func(*database.Tx, Material) error { return no }); !errors.Is(err, no) {
		t.Error(err)
	}
	if b.objects() != 0 {
		t.Error("its bytes stay")
	}
	if _, err := b.Receive(t.Context(), permit.Actor{}, "a.pdf", io.LimitReader(endless{}, MaxBytes*3)); problem.As(err) == nil || problem.As(err).Fields[0].Code != "material.too_large" {
		t.Errorf("too large: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
