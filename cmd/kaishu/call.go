package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

// `kaishu call` asks a running server anything of its API, so that the command
// line can do all that pages do. It opens no data folder. What may be asked, and
// every word about it, comes from the routes themselves:
//
//	call.go       the command: options, list, what is printed
//	call_help.go  what a route takes, and an example of it
//	call_plan.go  arguments become a request, or all faults of them at once
//	call_send.go  the request is sent, again if the connection breaks

// told is how a command ended that has said everything itself: its exit code.
type told int

const (
	refused  told = 1 // the server, or the way to it
	misasked told = 2 // nothing was sent
)

func (t told) Error() string { return "exit " + strconv.Itoa(int(t)) }

// caller is one `kaishu call`.
type caller struct {
	callOptions
	routes  []web.Route // of the API
	words   *locale.Catalogue
	lang    locale.Lang
	in      io.Reader
	out     io.Writer // answers; the file of -o, while it is written
	log     io.Writer // everything else
	started bool      // something of an answer is on out
	pause   func(ctx context.Context, d time.Duration)
}

// callOptions are the options of `kaishu call`.
type callOptions struct {
	server, tokenFile, key, seen, lang, offset, output string
	all, help                                          bool
}

// callFlags are their names, in the order of the help.
var callFlags = []string{"server", "token-file", "key", "seen", "offset", "all", "o", "lang", "help"}

// runCall is the command.
func runCall(ctx context.Context, c Config, args []string) error {
	routes, words, err := apiRoutes(ctx)
	if err != nil {
		return err
	}
	k := &caller{routes: routes, words: words, lang: langOf(os.Getenv), in: os.Stdin, out: os.Stdout, log: os.Stderr, pause: pause}
	k.tokenFile = c.TokenFile
	return k.run(ctx, args)
}

// apiRoutes lists the routes of the API, as this program serves them. To have
// them, the platform is wired on an empty folder, which is removed.
func apiRoutes(ctx context.Context) (api []web.Route, words *locale.Catalogue, err error) {
	dir, err := os.MkdirTemp("", "kaishu-call-")
	if err != nil {
		return nil, nil, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	p, err := open(ctx, Config{Data: dir, Workers: 1, Dev: true}) // Dev: that no mail can be sent is nothing to warn of
	if err != nil {
		return nil, nil, err
	}
	defer p.close()
	s, err := p.server(&atomic.Bool{})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range s.Routes {
		if r.API {
			api = append(api, r)
		}
	}
	return api, p.words, nil
}

// langOf is the language of the terminal: English if it says so, else Chinese.
func langOf(env func(string) string) locale.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := env(name); value != "" {
			if strings.HasPrefix(value, "en") {
				return locale.EN
			}
			return locale.ZH
		}
	}
	return locale.ZH
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// run does what args say. It returns nil or [told], or a fault of this machine.
func (k *caller) run(ctx context.Context, args []string) error {
	var faults problem.List
	rest := k.parse(&faults, args)
	if k.lang != locale.ZH && k.lang != locale.EN {
		faults.Add("-lang", "web.unknown_language")
		k.lang = locale.ZH
	}
	if len(rest) == 0 {
		if err := faults.Err(); err != nil {
			return k.misasked(faults, nil)
		}
		k.list(k.out, "")
		return nil
	}
	i := slices.IndexFunc(k.routes, func(r web.Route) bool { return r.Name == rest[0] })
	if i < 0 {
		faults.Add(rest[0], "kaishu.call_no_route")
		concept, _, _ := strings.Cut(rest[0], ".")
		err := k.misasked(faults, nil)
		k.list(k.log, concept)
		return err
	}
	r := k.routes[i]
	if k.help && faults.Err() == nil {
		k.describe(k.out, r)
		return nil
	}
	token := k.check(&faults, r)
	asked, fails, err := k.plan(r, rest[1:], &faults)
	if err != nil {
		return err
	}
	if faults.Err() != nil || len(fails) > 0 {
		return k.misasked(faults, fails)
	}
	asked.token = token
	return k.deliver(ctx, asked)
}

// parse reads the options, which may stand before or after the arguments, and
// returns the arguments.
func (k *caller) parse(faults *problem.List, args []string) (rest []string) {
	f := flag.NewFlagSet("call", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&k.server, "server", "http://127.0.0.1:8080", "")
	f.StringVar(&k.tokenFile, "token-file", k.tokenFile, "")
	f.StringVar(&k.key, "key", "", "")
	f.StringVar(&k.seen, "seen", "", "")
	f.StringVar(&k.callOptions.lang, "lang", string(k.lang), "")
	f.StringVar(&k.offset, "offset", "", "")
	f.StringVar(&k.output, "o", "", "")
	f.BoolVar(&k.all, "all", false, "")
	f.BoolVar(&k.help, "help", false, "")
	f.BoolVar(&k.help, "h", false, "")
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			faults.Add(args[0], "kaishu.call_bad_flag", "reason", err.Error(), "known", "-"+strings.Join(callFlags, " -"))
			args = args[max(1, len(args)-f.NArg()):]
			continue
		}
		if args = f.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	k.lang = locale.Lang(k.callOptions.lang)
	return rest
}

