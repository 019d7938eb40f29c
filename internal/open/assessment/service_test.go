package assessment

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/quality"
	"kaishu/internal/open/version"
)

var (
	editor   = permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	lead     = permit.Actor{Account: "l", Organisation: "jt", Roles: []permit.Role{permit.OpnLead}}
	both     = permit.Actor{Account: "b", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor, permit.OpnLead}}
	stranger = permit.Actor{Account: "s", Organisation: "other", Roles: []permit.Role{permit.OpnEditor, permit.OpnLead}}
	centre   = permit.Actor{Account: "q", Roles: []permit.Role{permit.CtrQuality}}
	anybody  = permit.Actor{}
)

type inProcess struct{}

func (inProcess) Import(ctx context.Context, r intake.Request) (intake.Result, error) {
	return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
}

func (inProcess) Bulk(ctx context.Context, r version.BulkRequest) ([]tabular.Bulk, error) {
	return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.CSV, tabular.JSON)
}

// town is the way of a file to its score.
type town struct {
	*testing.T
	at       *clock.Manual
	db       *database.DB
	entries  *openlist.Service
	versions *version.Service
	service  *Service
	pool     *queue.Pool
	runner   *ledger.Runner
}

func newTown(t *testing.T) *town {
	t.Helper()
	database.Strict()
	at := clock.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	ids := id.New(at)
	db := databasetest.Open(t, ledger.Migrations, queue.Migrations, openlist.Migrations, version.Migrations, Migrations)
	shelf, err := disk.Open(filepath.Join(t.TempDir(), "objects"))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := duckdb.New(duckdb.Options{Objects: shelf.Path, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	c := &town{T: t, at: at, db: db, entries: openlist.New(db, at, codes)}
	c.versions = version.New(version.Tools{DB: db, Clock: at, IDs: ids, Entries: c.entries, Shelf: shelf, Worker: inProcess{}, Engine: engine, Scratch: t.TempDir()})
	c.service = New(Tools{DB: db, Clock: at, IDs: ids, Entries: c.entries, Versions: c.versions,
		Checks: quality.New(quality.Tools{Clock: at, Entries: c.entries, Shelf: shelf, Engine: engine})})
	c.versions.Checks = c.service
	log := slog.New(slog.DiscardHandler)
	c.pool = queue.NewPool(db, at, ids, log, queue.Options{}, append(c.versions.Jobs(), c.service.Jobs()...)...)
	c.runner = ledger.NewRunner(db, log, c.service.Reactions(), nil)
	c.must(c.runner.Start(t.Context()))
	return c
}

func (c *town) list(slug string, change func(*openlist.Description)) {
	c.Helper()
	d := openlist.Description{Title: locale.Text{ZH: slug}, Publisher: "jt", Domain: "transport", Frequency: "daily", Opening: openlist.Unconditional}
	if change != nil {
		change(&d)
	}
	c.must(c.entries.DoAll(c.Context(), lead, []openlist.Request{{Who: permit.Platform, Slug: slug, Command: openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}}}))
}

// send sends a made-up file and does what is then to be done.
func (c *town) send(slug, file string) version.Version {
	c.Helper()
	v, err := c.versions.Receive(c.Context(), editor, version.Upload{Dataset: slug, NotSecret: true, Kind: version.Full, Name: "a.csv", UpdatedOn: "2026-11-24"}, strings.NewReader(file))
	c.must(err)
	c.work()
	v, err = c.versions.Get(c.Context(), lead, slug, v.Number)
	c.must(err)
	return v
}

// work does everything that waits: jobs, and what follows from events.
func (c *town) work() {
	c.Helper()
	for {
		more, err := c.pool.Step(c.Context())
		c.must(err)
		if !more {
			c.must(c.runner.CatchUp(c.Context()))
			if more, err = c.pool.Step(c.Context()); !more {
				c.must(err)
				return
			}
		}
	}
}

func (c *town) release(v version.Version) {
	c.Helper()
	if v.Stage != version.StageReleased {
		_, err := c.versions.Do(c.Context(), lead, v.Dataset, v.Number, version.Release{})
		c.must(err)
	}
	c.work()
}

// hold has rules proposed and confirmed.
func (c *town) hold(slug string, rules ...Rule) {
	c.Helper()
	_, err := c.service.Do(c.Context(), editor, slug, 0, Propose{Rules: rules})
	c.must(err)
	_, err = c.service.Do(c.Context(), lead, slug, 0, Confirm{})
	c.must(err)
	c.work()
}

// to lets the clock go on to ten in the morning of a day.
func (c *town) to(day workday.Date) { c.at.Advance(day.Time().Add(10 * time.Hour).Sub(c.at.Now())) }

func (c *town) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// of is the quality of a version, in one line.
func (c *town) of(who permit.Actor, slug string, number int) string {
	c.Helper()
	q, err := c.service.Of(c.Context(), who, slug, number)
	if err != nil {
		return err.Error()
	}
	out := []string{fmt.Sprint(q.Number, " ", q.Score.Total)}
	for _, r := range q.Results {
		one := fmt.Sprint(r.Rule.Kind, " ", r.Failed, "/", r.Checked)
		if len(r.Rows) > 0 {
			one += fmt.Sprint(" ", r.Rows)
		}
		if r.Note != "" {
			one += " " + strings.TrimPrefix(r.Note, "assessment.")
		}
		if r.Waived {
			one += " waived"
		}
		if !r.Passed {
			one += " broken"
		}
		out = append(out, one)
	}
	return strings.Join(out, "; ")
}

func (c *town) code(err error) string {
	if p := problem.As(err); p != nil {
		return p.Code
	}
	return fmt.Sprint(err)
}

// TestARuleHoldsARelease: what must hold blocks a version, what should hold
// only lowers its score.
func TestARuleHoldsARelease(t *testing.T) {
	c := newTown(t)
	c.list("air", func(d *openlist.Description) { d.Key = []string{"站"} })
	c.release(c.send("air", "站,pm\n甲,10\n乙,-5\n"))
	if got := c.of(editor, "air", Latest); got != "1 100; repeats 0/2; once 0/2; filled 0/2" {
		t.Errorf("built in: %s", got)
	}
	c.hold("air", Rule{Kind: "within", Fields: []string{"pm"}, Low: "0", Must: true}, Rule{Kind: "within", Fields: []string{"pm"}, High: "5"})
	if got := c.of(editor, "air", Latest); got != "1 90; within 1/2 [1] broken; within 1/2 [0] broken; repeats 0/2; once 0/2; filled 0/2" {
		t.Errorf("asked of what is offered: %s", got)
	}
	v := c.send("air", "站,pm\n甲,-1\n乙,7\n丙,3\n")
	if v.Stage != version.StageBlocked || len(v.Findings) != 1 || v.Findings[0].Code != "assessment.broken.within" || v.Findings[0].Column != "pm" || v.Findings[0].Args["n"] != float64(1) || v.Findings[0].Cells != nil {
		t.Errorf("%s %+v", v.Stage, v.Findings)
	}
	if got := c.of(editor, "air", 2); !strings.HasPrefix(got, "2 92.8;") {
		t.Errorf("before release: %s", got)
	}
	if got := c.of(anybody, "air", 2); !strings.Contains(got, "version.not_found") {
		t.Errorf("a stranger learns: %s", got)
	}
	if v := c.send("air", "站,pm\n甲,1\n乙,7\n丙,9\n"); v.Stage != version.StageReleased && v.Stage != version.StageStaged {
		t.Errorf("what should hold holds: %s %+v", v.Stage, v.Findings)
	}
	c.replay()
}

func (c *town) replay() {
	c.Helper()
	if n, err := c.service.Replay(c.Context(), permit.Platform); err != nil || n == 0 {
		c.Errorf("replay: %d, %v", n, err)
	}
}

// TestAFieldThatIsGone holds a release too, if the rule must hold.
func TestAFieldThatIsGone(t *testing.T) {
	c := newTown(t)
	c.list("air", nil)
	c.hold("air", Rule{Kind: "filled", Fields: []string{"pm"}, Must: true}) // before there is a table
	v := c.send("air", "站,no2\n甲,10\n")
	if v.Stage != version.StageBlocked || v.Findings[0].Code != "assessment.rule_not_asked" {
		t.Errorf("%s %+v", v.Stage, v.Findings)
	}
}

// TestWaiver: a waived rule lets versions go on until its last day is over;
// whoever asked may not grant; the score stays true.
func TestWaiver(t *testing.T) {
	c := newTown(t)
	c.list("air", nil)
	c.release(c.send("air", "站,pm\n甲,10\n"))
	c.hold("air", Rule{Kind: "within", Fields: []string{"pm"}, Low: "0", Must: true})
	_, err := c.service.AskWaiver(t.Context(), editor, "air", 1, AskWaiver{Reason: "x", Until: "2026-11-30"})
	if got := c.code(err); got != "assessment.no_such_rule" {
		t.Errorf("no such rule: %s", got)
	}
	if _, err := c.service.AskWaiver(t.Context(), stranger, "air", 0, AskWaiver{Reason: "x", Until: "2026-11-30"}); c.code(err) != "openlist.not_found" {
		t.Errorf("a stranger asks: %v", err)
	}
	w, err := c.service.AskWaiver(t.Context(), both, "air", 0, AskWaiver{Reason: "传感器更换", Until: "2026-11-30"})
	c.must(err)
	if _, err := c.service.AskWaiver(t.Context(), editor, "air", 0, AskWaiver{Reason: "x", Until: "2026-11-30"}); faultsOf(err) != "/rule assessment.waiver_waits" {
		t.Errorf("a second one: %v", err)
	}
	if _, err := c.service.DoWaiver(t.Context(), both, w.ID, 0, Grant{}); c.code(err) != "flow.four_eyes" {
		t.Errorf("four eyes: %v", err)
	}
	for _, who := range []permit.Actor{stranger, anybody} {
		if _, err := c.service.DoWaiver(t.Context(), who, w.ID, 0, Grant{}); c.code(err) != "assessment.no_waiver" {
			t.Errorf("a stranger grants: %v", err)
		}
	}
	if _, err := c.service.DoWaiver(t.Context(), lead, "wav_none", 0, Grant{}); c.code(err) != "assessment.no_waiver" {
		t.Errorf("none: %v", err)
	}
	if v := c.send("air", "站,pm\n甲,-1\n乙,2\n"); v.Stage != version.StageBlocked {
		t.Errorf("only asked for: %s", v.Stage)
	}
	if _, err := c.service.DoWaiver(t.Context(), lead, w.ID, w.Revision+1, Grant{}); c.code(err) != "moved_meanwhile" {
		t.Errorf("seen another: %v", err)
	}
	_, err = c.service.DoWaiver(t.Context(), lead, w.ID, w.Revision, Grant{})
	c.must(err)
	v := c.send("air", "站,pm\n甲,-1\n乙,3\n")
	if v.Stage == version.StageBlocked {
		t.Errorf("waived: %+v", v.Findings)
	}
	if got := c.of(editor, "air", v.Number); !strings.Contains(got, "within 1/2 [0] waived broken") || strings.HasPrefix(got, "3 100;") {
		t.Errorf("the score: %s", got)
	}
	c.to("2026-11-30")
	_, err = c.service.Today(t.Context(), permit.Platform)
	c.must(err)
	if h, err := c.service.Holding(t.Context(), lead, "air"); err != nil || h.Waivers[0].Stage != WaiverGranted {
		t.Errorf("on its last day: %+v, %v", h.Waivers, err)
	}
	c.to("2026-12-01")
	_, err = c.service.Today(t.Context(), permit.Platform)
	c.must(err)
	c.work()
	h, err := c.service.Holding(t.Context(), lead, "air")
	c.must(err)
	if h.Waivers[0].Stage != WaiverEnded || h.Waivers[0].EndedOn != "2026-12-01" {
		t.Errorf("it did not end: %+v", h.Waivers)
	}
	if v := c.send("air", "站,pm\n甲,-1\n乙,4\n"); v.Stage != version.StageBlocked {
		t.Errorf("after its end: %s", v.Stage)
	}
	c.replay()
}

// TestMorning: rules of time are asked again, scores follow the frequency, and
// versions that were never assessed are.
func TestMorning(t *testing.T) {
	c := newTown(t)
	c.list("plan", nil)
	c.versions.Checks = c.service.Checks // read before there were rules
	c.release(c.send("plan", "日,n\n2026-11-24,1\n2026-11-26,2\n"))
	c.versions.Checks = c.service
	if _, err := c.service.Today(t.Context(), lead); c.code(err) != "permit.not_your_part" {
		t.Errorf("a lead makes it morning: %v", err)
	}
	if q, err := c.service.Of(t.Context(), anybody, "plan", Latest); err != nil || q.Score.Measured {
		t.Errorf("before: %+v, %v", q, err)
	}
	for range 2 {
		_, err := c.service.Today(t.Context(), permit.Platform)
		c.must(err)
		c.work()
	}
	if got := c.of(anybody, "plan", Latest); got != "1 100; repeats 0/2" {
		t.Errorf("the first morning: %s", got)
	}
	c.hold("plan", Rule{Kind: "past", Fields: []string{"日"}})
	if got := c.of(anybody, "plan", Latest); got != "1 87.5; past 1/2 broken; repeats 0/2" {
		t.Errorf("confirmed: %s", got)
	}
	c.to("2026-11-26")
	_, err := c.service.Today(t.Context(), permit.Platform)
	c.must(err)
	c.work()
	q, err := c.service.Of(t.Context(), editor, "plan", Latest)
	c.must(err)
	if !q.Results[0].Passed || q.Run.On != "2026-11-26" {
		t.Errorf("two days later: %+v", q.Results)
	}
	before := len(q.History)
	c.to("2026-12-24")
	_, err = c.service.Today(t.Context(), permit.Platform)
	c.must(err)
	c.work()
	if q, err = c.service.Of(t.Context(), anybody, "plan", Latest); err != nil || q.Score.Total >= 100 || len(q.History) <= before {
		t.Errorf("a month later: %+v, %v", q.Score, err)
	}
	c.replay()
}

// TestWhoLearnsWhat: the score is public; how much data there is, if it is not
// open to all, and where it fails are not.
func TestWhoLearnsWhat(t *testing.T) {
	c := newTown(t)
	c.list("open", nil)
	c.list("shut", func(d *openlist.Description) { d.Opening = openlist.Conditional })
	for _, slug := range []string{"open", "shut"} {
		c.hold(slug, Rule{Kind: "within", Fields: []string{"n"}, Low: "0"})
		c.release(c.send(slug, "n,t\n1,a\n-1,b\n"))
	}
	for _, tt := range []struct {
		who  permit.Actor
		slug string
		want string
	}{
		{anybody, "open", "within 1/2 broken; repeats 0/2"},
		{anybody, "shut", "within 0/0 broken; repeats 0/0"},
		{stranger, "shut", "within 0/0 broken; repeats 0/0"},
		{editor, "shut", "within 1/2 [1] broken; repeats 0/2"},
		{centre, "shut", "within 1/2 [1] broken; repeats 0/2"},
		{centre, "open", "within 1/2 [1] broken; repeats 0/2"},
	} {
		got := c.of(tt.who, tt.slug, Latest)
		if _, rest, _ := strings.Cut(got, "; "); rest != tt.want || !strings.HasPrefix(got, "1 ") {
			t.Errorf("%s of %s: %s, want %s", tt.who.Account, tt.slug, got, tt.want)
		}
	}
	if got := c.of(anybody, "none", Latest); !strings.Contains(got, "openlist.not_found") {
		t.Errorf("none: %s", got)
	}
	for _, who := range []permit.Actor{anybody, stranger} {
		for _, slug := range []string{"open", "none"} {
			_, err := c.service.Holding(t.Context(), who, slug)
			_, err2 := c.service.Suggest(t.Context(), who, slug)
			_, err3 := c.service.Failing(t.Context(), who, slug, 1, 0)
			_, err4 := c.service.Do(t.Context(), who, slug, 0, Propose{})
			for _, err := range []error{err, err2, err3, err4} {
				if c.code(err) != "openlist.not_found" {
					t.Errorf("%q learns of %s: %v", who.Account, slug, err)
				}
			}
		}
	}
	f, err := c.service.Failing(t.Context(), centre, "open", Latest, 0)
	if err != nil || fmt.Sprint(f.Result.Rows, f.Columns) != "[1] [n]" || f.Content == "" {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := c.service.Failing(t.Context(), centre, "open", Latest, 9); c.code(err) != "assessment.no_such_rule" {
		t.Errorf("no such rule: %v", err)
	}
	if all, err := c.service.History(t.Context(), anybody, "open"); err != nil || len(all) != 1 || all[0].Number != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestSetOfRules: proposed by one, confirmed by another; who saw another set
// is told.
func TestSetOfRules(t *testing.T) {
	c := newTown(t)
	c.list("air", nil)
	rule := Rule{Kind: "filled", Fields: []string{"anything"}}
	h, err := c.service.Do(t.Context(), both, "air", 0, Propose{Rules: []Rule{rule}})
	c.must(err)
	if h.Revision != 1 || len(h.Proposed) != 1 || len(h.Rules) != 0 || h.Did != nil {
		t.Errorf("%+v", h)
	}
	if _, err := c.service.Do(t.Context(), both, "air", 0, Confirm{}); c.code(err) != "flow.four_eyes" {
		t.Errorf("four eyes: %v", err)
	}
	if _, err := c.service.Do(t.Context(), lead, "air", 2, Confirm{}); c.code(err) != "moved_meanwhile" {
		t.Errorf("seen another: %v", err)
	}
	if h, err = c.service.Do(t.Context(), lead, "air", 1, Confirm{}); err != nil || h.Edition != 1 || len(h.Rules) != 1 || h.Since != "2026-11-24" {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := c.service.Do(t.Context(), centre, "air", 0, Propose{Rules: []Rule{{Kind: "refers", Fields: []string{"x"}, Dataset: "nowhere", Among: "y"}}}); faultsOf(err) != "/rules/0/dataset assessment.no_such_dataset" {
		t.Errorf("%v", err)
	}
	c.list("districts", nil)
	c.release(c.send("districts", "code,n\n310101,1\n"))
	if _, err := c.service.Do(t.Context(), centre, "air", 0, Propose{Rules: []Rule{{Kind: "refers", Fields: []string{"x"}, Dataset: "districts", Among: "code"}}}); err != nil {
		t.Error(err)
	}
	c.replay()
}

// TestSuggestionsOfAVersion: what the profile of a released version suggests,
// for those who may see it.
func TestSuggestionsOfAVersion(t *testing.T) {
	c := newTown(t)
	c.list("air", nil)
	c.list("shut", func(d *openlist.Description) { d.Opening = openlist.Conditional })
	var file strings.Builder
	file.WriteString("站,级,pm\n")
	for i := range 40 {
		fmt.Fprintf(&file, "站%d,%s,%d\n", i, []string{"优", "良"}[i%2], i%7)
	}
	if all, err := c.service.Suggest(t.Context(), editor, "air"); err != nil || len(all) != 0 {
		t.Errorf("before there is data: %v, %v", all, err)
	}
	for _, slug := range []string{"air", "shut"} {
		c.release(c.send(slug, file.String()))
	}
	for _, tt := range []struct {
		who  permit.Actor
		slug string
		want string
	}{
		{editor, "air", "filled[站] once[站] filled[级] values[级] filled[pm] within[pm] jump[]"},
		{centre, "air", "filled[站] once[站] filled[级] values[级] filled[pm] within[pm] jump[]"},
		{editor, "shut", "filled[站] once[站] filled[级] values[级] filled[pm] within[pm] jump[]"},
		{centre, "shut", ""},
	} {
		all, err := c.service.Suggest(t.Context(), tt.who, tt.slug)
		var got []string
		for _, s := range all {
			got = append(got, fmt.Sprint(s.Kind, s.Fields))
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%s of %s: %v, %v", tt.who.Account, tt.slug, got, err)
		}
	}
}
