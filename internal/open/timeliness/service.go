package timeliness

import (
	"context"
	"embed"
	"slices"
	"strings"
	"sync"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
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

// Holders knows which accounts hold a role.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, body string, roles ...permit.Role) ([]string, error)
	HoldersAnywhere(tx *database.Tx, who permit.Actor, roles ...permit.Role) ([]string, error)
}

// Usage says how often each dataset was downloaded or called from day since on.
// A dataset that is not in all was not. Known is false if reads were not
// counted for all of that time.
type Usage func(ctx context.Context, who permit.Actor, since workday.Date) (all map[string]int64, known bool, err error)

// Tools are what the service works with.
type Tools struct {
	DB            *database.DB
	Clock         clock.Clock
	Entries       *openlist.Service
	Versions      *version.Service
	Organisations *organisation.Service
	Notices       *notice.Service
	Holders       Holders
	Usage         Usage // nil: use is not known, and no dataset is called unused
}

// Service keeps the watch over the open list.
type Service struct {
	Tools
	mu    sync.Mutex
	asked workday.Date // day on which it was asked whether use is known
	known bool         // and the answer
}

// New returns the service.
func New(t Tools) *Service { return &Service{Tools: t} }

// Day returns the day by which the service counts. It is public.
func (s *Service) Day(permit.Actor) workday.Date { return s.today() }

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// Dataset is one dataset of the list and how it stands today.
type Dataset struct {
	Slug      string       `json:"slug"`
	Title     locale.Text  `json:"title"`
	Body      string       `json:"body"`      // id of its publisher
	Frequency string       `json:"frequency"` // code
	UpdatedOn workday.Date `json:"updated_on"`
	Standing
}

// listed is a dataset with what it is judged by.
type listed struct {
	Dataset
	entry   openlist.Entry
	latest  *version.Version // newest that was released; nil if none was
	promise Promise
}

// look returns every dataset on the list as it stands today, by slug. Stopped
// ones are among them.
func (s *Service) look(ctx context.Context) (all []listed, err error) {
	entries, err := s.Entries.List(ctx, permit.Platform)
	if err != nil {
		return nil, err
	}
	latest, err := s.Versions.Latest(ctx, permit.Platform)
	if err != nil {
		return nil, err
	}
	codes, today := s.Entries.Codes(permit.Platform), s.today()
	for _, e := range entries {
		if !e.Listed() {
			continue
		}
		f, _ := codes.Frequency(e.Frequency)
		x := listed{entry: e, promise: PromiseOf(f, today), Dataset: Dataset{Slug: e.Slug, Title: e.Title, Body: e.Publisher, Frequency: e.Frequency, UpdatedOn: e.UpdatedOn}}
		if v, ok := latest[e.Slug]; ok {
			x.latest, x.UpdatedOn = &v, v.UpdatedOn
		}
		x.Standing = Of(codes, e, x.UpdatedOn, today)
		all = append(all, x)
	}
	return all, nil
}

// Ranking is how publishers keep what they promise, best first.
type Ranking struct {
	AsOf        workday.Date `json:"as_of"`
	Frequency   string       `json:"frequency,omitempty"` // code; "" for all frequencies
	Small       int          `json:"small"`               // publishers with fewer promised datasets are marked
	All         Place        `json:"all"`                 // of all publishers
	Items       []Place      `json:"items"`
	ByFrequency []Part       `json:"by_frequency"` // the whole list, in the order of the code list
}

// Place is one publisher of the ranking.
type Place struct {
	Place          int         `json:"place"` // 0 if it promises nothing
	Body           string      `json:"body"`
	Name           locale.Text `json:"name"`
	Counts         Counts      `json:"counts"`
	Share          float64     `json:"share"` // on time of what is promised, 0 to 1
	MedianDaysLate float64     `json:"median_days_late"`
	IsSmall        bool        `json:"is_small"`
	ByFrequency    []Part      `json:"by_frequency"` // in the order of the code list
}

// Part is a publisher's datasets of one frequency.
type Part struct {
	Frequency string      `json:"frequency"`
	Name      locale.Text `json:"name"`
	Counts    Counts      `json:"counts"`
	Share     float64     `json:"share"`
}

