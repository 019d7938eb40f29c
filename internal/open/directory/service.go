package directory

import (
	"context"
	"embed"
	"io"
	"net/http"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/people/organisation"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Entries finds entries; the open list, which comes later, answers.
type Entries interface {
	// Entry returns the entry called slug as long as it is not withdrawn, or
	// problem.NotFound.
	Entry(tx *database.Tx, who permit.Actor, slug string) (Entry, string, error)
}

// Holders knows which accounts hold a role.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, body string, roles ...permit.Role) ([]string, error)
	HoldersAnywhere(tx *database.Tx, who permit.Actor, roles ...permit.Role) ([]string, error)
}

// Fetcher gets what lies at an address that a user gave; infra/outgoing does.
type Fetcher interface {
	Check(ctx context.Context, address string) error
	Get(ctx context.Context, address string, header http.Header, to io.Writer, most int64) (int, http.Header, error)
}

// Tables reads the rows of a table file that somebody sent, in a process of its
// own: one map from header to text for each row.
type Tables interface {
	Records(ctx context.Context, path, name, dir string) ([]map[string]string, error)
}

// Columns reads what a schema of a database says of its tables, one map for
// each column; see infra/schema.
type Columns interface {
	Connections() ([]string, error)
	Columns(ctx context.Context, connection, schema string) ([]map[string]string, error)
}

// Tools are what the service works with.
type Tools struct {
	DB            *database.DB
	Clock         clock.Clock
	IDs           *id.Source
	Book          func() terms.Book
	Entries       Entries
	Organisations *organisation.Service
	Notices       *notice.Service
	Holders       Holders
	Fetch         Fetcher
	Tables        Tables
	Databases     Columns
	Scratch       string // folder of work in progress
	Most          int64  // bytes of a listing
}

// Service keeps the catalogue and the hooks.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// Stream is the ledger stream of the hook of the entry called slug.
func Stream(slug string) string { return "directory/" + slug }

// View is a hook as somebody who may see it sees it.
type View struct {
	Hook     Hook          `json:"hook"`
	Revision int           `json:"revision"` // to be named by whoever acts on it
	Title    string        `json:"title"`    // of the entry
	Items    []HookedItem  `json:"items"`    // in the order of the entry
	Left     deadline.Left `json:"left,omitzero"`
	Can      []string      `json:"can"`            // verbs that are open to the reader
	Free     bool          `json:"free,omitempty"` // it may have no source
}

// HookedItem is one data item with its source.
type HookedItem struct {
	Field    string `json:"field"`
	Title    string `json:"title,omitempty"`
	Resource string `json:"resource,omitempty"` // id; "" for none yet
	From     string `json:"from,omitempty"`     // title of the resource
	Body     string `json:"body,omitempty"`     // name of whoever answers for it
	Source   string `json:"source,omitempty"`   // field there
	Type     string `json:"type,omitempty"`     // as it is now
	Breach   string `json:"breach,omitempty"`   // of Breached
}

// Get returns the hook of an entry. Whoever may not see it is told that there
// is no such entry.
func (s *Service) Get(ctx context.Context, who permit.Actor, slug string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, title, r, err := s.see(tx, who, slug)
		if err == nil {
			v, err = s.view(tx, who, e, title, r)
		}
		return err
	})
	return v, err
}

