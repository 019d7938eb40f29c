// Package grading is the classification and grading of data (分级分类): levels
// of its fields, the flags of the law, and from both the opening type, with the
// steps that led to it, the supervision measures and the conditions that fit.
// How levels become a type is data with dates, the profile; a publisher's own
// rules, the overlay, may only tighten it.
//
// Regulation: Articles 13 to 15. The profile that comes with the platform is
// ours; it is never called the city's guide, whose text we do not have.
//
// Read rules.go and events.go (a grading's life), rules_profile.go (what a
// profile holds), rules_derive.go (levels to type), rules_overlay.go,
// rules_sheet.go (what a grader answers), rules_version.go (a profile's life),
// then service.go. Owns the tables "grading", "grading_profile" and
// "grading_overlay".
package grading
