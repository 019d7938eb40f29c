package query

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/obtain/access"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

var (
	visitor = permit.Actor{}
	editor  = permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	lead    = permit.Actor{Account: "l", Organisation: "jt", Roles: []permit.Role{permit.OpnLead}}
	other   = permit.Actor{Account: "o", Organisation: "wj", Roles: []permit.Role{permit.OpnLead}}
)

type inProcess struct{}

func (inProcess) Import(ctx context.Context, r intake.Request) (intake.Result, error) {
	return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
}

func (inProcess) Bulk(ctx context.Context, r version.BulkRequest) ([]tabular.Bulk, error) {
	return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.Formats...)
}

// city is the path of data without the edge.
type city struct {
	*testing.T
	entries  *openlist.Service
	versions *version.Service
	door     *access.Service
	queries  *Service
	pool     *queue.Pool
}

func newCity(t *testing.T) *city {
	t.Helper()
	database.Strict()
	at := clock.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	ids, log := id.New(at), slog.New(slog.DiscardHandler)
	db := databasetest.Open(t, ledger.Migrations, queue.Migrations, record.Migrations, openlist.Migrations, version.Migrations)
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
	c := &city{T: t, entries: openlist.New(db, at, codes)}
	c.versions = version.New(version.Tools{DB: db, Clock: at, IDs: ids, Entries: c.entries, Shelf: shelf, Worker: inProcess{}, Engine: engine, Scratch: t.TempDir()})
	c.pool = queue.NewPool(db, at, ids, log, queue.Options{}, c.versions.Jobs()...)
	c.door = access.New(access.Tools{Clock: at, Entries: c.entries, Versions: c.versions, Engine: engine, Shelf: shelf, Recorder: record.New(db, ids, log)})
	c.queries = New(c.door)
	return c
}

// list puts an entry on the open list.
func (c *city) list(slug string, opening openlist.Opening) {
	c.Helper()
	d := openlist.Description{Title: locale.Text{ZH: slug}, Publisher: "jt", Domain: "transport", Frequency: "daily", Opening: opening, Key: []string{"id"}}
	c.must(c.entries.DoAll(c.Context(), lead, []openlist.Request{{Who: permit.Platform, Slug: slug, Command: openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}}}))
}

// release sends a file through to release.
func (c *city) release(slug string, kind version.Kind, file string) version.Version {
	c.Helper()
	v, err := c.versions.Receive(c.Context(), editor, version.Upload{Dataset: slug, Kind: kind, NotSecret: true, Name: "a.csv", UpdatedOn: "2026-11-01"}, strings.NewReader(file))
	c.must(err)
	return c.work(slug, v)
}

// work does what is to be done, and releases v.
func (c *city) work(slug string, v version.Version) version.Version {
	c.Helper()
	for more := true; more; {
		var err error
		more, err = c.pool.Step(c.Context())
		c.must(err)
	}
	if now, err := c.versions.Get(c.Context(), lead, slug, v.Number); err != nil || now.Stage == version.StageReleased {
		c.must(err)
		return now // by rule
	}
	v, err := c.versions.Do(c.Context(), lead, slug, v.Number, version.Release{})
	c.must(err)
	return v
}

// send sends a further file, to be read as recipe says, and has it released if
// no rule does.
func (c *city) send(slug, file string, recipe *intake.Recipe) version.Version {
	c.Helper()
	v, err := c.versions.Receive(c.Context(), editor, version.Upload{Dataset: slug, Kind: version.Full, NotSecret: true, Name: "b.csv", UpdatedOn: "2026-11-02", Recipe: recipe}, strings.NewReader(file))
	c.must(err)
	return c.work(slug, v)
}

func (c *city) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

const table = "id,区,n\n3,静安区,30\n1,黄浦区,10\n2,静安区,\n"

// Rows are appended once that is declared, and it stays declared: for the next
// file, and where only the reading is chosen anew.
func TestRowsAreAppended(t *testing.T) {
	c := newCity(t)
	c.list("metro", openlist.Unconditional)
	c.release("metro", version.Full, table)
	for i, next := range []struct {
		file   string
		recipe *intake.Recipe
		rows   int64
	}{
		{"id,区,n\n4,徐汇区,40\n", &intake.Recipe{Version: 1, Mode: intake.Append}, 4},
		{"id,区,n\n5,徐汇区,50\n6,徐汇区,60\n", nil, 6},
		{"id,区,n\n7,徐汇区,70\n", &intake.Recipe{Version: 1}, 7},
		{"id,区,n\n8,徐汇区,80\n", &intake.Recipe{Version: 1, Mode: intake.Replace}, 1},
	} {
		v := c.send("metro", next.file, next.recipe)
		if v.Outcome.Rows != next.rows || v.Outcome.RowsBefore+v.Outcome.RowsIn != next.rows {
			t.Errorf("file %d: %+v", i+2, v.Outcome)
		}
	}
}

