package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary builds kaishu once per run of the tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kaishu-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "kaishu")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %v\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" { // a platform in this process starts its workers so
		os.Exit(worker())
	}
	code := m.Run()
	for _, folder := range cities.made {
		os.RemoveAll(folder)
	}
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// kaishu runs a command on a data folder and returns what it printed.
func kaishu(t *testing.T, data string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, path, args...)
	c.Env = append(os.Environ(), "KAISHU_DATA="+data)
	var out, log bytes.Buffer
	c.Stdout, c.Stderr = &out, &log
	err = c.Run()
	if err != nil {
		err = fmt.Errorf("kaishu %s: %w\n%s", strings.Join(args, " "), err, log.String())
	}
	return out.String(), err
}

func must(t *testing.T, data string, args ...string) string {
	t.Helper()
	out, err := kaishu(t, data, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// server is a running kaishu.
type server struct {
	url string
	cmd *exec.Cmd
	log *bytes.Buffer
	end chan error // how the process ended, once
}

// start serves data, with more arguments if wanted, and waits until it is
// ready.
func start(t *testing.T, data string, args ...string) *server {
	t.Helper()
	return startWith(t, data, []string{"KAISHU_FAIR_USE=0"}, args...)
}

// startWith is start with settings of its own.
func startWith(t *testing.T, data string, settings []string, args ...string) *server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	s := &server{url: "http://" + address, log: &bytes.Buffer{}, end: make(chan error, 1)}
	s.cmd = exec.Command(path, append(args, "--listen", address)...)
	s.cmd.Env = append(append(os.Environ(), "KAISHU_DATA="+data), settings...)
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.end <- s.cmd.Wait() }()
	t.Cleanup(func() { s.stop(t) })
	for range 600 {
		select {
		case err := <-s.end:
			s.end <- err
			t.Fatalf("the server ended: %v\n%s", err, s.log)
		default:
		}
		if r, err := http.Get(s.url + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return s
			}
		}
		time.Sleep(50 * time.Millisecond) // a process of its own has no signal to wait for
	}
	t.Fatalf("not ready\n%s", s.log)
	return nil
}

// stop ends the server as an operator does; it must end by itself.
func (s *server) stop(t *testing.T) {
	s.cmd.Process.Signal(syscall.SIGTERM) // fails if it has ended
	select {
	case err := <-s.end:
		if s.end <- nil; err != nil {
			t.Errorf("server ended with %v\n%s", err, s.log)
		}
	case <-time.After(30 * time.Second):
		s.cmd.Process.Kill()
		t.Error("the server did not stop when asked")
	}
}

// ask sends a request and returns status and body.
func (s *server) ask(t *testing.T, method, path, token string, body io.Reader) (int, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, text
}

// get decodes a JSON answer.
func get[T any](t *testing.T, s *server, path string) (v T) {
	t.Helper()
	status, body := s.ask(t, "GET", path, "", nil)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return v
}

// until asks again and again until want is satisfied.
func until(t *testing.T, what string, want func() bool) {
	t.Helper()
	for range 1200 {
		if want() {
			return
		}
		time.Sleep(50 * time.Millisecond) // another process works; it sends no signal here
	}
	t.Fatalf("%s did not come to pass", what)
}
