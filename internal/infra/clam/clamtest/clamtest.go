// Package clamtest is a clamd for tests: it speaks the INSTREAM command on a
// real socket and answers as it is told, or not at all.
package clamtest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// Server is a clamd whose mood can be changed.
type Server struct {
	Place string // for clam.New

	mu     sync.Mutex
	answer func(file []byte) string
	files  [][]byte
}

// Start returns a server on a socket of the machine that ends with the test.
// It finds whatever holds the word evil, and says that the rest is clean.
func Start(t testing.TB) *Server {
	t.Helper()
	return start(t, "unix", filepath.Join(t.TempDir(), "clamd"))
}

// StartTCP is Start on a port.
func StartTCP(t testing.TB) *Server {
	t.Helper()
	return start(t, "tcp", "127.0.0.1:0")
}

func start(t testing.TB, network, address string) *Server {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Place: network + ":" + listener.Addr().String()}
	s.Answer(Honest)
	var all sync.WaitGroup
	end := make(chan struct{})
	t.Cleanup(func() {
		close(end)
		listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				s.serve(conn, end)
			})
		}
	})
	return s
}

// Honest is the answer of a clamd that works.
func Honest(file []byte) string {
	if bytes.Contains(file, []byte("evil")) {
		return "stream: Test.Evil-1 FOUND\x00"
	}
	return "stream: OK\x00"
}

// Silent is the answer of a clamd that never answers.
const Silent = "silent"

// Answer has the server answer so from now on. The text is sent as it is, with
// its zero byte, and the connection is closed; see [Silent].
func (s *Server) Answer(answer func(file []byte) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// Files returns what was sent so far.
func (s *Server) Files() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files
}

// serve hears one command. A client that goes away in the middle gets nothing.
func (s *Server) serve(conn net.Conn, end <-chan struct{}) {
	in := bufio.NewReader(conn)
	if command, err := in.ReadString(0); err != nil || command != "zINSTREAM\x00" {
		io.WriteString(conn, "UNKNOWN COMMAND\x00")
		return
	}
	var file []byte
	for {
		var size uint32
		if binary.Read(in, binary.BigEndian, &size) != nil {
			return
		}
		if size == 0 {
			break
		}
		part := make([]byte, size)
		if _, err := io.ReadFull(in, part); err != nil {
			return
		}
		file = append(file, part...)
	}
	s.mu.Lock()
	s.files = append(s.files, file)
	text := s.answer(file)
	s.mu.Unlock()
	if text != Silent {
		io.WriteString(conn, text)
		return
	}
	gone := make(chan struct{})
	go func() {
		in.ReadByte() // returns when the client goes
		close(gone)
	}()
	select {
	case <-gone:
	case <-end:
	}
}
