//go:build linux

package intake

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kaishu/internal/base/problem"
)

const (
	watchEvery = 50 * time.Millisecond
	maxAnswer  = 64 << 20
	maxStderr  = 4 << 10
)

// order is what a worker is told on standard input.
type order struct {
	Task   string          `json:"task"`
	Memory int64           `json:"memory"`
	In     json.RawMessage `json:"in"`
}

// answer is what it says on standard output. One field is set.
type answer struct {
	Out     json.RawMessage `json:"out,omitempty"`
	Problem *problem.Error  `json:"problem,omitempty"`
	Fault   string          `json:"fault,omitempty"`
}

// Run does task in a worker process, the command line self, whose main is
// [Serve]. in and out travel as JSON; a problem travels whole.
//
// The worker has no network and is killed when it exceeds limits, with
// problem.Invalid "intake.too_much_memory" or "intake.too_long"; when ctx ends,
// with ctx's error; and when this process dies. A worker that breaks down gives
// problem.Invalid "intake.reader_crashed", wrapped in what it last wrote.
// Articles 3, 25(1).
func Run(ctx context.Context, self []string, task string, in, out any, limits Limits) error {
	limits.Memory = cmp.Or(limits.Memory, DefaultLimits.Memory)
	limits.Time = cmp.Or(limits.Time, DefaultLimits.Time)
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write order for %s: %w", task, err)
	}
	body, err = json.Marshal(order{Task: task, Memory: limits.Memory, In: body})
	if err != nil {
		return fmt.Errorf("write order for %s: %w", task, err)
	}
	stdout, stderr := &head{most: maxAnswer}, &tail{}
	worker := exec.Command(self[0], self[1:]...)
	worker.Env = []string{"TZ=UTC", "LANG=C.UTF-8", "TMPDIR=" + os.TempDir()}
	worker.Stdin, worker.Stdout, worker.Stderr = bytes.NewReader(body), stdout, stderr
	worker.WaitDelay = time.Second
	worker.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	killed, err := watch(ctx, worker, limits)
	if killed != nil {
		return killed
	}
	return read(task, stdout, stderr, err, out)
}

// watch runs the worker to its end. killed says why it was stopped; err is how
// it ended by itself.
func watch(ctx context.Context, worker *exec.Cmd, limits Limits) (killed, err error) {
	if err := ctx.Err(); err != nil {
		return err, nil
	}
	// The kernel sends the death signal when the thread that started the worker
	// ends, not the process: this thread must outlive the worker.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := worker.Start(); err != nil {
		return fmt.Errorf("start worker: %w", err), nil
	}
	ended := make(chan error, 1)
	go func() { ended <- worker.Wait() }()
	late := time.NewTimer(limits.Time)
	defer late.Stop()
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			return nil, err
		case <-ctx.Done():
			killed = ctx.Err()
		case <-late.C:
			killed = problem.New(problem.Invalid, "intake.too_long", "minutes", int64((limits.Time+time.Minute-1)/time.Minute))
		case <-look.C:
			if resident(worker.Process.Pid) <= limits.Memory {
				continue
			}
			killed = problem.New(problem.Invalid, "intake.too_much_memory", "mebibytes", limits.Memory>>20)
		}
		// The group is the worker's own. It is not reaped yet unless Wait has
		// just returned; then there is nothing left to kill.
		_ = syscall.Kill(-worker.Process.Pid, syscall.SIGKILL)
		<-ended
		return killed, nil
	}
}

// resident returns the memory of a process and its children in bytes, 0 if it
// has ended.
func resident(pid int) int64 {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return 0
	}
	var all int64
	if _, after, ok := strings.Cut(string(status), "VmRSS:"); ok {
		if fields := strings.Fields(after); len(fields) > 0 {
			kib, _ := strconv.ParseInt(fields[0], 10, 64)
			all = kib << 10
		}
	}
	tasks, _ := os.ReadDir(dir + "/task")
	for _, t := range tasks {
		children, _ := os.ReadFile(dir + "/task/" + t.Name() + "/children")
		for _, child := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				all += resident(n)
			}
		}
	}
	return all
}

// read takes the worker's answer.
func read(task string, stdout *head, stderr *tail, ended error, out any) error {
	if stdout.over {
		return fmt.Errorf("run worker %s: answer is longer than %d bytes", task, maxAnswer)
	}
	var a answer
	d := json.NewDecoder(&stdout.Buffer)
	d.UseNumber() // or message arguments become floating
	if err := d.Decode(&a); ended != nil || err != nil {
		_, exited := errors.AsType[*exec.ExitError](ended)
		if ended != nil && !exited {
			return fmt.Errorf("run worker %s: %w", task, ended)
		}
		return fmt.Errorf("run worker %s: %v: %s: %w", task, ended, stderr, problem.New(problem.Invalid, "intake.reader_crashed"))
	}
	switch {
	case a.Problem != nil:
		whole(a.Problem.Args)
		for _, f := range a.Problem.Fields {
			whole(f.Args)
		}
		return a.Problem
	case a.Fault != "":
		return fmt.Errorf("run worker %s: %s: %s", task, a.Fault, stderr)
	}
	if err := json.Unmarshal(a.Out, out); err != nil {
		return fmt.Errorf("read answer of worker %s: %w", task, err)
	}
	return nil
}

// whole turns the numbers that JSON brought back into int64 or float64.
func whole(args map[string]any) {
	for key, v := range args {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		if i, err := n.Int64(); err == nil {
			args[key] = i
		} else if f, err := n.Float64(); err == nil {
			args[key] = f
		}
	}
}

// head keeps the beginning of what is written.
type head struct {
	bytes.Buffer
	most int
	over bool
}

func (h *head) Write(p []byte) (int, error) {
	if h.Len()+len(p) > h.most {
		h.over = true
		return len(p), nil
	}
	return h.Buffer.Write(p)
}

// tail keeps the last bytes of what is written.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if extra := len(t.text) - maxStderr; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }
