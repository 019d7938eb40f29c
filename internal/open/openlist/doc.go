// Package openlist is the open list (开放清单): one entry per dataset that the
// city has decided to open, with what Article 9 asks an entry to say.
//
// Regulation: Articles 9, 14 and 31; state machine SM-05. The gates of
// Articles 9 to 15 that stand before publication, and the work orders of
// Article 11, join the table when their concepts are built.
//
// Read rules.go, then service.go. Owns the table "openlist_entry".
package openlist
