// Package intakedesk is where the centre checks whether an application is
// complete: the queue by last day, the checklist made from the materials, all
// that is missing told at once, and the authority's consent to a late reason.
//
// Regulation: Article 19, first paragraph.
//
// Read pages.go, then case.go.
package intakedesk
