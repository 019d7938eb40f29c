package timeliness

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
)

var (
	editor   = permit.Actor{Account: "ed-env", Organisation: "env", Roles: []permit.Role{permit.OpnEditor}}
	lead     = permit.Actor{Account: "lea-env", Organisation: "env", Roles: []permit.Role{permit.OpnLead}}
	stranger = permit.Actor{Account: "lea-civil", Organisation: "civil", Roles: []permit.Role{permit.OpnLead}}
	centre   = permit.Actor{Account: "qual", Organisation: "centre", Roles: []permit.Role{permit.CtrQuality}}
	public   = permit.Actor{}
)

// holders are who holds what: "ed-" and "lea-" of each body, and two officers.
type holders struct{}

func (holders) HoldersOf(_ *database.Tx, _ permit.Actor, body string, roles ...permit.Role) (all []string, err error) {
	for _, r := range roles {
		all = append(all, map[permit.Role]string{permit.OpnEditor: "ed-", permit.OpnLead: "lea-"}[r]+body)
	}
	return all, nil
}

func (holders) HoldersAnywhere(_ *database.Tx, _ permit.Actor, roles ...permit.Role) (all []string, err error) {
	for _, r := range roles {
		all = append(all, map[permit.Role]string{permit.AutOfficer: "authority", permit.GofOfficer: "general-office"}[r])
	}
	return all, nil
}

type openBox struct{}

func (openBox) Seal(plain, _ string) string         { return plain }
func (openBox) Open(text, _ string) (string, error) { return text, nil }

type bench struct {
	*testing.T
	*Service
	now *clock.Manual
}

// newBench has a city of two publishers whose datasets are synthetic.
func newBench(t *testing.T) bench {
	t.Helper()
	now := clock.At(time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, organisation.Migrations, notice.Migrations, openlist.Migrations, version.Migrations, Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load(Messages, notice.Messages)
	if err != nil {
		t.Fatal(err)
	}
	ids := id.New(now)
	entries := openlist.New(db, now, codes)
	b := bench{t, New(Tools{DB: db, Clock: now, Entries: entries, Versions: version.New(version.Tools{DB: db, Clock: now, IDs: ids, Entries: entries}), Organisations: organisation.New(db),
		Notices: notice.New(notice.Tools{DB: db, Clock: now, IDs: ids, Words: words, Kinds: Told, Box: openBox{}}), Holders: holders{}}), now}
	for body, name := range map[string]string{"env": "市环境局（样例）", "civil": "市民政局（样例）"} {
		b.must(nil, b.Organisations.Put(t.Context(), permit.Actor{Account: "console", Roles: []permit.Role{permit.SysAdmin}}, organisation.Organisation{ID: body, Name: locale.Text{ZH: name}, Kind: "organ", Level: organisation.City}))
	}
	b.adopt("air", "env", "monthly", "2026-01-01", nil)
	b.adopt("river", "env", "monthly", "2026-01-20", nil)
	b.adopt("soil", "env", "static", "2001-01-01", nil)
	b.adopt("graves", "civil", "yearly", "2020-01-01", nil)
	return b
}

func (b bench) adopt(slug, body, frequency string, updated workday.Date, change func(*openlist.Description)) {
	b.Helper()
	d := openlist.Description{Title: locale.Text{ZH: slug}, Publisher: body, Domain: "environment", Frequency: frequency, Opening: openlist.Unconditional, UpdatedOn: updated, FirstPublishedOn: "2020-01-01",
		Items: []openlist.Item{{Name: "a"}}}
	if change != nil {
		change(&d)
	}
	b.must(b.Entries.Do(b.Context(), permit.Platform, slug, openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}))
}

func (b bench) must(_ any, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b bench) wants(kind problem.Kind, err error) {
	b.Helper()
	if !problem.Is(err, kind) {
		b.Errorf("got %v, want %s", err, kind)
	}
}

// morning does what the day brings, twice.
func (b bench) morning(day workday.Date) {
	b.Helper()
	b.now.Advance(day.Time().Add(10 * time.Minute).Sub(b.now.Now()))
	b.must(b.Today(b.Context(), permit.Platform))
	if n, err := b.Today(b.Context(), permit.Platform); n != 0 || err != nil {
		b.Errorf("the same morning again moves %d, %v", n, err)
	}
}

