// Package codelist keeps the lists of codes that cases and entries use: data
// domains, update frequencies, reasons of returns and recalls. They are data,
// each code with the days between which it may be used; a code that was ever
// used is ended, never deleted, so that what carries it keeps its words.
//
// Regulation: Articles 9 and 11 name what the lists are for. The codes that
// the platform is delivered with are files of the packages that use them.
//
// Read rules.go, then service.go. Owns the table "codelist_entry".
package codelist
