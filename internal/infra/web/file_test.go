package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

const tenBytes = "0123456789"

func fileRoute(t *testing.T, showing Showing) Route {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte(tenBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(tenBytes))
	return get("/file", "a.file", func(c *Context) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return c.File(File{Name: "公交线路.csv", MediaType: "text/csv", SHA256: hex.EncodeToString(sum[:]), Fresh: Immutable, Showing: showing,
			Modified: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Content: f})
	})
}

func TestFileAndItsRanges(t *testing.T) {
	b := newBench(t, nil, fileRoute(t, Attachment))
	r := b.ask(t, "GET", "/file", "")
	sum := sha256.Sum256([]byte(tenBytes))
	tag := `"` + hex.EncodeToString(sum[:]) + `"`
	for name, want := range map[string]string{"ETag": tag, "Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", "Accept-Ranges": "bytes",
		"Cache-Control": string(Immutable), "Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT", "Content-Type": "text/csv",
		"Content-Disposition": `attachment; filename="____.csv"; filename*=UTF-8''%E5%85%AC%E4%BA%A4%E7%BA%BF%E8%B7%AF.csv`} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if read(t, r) != tenBytes {
		t.Error("the file is not whole")
	}
	for _, c := range []struct {
		method, headers string
		status          int
		body            string
	}{
		{"GET", "Range: bytes=2-4", 206, "234"}, {"GET", "Range: bytes=-3", 206, "789"}, {"GET", "Range: bytes=20-", 416, ""},
		{"GET", "If-None-Match: " + tag, 304, ""}, {"GET", `If-None-Match: "other"`, 200, tenBytes}, {"HEAD", "", 200, ""},
		{"GET", "Range: bytes=2-4\nIf-Range: " + tag, 206, "234"}, {"GET", "Range: bytes=2-4\nIf-Range: \"other\"", 200, tenBytes},
		{"GET", "If-Modified-Since: Mon, 02 Mar 2026 00:00:00 GMT", 304, ""},
	} {
		var headers []string
		for line := range strings.SplitSeq(c.headers, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			headers = append(headers, name, value)
		}
		r := b.ask(t, c.method, "/file", "", headers...)
		if body := read(t, r); r.StatusCode != c.status || c.status != 416 && body != c.body {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.headers, r.StatusCode, body, c.status, c.body)
		}
		if c.status == 206 && r.Header.Get("Repr-Digest") == "" {
			t.Error("a part must carry the digest of the whole")
		}
	}
	b = newBench(t, nil, fileRoute(t, Inline))
	if got := b.ask(t, "GET", "/file", "").Header.Get("Content-Disposition"); !strings.HasPrefix(got, "inline; ") {
		t.Errorf("shown in the window: %s", got)
	}
}

// fromReader is a writer that tells what it was asked to read from.
type fromReader struct {
	*httptest.ResponseRecorder
	source io.Reader
}

func (f *fromReader) ReadFrom(r io.Reader) (int64, error) {
	f.source = r
	return io.Copy(f.ResponseRecorder, r)
}

func TestFileReachesTheConnectionAsAFile(t *testing.T) {
	b := newBench(t, nil, fileRoute(t, Attachment))
	w := &fromReader{ResponseRecorder: httptest.NewRecorder()}
	b.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/file", nil))
	limited, ok := w.source.(*io.LimitedReader)
	if !ok {
		t.Fatalf("the connection was given %T; sendfile needs a file", w.source)
	}
	if _, ok := limited.R.(*os.File); !ok {
		t.Errorf("the connection was given a part of %T", limited.R)
	}
	if got := b.log.lines(t, "request")[0]["bytes"]; got != 10.0 {
		t.Errorf("the log counts %v bytes", got)
	}
}

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"a.csv":              `attachment; filename=a.csv`,
		"a b.csv":            `attachment; filename="a b.csv"`,
		"数.csv":              `attachment; filename="_.csv"; filename*=UTF-8''%E6%95%B0.csv`,
		"a\"\r\nX: y/\\é'=:": `attachment; filename="a___X: y___'=:"; filename*=UTF-8''a%22%0D%0AX%3A%20y%2F%5C%C3%A9%27%3D%3A`,
		"bad\xff":            `attachment; filename="bad_"; filename*=UTF-8''bad_`,
	} {
		if got := Disposition(name); got != want {
			t.Errorf("%q:\n%s, want\n%s", name, got, want)
		}
	}
}

// streams are routes whose answers fail at several places.
func streams() []Route {
	fail := problem.New(problem.Exhausted, "bus.full", "name", "71")
	part := func(size int) Handler {
		return func(c *Context) error {
			return c.Stream("text/csv", "a.csv", func(w io.Writer) error {
				if _, err := io.Copy(w, strings.NewReader(strings.Repeat("x", size))); err != nil {
					return err
				}
				return fail
			})
		}
	}
	return []Route{
		get("/early", "a.early", part(0)), get("/little", "a.little", part(10)), get("/much", "a.much", part(1<<20)),
		get("/whole", "a.whole", func(c *Context) error {
			return c.Stream("text/csv", "a.csv", func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err })
		}),
		get("/empty", "a.empty", func(c *Context) error {
			return c.Stream("text/csv", "a.csv", func(io.Writer) error { return nil })
		}),
		get("/late", "a.late", func(c *Context) error {
			if err := c.JSON(200, "half"); err != nil {
				return err
			}
			return errors.New("after the answer")
		}),
		get("/panic", "a.panic", func(c *Context) error {
			c.Writer.Write([]byte("half"))
			panic("after the first byte")
		}),
	}
}

