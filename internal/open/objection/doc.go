// Package objection is how anybody objects to what open data says, and how it
// is corrected (异议与更正): a mark for the public as soon as the objection is
// plausible, tracing and verifying by the publisher under four eyes, a new
// version that corrects, a public reply, and one re-opening.
//
// Regulation: Article 16, first paragraph (1) and second paragraph;
// requirements A16.2 and A16.6, state machine SM-15. Where privacy or a secret
// is at stake the publisher's lead hears at once and may suspend the opening
// (Article 31).
//
// What an objector writes and how he can be reached stands in a table of its
// own, sealed, and is erased after a term; no event holds any of it.
//
// Read rules_case.go, then rules.go, events.go, service.go, author.go, view.go,
// follow.go (days and notices). Owns the tables objection and
// objection_author.
package objection
