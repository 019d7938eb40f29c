package condition

import (
	"bytes"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/open/openlist"
)

var (
	ed       = permit.Actor{Account: "ed", Organisation: "weather", Roles: []permit.Role{permit.OpnEditor}}
	lead     = permit.Actor{Account: "lea", Organisation: "weather", Roles: []permit.Role{permit.OpnLead}}
	reviewer = permit.Actor{Account: "rev", Organisation: "centre", Roles: []permit.Role{permit.CtrListReviewer}}
	stranger = permit.Actor{Account: "str", Organisation: "civil", Roles: []permit.Role{permit.OpnEditor, permit.OpnLead}}
	public   = permit.Actor{}
)

type bench struct {
	*testing.T
	*Service
}

// newBench has a conditional and an unconditional entry on the list, and a
// conditional one that is a draft.
func newBench(t *testing.T) bench {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, codelist.Migrations, material.Migrations, openlist.Migrations, Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	shelf, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, err := FirstEdition()
	if err != nil {
		t.Fatal(err)
	}
	codes, err := codelist.New(t.Context(), db, now, first...)
	if err != nil {
		t.Fatal(err)
	}
	listCodes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	ids := id.New(now)
	b := bench{t, New(Tools{DB: db, Clock: now, IDs: ids, Entries: openlist.New(db, now, listCodes), Codes: FromLists(codes), Materials: material.New(db, now, ids, shelf)})}
	for slug, opening := range map[string]openlist.Opening{"hours": openlist.Conditional, "days": openlist.Unconditional, "hidden": openlist.Conditional} {
		d := openlist.Description{Title: locale.Text{ZH: slug}, Publisher: "weather", Domain: "environment", Frequency: "daily", Opening: opening}
		if slug == "hidden" {
			b.must(b.Entries.Do(t.Context(), ed, slug, openlist.Describe{Description: d}))
		} else {
			b.must(b.Entries.Do(t.Context(), permit.Platform, slug, openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}))
		}
	}
	return b
}

func (b bench) must(_ any, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b bench) enforce(entry string, c Content) Set {
	b.Helper()
	ctx := b.Context()
	set, err := b.Draft(ctx, ed, entry)
	b.must(set, err)
	b.must(b.Fill(ctx, ed, entry, set.Version, c))
	b.must(b.Propose(ctx, ed, entry, set.Version))
	set, err = b.Accept(ctx, lead, entry, set.Version)
	b.must(set, err)
	return set
}

func (b bench) wants(kind problem.Kind, err error) {
	b.Helper()
	if !problem.Is(err, kind) {
		b.Errorf("got %v, want %s", err, kind)
	}
}

// TestANewSetTakesThePlaceOfTheOld: Articles 15(1) and 18(1).
func TestANewSetTakesThePlaceOfTheOld(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	if _, ok, err := b.Current(ctx, public, "hours"); ok || err != nil {
		t.Fatalf("in force before anything was written: %v", err)
	}
	first := b.enforce("hours", sound())
	if first.Version != 1 || first.From != "2026-11-25" {
		t.Errorf("first set %+v", first)
	}
	set, err := b.Draft(ctx, ed, "hours")
	b.must(set, err)
	if !same(set.Content, first.Content) || set.Version != 2 {
		t.Errorf("a draft does not begin with what is in force: %+v", set)
	}
	_, err = b.Draft(ctx, ed, "hours")
	b.wants(problem.Conflict, err)
	b.must(b.Fill(ctx, ed, "hours", 2, with(func(c *Content) { c.Conditions[1].Level = "4" })))
	_, err = b.Propose(ctx, ed, "hours", 2)
	b.wants(problem.Invalid, err) // the materials are not confirmed
	b.must(b.Fill(ctx, ed, "hours", 2, with(func(c *Content) { c.Conditions[1].Level, c.MaterialsConfirmed = "4", true })))
	b.must(b.Propose(ctx, ed, "hours", 2))
	if now, _, _ := b.Current(ctx, public, "hours"); now.Version != 1 {
		t.Errorf("version %d is in force while 2 is proposed", now.Version)
	}
	b.must(b.Accept(ctx, lead, "hours", 2))
	now, ok, err := b.Current(ctx, public, "hours")
	if err != nil || !ok || now.Version != 2 || now.Conditions[1].Level != "4" || now.Did != nil {
		t.Errorf("in force for the public: %+v, %v", now, err)
	}
	err = b.DB.Read(ctx, func(tx *database.Tx) error {
		old, err := b.AtTx(tx, public, first.ID) // an application keeps its version
		if err == nil && (old.Stage != StageSuperseded || old.Conditions[1].Level != "3" || old.To != "2026-11-25") {
			t.Errorf("the old set is %+v", old)
		}
		return err
	})
	b.must(nil, err)
	v, err := b.View(ctx, public, "hours", 2)
	if err != nil || len(v.Changes) != 1 || v.Changes[0].Of != "condition" || len(v.Can) != 0 {
		t.Errorf("changes %+v, %v", v.Changes, err)
	}
	if n, err := b.Replay(ctx, permit.Platform); n != 2 || err != nil {
		t.Errorf("replayed %d: %v", n, err)
	}
}

