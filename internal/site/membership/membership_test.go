package membership

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/casework/proof"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

// bench is the pages on a real database, shelf and queue.
type bench struct {
	*testing.T
	*sitetest.House
	db     *database.DB
	clock  *clock.Manual
	pool   *queue.Pool
	shelf  *disk.Store
	s      *proof.Service
	people *people
}

// people notes what an accepted proof changes.
type people struct {
	proved []string
	bodies []proof.Body
	taken  bool
}

func (p *people) Proved(_ *database.Tx, account string) (bool, error) {
	return strings.Contains(strings.Join(p.proved, " "), account), nil
}

func (p *people) ProvePerson(_ *database.Tx, _ permit.Actor, account string) error {
	p.proved = append(p.proved, account)
	return nil
}

func (p *people) ProveBody(_ *database.Tx, _ permit.Actor, account string, b proof.Body) (string, error) {
	if p.taken {
		return "", problem.New(problem.Conflict, "moved_meanwhile")
	}
	p.bodies = append(p.bodies, b)
	return "org_1", nil
}

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

func newBench(t *testing.T) *bench {
	t.Helper()
	database.Strict()
	b := &bench{T: t, clock: clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)), people: &people{}}
	var err error
	b.db, err = database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: b.clock,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, notice.Migrations, material.Migrations, proof.Migrations}})
	b.must(err)
	t.Cleanup(func() { b.db.Close() })
	b.shelf, err = disk.Open(t.TempDir())
	b.must(err)
	words := sitetest.Words(t, Messages, notice.Messages, material.Messages, proof.Messages, layout.Messages)
	ids := id.New(b.clock)
	delivered, err := calendar.Delivered()
	b.must(err)
	var all []terms.Term
	for _, n := range delivered {
		all = append(all, n.Term)
	}
	book, err := terms.New(workday.StateCouncil(), all...)
	b.must(err)
	notices := notice.New(notice.Tools{DB: b.db, Clock: b.clock, IDs: ids, Words: words, Kinds: proof.Kinds, Box: plainBox{},
		Contact: func(*database.Tx, string) (string, locale.Lang, error) { return "", "", nil }})
	materials := material.New(b.db, b.clock, ids, b.shelf)
	b.s = proof.New(proof.Tools{DB: b.db, Clock: b.clock, IDs: ids, Words: words, Box: plainBox{}, Book: func() terms.Book { return book },
		Materials: materials, Notices: notices, People: b.people})
	b.pool = queue.NewPool(b.db, b.clock, ids, slog.New(slog.DiscardHandler), queue.Options{}, append(b.s.Jobs(), materials.Jobs()...)...)
	b.House = sitetest.NewHouse(t, b.clock, words, assets.Files, []permit.Actor{
		{Account: "ann"}, {Account: "eve"},
		{Account: "li", Roles: []permit.Role{permit.CtrIntake}, Office: true},
		{Account: "wang", Roles: []permit.Role{permit.CtrIntake}, Office: true},
	}, func(look *layout.Layout) []web.Route { return New(Tools{Proofs: b.s, Layout: look}).Routes() })
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) work() {
	b.Helper()
	for more := true; more; {
		var err error
		more, err = b.pool.Step(b.Context())
		b.must(err)
	}
}

// begin opens a case and returns its address.
func (b *bench) begin(account, subject string) string {
	b.Helper()
	a := b.Send(b, account, "/zh/proof", "/zh/proof", "/subject", subject)
	if a.Status != 303 {
		b.Fatalf("open: %d %s", a.Status, a.Body)
	}
	return a.Header.Get("Location")
}

func (b *bench) told(account string) []string {
	b.Helper()
	p, err := b.s.Notices.Inbox(b.Context(), permit.Actor{Account: account}, "", 100)
	b.must(err)
	var all []string
	for _, t := range p.Items {
		all = append(all, t.Text.ZH)
	}
	return all
}

