package platformrules

import (
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

var (
	author  = permit.Actor{Account: "wen", Roles: []permit.Role{permit.CtrContent}}
	checker = permit.Actor{Account: "he", Roles: []permit.Role{permit.CtrContent}}
	ann     = permit.Actor{Account: "ann"}
)

func bench(t *testing.T) (*Service, *clock.Manual, *queue.Pool) {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, Migrations}})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	s := New(db, now)
	return s, now, queue.NewPool(db, now, id.New(now), slog.New(slog.DiscardHandler), queue.Options{}, s.Jobs()...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func owesNow(t *testing.T, s *Service, want bool) {
	t.Helper()
	if got, err := s.Must(t.Context(), ann); err != nil || got != want {
		t.Errorf("must accept: %t, %v; want %t", got, err, want)
	}
}

func TestEachVersionInForceIsAcceptedOnce(t *testing.T) {
	s, now, pool := bench(t)
	ctx := t.Context()
	owesNow(t, s, false) // nothing is in force
	must(t, s.Install(ctx, permit.Platform))
	must(t, s.Install(ctx, permit.Platform))
	owesNow(t, s, true)
	if _, err := s.Current(ctx, permit.Actor{}); err != nil {
		t.Error(err)
	}
	must(t, s.Accept(ctx, ann, 1))
	must(t, s.Accept(ctx, ann, 1))
	owesNow(t, s, false)
	r, err := s.Draft(ctx, author, good)
	must(t, err)
	owesNow(t, s, false)
	if _, err := s.Get(ctx, ann, r.Number); !problem.Is(err, problem.NotFound) {
		t.Errorf("a draft is seen by a user: %v", err)
	}
	if _, err := s.Do(ctx, ann, r.Number, Publish{}); !problem.Is(err, problem.NotFound) {
		t.Errorf("a user learns of a draft: %v", err)
	}
	if _, err := s.Do(ctx, author, r.Number, Publish{}); problem.As(err) == nil || problem.As(err).Code != "flow.four_eyes" {
		t.Errorf("the author publishes: %v", err)
	}
	_, err = s.Do(ctx, checker, r.Number, Publish{EffectiveOn: "2026-12-01"})
	must(t, err)
	owesNow(t, s, false)
	if did, err := pool.Step(ctx); did || err != nil {
		t.Errorf("too early: %t, %v", did, err)
	}
	now.Advance(6 * 24 * time.Hour)
	if did, err := pool.Step(ctx); !did || err != nil {
		t.Errorf("on the day: %t, %v", did, err)
	}
	owesNow(t, s, true)
	if old, err := s.Get(ctx, permit.Actor{}, 1); err != nil || old.Stage != StageSuperseded || old.SupersededOn != "2026-12-01" {
		t.Errorf("the old version: %+v, %v", old.Stage, err)
	}
	if err := s.Accept(ctx, ann, 1); !problem.Is(err, problem.Conflict) {
		t.Errorf("an old version is accepted: %v", err)
	}
	if err := s.Accept(ctx, permit.Actor{}, 2); !problem.Is(err, problem.Unsigned) {
		t.Errorf("nobody accepts: %v", err)
	}
	must(t, s.Accept(ctx, ann, 2))
	owesNow(t, s, false)
	kept, err := s.Accepted(ctx, ann)
	if err != nil || len(kept) != 2 || kept[0].Number != 1 || kept[1].Number != 2 || !kept[1].At.After(kept[0].At) {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	must(t, s.db.Read(ctx, ledger.Check))
	if n, err := s.Replay(ctx, ann); n != 2 || err != nil {
		t.Errorf("replayed %d, %v", n, err)
	}
}

func TestPublishedForTodayIsInForceAtOnce(t *testing.T) {
	s, _, _ := bench(t)
	r, err := s.Draft(t.Context(), author, good)
	must(t, err)
	if r, err = s.Do(t.Context(), checker, r.Number, Publish{}); err != nil || r.Stage != StageEffective || r.EffectiveOn != "2026-11-25" {
		t.Errorf("%+v, %v", r, err)
	}
	all, err := s.List(t.Context(), permit.Actor{})
	if err != nil || len(all) != 1 {
		t.Errorf("%d versions, %v", len(all), err)
	}
}
