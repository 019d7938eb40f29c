package outgoing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

func TestGetBringsTheFile(t *testing.T) {
	file := strings.Repeat("a,b\n", 100_000)
	c, address := site(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet || r.Header.Get("User-Agent") != "Kaishu" || r.Header.Get("Cookie") != "":
			w.WriteHeader(http.StatusTeapot)
		case r.Header.Get("If-None-Match") == `"1"`:
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/missing":
			http.Error(w, "no such file", http.StatusNotFound)
		default:
			w.Header().Set("Etag", `"1"`)
			io.WriteString(w, file)
		}
	})
	var to bytes.Buffer
	status, header, err := c.Get(t.Context(), address+"/a.csv", nil, &to, int64(len(file)))
	if err != nil || status != 200 || header.Get("Etag") != `"1"` || to.String() != file {
		t.Errorf("the file, exactly as long as may be: %d, %v, %d bytes, %v", status, header, to.Len(), err)
	}
	to.Reset()
	ask := http.Header{"If-None-Match": {`"1"`}}
	if status, _, err := c.Get(t.Context(), address, ask, &to, 1<<20); err != nil || status != 304 || to.Len() != 0 {
		t.Errorf("asked with its tag: %d, %d bytes, %v", status, to.Len(), err)
	}
	if status, _, err := c.Get(t.Context(), address+"/missing", nil, &to, 1<<20); err != nil || status != 404 || to.Len() != 0 {
		t.Errorf("a page of faults is not the file: %d, %q, %v", status, to.String(), err)
	}
	if len(ask) != 1 {
		t.Errorf("the caller's header was changed: %v", ask)
	}
}

func TestGetReachesNothingInside(t *testing.T) {
	asked := 0
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer inside.Close()
	port := portOf(must(url.Parse(inside.URL)))
	shut := New(Options{Resolver: newBook(), Ports: []uint16{port}})
	for _, host := range []string{"127.0.0.1", "[::1]", "inside.example", "mapped.example", "both.example", "169.254.169.254", "10.0.0.1"} {
		_, _, err := shut.Get(t.Context(), "http://"+host+":"+strconv.Itoa(int(port))+"/", nil, io.Discard, 1)
		if codes(t, err) != "address" {
			t.Errorf("%s: %v", host, err)
		}
	}
	for raw, want := range map[string]string{"file:///etc/passwd": "scheme host", "http://u:p@hook.example/": "credentials", "http://hook.example:22/": "port"} {
		if _, _, err := shut.Get(t.Context(), raw, nil, io.Discard, 1); codes(t, err) != want {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		c, address := site(t, Options{Allow: []netip.Prefix{}, Ports: []uint16{port}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", inside.URL)
			w.WriteHeader(code)
		})
		if status, _, err := c.Get(t.Context(), address, nil, io.Discard, 1); err != nil || status != code {
			t.Errorf("%d: %d, %v", code, status, err)
		}
	}
	if asked != 0 {
		t.Error("the server inside was asked")
	}
}

func TestGetIsBounded(t *testing.T) {
	block := bytes.Repeat([]byte("z"), 64<<10)
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
	said := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(1<<40))
		endless(w, r)
	}
	for name, answer := range map[string]http.HandlerFunc{"endless": endless, "as it says itself": said} {
		var to bytes.Buffer
		c, address := site(t, Options{}, answer)
		_, _, err := c.Get(t.Context(), address, nil, &to, 3<<20)
		if p := problem.As(err); p == nil || p.Kind != problem.TooLarge || p.Code != "outgoing.too_large" || p.Args["mebibytes"] != int64(3) || to.Len() > 3<<20+1 {
			t.Errorf("%s: %v, %d bytes", name, err, to.Len())
		} else if name != "endless" && to.Len() != 0 {
			t.Errorf("%s: %d bytes were read", name, to.Len())
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "begun")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		c, address := site(t, Options{Stall: 50 * time.Millisecond}, answer)
		_, _, err := c.Get(t.Context(), address, nil, io.Discard, 1<<20)
		if err == nil || problem.As(err) != nil || t.Context().Err() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, address := site(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "cut")
	})
	if _, _, err := c.Get(t.Context(), address, nil, io.Discard, 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a file passed for a whole one: %v", err)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "x", Err: fs.ErrInvalid}
}

func TestGetTellsItsWritersFault(t *testing.T) {
	c, address := site(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a,b\n") })
	_, _, err := c.Get(t.Context(), address, nil, full{}, 1<<20)
	if _, ok := errors.AsType[*fs.PathError](err); !ok {
		t.Errorf("looks as if the source were at fault: %v", err)
	}
}

func TestGetNotInsideATransaction(t *testing.T) {
	database.Strict()
	db := must(database.Open(t.Context(), database.Options{Path: t.TempDir() + "/a.db"}))
	defer db.Close()
	c := New(Options{Resolver: newBook()})
	inside := func(ctx context.Context) (refused bool) {
		defer func() { refused = recover() != nil }()
		c.Get(ctx, "http://inside.example/", nil, io.Discard, 1)
		return false
	}
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		if !inside(tx.Context()) {
			t.Error("get passed inside a transaction")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