// told are the titles of the notices of an account, oldest first.
func (b bench) told(account string) (all []string) {
	b.Helper()
	p, err := b.Notices.Inbox(b.Context(), permit.Actor{Account: account}, "", 100)
	b.must(p, err)
	for _, n := range p.Items {
		if !strings.HasPrefix(n.Title.ZH, "发现") {
			all = append(all, n.Title.ZH)
		}
	}
	slices.Reverse(all)
	return all
}

func (b bench) class(slug string) Class {
	b.Helper()
	var w row[Watch]
	b.must(nil, b.DB.Read(b.Context(), func(tx *database.Tx) (err error) {
		w, err = loadWatch(tx, slug)
		return err
	}))
	return w.state.Class
}

// TestMorningsMoveAndTell: editor before, on and after the day; lead once it
// is late; authority and general office once it is seriously late; each once.
// Requirements A16.4, SM-05.
func TestMorningsMoveAndTell(t *testing.T) {
	b := newBench(t)
	for day := workday.Date("2026-02-01"); day <= "2026-04-10"; day = day.AddDays(1) {
		b.morning(day)
	}
	if got := b.told("ed-env"); !slices.Equal(got, []string{"1个数据集到更新日了", "1个数据集快到更新日了", "1个数据集逾期未更新", "1个数据集到更新日了", "1个数据集逾期未更新", "1个数据集严重逾期", "1个数据集严重逾期"}) {
		t.Errorf("the editor is told %q", got)
	}
	if got := b.told("lea-env"); !slices.Equal(got, []string{"1个数据集逾期未更新", "1个数据集逾期未更新", "1个数据集严重逾期", "1个数据集严重逾期"}) {
		t.Errorf("the lead is told %q", got)
	}
	want := []string{"新增1个严重逾期的数据集", "新增1个严重逾期的数据集", "新增1个严重逾期的数据集"} // graves on the first day
	for _, officer := range []string{"authority", "general-office"} {
		if got := b.told(officer); !slices.Equal(got, want) {
			t.Errorf("%s is told %q", officer, got)
		}
	}
	if got := b.told("ed-civil"); !slices.Equal(got, []string{"1个数据集严重逾期"}) {
		t.Errorf("the other publisher is told %q", got)
	}
	for slug, want := range map[string]Class{"air": SeriouslyLate, "river": SeriouslyLate, "soil": Static, "graves": SeriouslyLate} {
		if got := b.class(slug); got != want {
			t.Errorf("%s is watched as %s", slug, got)
		}
	}
	if n, err := b.Replay(t.Context(), permit.Platform); err != nil || n < 8 {
		t.Errorf("replayed %d: %v", n, err)
	}
}

// TestOnlyTheClockDoesTheDay.
func TestOnlyTheClockDoesTheDay(t *testing.T) {
	b := newBench(t)
	_, err := b.Today(t.Context(), lead)
	b.wants(problem.Forbidden, err)
}

// TestOneNoticeForMany: a publisher with many late datasets is told once.
func TestOneNoticeForMany(t *testing.T) {
	b := newBench(t)
	for i := range 5 {
		b.adopt(fmt.Sprintf("many-%d", i), "civil", "daily", "2026-01-28", nil)
	}
	b.morning("2026-02-01")
	p, err := b.Notices.Inbox(t.Context(), permit.Actor{Account: "lea-civil"}, "", 100)
	b.must(p, err)
	i := slices.IndexFunc(p.Items, func(n notice.Told) bool { return n.Title.ZH == "5个数据集逾期未更新" })
	if i < 0 || !strings.HasPrefix(p.Items[i].Text.ZH, "many-0、many-1、many-2等逾期") || !strings.HasPrefix(p.Items[i].Text.EN, "many-0, many-1, many-2 and others: late") {
		t.Errorf("told %+v", p.Items)
	}
}

