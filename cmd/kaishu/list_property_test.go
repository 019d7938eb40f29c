package main

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
)

// hand is one of a few people who try everything, each with parts that law
// keeps apart.
func hands(r *rand.Rand) (all []permit.Actor) {
	parts := []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.CtrListReviewer, permit.AutOfficer}
	for _, name := range []string{"ann", "bob", "eve", "dan", "fay", "gus"} {
		a := permit.Actor{Account: name, Organisation: "weather", Office: true}
		for _, p := range parts {
			if r.IntN(2) == 0 {
				a.Roles = append(a.Roles, p)
			}
		}
		all = append(all, a)
	}
	return all
}

// TestNoSequenceOpensMoreThanGraded: random commands of random people, through
// the services, never put on the list what opens more than its grading in
// force allows, never change a listed entry but by an order that took effect,
// and never let somebody check his own work (hard gates 3 to 6).
func TestNoSequenceOpensMoreThanGraded(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC))
	o := openOfficeAt(t, now)
	o.stations(t)
	r := rand.New(rand.NewPCG(7, 2026))
	first, err := o.entries.Get(t.Context(), permit.Platform, "stations")
	if err != nil {
		t.Fatal(err)
	}
	w := oneLife{office: o, t: t, r: r, now: now, sound: first.Description, before: first, done: map[string]int{}}
	people := hands(r)
	for range 1200 {
		if r.IntN(60) == 0 {
			people = hands(r)
		}
		deed := r.IntN(16)
		for _, i := range r.Perm(len(people)) { // the first of them who may
			err := w.step(deed, people[i])
			w.holds()
			if err == nil {
				break
			}
		}
	}
	t.Logf("done: %v", w.done)
	for _, what := range []string{"listed or changed", "downgraded", "graded", "confirmed", "returned", "refused"} {
		if w.done[what] == 0 {
			t.Errorf("no life came to %q", what)
		}
	}
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// oneLife is a random life of one entry.
type oneLife struct {
	office *office
	t      *testing.T
	r      *rand.Rand
	now    *clock.Manual
	sound  openlist.Description
	before openlist.Entry
	order  string
	done   map[string]int
}

func (w *oneLife) description() openlist.Description {
	d := w.sound
	d.Opening = opening.Conditional
	switch n := w.r.IntN(20); {
	case n < 9:
		d.Opening = opening.Unconditional
	case n == 9:
		d.Opening = opening.Closed
	}
	d.OpeningReason = []string{"", "时效性较强"}[min(1, w.r.IntN(6))]
	d.SampleUntil, d.SampleReason = "2040-01-01", "样本抽取中"
	d.Remarks = strings.Repeat("改", w.r.IntN(5))
	if w.r.IntN(30) == 0 {
		d.Abstract = d.Title
	}
	if w.r.IntN(60) == 0 {
		d.Items = append(slices.Clone(d.Items), openlist.Item{Name: "extra", Title: locale.Text{ZH: "附加"}, Description: locale.Text{ZH: "附加的一项"}})
	}
	return d
}

