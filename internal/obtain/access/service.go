package access

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Tools are what the door works with.
type Tools struct {
	Clock    clock.Clock
	Entries  *openlist.Service
	Versions *version.Service
	Engine   tabular.Engine
	Shelf    objects.Store
	Recorder *record.Recorder
}

// Service is the door.
type Service struct {
	Tools
	under under // answers that read, see [Service.Stop]
}

// New returns the door.
func New(t Tools) *Service { return &Service{Tools: t} }

// Latest stands for the newest version that can be read.
const Latest = 0

// Reading is an opened door: one actor may read one version now.
type Reading struct {
	Entry   openlist.Entry
	Version version.Version
	Who     permit.Actor
	tools   Tools
}

// Open lets who read version number of the dataset, or says why not.
func (s *Service) Open(ctx context.Context, who permit.Actor, slug string, number int) (*Reading, error) {
	return s.open(ctx, who, slug, number, Read)
}

// Structure is Open for those who want to see columns and their meanings
// only: the reading's cells, files and statistics stay shut for data that
// needs an application.
func (s *Service) Structure(ctx context.Context, who permit.Actor, slug string, number int) (openlist.Entry, version.Version, error) {
	r, err := s.open(ctx, who, slug, number, Structure)
	if err != nil {
		return openlist.Entry{}, version.Version{}, err
	}
	return r.Entry, r.Version, nil
}

func (s *Service) open(ctx context.Context, who permit.Actor, slug string, number int, rule func(Facts) error) (*Reading, error) {
	if a := web.AnswerOf(ctx); a != nil {
		s.under.enter(slug, a) // before the rules: see Stop
	}
	e, err := s.Entries.Get(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	v, missing := s.find(ctx, who, e, number)
	if missing != nil && !problem.Is(missing, problem.NotFound) {
		return nil, missing
	}
	if err := rule(facts(who, e, v)); err != nil {
		if p := problem.As(err); missing != nil && p != nil && p.Kind == problem.NotFound {
			return nil, missing // no version there, or none released: say so
		}
		return nil, err
	}
	if v.Outcome == nil {
		return nil, problem.New(problem.NotFound, "access.no_data", "slug", slug)
	}
	return &Reading{Entry: e, Version: v, Who: who, tools: s.Tools}, nil
}

// find returns the version of that number. For Latest it is the newest that
// who may read, so that conditional data shows its sample (Article 22) and a
// grant its full table; if there is none, the newest that was released.
func (s *Service) find(ctx context.Context, who permit.Actor, e openlist.Entry, number int) (version.Version, error) {
	if number != Latest {
		v, err := s.Versions.Find(ctx, who, e.Slug, number)
		if err == nil && !version.MaySee(who.For(e.Publisher), v) { // not released: to strangers there is none
			return version.Version{}, problem.New(problem.NotFound, "version.not_found", "slug", e.Slug, "number", number)
		}
		return v, err
	}
	all, err := s.Versions.Readable(ctx, who, e.Slug)
	if err != nil {
		return version.Version{}, err
	}
	for _, v := range all {
		if Read(facts(who, e, v)) == nil {
			return v, nil
		}
	}
	if len(all) == 0 {
		return version.Version{}, problem.New(problem.NotFound, "version.none_released")
	}
	return all[0], nil
}

func facts(who permit.Actor, e openlist.Entry, v version.Version) Facts {
	return Facts{Who: who.For(e.Publisher), Slug: e.Slug, Entry: EntryStage(e.Stage), Opening: Opening(e.Opening),
		Version: VersionStage(v.Stage), Sample: v.Kind == version.Sample}
}

// MayRead returns nil if who may read the cells of v, an own version of e.
// It is for pages that show many datasets at once.
func (s *Service) MayRead(who permit.Actor, e openlist.Entry, v version.Version) error {
	return Read(facts(who, e, v))
}

// Table returns the reading's table as engines know it.
func (r *Reading) Table() tabular.Table {
	return tabular.Table{Parquet: r.Version.Outcome.Parquet, Schema: r.Version.Outcome.Schema,
		Rows: r.Version.Outcome.Rows, Key: version.KeyOf(r.Entry, r.Version)}
}

// Rows opens the table. Close the reader when done.
func (r *Reading) Rows(ctx context.Context) (tabular.Reader, error) {
	return r.tools.Engine.Open(ctx, r.Table())
}

// File opens the file made in that format. It fails with problem.Unsupported
// if the format cannot hold the table; the problem says why.
func (r *Reading) File(ctx context.Context, format tabular.Format) (*os.File, version.File, error) {
	f, ok := r.Version.File(string(format))
	switch {
	case !ok && format == tabular.GeoJSON:
		return nil, f, problem.New(problem.Unsupported, "access.no_geometry")
	case !ok:
		return nil, f, problem.New(problem.NotFound, "access.no_file", "format", string(format))
	case f.Refused != "":
		return nil, f, problem.New(problem.Unsupported, f.Refused, "rows", r.Version.Outcome.Rows)
	}
	file, err := r.object(ctx, f.Hash)
	return file, f, err
}

// Original opens the file as the publisher sent it.
func (r *Reading) Original(ctx context.Context) (*os.File, version.Origin, error) {
	file, err := r.object(ctx, r.Version.Origin.Hash)
	return file, r.Version.Origin, err
}

// SetAside opens the list of what did not fit, NDJSON of intake.SetAside; nil
// if everything did.
func (r *Reading) SetAside(ctx context.Context) (*os.File, error) {
	if r.Version.Outcome.SetAside == "" {
		return nil, nil
	}
	return r.object(ctx, r.Version.Outcome.SetAside)
}

// Profile returns the statistics of the table.
func (r *Reading) Profile(ctx context.Context) (p tabular.Profile, err error) {
	return p, r.decode(ctx, r.Version.Outcome.Profile, &p)
}

// Recipe returns how the original was read.
func (r *Reading) Recipe(ctx context.Context) (recipe intake.Recipe, err error) {
	return recipe, r.decode(ctx, r.Version.Outcome.Recipe, &recipe)
}

func (r *Reading) object(_ context.Context, hash string) (*os.File, error) {
	path, err := r.tools.Shelf.Path(hash)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open object %s: %w", hash, err)
	}
	return file, nil
}

func (r *Reading) decode(ctx context.Context, hash string, into any) error {
	file, err := r.object(ctx, hash)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("decode object %s: %w", hash, err)
	}
	return nil
}
