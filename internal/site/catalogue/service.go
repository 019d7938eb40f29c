package catalogue

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/search"
	"kaishu/internal/obtain/access"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the service works with.
type Tools struct {
	Index         *search.Index
	Entries       *openlist.Service
	Versions      *version.Service
	Organisations *organisation.Service
	Clock         clock.Clock
	Layout        *layout.Layout
	DB            *database.DB
}

// Service is the catalogue: what every visitor may know of every dataset.
type Service struct {
	Tools
	pages *layout.Pages

	changing sync.Mutex   // one change of index and records at a time
	mu       sync.RWMutex // guards what follows
	records  map[string]*Record
	bodies   map[string]locale.Text
	day      workday.Date // for which promises were judged
}

// New returns an empty catalogue. Rebuild it.
func New(t Tools) *Service {
	return &Service{Tools: t, pages: t.Layout.Pages(templates),
		records: map[string]*Record{}, bodies: map[string]locale.Text{}}
}

// visitor is whose view the catalogue is.
var visitor = permit.Actor{}

// Rebuild makes the catalogue anew from the database.
func (s *Service) Rebuild(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	bodies, err := s.Organisations.List(ctx, visitor)
	if err != nil {
		return err
	}
	names := make(map[string]locale.Text, len(bodies))
	for _, o := range bodies {
		names[o.ID] = o.Name
	}
	entries, err := s.Entries.List(ctx, visitor)
	if err != nil {
		return err
	}
	latest, err := s.Versions.Latest(ctx, visitor)
	if err != nil {
		return err
	}
	records := make(map[string]*Record, len(entries))
	today := s.today()
	for _, e := range entries {
		if !listed(e) {
			continue
		}
		v, ok := latest[e.Slug]
		newest := &v
		if !ok {
			newest = nil
		}
		if records[e.Slug], err = s.record(ctx, e, newest, names[e.Publisher], today); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.records, s.bodies, s.day = records, names, today
	s.mu.Unlock()
	s.Index.Replace(documents(records))
	return nil
}

// listed reports whether lists show e: a suspended dataset stays and says so,
// a withdrawn one has its own page only.
func listed(e openlist.Entry) bool {
	return e.Stage == openlist.StagePublished || e.Stage == openlist.StageSuspended
}

// record gathers what is known of e. newest is its newest version that was
// released; nil if there is none.
func (s *Service) record(ctx context.Context, e openlist.Entry, newest *version.Version, publisher locale.Text, today workday.Date) (*Record, error) {
	r := &Record{Entry: e, Publisher: publisher, UpdatedOn: e.UpdatedOn, Holds: None}
	if newest != nil && newest.UpdatedOn.Valid() {
		r.UpdatedOn = newest.UpdatedOn
	}
	r.describe(newest)
	r.judge(s.Codes(), today)
	if newest == nil {
		return r, nil
	}
	if anybody(e, *newest) {
		r.hold(*newest)
		return r, nil
	}
	if e.Opening != openlist.Conditional {
		return r, nil
	}
	all, err := s.Versions.List(ctx, visitor, e.Slug)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.Kind == version.Sample && anybody(e, v) {
			r.hold(v)
			break
		}
	}
	return r, nil
}

// anybody asks the door whether a visitor may read v.
func anybody(e openlist.Entry, v version.Version) bool {
	return v.Outcome != nil && access.Open(access.Facts{Slug: e.Slug, Entry: access.EntryStage(e.Stage), Opening: access.Opening(e.Opening),
		Version: access.VersionStage(v.Stage), Sample: v.Kind == version.Sample})
}

