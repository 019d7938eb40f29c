package dataset_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
	"kaishu/internal/obtain/download"
	"kaishu/internal/obtain/query"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/dataset"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

var (
	editor = permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	lead   = permit.Actor{Account: "l", Organisation: "jt", Roles: []permit.Role{permit.OpnLead}}
	admin  = permit.Actor{Account: "root", Roles: []permit.Role{permit.SysAdmin}}
)

// people are who may sign in, by token.
var people = map[string]permit.Actor{"lead": lead}

// inProcess reads and makes files without a worker process.
type inProcess struct{}

func (inProcess) Import(ctx context.Context, r intake.Request) (intake.Result, error) {
	return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
}

func (inProcess) Bulk(ctx context.Context, r version.BulkRequest) ([]tabular.Bulk, error) {
	return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.Formats...)
}

// city is the real path of data with the pages on top, served over HTTP.
type city struct {
	*testing.T
	db       *database.DB
	at       *clock.Manual
	recorder *record.Recorder
	entries  *openlist.Service
	versions *version.Service
	pool     *queue.Pool
	url      string
	token    string // of whom pages are asked for: a key of people; "" for a visitor
}

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{T: t, at: clock.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))}
	log := slog.New(slog.DiscardHandler)
	ids := id.New(c.at)
	c.db = databasetest.Open(t, ledger.Migrations, queue.Migrations, record.Migrations, organisation.Migrations, openlist.Migrations, version.Migrations)
	shelf, err := disk.Open(filepath.Join(t.TempDir(), "objects"))
	c.must(err)
	engine, err := duckdb.New(duckdb.Options{Objects: shelf.Path, Dir: t.TempDir()})
	c.must(err)
	t.Cleanup(func() { engine.Close() })
	codes, err := openlist.LoadCodes()
	c.must(err)
	bodies := organisation.New(c.db)
	c.must(bodies.Put(t.Context(), admin, organisation.Organisation{ID: "jt", Kind: organisation.Organ, Level: organisation.City,
		Name: locale.Text{ZH: "市交通委", EN: "Transport Commission"}}))
	c.recorder = record.New(c.db, ids, log)
	c.entries = openlist.New(c.db, c.at, codes)
	c.versions = version.New(version.Tools{DB: c.db, Clock: c.at, IDs: ids, Entries: c.entries, Shelf: shelf, Worker: inProcess{}, Engine: engine, Scratch: t.TempDir()})
	c.pool = queue.NewPool(c.db, c.at, ids, log, queue.Options{}, c.versions.Jobs()...)
	door := access.New(access.Tools{Clock: c.at, Entries: c.entries, Versions: c.versions, Engine: engine, Shelf: shelf, Recorder: c.recorder})
	c.serve(log, door, bodies)
	return c
}

// serve puts the pages, the files and the interface on the network.
func (c *city) serve(log *slog.Logger, door *access.Service, bodies *organisation.Service) {
	c.Helper()
	words := sitetest.Words(c, tabular.Messages, access.Messages, download.Messages, query.Messages, layout.Messages, dataset.Messages)
	look, err := layout.New(words, assets.Files)
	c.must(err)
	queries := query.New(door)
	pages := dataset.New(dataset.Tools{Door: door, Queries: queries, Entries: c.entries, Versions: c.versions, Organisations: bodies, Clock: c.at, Layout: look})
	list := web.Route{Method: "GET", Path: "/{lang}/datasets", Name: "catalogue.list", May: permit.Public, Do: func(w *web.Context) error { return w.HTML(200, nil) }}
	routes := append(layout.Both(list), look.Routes()...)
	for _, more := range [][]web.Route{pages.Routes(), queries.Routes(), download.New(door).Routes(), version.Routes(c.versions, 1<<20)} {
		routes = append(routes, more...)
	}
	server, err := web.New(web.Options{Routes: routes, Words: words, Clock: c.at, Log: log, Render: look.Problem,
		SignIn: func(_ context.Context, token string) (permit.Actor, error) { return people[token], nil }})
	c.must(err)
	s := httptest.NewServer(server.Handler())
	c.Cleanup(s.Close)
	c.url = s.URL
}

// list puts an entry on the open list.
func (c *city) list(slug string, d openlist.Description) {
	c.Helper()
	d.Publisher, d.Domain = "jt", "transport"
	if d.Opening == "" {
		d.Opening = openlist.Unconditional
	}
	if d.Frequency == "" {
		d.Frequency = "daily"
	}
	_, err := c.entries.Do(c.Context(), permit.Platform, slug, openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}})
	c.must(err)
}

// release sends a file through to release.
func (c *city) release(slug string, kind version.Kind, updated workday.Date, file string) {
	c.Helper()
	v, err := c.versions.Receive(c.Context(), editor, version.Upload{Dataset: slug, NotSecret: true, Kind: kind, Name: "a.csv", UpdatedOn: updated, Recipe: &intake.Recipe{Version: 1}}, strings.NewReader(file))
	c.must(err)
	for more := true; more; {
		more, err = c.pool.Step(c.Context())
		c.must(err)
	}
	if now, err := c.versions.Get(c.Context(), lead, slug, v.Number); err != nil || now.Stage == version.StageReleased {
		c.must(err)
		return // by rule
	}
	_, err = c.versions.Do(c.Context(), lead, slug, v.Number, version.Release{})
	c.must(err)
}

func (c *city) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// get asks for an address; the test fails if the status is another.
func (c *city) get(path string, want int) string {
	c.Helper()
	var headers []string
	if c.token != "" {
		headers = []string{"Authorization: Bearer " + c.token}
	}
	status, header, body := sitetest.Get(c, c.url+path, headers...)
	if status != want {
		c.Fatalf("%s: %d, want %d\n%.600s", path, status, want, body)
	}
	if want == 303 {
		return header.Get("Location")
	}
	return body
}

// page asks for a page and holds it to what every page owes its readers.
func (c *city) page(l locale.Lang, path string, want int) string {
	c.Helper()
	body := c.get("/"+string(l)+path, want)
	for _, fault := range sitetest.Faults(l, body) {
		c.Errorf("%s %s: %s", l, path, fault)
	}
	return body
}
