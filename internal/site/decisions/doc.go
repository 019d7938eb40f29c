// Package decisions shows what everybody, or everybody concerned, may know of
// the decisions on applications: the letter of each, the public figures, the
// workflow as its table says it, and a calendar of one's deadlines.
//
// Regulation: Article 19.
//
// Read pages.go, then letter.go, figures.go, workflow.go and calendar.go.
package decisions