func (w *oneLife) step(deed int, who permit.Actor) (err error) {
	o, ctx := w.office, w.t.Context()
	switch deed {
	case 0:
		_, err = o.entries.Do(ctx, who, "stations", openlist.Describe{Description: w.description()})
	case 1, 2:
		var v adjustment.View
		if v, err = o.adjustments.Open(ctx, who, "stations", w.kind()); err == nil {
			w.order = v.Order.ID
		}
	case 3, 4:
		text, _ := json.Marshal(w.description())
		c := adjustment.Fill{Content: adjustment.Content{Proposed: text, Reason: []string{"", "调整"}[min(1, w.r.IntN(4))], Ground: []string{"", "law", adjustment.CannotUpdate}[w.r.IntN(3)], Urgent: []string{"", "有风险"}[min(1, w.r.IntN(4))]}}
		if w.r.IntN(4) > 0 {
			c.Documents = []adjustment.Document{{ID: "mat_none", Name: "说明.pdf"}}
		}
		if w.r.IntN(8) == 0 {
			c.EffectiveOn = workday.Of(w.now.Now()).AddDays(w.r.IntN(50))
		}
		err = w.ask(who, c)
	case 5, 6:
		err = w.ask(who, adjustment.Submit{})
	case 7, 8:
		err = w.ask(who, adjustment.Take{})
	case 9:
		err = w.ask(who, adjustment.Acknowledge{})
	case 10, 11:
		if err = w.ask(who, adjustment.Accept{Checked: adjustment.Checklist}); w.r.IntN(6) == 0 {
			err = w.ask(who, adjustment.Return{Faults: []adjustment.Fault{{Code: "R1", Text: "理由不足"}}})
		}
	case 12:
		if w.r.IntN(12) == 0 {
			err = w.ask(who, adjustment.Cancel{Reason: "不改了"})
		}
		w.conditions()
	case 13:
		err = w.grade(who)
	case 14:
		_, err = o.gradings.Do(ctx, who, "stations", 0, grading.Confirm{})
		w.count(err, "confirmed")
	case 15:
		w.now.Advance(time.Duration(w.r.IntN(5)) * 24 * time.Hour)
		if w.r.IntN(40) == 0 {
			w.now.Advance(200 * 24 * time.Hour)
		}
		if _, err = o.gradings.Today(ctx, permit.Platform); err == nil {
			_, err = o.adjustments.Today(ctx, permit.Platform)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if err != nil {
		w.done["refused"]++
	}
	return err
}

// kind is what an order asks for: mostly what the entry can have. The last
// entry of a life may be withdrawn; a withdrawn one lives no more.
func (w *oneLife) kind() adjustment.Kind {
	if w.r.IntN(10) == 0 {
		return adjustment.Kinds[w.r.IntN(2)]
	}
	if w.before.Listed() {
		return adjustment.Change
	}
	return adjustment.List
}

// conditions puts conditions in force as soon as an order allows it.
func (w *oneLife) conditions() {
	ctx, o := w.t.Context(), w.office
	editor, lead := o.actorAs(w.t, "editor-weather"), o.actorAs(w.t, "lead-weather")
	like, ok, err := o.conditions.Current(ctx, permit.Platform, "hourly-weather")
	if err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	if _, there, err := o.conditions.Current(ctx, permit.Platform, "stations"); there || err != nil {
		return
	}
	set, err := o.conditions.Draft(ctx, editor, "stations")
	if err != nil {
		return // nothing makes it conditional yet
	}
	if _, err = o.conditions.Fill(ctx, editor, "stations", set.Version, like.Content); err == nil {
		_, err = o.conditions.Propose(ctx, editor, "stations", set.Version)
	}
	if err == nil {
		_, err = o.conditions.Accept(ctx, lead, "stations", set.Version)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.done["conditions"]++
}

func (w *oneLife) ask(who permit.Actor, c adjustment.Command) error {
	if w.order == "" {
		return nil
	}
	_, err := w.office.adjustments.Do(w.t.Context(), who, w.order, 0, c)
	w.count(err, c.Verb()+"ed")
	return err
}

func (w *oneLife) count(err error, what string) {
	if err == nil {
		w.done[what]++
	}
}

func (w *oneLife) grade(who permit.Actor) error {
	v, err := w.office.gradings.View(w.t.Context(), who, "stations")
	if err != nil {
		return err
	}
	var yes []string
	if w.r.IntN(3) == 0 {
		yes = []string{"timely"}
	}
	s := sheetFor(v, w.r.IntN(4)*w.r.IntN(2), yes...)
	for _, m := range v.Profile.Measures {
		s.Measures = append(s.Measures, m.Code)
	}
	_, err = w.office.gradings.Do(w.t.Context(), who, "stations", 0, grading.Grade{Sheet: s})
	w.count(err, "graded")
	return err
}

// holds looks at what the step has made of the entry.
func (w *oneLife) holds() {
	e, err := w.office.entries.Get(w.t.Context(), permit.Platform, "stations")
	if err != nil {
		w.t.Fatal(err)
	}
	was := w.before
	w.before = e
	if w.order != "" {
		v, err := w.office.adjustments.View(w.t.Context(), permit.Platform, w.order)
		if err != nil {
			w.t.Fatal(err)
		}
		did := v.Order.Did
		if by := did["submit"]; by != "" && v.Order.Stage == adjustment.StageEffective && (by == did["fill"] || by == did["draft"] || by == did["accept"] || did["accept"] == did["fill"]) {
			w.t.Errorf("somebody checked himself: %v", did)
		}
		if v.Order.Stage == adjustment.StageReturned {
			w.done["returned"]++
		}
		if v.Order.Stage == adjustment.StageEffective && v.Order.Downgrade() && (len(v.Order.Documents) == 0 || !v.Order.Acknowledged) {
			w.t.Errorf("a downgrade without paper or knowledge: %+v", v.Order)
		}
	}
	if e.Listed() && e.Edition == was.Edition {
		a, _ := json.Marshal(e.Description)
		b, _ := json.Marshal(was.Description)
		if string(a) != string(b) {
			w.t.Error("a listed entry changed without an edition")
		}
	}
	if !e.Listed() || e.Edition == was.Edition {
		return
	}
	w.done["listed or changed"]++
	if was.Opening.Looser(e.Opening) {
		w.done["downgraded"]++
	}
	v, err := w.office.adjustments.View(w.t.Context(), permit.Platform, e.Order)
	if err != nil || v.Order.Stage != adjustment.StageEffective {
		w.t.Errorf("edition %d without an order in effect: %v", e.Edition, err)
	}
	err = w.office.db.Read(w.t.Context(), func(tx *database.Tx) error {
		g, ok, err := w.office.gradings.Of(tx, permit.Platform, "stations")
		if !ok || g.Stage != grading.StageConfirmed || e.Opening.Looser(g.Type) {
			w.t.Errorf("%s is on the list, graded %s (%s)", e.Opening, g.Type, g.Stage)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
