// Package draft keeps what somebody has typed and not yet handed in, so that
// it survives a closed laptop and is there on the next machine. A draft is its
// author's own and nobody else's; it is no act and leaves no trace in the
// ledger.
//
// Regulation: Article 25(1) and (3); requirements A.11 F1 and F3.
//
// Read rules.go, then service.go. Owns the table "draft".
package draft
