// Package rightsclaim is how anybody whose privacy, trade secrets or other
// rights are hurt by what is opened, or by how it is used, has it stopped
// (权益保护): a complaint with evidence and without an account, one act that
// suspends the opening, verification, and a result with its report: the data is
// withdrawn, the opening goes on, or the data is processed and opened again.
// Data users are told when the opening stops, and to delete what is withdrawn.
//
// Regulation: Article 31; requirements A31.1 to A31.3, state machine SM-16.
//
// What a complainant writes and how he can be reached stands in a table of its
// own, sealed, and is erased after a term; no event holds any of it. Data users
// never read it.
//
// Read rules_case.go, then rules.go, events.go, service.go, result.go,
// author.go, view.go, follow.go (days and notices). Owns the tables rightsclaim
// and rightsclaim_author.
package rightsclaim
