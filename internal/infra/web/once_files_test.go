package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// parts is a form with files, in the boundaries of its own that a browser
// makes.
func parts(t *testing.T, token, key string, pairs ...string) (body, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField(TokenField, token)
	if key != "" {
		w.WriteField(KeyField, key)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, isFile := strings.CutPrefix(pairs[i], "file:")
		if !isFile {
			w.WriteField(name, pairs[i+1])
			continue
		}
		f, err := w.CreateFormFile("/file", name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, pairs[i+1])
	}
	w.Close()
	return b.String(), w.FormDataContentType()
}

func TestFormsWithFilesCarryAKey(t *testing.T) {
	k := newCounter(t)
	send := func(key string, pairs ...string) *http.Response {
		body, media := parts(t, k.token("ann1"), key, pairs...)
		return k.ask(t, "POST", "/zh/files", body, "Cookie", "kaishu_session=ann1", "Content-Type", media, "Accept", "application/json")
	}
	long := strings.Repeat("0123456789", 50_000)
	first, again := send("k", "/a", "1", "file:a.csv", long), send("k", "/a", "1", "file:a.csv", long)
	if text := read(t, first); first.StatusCode != 202 || !strings.Contains(text, "a.csv:0123") || !strings.Contains(text, "%2Fa=1") || strings.Contains(text, KeyField) {
		t.Fatalf("%d %.300s", first.StatusCode, text)
	}
	if s := shape(t, again, 409); s.Code != "web.idempotency_done" { // its answer repeats the file, and is too long
		t.Errorf("got %s", s.Code)
	}
	for what, r := range map[string]*http.Response{
		"longer":     send("k", "/a", "1", "file:a.csv", long+"x"),
		"shorter":    send("k", "/a", "1", "file:a.csv", long[:100]),
		"other file": send("k", "/a", "1", "file:a.csv", long[:len(long)-1]+"x"),
		"other name": send("k", "/a", "1", "file:b.csv", long),
		"other text": send("k", "/a", "2", "file:a.csv", long),
	} {
		if s := shape(t, r, 409); s.Code != "web.idempotency_conflict" {
			t.Errorf("%s: %s", what, s.Code)
		}
	}
	k.carriedOut(t, "one form", 1)
	text := read(t, send("small", "file:a", "x"))
	if r := send("small", "file:a", "x"); r.Header.Get(replayedHeader) != "true" || read(t, r) != text {
		t.Errorf("a small one is not repeated: %v", r.Header)
	}
	if text = read(t, send("empty")); !strings.Contains(text, `"n":3`) {
		t.Errorf("of an empty form: %s", text)
	}
	if r := send("empty"); read(t, r) != text {
		t.Error("an empty form is not repeated")
	}
	send("")
	send("", "/a", "1")
	k.carriedOut(t, "without a key", 5)
}

func TestFilesCarryAKey(t *testing.T) {
	k := newCounter(t)
	send := func(body string) *http.Response {
		return k.ask(t, "POST", "/zh/upload", body, "Authorization", "Bearer ann", KeyHeader, "k", "Accept", "application/json")
	}
	text := read(t, send("a,b"))
	if r := send("a,b"); read(t, r) != text || r.Header.Get(replayedHeader) != "true" {
		t.Errorf("not repeated: %d", r.StatusCode)
	}
	for _, other := range []string{"", "a,", "a,c", "a,b\n", strings.Repeat("x", 3<<20)} {
		if s := shape(t, send(other), 409); s.Code != "web.idempotency_conflict" {
			t.Errorf("%.10q: %s", other, s.Code)
		}
	}
	k.carriedOut(t, "one file", 1)
}
