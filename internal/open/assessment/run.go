package assessment

import (
	"context"
	"fmt"
	"slices"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/probe"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
)

// Check implements version.Checker: what open/quality finds, then the rules
// that must hold and do not. What every rule found is kept. Article 16(1).
func (s *Service) Check(ctx context.Context, who permit.Actor, r version.CheckRequest) ([]version.Finding, error) {
	all, err := s.Checks.Check(ctx, who, r)
	if err != nil {
		return nil, err
	}
	v := r.Version
	v.Outcome, v.Files = &r.Outcome, nil
	run, err := s.run(ctx, target{entry: r.Entry, version: v, before: r.Before, released: r.Released})
	if err != nil {
		return nil, fmt.Errorf("assess version %s: %w", v.ID, err)
	}
	for _, broken := range Held(run.Results) {
		all = append(all, finding(broken))
	}
	return all, nil
}

// finding holds a version because of a rule. It names no cells: who may see
// them looks at the desk.
func finding(r Result) version.Finding {
	f := version.Finding{Code: "assessment.broken." + string(r.Rule.Kind), Args: map[string]any{"fields": fieldsOf(r.Rule), "n": r.Failed, "of": r.Checked}}
	if r.Note != "" {
		f.Code = "assessment.rule_not_asked"
	}
	if len(r.Rule.Fields) > 0 {
		f.Column = r.Rule.Fields[0]
	}
	return f
}

// target is a version to be assessed and what is beside it.
type target struct {
	entry    openlist.Entry
	version  version.Version
	before   *version.Version
	released func(ctx context.Context, slug string) (*version.Version, error)
}

// run asks every rule of the dataset and keeps what they found. Asking again
// on the same day gives the same and keeps nothing new.
func (s *Service) run(ctx context.Context, t target) (x Run, err error) {
	var set row[Set]
	var waivers []row[Waiver]
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if set, err = loadSet(tx, t.entry.Slug); err != nil {
			return err
		}
		waivers, err = waiversOf(tx, t.entry.Slug)
		return err
	})
	if err != nil {
		return x, err
	}
	results, err := s.ask(ctx, t, set.state.Rules)
	if err != nil {
		return x, err
	}
	today := s.today()
	for i, r := range results {
		results[i].Waived = !r.Passed && slices.ContainsFunc(waivers, func(w row[Waiver]) bool { return w.state.Covers(r.Rule, today) })
	}
	b := s.beside(t.entry, t.version, today)
	e := Assessed{Version: t.version.ID, Dataset: t.entry.Slug, Number: t.version.Number, Content: t.version.Outcome.Parquet, Edition: set.state.Edition, On: today,
		Results: results, Beside: b, Score: Rate(results, b, WeightsOn(today), today)}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := loadRun(tx, t.version.ID)
		if err != nil {
			return err
		}
		x, err = s.keep(tx, r, []RunEvent{e})
		return err
	})
	return x, err
}

// keep writes events of a run, unless they change nothing.
func (s *Service) keep(tx *database.Tx, r row[Run], events []RunEvent) (Run, error) {
	if len(events) == 0 {
		return r.state, nil
	}
	after := r.state
	for _, e := range events {
		after = EvolveRun(after, e)
	}
	if r.revision > 0 && sameRun(after, r.state) {
		return r.state, nil
	}
	if err := saveRun(tx, after, r.revision, r.revision+len(events)); err != nil {
		return after, err
	}
	return after, ledger.Append(tx, RunStream(after.Version), r.revision, permit.Platform, s.Clock.Now(), id.Trace(tx.Context()), events)
}

func sameRun(a, b Run) bool {
	return a.Content == b.Content && a.Edition == b.Edition && a.On == b.On && a.Beside == b.Beside && a.Score.Same(b.Score) &&
		slices.EqualFunc(a.Results, b.Results, func(x, y Result) bool { return fmt.Sprintf("%+v", x) == fmt.Sprintf("%+v", y) })
}

