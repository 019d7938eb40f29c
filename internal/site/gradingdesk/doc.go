// Package gradingdesk is the pages of grading: what waits for whom, the sheet
// that a grader fills in with what the platform suggests, what a checker sees
// before he confirms or rejects, evidence, the profile in force for everybody,
// and what a new version of it would change.
//
// Regulation: Articles 13 to 15.
//
// Read pages.go, then sheet.go (to fill in), show.go (to check) and profile.go
// (the profile).
package gradingdesk
