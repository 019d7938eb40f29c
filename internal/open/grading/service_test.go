package grading

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

var (
	grader   = permit.Actor{Account: "gra", Organisation: "weather", Roles: []permit.Role{permit.OpnGrader}}
	checker  = permit.Actor{Account: "rev", Organisation: "weather", Roles: []permit.Role{permit.OpnReviewer}}
	lead     = permit.Actor{Account: "lea", Organisation: "weather", Roles: []permit.Role{permit.OpnLead}}
	officer  = permit.Actor{Account: "aut", Organisation: "authority", Roles: []permit.Role{permit.AutOfficer}}
	officer2 = permit.Actor{Account: "aut2", Organisation: "authority", Roles: []permit.Role{permit.AutOfficer}}
	centre   = permit.Actor{Account: "ctr", Organisation: "centre", Roles: []permit.Role{permit.CtrListReviewer}}
	stranger = permit.Actor{Account: "str", Organisation: "civil", Roles: []permit.Role{permit.OpnGrader, permit.OpnReviewer}}
	public   = permit.Actor{}
)

// city is a list of entries that a test may change.
type city map[string]*Subject

func (c city) Subject(_ *database.Tx, _ permit.Actor, slug string) (Subject, error) {
	if s := c[slug]; s != nil {
		return *s, nil
	}
	return Subject{}, problem.New(problem.NotFound, "grading.not_found")
}

func (c city) Slugs(context.Context, permit.Actor) (all []string, err error) {
	for slug := range c {
		all = append(all, slug)
	}
	slices.Sort(all)
	return all, nil
}

func (c city) put(slug string, names ...string) {
	s := &Subject{Slug: slug, Body: "weather", Title: locale.Text{ZH: slug}}
	for _, n := range names {
		s.Fields = append(s.Fields, FieldName{Name: n})
	}
	c[slug] = s
}

type bench struct {
	*testing.T
	*Service
	city city
	now  *clock.Manual
}

