package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// sampleWords are those of the routes that tests make.
var sampleWords = fstest.MapFS{
	"messages.zh.json": {Data: []byte(`{"bus.list.summary":"线路列表","bus.list.help":"列出线路","bus.add.summary":"加线路","bus.add.help":"增加一条线路",
		"bus.param.limit":"最多几条","bus.param.where":"条件","bus.param.line":"线路","bus.param.exact":"精确","bus.doc":"名称","bus.full":"{name}满了"}`)},
	"messages.en.json": {Data: []byte(`{"bus.list.summary":"Lines","bus.list.help":"Lists lines","bus.add.summary":"Add","bus.add.help":"Adds a line",
		"bus.param.limit":"At most","bus.param.where":"Condition","bus.param.line":"Line","bus.param.exact":"Exact","bus.doc":"Name","bus.full":"{name} is full"}`)},
}

func words(t *testing.T) *locale.Catalogue {
	t.Helper()
	c, err := locale.Load(fs.FS(Messages), fs.FS(sampleWords))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logBook collects log lines; handlers and tests may use it at once.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines returns the lines whose message is msg.
func (l *logBook) lines(t *testing.T, msg string) (all []map[string]any) {
	t.Helper()
	for d := json.NewDecoder(bytes.NewReader([]byte(l.String()))); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line["msg"] == msg {
			all = append(all, line)
		}
	}
	return all
}

type bench struct {
	*Server
	log   *logBook
	clock *clock.Manual
}

func newBench(t *testing.T, change func(*Options), routes ...Route) bench {
	t.Helper()
	b := bench{log: &logBook{}, clock: clock.At(time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC))}
	o := Options{Routes: routes, Words: words(t), Clock: b.clock, Log: slog.New(slog.NewJSONHandler(b.log, nil)),
		SignIn: func(_ context.Context, token string) (permit.Actor, error) {
			if token != "lead-token" {
				return permit.Actor{}, problem.New(problem.Unsigned, "permit.sign_in", "role", "x")
			}
			return permit.Actor{Account: "acc_1", Roles: []permit.Role{permit.OpnLead}}, nil
		}}
	if change != nil {
		change(&o)
	}
	for i := range o.Routes {
		if len(o.Routes[i].May.By) == 0 {
			o.Routes[i].May = permit.Public
		}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	return b
}

// ask sends a request without a network. headers are pairs.
func (b bench) ask(t *testing.T, method, target, body string, headers ...string) *http.Response {
	t.Helper()
	q := httptest.NewRequest(method, target, bytes.NewReader([]byte(body)))
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, q)
	return w.Result()
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// shape reads a problem and checks its media type and status.
func shape(t *testing.T, r *http.Response, status int) Shape {
	t.Helper()
	text := read(t, r)
	if r.StatusCode != status || r.Header.Get("Content-Type") != "application/problem+json; charset=utf-8" {
		t.Fatalf("status %d %s, want a problem %d: %s", r.StatusCode, r.Header.Get("Content-Type"), status, text)
	}
	var s Shape
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if s.Status != status || s.Type != "/problems/"+s.Code || s.Instance != "urn:request:"+r.Header.Get("X-Request-Id") {
		t.Errorf("problem does not fit its answer: %+v", s)
	}
	return s
}

func get(path, name string, do Handler) Route {
	return Route{Method: "GET", Path: path, Name: name, May: permit.Public, Do: do}
}

func text(s string) Handler {
	return func(c *Context) error { return c.Bytes(200, "text/plain; charset=utf-8", []byte(s)) }
}