func (s *Service) see(tx *database.Tx, who permit.Actor, slug string) (e Entry, title string, r row, err error) {
	e, title, err = s.Entries.Entry(tx, permit.Platform, slug)
	if problem.Is(err, problem.NotFound) || err == nil && !MaySee(who.For(e.Body)) {
		err = problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	if err == nil {
		r, err = load(tx, e)
	}
	return e, title, r, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, e Entry, title string, r row) (v View, err error) {
	v = View{Hook: r.Hook, Revision: r.revision, Title: title, Free: e.Free, Can: Table.Open(r.Stage, who.For(e.Body), r.Did)}
	found, err := named(tx, resourceIDs(r.Pairs))
	if err != nil {
		return v, err
	}
	for _, f := range e.Fields {
		x := HookedItem{Field: f.Name, Title: f.Title}
		for _, p := range r.Pairs {
			if p.Field == f.Name {
				from := found[p.Resource]
				now, _ := from.Field(p.Source)
				x.Resource, x.From, x.Body, x.Source, x.Type = p.Resource, from.Title, from.BodyName, p.Source, now.Type
			}
		}
		for _, b := range r.Breaches {
			if b.Field == f.Name {
				x.Breach = b.Code
			}
		}
		v.Items = append(v.Items, x)
	}
	v.Left, err = r.Clock.Left(s.Book().Calendar(), workday.Of(s.Clock.Now()))
	return v, err
}

func resourceIDs(pairs []Pair) (ids []string) {
	for _, p := range pairs {
		ids = append(ids, p.Resource)
	}
	return ids
}

// Do asks c of the hook of an entry, as it stood at revision seen; 0 if who
// does not say. What an editor names is looked at at once.
func (s *Service) Do(ctx context.Context, who permit.Actor, slug string, seen int, c Command) (v View, err error) {
	switch c.(type) {
	case Attach, Exempt:
	default:
		return v, problem.New(problem.Forbidden, "flow.not_your_step")
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, title, r, err := s.see(tx, who, slug)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return problem.New(problem.Conflict, "moved_meanwhile")
		}
		if r, err = s.move(tx, who, e, r, c); err != nil {
			return err
		}
		if r.Stage == StageHooked {
			if r, err = s.look(tx, e, r); err != nil {
				return err
			}
		}
		v, err = s.view(tx, who, e, title, r)
		return err
	})
	return v, err
}

// move decides, saves and appends.
func (s *Service) move(tx *database.Tx, who permit.Actor, e Entry, before row, c Command) (row, error) {
	f := Facts{Who: who.For(e.Body), Today: workday.Of(s.Clock.Now()), Entry: e}
	pairs := before.Pairs
	if a, ok := c.(Attach); ok {
		pairs = a.Pairs
	}
	var err error
	if f.Resources, err = named(tx, resourceIDs(pairs)); err != nil {
		return before, err
	}
	if _, ok := c.(Break); ok {
		if f.Clock, err = deadline.Start(s.Book(), TermMend, Steps, f.Today); err != nil {
			return before, err
		}
	}
	events, err := Decide(f, before.Hook, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, event := range events {
		after.Hook = Evolve(after.Hook, event)
	}
	after.revision += len(events)
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(e.Slug), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	return after, s.tell(tx, after, events)
}

// look verifies or breaks a hook by what the catalogue says now.
func (s *Service) look(tx *database.Tx, e Entry, r row) (row, error) {
	found, err := named(tx, resourceIDs(r.Pairs))
	if err != nil {
		return r, err
	}
	switch breaches := Breaches(Facts{Resources: found}, r.Hook); {
	case len(breaches) > 0:
		return s.move(tx, permit.Platform, e, r, Break{})
	case r.Stage == StageHooked || r.Stage == StageBroken:
		return s.move(tx, permit.Platform, e, r, Verify{})
	}
	return r, nil
}

// Standing is how the hook of an entry stands, for the gates of the open list.
type Standing struct {
	Stage   Stage
	Without []string // of the named data items, those that have no source
}

// StandingTx returns how the hook of an entry of the body stands, where the
// entry has, or is to have, these data items.
func (s *Service) StandingTx(tx *database.Tx, _ permit.Actor, slug, body string, items []string) (x Standing, err error) {
	r, err := load(tx, Entry{Slug: slug, Body: body})
	x.Stage = r.Stage
	if r.Stage != StageUnhooked && r.Stage != StageExempt {
		x.Without = r.Without(items)
	}
	return x, err
}
