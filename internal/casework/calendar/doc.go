// Package calendar keeps what days and periods are counted by: the State
// Council's yearly notices of holidays, beyond those that are built into
// base/workday, and the terms, each with the days between which it is in
// force. Both are data that one person enters and another confirms.
//
// Regulation: Article 19 (ten working days) and Article 39 (validity); the
// Civil Code, Articles 201 to 203, says how periods run. A notice that moves
// days moves open due days: packages that keep some register with
// [Service.OnChange] and are asked to count again.
//
// Read rules.go, terms.go, paste.go, then service.go. Owns the tables
// "calendar_notice", "calendar_term" and "calendar_recomputed".
package calendar
