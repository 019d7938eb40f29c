package queue

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

// TestMain lets this binary be the process that TestKilledProcess kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("KAISHU_TEST_QUEUE"); path != "" {
		if err := hang(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// hang does half of a job and never ends.
func hang(path string) error {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Path: path, Clock: clock.System{}})
	if err != nil {
		return err
	}
	p := NewPool(db, clock.System{}, id.New(clock.System{}), quiet, Options{Lease: time.Second}, Handle("work", func(ctx context.Context, _ work) error {
		fmt.Println("begun")
		select {}
	}))
	_, err = p.Step(ctx)
	return err
}

// TestKilledProcess kills a process with signal 9 in the middle of a job:
// another finishes it, once, when the lease has ended and not before.
func TestKilledProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := databasetest.At(t, path, Migrations)
	now := clock.At(clock.System{}.Now())
	b := bench{t, db, now}
	b.enqueue("a", 7)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "KAISHU_TEST_QUEUE="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	var ran []int
	p := b.pool(func(_ context.Context, w work) error {
		ran = append(ran, w.N)
		return nil
	})
	b.step(p, false) // still in the child's hands
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	b.step(p, false) // dead, but nobody knows yet
	now.Advance(time.Minute)
	b.step(p, true)
	b.step(p, false)
	if fmt.Sprint(ran) != "[7]" || b.count() != 0 {
		t.Errorf("ran %v, %d left", ran, b.count())
	}
}
