//go:build linux

package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"

	"kaishu/internal/base/problem"
)

// Task is one kind of work. It gets the order's input and returns what goes
// back as JSON.
type Task func(ctx context.Context, in json.RawMessage) (any, error)

// Serve is the main of a worker process: it shuts itself in, reads one order
// from standard input, does the task and writes the answer to standard output.
// It returns the exit status. Whatever a library prints goes to standard error.
func Serve(tasks map[string]Task) int {
	stdout, err := takeStdout()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start worker:", err)
		return 1
	}
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		fmt.Fprintln(os.Stderr, "read order:", err)
		return 1
	}
	if err := json.NewEncoder(stdout).Encode(serve(tasks, o)); err != nil {
		fmt.Fprintln(os.Stderr, "write answer:", err)
		return 1
	}
	return 0
}

func serve(tasks map[string]Task, o order) answer {
	task := tasks[o.Task]
	if task == nil {
		return answer{Fault: fmt.Sprintf("no task %q", o.Task)}
	}
	// Half for Go; the rest is for engines outside its heap.
	debug.SetMemoryLimit(o.Memory / 2)
	if err := shutIn(); err != nil {
		return answer{Fault: "shut worker in: " + err.Error()}
	}
	result, err := task(context.Background(), o.In)
	if p := problem.As(err); p != nil {
		return answer{Problem: p}
	}
	if err != nil {
		return answer{Fault: err.Error()}
	}
	out, err := json.Marshal(result)
	if err != nil {
		return answer{Fault: "write answer: " + err.Error()}
	}
	return answer{Out: out}
}

// takeStdout keeps standard output for the answer and lets descriptor 1 lead
// to standard error.
func takeStdout() (*os.File, error) {
	fd, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("keep standard output: %w", err)
	}
	if err := unix.Dup3(2, 1, 0); err != nil {
		return nil, fmt.Errorf("redirect standard output: %w", err)
	}
	return os.NewFile(uintptr(fd), "answer"), nil
}

// refusedCalls fail with EPERM: whatever leads out of the process. io_uring is
// among them because it does the same by other means.
var refusedCalls = []string{
	"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
	"sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
	"io_uring_setup", "io_uring_enter", "io_uring_register",
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
	"pidfd_getfd", "kcmp", "mount", "umount2", "pivot_root", "chroot", "setns", "unshare",
	"bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
	"init_module", "finit_module", "delete_module", "kexec_load", "reboot", "swapon", "swapoff",
}

const (
	maxOpenFiles = 256
	maxFileBytes = 64 << 30
)

// shutIn bounds the process and closes its ways out, for all its threads and
// for good. It fails where the kernel or the processor is not known, rather
// than let a worker run in the open.
func shutIn() error {
	for resource, most := range map[int]uint64{
		unix.RLIMIT_NOFILE: maxOpenFiles, unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: maxFileBytes,
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(resource, &now); err != nil {
			return fmt.Errorf("read limit %d: %w", resource, err)
		}
		most = min(most, now.Max)
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("set limit %d: %w", resource, err)
		}
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return fmt.Errorf("no filter for %s", runtime.GOARCH)
	}
	info, err := arch.GetInfo("")
	if err != nil {
		return fmt.Errorf("read table of system calls: %w", err)
	}
	refused := slices.DeleteFunc(slices.Clone(refusedCalls), func(name string) bool {
		_, known := info.SyscallNames[name] // not every processor has every call
		return !known
	})
	runtime.LockOSThread() // no-new-privileges is per thread and the filter needs it
	defer runtime.UnlockOSThread()
	return seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls:      []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: refused}},
		},
	})
}
