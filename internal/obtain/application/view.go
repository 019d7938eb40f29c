package application

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// View is an application as somebody who may see it sees it.
type View struct {
	Case      Case                `json:"case"`
	Revision  int                 `json:"revision"` // to be named by whoever acts on it
	Draft     Content             `json:"draft"`    // what stands in the form; of the applicant only
	Identity  Identity            `json:"identity"` // of the applicant; zero before it is handed in
	Files     []material.Material `json:"files"`
	Asks      []Ask               `json:"asks"`              // of the datasets in the draft, or as pinned
	States    map[string]State    `json:"states,omitempty"`  // of the sections, while the applicant writes
	Turn      string              `json:"turn"`              // "applicant", "centre", "publisher" or ""
	Left      deadline.Left       `json:"left,omitzero"`     // of the officer
	ChangedAt time.Time           `json:"changed_at"`        //
	Can       []string            `json:"can"`               // verbs that are open to the reader
	History   []Line              `json:"history,omitempty"` // oldest first
	Mine      bool                `json:"mine"`              // the reader may act for the applicant
}

// Line is one line of a case's history, without who it was: officers are named
// by their part only.
type Line struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Party string    `json:"party"` // "applicant", "centre", "publisher", "authority" or "clock"
	Body  any       `json:"body,omitempty"`
}

// View returns an application. Whoever may not see it is told that there is
// none.
func (s *Service) View(ctx context.Context, who permit.Actor, caseID string) (v View, err error) {
	var r row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if r, err = see(tx, who, caseID); err != nil {
			return err
		}
		v, err = s.view(tx, who, r)
		return err
	})
	if err != nil || !v.Mine || len(v.Can) == 0 || v.Turn != "applicant" {
		return v, err
	}
	identity, err := s.People.Identity(ctx, who)
	f := Facts{Today: s.today(), Proved: identity.Proved, Rules: identity.Rules, Standing: identity.Standing, Draft: v.Draft, Asks: map[string]Ask{}, Scenarios: s.Asking.Scenarios()}
	for _, a := range v.Asks {
		f.Asks[a.Dataset] = a
	}
	v.States = States(f)
	if v.Case.Round == 0 {
		v.Identity = identity
	}
	return v, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, r row) (v View, err error) {
	v = View{Case: r.Case, Revision: r.revision, Turn: r.Turn(), ChangedAt: r.changed, Mine: Mine(who, r.Case)}
	if v.Identity, err = s.identity(r); err != nil {
		return v, err
	}
	v.Identity.Salt = ""
	seen := r
	if v.Mine && v.Turn == "applicant" {
		v.Draft = r.draft
	} else {
		v.Draft, seen.draft = r.Content, r.Content
	}
	asks, err := s.asks(tx, who, seen)
	if err != nil {
		return v, err
	}
	for _, w := range seen.draft.Datasets {
		if a, ok := asks[w.Dataset]; ok {
			v.Asks = append(v.Asks, a)
		}
	}
	files, err := s.Materials.List(tx, who, r.ID)
	if err != nil {
		return v, err
	}
	for _, m := range files {
		if slices.ContainsFunc(v.Draft.Files, func(f File) bool { return f.ID == m.ID }) {
			v.Files = append(v.Files, m)
		}
	}
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return v, err
	}
	for _, l := range lines {
		if l.Kind == (Filled{}).Kind() {
			continue
		}
		e, err := ledger.Decode[Event](l, events...)
		if err != nil {
			return v, err
		}
		if !who.HasAny(MayOversee.By...) {
			e = unnamed(e)
		}
		v.History = append(v.History, Line{Kind: l.Kind, At: l.At, Party: party(e), Body: e})
	}
	if !who.HasAny(MayOversee.By...) {
		v.Case.Did = map[string]string{}
		if by := r.Did["submit"]; by != "" {
			v.Case.Did["submit"] = by
		}
	}
	v.Can = s.can(who, r.Case)
	v.Left, err = r.Clock.Left(s.Book().Calendar(), s.today())
	return v, err
}

// unnamed leaves out which officer it was: to applicants, officers are named
// by their part.
func unnamed(e Event) Event {
	switch e := e.(type) {
	case Taken:
		return Taken{}
	case Accepted:
		e.By = ""
		return e
	case Declined:
		e.By = ""
		return e
	case Allowed:
		e.By = ""
		return e
	}
	return e
}

// party says which side did an event.
func party(e Event) string {
	switch e.(type) {
	case Taken, Accepted, Declined:
		return "centre"
	case Allowed:
		return "authority"
	case Rang, Recounted, Concluded, Lapsed:
		return "clock"
	}
	return "applicant"
}

