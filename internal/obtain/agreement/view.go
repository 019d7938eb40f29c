package agreement

import (
	"context"
	"strconv"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

func itoa(n int) string { return strconv.Itoa(n) }

// View is an agreement as somebody who may see it sees it.
type View struct {
	Agreement Agreement     `json:"agreement"`
	Revision  int           `json:"revision"`          // to be named by whoever acts on it
	User      locale.Text   `json:"user"`              // name of the applicant
	Text      string        `json:"text"`              // what is signed, in Chinese
	Changed   string        `json:"changed,omitempty"` // the text that the pending change would give
	English   string        `json:"english"`           // a translation, for reading only
	Turn      string        `json:"turn"`              // "user", "publisher" or ""
	Side      string        `json:"side"`              // of the reader; "" for those who oversee
	Left      deadline.Left `json:"left"`
	Can       []string      `json:"can"` // verbs that are open to the reader
	Sealed    bool          `json:"sealed"`
	History   []Line        `json:"history"` // oldest first
}

// Line is one line of an agreement's history.
type Line struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	By   string    `json:"by"`
}

// View returns an agreement. Whoever may not see it is told that there is none.
func (s *Service) View(ctx context.Context, who permit.Actor, agreementID string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, agreementID)
		if err != nil {
			return err
		}
		v, err = s.view(tx, who, r)
		return err
	})
	return v, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, r row) (v View, err error) {
	here := Parts(who, r.Agreement)
	v = View{Agreement: r.Agreement, Revision: r.revision, Turn: r.Turn(), Side: Side(here), Sealed: len(r.Signed()) == 2}
	if v.Text, err = s.textOf(tx, r.Agreement, r.SHA256); err != nil {
		return v, err
	}
	if r.Change != nil {
		if v.Changed, err = s.textOf(tx, r.Agreement, r.Change.SHA256); err != nil {
			return v, err
		}
	}
	shown, err := s.Applications.ShowTx(tx, permit.Platform, r.Application, nil)
	if err != nil {
		return v, err
	}
	v.User = shown.Identity.Name
	v.English = s.templates[r.Template-1].Write(locale.EN, r.Agreement.Number, r.Subject, v.User, r.Clauses)
	if v.Turn != "" && r.Stage != StageAmended {
		if v.Left, err = r.Clock.Left(s.Book().Calendar(), s.today()); err != nil {
			return v, err
		}
	}
	for _, verb := range Table.Open(r.Stage, here, r.Did) {
		if (verb == "agree" || verb == "accept") && otherSide(Facts{Who: here}, r.Agreement) != nil {
			continue
		}
		v.Can = append(v.Can, verb)
	}
	lines, err := ledger.History(tx, Stream(r.ID))
	for _, l := range lines {
		v.History = append(v.History, Line{l.Kind, l.At, l.Actor})
	}
	return v, err
}

// Brief is an agreement as lists show it.
type Brief struct {
	ID          string        `json:"id"`
	Number      string        `json:"number"`
	Application string        `json:"application"` // number
	Publisher   locale.Text   `json:"publisher"`
	Scenario    string        `json:"scenario"` // title
	Datasets    []Given       `json:"datasets"`
	Stage       Stage         `json:"stage"`
	Turn        string        `json:"turn"`
	Side        string        `json:"side"` // of the reader
	Left        deadline.Left `json:"left"`
	Until       string        `json:"in_force_until,omitempty"`
}

// Page is one page of a list.
type Page struct {
	Items []Brief `json:"items"`
	Next  string  `json:"next,omitempty"` // the parameter after of the next page; "" if there is none
}

// scope is whose agreements who finds in his list.
func scope(who permit.Actor) (where string, args []any) {
	switch {
	case who.HasAny(mayOversee...):
		return `1 = 1`, nil
	case who.HasAny(permit.OpnLead, permit.OpnReviewer, permit.OpnSecurity):
		return `publisher = ?`, []any{who.Organisation}
	case who.HasAny(permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance):
		return `organisation = ? AND organisation <> ''`, []any{who.Organisation}
	}
	return `account = ? AND organisation = ''`, []any{who.Account}
}

// List returns the agreements of who: his own, his body's, or all for those who
// oversee; the newest first.
func (s *Service) List(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayRead.Asked(who); err != nil {
		return p, err
	}
	where, args := scope(who)
	mark := paging.Fingerprint("agreement.list", who.Account+"/"+who.Organisation)
	from, err := paging.Parse(after, mark)
	if err != nil {
		return p, err
	}
	if from != nil {
		where, args = where+` AND number < ?`, append(args, from.Key...)
	}
	var rows []row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err = list(tx, `WHERE `+where+` ORDER BY number DESC LIMIT ?`, append(args, limit+1)...)
		return err
	})
	for i, r := range rows {
		if i == limit {
			p.Next = paging.Cursor{Query: mark, Key: []any{rows[limit-1].Agreement.Number}}.String()
			break
		}
		b := Brief{ID: r.ID, Number: r.Agreement.Number, Application: r.ApplicationNumber, Publisher: r.PublisherName, Scenario: r.Scenario.Title, Datasets: r.Datasets, Stage: r.Stage,
			Turn: r.Turn(), Side: Side(Parts(who, r.Agreement)), Until: string(r.Until)}
		if b.Turn != "" && r.Stage != StageAmended {
			if b.Left, err = r.Clock.Left(s.Book().Calendar(), s.today()); err != nil {
				return p, err
			}
		}
		p.Items = append(p.Items, b)
	}
	return p, err
}

// Waiting counts the agreements in which it is the turn of who's side.
func (s *Service) Waiting(ctx context.Context, who permit.Actor) (n int, err error) {
	where, args := scope(who)
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `WHERE `+where+` AND stage IN `+stagesIn([]Stage{StageGenerated, StageNegotiating, StageSigned, StageAmended})+` LIMIT 1000`, args...)
		for _, r := range rows {
			if side := Side(Parts(who, r.Agreement)); side != "" && side == r.Turn() {
				n++
			}
		}
		return err
	})
	return n, err
}
