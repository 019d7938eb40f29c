package material

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/clam"
	"kaishu/internal/infra/clam/clamtest"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// guarded is a bench with a clamd.
func guarded(t *testing.T) (bench, *clamtest.Server) {
	t.Helper()
	b, server := newBench(t), clamtest.Start(t)
	var err error
	if b.Clamd, err = clam.New(server.Place); err != nil {
		t.Fatal(err)
	}
	return b, server
}

// away has the server answer nothing that counts.
func away([]byte) string { return "" }

// settle moves the clock on and runs whatever is due.
func (b bench) settle(by time.Duration) {
	b.Helper()
	b.now.Advance(by)
	for more := true; more; {
		var err error
		if more, err = b.pool.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func (b bench) look(caseID string) (all []Material, waiting int) {
	b.Helper()
	err := b.db.Read(b.Context(), func(tx *database.Tx) (err error) {
		if all, err = b.List(tx, permit.Actor{}, caseID); err == nil {
			waiting, err = b.Waiting(tx, permit.Actor{}, caseID)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return all, waiting
}

// state is the state of the only file of a case, and how it opens.
func (b bench) state(caseID string) (State, string) {
	b.Helper()
	all, waiting := b.look(caseID)
	if len(all) != 1 || (waiting == 1) != (all[0].State != Clear) {
		b.Fatalf("%d files, %d wait: %+v", len(all), waiting, all)
	}
	f, err := b.Open(b.Context(), permit.Actor{Account: "ann"}, caseID, all[0].ID)
	if err == nil {
		f.Close()
		return all[0].State, "opens"
	}
	return all[0].State, problem.As(err).Code
}

func TestTheUsualFileIsClearAtOnce(t *testing.T) {
	b, server := guarded(t)
	if _, err := b.keep("ann", "case1", pdf(""), fine); err != nil {
		t.Fatal(err)
	}
	if state, opens := b.state("case1"); state != Clear || opens != "opens" || len(server.Files()) != 1 || !bytes.Equal(server.Files()[0], pdf("")) {
		t.Errorf("%s, %s, asked %d times", state, opens, len(server.Files()))
	}
	_, err := b.Receive(t.Context(), permit.Actor{}, "a.pdf", bytes.NewReader(pdf("/X(evil)")))
	if p := problem.As(err); p == nil || p.Fields[0].Code != "material.malware" || p.Fields[0].Args["name"] != "Test.Evil-1" {
		t.Errorf("malware: %v", err)
	}
	if b.objects() != 1 {
		t.Error("malware is on the shelf")
	}
}

// TestSilenceIsNoPassage: whatever clamd does but say OK, the file stays held,
// without end.
func TestSilenceIsNoPassage(t *testing.T) {
	b, server := guarded(t)
	server.Answer(away)
	if _, err := b.keep("ann", "case1", pdf(""), fine); err != nil {
		t.Fatal(err)
	}
	tried := len(server.Files())
	for _, answer := range []string{"", "stream: OK", "INSTREAM size limit exceeded. ERROR\x00", "OK\x00", "stream: ERROR\x00"} {
		server.Answer(func([]byte) string { return answer })
		for range 4 {
			b.settle(time.Hour)
			if state, opens := b.state("case1"); state != Held || opens != "material.held" {
				t.Fatalf("%q: %s, %s", answer, state, opens)
			}
			if tried++; len(server.Files()) != tried {
				t.Fatalf("asked %d times, want %d", len(server.Files()), tried)
			}
		}
	}
	b.settle(59 * time.Minute)
	if len(server.Files()) != tried {
		t.Error("asked before the pause was over")
	}
	clamd := b.Clamd
	b.Clamd = nil // an operator who takes it away does not let the file go
	b.settle(time.Hour)
	if state, _ := b.state("case1"); state != Held {
		t.Errorf("without clamd: %s", state)
	}
	if c, err := b.CheckShelf(t.Context(), permit.Actor{}); err != nil || c.Held != 1 || len(c.Missing) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	b.Clamd = clamd
	server.Answer(clamtest.Honest)
	b.settle(time.Hour)
	if state, opens := b.state("case1"); state != Clear || opens != "opens" {
		t.Errorf("in the end: %s, %s", state, opens)
	}
	b.settle(24 * time.Hour)
	if len(server.Files()) != tried+1 || b.jobs() != 0 {
		t.Errorf("asked %d times, %d jobs left", len(server.Files()), b.jobs())
	}
}

func (b bench) jobs() int {
	b.Helper()
	var c queue.Counts
	if err := b.db.Read(b.Context(), func(tx *database.Tx) (err error) { c, err = queue.Count(tx); return err }); err != nil {
		b.Fatal(err)
	}
	return c.Waiting + c.Running + c.Parked
}

func TestMalwareInAHeldFileIsRemoved(t *testing.T) {
	b, server := guarded(t)
	evil := pdf("/X(evil)")
	server.Answer(func([]byte) string { return "stream: OK\x00" }) // not known yet
	if _, err := b.keep("bob", "case0", evil, fine); err != nil {
		t.Fatal(err)
	}
	server.Answer(away)
	for _, c := range []string{"case1", "case2"} {
		if _, err := b.keep("ann", c, evil, fine); err != nil {
			t.Fatal(err)
		}
	}
	all, _ := b.look("case2")
	err := b.db.Write(t.Context(), func(tx *database.Tx) error { return b.Remove(tx, permit.Actor{}, "case2", all[0].ID) })
	if err != nil {
		t.Fatal(err)
	}
	server.Answer(clamtest.Honest)
	b.settle(time.Minute)
	for _, c := range []string{"case0", "case1"} { // also where it passed before
		if state, opens := b.state(c); state != Infected || opens != "material.infected" {
			t.Errorf("%s: %s, %s", c, state, opens)
		}
	}
	if all, waiting := b.look("case2"); waiting != 0 || all[0].State != Held || !all[0].Purged() {
		t.Errorf("a removed file: %+v", all)
	}
	if c, err := b.CheckShelf(t.Context(), permit.Actor{}); err != nil || c.Infected != 2 || c.Held != 0 || len(c.Missing)+len(c.Left) != 0 || b.objects() != 0 {
		t.Errorf("%+v, %v, %d objects", c, err, b.objects())
	}
	all, _ = b.look("case1")
	var history []ledger.Line
	if err := b.db.Read(t.Context(), func(tx *database.Tx) (err error) { history, err = ledger.History(tx, Stream(all[0].ID)); return err }); err != nil {
		t.Fatal(err)
	}
	var told InfectedFile
	if len(history) != 1 || history[0].Kind != "material.infected" || json.Unmarshal(history[0].Body, &told) != nil ||
		told != (InfectedFile{Case: "case1", Owner: "ann", SHA256: all[0].SHA256, Found: "Test.Evil-1"}) || all[0].Found != told.Found {
		t.Errorf("told: %+v", history)
	}
	err = b.db.Write(t.Context(), func(tx *database.Tx) error { return b.Remove(tx, permit.Actor{}, "case1", all[0].ID) })
	if _, waiting := b.look("case1"); err != nil || waiting != 0 {
		t.Errorf("removed by its owner: %d wait, %v", waiting, err)
	}
	b.settle(time.Minute)
}

// TestAFileRemovedWhileItIsLookedAt is not brought back.
func TestAFileRemovedWhileItIsLookedAt(t *testing.T) {
	for _, answer := range []string{"stream: OK\x00", "stream: X FOUND\x00"} {
		b, server := guarded(t)
		server.Answer(away)
		m, err := b.keep("ann", "case1", pdf(""), fine)
		if err != nil {
			t.Fatal(err)
		}
		server.Answer(func([]byte) string {
			if err := b.db.Write(t.Context(), func(tx *database.Tx) error { return b.Purge(tx, permit.Actor{}, "case1") }); err != nil {
				t.Error(err)
			}
			return answer
		})
		b.settle(time.Minute)
		if all, _ := b.look("case1"); all[0].ID != m.ID || all[0].State != Held || !all[0].Purged() || b.objects() != 0 {
			t.Errorf("%q: %+v", answer, all)
		}
	}
}

func TestBytesThatStayAreToldByCheck(t *testing.T) {
	b, server := guarded(t)
	server.Answer(away)
	m, err := b.keep("ann", "case1", pdf("/X(evil)"), fine)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error { return b.condemn(tx, m.SHA256, "X") }); err != nil {
		t.Fatal(err)
	}
	if c, err := b.CheckShelf(t.Context(), permit.Actor{}); err != nil || len(c.Left) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	b.settle(0)
	if c, err := b.CheckShelf(t.Context(), permit.Actor{}); err != nil || len(c.Left) != 0 || b.objects() != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestOldRowsAreClear: the migration keeps what was there.
func TestOldRowsAreClear(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	now := clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	first, err := fs.ReadFile(Migrations, "migrations/20261125_material.sql")
	if err != nil {
		t.Fatal(err)
	}
	before := fstest.MapFS{"migrations/20261125_material.sql": {Data: first}}
	open := func(m fs.FS) *database.DB {
		db, err := database.Open(t.Context(), database.Options{Path: file, Clock: now, Migrations: []fs.FS{queue.Migrations, m}})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open(before)
	err = db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO material (id, case_id, owner, name, media, bytes, sha256, at, purged_at) VALUES ('m', 'c', 'ann', 'a.pdf', ?, 7, 'ab', ?, '')`, PDF, clock.Format(now.Now()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	db = open(Migrations)
	defer db.Close()
	var all []Material
	err = db.Read(t.Context(), func(tx *database.Tx) (err error) { all, err = list(tx, "c"); return err })
	if want := (Material{ID: "m", Case: "c", Owner: "ann", Name: "a.pdf", Media: PDF, Bytes: 7, SHA256: "ab", At: now.Now(), State: Clear}); err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("%+v, %v", all, err)
	}
	err = db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE material SET state = 'else'`)
		return err
	})
	if err == nil || err == sql.ErrNoRows {
		t.Errorf("another state: %v", err)
	}
}

// TestOnlyDueWorkIsPlanned: the pauses double up to an hour.
func TestOnlyDueWorkIsPlanned(t *testing.T) {
	b, server := guarded(t)
	server.Answer(away)
	var told bytes.Buffer
	b.Log = slog.New(slog.NewTextHandler(&told, nil))
	if _, err := b.keep("ann", "case1", pdf(""), fine); err != nil {
		t.Fatal(err)
	}
	for i, pause := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		b.settle(pause - time.Second)
		early := len(server.Files())
		b.settle(time.Second)
		if late := len(server.Files()); early != i+1 || late != i+2 {
			t.Fatalf("try %d: %d, then %d", i, early, late)
		}
	}
	if n := bytes.Count(told.Bytes(), []byte("level=WARN")); n != 11 || bytes.Contains(told.Bytes(), []byte("a.pdf")) {
		t.Errorf("told %d times:\n%s", n, told.String())
	}
}