// identity opens who the applicant is.
func (s *Service) identity(r row) (i Identity, err error) {
	if r.identity == "" {
		return i, nil
	}
	text, err := s.Box.Open(r.identity, r.ID)
	if err == nil {
		err = json.Unmarshal([]byte(text), &i)
	}
	if err != nil {
		return i, fmt.Errorf("open identity of %s: %w", r.ID, err)
	}
	return i, nil
}

// can returns the verbs that are open to who.
func (s *Service) can(who permit.Actor, c Case) (verbs []string) {
	for _, verb := range Table.Open(c.Stage, who, c.Did) {
		switch verb {
		case "open":
			continue
		case "fill", "submit", "withdraw":
			if !Mine(who, c) {
				continue
			}
		}
		verbs = append(verbs, verb)
	}
	return verbs
}

// Brief is an application as lists show it.
type Brief struct {
	ID        string        `json:"id"`
	Number    string        `json:"number,omitempty"`
	Title     string        `json:"title"` // of the scenario
	Applicant Kind          `json:"applicant"`
	Datasets  []string      `json:"datasets"`
	Stage     Stage         `json:"stage"`
	Round     int           `json:"round,omitempty"`
	Turn      string        `json:"turn"`
	Due       string        `json:"due,omitempty"`
	Left      deadline.Left `json:"left,omitzero"`
	Until     workday.Date  `json:"until,omitempty"` // last day to hand it in, if it was not accepted
	ChangedAt time.Time     `json:"changed_at"`
}

// Page is one page of a list.
type Page struct {
	Items []Brief `json:"items"`
	Next  string  `json:"next,omitempty"` // the parameter after of the next page; "" if there is none
}

// My returns the applications of who, and of the body that he acts for, newest
// first.
func (s *Service) My(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayApply.Asked(who); err != nil {
		return p, err
	}
	if who.Organisation == "" {
		return s.page(ctx, listing{"my", `account = ? AND organisation = ''`, who.Account, false}, after, limit)
	}
	return s.page(ctx, listing{"my", `organisation = ?`, who.Organisation, false}, after, limit)
}

// Queue returns the applications that wait for the centre, the most urgent
// first.
func (s *Service) Queue(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayOversee.Asked(who); err != nil {
		return p, err
	}
	return s.page(ctx, listing{"queue", `stage IN ('submitted','intake') AND ? = ''`, "", true}, after, limit)
}

// listing is a list of applications: newest first, or by due day.
type listing struct {
	name, where, of string
	byDue           bool
}

// page reads one page of a list, by keyset.
func (s *Service) page(ctx context.Context, l listing, after string, limit int) (p Page, err error) {
	mark := paging.Fingerprint("application."+l.name, l.of)
	from, err := paging.Parse(after, mark)
	if err != nil {
		return p, err
	}
	query, order, args := `WHERE `+l.where, ` ORDER BY id DESC LIMIT ?`, []any{l.of}
	if l.byDue {
		order = ` ORDER BY due, id LIMIT ?`
	}
	switch {
	case from != nil && l.byDue:
		query, args = query+` AND (due, id) > (?, ?)`, append(args, from.Key...)
	case from != nil:
		query, args = query+` AND id < ?`, append(args, from.Key...)
	}
	var rows []row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err = list(tx, query+order, append(args, limit+1)...)
		return err
	})
	for i, r := range rows {
		if i == limit {
			key := []any{rows[limit-1].ID}
			if l.byDue {
				key = []any{string(rows[limit-1].Clock.Due.Day), rows[limit-1].ID}
			}
			p.Next = paging.Cursor{Query: mark, Key: key}.String()
			break
		}
		b, err := s.brief(r)
		if err != nil {
			return p, err
		}
		p.Items = append(p.Items, b)
	}
	return p, err
}

func (s *Service) brief(r row) (b Brief, err error) {
	c := r.Content
	if r.Turn() == "applicant" {
		c = r.draft
	}
	b = Brief{ID: r.ID, Number: r.Number, Title: c.Scenario.Title, Applicant: r.Applicant, Stage: r.Stage, Round: r.Round, Turn: r.Turn(), ChangedAt: r.changed}
	for _, w := range c.Datasets {
		b.Datasets = append(b.Datasets, w.Dataset)
	}
	if r.Stage == StageNotAccepted {
		b.Until = r.LapseOn
	}
	if r.Clock.Running() {
		b.Due = string(r.Clock.Due.Day)
		b.Left, err = r.Clock.Left(s.Book().Calendar(), s.today())
	}
	return b, err
}

// LateFaults returns how many faults were ever told although they could have
// been told before, for the public count (Article 19(1)).
func (s *Service) LateFaults(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if err := tx.QueryRow(`SELECT COALESCE(SUM(late_faults), 0) FROM application WHERE late_faults > 0`).Scan(&n); err != nil {
			return fmt.Errorf("count late faults: %w", err)
		}
		return nil
	})
	return n, err
}
