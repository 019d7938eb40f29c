package review

import (
	"context"
	"slices"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/obtain/application"
)

// View is an order as those see it who work on it.
type View struct {
	Order    Order             `json:"order"`
	Revision int               `json:"revision"` // to be named by whoever acts on it
	About    application.Shown `json:"application"`
	Left     deadline.Left     `json:"left"`
	Outside  map[string]bool   `json:"outside,omitempty"` // datasets whose conditions the scenario does not meet
	Expired  map[string]bool   `json:"expired,omitempty"` // datasets of which a proof no longer holds
	Experts  []string          `json:"experts,omitempty"` // accounts that can be asked
	Can      []string          `json:"can"`               // verbs that are open to the reader
	Others   []Brief           `json:"others,omitempty"`  // orders of the same application with other publishers
	History  []Line            `json:"history"`           // oldest first
}

// Line is one line of an order's history, with the account that did it: every
// person who works on a case stands for what he does.
type Line struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Body any       `json:"body"`
}

// View returns an order. Whoever may not see it is told that there is none.
func (s *Service) View(ctx context.Context, who permit.Actor, orderID string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err != nil {
			return err
		}
		v, err = s.view(tx, who, r)
		return err
	})
	return v, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, r row) (v View, err error) {
	v = View{Order: r.Order, Revision: r.revision}
	var datasets []string
	for _, w := range r.Datasets {
		datasets = append(datasets, w.Dataset)
	}
	if v.About, err = s.Applications.ShowTx(tx, who, r.Application, datasets); err != nil {
		return v, err
	}
	if v.Outside, v.Expired, err = s.Applications.Meets(tx, who, v.About.Case, s.today()); err != nil {
		return v, err
	}
	if v.Left, err = r.Clock.Left(s.Book().Calendar(), s.today()); err != nil {
		return v, err
	}
	here := who.For(r.Body)
	v.Can = s.can(here, r.Order)
	if slices.Contains(v.Can, "consult") {
		if v.Experts, err = s.People.Holders(tx, "", permit.Expert); err != nil {
			return v, err
		}
	}
	others, err := list(tx, `WHERE application = ? AND id <> ? ORDER BY id`, r.Application, r.ID)
	for _, o := range others {
		if err == nil {
			var b Brief
			b, err = s.brief(o)
			v.Others = append(v.Others, b)
		}
	}
	if err != nil {
		return v, err
	}
	if !MayReview.Allows(who, permit.Thing{Body: r.Body}) && asked(who, r.Order) {
		v.Order = forExpert(who, v.Order)
		return v, nil
	}
	lines, err := ledger.History(tx, Stream(r.ID))
	for _, l := range lines {
		if err == nil {
			var e Event
			e, err = ledger.Decode[Event](l, events...)
			v.History = append(v.History, Line{l.Kind, l.At, l.Actor, e})
		}
	}
	return v, err
}

// forExpert leaves out what would sway an expert: the opinions of the others,
// and what is proposed.
func forExpert(who permit.Actor, o Order) Order {
	own := slices.IndexFunc(o.Experts, func(e Expert) bool { return e.Account == who.Account })
	o.Experts, o.Verdicts, o.SentBack = o.Experts[own:own+1:own+1], nil, ""
	return o
}

// can returns the verbs that are open to who.
func (s *Service) can(who permit.Actor, o Order) (verbs []string) {
	for _, verb := range Table.Open(o.Stage, who, o.Did) {
		switch verb {
		case "hand", "answer", "withdraw":
			continue
		case "assess", "ask", "consult", "resume", "propose":
			if !who.Is(o.Did["take"]) {
				continue
			}
		case "opine":
			i := slices.IndexFunc(o.Experts, func(e Expert) bool { return e.Account == who.Account })
			if i < 0 || o.Experts[i].Advice != "" {
				continue
			}
		}
		verbs = append(verbs, verb)
	}
	return verbs
}

// File opens a copy brought for the datasets of an order. Close it.
func (s *Service) File(ctx context.Context, who permit.Actor, orderID, file string) (c material.Content, err error) {
	var r row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err = s.see(tx, who, orderID)
		return err
	})
	if err != nil {
		return c, err
	}
	var datasets []string
	for _, w := range r.Datasets {
		datasets = append(datasets, w.Dataset)
	}
	return s.Applications.FileOf(ctx, who, r.Application, file, datasets)
}

