// Package openlist is the open list (开放清单): one entry per dataset that the
// city has decided to open, with what Article 9 asks an entry to say.
//
// Regulation: Articles 9, 14 and 31; state machine SM-05. Before an entry is
// listed or changed it passes the gates of Articles 9 to 22; an entry that was
// taken over from a list published before keeps its faults until an order
// changes it. What is on the list changes by the work orders of package
// adjustment alone.
//
// Read rules.go, rules_entry.go (what an entry says), rules_gates.go and
// rules_words.go (what is demanded of it), then service.go. Owns the table "openlist_entry".
package openlist
