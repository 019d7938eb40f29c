package objection

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// View is an objection as somebody who may see it sees it.
type View struct {
	Case      Case                `json:"case"`
	Title     locale.Text         `json:"title"`    // of the dataset
	Revision  int                 `json:"revision"` // to be named by whoever acts on it
	Marked    bool                `json:"marked"`   // the public sees the mark now
	Turn      string              `json:"turn"`     // see Case.Turn
	Left      deadline.Left       `json:"left,omitzero"`
	Can       []string            `json:"can"`                // verbs that are open to the reader
	Mine      bool                `json:"mine,omitempty"`     // the reader is its objector
	Words     *Words              `json:"words,omitempty"`    // for the objector and those who work on it
	Contact   string              `json:"contact,omitempty"`  // for the objector and the centre
	Evidence  []material.Material `json:"evidence,omitempty"` // as Words
	History   []Line              `json:"history"`            // oldest first
	ChangedAt time.Time           `json:"changed_at"`
}

// Line is one line of a case's history.
type Line struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor,omitempty"` // account, for those who work on it; never the objector's
}

// Word is the last word of the line's kind, e.g. "marked".
func (l Line) Word() string { return strings.TrimPrefix(l.Kind, "objection.") }

// View returns an objection: to everybody once it was marked, before that to
// its objector and those who work on it.
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
	works := Works(here, r.Case)
	v = View{Case: r.Case, Mine: mine, Revision: r.revision, Marked: r.Marked(), Turn: r.Turn(), ChangedAt: r.changed, Can: Can(here, r.Case, mine, workday.Of(s.Clock.Now()))}
	if works || mine {
		w, err := s.words(r.ID, a)
		if err != nil {
			return v, err
		}
		v.Words = &w
		if v.Evidence, err = s.Materials.List(tx, permit.Platform, r.ID); err != nil {
			return v, err
		}
	}
	if mine || here.Has(permit.CtrQuality) {
		if v.Contact, err = s.authors().Contact(r.ID, a); err != nil {
			return v, err
		}
	}
	if !works && !Oversees(here) {
		v.Case = outside(v.Case, mine)
	}
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Dataset)
	if err != nil {
		return v, err
	}
	v.Title = e.Title
	if v.History, err = history(tx, r.ID, works || Oversees(here)); err != nil {
		return v, err
	}
	v.Left, err = r.Clock.Left(s.Book().Calendar(), workday.Of(s.Clock.Now()))
	return v, err
}

// outside is a case without what stays between those who work on it. A refusal
// is for its objector.
func outside(o Case, mine bool) Case {
	o.Did, o.Source, o.Finding, o.Again, o.Note = nil, "", nil, "", ""
	if !mine {
		o.Files = nil
		o.Channel, o.Reason = "", ""
	}
	return o
}

// inner are kinds of events that only those who work on the case hear of.
var inner = []string{Found{}.Kind(), Redone{}.Kind(), SentBack{}.Kind(), Attached{}.Kind(), Rang{}.Kind(), Escalated{}.Kind()}

func history(tx *database.Tx, caseID string, works bool) (all []Line, err error) {
	lines, err := ledger.History(tx, Stream(caseID))
	all = []Line{}
	for _, l := range lines {
		if l.Kind == (Recounted{}).Kind() || !works && slices.Contains(inner, l.Kind) {
			continue
		}
		line := Line{Kind: l.Kind, At: l.At}
		if works {
			line.Actor = l.Actor
		}
		all = append(all, line)
	}
	return all, err
}

// Can lists the verbs that who, with the roles that count for the publisher,
// may do now; mine is set for the objector.
func Can(who permit.Actor, o Case, mine bool, today workday.Date) []string {
	return slices.DeleteFunc(Table.Open(o.Stage, who, o.Did), func(verb string) bool {
		switch verb {
		case "attach":
			return !mine
		case "reopen":
			return !mine || o.Reopened || today > o.ReopenUntil
		case "confirm":
			return !o.Finding.Established
		case "dismiss":
			return o.Finding.Established
		case "escalate":
			return o.Severe
		case "suspend":
			return !o.Severe
		}
		return false
	})
}

// Page is a part of a list of objections.
type Page struct {
	Items []Listing `json:"items"`
	Next  string    `json:"next,omitempty"` // to be asked for as after; "" at the end
}

// Listing is one objection in a list.
type Listing struct {
	Case
	Title     locale.Text   `json:"title"`
	Marked    bool          `json:"marked"`
	Turn      string        `json:"turn"`
	Left      deadline.Left `json:"left,omitzero"`
	ChangedAt time.Time     `json:"changed_at"`
}