func TestOthersLearnNothingOfDrafts(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	_, err := b.Draft(ctx, stranger, "hours")
	b.wants(problem.Forbidden, err)
	_, err = b.Draft(ctx, stranger, "hidden")
	b.wants(problem.NotFound, err)
	_, err = b.Draft(ctx, ed, "days")
	b.wants(problem.Conflict, err)
	b.must(b.Draft(ctx, ed, "hours"))
	for _, who := range []permit.Actor{public, stranger} {
		_, err = b.View(ctx, who, "hours", 1)
		b.wants(problem.NotFound, err)
		_, err = b.Fill(ctx, who, "hours", 1, sound())
		b.wants(problem.NotFound, err)
		if all, err := b.History(ctx, who, "hours"); len(all) != 0 || err != nil {
			t.Errorf("%s sees %+v, %v", who.Account, all, err)
		}
	}
	_, err = b.View(ctx, ed, "hours", 2)
	b.wants(problem.NotFound, err)
	if all, err := b.Waiting(ctx, stranger); len(all) != 0 || err != nil {
		t.Errorf("waits for a stranger: %+v, %v", all, err)
	}
	if all, err := b.Waiting(ctx, lead); len(all) != 1 || err != nil {
		t.Errorf("waits for the lead's body: %+v, %v", all, err)
	}
	// An entry that is no longer a secret does not show what was in force while it was.
	b.enforce("hidden", sound())
	if _, _, err := b.Current(ctx, public, "hidden"); !problem.Is(err, problem.NotFound) {
		t.Errorf("conditions of a draft entry: %v", err)
	}
}

// TestOtherConditionsAreEndorsed: Article 15(1)(六), requirement A15.7.
func TestOtherConditionsAreEndorsed(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.must(b.Draft(ctx, ed, "hidden")) // of an entry that is not on the list yet
	b.must(b.Fill(ctx, ed, "hidden", 1, with(func(c *Content) {
		c.Conditions = append(c.Conditions, Condition{Kind: Other, Text: zh("须在本市处理"), Risk: zh("出境")})
	})))
	if all, _ := b.Waiting(ctx, reviewer); len(all) != 0 {
		t.Errorf("a draft waits for the reviewer: %+v", all)
	}
	b.must(b.Propose(ctx, ed, "hidden", 1))
	_, err := b.Accept(ctx, lead, "hidden", 1)
	b.wants(problem.Conflict, err)
	if all, _ := b.Waiting(ctx, reviewer); len(all) != 1 {
		t.Errorf("waits for the reviewer: %+v", all)
	}
	if v, err := b.View(ctx, reviewer, "hidden", 1); err != nil || !slices.Contains(v.Can, "endorse") {
		t.Errorf("the reviewer may %q, %v", v.Can, err)
	}
	b.must(b.Return(ctx, reviewer, "hidden", 1, "请写明法律依据"))
	b.must(b.Propose(ctx, ed, "hidden", 1))
	b.must(b.Endorse(ctx, reviewer, "hidden", 1))
	b.must(b.Accept(ctx, lead, "hidden", 1))
}

// aPDF is a small file that casework/material takes.
var aPDF = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")

func (b bench) attach(who permit.Actor, entry string, version int, id string) (Set, error) {
	b.Helper()
	f, err := b.Materials.Receive(b.Context(), who, "模板.pdf", bytes.NewReader(aPDF))
	b.must(f, err)
	defer f.Close()
	return b.Attach(b.Context(), who, entry, version, id, f)
}

// TestTemplates: Article 18(1); a template is public once its set is.
func TestTemplates(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.must(b.Draft(ctx, ed, "hours"))
	b.must(b.Fill(ctx, ed, "hours", 1, sound()))
	b.wants(problem.NotFound, b.MayAttach(ctx, stranger, "hours", 1, "security"))
	b.wants(problem.Forbidden, b.MayAttach(ctx, lead, "hours", 1, "security"))
	b.wants(problem.NotFound, b.MayAttach(ctx, ed, "hours", 1, "nothing"))
	b.must(nil, b.MayAttach(ctx, ed, "hours", 1, "security"))
	set, err := b.attach(ed, "hours", 1, "security")
	b.must(set, err)
	lost := set.Materials[1].Template
	set, err = b.attach(ed, "hours", 1, "security") // another file in its place
	b.must(set, err)
	kept := set.Materials[1].Template
	if _, err := b.Template(ctx, public, "hours", kept); !problem.Is(err, problem.NotFound) {
		t.Errorf("the template of a draft: %v", err)
	}
	b.must(b.Propose(ctx, ed, "hours", 1))
	_, err = b.attach(ed, "hours", 1, "security")
	b.wants(problem.Conflict, err)
	b.must(b.Accept(ctx, lead, "hours", 1))
	f, err := b.Template(ctx, public, "hours", kept)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if f.Close(); err != nil || !bytes.Equal(data, aPDF) || f.Material.Name != "模板.pdf" {
		t.Errorf("%s: %d bytes, %v", f.Material.Name, len(data), err)
	}
	v, ok, err := b.Now(ctx, public, "hours")
	if err != nil || !ok || len(v.Templates) != 1 || v.Templates[0].ID != kept || v.Templates[0].Bytes != int64(len(aPDF)) {
		t.Errorf("templates %+v, %v", v.Templates, err)
	}
	_, err = b.Materials.Open(ctx, public, shelf("hours"), lost)
	b.wants(problem.NotFound, err) // nobody names it, so it was forgotten
	_, err = b.Template(ctx, public, "days", kept)
	b.wants(problem.NotFound, err)
	b.must(b.Draft(ctx, ed, "hours"))
	set, err = b.attach(ed, "hours", 2, "security")
	b.must(set, err)
	b.must(b.Discard(ctx, ed, "hours", 2))
	_, err = b.Materials.Open(ctx, public, shelf("hours"), set.Materials[1].Template)
	b.wants(problem.NotFound, err)
	if f, err := b.Template(ctx, public, "hours", kept); err != nil {
		t.Errorf("discarding a draft took the template in force: %v", err)
	} else {
		f.Close()
	}
	if n, err := b.Replay(ctx, permit.Platform); n != 2 || err != nil {
		t.Errorf("replayed %d: %v", n, err)
	}
}
