package assessment

import (
	"context"
	"embed"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/probe"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Checks are the checks before release and what tables are asked through;
// open/quality is both.
type Checks interface {
	version.Checker
	Assess(ctx context.Context, who permit.Actor, o version.Outcome, probes []probe.Test, known map[string]version.Outcome) ([]probe.Answer, error)
	Profile(ctx context.Context, who permit.Actor, o version.Outcome) (tabular.Profile, error)
}

// Tools are what the service works with.
type Tools struct {
	DB       *database.DB
	Clock    clock.Clock
	IDs      *id.Source
	Entries  *openlist.Service
	Versions *version.Service
	Checks   Checks
	Notices  *notice.Service // nil: nobody is told, in tests of other things
	Holders  version.Holders
}

// Service keeps rules, runs and waivers. It is the checker of versions too:
// what open/quality finds comes first, then the rules that must hold.
type Service struct{ Tools }

var _ version.Checker = (*Service)(nil)

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// Holding is the rules of a dataset as those see them who look after them.
type Holding struct {
	Set
	Title    locale.Text  `json:"title"`
	Revision int          `json:"revision"`
	Fields   []string     `json:"fields"` // columns of the newest version that was read
	BuiltIn  []Rule       `json:"built_in"`
	Can      []string     `json:"can"` // verbs that are open to the reader
	Waivers  []WaiverView `json:"waivers"`
}

// WaiverView is a waiver and what its reader may do with it.
type WaiverView struct {
	Waiver
	Revision int      `json:"revision"`
	Can      []string `json:"can"`
}

// Holding returns the rules of a dataset. Who must look after its quality; for
// others there is nothing of the kind. Article 16(1).
func (s *Service) Holding(ctx context.Context, who permit.Actor, dataset string) (h Holding, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		h, err = s.holding(tx, who, dataset)
		return err
	})
	return h, err
}

func (s *Service) holding(tx *database.Tx, who permit.Actor, dataset string) (h Holding, err error) {
	e, err := s.mine(tx, who, dataset)
	if err != nil {
		return h, err
	}
	r, err := loadSet(tx, dataset)
	if err != nil {
		return h, err
	}
	mine := who.For(e.Publisher)
	h = Holding{Set: r.state, Title: e.Title, Revision: r.revision, BuiltIn: builtIn(e), Can: Table.Open(r.state.Stage, mine, r.state.Did), Waivers: []WaiverView{}}
	schema, err := s.schema(tx, dataset)
	if err != nil {
		return h, err
	}
	h.Fields = []string{}
	if schema != nil {
		for _, c := range schema.Columns {
			h.Fields = append(h.Fields, c.Name)
		}
	}
	if WaiverTable.Permit("", AskWaiver{}.Verb(), mine, nil) == nil {
		h.Can = append(h.Can, "ask_waiver")
	}
	waivers, err := waiversOf(tx, dataset)
	for _, w := range waivers {
		v := WaiverView{Waiver: w.state, Revision: w.revision, Can: WaiverTable.Open(w.state.Stage, mine, w.state.Did)}
		v.Did = nil
		h.Waivers = append(h.Waivers, v)
	}
	h.Did = nil
	return h, err
}

// mine returns the entry, if who looks after the quality of its data.
func (s *Service) mine(tx *database.Tx, who permit.Actor, dataset string) (openlist.Entry, error) {
	e, err := s.Entries.GetTx(tx, who, dataset)
	if err == nil && !MaySee(who.For(e.Publisher)) {
		err = problem.New(problem.NotFound, "openlist.not_found", "slug", dataset)
	}
	return e, err
}

// builtIn are the rules that an entry is held to by itself.
func builtIn(e openlist.Entry) []Rule {
	codes := map[string]Rule{}
	for _, item := range e.Items {
		if item.Codes != "" {
			codes[item.Name] = Rule{Kind: refers.Kind, Fields: []string{item.Name}, Dataset: item.Codes}
		}
	}
	return BuiltIn(e.Key, codes)
}

