package seed

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/intake"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// City is what a folder holds, in the order in which it is loaded.
type City struct {
	Organisations []organisation.Organisation
	Accounts      []account.Account
	Entries       []Entry
	Tables        []Table
	Resources     []directory.Record // of the public-data catalogue; see mapping "resources"
	Keeper        string             // account that imports them
}

// Entry is one entry of the open list, with those who describe and publish it.
type Entry struct {
	Slug        string
	Description openlist.Description
	Conditions  *condition.Content // nil for none
	Editor      string
	Lead        string
}

// Table is one file for one entry.
type Table struct {
	Slug      string
	Kind      version.Kind
	Name      string // file name as the publisher would have called it
	UpdatedOn workday.Date
	Note      locale.Text
	Editor    string
	Lead      string
	Recipe    *intake.Recipe // how the file is to be read; nil to guess
	Open      func() (io.ReadCloser, error)
}

// Loader loads cities.
type Loader struct {
	Organisations *organisation.Service
	Accounts      *account.Service
	Entries       *openlist.Service
	Conditions    *condition.Service
	Versions      *version.Service
	Directory     *directory.Service
	Log           *slog.Logger
	Console       permit.Actor  // whoever runs the command; a system administrator
	Poll          time.Duration // how often a file that is being read is looked at; 0 for 20 ms
}

// Read finds out what folder holds: sample.json, or the real catalogue.
func Read(folder string) (City, error) {
	if _, err := os.Stat(filepath.Join(folder, "sample.json")); err == nil {
		return readSample(folder)
	}
	if _, err := os.Stat(filepath.Join(folder, "catalog", "shanghai_catalog_unique.jsonl")); err == nil {
		return readReal(folder)
	}
	return City{}, problem.New(problem.Invalid, "seed.not_a_sample", "folder", folder)
}

// Catalogue loads bodies, accounts and entries of c.
func (l *Loader) Catalogue(ctx context.Context, c City) error {
	for _, o := range c.Organisations {
		if err := l.Organisations.Put(ctx, l.Console, o); err != nil {
			return fmt.Errorf("load body %s: %w", o.ID, err)
		}
	}
	actors := map[string]permit.Actor{}
	for _, a := range c.Accounts {
		if err := l.Accounts.Put(ctx, l.Console, a); err != nil {
			return fmt.Errorf("load account %s: %w", a.ID, err)
		}
		actors[a.ID] = a.Actor()
	}
	known, err := l.known(ctx)
	if err != nil {
		return err
	}
	var all []openlist.Request
	for _, e := range c.Entries {
		if known[e.Slug] {
			continue
		}
		all = append(all, openlist.Request{Who: permit.Platform, Slug: e.Slug, Command: openlist.Adopt{Description: e.Description, From: adopted(e.Description)}})
	}
	for part := range slices.Chunk(all, 400) {
		if err := l.Entries.DoAll(ctx, l.Console, part); err != nil {
			return fmt.Errorf("load entries: %w", err)
		}
	}
	for _, e := range c.Entries {
		if err := l.conditions(ctx, e, actors[e.Editor], actors[e.Lead]); err != nil {
			return fmt.Errorf("load conditions of %s: %w", e.Slug, err)
		}
	}
	if err := l.sources(ctx, c, actors); err != nil {
		return fmt.Errorf("load sources of the entries: %w", err)
	}
	l.Log.Info("catalogue loaded", "bodies", len(c.Organisations), "entries", len(c.Entries), "new", len(all))
	return nil
}

// conditions puts the conditions of an entry in force, in the names of its
// people, unless somebody has written some. Article 15(1).
func (l *Loader) conditions(ctx context.Context, e Entry, editor, lead permit.Actor) error {
	if e.Conditions == nil {
		return nil
	}
	all, err := l.Conditions.History(ctx, editor, e.Slug)
	if err != nil || len(all) > 0 {
		return err
	}
	set, err := l.Conditions.Draft(ctx, editor, e.Slug)
	if err == nil {
		_, err = l.Conditions.Fill(ctx, editor, e.Slug, set.Version, *e.Conditions)
	}
	if err == nil {
		_, err = l.Conditions.Propose(ctx, editor, e.Slug, set.Version)
	}
	if err == nil {
		_, err = l.Conditions.Accept(ctx, lead, e.Slug, set.Version)
	}
	return err
}

