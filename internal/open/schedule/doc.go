// Package schedule has the platform fetch a dataset's file by itself: an
// editor says from where and how often, a lead who did not say so confirms,
// and each file that comes is a version like any other: read, checked, and
// released by rule if it fits.
//
// Regulation: Articles 16(1), 16(3) and 25(1).
//
// Read rules.go, service.go, then fetch.go. Owns the table "schedule".
package schedule
