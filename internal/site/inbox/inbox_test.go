package inbox

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

// bench is an inbox on a real database, with a mail server and a webhook.
type bench struct {
	*testing.T
	*sitetest.House
	db     *database.DB
	clock  *clock.Manual
	s      *notice.Service
	pool   *queue.Pool
	mails  []notice.Message
	mail   error
	posts  []*http.Request
	bodies []string
	answer int
	hook   string
}

// plainBox marks what was sealed, bound to what it belongs to.
type plainBox struct{}

func (plainBox) Seal(plain, aad string) string {
	return aad + ":" + base64.StdEncoding.EncodeToString([]byte(plain))
}

func (plainBox) Open(text, aad string) (string, error) {
	rest, ok := strings.CutPrefix(text, aad+":")
	if !ok {
		return "", errors.New("sealed for something else")
	}
	plain, err := base64.StdEncoding.DecodeString(rest)
	return string(plain), err
}

// poster reaches the test's own webhook and nothing else.
type poster struct{}

func (poster) Check(_ context.Context, url string) error {
	if !strings.HasPrefix(url, "http://127.0.0.1:") {
		var p problem.List
		p.Add("/url", "notice.hook_refused")
		return p.Err()
	}
	return nil
}

func (p poster) Post(ctx context.Context, url string, header http.Header, body []byte) (int, []byte, error) {
	database.MustBeOutside(ctx)
	if err := p.Check(ctx, url); err != nil {
		return 0, nil, err
	}
	q, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(string(body)))
	if err != nil {
		return 0, nil, err
	}
	q.Header = header
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return 0, nil, err
	}
	return r.StatusCode, nil, r.Body.Close()
}

var kinds = []notice.Kind{{Name: "inbox.example", Topic: "inbox.settings", Title: "inbox.unread", Text: "inbox.unread"}}

func newBench(t *testing.T) *bench {
	t.Helper()
	database.Strict()
	b := &bench{T: t, clock: clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)), answer: 204}
	var err error
	b.db, err = database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: b.clock,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, notice.Migrations}})
	b.must(err)
	t.Cleanup(func() { b.db.Close() })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		b.posts, b.bodies = append(b.posts, q), append(b.bodies, string(body))
		w.WriteHeader(b.answer)
	}))
	t.Cleanup(server.Close)
	b.hook = server.URL + "/hook"
	words := sitetest.Words(t, Messages, notice.Messages, layout.Messages)
	ids := id.New(b.clock)
	b.s = notice.New(notice.Tools{DB: b.db, Clock: b.clock, IDs: ids, Words: words, Kinds: kinds, Box: plainBox{}, Hooks: poster{}, Public: "https://data.example",
		Mail: func(ctx context.Context, m notice.Message) error {
			database.MustBeOutside(ctx)
			b.mails = append(b.mails, m)
			return b.mail
		},
		Contact: func(_ *database.Tx, account string) (string, locale.Lang, error) {
			if account == "nomail" {
				return "", "", nil
			}
			return account + "@example.org", locale.EN, nil
		}})
	b.pool = queue.NewPool(b.db, b.clock, ids, slog.New(slog.DiscardHandler), queue.Options{}, b.s.Jobs()...)
	b.House = sitetest.NewHouse(t, b.clock, words, assets.Files, []permit.Actor{{Account: "ann"}, {Account: "bob"}, {Account: "nomail"}},
		func(look *layout.Layout) []web.Route {
			return append(New(Tools{Notices: b.s, Layout: look}).Routes(), b.s.Routes()...)
		})
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) tell(account, key string, n int) {
	b.Helper()
	b.must(b.db.Write(b.Context(), func(tx *database.Tx) error {
		return b.s.Tell(tx, permit.Platform, notice.Notice{Key: key, Account: account, Kind: "inbox.example", Args: map[string]any{"n": n}, About: "/inbox"})
	}))
}

// work runs every job that is due.
func (b *bench) work() {
	b.Helper()
	for {
		did, err := b.pool.Step(b.Context())
		b.must(err)
		if !did {
			return
		}
	}
}

