package main

import (
	"path/filepath"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/listdesk"
)

// openAdjustments wires the work orders by which the open list changes.
func (p *platform) openAdjustments(ids *id.Source) {
	p.adjustments = adjustment.New(adjustment.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Entries: p.entries, Gradings: p.gradings,
		Conditions: p.conditions, Versions: p.versions, Materials: p.casework.materials, Notices: p.casework.notices, Holders: p.accounts, Sources: p.standing})
	p.conditions.WillBe = func(tx *database.Tx, entry string) (bool, error) {
		d, ok, err := p.adjustments.ProposedTx(tx, permit.Platform, entry)
		return ok && d.Opening == openlist.Conditional, err
	}
	p.calendar.OnChange("adjustment", p.adjustments.Recompute(permit.Platform))
}

// listPages are the pages of the open list for those who keep it.
func (p *platform) listPages(look *layout.Layout) *listdesk.Pages {
	return listdesk.New(listdesk.Tools{Orders: p.adjustments, Entries: p.entries, Versions: p.versions, Organisations: p.organisations, Drafts: p.drafts, Layout: look,
		Tables: p.config.worker(), Scratch: filepath.Join(p.config.Data, "scratch")})
}
