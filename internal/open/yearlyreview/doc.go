// Package yearlyreview is the yearly look of every publisher over what it has
// opened and what it has not (年度评估): one task a year, one decision for each
// entry of the open list and for each resource of the public-data catalogue
// that nothing is opened from, with what the platform knows of it beside it.
// The list itself changes by work orders alone, which the decisions begin.
//
// Regulation: Article 10; requirements A10.1 to A10.3, state machine SM-20,
// hard gate 6. The days are data with dates: days.json.
//
// Read rules.go, rules_item.go, rules_decide.go, events.go, then service.go,
// evidence.go, bulk.go, orders.go, view.go, result.go, follow.go (days and
// notices). Owns the tables yearlyreview and yearlyreview_item.
package yearlyreview