// check adds what is wrong with the options for a call of r, and returns the
// token; "" for nobody.
func (k *caller) check(faults *problem.List, r web.Route) (token string) {
	u, err := url.Parse(k.server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		faults.Add("-server", "kaishu.call_bad_server", "server", k.server)
	}
	for name, value := range map[string]string{"-seen": k.seen, "-offset": k.offset} {
		if _, err := strconv.ParseUint(value, 10, 63); value != "" && err != nil {
			faults.Add(name, "web.not_an_integer", "value", value)
		}
	}
	if !writes(r) && k.key+k.seen != "" {
		faults.Add("-key -seen", "kaishu.call_only_reads")
	}
	if strings.ContainsFunc(k.key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		faults.Add("-key", "kaishu.call_bad_key")
	}
	if k.offset != "" && !r.Upload {
		faults.Add("-offset", "kaishu.call_no_file_taken")
	}
	if k.all && !paged(r) {
		faults.Add("-all", "kaishu.call_not_paged")
	}
	if k.tokenFile == "" {
		return ""
	}
	text, err := os.ReadFile(k.tokenFile)
	if err != nil {
		faults.Add("-token-file", "kaishu.call_unreadable", "reason", err.Error())
		return ""
	}
	token = strings.TrimSpace(string(text))
	if token == "" || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		faults.Add("-token-file", "kaishu.call_bad_token", "file", k.tokenFile)
	}
	if u != nil && u.Scheme == "http" && !web.LoopbackHost(u.Host) {
		fmt.Fprintln(k.log, k.say("kaishu.call_in_the_clear", "server", k.server))
	}
	return token
}

func writes(r web.Route) bool { return r.Method != "GET" }

// paged reports whether r answers page by page.
func paged(r web.Route) bool {
	if writes(r) || !slices.ContainsFunc(r.Query, func(p web.Param) bool { return p.Name == "after" }) || r.Answer == nil {
		return false
	}
	has := map[string]bool{}
	for _, f := range fieldsOf(reflect.TypeOf(r.Answer)) {
		has[f.name] = true
	}
	return has["items"] && has["next"]
}

// say returns the words of key; args are pairs of name and value.
func (k *caller) say(key string, args ...any) string {
	return k.words.Say(k.lang, key, problem.New(problem.Invalid, key, args...).Args)
}

// list prints the routes by concept, or those of one; unknown concepts have
// none, and so all are printed.
func (k *caller) list(w io.Writer, only string) {
	byConcept, order := map[string][]web.Route{}, []string{}
	for _, r := range k.routes {
		concept, _, _ := strings.Cut(r.Name, ".")
		if byConcept[concept] == nil {
			order = append(order, concept)
		}
		byConcept[concept] = append(byConcept[concept], r)
	}
	if byConcept[only] != nil {
		order = []string{only}
	} else {
		fmt.Fprintln(w, k.say("kaishu.call_usage"))
		k.options(w)
	}
	slices.Sort(order)
	for _, concept := range order {
		fmt.Fprintf(w, "\n%s\n", concept)
		for _, r := range byConcept[concept] {
			fmt.Fprintf(w, "  %-28s %-6s %s\n", r.Name, r.Method, k.say(r.Name+".summary"))
		}
	}
}

func (k *caller) options(w io.Writer) {
	for _, name := range callFlags {
		fmt.Fprintf(w, "  -%-12s %s\n", name, k.say("kaishu.call_flag."+strings.ReplaceAll(name, "-", "_")))
	}
}

// misasked prints every fault of the arguments.
func (k *caller) misasked(own problem.List, more []web.FieldFail) error {
	fmt.Fprintln(k.log, k.say("kaishu.call_nothing_sent"))
	if p := problem.As(own.Err()); p != nil {
		for _, f := range p.Fields {
			k.fail(web.FieldFail{Pointer: f.Pointer, Detail: k.words.Say(k.lang, f.Code, f.Args)})
		}
	}
	for _, f := range more {
		k.fail(f)
	}
	return misasked
}

// fail prints one fault; "#/purpose" and "?limit" are written as they are given.
func (k *caller) fail(f web.FieldFail) {
	at := strings.TrimLeft(f.Pointer, "#?")
	fmt.Fprintf(k.log, "  %s: %s\n", printable(at), printable(f.Detail))
}

// problem prints what a server says is wrong.
func (k *caller) problem(status int, body []byte) error {
	var p web.Shape
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		text := []rune(printable(string(body)))
		fmt.Fprintln(k.log, k.say("kaishu.call_odd_answer", "status", status, "text", string(text[:min(len(text), 200)])))
		return refused
	}
	fmt.Fprintln(k.log, printable(p.Title+k.say("kaishu.call_colon")+p.Detail))
	for _, f := range p.Errors {
		k.fail(f)
	}
	for _, l := range p.Links {
		fmt.Fprintf(k.log, "  %s %s\n", printable(l.Rel), printable(l.Href))
	}
	fmt.Fprintf(k.log, "  %d %s %s\n", p.Status, printable(p.Code), printable(p.Instance))
	return refused
}

// printable leaves out what would steer the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// deliver sends what was planned and writes the answer, to the file of -o if
// there is one: whole, or not at all.
func (k *caller) deliver(ctx context.Context, asked request) error {
	if writes(asked.route) {
		if k.key == "" {
			k.key = rand.Text()
		}
		fmt.Fprintln(k.log, k.say("kaishu.call_key", "key", k.key))
	}
	if k.output == "" {
		return k.exchange(ctx, asked)
	}
	f, err := os.CreateTemp(filepath.Dir(k.output), ".kaishu-call-")
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	defer os.Remove(f.Name()) // gone by its name if all went well
	k.out = f
	err = k.exchange(ctx, asked)
	if closed := f.Close(); err == nil && closed != nil {
		return fmt.Errorf("write file: %w", closed)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), k.output); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	return nil
}
