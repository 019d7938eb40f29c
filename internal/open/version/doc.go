// Package version is the versions of a dataset: a publisher's file becomes an
// immutable table, the table is staged with files for every taste, and a
// second person releases it.
//
// Regulation: Articles 3(2), 9(3), 9(5), 16(1); state machine SM-08.
//
// Read rules.go, then service.go, then jobs.go. Owns the table
// "dataset_version".
package version