func newBench(t *testing.T) bench {
	t.Helper()
	now := clock.At(time.Date(2026, 2, 9, 2, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	book, err := terms.New(workday.StateCouncil(),
		terms.Term{Name: "grading.check", Length: 5, Unit: terms.WorkingDays, From: terms.RegulationFrom},
		terms.Term{Name: "grading.recheck", Length: 5, Unit: terms.WorkingDays, From: terms.RegulationFrom},
		terms.Term{Name: "grading.redo", Length: 20, Unit: terms.WorkingDays, From: terms.RegulationFrom})
	if err != nil {
		t.Fatal(err)
	}
	b := bench{T: t, city: city{}, now: now}
	if b.Service, err = New(Tools{DB: db, Clock: now, Book: func() terms.Book { return book }, Subjects: b.city}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bench) must(_ any, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b bench) refused(kind problem.Kind, _ any, err error) {
	b.Helper()
	if !problem.Is(err, kind) {
		b.Errorf("got %v, want %s", err, kind)
	}
}

// confirms grades an entry as given, and has another confirm it.
func (b bench) confirms(slug string, s Sheet) {
	b.Helper()
	b.must(nil, b.Refresh(b.Context(), permit.Platform, slug))
	o, err := b.WhatIf(b.Context(), grader, slug, s)
	b.must(nil, err)
	s.Measures = o.Measures
	b.must(b.Do(b.Context(), grader, slug, 0, Grade{s}))
	b.must(b.Do(b.Context(), checker, slug, 0, Confirm{}))
}

func (b bench) at(slug string) View {
	b.Helper()
	v, err := b.View(b.Context(), grader, slug)
	b.must(nil, err)
	return v
}

func TestFromScanToForce(t *testing.T) {
	b := newBench(t)
	ctx, c := t.Context(), b.first.Content
	b.city.put("people", "性别", "出生日期", "district", "amount")
	b.refused(problem.NotFound, 0, b.Refresh(ctx, permit.Platform, "nothing"))
	b.must(nil, b.Refresh(ctx, permit.Platform, "people"))
	b.must(nil, b.Refresh(ctx, permit.Platform, "people"))
	v := b.at("people")
	if v.Case.Stage != StageScanned || v.Revision != 1 || len(v.Case.Suggestions) != 2 || v.Case.Suggestions[0].Kind != "sex" || v.Case.Suggestions[1].Kind != "birth" || v.Case.Suggestions[0].Found != "性别" {
		t.Fatalf("scanned: %+v", v.Case)
	}
	if n, err := b.Turns(ctx, grader); n != 1 || err != nil {
		t.Errorf("the grader has %d to do, %v", n, err)
	}
	if !slices.Equal(v.Can, []string{"grade", "bring_evidence"}) {
		t.Errorf("the grader can %v", v.Can)
	}
	for _, who := range []permit.Actor{stranger, public} {
		_, err := b.View(ctx, who, "people")
		b.refused(problem.NotFound, 0, err)
		b.refused(problem.NotFound, 0, second(b.Do(ctx, who, "people", 0, Confirm{})))
		_, err = b.WhatIf(ctx, who, "people", Sheet{})
		b.refused(problem.NotFound, 0, err)
	}
	s := Sheet{Flags: answers(c), Fields: []Field{field("性别", "sex", 2, 0, 0), field("出生日期", "birth", 2, 0, 0), field("district", "", 1, 0, 0), field("amount", "", 0, 0, 0)}}
	o, err := b.WhatIf(ctx, grader, "people", s)
	if err != nil || o.Result.Type != opening.Conditional || len(o.Faults) != 2 || len(o.Conditions) != 2 || !slices.Equal(o.Measures, []string{"logging", "spot_check_yearly"}) {
		t.Fatalf("what if: %+v %v", o, err)
	}
	if again := b.at("people"); again.Revision != 1 {
		t.Error("what-if wrote something")
	}
	b.refused(problem.Invalid, 0, second(b.Do(ctx, grader, "people", 0, Grade{s})))
	s.Measures = o.Measures
	b.must(b.Do(ctx, grader, "people", 0, Grade{s}))
	if v := b.at("people"); v.Due.Day != "2026-02-14" || v.Late {
		t.Errorf("to be checked by %s", v.Due.Day)
	}
	twice := permit.Actor{Account: "gra", Organisation: "weather", Roles: []permit.Role{permit.OpnReviewer}}
	b.refused(problem.Forbidden, 0, second(b.Do(ctx, twice, "people", 0, Confirm{})))
	deputy := permit.Actor{Account: "dep", Behalf: "gra", Organisation: "weather", Roles: []permit.Role{permit.OpnReviewer}}
	b.refused(problem.Forbidden, 0, second(b.Do(ctx, deputy, "people", 0, Confirm{})))
	b.must(b.Do(ctx, checker, "people", 0, Reject{Reason: "地区应为准标识"}))
	seen := b.at("people").Revision
	b.must(b.Do(ctx, grader, "people", seen, Grade{s}))
	b.refused(problem.Conflict, 0, second(b.Do(ctx, checker, "people", seen, Confirm{}))) // it is not what he saw
	for _, x := range []struct {
		who  permit.Actor
		want int
	}{{checker, 1}, {grader, 0}, {twice, 0}, {deputy, 0}, {officer, 0}, {stranger, 0}} {
		if n, err := b.Turns(ctx, x.who); n != x.want || err != nil {
			t.Errorf("%s has %d to do, want %d; %v", x.who.Account, n, x.want, err)
		}
	}
	if _, err := b.Turns(ctx, public); !problem.Is(err, problem.Unsigned) {
		t.Errorf("the public has something to do: %v", err)
	}
	b.must(b.Do(ctx, checker, "people", seen+1, Confirm{}))
	b.must(nil, b.DB.Read(ctx, func(tx *database.Tx) error {
		for _, who := range []permit.Actor{grader, permit.Platform, officer} {
			g, ok, err := b.Of(tx, who, "people")
			if err != nil || !ok || g.Type != opening.Conditional || g.Stage != StageConfirmed || !slices.Equal(g.Fields, []string{"性别", "出生日期", "district", "amount"}) ||
				g.Profile != "default-2026-1" || len(g.Trace) == 0 || len(g.Conditions) != 2 || g.Confirmed != "2026-02-09" {
				t.Errorf("%s: %+v %t %v", who.Account, g, ok, err)
			}
		}
		_, ok, err := b.Of(tx, stranger, "people")
		if ok {
			t.Error("a stranger learns the grading")
		}
		return err
	}))
	b.must(b.Replay(ctx, permit.Platform))
}

func second(_ any, err error) error { return err }

// TestTheTableChanges: fields that came make a grading due, and a year does.
func TestTheTableChanges(t *testing.T) {
	b := newBench(t)
	ctx, c := t.Context(), b.first.Content
	b.city.put("parks", "name")
	b.confirms("parks", Sheet{Flags: answers(c), Fields: []Field{field("name", "", 0, 0, 1)}})
	if n, err := b.Today(ctx, permit.Platform); n != 0 || err != nil {
		t.Errorf("nothing is due: %d %v", n, err)
	}
	b.city.put("parks", "name", "经度")
	if _, err := b.Today(ctx, permit.Platform); err != nil {
		t.Fatal(err)
	}
	v := b.at("parks")
	if v.Case.Stage != StageReviewDue || !slices.Equal(v.Case.Reasons, []string{SchemaChanged}) || len(v.Case.Suggestions) != 1 || v.Due.Day != "2026-03-13" {
		t.Errorf("a field came: %+v due %s", v.Case, v.Due.Day)
	}
	b.must(nil, b.DB.Read(ctx, func(tx *database.Tx) error {
		g, ok, err := b.Of(tx, grader, "parks")
		if !ok || g.Stage != StageReviewDue || g.Type != opening.Unconditional || len(g.Fields) != 1 {
			t.Errorf("meanwhile %+v", g)
		}
		return err
	}))
	b.confirms("parks", Sheet{Flags: answers(c), Fields: []Field{field("name", "", 0, 0, 1), field("经度", "precise_place", 0, 0, 1)}})
	b.now.Advance(364 * 24 * time.Hour)
	if n, err := b.Today(ctx, permit.Platform); n != 0 || err != nil {
		t.Errorf("before the year is over: %d %v", n, err)
	}
	b.now.Advance(24 * time.Hour)
	for _, want := range []int{1, 0} {
		if n, err := b.Today(ctx, permit.Platform); n != want || err != nil {
			t.Errorf("after a year: %d %v", n, err)
		}
	}
	lines, err := b.Work(ctx, officer, "")
	if err != nil || len(lines) != 1 || lines[0].Reasons[0] != Yearly || lines[0].Type != opening.Unconditional || lines[0].Due == "" {
		t.Errorf("work: %+v %v", lines, err)
	}
	if _, err := b.Work(ctx, public, ""); !problem.Is(err, problem.Unsigned) {
		t.Errorf("the public sees the work: %v", err)
	}
	if lines, _ := b.Work(ctx, stranger, ""); len(lines) != 0 {
		t.Errorf("another body sees %+v", lines)
	}
	b.must(b.Replay(ctx, permit.Platform))
}

// TestNeighboursAreLookedAtAgain: what is newly open may tell more of what was
// open before (mosaic).
func TestNeighboursAreLookedAtAgain(t *testing.T) {
	b := newBench(t)
	ctx, c := t.Context(), b.first.Content
	b.city.put("figures", "企业名称", "产值")
	b.city.put("register", "企业名称", "行业")
	b.confirms("figures", Sheet{Flags: answers(c), Fields: []Field{field("企业名称", "organisation", 0, 1, 0), field("产值", "operating", 0, 2, 0)}})
	b.confirms("register", Sheet{Flags: answers(c), Fields: []Field{field("企业名称 ", "organisation", 0, 1, 0), field("行业", "org_trait", 0, 1, 0)}}.named("企业名称"))
	b.must(nil, b.DB.Write(ctx, func(tx *database.Tx) error { return b.joinable(tx, "register") }))
	b.must(nil, b.DB.Write(ctx, func(tx *database.Tx) error { return b.joinable(tx, "register") }))
	v := b.at("figures")
	if v.Case.Stage != StageReviewDue || !slices.Equal(v.Case.Reasons, []string{NewJoinable}) || len(v.Joined) != 1 || v.Joined[0].On[0] != "企业名称" {
		t.Errorf("figures beside the register: %+v %+v", v.Case, v.Joined)
	}
	if r := b.at("register"); r.Case.Stage != StageConfirmed {
		t.Errorf("the register is %s", r.Case.Stage)
	}
	o, err := b.WhatIf(ctx, grader, "figures", v.Case.InForce.Sheet)
	if err != nil || o.Result.Type != opening.Closed {
		t.Errorf("graded again it is %s, %v", o.Result.Type, err)
	}
}

func (s Sheet) named(name string) Sheet { s.Fields[0].Name = name; return s }

// TestANewProfile: impact first, right against brute force; then tasks.
func TestANewProfile(t *testing.T) {
	b := newBench(t)
	ctx, c := t.Context(), b.first.Content
	r := rand.New(rand.NewPCG(6, 4))
	sheets := map[string]Sheet{}
	for i := range 40 {
		slug := fmt.Sprintf("entry-%02d", i)
		s := randomSheet(r, c)
		s.Lifts = nil
		var names []string
		for n := range s.Fields {
			s.Fields[n].Name = slug + s.Fields[n].Name // no two can be joined
			names = append(names, s.Fields[n].Name)
		}
		b.city.put(slug, names...)
		b.confirms(slug, s)
		sheets[slug] = s
	}
	b.refused(problem.Forbidden, 0, second(b.DraftProfile(ctx, grader, "2027-1")))
	b.must(b.DraftProfile(ctx, officer, "2027-1"))
	b.refused(problem.Conflict, 0, second(b.DraftProfile(ctx, officer, "2027-2")))
	b.refused(problem.Invalid, 0, second(b.DraftProfile(ctx, officer, "2027-1")))
	next := c
	next.Rules = slices.Clone(c.Rules)
	next.Rules[2] = Rule{ID: "object_3", When: Match{AtLeast: []Floor{{X, 3}}}, Then: opening.Closed, Words: c.Rules[2].Words}
	next.Examples = slices.DeleteFunc(slices.Clone(c.Examples), func(e Example) bool { return e.Levels.X == 3 })
	b.must(b.DoProfile(ctx, officer, "2027-1", FillProfile{next}))
	b.refused(problem.NotFound, 0, second(b.Edition(ctx, public, "2027-1")))
	b.must(b.DoProfile(ctx, officer, "2027-1", Consult{}))
	b.must(b.Edition(ctx, public, "2027-1"))
	b.must(b.DoProfile(ctx, centre, "2027-1", Agree{}))

	impact, err := b.Impact(ctx, officer2, "2027-1")
	b.must(nil, err)
	var brute []string
	for slug, s := range sheets {
		was, would := Derive(b.first, Overlay{}, s, nil, nil).Type, Derive(Profile{Content: next}, Overlay{}, s, nil, nil).Type
		if was != would {
			brute = append(brute, slug)
		}
	}
	slices.Sort(brute)
	var hits []string
	for _, h := range impact.Hits {
		hits = append(hits, h.Slug)
		for _, name := range h.Fields {
			i := slices.IndexFunc(sheets[h.Slug].Fields, func(f Field) bool { return f.Name == name })
			if *sheets[h.Slug].Fields[i].X != 3 {
				t.Errorf("%s: %s is named, at level %d", h.Slug, name, *sheets[h.Slug].Fields[i].X)
			}
		}
		if len(h.Fields) == 0 || h.Was != opening.Conditional || h.Would != opening.Closed {
			t.Errorf("hit %+v", h)
		}
	}
	if !slices.Equal(hits, brute) || len(hits) == 0 || impact.Graded != 40 {
		t.Errorf("impact %v of %d, by brute force %v", hits, impact.Graded, brute)
	}
	b.refused(problem.Unsigned, 0, second(b.Impact(ctx, public, "2027-1")))
	b.refused(problem.Invalid, 0, second(b.DoProfile(ctx, officer2, "2027-1", TakeEffect{Impact: "unseen"})))
	b.must(b.DoProfile(ctx, officer2, "2027-1", TakeEffect{Impact: impact.Digest}))
	if n, err := b.Regrade(ctx, permit.Platform, ""); n != len(hits) || err != nil {
		t.Errorf("%d due again, %v", n, err)
	}
	if n, err := b.Regrade(ctx, permit.Platform, ""); n != 0 || err != nil {
		t.Errorf("twice: %d due again, %v", n, err)
	}
	for slug := range sheets {
		v := b.at(slug)
		if due := slices.Contains(hits, slug); due != (v.Case.Stage == StageReviewDue) || due && v.Case.Reasons[0] != ProfileChanged {
			t.Errorf("%s is %s %v", slug, v.Case.Stage, v.Case.Reasons)
		}
	}
	all, err := b.Editions(ctx, public)
	if err != nil || len(all) != 2 || all[0].Edition.Stage != ProfileEffective || all[1].Edition.Stage != ProfileSuperseded || all[1].Edition.Until != "2026-02-09" || all[0].Edition.Did != nil {
		t.Errorf("editions %+v %v", len(all), err)
	}
	// The next one puts it behind itself, in the same act.
	b.must(b.DraftProfile(ctx, officer, "2027-2"))
	b.must(b.DoProfile(ctx, officer, "2027-2", Consult{}))
	b.must(b.DoProfile(ctx, officer, "2027-2", TakeBack{}))
	b.must(b.DoProfile(ctx, officer, "2027-2", Consult{}))
	b.must(b.DoProfile(ctx, centre, "2027-2", Agree{}))
	if impact, err = b.Impact(ctx, officer2, "2027-2"); err != nil || !reflect.DeepEqual(impact.Hits[0].Was, opening.Conditional) {
		t.Errorf("impact %+v %v", impact, err)
	}
	b.refused(problem.Forbidden, 0, second(b.DoProfile(ctx, officer, "2027-2", TakeEffect{Impact: impact.Digest})))
	b.must(b.DoProfile(ctx, officer2, "2027-2", TakeEffect{Impact: impact.Digest}))
	if p, err := b.Profile(ctx, public); err != nil || p.Version != "2027-2" {
		t.Errorf("in force %s %v", p.Version, err)
	}
	b.must(b.Replay(ctx, permit.Platform))
}

func TestAPublishersOwnRules(t *testing.T) {
	b := newBench(t)
	ctx, c := t.Context(), b.first.Content
	b.city.put("stops", "站点编号", "经度")
	b.confirms("stops", Sheet{Flags: answers(c), Fields: []Field{field("站点编号", "object_key", 0, 0, 1), field("经度", "precise_place", 0, 0, 1)}})
	words := locale.Text{ZH: "x", EN: "x"}
	loose := Tightening{Label: locale.Text{ZH: "气象细则"}, Rules: []Rule{{ID: "a", When: Match{AtLeast: []Floor{{X, 3}}}, Then: opening.Unconditional, Words: words}}}
	_, err := b.ProposeOverlay(ctx, grader, "weather", loose)
	if got := told(err); len(got) != 25+25+9 {
		t.Errorf("%d loosenings are named: %v", len(got), got)
	}
	tight := Tightening{Label: locale.Text{ZH: "气象细则"}, Floors: []KindFloor{{"precise_place", X, 2}}}
	b.refused(problem.Forbidden, 0, second(b.ProposeOverlay(ctx, stranger, "weather", tight)))
	b.must(b.ProposeOverlay(ctx, grader, "weather", tight))
	b.refused(problem.Conflict, 0, second(b.ProposeOverlay(ctx, grader, "weather", tight)))
	b.refused(problem.NotFound, 0, second(b.DoOverlay(ctx, stranger, "weather", 1, AcceptOwn{})))
	b.must(b.DoOverlay(ctx, lead, "weather", 1, ReturnOwn{Reason: "再议"}))
	b.must(b.ProposeOverlay(ctx, grader, "weather", tight))
	b.must(b.DoOverlay(ctx, lead, "weather", 2, AcceptOwn{}))
	b.must(b.ProposeOverlay(ctx, grader, "weather", tight))
	b.must(b.DoOverlay(ctx, lead, "weather", 3, AcceptOwn{}))
	all, err := b.Overlays(ctx, officer, "weather")
	if err != nil || len(all) != 3 || all[0].Own.Stage != OwnInForce || all[1].Own.Stage != OwnSuperseded || all[2].Own.Stage != OwnReturned {
		t.Errorf("versions %+v %v", all, err)
	}
	b.refused(problem.NotFound, 0, second(b.Overlays(ctx, public, "weather")))
	if n, err := b.Regrade(ctx, permit.Platform, "weather"); n != 1 || err != nil {
		t.Errorf("%d due again, %v", n, err)
	}
	if v := b.at("stops"); v.Case.Stage != StageReviewDue || v.Overlay.Version != 3 {
		t.Errorf("stops: %s, overlay %d", v.Case.Stage, v.Overlay.Version)
	}
	b.must(b.Replay(ctx, permit.Platform))
}

// TestNoLifeEndsLooserThanDerived: people of every role send whatever they
// like, tables change, neighbours come, evidence comes; nothing is ever
// confirmed that is looser than the rules derive at that moment, and nothing
// closed opens without evidence.
func TestNoLifeEndsLooserThanDerived(t *testing.T) {
	p := profile(t)
	r := rand.New(rand.NewPCG(6, 5))
	people := []permit.Actor{grader, checker, {Account: "both", Roles: []permit.Role{permit.OpnGrader, permit.OpnReviewer}}, {Account: "dep", Behalf: "both", Roles: []permit.Role{permit.OpnGrader, permit.OpnReviewer}}, permit.Platform, officer}
	overlays := []Overlay{{}, {Version: 1, Tightening: Tightening{Floors: []KindFloor{{"precise_place", X, 3}, {"sex", P, 2}}}}}
	confirmed := map[opening.Type]int{}
	opened := 0
	for range 3000 {
		g := Case{Stage: StageNotGraded}
		f := Facts{Today: "2026-02-09", Profile: p, Overlay: overlays[r.IntN(2)]}
		s := randomSheet(r, p.Content)
		for range 60 {
			if r.IntN(10) == 0 {
				f.Overlay = overlays[r.IntN(2)]
			}
			if r.IntN(8) == 0 {
				if s = randomSheet(r, p.Content); r.IntN(2) == 0 {
					s.Flags = answers(p.Content)
					for i := range s.Fields {
						s.Fields[i] = field(s.Fields[i].Name, "", r.IntN(2), r.IntN(2), r.IntN(3))
					}
				}
			}
			if r.IntN(20) == 0 {
				f.Joined = randomJoins(r, p.Content)
			}
			f.Fields = nil
			for _, x := range s.Fields {
				f.Fields = append(f.Fields, FieldName{Name: x.Name})
			}
			try := s
			_, try.Measures = f.Overlay.Under(p.Content).Suggested(Derive(p, f.Overlay, s, g.kinds(), f.Joined))
			if r.IntN(2) == 0 {
				try.Lifts = nil
			}
			if r.IntN(12) == 0 {
				try.Deviation = &Deviation{Type: opening.Types[r.IntN(3)], Reason: "x", Fields: []string{"a"}}
			}
			commands := []Command{Scan{Slug: "a", Body: "weather"}, Grade{try}, Grade{try}, Confirm{}, Confirm{}, Confirm{}, Reject{Reason: "x"}, BringEvidence{report}, BringEvidence{consent}, DueAgain{[]string{Reasons[r.IntN(4)]}}}
			f.Who = people[r.IntN(len(people))]
			before := g
			events, err := Decide(f, g, commands[r.IntN(len(commands))])
			if err != nil {
				continue
			}
			for _, e := range events {
				g = Evolve(g, e)
				if _, ok := e.(Confirmed); !ok {
					continue
				}
				derived := Derive(p, f.Overlay, g.InForce.Sheet, before.kinds(), f.Joined)
				if g.InForce.Type.Looser(derived.Rules) {
					t.Fatalf("confirmed %s, derived %s", g.InForce.Type, derived.Rules)
				}
				if before.InForce != nil && before.InForce.Type == opening.Closed && g.InForce.Type != opening.Closed {
					if opened++; len(g.InForce.Evidence) == 0 {
						t.Fatal("closed data opened without evidence")
					}
				}
				if g.Did["confirm"] == g.Did["grade"] || (permit.Actor{Account: "both"}).Is(g.Did["grade"]) && (permit.Actor{Account: "both"}).Is(g.Did["confirm"]) {
					t.Fatalf("graded by %s, confirmed by %s", g.Did["grade"], g.Did["confirm"])
				}
				confirmed[g.InForce.Type]++
			}
		}
	}
	t.Logf("confirmed %v, %d of them opened by evidence", confirmed, opened)
	if len(confirmed) != 3 || opened == 0 {
		t.Errorf("tried: confirmed %v, opened %d", confirmed, opened)
	}
}
