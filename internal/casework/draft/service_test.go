package draft

import (
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

func fresh(t *testing.T) (*Service, *clock.Manual) {
	t.Helper()
	now := clock.At(time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "d.db"), Clock: now, Migrations: []fs.FS{Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return New(db, now), now
}

func TestADraftIsItsAuthorsOwn(t *testing.T) {
	s, now := fresh(t)
	ann, bob := permit.Actor{Account: "ann"}, permit.Actor{Account: "bob"}
	form := url.Values{"/name": {"站名"}, "/tags/-": {"a", "b"}, "csrf": {"secret"}, "idempotency": {"k"}, "seen": {"1"}, "do": {"draft"}}
	if err := s.Save(t.Context(), ann, "f/1", form); err != nil {
		t.Fatal(err)
	}
	d, found, err := s.Load(t.Context(), ann, "f/1")
	if err != nil || !found || d.Form["/name"][0] != "站名" || len(d.Form["/tags/-"]) != 2 || !d.SavedAt.Equal(now.Now()) {
		t.Errorf("%+v, %v, %v", d, found, err)
	}
	if d.Form["csrf"] != nil || d.Form["idempotency"] != nil || d.Form["seen"] != nil || d.Form["do"] != nil {
		t.Error("the draft keeps a token")
	}
	if _, found, _ := s.Load(t.Context(), bob, "f/1"); found {
		t.Error("somebody else reads it")
	}
	if err := s.Drop(t.Context(), bob, "f/1"); err != nil {
		t.Error(err)
	}
	if _, found, _ := s.Load(t.Context(), ann, "f/1"); !found {
		t.Error("somebody else dropped it")
	}
	if err := s.Save(t.Context(), permit.Actor{}, "f/1", form); !problem.Is(err, problem.Unsigned) {
		t.Errorf("nobody saves: %v", err)
	}
	now.Advance(KeptFor + time.Second)
	if _, found, _ := s.Load(t.Context(), ann, "f/1"); found {
		t.Error("it is kept for ever")
	}
}

func TestDraftsAreBounded(t *testing.T) {
	s, _ := fresh(t)
	ann := permit.Actor{Account: "ann"}
	p := problem.As(s.Save(t.Context(), ann, " ", url.Values{"/x": {strings.Repeat("x", MaxBytes)}}))
	if p == nil || len(p.Fields) != 2 {
		t.Errorf("both faults at once: %v", p)
	}
	for i := range MaxDrafts {
		if err := s.Save(t.Context(), ann, "f/"+strconv.Itoa(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Save(t.Context(), ann, "f/0", nil); err != nil {
		t.Errorf("saving once more: %v", err)
	}
	if err := s.Save(t.Context(), ann, "one more", nil); !problem.Is(err, problem.Conflict) {
		t.Errorf("one too many: %v", err)
	}
}