func documents(records map[string]*Record) []search.Document {
	all := make([]search.Document, 0, len(records))
	for _, r := range records {
		all = append(all, r.document())
	}
	slices.SortFunc(all, func(a, b search.Document) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Listener keeps the catalogue fresh.
func (s *Service) Listener() ledger.Listener {
	return ledger.Listener{Name: "catalogue", Do: s.hear,
		Kinds: []string{"openlist.", "version.released", "version.superseded", "version.recalled", "organisation.", "codelist."}}
}

func (s *Service) hear(ctx context.Context, l ledger.Line) error {
	if slug, ok := strings.CutPrefix(l.Stream, openlist.Stream("")); ok {
		return s.Refresh(ctx, slug)
	}
	if strings.HasPrefix(l.Kind, "organisation.") || strings.HasPrefix(l.Kind, "codelist.") {
		return s.Rebuild(ctx) // names of bodies and words of codes stand in every record
	}
	var event struct {
		Dataset string `json:"dataset"`
	}
	if err := json.Unmarshal(l.Body, &event); err != nil {
		return fmt.Errorf("decode %s at %d: %w", l.Kind, l.Seq, err)
	}
	return s.Refresh(ctx, event.Dataset)
}

// Refresh enters the dataset called slug as it is now, or takes it out.
func (s *Service) Refresh(ctx context.Context, slug string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	e, err := s.Entries.Get(ctx, visitor, slug)
	if problem.Is(err, problem.NotFound) || err == nil && !listed(e) {
		s.forget(slug)
		return nil
	}
	if err != nil {
		return err
	}
	var newest *version.Version
	all, err := s.Versions.Readable(ctx, visitor, slug)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		newest = &all[0]
	}
	name, err := s.body(ctx, e.Publisher)
	if err != nil {
		return err
	}
	r, err := s.record(ctx, e, newest, name, s.today())
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.records[slug] = r
	s.mu.Unlock()
	s.Index.Put(r.document())
	return nil
}

func (s *Service) forget(slug string) {
	s.mu.Lock()
	delete(s.records, slug)
	s.mu.Unlock()
	s.Index.Remove(slug)
}

// body returns the name of a body, asking the database if it is new.
func (s *Service) body(ctx context.Context, id string) (locale.Text, error) {
	s.mu.RLock()
	name, ok := s.bodies[id]
	s.mu.RUnlock()
	if ok {
		return name, nil
	}
	o, err := s.Organisations.Get(ctx, visitor, id)
	if err != nil {
		return name, err
	}
	s.mu.Lock()
	s.bodies[id] = o.Name
	s.mu.Unlock()
	return o.Name, nil
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// turn judges every promise anew when a day has begun.
func (s *Service) turn() {
	today := s.today()
	s.mu.RLock()
	same := s.day == today
	s.mu.RUnlock()
	if same {
		return
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	if s.day == today {
		s.mu.Unlock()
		return
	}
	records := make(map[string]*Record, len(s.records))
	for slug, r := range s.records {
		judged := *r
		judged.judge(s.Codes(), today)
		records[slug] = &judged
	}
	s.records, s.day = records, today
	s.mu.Unlock()
	s.Index.Replace(documents(records))
}

// Lookup returns what lists say of the dataset called slug.
func (s *Service) Lookup(slug string) (Record, bool) {
	s.turn()
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.records[slug]
	if !ok {
		return Record{}, false
	}
	return *r, true
}

// all returns every record, by slug.
func (s *Service) all() []*Record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.records), func(a, b *Record) int { return strings.Compare(a.Slug, b.Slug) })
}

// Figures are the living numbers of the catalogue on Today.
type Figures struct {
	Today    workday.Date
	Datasets int            // on the list
	Open     int            // of which anybody can get the data now
	Rows     int64          // of the data that anybody can get now, samples left aside
	Month    string         // "2026-03"
	New      int            // first published in Month
	Promised int            // datasets with a promised cycle and a known day of update
	OnTime   int            // of Promised
	Domains  map[string]int // code → datasets
}

// Figures counts.
func (s *Service) Figures() Figures {
	s.turn()
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := Figures{Today: s.day, Month: string(s.day[:7]), Datasets: len(s.records), Domains: map[string]int{}}
	for _, r := range s.records {
		f.Domains[r.Domain]++
		if r.Holds == Full {
			f.Open++
			f.Rows += r.Rows
		}
		if strings.HasPrefix(string(r.FirstPublishedOn), f.Month) {
			f.New++
		}
		if r.Timeliness.Promised() {
			f.Promised++
		}
		if r.Timeliness == timeliness.OnTime {
			f.OnTime++
		}
	}
	return f
}

// Codes are the code lists in force.
func (s *Service) Codes() openlist.Codes { return s.Entries.Codes(visitor) }
