// Package adjustment is the work orders by which the open list changes
// (清单调整工单): an entry is listed, changed, made static or withdrawn only by
// an order with its difference and its reason, handed in by the publisher's
// lead and accepted by the centre.
//
// Regulation: Articles 10 and 11; requirements A10.2, A11, state machine SM-06,
// hard gates 2 to 6.
//
// Read rules.go, then events.go, world.go (what the gates are told of the
// world), service.go, view.go, follow.go (days and notices). Owns the table
// adjustment.
package adjustment
