package disk_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/objects/objectstest"
)

func open(t *testing.T, root string) *disk.Store {
	t.Helper()
	s, err := disk.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	objectstest.Suite(t, func(t *testing.T) objects.Store { return open(t, t.TempDir()) })
}

func TestObjectsAreReadOnlyAndSpread(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put, err := s.Put(t.Context(), strings.NewReader("put"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "made")
	if err := os.WriteFile(file, []byte("adopted"), 0o666); err != nil {
		t.Fatal(err)
	}
	adopted, err := s.Adopt(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []objects.Info{put, adopted} {
		path, err := s.Path(o.Hash)
		if err != nil || path != filepath.Join(root, o.Hash[:2], o.Hash[2:4], o.Hash) {
			t.Errorf("%s, %v", path, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o444 {
			t.Errorf("%s, %v", info.Mode(), err)
		}
	}
	wantTemporary(t, root, 0)
	if again := objectstest.All(t, open(t, root)); len(again) != 2 {
		t.Errorf("after opening again: %v", again)
	}
}

func wantTemporary(t *testing.T, root string, want int) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(root, "tmp"))
	if err != nil || len(left) != want {
		t.Errorf("%d temporary files, %v; want %d", len(left), err, want)
	}
}

func TestAdoptFromAnotherFileSystem(t *testing.T) {
	elsewhere, err := os.MkdirTemp("/dev/shm", "kaishu-test-")
	if err != nil {
		t.Skip("no second file system:", err)
	}
	defer os.RemoveAll(elsewhere)
	root := t.TempDir()
	if device(t, elsewhere) == device(t, root) {
		t.Skip("no second file system")
	}
	file := filepath.Join(elsewhere, "made")
	if err := os.WriteFile(file, []byte("from afar"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, root)
	info, err := s.Adopt(t.Context(), file)
	if err != nil || info.Bytes != 9 {
		t.Fatal(info, err)
	}
	if err := s.Verify(t.Context(), info.Hash); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	wantTemporary(t, root, 0)
}

func device(t *testing.T, path string) uint64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	return s.Dev
}

// TestMain lets this binary be the process that is killed or has no room.
func TestMain(m *testing.M) {
	if root := os.Getenv("KAISHU_TEST_DISK"); root != "" {
		if err := child(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(root string) error {
	s, err := disk.Open(root)
	if err != nil {
		return err
	}
	switch os.Getenv("KAISHU_TEST_DEED") {
	case "endless":
		_, err = s.Put(context.Background(), &endless{})
	case "many":
		for i := 0; err == nil; i++ {
			var info objects.Info
			info, err = s.Put(context.Background(), strings.NewReader(strings.Repeat(fmt.Sprintln(i), 50_000)))
			fmt.Println(info.Hash)
		}
	case "full":
		err = full(s)
	}
	return err
}

// endless says when a megabyte has been read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > 1<<20 && e.read-len(p) <= 1<<20 {
		fmt.Println("begun")
	}
	return len(p), nil
}

// full puts more than may be written, then less.
func full(s *disk.Store) error {
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails, as on a full disk
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if info, err := s.Put(context.Background(), &endless{}); err == nil {
		return fmt.Errorf("an endless object was put: %+v", info)
	}
	_, err := s.Put(context.Background(), strings.NewReader("fits"))
	return err
}

func start(t *testing.T, root, deed string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "KAISHU_TEST_DISK="+root, "KAISHU_TEST_DEED="+deed)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c, bufio.NewScanner(out)
}

func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
}

func TestKilledInTheMiddleOfAnObject(t *testing.T) {
	root := t.TempDir()
	c, out := start(t, root, "endless")
	if !out.Scan() {
		t.Fatal("the child said nothing")
	}
	kill(t, c)
	wantTemporary(t, root, 1)
	s := open(t, root)
	wantTemporary(t, root, 0)
	if all := objectstest.All(t, s); len(all) != 0 {
		t.Errorf("left %v", all)
	}
}

// TestKilledBetweenObjects: what was acknowledged is there and whole, and so
// is everything else that has a name.
func TestKilledBetweenObjects(t *testing.T) {
	root := t.TempDir()
	c, out := start(t, root, "many")
	var acknowledged []string
	for len(acknowledged) < 20 && out.Scan() {
		acknowledged = append(acknowledged, out.Text())
	}
	kill(t, c)
	if len(acknowledged) < 20 {
		t.Fatalf("the child put %d objects", len(acknowledged))
	}
	s := open(t, root)
	all := objectstest.All(t, s)
	for _, hash := range acknowledged {
		if _, ok := all[hash]; !ok {
			t.Errorf("object %s is lost", hash)
		}
	}
	for hash := range all {
		if err := s.Verify(t.Context(), hash); err != nil {
			t.Error(err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	root := t.TempDir()
	c, _ := start(t, root, "full")
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	wantTemporary(t, root, 0)
	s, err := disk.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if all := objectstest.All(t, s); len(all) != 1 {
		t.Errorf("left %v, want the one that fits", all)
	}
}
