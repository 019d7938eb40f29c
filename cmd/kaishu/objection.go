package main

import (
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/open/objection"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/objectiondesk"
)

// openObjections wires objections and corrections.
func (p *platform) openObjections(ids *id.Source) {
	p.objections = objection.New(objection.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Box: p.accounts.Box, Entries: p.entries, Versions: p.versions,
		Materials: p.casework.materials, Notices: p.casework.notices, Holders: p.accounts, Followers: p.adjustments, Stopped: p.stopped})
	p.calendar.OnChange("objection", p.objections.Recompute(permit.Platform))
}

// objectionPages are the pages of objections.
func (p *platform) objectionPages(look *layout.Layout) *objectiondesk.Pages {
	return objectiondesk.New(objectiondesk.Tools{Objections: p.objections, Entries: p.entries, Versions: p.versions, Organisations: p.organisations, Layout: look})
}
