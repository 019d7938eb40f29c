package main

import (
	"context"
	"path/filepath"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/feed"
	"kaishu/internal/infra/sign"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/people/account"
	"kaishu/internal/site/apply"
	"kaishu/internal/site/decisions"
	"kaishu/internal/site/layout"
)

// openApplications wires the way from an application to its decision. The two
// know each other by what each is to do: an accepted application is handed
// over, a decided one concluded.
func (p *platform) openApplications(ids *id.Source) {
	who := application.Known{Accounts: p.accounts, Organisations: p.organisations, Rules: p.rules}
	p.applications = application.New(application.Tools{DB: p.db, Clock: p.clock, IDs: ids, Box: p.accounts.Box, Book: p.calendar.Book,
		Materials: p.casework.materials, Notices: p.casework.notices, People: who,
		Asking: application.Conditions{Entries: p.entries, Conditions: p.conditions}})
	p.reviews = review.New(review.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Notices: p.casework.notices,
		Applications: p.applications, People: who})
	p.applications.Orders = p.reviews
	p.calendar.OnChange("application", p.applications.Recompute(permit.Platform))
	p.calendar.OnChange("review", p.reviews.Recompute(permit.Platform))
}

// openAgreements wires the agreements that follow a decision. The platform's
// signing keys stand beside the key of the box, apart from the database.
func (p *platform) openAgreements() error {
	keys, err := sign.Open(filepath.Join(p.config.Data, "secrets"))
	if err != nil {
		return err
	}
	p.agreements, err = agreement.New(agreement.Tools{DB: p.db, Clock: p.clock, Book: p.calendar.Book, Box: p.accounts.Box, Keys: keys, Notices: p.casework.notices,
		Applications: p.applications, Reviews: p.reviews, Entries: p.entries, Organisations: p.organisations,
		People: application.Known{Accounts: p.accounts, Organisations: p.organisations, Rules: p.rules}, Prover: p.accounts})
	if err != nil {
		return err
	}
	p.calendar.OnChange("agreement", p.agreements.Recompute(permit.Platform))
	return nil
}

// applyPages are the applicant's pages.
func (p *platform) applyPages(look *layout.Layout) *apply.Pages {
	return apply.New(apply.Tools{Applications: p.applications, Reviews: p.reviews, Entries: p.entries, Conditions: p.conditions, Organisations: p.organisations, Layout: look})
}

// decisionPages are the letters, the figures, the workflow and the deadlines.
func (p *platform) decisionPages(look *layout.Layout, shown *apply.Pages) *decisions.Pages {
	return decisions.New(decisions.Tools{Applications: p.applications, Reviews: p.reviews, Organisations: p.organisations, Calendar: p.calendar,
		Feeds: feed.New(p.db, p.clock), Clock: p.clock, Shown: shown, Layout: look, Actor: p.reader})
}

// reader is whoever subscribed to his deadlines, as long as his account takes
// part.
func (p *platform) reader(ctx context.Context, id string) (permit.Actor, error) {
	who, err := p.actor(ctx, id)
	if err != nil {
		return who, err
	}
	stage, err := p.accounts.StageOf(ctx, who)
	if err == nil && stage != account.StageActive && stage != account.StageVerified && stage != account.StageContact {
		err = problem.New(problem.NotFound, "web.nothing_here")
	}
	return who, err
}

// begin has the days of the cases come.
func (p *platform) begin(ctx context.Context) error {
	if err := p.applications.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.gradings.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.directory.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.timeliness.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.assessments.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.adjustments.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.objections.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.complaints.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.yearly.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.agreements.Begin(ctx, permit.Platform); err != nil {
		return err
	}
	return p.reviews.Begin(ctx, permit.Platform)
}
