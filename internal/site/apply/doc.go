// Package apply is the applicant's side of an application for conditional
// data: the list of one's own, the task list with its steps, and the case file
// once it is handed in.
//
// Regulation: Articles 18 and 19.
//
// Read pages.go, then draft.go (the form), steps.go and case.go (the file).
package apply