// checked holds every row to its events.
func (b *bench) checked() {
	b.Helper()
	b.must(b.db.Read(b.Context(), ledger.Check))
	if n, err := b.s.Replay(b.Context(), permit.Platform); n == 0 || err != nil {
		b.Errorf("replayed %d, %v", n, err)
	}
	b.must(b.db.Write(b.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE proof SET body = REPLACE(body, 'RZ-2026', 'RZ-2025')`)
		return err
	}))
	if _, err := b.s.Replay(b.Context(), permit.Platform); err == nil {
		b.Error("a row that was tampered with replays")
	}
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var person = []string{"/name", "安样例", "/document", "id_card", "/number", "11010519491231002X"}

// handIn takes a case of ann through to the officer.
func (b *bench) handIn(subject string, fields ...string) string {
	b.Helper()
	at := b.begin("ann", subject)
	if a := b.SendFile(b, "ann", at, at+"/files", "/file", "证.png", picture(b.T)); a.Status != 303 {
		b.Fatalf("upload: %d %s", a.Status, a.Body)
	}
	if a := b.Send(b, "ann", at, at, append(fields, "then", "submit")...); a.Status != 303 {
		b.Fatalf("submit: %d %s", a.Status, a.Body)
	}
	return at
}

func office(at string) string {
	return strings.Replace(at, "/zh/", "/zh/office/", 1)[:len("/zh/office/proof")] + "s" + at[len("/zh/proof"):]
}

func TestAPersonIsProved(t *testing.T) {
	b := newBench(t)
	b.Page(t, "ann", "/zh/proof")
	b.Page(t, "ann", "/en/proof")
	at := b.begin("ann", "person")
	b.Page(t, "ann", at)
	if a := b.Send(t, "ann", "/zh/proof", "/zh/proof", "/subject", "person"); a.Status != layout.Status || !strings.Contains(a.Body, "没办完") {
		t.Errorf("a second case: %d", a.Status)
	}
	a := b.Send(t, "ann", at, at, "/name", " ", "/document", "", "/number", "1;", "then", "submit")
	for _, want := range []string{`href="#f-name"`, `href="#f-document"`, `href="#f-number"`, `href="#f-file"`, `value="1;"`} {
		if a.Status != layout.Status || !strings.Contains(a.Body, want) {
			t.Errorf("all faults at once: %d, no %s", a.Status, want)
		}
	}
	if a := b.SendFile(t, "ann", at, at+"/files", "/file", `C:\fakepath\身份证.png`, picture(t)); a.Status != 303 {
		t.Fatalf("upload: %d", a.Status)
	}
	if page := b.Page(t, "ann", at); !strings.Contains(page, "身份证.png") || strings.Contains(page, "fakepath") {
		t.Error("the file is not shown by its name")
	}
	if a := b.Send(t, "ann", at, at, append(person, "then", "submit")...); a.Status != 303 {
		t.Fatalf("submit: %d %s", a.Status, a.Body)
	}
	if page := b.Page(t, "ann", at); !strings.Contains(page, "2026年12月2日前答复，还剩5个工作日") || strings.Contains(page, "then") {
		t.Error("whose turn it is is not said")
	}
	if page := b.Page(t, "li", "/en/office/proofs"); !strings.Contains(page, "RZ-2026-000001") || strings.Contains(page, "安样例") {
		t.Error("the queue is wrong")
	}
	if page := b.Page(t, "li", at); strings.Contains(page, "/withdraw") {
		t.Error("an officer is offered to withdraw it")
	}
	desk := office(at)
	if page := b.Page(t, "li", desk); !strings.Contains(page, "11010519491231002X") || !strings.Contains(page, "安样例") {
		t.Error("the officer does not see what was written")
	}
	if a := b.Send(t, "li", desk, desk, "decide", "return"); a.Status != layout.Status || !strings.Contains(a.Body, "至少选一个原因") {
		t.Errorf("without a reason: %d", a.Status)
	}
	if a := b.Send(t, "li", desk, desk, "/note", "x"); a.Status != layout.Status {
		t.Errorf("without a decision: %d", a.Status)
	}
	if a := b.Send(t, "li", desk, desk, "decide", "return", "/codes/-", "unreadable", "/codes/-", "expired", "/note", "请重拍"); a.Status != 303 {
		t.Fatalf("return: %d %s", a.Status, a.Body)
	}
	if told := b.told("ann"); len(told) != 2 || !strings.Contains(told[0], "材料看不清；证件已过有效期；请重拍") {
		t.Errorf("told: %q", told)
	}
	if page := b.Page(t, "ann", at); !strings.Contains(page, "材料看不清；证件已过有效期；请重拍") || !strings.Contains(page, "轮到您") {
		t.Error("the reasons are not shown")
	}
	if a := b.Send(t, "ann", at, at, append(person, "then", "submit")...); a.Status != 303 {
		t.Errorf("again: %d", a.Status)
	}
	if a := b.Send(t, "wang", desk, desk, "decide", "accept"); a.Status != 303 {
		t.Fatalf("accept: %d %s", a.Status, a.Body)
	}
	if strings.Join(b.people.proved, " ") != "ann" || len(b.told("ann")) != 4 {
		t.Errorf("proved %q, told %d", b.people.proved, len(b.told("ann")))
	}
	if a := b.Send(t, "ann", "/zh/proof", "/zh/proof", "/subject", "person"); a.Status != layout.Status || !strings.Contains(a.Body, "已通过实名认证") {
		t.Errorf("proved again: %d", a.Status)
	}
	b.checked()
}

func TestPersonalDataIsSealedErasedAndNeverInEvents(t *testing.T) {
	b := newBench(t)
	at := b.handIn("person", person...)
	desk := office(at)
	file := regexp.MustCompile(`/zh/office/proofs/[^"]+/files/[^"]+`).FindString(b.Page(t, "li", desk))
	a := b.Ask(t, "li", "GET", file, nil)
	if a.Status != 200 || a.Body != string(picture(t)) || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") ||
		a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") ||
		a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the copy: %d %v", a.Status, a.Header)
	}
	secrets := func() (found []string) {
		b.must(b.db.Read(t.Context(), func(tx *database.Tx) error {
			for _, query := range []string{`SELECT body FROM ledger`, `SELECT body FROM proof`, `SELECT sealed FROM proof`, `SELECT args FROM job`, `SELECT args || text_zh FROM notice`, `SELECT name FROM material`} {
				rows, err := tx.Query(query)
				if err != nil {
					return err
				}
				for rows.Next() {
					var text string
					b.must(rows.Scan(&text))
					for _, secret := range []string{"安样例", "11010519491231002X", "证"} {
						if strings.Contains(text, secret) && query != `SELECT args || text_zh FROM notice` {
							found = append(found, query+": "+secret)
						}
					}
				}
				rows.Close()
			}
			return nil
		}))
		return found
	}
	if found := secrets(); len(found) != 1 || !strings.Contains(found[0], "FROM material") {
		t.Errorf("personal data lies open: %q", found)
	}
	if a := b.Send(t, "li", desk, desk, "decide", "refuse", "/codes/-", "not_found"); a.Status != 303 {
		t.Fatalf("refuse: %d %s", a.Status, a.Body)
	}
	b.work()
	if page := b.Page(t, "li", desk); !strings.Contains(page, "安样例") {
		t.Error("erased too early")
	}
	b.clock.Advance(31 * 24 * time.Hour)
	b.work()
	for _, page := range []string{b.Page(t, "li", desk), b.Page(t, "ann", at)} {
		if strings.Contains(page, "安样例") || strings.Contains(page, "11010519491231002X") || strings.Contains(page, "证.png") || !strings.Contains(page, "按规定删除") || !strings.Contains(page, "SHA-256") {
			t.Error("not erased, or the hash is lost")
		}
	}
	n := 0
	b.must(b.shelf.Each(t.Context(), func(objects.Info) error { n++; return nil }))
	sealed := "x"
	b.must(b.db.Read(t.Context(), func(tx *database.Tx) error { return tx.QueryRow(`SELECT sealed FROM proof`).Scan(&sealed) }))
	if sealed != "" {
		t.Error("what was written is still there, sealed")
	}
	if found := secrets(); n != 0 || len(found) != 0 {
		t.Errorf("%d files are left, and %q", n, found)
	}
	if a := b.Ask(t, "li", "GET", file, nil); a.Status != 404 {
		t.Errorf("an erased copy: %d", a.Status)
	}
}

// TestOutsidersLearnNothing: what is not yours and what is not there are the
// same bytes, but for the address and the request.
func TestOutsidersLearnNothing(t *testing.T) {
	b := newBench(t)
	at := b.handIn("person", person...)
	draft := b.begin("ann", "organisation")
	mine := b.begin("eve", "person") // a page of hers with a form
	varies := regexp.MustCompile(`urn:request:[0-9a-f]+|prf_[0-9A-Za-z]+`)
	for _, path := range []string{"", "/files/mat_x", "/withdraw", "/files", "/files/mat_x/remove"} {
		for _, account := range []string{"eve", "li"} {
			theirs, none := draft+path, "/zh/proof/prf_x"+path
			if account == "eve" && path != "" {
				theirs = at + path
			}
			var a, x sitetest.Answer
			if path == "" || path == "/files/mat_x" {
				a, x = b.Ask(t, account, "GET", theirs, nil), b.Ask(t, account, "GET", none, nil)
			} else {
				page := mine
				if account == "li" {
					page = "/zh/proof"
				}
				a, x = b.Send(t, account, page, theirs), b.Send(t, account, page, none)
			}
			if a.Status != 404 || x.Status != 404 || varies.ReplaceAllString(a.Body, "") != varies.ReplaceAllString(x.Body, "") {
				t.Errorf("%s %s: %d, %d", account, path, a.Status, x.Status)
			}
		}
	}
	if a := b.Send(t, "eve", mine, at, append(person, "then", "submit")...); a.Status != 404 {
		t.Errorf("eve fills in ann's: %d", a.Status)
	}
	for _, path := range []string{"/zh/office/proofs", office(at)} {
		if a := b.Ask(t, "eve", "GET", path, nil); a.Status != 403 {
			t.Errorf("eve at %s: %d", path, a.Status)
		}
	}
	if a := b.Ask(t, "", "GET", at, nil, "Accept: application/json"); a.Status != 401 {
		t.Errorf("a visitor: %d", a.Status)
	}
	// An officer's own case is decided by another.
	b.House.People["ann"] = permit.Actor{Account: "ann", Session: "s", Roles: []permit.Role{permit.CtrIntake}}
	if a := b.Send(t, "ann", "/zh/proof", office(at), "decide", "accept"); a.Status != layout.Status || !strings.Contains(a.Body, "不同的人") || len(b.people.proved) != 0 {
		t.Errorf("ann decides her own: %d", a.Status)
	}
}

func TestFilesThatLieAreTold(t *testing.T) {
	b := newBench(t)
	at := b.begin("ann", "person")
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"a.png":  {[]byte("<html><script>alert(1)</script>"), "只接受"},
		"a.pdf":  {[]byte("%PDF-1.4\n1 0 obj<</OpenAction 2 0 R>>endobj\n%%EOF"), "自动动作"},
		"b.png":  {append(picture(t), "PK\x03\x04"...), "结尾之后"},
		"c.png":  {picture(t)[:50], "不完整"},
		"d.png":  {make([]byte, material.MaxBytes+1), "最多10 MB"},
		"e.jpeg": {nil, "空的"},
	} {
		a := b.SendFile(t, "ann", at, at+"/files", "/file", name, tt.data)
		if a.Status != layout.Status || !strings.Contains(a.Body, tt.want) || !strings.Contains(a.Body, `href="#f-file"`) {
			t.Errorf("%s: %d, does not say %s", name, a.Status, tt.want)
		}
	}
	if a := b.SendFile(t, "ann", at, at+"/files", "/file", "", nil); a.Status != layout.Status || !strings.Contains(a.Body, "先选择文件") {
		t.Errorf("no file: %d", a.Status)
	}
	for range proof.MaxFiles {
		if a := b.SendFile(t, "ann", at, at+"/files", "/file", "x.png", picture(t)); a.Status != 303 {
			t.Fatalf("upload: %d", a.Status)
		}
	}
	if a := b.SendFile(t, "ann", at, at+"/files", "/file", "x.png", picture(t)); a.Status != layout.Status || !strings.Contains(a.Body, "最多6份") {
		t.Errorf("one too many: %d", a.Status)
	}
	ann := permit.Actor{Account: "ann"}
	late, err := b.s.Materials.Receive(t.Context(), ann, "x.png", bytes.NewReader(picture(t))) // both sent at once
	b.must(err)
	defer late.Close()
	if err := b.s.Attach(t.Context(), ann, strings.TrimPrefix(at, "/zh/proof/"), late); !problem.Is(err, problem.Invalid) {
		t.Errorf("one too many, sent at once: %v", err)
	}
	remove := regexp.MustCompile(`/zh/proof/[^"]+/remove`).FindString(b.Page(t, "ann", at))
	if a := b.Send(t, "ann", at, remove); a.Status != 303 {
		t.Errorf("remove: %d", a.Status)
	}
	if got := strings.Count(b.Page(t, "ann", at), "/remove\""); got != proof.MaxFiles-1 {
		t.Errorf("%d files are left", got)
	}
	a := b.Ask(t, "ann", "POST", at+"/files", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"/file\"; filename=\"a.png\"\r\n\r\nx\r\n--x--\r\n"), "Content-Type: multipart/form-data; boundary=x")
	if a.Status != 403 {
		t.Errorf("without the token: %d", a.Status)
	}
}

func TestAnOrganisationIsRegistered(t *testing.T) {
	b := newBench(t)
	at := b.begin("ann", "organisation")
	b.Page(t, "ann", at)
	a := b.Send(t, "ann", at, at, "/body/zh", "", "/body_kind", "organ", "/uscc", "91350100M000100Y44", "then", "submit")
	for _, want := range []string{`href="#f-body-zh"`, `href="#f-body_kind"`, `href="#f-uscc"`, `href="#f-file"`} {
		if a.Status != layout.Status || !strings.Contains(a.Body, want) {
			t.Errorf("all faults at once: %d, no %s", a.Status, want)
		}
	}
	b.Send(t, "ann", at, at+"/withdraw")
	at = b.handIn("organisation", "/body/zh", "样例公司", "/body/en", "Sample Ltd", "/body_kind", "enterprise", "/uscc", "91350100m000100y43")
	desk := office(at)
	b.Page(t, "li", strings.Replace(desk, "/zh/", "/en/", 1))
	b.people.taken = true
	if a := b.Send(t, "li", desk, desk, "decide", "accept"); a.Status != layout.Status || len(b.people.bodies) != 0 {
		t.Errorf("a code that is taken: %d", a.Status)
	}
	b.people.taken = false
	if a := b.Send(t, "li", desk, desk, "decide", "accept"); a.Status != 303 {
		t.Fatalf("accept: %d", a.Status)
	}
	if got := b.people.bodies; len(got) != 1 || got[0] != (proof.Body{Name: locale.Text{ZH: "样例公司", EN: "Sample Ltd"}, Kind: "enterprise", USCC: "91350100M000100Y43"}) {
		t.Errorf("%+v", got)
	}
	if a := b.Send(t, "li", "/zh/proof", desk, "decide", "refuse", "/note", "x"); a.Status != layout.Status || len(b.people.bodies) != 1 {
		t.Errorf("decided twice: %d", a.Status)
	}
}

func TestDraftsLapseAndLateCasesSaySo(t *testing.T) {
	b := newBench(t)
	at := b.begin("ann", "person")
	if a := b.Send(t, "ann", at, at, append(person, "then", "save")...); a.Status != 303 {
		t.Errorf("save: %d", a.Status)
	}
	b.clock.Advance(20 * 24 * time.Hour)
	b.Send(t, "ann", at, at, append(person, "then", "save")...)
	b.clock.Advance(20 * 24 * time.Hour)
	b.work()
	if page := b.Page(t, "ann", at); !strings.Contains(page, "安样例") {
		t.Error("a draft that was worked on lapsed")
	}
	b.clock.Advance(20 * 24 * time.Hour)
	b.work()
	if page := b.Page(t, "ann", at); strings.Contains(page, "安样例") || !strings.Contains(page, "已自动结束") {
		t.Error("an old draft is kept")
	}
	at = b.handIn("person", person...)
	b.clock.Advance(30 * 24 * time.Hour)
	if page := b.Page(t, "li", "/zh/office/proofs"); !strings.Contains(page, "已超期") {
		t.Error("a late case does not say so")
	}
	if a := b.Send(t, "ann", at, at+"/withdraw"); a.Status != 303 {
		t.Errorf("withdraw: %d", a.Status)
	}
	b.work()
	if page := b.Page(t, "ann", at); !strings.Contains(page, "按规定删除") {
		t.Error("what was withdrawn is kept")
	}
	b.checked()
}

// TestDueDaysFollowTheCalendar: in the last week of December the count is
// provisional until next year's notice is known.
func TestDueDaysFollowTheCalendar(t *testing.T) {
	b := newBench(t)
	b.clock.Advance(33 * 24 * time.Hour) // 28 December 2026
	at := b.handIn("person", person...)
	if page := b.Page(t, "ann", at); !strings.Contains(page, "暂定于2027年1月4日") {
		t.Error("the provisional day is not said to be one")
	}
	next, err := workday.StateCouncil().With(workday.Notice{Year: 2027, Off: []workday.Date{"2027-01-01", "2027-01-04"}})
	b.must(err)
	count := func(want int) {
		t.Helper()
		b.must(b.db.Write(t.Context(), func(tx *database.Tx) error {
			n, err := b.s.Recompute(permit.Platform)(t.Context(), tx, next)
			if n != want {
				t.Errorf("%d days moved, want %d", n, want)
			}
			return err
		}))
	}
	count(1)
	count(0)
	if page := b.Page(t, "ann", at); !strings.Contains(page, "应于2027年1月6日前答复") {
		t.Error("the day did not move")
	}
	b.checked()
}