// Brief is an order as lists show it.
type Brief struct {
	ID          string        `json:"id"`
	Number      string        `json:"number"`
	Application string        `json:"application"` // number
	Body        string        `json:"body"`
	Applicant   string        `json:"applicant"`
	Scenario    string        `json:"scenario"`
	Datasets    []string      `json:"datasets"`
	Stage       Stage         `json:"stage"`
	Score       int           `json:"score"`
	Due         workday.Date  `json:"due"`
	Left        deadline.Left `json:"left"`
	DecidedOn   workday.Date  `json:"decided_on,omitempty"`
}

func (s *Service) brief(r row) (b Brief, err error) {
	b = Brief{ID: r.ID, Number: r.Order.Number, Application: r.Subject.Number, Body: r.Body, Applicant: r.Applicant, Scenario: r.Scenario,
		Stage: r.Stage, Score: r.Score.Sum(), Due: r.Clock.Due.Day, DecidedOn: r.DecidedOn}
	for _, w := range r.Datasets {
		b.Datasets = append(b.Datasets, w.Dataset)
	}
	b.Left, err = r.Clock.Left(s.Book().Calendar(), s.today())
	return b, err
}

// Page is one page of a list.
type Page struct {
	Items []Brief `json:"items"`
	Next  string  `json:"next,omitempty"` // the parameter after of the next page; "" if there is none
	Count int     `json:"count"`          // of the whole list, at most MostCounted
}

// MostCounted is where the count of a list ends.
const MostCounted = 10_000

const waiting = `stage IN ('assigned','in_review','expert_review','proposed')`

// Queue returns the orders that wait, by last day and then by how much their
// scenario deserves to go first: those of who's body, those on which an expert
// is asked, or all for those who oversee.
func (s *Service) Queue(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	l := listing{name: "queue", where: waiting, order: ` ORDER BY due, score DESC, id`, next: ` AND (due > ? OR due = ? AND (score < ? OR score = ? AND id > ?))`,
		key: func(r row) []any {
			day, sum := string(r.Clock.Due.Day), r.Score.Sum()
			return []any{day, day, sum, sum, r.ID}
		}}
	switch {
	case MayReview.Allows(who, permit.Thing{Body: who.Organisation}):
		l.where, l.of = `publisher = ? AND `+waiting, who.Organisation
	case who.HasAny(MayOversee.By...):
		l.where = `? = '' AND ` + waiting
	case who.Has(permit.Expert):
		l.where, l.of = `id IN (SELECT review FROM review_expert WHERE account = ? AND open = 1)`, who.Account
	default:
		return p, MayReview.Asked(who)
	}
	return s.page(ctx, who, l, after, limit)
}

// Decided returns the orders that were decided, the newest first.
func (s *Service) Decided(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	l := listing{name: "decided", order: ` ORDER BY decided_on DESC, id DESC`, next: ` AND (decided_on < ? OR decided_on = ? AND id < ?)`,
		key: func(r row) []any { return []any{string(r.DecidedOn), string(r.DecidedOn), r.ID} }}
	switch {
	case MayReview.Allows(who, permit.Thing{Body: who.Organisation}):
		l.where, l.of = `publisher = ? AND stage = 'decided'`, who.Organisation
	case who.HasAny(MayOversee.By...):
		l.where = `? = '' AND stage = 'decided'`
	default:
		return p, problem.New(problem.Forbidden, "permit.not_yours")
	}
	return s.page(ctx, who, l, after, limit)
}

// listing is a list of orders.
type listing struct {
	name, where, of, order, next string
	key                          func(row) []any
}

func (s *Service) page(ctx context.Context, who permit.Actor, l listing, after string, limit int) (p Page, err error) {
	mark := paging.Fingerprint("review."+l.name, l.of)
	from, err := paging.Parse(after, mark)
	if err != nil {
		return p, err
	}
	l.where += ` AND id NOT IN (SELECT review FROM review_recused WHERE account = ? OR account = ?)`
	args := []any{l.of, who.Account, who.Behalf}
	query := `WHERE ` + l.where
	if from != nil {
		query, args = query+l.next, append(args, from.Key...)
	}
	var rows []row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if rows, err = list(tx, query+l.order+` LIMIT ?`, append(args, limit+1)...); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT COUNT(*) FROM (SELECT 1 FROM review WHERE `+l.where+` LIMIT ?) AS few`, l.of, who.Account, who.Behalf, MostCounted).Scan(&p.Count)
	})
	for i, r := range rows {
		if i == limit {
			p.Next = paging.Cursor{Query: mark, Key: l.key(rows[limit-1])}.String()
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
