// Package quality is the checks that a version passes before it is released:
// blanks, declared keys, repeats, codes, and direct identifiers of persons.
//
// Regulation: Article 16(1); requirements A16.2, state machine SM-08. What a
// check finds is a version.Finding: it holds the version until a second person
// waives it, is only noted, or, a direct identifier in data that is open to
// all, may not be waived at all.
//
// Read service.go, then one file per check: nulls.go, key.go, repeats.go,
// codes.go, identifiers.go. What an identifier is, and when a column of them
// counts, stands in base/identifier. Owns no tables.
package quality