// List returns what the public may read, newest first: of one dataset, or for
// slug "" of all. Article 16(2).
func (s *Service) List(ctx context.Context, who permit.Actor, slug, after string, limit int) (p Page, err error) {
	if slug != "" {
		if _, err := s.Entries.Get(ctx, who, slug); err != nil {
			return p, err
		}
	}
	return s.page(ctx, who, limit, `WHERE public = 1 AND (? = '' OR dataset = ?) AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, slug, slug, after, after, limit+1)
}

// Mine returns the objections of the account of who, newest first.
func (s *Service) Mine(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayOwn.Asked(who); err != nil {
		return p, err
	}
	return s.page(ctx, who, limit, `WHERE id IN (SELECT case_id FROM objection_author WHERE account = ? AND account <> '') AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, who.Account, after, after, limit+1)
}

// Queue returns every objection in which somebody owes something, by the day
// on which it is due, for the centre and those who supervise it.
func (s *Service) Queue(ctx context.Context, who permit.Actor, after string, limit int) (Page, error) {
	if err := MayTriage.Asked(who); err != nil {
		return Page{}, err
	}
	return s.byDue(ctx, who, limit, after, `turn <> ''`)
}

// Ours returns the open objections to data of the body that who acts for, by
// the day on which they are due.
func (s *Service) Ours(ctx context.Context, who permit.Actor, after string, limit int) (Page, error) {
	if err := MayAnswer.Asked(who); err != nil {
		return Page{}, err
	}
	return s.byDue(ctx, who, limit, after, `turn <> '' AND told = 1 AND body_id = ?`, who.Organisation)
}

func (s *Service) byDue(ctx context.Context, who permit.Actor, limit int, after, where string, args ...any) (Page, error) {
	day, id := "", ""
	if len(after) > 10 {
		day, id = after[:10], after[10:]
	}
	p, err := s.page(ctx, who, limit, `WHERE `+where+` AND (due > ? OR due = ? AND id > ?) ORDER BY due, id LIMIT ?`, append(args, day, day, id, limit+1)...)
	if p.Next != "" {
		p.Next = string(p.Items[len(p.Items)-1].Clock.Due.Day) + p.Next
	}
	return p, err
}

// Waiting returns how many objections wait for who: for the centre, or for his
// body. At most 200 are counted.
func (s *Service) Waiting(ctx context.Context, who permit.Actor) (n int, err error) {
	get, turn := s.Ours, "publisher"
	if who.Has(permit.CtrQuality) {
		get, turn = s.Queue, "centre"
	}
	p, err := get(ctx, who, "", 200)
	for _, o := range p.Items {
		if o.Turn == turn {
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
		calendar, today := s.Book().Calendar(), workday.Of(s.Clock.Now())
		for _, r := range rows {
			x := Listing{Case: r.Case, Marked: r.Marked(), Turn: r.Turn(), ChangedAt: r.changed}
			if here := who.For(r.Body); !Works(here, r.Case) && !Oversees(here) {
				x.Case = outside(x.Case, false)
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

// Sign is the mark that the public sees on data (异议标注).
type Sign struct {
	ID      string       `json:"id"`
	Number  string       `json:"number"`
	Target  Target       `json:"target"`
	Fields  []string     `json:"fields,omitempty"` // none: the dataset as a whole, or some rows
	Rows    int          `json:"rows,omitempty"`
	Fault   string       `json:"fault"`
	Since   workday.Date `json:"since"`
	Summary string       `json:"summary"`
}

// Marks returns the marks on the dataset called slug, oldest first.
func (s *Service) Marks(ctx context.Context, who permit.Actor, slug string) (all []Sign, err error) {
	all = []Sign{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if _, err := s.Entries.GetTx(tx, who, slug); err != nil {
			return err
		}
		rows, err := list(tx, `WHERE dataset = ? AND public = 1 AND stage <> 'closed' ORDER BY id`, slug)
		for _, r := range rows {
			if r.Marked() {
				all = append(all, Sign{ID: r.ID, Number: r.Number, Target: r.Target, Fields: r.Fields, Rows: r.Rows, Fault: r.Fault, Since: r.MarkedOn, Summary: r.Summary})
			}
		}
		return err
	})
	return all, err
}

// Evidence returns a file that an objector sent, for those who work on his
// case.
func (s *Service) Evidence(ctx context.Context, who permit.Actor, caseID, file string) (c material.Content, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, caseID)
		if err != nil || Works(who.For(r.Body), r.Case) {
			return err
		}
		a, err := s.authors().LoadTx(tx, permit.Platform, caseID)
		if err == nil && !a.Owns(who) {
			err = notFound()
		}
		return err
	})
	if err != nil {
		return c, err
	}
	return s.Materials.Open(ctx, permit.Platform, caseID, file)
}
