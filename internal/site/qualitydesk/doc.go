// Package qualitydesk is the pages of timeliness and of problems of datasets:
// for everybody the ranking of publishers and, behind each of its numbers, the
// datasets; for publishers and the centre what is late, what the detectors
// found, and the form that keeps a finding as it is.
//
// Regulation: Articles 9(5) and 16; requirements A16.4, A16.5. Read
// qualitydesk.go, then public.go and findings.go.
package qualitydesk
