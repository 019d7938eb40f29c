// Package organisation is the bodies of the city: opening bodies (数据开放主体),
// the centre, the competent authority, and their place in the city's tree.
//
// Regulation: Articles 3 and 5. Names are data, since who is the authority
// has changed before.
//
// Read rules.go, then service.go. Owns the table "organisation".
package organisation
