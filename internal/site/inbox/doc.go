// Package inbox is the pages on which a person reads what he was told, and
// chooses how else he wants to be told.
//
// Read inbox.go, then settings.go.
package inbox
