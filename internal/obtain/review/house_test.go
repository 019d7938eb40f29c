package review_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/queue"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
)

// house is the way from application to decision on a real database, with a
// clock that the test moves and a calendar that it sets.
type house struct {
	testing.TB
	db           *database.DB
	clock        *clock.Manual
	book         terms.Book
	applications *application.Service
	orders       *review.Service
	notices      *notice.Service
	caseID       string
	heard        map[string]bool // notices that were looked at
	sent         int             // orders opened by fill
}

// people of the house: one account per role, and their parts.
var people = map[string]permit.Actor{
	"applicant":  {Account: "ann", Name: "安", Roles: []permit.Role{permit.Person}},
	"intake":     {Account: "li", Organisation: "centre", Roles: []permit.Role{permit.CtrIntake}},
	"reviewer":   {Account: "rev", Organisation: "weather", Roles: []permit.Role{permit.OpnReviewer}},
	"lead":       {Account: "chief", Organisation: "weather", Roles: []permit.Role{permit.OpnLead}},
	"authority":  {Account: "aut", Organisation: "authority", Roles: []permit.Role{permit.AutOfficer}},
	"office":     {Account: "gof", Organisation: "general-office", Roles: []permit.Role{permit.GofOfficer}},
	"reviewer-2": {Account: "rev-t", Organisation: "transport", Roles: []permit.Role{permit.OpnReviewer}},
	"lead-2":     {Account: "chief-t", Organisation: "transport", Roles: []permit.Role{permit.OpnLead}},
	"expert-1":   {Account: "e1", Roles: []permit.Role{permit.Expert}},
	"expert-2":   {Account: "e2", Roles: []permit.Role{permit.Expert}},
	"expert-3":   {Account: "e3", Roles: []permit.Role{permit.Expert}},
}

type known struct{}

func (known) Identity(_ context.Context, who permit.Actor) (application.Identity, error) {
	return application.Identity{Kind: application.Person, Name: locale.Text{ZH: who.Name}, Proved: true, Rules: true, Standing: true}, nil
}

func (known) Holders(_ *database.Tx, body string, roles ...permit.Role) (all []string, err error) {
	for _, p := range people {
		if p.HasAny(roles...) && (body == "" || p.Organisation == body) {
			all = append(all, p.Account)
		}
	}
	slices.Sort(all)
	return all, nil
}

// asking is what two datasets of the weather service ask.
type asking struct{}

func (asking) Scenarios() []string { return []string{"health"} }

func (asking) Now(_ *database.Tx, _ permit.Actor, _ application.Kind, dataset string) (application.Ask, bool, error) {
	publisher := "weather"
	if dataset == "bus" {
		publisher = "transport"
	}
	return application.Ask{Pin: application.Pin{Dataset: dataset, Publisher: publisher, Set: "cnd_1", Version: 1}, Conditional: true, Fields: []string{"day", "pm25"}}, true, nil
}

func (a asking) Then(tx *database.Tx, who permit.Actor, k application.Kind, p application.Pin) (application.Ask, error) {
	ask, _, err := a.Now(tx, who, k, p.Dataset)
	return ask, err
}

type open struct{}

func (open) Seal(plain, _ string) string         { return plain }
func (open) Open(text, _ string) (string, error) { return text, nil }
func (h *house) Book() terms.Book                { return h.book }
func (h *house) now() workday.Date               { return workday.Of(h.clock.Now()) }
func (h *house) at(t time.Time)                  { h.clock.Advance(t.Sub(h.clock.Now())) }
func (h *house) must(err error)                  { h.Helper(); h.no("", err) }
func (h *house) write(do func(tx *database.Tx) error) {
	h.Helper()
	h.must(h.db.Write(h.Context(), do))
}
func (h *house) no(what string, err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("%s: %v", what, err)
	}
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t, clock: clock.At(time.Date(2025, 1, 2, 2, 0, 0, 0, time.UTC)), heard: map[string]bool{}}
	h.know(years()...)
	var err error
	h.db, err = database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: h.clock,
		Migrations: []fs.FS{ledger.Migrations, queue.Migrations, material.Migrations, notice.Migrations, application.Migrations, review.Migrations}})
	h.must(err)
	t.Cleanup(func() { h.db.Close() })
	shelf, err := disk.Open(t.TempDir())
	h.must(err)
	words, err := locale.Load(application.Messages, review.Messages, notice.Messages)
	h.must(err)
	ids := id.New(h.clock)
	h.notices = notice.New(notice.Tools{DB: h.db, Clock: h.clock, IDs: ids, Words: words, Kinds: slices.Concat(application.Told, review.Told), Box: open{},
		Contact: func(*database.Tx, string) (string, locale.Lang, error) { return "", "", nil }})
	h.applications = application.New(application.Tools{DB: h.db, Clock: h.clock, IDs: ids, Box: open{}, Book: h.Book,
		Materials: material.New(h.db, h.clock, ids, shelf), Notices: h.notices, Asking: asking{}, People: known{}})
	h.orders = review.New(review.Tools{DB: h.db, Clock: h.clock, IDs: ids, Book: h.Book, Notices: h.notices, Applications: h.applications, People: known{}})
	h.applications.Orders = h.orders
	return h
}