func (b *bench) sent(account, id string) []notice.Delivery {
	b.Helper()
	_, all, err := b.s.Get(b.Context(), permit.Actor{Account: account}, id)
	b.must(err)
	return all
}

func TestWhatWasToldStaysAndIsRead(t *testing.T) {
	b := newBench(t)
	b.Page(t, "ann", "/zh/inbox")
	for i := range 23 {
		b.tell("ann", fmt.Sprint("a", i), i)
		b.clock.Advance(time.Second)
	}
	b.tell("ann", "a7", 7) // told again: once
	b.tell("bob", "b", 99)
	first := b.Page(t, "ann", "/zh/inbox")
	b.Page(t, "ann", "/en/inbox")
	if !strings.Contains(first, "23条未读") || strings.Count(first, "<li><h2>") != 20 || strings.Contains(first, "99条") || strings.Index(first, "22条未读") > strings.Index(first, "21条未读") {
		t.Error("the first page is wrong")
	}
	next := regexp.MustCompile(`href="(/zh/inbox\?after=[^"]+)"`).FindStringSubmatch(first)
	if next == nil {
		t.Fatal("there is no next page")
	}
	if page := b.Page(t, "ann", next[1]); strings.Count(page, "<li><h2>") != 3 || !strings.Contains(page, "0条未读") {
		t.Error("the second page is wrong")
	}
	if a := b.Ask(t, "bob", "GET", next[1], nil); a.Status != 422 {
		t.Errorf("another's cursor: %d", a.Status)
	}
	a := b.Send(t, "ann", "/zh/inbox", "/zh/inbox/ntc_a22", "go", "1")
	if a.Status != 303 || a.Header.Get("Location") != "/zh/inbox" {
		t.Errorf("read and go: %d %s", a.Status, a.Header.Get("Location"))
	}
	page := b.Page(t, "ann", "/zh/inbox")
	if !strings.Contains(page, "22条未读") || strings.Contains(page, "ntc_a22\"") {
		t.Error("what was read still comes first")
	}
	if n, err := b.s.Unread(t.Context(), permit.Actor{Account: "ann"}); n != 22 || err != nil {
		t.Errorf("unread: %d, %v", n, err)
	}
	if a := b.Send(t, "ann", "/zh/inbox", "/zh/inbox"); a.Status != 303 {
		t.Errorf("all read: %d", a.Status)
	}
	if n, _ := b.s.Unread(t.Context(), permit.Actor{Account: "bob"}); n != 1 {
		t.Error("another's messages were read")
	}
	b.Page(t, "ann", "/en/inbox/ntc_a3")
}

func TestAnothersMessagesAreNotThere(t *testing.T) {
	b := newBench(t)
	b.tell("ann", "a", 1)
	b.tell("bob", "b", 2)
	none := b.Ask(t, "bob", "GET", "/zh/inbox/ntc_x", nil)
	others := b.Ask(t, "bob", "GET", "/zh/inbox/ntc_a", nil)
	strip := regexp.MustCompile(`urn:request:[0-9a-f]+|ntc_[ax]|back=[^"]*`)
	if none.Status != 404 || others.Status != 404 || strip.ReplaceAllString(none.Body, "") != strip.ReplaceAllString(others.Body, "") {
		t.Errorf("what is not hers differs from what is not there: %d, %d", none.Status, others.Status)
	}
	if a := b.Send(t, "bob", "/zh/inbox", "/zh/inbox/ntc_a"); a.Status != 404 {
		t.Errorf("bob reads ann's: %d", a.Status)
	}
	if a := b.Ask(t, "", "GET", "/zh/inbox", nil, "Accept: application/json"); a.Status != 401 {
		t.Errorf("a visitor: %d", a.Status)
	}
	if a := b.Ask(t, "ann", "GET", "/api/v1/inbox?limit=1", nil, "Accept: application/json"); a.Status != 200 || !strings.Contains(a.Body, `"unread":1`) || strings.Contains(a.Body, "ntc_b") {
		t.Errorf("the API: %d %s", a.Status, a.Body)
	}
}

