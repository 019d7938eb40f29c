package version

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
)

// The jobs of this package. Each may run twice: what it makes is found again
// by its hash, and the move that ends it is made once.
const (
	jobProfile = "version.profile" // read the original: table, statistics
	jobStage   = "version.stage"   // make the files and the serving copy
)

type job struct {
	Version string `json:"version"`
}

func enqueue(tx *database.Tx, now time.Time, kind, version string) error {
	return queue.Enqueue(tx, kind+"/"+version, kind, job{Version: version}, now)
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{
		queue.Handle(jobProfile, s.profile),
		queue.Handle(jobStage, s.stage),
	}
}

// profile reads the original in a worker and keeps what came out.
func (s *Service) profile(ctx context.Context, j job) error {
	v, err := s.find(ctx, j.Version)
	if err != nil || v.Stage != StageIngested {
		return err
	}
	ctx, done := s.working(ctx, v.ID)
	defer done()
	return s.inScratch(func(dir string) error {
		path, err := s.Shelf.Path(v.Origin.Hash)
		if err != nil {
			return err
		}
		order := reading{Request: intake.Request{Path: path, Name: v.Origin.Name, Dir: dir}}
		if err := s.prepare(ctx, v, &order); err != nil {
			return err
		}
		result, err := s.Worker.Import(ctx, order.Request)
		if p := problem.As(err); p != nil {
			return s.finish(ctx, v.ID, Refuse{Findings: findings(p)})
		}
		if err != nil {
			return err
		}
		outcome, err := s.keep(ctx, result)
		if err != nil {
			return err
		}
		outcome.Base = order.base
		if outcome.Findings, err = s.check(ctx, v, outcome); err != nil {
			return fmt.Errorf("check version %s: %w", v.ID, err)
		}
		return s.finish(ctx, v.ID, Profile{Outcome: outcome})
	})
}

// working marks that a job works on a version, so that giving the version up
// ends the work at once. Call done afterwards.
func (s *Service) working(ctx context.Context, id string) (context.Context, func()) {
	ctx, stop := context.WithCancel(ctx)
	s.atWork.Store(id, stop)
	return ctx, func() {
		s.atWork.Delete(id)
		stop()
	}
}

// stopWork ends the work on a version that was given up. The job is tried
// again, finds that there is nothing to do, and is done.
func (s *Service) stopWork(id string) {
	if stop, ok := s.atWork.Load(id); ok {
		stop.(context.CancelFunc)()
	}
}

// reading is an order to read a file.
type reading struct {
	intake.Request
	base int // number of the version that the rows are appended to
}

// prepare says how a file is read: as its uploader says, else as the version
// before it was, and what its rows are appended to.
func (s *Service) prepare(ctx context.Context, v Version, order *reading) error {
	all, err := s.Readable(ctx, permit.Platform, v.Dataset)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(old Version) bool { return old.Kind == v.Kind && old.Stage == StageReleased })
	recipe := v.Recipe
	if recipe == "" && i >= 0 {
		recipe = all[i].Outcome.Recipe
	}
	if recipe == "" {
		return nil
	}
	order.Recipe = &intake.Recipe{}
	if err := s.readJSON(recipe, order.Recipe); err != nil {
		return err
	}
	if order.Recipe.Mode == "" && i >= 0 { // what was declared holds until it is declared otherwise
		var before intake.Recipe
		if err := s.readJSON(all[i].Outcome.Recipe, &before); err != nil {
			return err
		}
		order.Recipe.Mode = before.Mode
	}
	if order.Recipe.Mode != intake.Append || i < 0 {
		return nil
	}
	base := all[i].Outcome
	path, err := s.Shelf.Path(base.Parquet)
	if err != nil {
		return err
	}
	order.base = all[i].Number
	order.Base = &intake.Base{Parquet: path, Rows: base.Rows, Columns: base.Columns}
	return nil
}

// finish makes the move that ends a job's work, and whatever follows by rule,
// in one transaction.
func (s *Service) finish(ctx context.Context, id string, c Command) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		v, revision, err := loadByID(tx, id)
		if err != nil || v.Stage == StageDiscarded { // given up meanwhile
			return err
		}
		for _, c := range append([]Command{c}, follows(c)...) {
			after, err := s.do(tx, permit.Platform, v, revision, c)
			if err != nil {
				return err
			}
			if v, revision, err = loadByID(tx, id); err != nil {
				return err
			}
			if after.Stage == StageProfiled && c.Verb() == (Block{}).Verb() {
				return enqueue(tx, s.Clock.Now(), jobStage, id)
			}
		}
		return nil
	})
}

// follows lists what the clock asks next, in the same breath.
func follows(c Command) []Command {
	switch c.(type) {
	case Profile:
		return []Command{Block{}}
	case StageFiles:
		return []Command{ReleaseByRule{}}
	}
	return nil
}

