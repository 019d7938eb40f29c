// Package administration is the pages of those who keep the platform in
// order: bodies, calendar, terms, code lists, jobs and storage. Each page has
// its twin in the API, that asks the same service.
//
// Regulation: Articles 3, 5, 11, 19 and 26.
//
// Read rules.go, administration.go, then one page, such as codes.go with
// pages/codes.html. Owns no table.
package administration
