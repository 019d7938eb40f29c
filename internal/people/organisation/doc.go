// Package organisation is the bodies of the city: opening bodies (数据开放主体),
// the centre, the competent authority, their place in the city's tree of
// districts, how they come to use the platform (SM-24) and how to reach them;
// and the enterprises and unincorporated organisations that use its data.
//
// Regulation: Articles 3 and 5. Names are data, since who is the authority
// has changed before. The sixteen districts (districts.json) are those of the
// national division codes.
//
// Read rules.go, then service.go. Owns the table "organisation".
package organisation
