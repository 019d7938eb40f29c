package quality

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
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

var (
	editor = permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	lead   = permit.Actor{Account: "l", Organisation: "jt", Roles: []permit.Role{permit.OpnLead}}
)

type inProcess struct{}

func (inProcess) Import(ctx context.Context, r intake.Request) (intake.Result, error) {
	return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
}

func (inProcess) Bulk(ctx context.Context, r version.BulkRequest) ([]tabular.Bulk, error) {
	return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.CSV)
}

// city is the way of a file to its release, with the checks on it.
type city struct {
	*testing.T
	entries  *openlist.Service
	versions *version.Service
	db       *database.DB
	pool     *queue.Pool
}

func newCity(t *testing.T) *city {
	t.Helper()
	database.Strict()
	at := clock.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	ids := id.New(at)
	db := databasetest.Open(t, ledger.Migrations, queue.Migrations, openlist.Migrations, version.Migrations)
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
	c := &city{T: t, db: db, entries: openlist.New(db, at, codes)}
	c.versions = version.New(version.Tools{DB: db, Clock: at, IDs: ids, Entries: c.entries, Shelf: shelf, Worker: inProcess{},
		Checks: New(Tools{Clock: at, Entries: c.entries, Shelf: shelf, Engine: engine}), Engine: engine, Scratch: t.TempDir()})
	c.pool = queue.NewPool(db, at, ids, slog.New(slog.DiscardHandler), queue.Options{}, c.versions.Jobs()...)
	return c
}

// list puts an unconditional entry, as change says otherwise, on the open list.
func (c *city) list(slug string, change func(*openlist.Description)) {
	c.Helper()
	d := openlist.Description{Title: locale.Text{ZH: slug}, Publisher: "jt", Domain: "transport", Frequency: "daily", Opening: openlist.Unconditional}
	if change != nil {
		change(&d)
	}
	c.must(c.entries.DoAll(c.Context(), lead, []openlist.Request{{Who: permit.Platform, Slug: slug, Command: openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}}}))
}

// send sends a file and does what is then to be done.
func (c *city) send(slug, file string) version.Version {
	c.Helper()
	return c.sendAs(slug, version.Full, file)
}

func (c *city) sendAs(slug string, kind version.Kind, file string) version.Version {
	c.Helper()
	v, err := c.versions.Receive(c.Context(), editor, version.Upload{Dataset: slug, NotSecret: true, Kind: kind, Name: "a.csv", UpdatedOn: "2026-11-01"}, strings.NewReader(file))
	c.must(err)
	return c.work(v)
}

func (c *city) work(v version.Version) version.Version {
	c.Helper()
	for more := true; more; {
		var err error
		more, err = c.pool.Step(c.Context())
		c.must(err)
	}
	v, err := c.versions.Get(c.Context(), lead, v.Dataset, v.Number)
	c.must(err)
	if v.Outcome == nil {
		c.Fatalf("not read: %s %v", v.Stage, v.Findings)
	}
	return v
}

func (c *city) release(v version.Version) {
	c.Helper()
	if v.Stage != version.StageReleased {
		_, err := c.versions.Do(c.Context(), lead, v.Dataset, v.Number, version.Release{})
		c.must(err)
	}
}

func (c *city) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// told writes what was found: code, column, number, cells.
func told(v version.Version) string {
	all := []string{string(v.Stage)}
	for _, f := range v.Outcome.Findings {
		one := strings.TrimPrefix(f.Code, "quality.")
		for _, x := range []any{f.Column, f.Args["n"]} {
			if x != nil && x != "" {
				one += fmt.Sprint(" ", x)
			}
		}
		if f.Note {
			one += " note"
		}
		if f.Firm {
			one += " firm"
		}
		if f.Cells != nil {
			one += fmt.Sprint(" ", f.Cells)
		}
		all = append(all, one)
	}
	return strings.Join(all, "; ")
}

// lines writes n rows from a pattern with one %d.
func lines(n int, pattern string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, pattern+"\n", i)
	}
	return b.String()
}