// Do asks c of the dataset's set of rules. Seen is the revision that whoever
// asks has seen; 0 if he does not say. Article 16(1).
func (s *Service) Do(ctx context.Context, who permit.Actor, dataset string, seen int, c Command) (h Holding, err error) {
	var others []string
	if _, ok := c.(Propose); ok {
		if others, err = s.others(ctx); err != nil {
			return h, err
		}
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, err := s.mine(tx, who, dataset)
		if err != nil {
			return err
		}
		r, err := loadSet(tx, dataset)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return problem.New(problem.Conflict, "moved_meanwhile")
		}
		schema, err := s.schema(tx, dataset)
		if err != nil {
			return err
		}
		events, err := Decide(Facts{Who: who.For(e.Publisher), Today: s.today(), Schema: schema, Other: others}, r.state, c)
		if err != nil {
			return err
		}
		from := r.revision
		for _, event := range events {
			r.state = Evolve(r.state, event)
		}
		if err := saveSet(tx, r.state, from, from+len(events)); err != nil {
			return err
		}
		if err := ledger.Append(tx, Stream(dataset), from, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
			return err
		}
		h, err = s.holding(tx, who, dataset)
		return err
	})
	return h, err
}

// others are the datasets that rules may refer to.
func (s *Service) others(ctx context.Context) (slugs []string, err error) {
	all, err := s.Versions.Latest(ctx, permit.Platform)
	for slug := range all {
		slugs = append(slugs, slug)
	}
	return slugs, err
}

// schema is that of the newest full version that was read; nil if there is
// none.
func (s *Service) schema(tx *database.Tx, dataset string) (*selection.Schema, error) {
	v, err := s.newest(tx, dataset, func(v version.Version) bool { return v.Outcome != nil })
	if err != nil || v == nil {
		return nil, err
	}
	return &v.Outcome.Schema, nil
}

// newest returns the newest version that fits: full before sample; nil if none
// does.
func (s *Service) newest(tx *database.Tx, dataset string, fits func(version.Version) bool) (*version.Version, error) {
	all, err := s.Versions.ListTx(tx, permit.Platform, dataset)
	if err != nil {
		return nil, err
	}
	for _, kind := range version.Kinds {
		if i := slices.IndexFunc(all, func(v version.Version) bool { return v.Kind == kind && fits(v) }); i >= 0 {
			return &all[i], nil
		}
	}
	return nil, nil
}

// Suggest returns the rules that the profile of the newest readable version
// suggests and that are neither in force nor proposed. Who must look after the
// dataset's quality. Nothing of data is in them but bounds and the values of
// lists, which whoever may read the version could see: others get none of
// these.
func (s *Service) Suggest(ctx context.Context, who permit.Actor, dataset string) (all []Suggestion, err error) {
	var set []Rule
	var v *version.Version
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.mine(tx, who, dataset)
		if err != nil {
			return err
		}
		r, err := loadSet(tx, dataset)
		if err != nil {
			return err
		}
		set = slices.Concat(r.state.Rules, r.state.Proposed, builtIn(e))
		v, err = s.newest(tx, dataset, func(v version.Version) bool { return v.Readable() && v.Outcome != nil })
		if v != nil && !version.OpenToAll(v.Kind, string(e.Opening)) && !ofPublisher(who.For(e.Publisher)) {
			v = nil
		}
		return err
	})
	if err != nil || v == nil {
		return nil, err
	}
	p, err := s.Checks.Profile(ctx, permit.Platform, *v.Outcome)
	if err != nil {
		return nil, err
	}
	return Suggest(seen(v.Outcome.Schema, p), p.Rows, s.today(), set), nil
}

