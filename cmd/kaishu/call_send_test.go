package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// heard is a request as a server got it.
type heard struct {
	method, target, body string
	header               http.Header
}

// listener is a server that remembers what it was asked.
type listener struct {
	*httptest.Server
	mu  sync.Mutex
	all []heard
}

func (l *listener) requests() []heard {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

func listen(t *testing.T, do http.HandlerFunc) *listener {
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		l.mu.Lock()
		l.all = append(l.all, heard{q.Method, q.URL.RequestURI(), string(body), q.Header})
		l.mu.Unlock()
		do(w, q)
	}))
	t.Cleanup(l.Close)
	return l
}

// cut breaks the connection.
func cut(w http.ResponseWriter) {
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func answerJSON(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	io.WriteString(w, text)
}

// TestCallAgain: a request whose connection breaks, before the answer or in
// the middle of it, is sent again with the same key and the same body.
func TestCallAgain(t *testing.T) {
	for _, x := range []struct {
		name   string
		breaks int
		begins string // what arrives of the answer before the break
		args   []string
		tries  int
		ends   error
	}{
		{"before the answer", 1, "", []string{"version.recall", "slug=a", "n=1", "reason=误传"}, 2, nil},
		{"within the answer", 3, `{"numb`, []string{"version.recall", "slug=a", "n=1", "reason=误传"}, 4, nil},
		{"for good", 9, "", []string{"version.recall", "slug=a", "n=1", "reason=误传"}, 4, refused},
		{"a key of one's own", 1, "", []string{"version.recall", "slug=a", "n=1", "reason=误传", "-key", "k-1"}, 2, nil},
		{"a file", 2, "", []string{"version.receive", "slug=a", "file@a.csv"}, 3, nil},
		{"a question", 2, `{"items":[`, []string{"version.list", "slug=a"}, 3, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("a.csv", []byte("a\n1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			left := x.breaks
			s := listen(t, func(w http.ResponseWriter, q *http.Request) {
				if left--; left >= 0 {
					answerJSON(w, x.begins)
					if x.begins == "" {
						panic(http.ErrAbortHandler)
					}
					cut(w)
				}
				answerJSON(w, `{"number":1}`)
			})
			out, log, err := calling(t, "", append(x.args, "-server", s.URL)...)
			if !errors.Is(err, x.ends) {
				t.Fatalf("got %v, want %v: %s", err, x.ends, log)
			}
			all := s.requests()
			if len(all) != x.tries {
				t.Fatalf("%d requests, want %d", len(all), x.tries)
			}
			key := all[0].header.Get("Idempotency-Key")
			if (key == "") != (all[0].method == "GET") || strings.Contains(log, "Idempotency-Key") && !strings.Contains(log, "Idempotency-Key: "+key+"\n") {
				t.Errorf("key %q: %s", key, log)
			}
			for _, h := range all {
				if h.header.Get("Idempotency-Key") != key || h.body != all[0].body || h.target != all[0].target {
					t.Errorf("sent again differently: %+v", h)
				}
			}
			if want := "{\n  \"number\": 1\n}\n"; x.ends == nil && out != want {
				t.Errorf("printed %q", out)
			}
		})
	}
}

// TestCallKeys: two calls have two keys, and one that only asks has none.
func TestCallKeys(t *testing.T) {
	s := listen(t, func(w http.ResponseWriter, q *http.Request) { answerJSON(w, `{}`) })
	for range 2 {
		if _, log, err := calling(t, "", "version.release", "slug=a", "n=1", "-server", s.URL, "-seen", "7"); err != nil {
			t.Fatal(err, log)
		}
	}
	a, b := s.requests()[0].header, s.requests()[1].header
	if a.Get("Idempotency-Key") == b.Get("Idempotency-Key") || len(a.Get("Idempotency-Key")) < 20 {
		t.Errorf("keys %q, %q", a.Get("Idempotency-Key"), b.Get("Idempotency-Key"))
	}
	if a.Get("If-Match") != `"7"` || a.Get("Accept-Language") != "en" || a.Get("Authorization") != "" {
		t.Errorf("headers %v", a)
	}
}

// TestCallPieces: a file is sent from the byte that was asked for.
func TestCallPieces(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.csv", []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := listen(t, func(w http.ResponseWriter, q *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for offset, want := range map[string]string{"0": "0123456789", "4": "456789", "10": "", "99": ""} {
		out, log, err := calling(t, "", "version.upload_send", "id=u", "@a.csv", "-offset", offset, "-server", s.URL)
		if err != nil || out != "" {
			t.Fatal(err, out, log)
		}
		all := s.requests()
		h := all[len(all)-1]
		if h.body != want || h.header.Get("Upload-Offset") != offset || h.header.Get("Content-Type") != "application/offset+octet-stream" {
			t.Errorf("from %s: %+v", offset, h)
		}
	}
}

// TestCallStays: a token goes to the server that was named and to no other,
// and what changes something is sent on nowhere.
func TestCallStays(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret-of-mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := listen(t, func(w http.ResponseWriter, q *http.Request) { answerJSON(w, `{}`) })
	to := other.URL + "/api/v1/account"
	s := listen(t, func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/here") {
			answerJSON(w, `{"id":"x"}`)
			return
		}
		http.Redirect(w, q, to, http.StatusTemporaryRedirect)
	})
	_, log, err := calling(t, "", "account.me", "-server", s.URL, "-token-file", token)
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	tells(t, "log", log, "sends on to "+other.URL)
	to = s.URL + "/here"
	out, log, err := calling(t, "", "account.me", "-server", s.URL, "-token-file", token)
	if err != nil || !strings.Contains(out, `"id": "x"`) {
		t.Errorf("on the same server: %v %s%s", err, out, log)
	}
	if _, _, err := calling(t, "", "version.release", "slug=a", "n=1", "-server", s.URL, "-token-file", token); !errors.Is(err, refused) {
		t.Errorf("a change was sent on: %v", err)
	}
	if n := len(other.requests()); n != 0 {
		t.Errorf("%d requests got to another host", n)
	}
	all := s.requests()
	if len(all) != 4 || all[0].header.Get("Authorization") != "Bearer secret-of-mine" {
		t.Errorf("%d requests: %+v", len(all), all)
	}
	if strings.Contains(log, "secret-of-mine") {
		t.Error("the token is printed")
	}
}