// Ranking ranks the publishers as of today, by their datasets of one frequency
// or, for "", of all. It is public. Article 16.
func (s *Service) Ranking(ctx context.Context, _ permit.Actor, frequency string) (r Ranking, err error) {
	if err := (Chosen{Frequency: frequency}).Check(s.Entries.Codes(permit.Platform)); err != nil {
		return r, err
	}
	all, err := s.look(ctx)
	if err != nil {
		return r, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return r, err
	}
	r.AsOf, r.Frequency = s.today(), frequency
	r.Small = ThresholdsOn(r.AsOf)["rank.small"]
	codes := s.Entries.Codes(permit.Platform)
	var each, chosen, whole []One
	for _, d := range all {
		whole = append(whole, One{"", d.Frequency, d.Standing})
		if frequency == "" || frequency == d.Frequency {
			each = append(each, One{d.Body, d.Frequency, d.Standing})
			chosen = append(chosen, One{"", d.Frequency, d.Standing})
		}
	}
	r.Items = []Place{}
	for _, row := range Rank(each, r.Small) {
		r.Items = append(r.Items, place(row, names[row.Body], codes))
	}
	r.All, r.ByFrequency = together(chosen, codes), together(whole, codes).ByFrequency
	return r, nil
}

// together is all datasets as if one publisher had them.
func together(all []One, codes openlist.Codes) Place {
	p := place(Row{}, locale.Text{}, codes)
	for _, row := range Rank(all, 0) {
		p = place(row, locale.Text{}, codes)
	}
	return p
}

func place(r Row, name locale.Text, codes openlist.Codes) Place {
	p := Place{Place: r.Place, Body: r.Body, Name: name, Counts: r.Counts, Share: r.Counts.Share(), MedianDaysLate: r.MedianDaysLate, IsSmall: r.Small, ByFrequency: []Part{}}
	for _, f := range codes.Frequencies {
		if c, ok := r.ByFrequency[f.Code]; ok {
			p.ByFrequency = append(p.ByFrequency, Part{Frequency: f.Code, Name: f.Name, Counts: c, Share: c.Share()})
		}
	}
	return p
}

func (s *Service) names(ctx context.Context) (map[string]locale.Text, error) {
	all, err := s.Organisations.List(ctx, permit.Platform)
	names := make(map[string]locale.Text, len(all))
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return names, err
}

// Chosen says which datasets are wanted; "" for any.
type Chosen struct {
	Class     string // a [Class], [Behind] or [Promised]
	Frequency string
}

// Words for several classes together.
const (
	Behind   = "behind"   // late and seriously late
	Promised = "promised" // these and on time
)

// Check tells every fault of c.
func (c Chosen) Check(codes openlist.Codes) error {
	var l problem.List
	if c.Class != "" && !slices.Contains(ClassChoices(), c.Class) {
		l.Add("?class", "timeliness.unknown_value", "value", c.Class, "known", strings.Join(ClassChoices(), ", "))
	}
	if _, ok := codes.Frequency(c.Frequency); c.Frequency != "" && !ok {
		l.Add("?frequency", "openlist.unknown_frequency", "frequency", c.Frequency)
	}
	return l.Err()
}

// Takes reports whether d is wanted.
func (c Chosen) Takes(d Dataset) bool {
	return (c.Class == "" || c.Class == string(d.Class) || c.Class == Behind && d.Class.Late() || c.Class == Promised && d.Class.Promised()) && (c.Frequency == "" || c.Frequency == d.Frequency)
}

// Datasets is one publisher's datasets.
type Datasets struct {
	AsOf  workday.Date `json:"as_of"`
	Body  string       `json:"body"`
	Name  locale.Text  `json:"name"`
	Items []Dataset    `json:"items"` // the latest first, then by slug
}

// Of returns how the datasets of body stand today, as far as they are chosen;
// problem.NotFound if no dataset on the list is its. It is public.
func (s *Service) Of(ctx context.Context, _ permit.Actor, body string, c Chosen) (d Datasets, err error) {
	if err := c.Check(s.Entries.Codes(permit.Platform)); err != nil {
		return d, err
	}
	all, err := s.look(ctx)
	if err != nil {
		return d, err
	}
	d = Datasets{AsOf: s.today(), Body: body, Items: []Dataset{}}
	known := false
	for _, x := range all {
		if x.Body == body {
			known = true
			if c.Takes(x.Dataset) {
				d.Items = append(d.Items, x.Dataset)
			}
		}
	}
	if !known {
		return d, problem.New(problem.NotFound, "timeliness.no_publisher", "body", body)
	}
	slices.SortFunc(d.Items, func(a, b Dataset) int {
		if a.DaysLate != b.DaysLate {
			return b.DaysLate - a.DaysLate
		}
		return strings.Compare(a.Slug, b.Slug)
	})
	names, err := s.names(ctx)
	d.Name = names[body]
	return d, err
}
