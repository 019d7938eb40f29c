package calendar

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed terms.json
var termsJSON []byte

// Named is a term that the program counts by, as it is delivered.
type Named struct {
	terms.Term
	Title  locale.Text
	Source string // "[D]" for a default of ours
}

// Delivered returns the terms that the platform is delivered with. They are
// in force from the first day of the regulation, until they are replaced.
func Delivered() ([]Named, error) {
	var file struct {
		Terms []struct {
			Name, Article, Source string
			Length                int
			Unit                  terms.Unit
			Title                 locale.Text
		}
	}
	if err := json.Unmarshal(termsJSON, &file); err != nil {
		return nil, fmt.Errorf("read delivered terms: %w", err)
	}
	var all []Named
	for _, t := range file.Terms {
		all = append(all, Named{terms.Term{Name: t.Name, Length: t.Length, Unit: t.Unit, Article: t.Article, From: terms.RegulationFrom}, t.Title, t.Source})
	}
	return all, nil
}

// Recompute counts the open due days of a concept again, by c, and returns how
// many of them moved. It also runs for a preview, on a transaction that is
// taken back: it has no effect but on tx.
type Recompute func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error)

// Moved is how many open due days of a concept moved, or would.
type Moved struct {
	Concept string `json:"concept"` // name of its package
	Changed int    `json:"changed"`
}

// Service keeps notices and terms.
type Service struct {
	db        *database.DB
	clock     clock.Clock
	ids       *id.Source
	delivered []Named
	concepts  []string
	counts    map[string]Recompute
	reading   sync.Mutex // one refresh at a time, so that the last one stores the newest
	now       atomic.Pointer[terms.Book]
}

// New returns the service on db, with what is in force there.
func New(ctx context.Context, db *database.DB, c clock.Clock, ids *id.Source) (*Service, error) {
	delivered, err := Delivered()
	if err != nil {
		return nil, err
	}
	s := &Service{db: db, clock: c, ids: ids, delivered: delivered, counts: map[string]Recompute{}}
	return s, s.refresh(ctx)
}

// OnChange has do count the due days of concept again when a notice comes into
// force. It is called while the platform is wired, once per concept.
func (s *Service) OnChange(concept string, do Recompute) {
	if s.counts[concept] != nil {
		panic("calendar: two count the due days of " + concept)
	}
	s.counts[concept] = do
	s.concepts = append(s.concepts, concept)
}

// Calendar returns the calendar in force now.
func (s *Service) Calendar() workday.Calendar { return s.now.Load().Calendar() }

// Book returns the terms, and the calendar to count them by, in force now.
func (s *Service) Book() terms.Book { return *s.now.Load() }

// Names returns the terms that the program counts by.
func (s *Service) Names() []Named { return slices.Clone(s.delivered) }

// refresh reads what is in force. It runs after each commit that changes it.
func (s *Service) refresh(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.db.Read(ctx, func(tx *database.Tx) error {
		c, err := inForce(tx)
		if err != nil {
			return err
		}
		all, err := s.effective(tx)
		if err != nil {
			return err
		}
		book, err := terms.New(c, all...)
		if err != nil {
			return fmt.Errorf("read terms: %w", err)
		}
		s.now.Store(&book)
		return nil
	})
}

// inForce returns the calendar as tx sees it: the notices that are built in,
// and over them those in force.
func inForce(tx *database.Tx) (workday.Calendar, error) {
	c := workday.StateCouncil()
	all, err := notices(tx)
	if err != nil {
		return c, err
	}
	for _, n := range all {
		if n.Stage == StageInForce { // one a year at most
			if c, err = c.With(n.Workday()); err != nil {
				return c, fmt.Errorf("read notice %s: %w", n.ID, err)
			}
		}
	}
	return c, nil
}

// Stream is the ledger stream of the notice or term called id.
func Stream(id string) string { return "calendar/" + id }

// Do asks c of the notice called id on behalf of who; id is "" to enter one.
// A notice that comes into force replaces the one of its year.
func (s *Service) Do(ctx context.Context, who permit.Actor, id string, c Command) (n Notice, err error) {
	if err := Table.Rule("calendar", c.Verb()).Asked(who); err != nil {
		return n, err
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		before, revision := Notice{}, 0
		if id != "" {
			if before, revision, err = loadNotice(tx, id); err != nil {
				return err
			}
		}
		if n, err = s.move(tx, who, before, revision, c); err != nil || n.Stage != StageInForce {
			return err
		}
		return s.replace(tx, n)
	})
	if err != nil {
		return n, err
	}
	return n, s.refresh(ctx)
}