// TestCallFile: what -o names is written whole, as it comes, or not at all.
func TestCallFile(t *testing.T) {
	t.Chdir(t.TempDir())
	breaks := 1
	s := listen(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		io.WriteString(w, "a,b\n")
		if breaks--; breaks >= 0 {
			io.WriteString(w, "what comes before the break may be longer\n")
			cut(w)
		}
		io.WriteString(w, "1,2\n")
	})
	get := []string{"download.file", "slug=a", "n=1", "file=data.csv", "-server", s.URL}
	if out, log, err := calling(t, "", append(get, "-o", "a.csv")...); err != nil || out != "" {
		t.Fatal(err, out, log)
	}
	if text, err := os.ReadFile("a.csv"); err != nil || string(text) != "a,b\n1,2\n" {
		t.Errorf("%v %q", err, text)
	}
	breaks = 9
	if _, _, err := calling(t, "", append(get, "-o", "b.csv")...); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob("*"); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	if left, _ := filepath.Glob(".kaishu*"); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	breaks = 1 // what has begun to be printed is not printed again
	before := len(s.requests())
	out, _, err := calling(t, "", get...)
	if !errors.Is(err, refused) || !strings.HasPrefix(out, "a,b\n") || strings.Count(out, "a,b") != 1 || len(s.requests()) != before+1 {
		t.Errorf("%v %q, %d requests", err, out, len(s.requests())-before)
	}
}