// years are the notices of the two years in which the stories play.
func years() (all []workday.Notice) {
	for _, y := range []int{2025, 2026} {
		n, ok := workday.StateCouncil().Notice(y)
		if !ok {
			panic("no notice of the year")
		}
		all = append(all, n)
	}
	return all
}

// know sets the calendar.
func (h *house) know(notices ...workday.Notice) {
	h.Helper()
	c, err := workday.New(notices...)
	h.must(err)
	named, err := calendar.Delivered()
	h.must(err)
	var all []terms.Term
	for _, n := range named {
		all = append(all, n.Term)
	}
	h.book, err = terms.New(c, all...)
	h.must(err)
}

func content(datasets ...string) application.Content {
	c := application.Content{
		Scenario: application.Scenario{Code: "health", Title: "哮喘提醒", Purpose: "按日提醒", Serves: "居民", Benefit: "少发病"},
		Security: application.Security{Measures: "加密", Where: "本市", Access: "两人"},
		Pledge:   application.Pledge{True: true, Cite: true, Report: true, Checks: true},
	}
	for _, d := range datasets {
		c.Datasets = append(c.Datasets, application.Wanted{Dataset: d, Fields: []string{"day", "pm25"}, Mode: "file", Months: 6})
	}
	return c
}

// do has somebody do one step of the case.
func (h *house) do(step string) error {
	ctx := h.Context()
	if step == "submit" && h.caseID == "" {
		v, err := h.applications.Open(ctx, people["applicant"], content("air"))
		h.must(err)
		h.caseID = v.Case.ID
	}
	ask := func(who string, c application.Command) error {
		_, err := h.applications.Do(ctx, people[who], h.caseID, 0, c)
		return err
	}
	switch step {
	case "submit":
		return ask("applicant", application.Submit{})
	case "withdraw":
		return ask("applicant", application.Withdraw{})
	case "take":
		return ask("intake", application.Take{})
	case "accept":
		return errors.Join(ask("intake", application.Take{}), ask("intake", application.Accept{Checked: application.Sections}))
	case "decline":
		return errors.Join(ask("intake", application.Take{}), ask("intake", application.Decline{Faults: []application.Fault{{Item: "scenario", Code: "incomplete"}}, Checked: application.Sections}))
	case "day":
		_, err := h.applications.Today(ctx, permit.Platform)
		_, err2 := h.orders.Today(ctx, permit.Platform)
		return errors.Join(err, err2)
	}
	return h.review(step)
}

func (h *house) review(step string) error {
	ctx, order := h.Context(), h.order()
	ask := func(who string, c review.Command) error {
		_, err := h.orders.Do(ctx, people[who], order.ID, 0, c)
		return err
	}
	verdict := review.Verdict{Dataset: "air", Approve: true, Fields: []string{"day", "pm25"}, Mode: "file", Months: 6}
	switch step {
	case "review":
		return ask("reviewer", review.Take{Free: true})
	case "ask":
		return ask("reviewer", review.Ask{Text: "为何？"})
	case "answer":
		_, err := h.orders.Answer(ctx, people["applicant"], order.ID, review.Answer{Text: "因为"})
		return err
	case "consult":
		return ask("reviewer", review.Consult{Experts: []string{"e1", "e2", "e3"}, Reason: "量大"})
	case "advise":
		return errors.Join(ask("expert-1", review.Opine{Advice: "approve", Opinion: "a"}), ask("expert-2", review.Opine{Advice: "narrow", Opinion: "b"}), ask("expert-3", review.Opine{Advice: "approve", Opinion: "c"}))
	case "propose":
		return ask("reviewer", review.Propose{Verdicts: []review.Verdict{verdict}})
	case "refuse":
		return ask("reviewer", review.Propose{Verdicts: []review.Verdict{{Dataset: "air", Reasons: []review.Reason{{Code: "security", Text: "没有加密"}}, Remedy: "加密"}}})
	case "confirm":
		return ask("lead", review.Confirm{Free: true})
	}
	return fmt.Errorf("nobody knows how to %q", step)
}

// order is the order of the case, as its publisher sees it.
func (h *house) order() review.Order {
	h.Helper()
	page, err := h.orders.Queue(h.Context(), people["reviewer"], "", 10)
	h.must(err)
	done, err := h.orders.Decided(h.Context(), people["reviewer"], "", 10)
	h.must(err)
	for _, b := range append(page.Items, done.Items...) {
		v, err := h.orders.View(h.Context(), people["reviewer"], b.ID)
		h.must(err)
		return v.Order
	}
	h.Fatal("there is no order")
	return review.Order{}
}

// told returns what people were told since it was last asked, as "who kind",
// sorted.
func (h *house) told() (all []string) {
	h.Helper()
	for name, p := range people {
		inbox, err := h.notices.Inbox(h.Context(), p, "", 200)
		h.must(err)
		for _, n := range inbox.Items {
			if !h.heard[n.ID] {
				h.heard[n.ID] = true
				all = append(all, name+" "+n.Kind)
			}
		}
	}
	slices.Sort(all)
	return all
}