// adopted is the list that an entry is taken over from: the source that it
// names, or the sample itself.
func adopted(d openlist.Description) locale.Text {
	if d.Source.ZH != "" {
		return d.Source
	}
	return locale.Text{ZH: "样例", EN: "sample"}
}

func (l *Loader) known(ctx context.Context) (map[string]bool, error) {
	all, err := l.Entries.List(ctx, permit.Platform)
	known := make(map[string]bool, len(all))
	for _, e := range all {
		known[e.Slug] = true
	}
	return known, err
}

// Tables loads the files of c: each is received, read and released like any
// other. A file that is refused or held is reported and left as it is.
func (l *Loader) Tables(ctx context.Context, c City) error {
	loaded, held := 0, 0
	waiting := make([]Table, 0, inFlight)
	for _, t := range append(c.Tables, Table{}) {
		last := t.Slug == ""
		if !last {
			begun, err := l.receive(ctx, t)
			if err != nil {
				return err
			}
			if begun {
				waiting = append(waiting, t)
			}
		}
		for len(waiting) >= inFlight || last && len(waiting) > 0 {
			released, err := l.release(ctx, waiting[0])
			if err != nil {
				return err
			}
			if waiting = waiting[1:]; released {
				loaded++
			} else {
				held++
			}
		}
	}
	l.Log.Info("tables loaded", "tables", len(c.Tables), "released", loaded, "held", held)
	return nil
}

// inFlight is how many files are handed in before the first is waited for.
const inFlight = 8

func (l *Loader) receive(ctx context.Context, t Table) (begun bool, err error) {
	editor, err := l.actor(ctx, t.Editor)
	if err != nil {
		return false, err
	}
	all, err := l.Versions.List(ctx, editor, t.Slug)
	if err != nil {
		return false, err
	}
	if len(all) > 0 {
		return !all[0].Readable() && all[0].Stage != version.StageRecalled, nil
	}
	file, err := t.Open()
	if err != nil {
		return false, fmt.Errorf("open %s: %w", t.Name, err)
	}
	defer file.Close()
	_, err = l.Versions.Receive(ctx, editor, version.Upload{
		Dataset: t.Slug, Kind: t.Kind, Name: t.Name, UpdatedOn: t.UpdatedOn, Note: t.Note, Recipe: t.Recipe,
		NotSecret: true}, file) // what a sample holds is public already
	if err != nil {
		return false, fmt.Errorf("receive %s: %w", t.Name, err)
	}
	return true, nil
}

// release waits until the file is read and releases it in the lead's name.
func (l *Loader) release(ctx context.Context, t Table) (released bool, err error) {
	lead, err := l.actor(ctx, t.Lead)
	if err != nil {
		return false, err
	}
	v, err := l.Await(ctx, lead, t.Slug, 1)
	if err != nil {
		return false, err
	}
	if v.Stage != version.StageStaged {
		l.Log.Warn("table not released", "dataset", t.Slug, "file", t.Name, "stage", v.Stage, "findings", v.Findings)
		return false, nil
	}
	_, err = l.Versions.Do(ctx, lead, t.Slug, 1, version.Release{})
	return err == nil, err
}

// Await waits until nothing more happens to the version by itself.
func (l *Loader) Await(ctx context.Context, who permit.Actor, slug string, number int) (version.Version, error) {
	poll := l.Poll
	if poll == 0 {
		poll = 20 * time.Millisecond
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		v, err := l.Versions.Get(ctx, who, slug, number)
		if err != nil || v.Stage != version.StageIngested && v.Stage != version.StageProfiled {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-tick.C:
		}
	}
}

func (l *Loader) actor(ctx context.Context, id string) (permit.Actor, error) {
	a, err := l.Accounts.Get(ctx, l.Console, id)
	return a.Actor(), err
}

// fromFile opens a file of a folder, and refuses a path that leaves it.
func fromFile(folder, name string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil, err
		}
		f, err := root.Open(filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, problem.New(problem.NotFound, "seed.no_file", "file", name)
		}
		return f, err
	}
}

func fromBytes(data []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

// inSystem is a recipe that leaves all to be guessed but the coordinate system,
// which the source of a table says and its file does not; nil for "".
func inSystem(system string) *intake.Recipe {
	if system == "" {
		return nil
	}
	return &intake.Recipe{Version: 1, Coordinates: &intake.Coordinates{System: system}}
}
