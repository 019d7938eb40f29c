package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAssets(t *testing.T) {
	css := strings.Repeat("body{color:#123}\n", 200)
	files := fstest.MapFS{"site.css": {Data: []byte(css)}, "a.woff2": {Data: []byte("font")}, "embed.go": {Data: []byte("package x")}, "sub/x.css": {Data: []byte("x")}}
	a, err := Assets(files)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, nil, a.Route())
	at := a.URL("site.css")
	if !strings.HasPrefix(at, "/assets/site.") || !strings.HasSuffix(at, ".css") || len(at) != len("/assets/site..css")+12 {
		t.Errorf("address %s", at)
	}
	r := b.ask(t, "GET", at, "")
	if read(t, r) != css || r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || r.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%v", r.Header)
	}
	r = b.ask(t, "GET", at, "", "Accept-Encoding", "br, gzip")
	if r.Header.Get("Content-Encoding") != "gzip" || unzip(t, r) != css || !strings.Contains(r.Header.Get("Vary"), "Accept-Encoding") {
		t.Errorf("%v", r.Header)
	}
	if r := b.ask(t, "HEAD", at, ""); read(t, r) != "" || r.Header.Get("Content-Length") != strconv.Itoa(len(css)) {
		t.Errorf("HEAD: %v", r.Header)
	}
	if r := b.ask(t, "GET", a.URL("a.woff2"), "", "Accept-Encoding", "gzip"); r.Header.Get("Content-Type") != "font/woff2" || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("what does not shrink must go out as it is: %v", r.Header)
	}
	shape(t, b.ask(t, "GET", "/assets/site.css", ""), 404)
	changed, err := Assets(fstest.MapFS{"site.css": {Data: []byte(css + " ")}})
	if err != nil {
		t.Fatal(err)
	}
	if changed.URL("site.css") == at {
		t.Error("another content has the same address")
	}
	for _, name := range []string{"embed.go", "x.css", "none.css"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s has an address", name)
				}
			}()
			a.URL(name)
		}()
	}
}

func unzip(t *testing.T, r *http.Response) string {
	t.Helper()
	packed := read(t, r)
	if r.Header.Get("Content-Length") != strconv.Itoa(len(packed)) {
		t.Errorf("Content-Length %s of %d bytes", r.Header.Get("Content-Length"), len(packed))
	}
	z, err := gzip.NewReader(bytes.NewReader([]byte(packed)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestJSONIsWrittenPlainlyAndPacked(t *testing.T) {
	long := strings.Repeat("公交", 500)
	b := newBench(t, nil, get("/short", "a.short", func(c *Context) error { return c.JSON(200, "公交<&>") }),
		get("/long", "a.long", func(c *Context) error { return c.JSON(200, long) }))
	if got := read(t, b.ask(t, "GET", "/short", "", "Accept-Encoding", "gzip")); got != "\"公交<&>\"\n" {
		t.Errorf("short: %q", got)
	}
	for header, packed := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0, br": false, "": false, "identity": false, "xgzip": false} {
		r := b.ask(t, "GET", "/long", "", "Accept-Encoding", header)
		if (r.Header.Get("Content-Encoding") == "gzip") != packed {
			t.Errorf("%q: packed %t", header, !packed)
		} else if packed && unzip(t, r) != `"`+long+"\"\n" {
			t.Error("unpacked to something else")
		}
		if !strings.Contains(r.Header.Get("Vary"), "Accept-Encoding") {
			t.Error("caches are not told of the packing")
		}
	}
}
