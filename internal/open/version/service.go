package version

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"sync"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Worker reads files and makes files, outside of this process.
type Worker interface {
	// Import reads one uploaded file; see intake.Read.
	Import(ctx context.Context, r intake.Request) (intake.Result, error)
	// Bulk makes the files for download of one table in r.Dir.
	Bulk(ctx context.Context, r BulkRequest) ([]tabular.Bulk, error)
}

// BulkRequest asks for the files of one table.
type BulkRequest struct {
	Parquet string        `json:"parquet"` // path of the canonical file
	Table   tabular.Table `json:"table"`
	Dir     string        `json:"dir"`
}

// Tools are what the service works with.
type Tools struct {
	DB      *database.DB
	Clock   clock.Clock
	IDs     *id.Source
	Entries *openlist.Service
	Shelf   objects.Store
	Worker  Worker
	Checks  Checker // nil: none, in tests of other things
	// Conditions knows whether data may be opened under conditions; nil: it
	// may, in tests of other things.
	Conditions Conditions
	Engine     tabular.Engine
	Scratch    string // folder for work in progress
	Uploads    string // folder for files on their way
}

// Service keeps the versions.
type Service struct {
	Tools
	atWork   sync.Map // ids of versions on which a job works → context.CancelFunc
	arriving sync.Map // ids of uploads whose bytes are arriving
}

// New returns the service.
func New(t Tools) *Service { return &Service{Tools: t} }

// Upload says what a file is.
type Upload struct {
	Dataset   string
	Kind      Kind
	Name      string
	UpdatedOn workday.Date
	Note      locale.Text
	NotSecret bool           // the uploader declares that it holds no state secret (不涉密), or it is refused
	Recipe    *intake.Recipe // how the file is to be read; nil: as the version before, else a guess
}

// Receive stores the file and begins a version of it; reading it is a job.
// Who must be an editor of the dataset's publisher. Articles 9(3) and 25(1).
func (s *Service) Receive(ctx context.Context, who permit.Actor, u Upload, file io.Reader) (v Version, err error) {
	begun := bufio.NewReader(file)
	first, err := begun.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return v, fmt.Errorf("receive %s: %w", u.Dataset, err)
	}
	return s.receive(ctx, who, u, int64(len(first)), func() (string, int64, error) {
		info, err := s.Shelf.Put(ctx, begun)
		return info.Hash, info.Bytes, err
	})
}

// receive begins a version of the file of at least so many bytes that store
// puts on the shelf.
func (s *Service) receive(ctx context.Context, who permit.Actor, u Upload, least int64, store func() (hash string, bytes int64, err error)) (v Version, err error) {
	e, err := s.Entries.Get(ctx, who, u.Dataset)
	if err != nil {
		return v, err
	}
	c := Ingest{ID: s.IDs.Make("ver"), Dataset: u.Dataset, Kind: u.Kind, UpdatedOn: u.UpdatedOn, Note: u.Note, NotSecret: u.NotSecret,
		Origin: Origin{Name: u.Name, Bytes: least}}
	// Whoever may not do it, or did not say of the file what is asked, is told
	// before a byte is stored.
	if _, err := Decide(Facts{Who: who.For(e.Publisher), Today: workday.Of(s.Clock.Now())}, Version{}, c); err != nil {
		return v, err
	}
	c.Recipe, err = s.keepRecipe(ctx, u.Recipe)
	if err != nil {
		return v, err
	}
	if c.Origin.Hash, c.Origin.Bytes, err = store(); err != nil {
		return v, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		if c.Number, err = nextNumber(tx, u.Dataset); err != nil {
			return err
		}
		if v, err = s.move(tx, who.For(e.Publisher), Version{}, 0, c); err != nil {
			return err
		}
		return enqueue(tx, s.Clock.Now(), jobProfile, v.ID)
	})
	return v, err
}

// Do asks c of version number of the dataset on behalf of who.
func (s *Service) Do(ctx context.Context, who permit.Actor, dataset string, number int, c Command) (v Version, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		before, revision, err := s.see(tx, who, dataset, number)
		if err != nil {
			return err
		}
		v, err = s.do(tx, who, before, revision, c)
		return err
	})
	if err == nil && v.Stage == StageDiscarded {
		s.stopWork(v.ID)
	}
	return v, err
}

func (s *Service) do(tx *database.Tx, who permit.Actor, before Version, revision int, c Command) (Version, error) {
	e, err := s.Entries.GetTx(tx, permit.Platform, before.Dataset)
	if err != nil {
		return before, err
	}
	v, err := s.move(tx, who.For(e.Publisher), before, revision, c)
	if err != nil {
		return v, err
	}
	if before.Stage != StageReleased && v.Stage == StageReleased {
		return v, s.supersede(tx, v)
	}
	if before.Stage == StageBlocked && c.Verb() == (Rule{}).Verb() {
		if v, err = s.move(tx, permit.Platform, v, revision+1, Free{}); err != nil {
			return v, err
		}
	}
	if before.Stage == StageBlocked && v.Stage == StageProfiled {
		return v, enqueue(tx, s.Clock.Now(), jobStage, v.ID)
	}
	if before.Stage != StageIngested && v.Stage == StageIngested {
		return v, enqueue(tx, s.Clock.Now(), jobProfile, v.ID)
	}
	return v, nil
}