func TestMailIsSentOnceAndTriedForTwoDays(t *testing.T) {
	b := newBench(t)
	b.tell("ann", "a", 5)
	b.work()
	if len(b.mails) != 1 || b.mails[0].ID != "ntc_a" || b.mails[0].To != "ann@example.org" || b.mails[0].Lang != locale.EN || b.mails[0].Unsubscribe != "https://data.example/en/inbox/settings" ||
		!strings.Contains(b.mails[0].Text, "https://data.example/en/inbox") || !strings.HasPrefix(b.mails[0].Subject, "5 unread") {
		t.Fatalf("mails: %+v", b.mails)
	}
	b.mail = errors.New("connection refused")
	b.tell("ann", "b", 6)
	b.work()
	first := b.sent("ann", "ntc_b")[0]
	b.must(b.db.Write(t.Context(), func(tx *database.Tx) error {
		return queue.Enqueue(tx, "twice", "notice.deliver", map[string]any{"delivery": first.ID, "number": 0}, b.clock.Now())
	}))
	b.work()
	if len(b.mails) != 2 {
		t.Errorf("an attempt that was kept is made again: %d mails", len(b.mails))
	}
	for range 200 {
		b.work()
		b.clock.Advance(time.Hour)
	}
	d := b.sent("ann", "ntc_b")
	b.must(b.db.Write(t.Context(), func(tx *database.Tx) error { // a job that runs again after its outcome was kept
		return queue.Enqueue(tx, "again", "notice.deliver", map[string]any{"delivery": d[0].ID, "number": 3}, b.clock.Now())
	}))
	b.work()
	if len(b.mails) != 9 || d[0].State != notice.GivenUp || d[0].Attempts != 8 || d[0].Fault != "notice.mail_failed" {
		t.Errorf("%d mails, %+v", len(b.mails), d)
	}
	b.mail = nil
	b.tell("nomail", "c", 7)
	b.work()
	if d := b.sent("nomail", "ntc_c"); d[0].State != notice.GivenUp || d[0].Fault != "notice.no_address" {
		t.Errorf("without an address: %+v", d)
	}
	if page := b.Page(t, "ann", "/zh/inbox/ntc_b"); !strings.Contains(page, "不再尝试") || !strings.Contains(page, "没有应答") {
		t.Error("the page does not tell what became of it")
	}
}

func TestChoicesAreKept(t *testing.T) {
	b := newBench(t)
	b.Page(t, "ann", "/zh/inbox/settings")
	b.Page(t, "ann", "/en/inbox/settings")
	page := "/zh/inbox/settings"
	if a := b.Send(t, "ann", page, page, "/lang", "fr", "/mail/-", "notice.topic"); a.Status != layout.Status || !strings.Contains(a.Body, `href="#f-lang"`) {
		t.Errorf("French: %d", a.Status)
	}
	if a := b.Send(t, "ann", page, page, "/lang", "zh", "/mail/-", "notice.topic"); a.Status != 303 {
		t.Errorf("choose: %d", a.Status)
	}
	c, err := b.s.Choice(t.Context(), permit.Actor{Account: "ann"})
	if err != nil || c.Lang != locale.ZH || !slices.Equal(c.Mute, []string{"inbox.settings"}) {
		t.Errorf("%+v, %v", c, err)
	}
	b.tell("ann", "a", 1)
	b.work()
	if len(b.mails) != 0 {
		t.Error("a muted topic was mailed")
	}
	if a := b.Send(t, "ann", page, page+"/mail"); a.Status != 303 {
		t.Errorf("test mail: %d", a.Status)
	}
	if a := b.Send(t, "ann", page, page+"/mail"); a.Status != 429 || !strings.Contains(a.Body, "一分钟") {
		t.Errorf("another test at once: %d", a.Status)
	}
	b.work()
	if len(b.mails) != 1 || b.mails[0].Subject != "测试通知" {
		t.Errorf("test mail: %+v", b.mails)
	}
}

