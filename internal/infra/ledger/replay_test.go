package ledger

import (
	"strings"
	"testing"
	"time"

	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

// matter is what a concept of the tests keeps of each stream.
type matter struct {
	Name, Stage string
	Days        []string
	At          time.Time
}

func grow(m matter, event Event) matter {
	switch e := event.(type) {
	case filed:
		m.Stage, m.Days = "filed", append(m.Days, e.Due)
	case closed:
		m.Stage, m.At = e.Reason, databasetest.Noon
	}
	return m
}

// kept are the rows that follow from what TestReplay appends.
func kept() []Row[matter] {
	return []Row[matter]{
		{Stream: "case/1", Revision: 3, Start: matter{Name: "one"}, State: matter{"one", "done", []string{"a", "b"}, databasetest.Noon}},
		{Stream: "case/2", Revision: 1, Start: matter{Name: "two"}, State: matter{Name: "two", Stage: "filed", Days: []string{"c"}}},
		{Stream: "case/old", State: matter{Name: "older than its history"}},
	}
}

func TestReplay(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "case/1", 0, filed{"x", "a"}, filed{"x", "b"})
	mustAppend(t, db, "case/2", 0, filed{"y", "c"})
	mustAppend(t, db, "case/1", 2, closed{"done"})
	mustAppend(t, db, "case/of/another/concept", 0, other{})
	for name, tt := range map[string]struct {
		plant func(all []Row[matter]) []Row[matter]
		kinds []Event
		fault string // "" if every row follows from its events
	}{
		"as it was written":                   {nil, nil, ""},
		"a damaged row":                       {func(all []Row[matter]) []Row[matter] { all[0].State.Days[1] = "B"; return all }, nil, "case/1 is not what its 3 events make it"},
		"a row of another time":               {func(all []Row[matter]) []Row[matter] { all[0].State.At = databasetest.Noon.Add(1); return all }, nil, "case/1 is not what its 3 events make it"},
		"a row that missed an event":          {func(all []Row[matter]) []Row[matter] { all[1].Revision = 2; return all }, nil, "case/2 is not what its 1 events make it"},
		"a row that forgot its history":       {func(all []Row[matter]) []Row[matter] { all[1].Revision = 0; return all }, nil, "case/2 is not what its 1 events make it"},
		"a row of a history that is no more":  {func(all []Row[matter]) []Row[matter] { all[2].Revision = 1; return all }, nil, "case/old is not what its 0 events make it"},
		"a row that is missing":               {func(all []Row[matter]) []Row[matter] { return all[1:] }, nil, "case/1 has events and no row"},
		"every row is missing":                {func([]Row[matter]) []Row[matter] { return nil }, nil, "case/1 has events and no row"},
		"an event that the concept lacks":     {nil, []Event{filed{}}, "case/1 at 3: unknown event case.closed"},
		"another's events are not missed":     {nil, []Event{filed{}, closed{}}, ""},
		"another's events, if they are asked": {nil, []Event{filed{}, closed{}, other{}}, "case/of/another/concept has events and no row"},
	} {
		t.Run(name, func(t *testing.T) {
			all, kinds := kept(), tt.kinds
			if tt.plant != nil {
				all = tt.plant(all)
			}
			if kinds == nil {
				kinds = []Event{filed{}, closed{}}
			}
			n, err := replayed(t, db, all, kinds)
			switch {
			case tt.fault == "" && (err != nil || n != len(all)):
				t.Errorf("replayed %d, %v", n, err)
			case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
				t.Errorf("%v, want %q", err, tt.fault)
			}
		})
	}
}

func TestReplayOfALineThatCannotBeRead(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "case/2", 0, filed{"y", "c"})
	err := db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE ledger SET body = '{"due":1}'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replayed(t, db, kept()[1:2], []Event{filed{}}); err == nil || !strings.Contains(err.Error(), "case/2 at 1") {
		t.Errorf("%v", err)
	}
}

func replayed(t *testing.T, db *database.DB, all []Row[matter], kinds []Event) (n int, err error) {
	t.Helper()
	err = db.Read(t.Context(), func(tx *database.Tx) (err error) {
		n, err = Replay(tx, all, func(r Row[matter]) (Row[matter], error) { return r, nil }, grow, kinds...)
		return err
	})
	return n, err
}