// Reread has the file of a version read again as recipe says; a partial one
// leaves the rest to be guessed. Who must be an editor of the publisher.
func (s *Service) Reread(ctx context.Context, who permit.Actor, dataset string, number int, recipe intake.Recipe) (v Version, err error) {
	v, err = s.Get(ctx, who, dataset, number)
	if err != nil {
		return v, err
	}
	e, err := s.Entries.Get(ctx, who, dataset)
	if err != nil {
		return v, err
	}
	// Whoever may not do it is told before anything is stored.
	if err := Table.Permit(v.Stage, Reread{}.Verb(), who.For(e.Publisher), v.Did); err != nil {
		return v, err
	}
	hash, err := s.keepRecipe(ctx, &recipe)
	if err != nil {
		return v, err
	}
	return s.Do(ctx, who, dataset, number, Reread{Recipe: hash})
}

// keepRecipe puts a recipe on the shelf; "" is none. It refuses every fault
// that can be seen without the file.
func (s *Service) keepRecipe(ctx context.Context, r *intake.Recipe) (string, error) {
	if r == nil {
		return "", nil
	}
	if err := r.Check(); err != nil {
		return "", err
	}
	return s.keepJSON(ctx, r)
}

// supersede puts every other released version of the same kind behind v, in
// the transaction that released v: a reader sees the old or the new.
func (s *Service) supersede(tx *database.Tx, v Version) error {
	all, err := list(tx, v.Dataset)
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.ID == v.ID || old.Kind != v.Kind || old.Stage != StageReleased {
			continue
		}
		if _, err := s.move(tx, permit.Platform, old.Version, old.revision, Supersede{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) move(tx *database.Tx, who permit.Actor, v Version, revision int, c Command) (Version, error) {
	facts, err := s.facts(tx, who, v, c)
	if err != nil {
		return v, err
	}
	events, err := Decide(facts, v, c)
	if err != nil || len(events) == 0 {
		return v, err
	}
	for _, e := range events {
		v = Evolve(v, e)
	}
	entry, err := s.Entries.GetTx(tx, permit.Platform, v.Dataset)
	if err != nil {
		return v, err
	}
	if err := save(tx, v, entry.Publisher, revision, revision+len(events)); err != nil {
		return v, err
	}
	return v, ledger.Append(tx, Stream(v.ID), revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// Stream is the ledger stream of the version with that id.
func Stream(id string) string { return "version/" + id }

// Get returns version number of the dataset. Whoever does not work for the
// publisher sees only what was released at some time; the rest is not found.
func (s *Service) Get(ctx context.Context, who permit.Actor, dataset string, number int) (v Version, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		v, _, err = s.see(tx, who, dataset, number)
		return err
	})
	return v, err
}

// List returns the versions of the dataset that who may see, newest first.
func (s *Service) List(ctx context.Context, who permit.Actor, dataset string) (all []Version, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err = s.ListTx(tx, who, dataset)
		return err
	})
	return all, err
}

// ListTx is [Service.List] within tx.
func (s *Service) ListTx(tx *database.Tx, who permit.Actor, dataset string) (all []Version, err error) {
	e, err := s.Entries.GetTx(tx, who, dataset)
	if err != nil {
		return nil, err
	}
	rows, err := list(tx, dataset)
	for _, r := range rows {
		if MaySee(who.For(e.Publisher), r.Version) {
			all = append(all, r.Version)
		}
	}
	return all, err
}

// Pending returns the versions on which somebody works: of every body for
// whoever works for all, else of who's own; oldest first, at most 500.
// Article 25(1).
func (s *Service) Pending(ctx context.Context, who permit.Actor) (all []Version, err error) {
	if err := MayRead.Asked(who); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := pending(tx, who.Organisation, MayRead.Allows(who, permit.Thing{}))
		for _, r := range rows {
			all = append(all, r.Version)
		}
		return err
	})
	return all, err
}

// Torn returns the released versions of which rows or cells were set aside,
// the most first, at most 100; of every body or of who's own, as [Pending].
func (s *Service) Torn(ctx context.Context, who permit.Actor) (all []Version, err error) {
	if err := MayRead.Asked(who); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := withLosses(tx, who.Organisation, MayRead.Allows(who, permit.Thing{}))
		for _, r := range rows {
			all = append(all, r.Version)
		}
		return err
	})
	return all, err
}

// Latest returns, for every dataset that has one, the newest version that can
// be read. Whether it may be is for obtain/access to say.
func (s *Service) Latest(ctx context.Context, _ permit.Actor) (all map[string]Version, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err = latest(tx)
		return err
	})
	return all, err
}

func (s *Service) see(tx *database.Tx, who permit.Actor, dataset string, number int) (Version, int, error) {
	e, err := s.Entries.GetTx(tx, who, dataset)
	if err != nil {
		return Version{}, 0, err
	}
	v, revision, err := load(tx, dataset, number)
	if err == nil && !MaySee(who.For(e.Publisher), v) {
		err = notFound(dataset, number)
	}
	if err != nil {
		return Version{}, 0, err
	}
	return v, revision, nil
}

func notFound(dataset string, number int) error {
	return problem.New(problem.NotFound, "version.not_found", "slug", dataset, "number", number)
}

// Find returns a version by number, seen as the platform sees it:
// obtain/access asks on behalf of a reader and decides what he learns.
func (s *Service) Find(ctx context.Context, _ permit.Actor, dataset string, number int) (v Version, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		v, _, err = load(tx, dataset, number)
		return err
	})
	return v, err
}

// Readable returns the versions whose data is offered, newest first, for
// obtain/access to choose from.
func (s *Service) Readable(ctx context.Context, _ permit.Actor, dataset string) (all []Version, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, dataset)
		for _, r := range rows {
			if r.Version.Readable() {
				all = append(all, r.Version)
			}
		}
		return err
	})
	return all, err
}