// replace ends whatever was in force of the year of n.
func (s *Service) replace(tx *database.Tx, n Notice) error {
	all, err := notices(tx)
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.Stage != StageInForce || old.Year != n.Year || old.ID == n.ID {
			continue
		}
		_, revision, err := loadNotice(tx, old.ID)
		if err != nil {
			return err
		}
		if _, err := s.move(tx, permit.Platform, old, revision, Replace{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) move(tx *database.Tx, who permit.Actor, n Notice, revision int, c Command) (Notice, error) {
	events, err := Decide(Facts{Who: who, Now: s.clock.Now(), ID: s.ids.Make("ntc")}, n, c)
	if err != nil {
		return n, err
	}
	for _, e := range events {
		n = Evolve(n, e)
	}
	if err := saveNotice(tx, n, revision, revision+len(events)); err != nil {
		return n, err
	}
	return n, ledger.Append(tx, Stream(n.ID), revision, who, s.clock.Now(), id.Trace(tx.Context()), events)
}

// Reactions is what follows from a notice.
func (s *Service) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("calendar.recompute", s.recompute), // open due days are counted by the new calendar
	}
}

// recompute is safe to repeat: due days that have moved move no more.
func (s *Service) recompute(ctx context.Context, tx *database.Tx, e ledger.Entry[Changed]) error {
	moved, err := s.count(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range moved {
		if err := saveRecomputed(tx, e.Stream[len(Stream("")):], m.Concept, m.Changed, clock.Format(s.clock.Now())); err != nil {
			return err
		}
	}
	return nil
}

// count has every concept count its due days by the calendar as tx sees it.
func (s *Service) count(ctx context.Context, tx *database.Tx) (all []Moved, err error) {
	c, err := inForce(tx)
	if err != nil {
		return nil, err
	}
	for _, concept := range s.concepts {
		n, err := s.counts[concept](ctx, tx, c)
		if err != nil {
			return nil, fmt.Errorf("count due days of %s: %w", concept, err)
		}
		all = append(all, Moved{concept, n})
	}
	return all, nil
}

var errPreview = errors.New("preview ends")

// Listed is a notice with what was counted again because of it.
type Listed struct {
	Notice
	Moved []Moved `json:"moved,omitempty"`
}

// Preview is a notice, and what would change if it came into force now.
type Preview struct {
	Listed
	Differences []Difference `json:"differences,omitempty"`
	Would       []Moved      `json:"would_move,omitempty"`
}

// Look returns the notice called id and, while it waits, what it would change:
// it is put into force on a transaction that is then taken back.
func (s *Service) Look(ctx context.Context, who permit.Actor, id string) (p Preview, err error) {
	if err := Look.Asked(who); err != nil {
		return p, err
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		if p.Notice, _, err = loadNotice(tx, id); err != nil {
			return err
		}
		moved, err := recomputed(tx)
		p.Moved = moved[id]
		return err
	})
	if err != nil || p.Stage != StageEntered {
		return p, err
	}
	next, err := s.Calendar().With(p.Workday())
	if err != nil {
		return p, err
	}
	p.Differences = Differences(s.Calendar(), next, p.Year)
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		n, revision, err := loadNotice(tx, id)
		if err != nil {
			return err
		}
		n.Stage = StageInForce
		if err := s.replace(tx, n); err != nil {
			return err
		}
		if err := saveNotice(tx, n, revision, revision); err != nil {
			return err
		}
		if p.Would, err = s.count(ctx, tx); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return p, err
}

// Notices returns every notice that was entered, the newest first.
func (s *Service) Notices(ctx context.Context, who permit.Actor) (all []Listed, err error) {
	if err := Look.Asked(who); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		rows, err := notices(tx)
		if err != nil {
			return err
		}
		moved, err := recomputed(tx)
		all = []Listed{}
		for _, n := range rows {
			all = append(all, Listed{n, moved[n.ID]})
		}
		return err
	})
	return all, err
}
