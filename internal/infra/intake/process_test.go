//go:build linux

package intake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

// The test binary is its own worker, and the parent of one.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "worker":
		os.Exit(Serve(tasks))
	case len(os.Args) > 1 && os.Args[1] == "parent":
		err := Run(context.Background(), worker, "stay", os.Args[2], &struct{}{}, DefaultLimits)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var worker = []string{"/proc/self/exe", "worker"}

var tasks = map[string]Task{
	"read": func(ctx context.Context, in json.RawMessage) (any, error) {
		var req Request
		if err := json.Unmarshal(in, &req); err != nil {
			return nil, err
		}
		fmt.Println("a library that prints") // must not end up in the answer
		return Read(ctx, req, &table{})
	},
	"dial": func(_ context.Context, in json.RawMessage) (any, error) {
		var address string
		if err := json.Unmarshal(in, &address); err != nil {
			return nil, err
		}
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return "connected", nil
		}
		return err.Error(), nil
	},
	"limits": func(context.Context, json.RawMessage) (any, error) {
		var files, core syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
			return nil, err
		}
		err := syscall.Getrlimit(syscall.RLIMIT_CORE, &core)
		_, _, exec := syscall.RawSyscall(syscall.SYS_EXECVE, 0, 0, 0)
		return []uint64{files.Max, core.Max, uint64(exec), uint64(len(os.Environ()))}, err
	},
	"hog": func(context.Context, json.RawMessage) (any, error) {
		for all := [][]byte(nil); ; all = append(all, bytes.Repeat([]byte{1}, 1<<20)) {
			if len(all) > 4<<10 {
				return "4 GiB taken", nil
			}
		}
	},
	"stay": func(_ context.Context, in json.RawMessage) (any, error) {
		var file string
		if err := json.Unmarshal(in, &file); err == nil && file != "" {
			if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
				return nil, err
			}
		}
		time.Sleep(time.Hour)
		return nil, nil
	},
	"panic":  func(context.Context, json.RawMessage) (any, error) { panic("out of tune") },
	"goexit": func(context.Context, json.RawMessage) (any, error) { os.Exit(0); return nil, nil },
	"segfault": func(context.Context, json.RawMessage) (any, error) {
		return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
	},
	"fault": func(context.Context, json.RawMessage) (any, error) { return nil, errors.New("no such luck") },
	"problem": func(context.Context, json.RawMessage) (any, error) {
		var l problem.List
		l.Add("/columns/3", "intake.column_missing", "column", 4, "name", "区")
		p := problem.As(l.Err())
		p.Args = map[string]any{"line": int64(12345678), "share": 0.5}
		return nil, fmt.Errorf("wrapped: %w", p)
	},
}

func run(t *testing.T, task string, in any, limits Limits) (string, error) {
	t.Helper()
	var out string
	err := Run(t.Context(), worker, task, in, &out, limits)
	return out, err
}

func TestWorkerHasNoNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback here:", err)
	}
	defer l.Close()
	out, err := run(t, "dial", l.Addr().String(), DefaultLimits)
	if err != nil || !strings.Contains(out, "operation not permitted") {
		t.Errorf("dialling gave %q, %v", out, err)
	}
}

func TestWorkerIsBounded(t *testing.T) {
	t.Setenv("KAISHU_SECRET", "must not be inherited")
	var out []uint64
	if err := Run(t.Context(), worker, "limits", nil, &out, DefaultLimits); err != nil {
		t.Fatal(err)
	}
	if want := []uint64{maxOpenFiles, 0, uint64(syscall.EPERM), 3}; !reflect.DeepEqual(out, want) {
		t.Errorf("files, core, execve, environment: %v, want %v", out, want)
	}
}

func TestWorkerIsStopped(t *testing.T) {
	for _, c := range []struct {
		task, code string
		limits     Limits
	}{
		{"hog", "intake.too_much_memory", Limits{Memory: 200 << 20, Time: time.Minute}},
		{"stay", "intake.too_long", Limits{Memory: 1 << 30, Time: 200 * time.Millisecond}},
		{"panic", "intake.reader_crashed", DefaultLimits},
		{"goexit", "intake.reader_crashed", DefaultLimits},
		{"segfault", "intake.reader_crashed", DefaultLimits},
	} {
		_, err := run(t, c.task, "", c.limits)
		if p := problem.As(err); p == nil || p.Code != c.code || p.Kind != problem.Invalid {
			t.Errorf("%s: %v, want %s", c.task, err, c.code)
		}
		if c.task == "panic" && !strings.Contains(err.Error(), "out of tune") {
			t.Errorf("panic is not told: %v", err)
		}
	}
}

func TestWorkerTellsItsErrors(t *testing.T) {
	_, err := run(t, "fault", nil, DefaultLimits)
	if err == nil || problem.As(err) != nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("fault: %v", err)
	}
	if _, err := run(t, "nothing", nil, DefaultLimits); err == nil || problem.As(err) != nil {
		t.Errorf("unknown task: %v", err)
	}
	err = Run(t.Context(), []string{"/nowhere/kaishu"}, "fault", nil, nil, DefaultLimits)
	if err == nil || problem.As(err) != nil {
		t.Errorf("no binary: %v", err)
	}
	_, err = run(t, "problem", nil, DefaultLimits)
	want := &problem.Error{
		Kind: problem.Invalid, Code: "invalid_input",
		Args:   map[string]any{"line": int64(12345678), "share": 0.5},
		Fields: []problem.Field{{Pointer: "/columns/3", Code: "intake.column_missing", Args: map[string]any{"column": int64(4), "name": "区"}}},
	}
	if !reflect.DeepEqual(err, want) {
		t.Errorf("problem: %#v", err)
	}
}

func TestWorkerReads(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "upload")
	if err := os.WriteFile(path, []byte("a,b\n1,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got Result
	if err := Run(t.Context(), worker, "read", Request{Path: path, Dir: dir}, &got, DefaultLimits); err != nil {
		t.Fatal(err)
	}
	if got.RowsOut != 1 || got.Profile.Rows != 1 || types(got.Recipe) != "a:integer b:text" {
		t.Errorf("%+v", got)
	}
}

// pid waits for a worker to say who it is.
func pid(t *testing.T, fifo string) int {
	t.Helper()
	f, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newFifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pid")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCancelKillsWorker(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	fifo, done := newFifo(t), make(chan error, 1)
	go func() { done <- Run(ctx, worker, "stay", fifo, nil, DefaultLimits) }()
	n := pid(t, fifo)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := syscall.Kill(n, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("worker %d is still there: %v", n, err)
	}
	if err := Run(ctx, worker, "stay", "", nil, DefaultLimits); !errors.Is(err, context.Canceled) {
		t.Errorf("started after the end: %v", err)
	}
}

func TestWorkerDiesWithItsParent(t *testing.T) {
	fifo := newFifo(t)
	parent := exec.Command("/proc/self/exe", "parent", fifo)
	life, err := parent.StderrPipe() // the worker does not inherit it, the parent holds it
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	n := pid(t, fifo)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, bufio.NewReader(life))
	_ = parent.Wait() // killed
	deadline := time.After(10 * time.Second)
	for gone := false; !gone; {
		select {
		case <-deadline:
			_ = syscall.Kill(n, syscall.SIGKILL)
			t.Fatalf("worker %d outlives its parent", n)
		default:
			state, err := os.ReadFile("/proc/" + strconv.Itoa(n) + "/stat")
			gone = err != nil || bytes.Contains(state, []byte(") Z ")) // no init may reap it here
		}
	}
}
