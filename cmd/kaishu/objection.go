package main

import (
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/open/objection"
)

// openObjections wires objections and corrections.
func (p *platform) openObjections(ids *id.Source) {
	p.objections = objection.New(objection.Tools{DB: p.db, Clock: p.clock, IDs: ids, Book: p.calendar.Book, Box: p.accounts.Box, Entries: p.entries, Versions: p.versions,
		Materials: p.casework.materials, Notices: p.casework.notices, Holders: p.accounts, Followers: p.adjustments})
	p.calendar.OnChange("objection", p.objections.Recompute(permit.Platform))
}