// TestAnUpdateEndsLateness: at once, without waiting for the morning; and it
// never makes anything late.
func TestAnUpdateEndsLateness(t *testing.T) {
	b := newBench(t)
	b.morning("2026-03-01")
	if b.class("air") != Late {
		t.Fatalf("air is %s", b.class("air"))
	}
	set := func(slug string, d openlist.Description) {
		t.Helper()
		b.must(nil, b.DB.Write(t.Context(), func(tx *database.Tx) error {
			e, err := b.Entries.GetTx(tx, permit.Platform, slug)
			if err != nil {
				return err
			}
			e.UpdatedOn, e.Frequency = d.UpdatedOn, d.Frequency
			_, err = tx.Exec(`UPDATE openlist_entry SET body = ? WHERE slug = ?`, jsonOf(t, e), slug)
			if err == nil {
				err = b.again(tx, slug)
			}
			return err
		}))
	}
	set("air", openlist.Description{Frequency: "monthly", UpdatedOn: "2026-02-28"})
	if b.class("air") != OnTime {
		t.Errorf("after its update air is %s", b.class("air"))
	}
	set("river", openlist.Description{Frequency: "daily", UpdatedOn: "2026-01-20"})
	if b.class("river") != OnTime {
		t.Errorf("between two mornings river became %s", b.class("river"))
	}
	set("graves", openlist.Description{Frequency: "static", UpdatedOn: "2020-01-01"})
	if b.class("graves") != Static {
		t.Errorf("declared static, graves is %s", b.class("graves"))
	}
	b.must(nil, b.DB.Write(t.Context(), func(tx *database.Tx) error {
		if _, err := b.Entries.MoveTx(tx, permit.Platform, "graves", openlist.Withdraw{Reasons: []string{"合并"}}, openlist.World{}); err != nil {
			return err
		}
		return b.again(tx, "graves")
	}))
	if b.class("graves") != "" {
		t.Errorf("off the list, graves is %s", b.class("graves"))
	}
	b.must(nil, b.DB.Write(t.Context(), func(tx *database.Tx) error { return b.again(tx, "nothing") }))
	// An update that comes while the morning is at work is not overlooked.
	b.must(nil, b.DB.Write(t.Context(), func(tx *database.Tx) error {
		n, err := b.turn(tx, "air", Fact{Listed: true, Body: "env", Today: "2026-03-01", Standing: Standing{Class: Late, DaysLate: 1}})
		if n != 0 {
			t.Errorf("moved %d by what was seen before", n)
		}
		return err
	}))
	// What is due soon is noticed in the morning, when it can be told.
	b.adopt("soon", "civil", "monthly", "2026-02-01", nil)
	b.must(nil, b.DB.Write(t.Context(), func(tx *database.Tx) error { return b.again(tx, "soon") }))
	b.morning("2026-03-02")
	if got := b.told("ed-civil"); !slices.Contains(got, "1个数据集快到更新日了") {
		t.Errorf("told %q", got)
	}
	if _, err := b.Replay(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
}

// TestRankingAndLists: every number of the ranking has its list.
func TestRankingAndLists(t *testing.T) {
	b := newBench(t)
	b.now.Advance(workday.Date("2026-02-20").Time().Sub(b.now.Now()))
	r, err := b.Ranking(t.Context(), public, "")
	b.must(r, err)
	if r.AsOf != "2026-02-20" || r.Small != 5 || len(r.Items) != 2 {
		t.Fatalf("%+v", r)
	}
	env, civil := r.Items[0], r.Items[1]
	if env.Body != "env" || env.Place != 1 || env.Share != 0.5 || env.Counts != (Counts{Datasets: 3, Promised: 2, OnTime: 1, Late: 1}) || env.MedianDaysLate != 5 || !env.IsSmall || env.Name.ZH != "市环境局（样例）" {
		t.Errorf("%+v", env)
	}
	if civil.Place != 2 || civil.Counts.SeriouslyLate != 1 || len(civil.ByFrequency) != 1 || civil.ByFrequency[0].Name.ZH != "每年" {
		t.Errorf("%+v", civil)
	}
	if len(env.ByFrequency) != 2 || env.ByFrequency[0].Frequency != "monthly" || env.ByFrequency[0].Share != 0.5 {
		t.Errorf("by frequency, in the order of the code list: %+v", env.ByFrequency)
	}
	if r.All.Counts != (Counts{Datasets: 4, Promised: 3, OnTime: 1, Late: 1, SeriouslyLate: 1}) {
		t.Errorf("in all: %+v", r.All)
	}
	yearly, err := b.Ranking(t.Context(), public, "yearly")
	b.must(yearly, err)
	if len(yearly.Items) != 1 || yearly.Items[0].Body != "civil" || yearly.All.Counts.Datasets != 1 || len(yearly.ByFrequency) != 3 || yearly.Frequency != "yearly" {
		t.Errorf("by one frequency: %+v", yearly)
	}
	_, err = b.Ranking(t.Context(), public, "never")
	b.wants(problem.Invalid, err)
	for chosen, want := range map[Chosen][]string{{}: {"air", "river", "soil"}, {Class: "late"}: {"air"}, {Class: Behind}: {"air"}, {Class: Promised}: {"air", "river"}, {Class: "on_time", Frequency: "monthly"}: {"river"}, {Frequency: "static"}: {"soil"}, {Class: "unknown"}: nil} {
		d, err := b.Of(t.Context(), public, "env", chosen)
		b.must(d, err)
		var got []string
		for _, x := range d.Items {
			got = append(got, x.Slug)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", chosen, got, want)
		}
	}
	_, err = b.Of(t.Context(), public, "nobody", Chosen{})
	b.wants(problem.NotFound, err)
}

// TestFindings: what is missing is found, kept by the lead with a reason and an
// end, told again after it, and ends when it is mended; others learn nothing.
func TestFindings(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.morning("2026-02-01")
	page, err := b.Findings(ctx, editor, Wanted{}, "", 50)
	b.must(page, err)
	if len(page.Items) != 3 || page.UseKnown || page.Items[0].Problem != Missing || page.Items[0].Name.ZH != "市环境局（样例）" || len(page.Items[0].Can) != 0 {
		t.Fatalf("%+v", page)
	}
	all, err := b.Findings(ctx, centre, Wanted{}, "", 3)
	b.must(all, err)
	rest, err := b.Findings(ctx, centre, Wanted{}, all.Next, 3)
	b.must(rest, err)
	if len(all.Items) != 3 || len(rest.Items) != 1 || rest.Next != "" || all.Items[0].Body != "civil" {
		t.Errorf("page by page: %+v and %+v", all, rest)
	}
	for want, n := range map[Wanted]int{{Problem: "tiny"}: 0, {Problem: "missing", Body: "civil"}: 1, {Stage: "kept"}: 0, {Stage: "open"}: 4} {
		if p, err := b.Findings(ctx, centre, want, "", 50); err != nil || len(p.Items) != n {
			t.Errorf("%+v: %d, %v", want, len(p.Items), err)
		}
	}
	if p, err := b.Findings(ctx, stranger, Wanted{Body: "env"}, "", 50); err != nil || len(p.Items) != 0 {
		t.Errorf("another publisher's lead sees %+v, %v", p, err)
	}
	_, err = b.Findings(ctx, public, Wanted{}, "", 50)
	b.wants(problem.Unsigned, err)
	id := page.Items[0].ID
	for _, who := range []permit.Actor{stranger, public} {
		_, err := b.Finding(ctx, who, id)
		b.wants(problem.NotFound, err)
		_, err = b.Do(ctx, who, id, 0, Keep{Reason: "x", Until: "2026-03-01"})
		b.wants(problem.NotFound, err)
	}
	_, err = b.Do(ctx, editor, id, 0, TakeUp{})
	b.wants(problem.Forbidden, err)
	_, err = b.Do(ctx, lead, id, 5, Keep{Reason: "数据在年底上传", Until: "2026-02-10"})
	b.wants(problem.Conflict, err)
	v, err := b.Do(ctx, lead, id, 1, Keep{Reason: "数据在年底上传", Until: "2026-02-10"})
	b.must(v, err)
	if v.Stage != StageKept || !slices.Equal(v.Can, []string{"take_up"}) || len(v.History) != 2 || v.Did != nil {
		t.Errorf("kept: %+v", v)
	}
	b.morning("2026-02-10")
	if v, _ = b.Finding(ctx, lead, id); v.Stage != StageKept {
		t.Errorf("on its last day: %+v", v)
	}
	b.morning("2026-02-11")
	if v, _ = b.Finding(ctx, lead, id); v.Stage != StageOpen || v.Reason != "" {
		t.Errorf("after its last day: %+v", v)
	}
	b.must(nil, b.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := b.Entries.MoveTx(tx, permit.Platform, v.Datasets[0], openlist.Withdraw{Reasons: []string{"合并"}}, openlist.World{})
		return err
	}))
	b.morning("2026-02-12")
	if b.class(v.Datasets[0]) != "" {
		t.Errorf("off the list, it is watched as %s", b.class(v.Datasets[0]))
	}
	for bad, pointer := range map[Wanted]string{{Problem: "x"}: "?problem", {Stage: "x"}: "?stage"} {
		_, err := b.Findings(ctx, centre, bad, "", 50)
		if p := problem.As(err); p == nil || p.Kind != problem.Invalid || p.Fields[0].Pointer != pointer {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if v, _ = b.Finding(ctx, lead, id); v.Stage != StageEnded || v.EndedOn != "2026-02-12" {
		t.Errorf("mended: %+v", v)
	}
	if n, err := b.Replay(ctx, permit.Platform); err != nil || n != 8 {
		t.Errorf("replayed %d: %v", n, err)
	}
}

// TestStoppedDatasetsWait: while opening is suspended (Article 31) nothing is
// due and nothing is to be mended.
func TestStoppedDatasetsWait(t *testing.T) {
	b := newBench(t)
	b.morning("2026-02-20")
	if b.class("air") != Late {
		t.Fatalf("air is %s", b.class("air"))
	}
	stopper := permit.Actor{Account: "ops", Organisation: "centre", Roles: []permit.Role{permit.CtrOps}}
	b.must(b.Entries.Do(t.Context(), stopper, "air", openlist.Suspend{Reasons: []string{"核实"}}))
	b.morning("2026-02-21")
	if b.class("air") != NotDue {
		t.Errorf("stopped, air is %s", b.class("air"))
	}
	p, err := b.Findings(t.Context(), editor, Wanted{}, "", 50)
	b.must(p, err)
	if slices.ContainsFunc(p.Items, func(v View) bool { return v.Subject == "air" }) || len(p.Items) != 2 {
		t.Errorf("to be mended while it is stopped: %+v", p.Items)
	}
}

// TestUseIsKnownOrSaidNotToBe: without anybody who counts, or before counting
// began, no dataset is called unused.
func TestUseIsKnownOrSaidNotToBe(t *testing.T) {
	b := newBench(t)
	all, err := b.look(t.Context())
	b.must(all, err)
	var asked workday.Date
	count := func(uses map[string]int64, known bool, err error) Usage {
		return func(_ context.Context, _ permit.Actor, since workday.Date) (map[string]int64, bool, error) {
			asked = since
			return uses, known, err
		}
	}
	for name, tt := range map[string]struct {
		usage Usage
		known bool
		air   int64
	}{
		"nobody counts":        {nil, false, 0},
		"counting began later": {count(map[string]int64{"air": 3}, false, nil), false, 0},
		"counted":              {count(map[string]int64{"air": 3}, true, nil), true, 3},
	} {
		b.Usage, b.asked, b.known = tt.usage, "", false
		w, err := b.world(t.Context(), all)
		b.must(w, err)
		if u := w.Subjects[0].Uses; (u != nil) != tt.known || u != nil && *u != tt.air || tt.known && *w.Subjects[1].Uses != 0 {
			t.Errorf("%s: %v", name, w.Subjects[0])
		}
		if known, err := b.useKnown(t.Context()); known != tt.known || err != nil {
			t.Errorf("%s: known %t, %v", name, known, err)
		}
	}
	b.Usage, b.asked = count(nil, false, context.Canceled), ""
	if _, err := b.useKnown(t.Context()); err == nil {
		t.Error("a fault was swallowed")
	}
	if _, err := b.world(t.Context(), all); err == nil {
		t.Error("a fault was swallowed by the detectors")
	}
	b.Usage = count(nil, true, nil)
	if known, err := b.useKnown(t.Context()); !known || err != nil {
		t.Errorf("after the fault: %t, %v", known, err)
	}
	asked = ""
	if known, _ := b.useKnown(t.Context()); !known || asked != "" {
		t.Errorf("asked again on the same day: %t, %q", known, asked)
	}
	b.now.Advance(24 * time.Hour)
	if _, err := b.useKnown(t.Context()); err != nil || asked != "2025-08-02" {
		t.Errorf("asked from %s on", asked)
	}
}

func jsonOf(t *testing.T, x any) string {
	t.Helper()
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
