package grading

import (
	"context"
	"fmt"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Grading is what others need of the grading of an entry: what is in force.
type Grading struct {
	Stage      Stage        `json:"stage"`
	Type       opening.Type `json:"type"`    // the entry may not be looser
	Fields     []string     `json:"fields"`  // that were graded
	Profile    string       `json:"profile"` // version
	Trace      []Step       `json:"trace"`
	Measures   []string     `json:"measures"`
	Conditions []Condition  `json:"conditions"` // that the profile holds ready; JSON as open/condition writes its own
	Confirmed  workday.Date `json:"confirmed_on"`
}

// Of returns the grading of an entry that is in force, and whether there is
// one. Its stage tells if a new one is due. Whoever may not see the grading is
// told that there is none.
func (s *Service) Of(tx *database.Tx, who permit.Actor, slug string) (Grading, bool, error) {
	r, ok, err := load(tx, slug)
	if err != nil || !ok || r.state.InForce == nil || !MaySee(who, r.state.Body) {
		return Grading{}, false, err
	}
	d := r.state.InForce
	g := Grading{Stage: r.state.Stage, Type: d.Type, Profile: d.Profile, Trace: d.Trace, Measures: d.Measures, Conditions: d.Conditions, Confirmed: d.ConfirmedOn}
	for _, f := range d.Fields {
		g.Fields = append(g.Fields, f.Name)
	}
	return g, true, nil
}

// View is the grading of an entry as somebody who may see it sees it.
type View struct {
	Case     Case        `json:"case"`
	Subject  Subject     `json:"subject"`
	Profile  Profile     `json:"profile"` // in force
	Overlay  Overlay     `json:"overlay"`
	Joined   []Neighbour `json:"joined,omitempty"` // of the fields that are graded
	Due      workday.Due `json:"due,omitzero"`     // last day of the turn
	Late     bool        `json:"late,omitempty"`
	Can      []string    `json:"can,omitempty"` // verbs that are open to the reader
	Revision int         `json:"revision"`
}

// View returns the grading of the entry called slug.
func (s *Service) View(ctx context.Context, who permit.Actor, slug string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		v, err = s.view(tx, who, slug)
		return err
	})
	return v, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, slug string) (v View, err error) {
	subject, r, err := s.see(tx, who, slug)
	if err != nil {
		return v, err
	}
	g := r.state
	var fields []Field
	switch {
	case g.Draft != nil:
		fields = g.Draft.Fields
	case g.InForce != nil:
		fields = g.InForce.Fields
	}
	f, err := s.facts(tx, who, subject, fields)
	if err != nil {
		return v, err
	}
	v = View{Case: g, Subject: subject, Profile: f.Profile, Overlay: f.Overlay, Joined: f.Joined, Can: Table.Open(g.Stage, f.Who, g.Did), Revision: r.revision}
	if g.Stage == StageConfirmed && g.InForce.Type != opening.Closed {
		v.Can = slices.DeleteFunc(v.Can, func(verb string) bool { return verb == BringEvidence{}.Verb() })
	}
	if term := g.Term(); term != "" {
		if v.Due, err = s.Book().Due(term, g.Since); err != nil {
			return v, err
		}
		v.Late = v.Due.Day < f.Today
	}
	return v, nil
}

// Outcome is what a sheet would amount to, and every fault of it.
type Outcome struct {
	Result     Result          `json:"result"`
	Conditions []Condition     `json:"conditions,omitempty"`
	Measures   []string        `json:"measures,omitempty"` // codes of those that are needed
	Joined     []Neighbour     `json:"joined,omitempty"`
	Faults     []problem.Field `json:"-"`
}

// WhatIf returns what a sheet would amount to. It writes nothing.
func (s *Service) WhatIf(ctx context.Context, who permit.Actor, slug string, sheet Sheet) (o Outcome, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		subject, r, err := s.see(tx, who, slug)
		if err != nil {
			return err
		}
		sheet = tidy(sheet)
		f, err := s.facts(tx, who, subject, sheet.Fields)
		if err != nil {
			return err
		}
		o = Outcome{Result: Derive(f.Profile, f.Overlay, sheet, r.state.kinds(), f.Joined), Joined: f.Joined}
		o.Conditions, o.Measures = f.Overlay.Under(f.Profile.Content).Suggested(o.Result)
		if p := problem.As(CheckSheet(f, r.state, sheet)); p != nil {
			o.Faults = p.Fields
		}
		return nil
	})
	return o, err
}

// Line is a grading in a list.
type Line struct {
	Slug    string       `json:"slug"`
	Body    string       `json:"body"`
	Title   locale.Text  `json:"title"`
	Stage   Stage        `json:"stage"`
	Type    opening.Type `json:"type,omitempty"` // in force; "" for none
	Reasons []string     `json:"reasons,omitempty"`
	Due     workday.Date `json:"due,omitempty"`
	Late    bool         `json:"late,omitempty"`
	Can     []string     `json:"can,omitempty"`
}

// Work returns the gradings in which somebody's turn it is, of every body for
// whoever works for all, else of who's own; by slug from after on, at most 200.
func (s *Service) Work(ctx context.Context, who permit.Actor, after string) (all []Line, err error) {
	if err := MayWork.Asked(who); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		where, args := `stage <> 'confirmed' AND slug > ?`, []any{after}
		if !MayWork.Allows(who, permit.Thing{}) {
			where, args = where+` AND publisher = ?`, append(args, who.Organisation)
		}
		rows, err := list[Case](tx, "grading", where+` ORDER BY slug`, args...)
		if err != nil {
			return err
		}
		today := workday.Of(s.Clock.Now())
		for _, r := range rows[:min(len(rows), 200)] {
			g := r.state
			l := Line{Slug: g.Slug, Body: g.Body, Stage: g.Stage, Reasons: g.Reasons, Can: Table.Open(g.Stage, who.For(g.Body), g.Did)}
			if g.InForce != nil {
				l.Type = g.InForce.Type
			}
			if subject, err := s.Subjects.Subject(tx, permit.Platform, g.Slug); err == nil {
				l.Title = subject.Title
			} else if !problem.Is(err, problem.NotFound) {
				return err
			}
			if term := g.Term(); term != "" {
				due, err := s.Book().Due(term, g.Since)
				if err != nil {
					return err
				}
				l.Due, l.Late = due.Day, due.Day < today
			}
			all = append(all, l)
		}
		return nil
	})
	return all, err
}

// Turns counts the gradings of who's body in which it is his turn.
func (s *Service) Turns(ctx context.Context, who permit.Actor) (n int, err error) {
	if err := MayWork.Asked(who); err != nil {
		return 0, err
	}
	if who = who.For(who.Organisation); !who.HasAny(permit.OpnGrader, permit.OpnReviewer) {
		return 0, nil
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if who.Has(permit.OpnGrader) {
			err := tx.QueryRow(`
				SELECT COUNT(*)
				FROM   grading
				WHERE  stage IN ('scanned','rejected','review_due','evidence_needed') AND publisher = ?`, who.Organisation).Scan(&n)
			if err != nil {
				return fmt.Errorf("count gradings: %w", err)
			}
		}
		rows, err := list[Case](tx, "grading", `stage = 'graded' AND publisher = ? ORDER BY slug`, who.Organisation)
		for _, r := range rows {
			if Table.Permit(r.state.Stage, Confirm{}.Verb(), who, r.state.Did) == nil {
				n++
			}
		}
		return err
	})
	return n, err
}