// ofPublisher reports whether who may look at the publisher's versions before
// and beside the public, as the door has it.
func ofPublisher(who permit.Actor) bool {
	return who.HasAny(permit.OpnEditor, permit.OpnReviewer, permit.OpnLead)
}

// seen writes a profile as rules know it.
func seen(schema selection.Schema, p tabular.Profile) (all []Seen) {
	for _, c := range p.Columns {
		column, ok := schema.Column(c.Name)
		if !ok {
			continue
		}
		x := Seen{Column: column, Rows: p.Rows, Nulls: c.Nulls, Distinct: c.Distinct, Approx: c.Approx, Chars: c.MaxChars}
		if c.Min != nil && c.Max != nil && column.Type != selection.Text {
			x.Min, x.Max = tabular.Text(c.Min), tabular.Text(c.Max)
		}
		if !c.Approx && int64(len(c.Top)) == c.Distinct { // every value is among them
			for _, v := range c.Top {
				x.Values = append(x.Values, tabular.Text(v.Value))
			}
		}
		all = append(all, x)
	}
	return all
}

// AskWaiver asks that a rule of the dataset, in force or built in, holds no
// release until a day. Rule is its place in the set in force. Article 16(1).
func (s *Service) AskWaiver(ctx context.Context, who permit.Actor, dataset string, rule int, c AskWaiver) (w WaiverView, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, err := s.mine(tx, who, dataset)
		if err != nil {
			return err
		}
		r, err := loadSet(tx, dataset)
		if err != nil {
			return err
		}
		if rule < 0 || rule >= len(r.state.Rules) {
			return problem.New(problem.NotFound, "assessment.no_such_rule")
		}
		c.ID, c.Dataset, c.Rule = s.IDs.Make("wav"), dataset, r.state.Rules[rule]
		w, err = s.moveWaiver(tx, who, e, row[Waiver]{}, c)
		return err
	})
	return w, err
}

// DoWaiver asks c of a waiver. Whoever may not see it is told that there is
// none.
func (s *Service) DoWaiver(ctx context.Context, who permit.Actor, waiver string, seen int, c Command) (w WaiverView, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := loadWaiver(tx, waiver)
		if err != nil {
			return err
		}
		e, err := s.mine(tx, who, r.state.Dataset)
		if r.revision == 0 || problem.Is(err, problem.NotFound) {
			return problem.New(problem.NotFound, "assessment.no_waiver")
		}
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return problem.New(problem.Conflict, "moved_meanwhile")
		}
		w, err = s.moveWaiver(tx, who, e, r, c)
		return err
	})
	return w, err
}

func (s *Service) moveWaiver(tx *database.Tx, who permit.Actor, e openlist.Entry, r row[Waiver], c Command) (v WaiverView, err error) {
	f := WaiverFacts{Who: who.For(e.Publisher), Today: s.today()}
	f.Most = int(WeightsOn(f.Today)["waiver.days"])
	if ask, ok := c.(AskWaiver); ok {
		others, err := waiversOf(tx, e.Slug)
		if err != nil {
			return v, err
		}
		f.Waits = slices.ContainsFunc(others, func(o row[Waiver]) bool {
			return o.state.Rule.Same(ask.Rule) && (o.state.Stage == WaiverAsked || o.state.Stage == WaiverGranted)
		})
	}
	events, err := DecideWaiver(f, r.state, c)
	if err != nil {
		return v, err
	}
	if len(events) > 0 {
		from := r.revision
		for _, event := range events {
			r.state = EvolveWaiver(r.state, event)
		}
		r.revision += len(events)
		if err := saveWaiver(tx, r.state, from, r.revision); err != nil {
			return v, err
		}
		if err := ledger.Append(tx, WaiverStream(r.state.ID), from, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
			return v, err
		}
	}
	v = WaiverView{Waiver: r.state, Revision: r.revision, Can: WaiverTable.Open(r.state.Stage, f.Who, r.state.Did)}
	v.Did = nil
	return v, nil
}
