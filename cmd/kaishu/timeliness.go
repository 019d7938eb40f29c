package main

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/record"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/qualitydesk"
)

// openTimeliness wires the watch over the open list: whether updates come in
// time, and which datasets are of little use. Who used what is in the record.
func (p *platform) openTimeliness() {
	p.timeliness = timeliness.New(timeliness.Tools{DB: p.db, Clock: p.clock, Entries: p.entries, Versions: p.versions, Organisations: p.organisations,
		Notices: p.casework.notices, Holders: p.accounts, Usage: p.usage})
}

func (p *platform) usage(ctx context.Context, _ permit.Actor, since workday.Date) (all map[string]int64, known bool, err error) {
	err = p.db.Read(ctx, func(tx *database.Tx) error {
		all, known, err = record.Since(tx, since)
		return err
	})
	return all, known, err
}

// qualityPages are the pages of timeliness and of problems of datasets.
func (p *platform) qualityPages(look *layout.Layout) *qualitydesk.Pages {
	return qualitydesk.New(qualitydesk.Tools{Timeliness: p.timeliness, Entries: p.entries, Layout: look})
}
