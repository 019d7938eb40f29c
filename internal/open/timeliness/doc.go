// Package timeliness says whether the open list keeps what it promises: each
// dataset is on time, late or seriously late by its own frequency, its people
// are reminded before and after the day, publishers are ranked in public, and
// datasets that are of little use (missing, fragmented, tiny, stalled, unused)
// are found, each to be mended or kept with a reason and an end.
//
// Regulation: Articles 9(5) and 16; requirements A9.7, A16.1, A16.4, A16.5, the
// flag of SM-05. Figures are data with dates: numbers.json.
//
// Read rules.go, rules_rank.go, rules_finding.go, rules_detect.go and one file
// per detector, then service.go, morning.go, findings.go. Owns the tables
// timeliness and timeliness_finding.
package timeliness
