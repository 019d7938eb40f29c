package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
)

type callable struct {
	routes []web.Route
	words  *locale.Catalogue
}

var callables = sync.OnceValues(func() (c callable, err error) {
	c.routes, c.words, err = apiRoutes(context.Background())
	return c, err
})

// newCaller is a `kaishu call` whose terminal is in memory.
func newCaller(t *testing.T) (k *caller, out, log *bytes.Buffer) {
	t.Helper()
	c, err := callables()
	if err != nil {
		t.Fatal(err)
	}
	out, log = &bytes.Buffer{}, &bytes.Buffer{}
	return &caller{routes: c.routes, words: c.words, lang: locale.EN, in: strings.NewReader(""), out: out, log: log, pause: func(context.Context, time.Duration) {}}, out, log
}

// tells fails unless every text is in what was printed.
func tells(t *testing.T, what, printed string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(printed, text) {
			t.Errorf("%s does not say %q:\n%.3000s", what, text, printed)
		}
	}
}

// calling runs one `kaishu call`.
func calling(t *testing.T, input string, args ...string) (out, log string, err error) {
	t.Helper()
	k, o, l := newCaller(t)
	k.in = strings.NewReader(input)
	err = k.run(t.Context(), args)
	return o.String(), l.String(), err
}

// TestEveryRouteCanBeCalled plans a request for every route of the API from its
// own example, with all that it takes and with what it needs, and sends none.
// What would be sent arrives at that route, and holds all that was given.
func TestEveryRouteCanBeCalled(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("data.csv", []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, _, _ := newCaller(t)
	k.server = "http://127.0.0.1:8080"
	mux := http.NewServeMux()
	for _, r := range k.routes {
		mux.HandleFunc(r.Method+" "+r.Path, func(http.ResponseWriter, *http.Request) {})
	}
	if len(k.routes) < 80 {
		t.Errorf("only %d routes", len(k.routes))
	}
	for _, r := range k.routes {
		for _, everything := range []bool{true, false} {
			var faults problem.List
			args := example(r, everything)
			q, fails, err := k.plan(r, args, &faults)
			if err != nil || faults.Err() != nil || len(fails) > 0 {
				t.Errorf("%s %q: %v %v %v", r.Name, args, err, faults.Err(), fails)
				continue
			}
			h, err := k.message(t.Context(), q)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
				continue
			}
			if _, pattern := mux.Handler(h); pattern != r.Method+" "+r.Path {
				t.Errorf("%s: %s %s arrives at %q", r.Name, h.Method, h.URL, pattern)
			}
			if r.Upload != (q.file != "") || (r.Body != nil) != (q.body != nil) {
				t.Errorf("%s sends file %q and body %s", r.Name, q.file, q.body)
			}
			if everything && r.Body != nil {
				holdsAll(t, r, q.body)
			}
		}
	}
}

// holdsAll: each value that the body takes is in it, and nothing besides.
func holdsAll(t *testing.T, r web.Route, body []byte) {
	t.Helper()
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		t.Errorf("%s: %v in %s", r.Name, err, body)
		return
	}
	found := 0
	var count func(any)
	count = func(x any) {
		switch x := x.(type) {
		case map[string]any:
			for _, v := range x {
				count(v)
			}
		case []any:
			for _, v := range x {
				count(v)
			}
		case nil:
		default:
			found++
		}
	}
	count(tree)
	if leaves := leavesOf(reflect.TypeOf(r.Body), field{}, "", 0); found != len(leaves) {
		t.Errorf("%s: %d values of %d arrive: %s", r.Name, found, len(leaves), body)
	}
}

// TestCallHelp: the list names every route, and each is explained in both
// languages, without a word missing.
func TestCallHelp(t *testing.T) {
	for _, l := range []string{"zh", "en"} {
		list, _, err := calling(t, "", "-lang", l)
		if err != nil {
			t.Fatal(err)
		}
		k, _, _ := newCaller(t)
		for _, r := range k.routes {
			tells(t, "list", list, "  "+r.Name+" ", k.words.Say(locale.Lang(l), r.Name+".summary", nil))
			help, log, err := calling(t, "", r.Name, "-help", "-lang", l)
			if err != nil || log != "" {
				t.Errorf("%s: %v %s", r.Name, err, log)
			}
			tells(t, "help of "+r.Name, help, r.Method+" "+r.Path, "kaishu call "+r.Name, k.words.Say(locale.Lang(l), r.Name+".help", nil))
			if strings.Contains(help, ".param.") || strings.Contains(help, "kaishu.call_") {
				t.Errorf("%s lacks words:\n%s", r.Name, help)
			}
		}
		if strings.Contains(list, "kaishu.call_") {
			t.Errorf("the list lacks words:\n%.2000s", list)
		}
	}
	help, _, _ := calling(t, "", "account.invite", "-help")
	tells(t, "help", help, "roles                  string …", "/lang", "until", "kaishu call account.invite")
}