func TestStreamThatFailsIsNeverTakenForWhole(t *testing.T) {
	b := newBench(t, nil, streams()...)
	server := httptest.NewServer(b.Handler())
	defer server.Close()
	fetch := func(path string) (int, string, error) {
		r, err := server.Client().Get(server.URL + path)
		if err != nil {
			return 0, "", err
		}
		defer r.Body.Close()
		data, err := io.ReadAll(r.Body)
		return r.StatusCode, string(data), err
	}
	for _, path := range []string{"/little", "/much", "/panic"} {
		if status, body, err := fetch(path); err == nil {
			t.Errorf("%s looks whole: %d, %d bytes", path, status, len(body))
		}
	}
	if status, body, err := fetch("/early"); err != nil || status != 503 || !strings.Contains(body, "71满了") {
		t.Errorf("a problem before the first byte: %d %s %v", status, body, err)
	}
	if status, body, err := fetch("/whole"); err != nil || status != 200 || body != "whole" {
		t.Errorf("whole: %d %s %v", status, body, err)
	}
	if r := b.ask(t, "GET", "/empty", ""); r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/csv" {
		t.Errorf("empty: %d %v", r.StatusCode, r.Header)
	}
	if r := b.ask(t, "HEAD", "/much", ""); r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/csv" || read(t, r) != "" {
		t.Errorf("HEAD: %d %v", r.StatusCode, r.Header)
	}
	if cut := b.log.lines(t, "answer cut"); len(cut) != 2 {
		t.Errorf("cut answers logged: %v", cut)
	}
	fetch("/late") // the client may try it twice
	if cut := b.log.lines(t, "answer cut"); cut[len(cut)-1]["route"] != "a.late" {
		t.Errorf("an error after the answer must be logged: %v", cut)
	}
}

func TestOldProtocolSeesAReset(t *testing.T) {
	server := httptest.NewServer(newBench(t, nil, streams()...).Handler())
	defer server.Close()
	for path, whole := range map[string]bool{"/little": false, "/much": false, "/whole": true} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", path)
		_, err = io.Copy(io.Discard, conn)
		conn.Close()
		if (err == nil) != whole {
			t.Errorf("%s by HTTP/1.0: error %v, want whole %t", path, err, whole)
		}
	}
}

func TestStreamEndsWithItsReader(t *testing.T) {
	ended := make(chan error, 1)
	b := newBench(t, nil, get("/endless", "a.endless", func(c *Context) error {
		return c.Stream("text/csv", "a.csv", func(w io.Writer) error {
			for {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
					<-c.Request.Context().Done()
					ended <- c.Request.Context().Err()
					return err
				}
			}
		})
	}))
	server := httptest.NewServer(b.Handler())
	defer server.Close()
	r, err := server.Client().Get(server.URL + "/endless")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(r.Body).ReadByte(); err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the stream outlived its reader")
	}
}

// gate lets a test know that a handler is inside, and lets it out.
type gate struct{ inside, out chan struct{} }

func serving(t *testing.T, b bench) (address string, stop context.CancelFunc, ended chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	go func() { ended <- b.Serve(ctx, l) }()
	return "http://" + l.Addr().String(), stop, ended
}

func TestStopWaitsForRequestsUnderWay(t *testing.T) {
	g := gate{make(chan struct{}), make(chan struct{})}
	b := newBench(t, nil, get("/slow", "a.slow", func(c *Context) error {
		close(g.inside)
		<-g.out
		return c.JSON(200, "done")
	}))
	address, stop, ended := serving(t, b)
	answered := make(chan string, 1)
	go func() {
		r, err := http.Get(address + "/slow")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer r.Body.Close()
		data, _ := io.ReadAll(r.Body)
		answered <- string(data)
	}()
	<-g.inside
	stop()
	for { // until the listener is closed
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			break
		}
		conn.Close()
	}
	close(g.out)
	if got := <-answered; got != "\"done\"\n" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStopCutsWhatTakesTooLong(t *testing.T) {
	g := gate{make(chan struct{}), make(chan struct{})}
	b := newBench(t, nil, Route{Method: "POST", Path: "/slow", Name: "a.slow", Do: func(c *Context) error {
		close(g.inside)
		<-c.Request.Context().Done() // its body is unread, so that closing the connection would not tell it
		close(g.out)
		return c.Request.Context().Err()
	}})
	b.grace = 20 * time.Millisecond
	address, stop, ended := serving(t, b)
	go func() {
		if r, err := http.Post(address+"/slow", "text/plain", strings.NewReader("body")); err == nil {
			r.Body.Close()
		}
	}()
	<-g.inside
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	select {
	case <-g.out:
	default:
		t.Error("Serve returned before the handler did")
	}
}

func TestHeadersThatNeverEndAreRefused(t *testing.T) {
	b := newBench(t, nil, get("/a", "a.page", text("page")))
	address, stop, ended := serving(t, b)
	for size, want := range map[int]int{30_000: 200, 90_000: 431} {
		q, err := http.NewRequest("GET", address+"/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("X-Long", strings.Repeat("x", size))
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != want {
			t.Errorf("%d bytes of headers: %d, want %d", size, r.StatusCode, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
