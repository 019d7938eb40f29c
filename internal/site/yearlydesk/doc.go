// Package yearlydesk is the pages of the yearly review: for publishers the
// long table in which each entry and each unopened resource is decided, with
// what the platform knows beside it; for the authority how far everybody is;
// and for the public what came of a year.
//
// Regulation: Article 10; requirements A10.1, A10.2. Read yearlydesk.go, then
// review.go, forms.go, result.go.
package yearlydesk