// TestCallFaults: everything wrong with the arguments is told at once, in the
// chosen language, and nothing is sent.
func TestCallFaults(t *testing.T) {
	s := listen(t, func(w http.ResponseWriter, q *http.Request) {})
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, x := range []struct {
		name  string
		input string
		args  []string
		want  []string
	}{
		{"of all kinds", "", []string{"query.rows", "slugg=x", "limit=ten", "order=a", "order=b", "plain"},
			[]string{"slug: This is required", "slugg: Unknown parameter", "limit: This must be a whole number", "order: This may be given only once", "plain: Write it as"}},
		{"in Chinese", "", []string{"query.rows", "limit=ten", "-lang", "zh"}, []string{"什么也没有发送", "limit: 应是整数", "slug: "}},
		{"in the body", "", []string{"version.reread", "slug=a", "n=first", "/head/rows=two", "/head/x=1", "nope=1"},
			[]string{"n: This must be a whole number", "/head/rows: This must be a whole number", "/head/x: There is no such field", "nope: Unknown parameter"}},
		{"in query and body", "", []string{"version.recall", "slug=a", "n=1", "m=2", "-"}, []string{"m: Unknown"}},
		{"a body that is no JSON", "{", []string{"version.recall", "slug=a", "n=1", "-"}, []string{"The body is not valid JSON"}},
		{"a whole body", `{"reason":3,"more":1}`, []string{"version.recall", "slug=a", "n=1", "-"}, []string{"/reason: This must be text", "/more: There is no such field"}},
		{"two bodies", `{}`, []string{"version.recall", "slug=a", "n=1", "-", "reason=x"}, []string{"/reason: The body is given whole and by its parts"}},
		{"no body", `{}`, []string{"version.release", "slug=a", "n=1", "-"}, []string{"-: This takes no body"}},
		{"no file", "", []string{"version.receive", "slug=a", "file@none.csv"}, []string{"file@none.csv: This cannot be read"}},
		{"a folder", "", []string{"version.receive", "slug=a", "@" + dir}, []string{"is no plain file"}},
		{"another address", "", []string{"draft.load", "key=../accounts"}, []string{"key: This value is not written"}},
		{"another address still", "", []string{"dataset.detail", "slug=.."}, []string{"slug: This value is not written"}},
		{"options", "", []string{"dataset.detail", "slug=a", "-seen", "x", "-key", "a b", "-offset", "3", "-all", "---", "-token", "abc"},
			[]string{"-seen: This must be a whole number", "-key -seen: This changes nothing", "-key: A key is made", "-offset: This takes no file",
				"-all: This does not answer page by page", "---: This option is wrong", "-token: This option is wrong (flag provided but not defined: -token)", "abc: Write it as"}},
		{"no token", "", []string{"account.me", "-token-file", file("empty", "\n")}, []string{"-token-file: The file"}},
		{"two tokens", "", []string{"account.me", "-token-file", file("two", "a\nb")}, []string{"-token-file: The file"}},
		{"no file of a token", "", []string{"account.me", "-token-file", filepath.Join(dir, "none")}, []string{"-token-file: This cannot be read"}},
		{"no server", "", []string{"account.me", "-server", "ftp://x"}, []string{"-server: “ftp://x” is no address"}},
		{"a secret in the address", "", []string{"account.me", "-server", "http://a:b@x"}, []string{"-server: "}},
		{"no such route", "", []string{"account.nothing"}, []string{"account.nothing: There is nothing of this name", "account.invite "}},
		{"no such language", "", []string{"account.me", "-lang", "fr"}, []string{"-lang: lang只能是zh或en"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			args := append([]string{x.args[0], "-server", s.URL}, x.args[1:]...)
			out, log, err := calling(t, x.input, args...)
			if !errors.Is(err, misasked) || out != "" {
				t.Errorf("got %v, %q", err, out)
			}
			tells(t, "log", log, x.want...)
		})
	}
	if n := len(s.requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestCallFaultsTogether: what is wrong with parameters and what is wrong with
// the body of the same request are told together.
func TestCallFaultsTogether(t *testing.T) {
	k, _, _ := newCaller(t)
	i := slices.IndexFunc(k.routes, func(r web.Route) bool { return r.Name == "query.rows" })
	r := k.routes[i]
	r.Method, r.Body = http.MethodPost, version.Recall{}
	var faults problem.List
	_, fails, err := k.plan(r, []string{"slug=a", "limit=ten", "/reason/x=1"}, &faults)
	if err != nil || faults.Err() != nil || len(fails) != 2 || fails[0].Pointer != "?limit" || fails[1].Pointer != "#/reason" {
		t.Errorf("%v %v %+v", err, faults.Err(), fails)
	}
}

// TestCallTypes: values get the types that the body wants.
func TestCallTypes(t *testing.T) {
	long := filepath.Join(t.TempDir(), "why.txt")
	if err := os.WriteFile(long, []byte("因为\n=@"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args       []string
		path, body string
	}{
		{[]string{"version.reread", "slug=a b", "n=1", "version=2", "nulls=-", "nulls=无", "/head/rows=2", "/columns/0/name=x", "/columns/0/scale=3"},
			"/api/v1/datasets/a%20b/versions/1/reread", `{"columns":[{"name":"x","scale":3,"source":"","type":""}],"head":{"rows":2},"nulls":["-","无"],"version":2}`},
		{[]string{"draft.save", "key=desk.x/a ü", "purpose=a", "purpose=b", "/~1title=c"}, "/api/v1/drafts/desk.x/a%20%C3%BC", `{"/title":["c"],"purpose":["a","b"]}`},
		{[]string{"codelist.add", "list=domains", "/list=x", "code=t"}, "/api/v1/codes/domains", `{"code":"t","list":"x"}`},
		{[]string{"version.recall", "slug=a", "n=1", "reason@" + long}, "/api/v1/datasets/a/versions/1/recall", `{"reason":"因为\n=@"}`},
		{[]string{"version.recall", "slug=a", "n=1"}, "/api/v1/datasets/a/versions/1/recall", `{}`},
		{[]string{"account.list", "proposed=true", "limit=5", "lang=en", "q=a&b"}, "/api/v1/accounts?lang=en&limit=5&proposed=true&q=a%26b", ``},
		{[]string{"catalogue.search", "publisher=a", "publisher=b"}, "/api/v1/datasets?publisher=a&publisher=b", ``},
	} {
		k, _, _ := newCaller(t)
		var faults problem.List
		for _, r := range k.routes {
			if r.Name != x.args[0] {
				continue
			}
			q, fails, err := k.plan(r, x.args[1:], &faults)
			if err != nil || faults.Err() != nil || fails != nil || q.target() != x.path || string(q.body) != x.body {
				t.Errorf("%q: %v %v %v\n%s\n%s", x.args, err, faults.Err(), fails, q.target(), q.body)
			}
		}
	}
}

func TestLangOf(t *testing.T) {
	for _, x := range []struct {
		env  map[string]string
		want locale.Lang
	}{
		{nil, locale.ZH},
		{map[string]string{"LANG": "en_GB.UTF-8"}, locale.EN},
		{map[string]string{"LANG": "fr_FR"}, locale.ZH},
		{map[string]string{"LANG": "en_GB", "LC_ALL": "zh_CN"}, locale.ZH},
	} {
		if got := langOf(func(name string) string { return x.env[name] }); got != x.want {
			t.Errorf("%v: %s", x.env, got)
		}
	}
}

// TestCallProcess: the program itself, beside a server on the same data
// folder, and its exit codes.
func TestCallProcess(t *testing.T) {
	data, temporary := t.TempDir(), t.TempDir()
	s := start(t, data, "serve")
	t.Setenv("TMPDIR", temporary)
	out := must(t, data, "call", "catalogue.search", "-server", s.url)
	tells(t, "answer", out, `  "total": 0,`)
	for args, want := range map[string]int{"dataset.detail slug=none": 1, "dataset.detail": 2, "none": 2} {
		_, err := kaishu(t, data, append([]string{"call", "-server", s.url}, strings.Fields(args)...)...)
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != want {
			t.Errorf("%s: %v, want exit %d", args, err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(temporary, "*")); len(left) > 0 {
		t.Errorf("folders are left: %v", left)
	}
}
