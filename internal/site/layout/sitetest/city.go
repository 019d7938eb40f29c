// Package sitetest makes a small city on a real database for tests of pages,
// and checks what every page owes its readers.
package sitetest

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
)

// City is a database with bodies and datasets, and the services on it. The
// clock stands at noon of 1 July 2023.
type City struct {
	DB            *database.DB
	Clock         *clock.Manual
	Organisations *organisation.Service
	Entries       *openlist.Service
	Versions      *version.Service
}

// The people of the city.
var (
	admin = permit.Actor{Account: "root", Roles: []permit.Role{permit.SysAdmin}}
	// Lead leads body "metro".
	Lead   = permit.Actor{Account: "lead", Organisation: "metro", Roles: []permit.Role{permit.OpnLead}}
	editor = permit.Actor{Account: "editor", Organisation: "metro", Roles: []permit.Role{permit.OpnEditor}}
)

// NewCity returns an empty city with the bodies "metro" and "schools".
func NewCity(t testing.TB) *City {
	t.Helper()
	c := &City{Clock: clock.At(time.Date(2023, 7, 1, 4, 0, 0, 0, time.UTC))}
	var err error
	c.DB, err = database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "city.db"), Clock: c.Clock,
		Migrations: []fs.FS{ledger.Migrations, organisation.Migrations, openlist.Migrations, version.Migrations}})
	must(t, err)
	t.Cleanup(func() { c.DB.Close() })
	codes, err := openlist.LoadCodes()
	must(t, err)
	c.Organisations = organisation.New(c.DB)
	c.Entries = openlist.New(c.DB, c.Clock, codes)
	c.Versions = version.New(version.Tools{DB: c.DB, Clock: c.Clock, Entries: c.Entries})
	for id, name := range map[string]locale.Text{"metro": {ZH: "市交通委（样例）", EN: "Transport Commission (sample)"}, "schools": {ZH: "市教委（样例）"}} {
		must(t, c.Organisations.Put(t.Context(), admin, organisation.Organisation{ID: id, Name: name, Kind: organisation.Organ, Level: organisation.City, Sample: true}))
	}
	return c
}

// Publish enters an entry and publishes it. Domain, frequency, opening and
// publisher have usual values if they are left out.
func (c *City) Publish(t testing.TB, slug string, d openlist.Description) {
	t.Helper()
	if d.Publisher == "" {
		d.Publisher = "metro"
	}
	if d.Domain == "" {
		d.Domain = "transport"
	}
	if d.Frequency == "" {
		d.Frequency = "daily"
	}
	if d.Opening == "" {
		d.Opening = openlist.Unconditional
	}
	_, err := c.Entries.Do(t.Context(), permit.Platform, slug, openlist.Adopt{Description: d, From: locale.Text{ZH: "样例", EN: "sample"}})
	must(t, err)
}

// Release enters version number of a dataset as if it had been read, staged
// and released: the files and tables themselves do not exist.
func (c *City) Release(t testing.TB, slug string, number int, kind version.Kind, updated workday.Date, rows int64, columns ...selection.Column) {
	t.Helper()
	v := version.Version{ID: slug + "-" + string(rune('0'+number)), Dataset: slug, Number: number, Kind: kind, Stage: version.StageReleased,
		Origin: version.Origin{Name: slug + ".csv", Hash: "00", Bytes: 1}, UpdatedOn: updated, ReleasedOn: updated,
		Outcome: &version.Outcome{Schema: selection.Schema{Columns: columns}, Rows: rows, RowsIn: rows},
		Files: []version.File{{Format: "csv", Hash: "00", Bytes: 2048}, {Format: "xlsx", Refused: "tabular.too_many_rows_for_xlsx"},
			{Format: "parquet", Hash: "00", Bytes: 512}}}
	body, err := json.Marshal(v)
	must(t, err)
	must(t, c.DB.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`
			INSERT INTO dataset_version (id, dataset, publisher, number, revision, stage, body)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, v.ID, slug, "metro", number, 0, v.Stage, string(body))
		return err
	}))
}

// Serve serves routes with the words of the given packages, beside those of
// web, openlist and version, and returns the address. render shows problems.
func (c *City) Serve(t testing.TB, words *locale.Catalogue, routes []web.Route, render func(*web.Context, int, *problem.Error) error) string {
	t.Helper()
	server, err := web.New(web.Options{Routes: routes, Words: words, Clock: c.Clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Render: render})
	must(t, err)
	s := httptest.NewServer(server.Handler())
	t.Cleanup(s.Close)
	return s.URL
}

// Words loads the words of the given packages and of web, openlist, version
// and organisation.
func Words(t testing.TB, more ...fs.FS) *locale.Catalogue {
	t.Helper()
	words, err := locale.Load(append([]fs.FS{web.Messages, openlist.Messages, version.Messages, organisation.Messages}, more...)...)
	must(t, err)
	return words
}

// Get asks for an address as a browser does, with header lines "Name: value",
// and returns status, header and body. It follows no redirect.
func Get(t testing.TB, address string, header ...string) (int, http.Header, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, address, nil)
	must(t, err)
	q.Header.Set("Accept", "text/html,*/*;q=0.8")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		q.Header.Set(name, value)
	}
	r, err := http.DefaultTransport.RoundTrip(q)
	must(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	must(t, err)
	return r.StatusCode, r.Header, string(body)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
