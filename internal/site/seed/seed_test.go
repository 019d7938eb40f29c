package seed

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/schema"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
)

// hookable are the entries of the open list, for their hooks.
type hookable struct{ entries *openlist.Service }

func (h hookable) Entry(tx *database.Tx, who permit.Actor, slug string) (x directory.Entry, title string, err error) {
	e, err := h.entries.GetTx(tx, who, slug)
	x = directory.Entry{Slug: slug, Body: e.Publisher}
	for _, i := range e.Items {
		x.Fields = append(x.Fields, directory.FieldName{Name: i.Name, Title: i.Title.ZH})
	}
	return x, e.Title.ZH, err
}

// inProcess is a worker without a process, for tests.
type inProcess struct{}

func (inProcess) Import(ctx context.Context, r intake.Request) (intake.Result, error) {
	return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
}

func (inProcess) Bulk(ctx context.Context, r version.BulkRequest) ([]tabular.Bulk, error) {
	return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.Formats...)
}

// newLoader returns a loader on fresh folders whose jobs run until the test
// ends.
func newLoader(t *testing.T) *Loader {
	t.Helper()
	l, _ := newLoaderOn(t)
	return l
}

func newLoaderOn(t *testing.T) (*Loader, *database.DB) {
	t.Helper()
	database.Strict()
	dir := t.TempDir()
	at := clock.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	ids := id.New(at)
	db := databasetest.Open(t, ledger.Migrations, queue.Migrations, organisation.Migrations, account.Migrations, codelist.Migrations, material.Migrations, openlist.Migrations, directory.Migrations, condition.Migrations, version.Migrations)
	shelf, err := disk.Open(filepath.Join(dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := duckdb.New(duckdb.Options{Objects: shelf.Path, Dir: filepath.Join(dir, "serving")})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	entries := openlist.New(db, at, codes)
	scenarios, err := condition.FirstEdition()
	if err != nil {
		t.Fatal(err)
	}
	lists, err := codelist.New(t.Context(), db, at, scenarios...)
	if err != nil {
		t.Fatal(err)
	}
	conditions := condition.New(condition.Tools{DB: db, Clock: at, IDs: ids, Entries: entries, Codes: condition.FromLists(lists), Materials: material.New(db, at, ids, shelf)})
	scratch := t.TempDir()
	versions := version.New(version.Tools{DB: db, Clock: at, IDs: ids, Entries: entries, Conditions: conditions, Shelf: shelf, Worker: inProcess{}, Engine: engine, Scratch: scratch})
	pool := queue.NewPool(db, at, ids, log, queue.Options{Workers: 2, Idle: 20 * time.Millisecond}, versions.Jobs()...)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); pool.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	bodies := organisation.New(db)
	sources := directory.New(directory.Tools{DB: db, Clock: at, IDs: ids, Book: func() terms.Book { return terms.Book{} }, Entries: hookable{entries}, Organisations: bodies,
		Databases: schema.Folder{}, Scratch: scratch, Most: 1 << 20})
	return &Loader{Directory: sources, Organisations: bodies, Accounts: account.New(account.Tools{DB: db, Clock: at, IDs: ids}), Entries: entries, Conditions: conditions, Versions: versions, Log: log,
		Console: permit.Actor{Account: "console", Roles: []permit.Role{permit.SysAdmin, permit.SecAdmin}}}, db
}

func TestSampleCityLoadsTwice(t *testing.T) {
	city, err := Read(filepath.FromSlash("../../../seeds"))
	if err != nil {
		t.Fatal(err)
	}
	l := newLoader(t)
	for range 2 {
		if err := l.Catalogue(t.Context(), city); err != nil {
			t.Fatal(err)
		}
		if err := l.Tables(t.Context(), city); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range city.Entries { // Article 15(1): what is open under conditions has some
		set, ok, err := l.Conditions.Current(t.Context(), permit.Actor{}, e.Slug)
		if conditional := e.Description.Opening == openlist.Conditional; err != nil || ok != conditional || conditional && set.Version != 1 {
			t.Errorf("%s is %s: conditions in force %t, version %d, %v", e.Slug, e.Description.Opening, ok, set.Version, err)
		}
	}
	quality := permit.Actor{Account: "q", Roles: []permit.Role{permit.CtrQuality}}
	if tally, err := l.Directory.Count(t.Context(), quality, ""); err != nil || tally[directory.StageVerified] != len(city.Entries) {
		t.Errorf("hooks: %v %v, want every entry's verified (Article 9(3))", tally, err)
	}
	latest, err := l.Versions.Latest(t.Context(), permit.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range city.Tables {
		v, ok := latest[table.Slug]
		if !ok || v.Number != 1 {
			t.Errorf("%s: released version %d", table.Slug, v.Number)
			continue
		}
		if o := v.Outcome; o.RowsIn != o.Rows+o.RowsSetAside || o.Rows == 0 {
			t.Errorf("%s: %d in, %d out, %d aside", table.Slug, o.RowsIn, o.Rows, o.RowsSetAside)
		}
		for _, c := range v.Outcome.Columns {
			e, err := l.Entries.Get(t.Context(), permit.Actor{}, table.Slug)
			if err != nil {
				t.Fatal(err)
			}
			if item, ok := e.Item(c.Name); !ok || item.Title.ZH == "" {
				t.Errorf("%s: the field %s is not explained (Article 9(2))", table.Slug, c.Name)
			}
		}
	}
}

// real returns the folder of real data, or leaves the test out.
func real(t *testing.T) string {
	t.Helper()
	folder := filepath.FromSlash("../../../../shared/data/real")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	return folder
}

// TestRealCatalogue holds the figures that the README of the real data gives.
func TestRealCatalogue(t *testing.T) {
	city, err := Read(real(t))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(city.Organisations); n != 57 {
		t.Errorf("%d bodies, want 56 publishers and the Bureau", n)
	}
	if n := len(city.Entries); n != 2228+624 {
		t.Errorf("%d entries, want 2,228 and 624", n)
	}
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	late, empty, repeats, unformatted := map[string]int{}, 0, 0, 0
	for _, e := range city.Entries {
		if e.Slug[:2] != "sh" {
			continue
		}
		d := e.Description
		if how := timeliness.Of(codes, openlist.Entry{Description: d}, d.UpdatedOn, "2023-06-11"); how.Class.Late() {
			late[d.Frequency]++
		}
		switch d.Abstract.ZH {
		case "":
			empty++
		case d.Title.ZH:
			repeats++
		}
		if d.Opening == openlist.Unconditional && len(d.Formats) == 0 {
			unformatted++
		}
	}
	for frequency, want := range map[string]int{"daily": 212, "weekly": 11, "monthly": 90, "quarterly": 22, "halfyearly": 2, "yearly": 247, "realtime": 74, "static": 0} {
		if late[frequency] != want {
			t.Errorf("%s: %d late, want %d", frequency, late[frequency], want)
		}
	}
	if empty != 47 || unformatted != 505 || repeats < 1000 {
		t.Errorf("%d empty abstracts, %d repeat the title, %d unconditional without a format", empty, repeats, unformatted)
	}
	l, db := newLoaderOn(t)
	if err := l.Catalogue(t.Context(), city); err != nil {
		t.Fatal(err)
	}
	around(t, l, db, city)
	city.Tables = append(city.Tables[:8:8], city.Tables[8], city.Tables[300], city.Tables[len(city.Tables)-1])
	if err := l.Tables(t.Context(), city); err != nil {
		t.Fatal(err)
	}
	latest, err := l.Versions.Latest(t.Context(), permit.Actor{})
	if err != nil || len(latest) != len(city.Tables) {
		t.Errorf("%d of %d tables released, %v", len(latest), len(city.Tables), err)
	}
}

// around asks of each Shanghai entry what the gates see of the others: near
// names, and publishers that are on the list twice in two spellings (静安, 徐汇
// and 崇明: 170 entries).
func around(t *testing.T, l *Loader, db *database.DB, city City) {
	t.Helper()
	twice, near, same := 0, 0, 0
	for _, e := range city.Entries {
		if e.Slug[:2] != "sh" {
			continue
		}
		var w openlist.World
		err := db.Read(t.Context(), func(tx *database.Tx) error {
			return l.Entries.LookAroundTx(tx, permit.Platform, &w, e.Slug, e.Description)
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Twice) > 0 {
			twice++
		}
		for _, n := range w.Near {
			if n.Likeness >= 1 {
				same++
			}
		}
		if len(w.Near) > 0 {
			near++
		}
	}
	if twice != 170 || same != 0 || near != 32 {
		t.Errorf("%d entries of publishers in two spellings, %d of the same name, %d with near names", twice, same, near)
	}
	t.Logf("%d entries of publishers in two spellings, %d with near names", twice, near)
}

func TestNotASample(t *testing.T) {
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("an empty folder is a city")
	}
}