func TestPagesByKey(t *testing.T) {
	c := newCity(t)
	c.list("metro", openlist.Unconditional)
	c.release("metro", version.Full, table)
	r, err := c.door.Open(t.Context(), visitor, "metro", access.Latest)
	c.must(err)
	values := url.Values{"order": {"n desc"}, "limit": {"2"}, "select": {"id,n"}}
	s, err := c.queries.Parse(r, values, "json")
	c.must(err)
	first, err := c.queries.Page(t.Context(), r, s, "")
	c.must(err)
	next, err := c.queries.Page(t.Context(), r, s, first.Next)
	c.must(err)
	var got []string
	for _, item := range append(Items(first.Page), Items(next.Page)...) {
		got = append(got, string(item))
	}
	if strings.Join(got, "") != `{"id":3,"n":30}{"id":1,"n":10}{"id":2,"n":null}` || first.Total != 3 || next.Next != "" {
		t.Errorf("%v, total %d, next %q", got, first.Total, next.Next)
	}
	s.Where = nil
	s.Order = nil
	if _, err := c.queries.Page(t.Context(), r, s, first.Next); problem.As(err) == nil {
		t.Errorf("a cursor was taken for another query: %v", err)
	}
	var csv bytes.Buffer
	whole, err := c.queries.Parse(r, url.Values{"where": {"区 = '静安区'"}}, "csv")
	c.must(err)
	if n, err := c.queries.Export(t.Context(), r, whole, tabular.CSV, &csv); n != 2 || err != nil || csv.String() != "id,区,n\n2,静安区,\n3,静安区,30\n" {
		t.Errorf("%d rows, %v: %q", n, err, csv.String())
	}
}

// shut lists every way to cells, and what a reader is told on each.
func (c *city) shut(who permit.Actor, slug string, number int) (code string) {
	c.Helper()
	_, err := c.door.Open(c.Context(), who, slug, number)
	if p := problem.As(err); p != nil {
		return p.Code
	}
	c.must(err)
	return ""
}

// TestDoorInTheWholeHouse: conditional data stays shut but for its sample,
// suspended data for everybody, and a recalled version leaves the one before.
// Hard gates 1, 10 and 11; Articles 17, 22 and 31.
func TestDoorInTheWholeHouse(t *testing.T) {
	c := newCity(t)
	c.list("open", openlist.Unconditional)
	c.list("shut", openlist.Conditional)
	c.release("open", version.Full, table)
	full := c.release("shut", version.Full, table)
	sample := c.release("shut", version.Sample, "id,区,n\n9,静安区,90\n")
	for _, tt := range []struct {
		who    permit.Actor
		slug   string
		number int
		want   string
	}{
		{visitor, "open", access.Latest, ""}, {visitor, "shut", full.Number, "access.needs_application"}, {other, "shut", full.Number, "access.needs_application"},
		{visitor, "shut", sample.Number, ""}, {visitor, "shut", access.Latest, ""}, {lead, "shut", full.Number, ""},
		{visitor, "open", 7, "version.not_found"}, {visitor, "nothing", access.Latest, "openlist.not_found"},
	} {
		if got := c.shut(tt.who, tt.slug, tt.number); got != tt.want {
			t.Errorf("%s %s %d: %q, want %q", tt.who.Account, tt.slug, tt.number, got, tt.want)
		}
	}
	if r, err := c.door.Open(t.Context(), visitor, "shut", access.Latest); err != nil || r.Version.Kind != version.Sample {
		t.Errorf("a visitor's newest version of conditional data is %v, %v", r, err)
	}
	if e, v, err := c.door.Structure(t.Context(), visitor, "shut", full.Number); err != nil || len(v.Outcome.Columns) != 3 || e.Slug != "shut" {
		t.Errorf("the structure is public: %v", err)
	}
	_, err := c.entries.Do(t.Context(), lead, "open", openlist.Suspend{Reasons: []string{"涉及个人信息"}})
	c.must(err)
	for _, who := range []permit.Actor{visitor, lead, editor} {
		if got := c.shut(who, "open", access.Latest); got != "access.suspended" {
			t.Errorf("%s reads suspended data: %q", who.Account, got)
		}
	}
	_, err = c.entries.Do(t.Context(), lead, "open", openlist.Resume{})
	c.must(err)
	if got := c.shut(visitor, "open", access.Latest); got != "" {
		t.Errorf("resumed data stays shut: %s", got)
	}
}

func TestRecallLeavesTheVersionBefore(t *testing.T) {
	c := newCity(t)
	c.list("metro", openlist.Unconditional)
	first := c.release("metro", version.Full, table)
	second := c.release("metro", version.Full, table+"4,静安区,1\n")
	if second.Did["release"] != "" || second.Stage != version.StageReleased {
		t.Errorf("a fitting version was not released by rule: %+v", second)
	}
	_, err := c.versions.Do(t.Context(), lead, "metro", second.Number, version.Recall{Reason: "误传"})
	c.must(err)
	r, err := c.door.Open(t.Context(), visitor, "metro", access.Latest)
	c.must(err)
	if r.Version.Number != first.Number {
		t.Errorf("after a recall the newest is %d", r.Version.Number)
	}
	if got := c.shut(visitor, "metro", second.Number); got != "access.recalled" {
		t.Error(got)
	}
	file, _, err := r.Original(t.Context())
	c.must(err)
	defer file.Close()
	if text, err := io.ReadAll(file); string(text) != table || err != nil {
		t.Errorf("the original: %q, %v", text, err)
	}
}