// ask asks built-in rules and those in force, in one reading of the table.
func (s *Service) ask(ctx context.Context, t target, rules []Rule) ([]Result, error) {
	own := builtIn(t.entry)
	own = slices.DeleteFunc(own, func(r Rule) bool { return slices.ContainsFunc(rules, r.Same) })
	own = slices.DeleteFunc(own, func(r Rule) bool { // a declared key that the table has not is told by open/quality
		return slices.ContainsFunc(r.Fields, func(name string) bool { _, ok := t.version.Outcome.Column(name); return !ok })
	})
	all := slices.Concat(rules, own)
	w, known, err := s.world(ctx, t, all)
	if err != nil {
		return nil, err
	}
	asks, probes := make([]Ask, len(all)), []probe.Test{}
	for i, r := range all {
		if r.Kind == refers.Kind && r.Among == "" { // built in: the column of the list that holds its codes
			if r.Among = codeColumn(ctx, s.Entries, r.Dataset, known); r.Among == "" {
				asks[i] = Ask{Note: "assessment.nothing_to_refer_to"}
				continue
			}
			all[i] = r
		}
		if asks[i] = r.Of(w); asks[i].Test != nil {
			probes = append(probes, asks[i].Test)
		}
	}
	answers, err := s.Checks.Assess(ctx, permit.Platform, *t.version.Outcome, probes, known)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(all))
	for i, a := range asks {
		var answer probe.Answer
		switch {
		case a.Test != nil:
			answer, answers = answers[0], answers[1:]
		case a.Answer != nil:
			answer = *a.Answer
		}
		results[i] = Judged(all[i], a, answer.Looked, answer.Failed, answer.Rows)
		results[i].BuiltIn = i >= len(rules)
	}
	return results, nil
}

// codeColumn is the column of a code list that holds the codes: the first of
// its declared key that the table has, else its first.
func codeColumn(ctx context.Context, entries *openlist.Service, slug string, known map[string]version.Outcome) string {
	o, ok := known[slug]
	e, err := entries.Get(ctx, permit.Platform, slug)
	if !ok || err != nil || len(o.Columns) == 0 {
		return ""
	}
	for _, name := range e.Key {
		if _, ok := o.Column(name); ok {
			return name
		}
	}
	return o.Columns[0].Name
}

// world is what the rules need to know, and the tables that they refer to.
func (s *Service) world(ctx context.Context, t target, rules []Rule) (World, map[string]version.Outcome, error) {
	today := s.today()
	w := World{Schema: t.version.Outcome.Schema, Rows: t.version.Outcome.Rows, RowsBefore: -1, Today: today, City: CityOn(today), Units: map[string]string{}, Known: map[string][]string{}}
	if t.before != nil && t.before.Outcome != nil {
		w.RowsBefore = t.before.Outcome.Rows
	}
	for _, item := range t.entry.Items {
		w.Units[item.Name] = item.Unit
	}
	known := map[string]version.Outcome{}
	for _, r := range rules {
		if r.Kind != refers.Kind {
			continue
		}
		v, err := t.released(ctx, r.Dataset)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return w, nil, err
		}
		if err == nil && v != nil && v.Outcome != nil {
			known[r.Dataset] = *v.Outcome
			w.Known[r.Dataset] = nil
			for _, c := range v.Outcome.Columns {
				w.Known[r.Dataset] = append(w.Known[r.Dataset], c.Name)
			}
		}
	}
	return w, known, nil
}

// beside is what the score is made of beside the rules. Files that are not
// made yet say nothing.
func (s *Service) beside(e openlist.Entry, v version.Version, today workday.Date) (b Beside) {
	if e.Listed() {
		b.Standing = string(timeliness.Of(s.Entries.Codes(permit.Platform), e, v.UpdatedOn, today).Class)
	}
	for _, f := range v.Files {
		if f.Format == string(tabular.GeoJSON) {
			continue // only for tables of points
		}
		if b.Offered++; f.Refused == "" {
			b.Made++
		}
	}
	return b
}
