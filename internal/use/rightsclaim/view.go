package rightsclaim

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/openlist"
)

// View is a complaint as somebody who may see it sees it.
type View struct {
	Case      Case                `json:"case"`
	Title     locale.Text         `json:"title"`    // of the dataset
	Revision  int                 `json:"revision"` // to be named by whoever acts on it
	Stopped   bool                `json:"stopped"`  // the opening is stopped now
	Others    int                 `json:"others"`   // other complaints that keep it stopped
	Turn      string              `json:"turn"`     // see Case.Turn
	Left      deadline.Left       `json:"left,omitzero"`
	Can       []string            `json:"can"`                // verbs that are open to the reader
	Mine      bool                `json:"mine,omitempty"`     // the reader is its complainant
	Words     *Words              `json:"words,omitempty"`    // for the complainant and those who work on it
	Contact   string              `json:"contact,omitempty"`  // as Words
	Evidence  []material.Material `json:"evidence,omitempty"` // as Words
	History   []Line              `json:"history"`            // oldest first
	ChangedAt time.Time           `json:"changed_at"`
}

// Line is one line of a case's history.
type Line struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor,omitempty"` // account, for those who work on it; never the complainant's
}

// Word is the last word of the line's kind, e.g. "suspended".
func (l Line) Word() string { return strings.TrimPrefix(l.Kind, "rightsclaim.") }

// View returns a complaint, to its complainant, those who work on it and those
// who supervise it. For everybody else there is none; see [Service.Suspensions].
func (s *Service) View(ctx context.Context, who permit.Actor, caseID string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, caseID)
		if err == nil {
			v, err = s.view(tx, who, r, false)
		}
		return err
	})
	return v, err
}

// view shows r to who; mine is set for who showed that it is his.
func (s *Service) view(tx *database.Tx, who permit.Actor, r row, mine bool) (v View, err error) {
	a, err := s.authors().LoadTx(tx, permit.Platform, r.ID)
	if err != nil {
		return v, err
	}
	here := who.For(r.Body)
	mine = mine || a.Owns(who)
	works := Works(here)
	v = View{Case: r.Case, Mine: mine, Revision: r.revision, Turn: r.Turn(), ChangedAt: r.changed, Can: Can(here, r.Case, mine, s.today())}
	if works || mine {
		v.Words = &Words{}
		if err := s.authors().Read(r.ID, a, v.Words); err != nil {
			return v, err
		}
		if v.Contact, err = s.authors().Contact(r.ID, a); err != nil {
			return v, err
		}
		if v.Evidence, err = s.Materials.List(tx, permit.Platform, r.ID); err != nil {
			return v, err
		}
	}
	if !works && !Oversees(here) {
		v.Case = outside(v.Case)
	}
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return v, err
	}
	v.Title, v.Stopped = e.Title, e.Stage == openlist.StageSuspended
	if v.Others, err = holders(tx, r.Dataset, r.ID); err != nil {
		return v, err
	}
	if v.History, err = history(tx, r.ID, works || Oversees(here)); err != nil {
		return v, err
	}
	v.Left, err = r.Clock.Left(s.Book().Calendar(), s.today())
	return v, err
}

// outside is a case as its complainant reads it: without what stays between
// those who work on it, and without the data users.
func outside(o Case) Case {
	o.Did, o.Deletions, o.Order = nil, nil, ""
	if o.Report != nil {
		r := *o.Report
		r.Account = ""
		o.Report = &r
	}
	return o
}

// inner are kinds of events that only those who work on the case hear of.
var inner = []string{Linked{}.Kind(), Deleted{}.Kind(), Rang{}.Kind()}

func history(tx *database.Tx, caseID string, works bool) (all []Line, err error) {
	lines, err := ledger.History(tx, Stream(caseID))
	all = []Line{}
	for _, l := range lines {
		if l.Kind == (Recounted{}).Kind() || !works && slices.Contains(inner, l.Kind) {
			continue
		}
		line := Line{Kind: l.Kind, At: l.At}
		if works && l.Kind != (Deleted{}).Kind() {
			line.Actor = l.Actor
		}
		all = append(all, line)
	}
	return all, err
}

