// Package workday counts days and working days (工作日) in Shanghai, by the
// State Council's yearly holiday notices.
//
// It is never silently certain: where a count touches days whose notice is not
// out yet, it takes the plain Monday-to-Friday week and marks the result
// provisional. Article 19(2) gives ten working days; how they run is in the
// Civil Code, Articles 201 to 203.
//
// Read date.go, calendar.go, then statecouncil.go. The notices are data:
// notices.csv has one line per year (number and address where known; 2004 and
// 2005 are without either), days.csv one line per day. Both come from the npm
// package chinese-days 1.5.7 (MIT, see LICENSE.chinese-days), except the two
// numbers: that of 2025 is quoted in the same package's sources, that of 2026
// in several public code repositories. days.csv files each day under its
// calendar year, so days moved at the end of a December by the notice for the
// next year stand under the year before.
package workday
