package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/schema"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/directorydesk"
	"kaishu/internal/site/layout"
)

// openDirectory wires the public-data catalogue and the hooks to it.
func (p *platform) openDirectory(ids *id.Source) {
	c := p.config
	worker := c.worker()
	p.directory = directory.New(directory.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Entries: hookable{p}, Organisations: p.organisations,
		Notices: p.casework.notices, Holders: p.accounts, Fetch: p.poster, Tables: worker, Databases: schema.Folder{Path: c.Databases},
		Scratch: filepath.Join(c.Data, "scratch"), Most: 64 << 20})
	p.calendar.OnChange("directory", p.directory.Recompute(permit.Platform))
}

// directoryPages are the pages of the catalogue.
func (p *platform) directoryPages(look *layout.Layout) *directorydesk.Pages {
	return directorydesk.New(directorydesk.Tools{Directory: p.directory, Organisations: p.organisations, Layout: look})
}

// hookable are the entries of the open list, for their hooks: with the data
// items that they have, and those that an order would give them.
type hookable struct{ *platform }

func (h hookable) Entry(tx *database.Tx, who permit.Actor, slug string) (x directory.Entry, title string, err error) {
	e, err := h.entries.GetTx(tx, who, slug)
	if err == nil && e.Stage == openlist.StageWithdrawn {
		err = problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	if err != nil {
		return x, "", err
	}
	d, ok, err := h.adjustments.ProposedTx(tx, permit.Platform, slug)
	if err != nil {
		return x, "", err
	}
	x = directory.Entry{Slug: slug, Body: e.Publisher}
	for _, i := range e.Items {
		x.Fields = append(x.Fields, directory.FieldName{Name: i.Name, Title: i.Title.ZH})
	}
	kind := e.SourceKind
	if ok {
		kind = d.SourceKind
		for _, i := range d.Items {
			if _, has := e.Item(i.Name); !has {
				x.Fields = append(x.Fields, directory.FieldName{Name: i.Name, Title: i.Title.ZH})
			}
		}
	}
	x.Free = kind == openlist.FromDailyWork || kind == openlist.FromDisclosure
	return x, e.Title.ZH, nil
}

// standing answers the gates of the open list.
func (p *platform) standing(tx *database.Tx, slug, body string, items []string) (adjustment.Sourced, error) {
	x, err := p.directory.StandingTx(tx, permit.Platform, slug, body, items)
	return adjustment.Sourced{Stage: string(x.Stage), Without: x.Without}, err
}

// flat is a table as text: a CSV file without a header, and its columns.
type flat struct {
	CSV     string   `json:"csv"`
	Columns []string `json:"columns"` // as the file names them
}

// mostColumns and mostFlat bound a listing of the catalogue.
const (
	mostColumns = 500
	mostFlat    = 1 << 30
)

// flatten reads a table in the worker and writes it as text.
func flatten(ctx context.Context, text json.RawMessage) (any, error) {
	var r intake.Request
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	loader := duckdb.Loader{Dir: r.Dir}
	table, err := intake.Read(ctx, r, loader)
	if err != nil {
		return nil, err
	}
	out := flat{CSV: filepath.Join(r.Dir, "records.csv")}
	for _, c := range table.Recipe.Columns {
		if c.Drop == "" {
			out.Columns = append(out.Columns, c.Source)
		}
	}
	_, err = loader.Unfold(ctx, table.Parquet, out.CSV, mostColumns, mostFlat)
	return out, err
}

// Records implements directory.Tables.
func (w processWorker) Records(ctx context.Context, path, name, dir string) (all []map[string]string, err error) {
	within := filepath.Join(dir, "table")
	if err := os.Mkdir(within, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of a table: %w", err)
	}
	var table flat
	if err := w.run(ctx, taskRecords, intake.Request{Path: path, Name: name, Dir: within}, &table); err != nil {
		return nil, err
	}
	f, err := os.Open(table.CSV)
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read table: %w", err)
		}
		if len(all) >= directory.MaxRecords {
			return nil, problem.New(problem.TooLarge, "directory.too_many_records", "most", directory.MaxRecords)
		}
		row := make(map[string]string, len(cells))
		for i, cell := range slices.Backward(cells) { // of two columns with one name the first counts
			if i < len(table.Columns) {
				row[table.Columns[i]] = cell
			}
		}
		all = append(all, row)
	}
}
