// Package directorydesk is the pages of the public-data catalogue: its sources
// and what each import changed, its resources, the hooks of the open list, and
// those that are broken.
//
// Regulation: Article 9, third paragraph; Article 10, items 3 and 4.
//
// Read pages.go, then hook.go and sources.go.
package directorydesk