func TestWebhooksAreSignedAndSwitchedOff(t *testing.T) {
	b := newBench(t)
	page := "/zh/inbox/settings"
	if a := b.Send(t, "ann", page, page+"/hooks", "/url", ""); a.Status != layout.Status || !strings.Contains(a.Body, "此项必填") {
		t.Errorf("no address: %d", a.Status)
	}
	if a := b.Send(t, "ann", page, page+"/hooks", "/url", "http://10.0.0.1/"); a.Status != layout.Status || !strings.Contains(a.Body, "不允许访问") {
		t.Errorf("a forbidden address: %d", a.Status)
	}
	a := b.Send(t, "ann", page, page+"/hooks", "/url", b.hook)
	secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(strings.ReplaceAll(a.Body, "&#43;", "+"))
	if a.Status != 201 || secret == "" {
		t.Fatalf("add: %d", a.Status)
	}
	if strings.Contains(b.Page(t, "ann", page), "whsec_") {
		t.Error("the secret is shown again")
	}
	if a := b.Send(t, "ann", page, page+"/hooks", "/url", b.hook); a.Status != layout.Status || !strings.Contains(a.Body, "登记过") {
		t.Errorf("twice: %d", a.Status)
	}
	b.tell("ann", "a", 1)
	b.work()
	if len(b.posts) != 1 {
		t.Fatalf("%d posts", len(b.posts))
	}
	h := b.posts[0].Header
	seconds, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	b.must(err)
	want, err := notice.Signature(secret, h.Get("webhook-id"), time.Unix(seconds, 0), []byte(b.bodies[0]))
	if err != nil || h.Get("webhook-signature") != want || !strings.Contains(b.bodies[0], `"type":"inbox.example"`) {
		t.Errorf("signature %q, want %q, %v of %s", h.Get("webhook-signature"), want, err, b.bodies[0])
	}
	hooks, err := b.s.ListHooks(t.Context(), permit.Actor{Account: "ann"})
	b.must(err)
	address := page + "/hooks/" + hooks[0].ID
	b.Page(t, "ann", address)
	for _, path := range []string{address + "/test", address + "/remove"} {
		if a := b.Send(t, "bob", page, path); a.Status != 404 {
			t.Errorf("bob at %s: %d", path, a.Status)
		}
	}
	if a := b.Ask(t, "bob", "GET", address, nil); a.Status != 404 {
		t.Errorf("bob sees ann's: %d", a.Status)
	}
	b.answer = 410
	b.tell("ann", "b", 2)
	b.work()
	b.tell("ann", "c", 3)
	b.work()
	if p := b.Page(t, "ann", address); len(b.posts) != 2 || !strings.Contains(p, "已停用") || !strings.Contains(p, "(410)") {
		t.Errorf("a webhook that is gone: %d posts", len(b.posts))
	}
	if !strings.Contains(b.Page(t, "ann", "/zh/inbox"), "网络回调已停用") {
		t.Error("the owner was not told")
	}
	b.answer = 204
	if a := b.Send(t, "ann", address, address+"/test"); a.Status != 303 {
		t.Errorf("test: %d", a.Status)
	}
	b.work()
	if len(b.posts) != 3 || !strings.Contains(b.Page(t, "ann", address), "启用中") {
		t.Error("a test does not switch it on")
	}
	if a := b.Send(t, "ann", address, address+"/remove"); a.Status != 303 {
		t.Errorf("remove: %d", a.Status)
	}
	if a := b.Ask(t, "ann", "GET", address, nil); a.Status != 404 {
		t.Errorf("removed: %d", a.Status)
	}
}

func TestLettersAreForgottenWhenSent(t *testing.T) {
	b := newBench(t)
	b.must(b.db.Write(t.Context(), func(tx *database.Tx) error {
		return b.s.Send(tx, permit.Platform, notice.Direct{To: "new@example.org", Subject: "确认", Text: "https://data.example/secret", Lang: locale.ZH})
	}))
	count := func() (n int) {
		b.must(b.db.Read(t.Context(), func(tx *database.Tx) error {
			return tx.QueryRow(`SELECT COUNT(*) FROM notice_letter WHERE sealed NOT LIKE '%secret%'`).Scan(&n)
		}))
		return n
	}
	if count() != 1 {
		t.Error("the letter is not sealed")
	}
	b.work()
	if len(b.mails) != 1 || b.mails[0].To != "new@example.org" || !strings.HasPrefix(b.mails[0].ID, "ltr_") || count() != 0 {
		t.Errorf("%+v, %d letters kept", b.mails, count())
	}
}