// Page is a part of a list of complaints.
type Page struct {
	Items []Listing `json:"items"`
	Next  string    `json:"next,omitempty"` // to be asked for as after; "" at the end
}

// Listing is one complaint in a list.
type Listing struct {
	Case
	Title     locale.Text   `json:"title"`
	Turn      string        `json:"turn"`
	Left      deadline.Left `json:"left,omitzero"`
	ChangedAt time.Time     `json:"changed_at"`
}

// Mine returns the complaints of the account of who, newest first.
func (s *Service) Mine(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayOwn.Asked(who); err != nil {
		return p, err
	}
	return s.page(ctx, who, limit, `WHERE id IN (SELECT case_id FROM rightsclaim_author WHERE account = ? AND account <> '') AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, who.Account, after, after, limit+1)
}

// Queue returns every complaint that is not over, by the day on which a step is
// due, for the centre and those who supervise it.
func (s *Service) Queue(ctx context.Context, who permit.Actor, after string, limit int) (Page, error) {
	if err := MayWatch.Asked(who); err != nil {
		return Page{}, err
	}
	return s.byDue(ctx, who, limit, after, `live = 1`)
}

// Ours returns the complaints about data of the body that who acts for, by the
// day on which a step is due.
func (s *Service) Ours(ctx context.Context, who permit.Actor, after string, limit int) (Page, error) {
	if err := MayWork.Asked(who); err != nil {
		return Page{}, err
	}
	return s.byDue(ctx, who, limit, after, `live = 1 AND body_id = ?`, who.Organisation)
}

func (s *Service) byDue(ctx context.Context, who permit.Actor, limit int, after, where string, args ...any) (Page, error) {
	day, id, _ := strings.Cut(after, ":")
	p, err := s.page(ctx, who, limit, `WHERE `+where+` AND (due > ? OR due = ? AND id > ?) ORDER BY due, id LIMIT ?`, append(args, day, day, id, limit+1)...)
	if p.Next != "" {
		last, day := p.Items[len(p.Items)-1], ""
		if last.Clock.Running() {
			day = string(last.Clock.Due.Day)
		}
		p.Next = day + ":" + p.Next
	}
	return p, err
}

// Waiting returns how many complaints wait for who's body, or, for the centre,
// in all. At most 200 are counted.
func (s *Service) Waiting(ctx context.Context, who permit.Actor) (n int, err error) {
	get := s.Ours
	if MayWatch.Asked(who) == nil {
		get = s.Queue
	}
	p, err := get(ctx, who, "", 200)
	for _, o := range p.Items {
		if o.Turn == "publisher" {
			n++
		}
	}
	return n, err
}

func (s *Service) page(ctx context.Context, who permit.Actor, limit int, rest string, args ...any) (p Page, err error) {
	p.Items = []Listing{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, rest, args...)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			p.Next = rows[limit-1].ID
		}
		calendar, today := s.Book().Calendar(), s.today()
		for _, r := range rows {
			x := Listing{Case: r.Case, Turn: r.Turn(), ChangedAt: r.changed}
			if here := who.For(r.Body); !Works(here) && !Oversees(here) {
				x.Case = outside(x.Case)
			}
			e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
			if err != nil {
				return err
			}
			x.Title = e.Title
			if x.Left, err = r.Clock.Left(calendar, today); err != nil {
				return err
			}
			p.Items = append(p.Items, x)
		}
		return nil
	})
	return p, err
}

// Evidence returns a file that a complainant sent, for those who work on his
// case and for himself.
func (s *Service) Evidence(ctx context.Context, who permit.Actor, caseID, file string) (c material.Content, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, caseID)
		if err == nil && !Works(who.For(r.Body)) {
			a, err := s.authors().LoadTx(tx, permit.Platform, caseID)
			if err != nil {
				return err
			}
			if !a.Owns(who) {
				return notFound() // who supervises does not read it
			}
		}
		return err
	})
	if err != nil {
		return c, err
	}
	return s.Materials.Open(ctx, permit.Platform, caseID, file)
}