// TestCallPages: -all follows next, over a break and with patience, and stops
// where a server leads in a circle.
func TestCallPages(t *testing.T) {
	breaks, busy, circle := 1, 5, false
	s := listen(t, func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Query().Get("after") {
		case "":
			answerJSON(w, `{"items":[{"a": 1},{"a": 2}],"next":"p2"}`)
		case "p2":
			if breaks--; breaks >= 0 {
				answerJSON(w, `{"items":[{"a": 3`)
				cut(w)
			}
			if busy--; busy >= 0 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			answerJSON(w, `{"items":[{"a": 3}],"next":"p3"}`)
		default:
			if circle {
				answerJSON(w, `{"items":[],"next":"p2"}`)
				return
			}
			answerJSON(w, `{"items":[]}`)
		}
	})
	out, log, err := calling(t, "", "query.rows", "slug=a", "where=x > 1", "-all", "-server", s.URL)
	if want := "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"; err != nil || out != want {
		t.Errorf("%v %q %s", err, out, log)
	}
	if n := strings.Count(log, "in 7 seconds"); n != 5 {
		t.Errorf("waited %d times: %s", n, log)
	}
	for _, h := range s.requests() {
		if !strings.Contains(h.target, "where=x+%3E+1") {
			t.Errorf("another question: %s", h.target)
		}
	}
	circle = true
	if _, _, err := calling(t, "", "query.rows", "slug=a", "-all", "-server", s.URL); err == nil || !strings.Contains(err.Error(), "in a circle") {
		t.Errorf("in a circle: %v", err)
	}
}

// TestCallOddAnswers: what is no answer of this platform is told as such, and
// cannot steer the terminal.
func TestCallOddAnswers(t *testing.T) {
	s := listen(t, func(w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<h1>\x1b[31mBad gateway")
	})
	_, log, err := calling(t, "", "account.me", "-server", s.URL)
	if !errors.Is(err, refused) || strings.Contains(log, "\x1b") {
		t.Errorf("%v %q", err, log)
	}
	tells(t, "log", log, "answers 502", "Bad gateway")
	gone := listen(t, func(http.ResponseWriter, *http.Request) {})
	gone.Close()
	_, log, err = calling(t, "", "account.me", "-server", gone.URL)
	if !errors.Is(err, refused) || strings.Count(log, "The connection broke") != retries {
		t.Errorf("%v %s", err, log)
	}
}

// TestCallPlatform: against the platform itself, with tokens.
func TestCallPlatform(t *testing.T) {
	o := openOffice(t)
	dir := t.TempDir()
	as := func(account string) func(args ...string) (string, string, error) {
		secret, err := o.accounts.Issue(t.Context(), console, account, "call")
		path := filepath.Join(dir, account)
		if err == nil {
			err = os.WriteFile(path, []byte(secret), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return func(args ...string) (string, string, error) {
			return calling(t, "", append(args, "-server", o.url, "-token-file", path)...)
		}
	}
	editor, lead := as(roleAccount(t, "opn_editor")), as(roleAccount(t, "opn_lead"))
	slug := "slug=" + ownSlug(t)

	out, log, err := calling(t, "", "catalogue.search", "limit=3", "-all", "-server", o.url)
	if n := strings.Count(out, "\n"); err != nil || n < 4 || n != strings.Count(out, `{"slug":`) {
		t.Errorf("%v, %d datasets: %s", err, n, log)
	}
	csv := filepath.Join(dir, "自己的.csv")
	if err := os.WriteFile(csv, []byte("x,y\n1,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, log, err = editor("version.receive", slug, "file@"+csv, "not_secret=true", "updated_on=2026-11-01", "note_zh=来自命令行")
	if err != nil {
		t.Fatal(err, log)
	}
	tells(t, "upload", out, `"name": "自己的.csv"`, `"updated_on": "2026-11-01"`, `"not_secret": true`)
	tells(t, "upload", log, "Idempotency-Key: ")

	_, log, err = lead("version.recall", slug, "n=1")
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	tells(t, "faults", log, "/reason: This is required.", "422 invalid_input urn:request:")
	_, log, err = lead("version.recall", slug, "n=1", "-lang", "zh")
	tells(t, "faults", log, "提交内容有误", "/reason: ")
	_, log, err = calling(t, "", "version.recall", slug, "n=1", "reason=x", "-server", o.url)
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	tells(t, "nobody's call", log, "Sign in first")

	if _, log, err = editor("draft.save", "key=desk.dictionary/x", "title=甲", "title=乙"); err != nil {
		t.Error(err, log)
	}
	out, log, err = editor("draft.load", "key=desk.dictionary/x")
	if err != nil || !strings.Contains(out, "\"甲\",\n") {
		t.Errorf("%v %s%s", err, out, log)
	}
	if out, log, err = editor("draft.drop", "key=desk.dictionary/x"); err != nil || out != "" {
		t.Errorf("%v %s%s", err, out, log)
	}
}
