package main

import (
	"kaishu/internal/base/id"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/quality"
	"kaishu/internal/site/assessmentdesk"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/qualitydesk"
)

// openAssessments wires the quality rules of datasets. They stand between a
// version and the checks that every version passes: what those find comes
// first.
func (p *platform) openAssessments(ids *id.Source) {
	p.assessments = assessment.New(assessment.Tools{DB: p.db, Clock: p.clock, IDs: ids, Entries: p.entries, Versions: p.versions,
		Checks:  quality.New(quality.Tools{Clock: p.clock, Entries: p.entries, Shelf: p.shelf, Engine: p.engine}),
		Notices: p.casework.notices, Holders: p.accounts})
	p.versions.Checks = p.assessments
}

// assessmentPages are the pages of quality rules.
func (p *platform) assessmentPages(look *layout.Layout) *assessmentdesk.Pages {
	return assessmentdesk.New(assessmentdesk.Tools{Assessments: p.assessments, Door: p.door, Layout: look})
}

// qualityLinks are what those who look after quality find in the header.
func qualityLinks(c *web.Context, link func(name, word string, count int)) {
	if qualitydesk.May(c.Actor) {
		link("qualitydesk.desk", "qualitydesk.title", 0)
	}
	if assessmentdesk.May(c.Actor) {
		link("assessmentdesk.desk", "assessmentdesk.title", 0)
	}
}