// stage makes the files for download and the serving copy.
func (s *Service) stage(ctx context.Context, j job) error {
	v, err := s.find(ctx, j.Version)
	if err != nil || v.Stage != StageProfiled {
		return err
	}
	ctx, done := s.working(ctx, v.ID)
	defer done()
	e, err := s.Entries.Get(ctx, permit.Platform, v.Dataset)
	if err != nil {
		return err
	}
	return s.inScratch(func(dir string) error {
		table := tabular.Table{Parquet: v.Outcome.Parquet, Schema: v.Outcome.Schema, Rows: v.Outcome.Rows, Key: KeyOf(e, v)}
		path, err := s.Shelf.Path(v.Outcome.Parquet)
		if err != nil {
			return err
		}
		bulk, err := s.Worker.Bulk(ctx, BulkRequest{Parquet: path, Table: table, Dir: dir})
		if err != nil {
			return fmt.Errorf("make files of version %s: %w", v.ID, err)
		}
		if err := s.Engine.Prepare(ctx, table); err != nil {
			return fmt.Errorf("prepare version %s: %w", v.ID, err)
		}
		files := []File{{Format: string(tabular.Parquet), Hash: v.Outcome.Parquet, Bytes: v.Outcome.ParquetBytes}}
		for _, b := range bulk {
			f := File{Format: string(b.Format), Refused: b.Refused}
			if b.Refused == "" {
				info, err := s.Shelf.Adopt(ctx, b.Path)
				if err != nil {
					return err
				}
				f.Hash, f.Bytes = info.Hash, info.Bytes
			}
			files = append(files, f)
		}
		slices.SortFunc(files, func(a, b File) int {
			return cmp.Compare(slices.Index(tabular.Formats, tabular.Format(a.Format)), slices.Index(tabular.Formats, tabular.Format(b.Format)))
		})
		return s.finish(ctx, v.ID, StageFiles{Files: files})
	})
}

// KeyOf returns the declared key of e as far as v has such columns.
func KeyOf(e openlist.Entry, v Version) []string {
	var key []string
	for _, name := range e.Key {
		if _, ok := v.Outcome.Column(name); ok {
			key = append(key, name)
		}
	}
	return key
}

// keep moves what a worker made to the shelf.
func (s *Service) keep(ctx context.Context, r intake.Result) (o Outcome, err error) {
	if r.RowsIn != r.RowsOut+r.RowsSetAside {
		return o, fmt.Errorf("read file: %d rows in, %d out, %d set aside", r.RowsIn, r.RowsOut, r.RowsSetAside)
	}
	o = Outcome{Schema: r.Schema(), Rows: r.RowsBefore + r.RowsOut, RowsBefore: r.RowsBefore, RowsIn: r.RowsIn, RowsSetAside: r.RowsSetAside, CellsSetAside: r.CellsSetAside}
	o.SchemaHash = HashSchema(o.Schema)
	parquet, err := s.Shelf.Adopt(ctx, r.Parquet)
	if err != nil {
		return o, err
	}
	o.Parquet, o.ParquetBytes = parquet.Hash, parquet.Bytes
	if r.SetAside != "" {
		info, err := s.Shelf.Adopt(ctx, r.SetAside)
		if err != nil {
			return o, err
		}
		o.SetAside = info.Hash
	}
	if o.Profile, err = s.keepJSON(ctx, r.Profile); err != nil {
		return o, err
	}
	if o.Preview, err = s.keepJSON(ctx, previewOf(r)); err != nil {
		return o, err
	}
	o.Recipe, err = s.keepJSON(ctx, r.Recipe)
	return o, err
}

func (s *Service) keepJSON(ctx context.Context, x any) (string, error) {
	text, err := json.Marshal(x)
	if err != nil {
		return "", fmt.Errorf("encode outcome: %w", err)
	}
	info, err := s.Shelf.Put(ctx, strings.NewReader(string(text)))
	return info.Hash, err
}

// HashSchema names the columns of a table, their types and their order.
func HashSchema(s selection.Schema) string {
	var b strings.Builder
	for _, c := range s.Columns {
		fmt.Fprintf(&b, "%q %s %d\n", c.Name, c.Type, c.Scale)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func (s *Service) find(ctx context.Context, id string) (v Version, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		v, _, err = loadByID(tx, id)
		return err
	})
	return v, err
}

// inScratch runs do with an empty folder that is gone afterwards.
func (s *Service) inScratch(do func(dir string) error) error {
	dir, err := os.MkdirTemp(s.Scratch, "version-")
	if err != nil {
		return fmt.Errorf("make scratch folder: %w", err)
	}
	defer os.RemoveAll(dir)
	return do(dir)
}

// findings turns a worker's problem into what the version's page shows.
func findings(p *problem.Error) []Finding {
	if len(p.Fields) == 0 {
		return []Finding{{Code: p.Code, Args: p.Args}}
	}
	all := make([]Finding, len(p.Fields))
	for i, f := range p.Fields {
		all[i] = Finding{Code: f.Code, Args: f.Args, Column: strings.TrimPrefix(f.Pointer, "/")}
	}
	return all
}
