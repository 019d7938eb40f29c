package platformrules

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed sample.zh.txt
var sampleZH string

//go:embed sample.en.txt
var sampleEN string

// Sample is what a new installation says until the centre has written rules of
// its own.
var Sample = Content{
	Title: locale.Text{ZH: "开放平台管理制度（示例）", EN: "Platform management rules (sample)"},
	Text:  locale.Text{ZH: sampleZH, EN: sampleEN},
}

// AcceptPage is the name of the page that comes before any other for whoever
// has not accepted the rules in force; see permit.Actor.Must.
const AcceptPage = "platformrules.accept"

// Service keeps the rules and who accepted them.
type Service struct {
	db    *database.DB
	clock clock.Clock
}

// New returns the service on db.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// Acceptance says that an account accepted a version.
type Acceptance struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
}

// Install enters the sample rules, in force, if there are none at all.
func (s *Service) Install(ctx context.Context, who permit.Actor) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		all, err := list(tx)
		if err != nil || len(all) > 0 {
			return err
		}
		_, err = s.move(tx, who, row{}, Install{Content: Sample})
		return err
	})
}

// Draft begins a new version and returns it.
func (s *Service) Draft(ctx context.Context, who permit.Actor, c Content) (r Rules, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		n, err := nextNumber(tx)
		if err != nil {
			return err
		}
		r, err = s.move(tx, who, row{}, Write{Number: n, Content: c})
		return err
	})
	return r, err
}

// Do asks c of version number. Rules whose day has come take effect in the
// same transaction as their publication.
func (s *Service) Do(ctx context.Context, who permit.Actor, number int, c Command) (r Rules, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		before, err := see(tx, who, number)
		if err != nil {
			return err
		}
		if r, err = s.move(tx, who, before, c); err != nil || r.Stage != StagePublished || before.Stage != StageDraft {
			return err
		}
		if r.EffectiveOn <= workday.Of(s.clock.Now()) {
			r, err = s.takeEffect(tx, number)
			return err
		}
		return queue.Enqueue(tx, jobEffect+"/"+strconv.Itoa(number), jobEffect, job{number}, r.EffectiveOn.Time())
	})
	return r, err
}

// jobEffect puts rules in force on their day.
const jobEffect = "platformrules.take_effect"

type job struct {
	Number int `json:"number"`
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{queue.Handle(jobEffect, func(ctx context.Context, j job) error {
		return s.db.Write(ctx, func(tx *database.Tx) error {
			_, err := s.takeEffect(tx, j.Number)
			return err
		})
	})}
}

// takeEffect puts version number in force and what was in force behind it:
// there is never more than one. Safe to repeat.
func (s *Service) takeEffect(tx *database.Tx, number int) (Rules, error) {
	r, err := load(tx, number)
	if err != nil || r.Stage != StagePublished {
		return r.Rules, err
	}
	after, err := s.move(tx, permit.Platform, r, TakeEffect{})
	if err != nil || after.Stage != StageEffective {
		return after, err
	}
	all, err := list(tx)
	for _, old := range all {
		if err == nil && old.Stage == StageEffective && old.Number != number {
			_, err = s.move(tx, permit.Platform, old, Supersede{})
		}
	}
	return after, err
}

func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command) (Rules, error) {
	now := s.clock.Now()
	events, err := Decide(Facts{Who: who, Today: workday.Of(now)}, before.Rules, c)
	if err != nil || len(events) == 0 {
		return before.Rules, err
	}
	r := before.Rules
	for _, e := range events {
		r = Evolve(r, e)
	}
	if err := save(tx, r, before.revision, before.revision+len(events)); err != nil {
		return r, err
	}
	return r, ledger.Append(tx, Stream(r.Number), before.revision, who, now, id.Trace(tx.Context()), events)
}

// Stream is the ledger stream of a version.
func Stream(number int) string { return "platformrules/" + strconv.Itoa(number) }

func notFound(number int) error {
	return problem.New(problem.NotFound, "platformrules.not_found", "number", number)
}

func see(tx *database.Tx, who permit.Actor, number int) (row, error) {
	r, err := load(tx, number)
	if err == nil && !MaySee(who, r.Rules) {
		return row{}, notFound(number)
	}
	return r, err
}

// Get returns version number. Drafts are not found but by those who write.
func (s *Service) Get(ctx context.Context, who permit.Actor, number int) (r Rules, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		found, err := see(tx, who, number)
		r = found.Rules
		return err
	})
	return r, err
}

// Current returns the version in force. It fails with problem.NotFound
// "platformrules.none" if there is none.
func (s *Service) Current(ctx context.Context, _ permit.Actor) (r Rules, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		found, ok, err := inForce(tx)
		if err == nil && !ok {
			err = problem.New(problem.NotFound, "platformrules.none")
		}
		r = found.Rules
		return err
	})
	return r, err
}

// List returns the versions that who may see, newest first.
func (s *Service) List(ctx context.Context, who permit.Actor) (all []Rules, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx)
		for _, r := range rows {
			if MaySee(who, r.Rules) {
				all = append(all, r.Rules)
			}
		}
		return err
	})
	return all, err
}

// Must reports whether who has yet to accept the version in force, before
// anything else. Article 26.
func (s *Service) Must(ctx context.Context, who permit.Actor) (yes bool, err error) {
	if !who.Known() || who.Has(permit.Clock) {
		return false, nil
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		yes, err = owes(tx, who.Account)
		return err
	})
	return yes, err
}

// Accept records that who accepts version number, which must be the one in
// force: a newer one may have come while the page was open. Accepting twice
// is once.
func (s *Service) Accept(ctx context.Context, who permit.Actor, number int) error {
	if err := MayAccept.Asked(who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		r, ok, err := inForce(tx)
		if err != nil {
			return err
		}
		if !ok || r.Number != number {
			return problem.New(problem.Conflict, "platformrules.newer")
		}
		given, err := acceptances(tx, who.Account)
		if err != nil || slices.ContainsFunc(given, func(a Acceptance) bool { return a.Number == number }) {
			return err
		}
		now, trace := s.clock.Now(), id.Trace(tx.Context())
		if err := accept(tx, who.Account, Acceptance{number, now}, trace); err != nil {
			return err
		}
		return ledger.Append(tx, "platformrules/by/"+who.Account, len(given), who, now, trace, []Event{Accepted{Number: number}})
	})
}

// Accepted returns what who accepted, and when, oldest first.
func (s *Service) Accepted(ctx context.Context, who permit.Actor) (all []Acceptance, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = acceptances(tx, who.Account)
		return err
	})
	return all, err
}
