package main

import (
	"context"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/yearlydesk"
)

// openYearly wires the yearly review. What others know of an entry they tell by
// its functions.
func (p *platform) openYearly(ids *id.Source) {
	p.yearly = yearlyreview.New(yearlyreview.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Entries: p.entries, Versions: p.versions, Gradings: p.gradings,
		Directory: p.directory, Orders: p.adjustments, Organisations: p.organisations, Notices: p.casework.notices, Holders: p.accounts,
		Know: yearlyreview.Know{
			Timeliness: func(codes openlist.Codes, e openlist.Entry, updated, today workday.Date) (string, int) {
				x := timeliness.Of(codes, e, updated, today)
				return string(x.Class), x.DaysLate
			},
			Reads: p.usage,
			Requests: func(ctx context.Context, who permit.Actor, slug string) (int, error) {
				x, err := p.reviews.Usual(ctx, who, slug)
				return x.Decided, err
			},
			Objections: p.openObjectionsTo,
		}})
	p.calendar.OnChange("yearlyreview", p.yearly.Recompute(permit.Platform))
}

// openObjectionsTo counts the objections to a dataset that nobody has closed, as
// far as they were found to be in scope.
func (p *platform) openObjectionsTo(ctx context.Context, who permit.Actor, slug string) (n int, err error) {
	x, err := p.objections.List(ctx, who, slug, "", 200)
	for _, o := range x.Items {
		if o.Turn != "" {
			n++
		}
	}
	return n, err
}

// yearlyPages are the pages of the yearly review.
func (p *platform) yearlyPages(look *layout.Layout) *yearlydesk.Pages {
	return yearlydesk.New(yearlydesk.Tools{Reviews: p.yearly, Layout: look})
}
