// Package feed is the secret address at which a person's deadlines can be read
// by a calendar, which cannot sign in. It can be ended at any time, and gives
// nothing but days and numbers of cases.
//
// Read service.go. Owns the table "feed".
package feed
