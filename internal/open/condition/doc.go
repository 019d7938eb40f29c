// Package condition is what a conditional entry of the open list asks of
// whoever wants its data: the conditions of opening, the materials that an
// application brings, who may apply and how the data is handed over. A set of
// them has a number; a change is a new set, which takes the place of the old
// one in one act, so that conditions and materials never part.
//
// Regulation: Articles 15 and 18(1); Articles 13(3) and 17 for who reads them:
// everybody, before any login.
//
// Read rules.go and events.go, then service.go. Owns the table
// "condition_set"; template files lie with casework/material.
package condition
