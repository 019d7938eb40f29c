package main

import (
	"context"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/rightsdesk"
	"kaishu/internal/use/rightsclaim"
)

// openComplaints wires rights protection: complaints, suspension, results. Who
// has the data is, for now, who was granted an application.
func (p *platform) openComplaints(ids *id.Source) {
	p.complaints = rightsclaim.New(rightsclaim.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Box: p.accounts.Box, Entries: p.entries, Gradings: p.gradings,
		Versions: p.versions, Orders: p.adjustments, Materials: p.casework.materials, Notices: p.casework.notices, Holders: p.accounts, Users: p.dataUsers, Stopped: p.stopped})
	p.calendar.OnChange("rightsclaim", p.complaints.Recompute(permit.Platform))
}

// stopped ends every read of a dataset that is under way.
func (p *platform) stopped(ctx context.Context, dataset string) error {
	return p.door.Stop(ctx, permit.Platform, dataset)
}

// dataUsers are those who were granted a dataset.
func (p *platform) dataUsers(tx *database.Tx, dataset string) (all []rightsclaim.User, err error) {
	granted, err := p.reviews.GrantedTx(tx, permit.Platform, dataset)
	for _, a := range granted {
		all = append(all, rightsclaim.User{ID: a.ID, Number: a.Number, Account: a.Account, Organisation: a.Organisation})
	}
	return all, err
}

// complaintPages are the pages of rights protection.
func (p *platform) complaintPages(look *layout.Layout) *rightsdesk.Pages {
	return rightsdesk.New(rightsdesk.Tools{Complaints: p.complaints, Entries: p.entries, Organisations: p.organisations, Layout: look})
}
