// Package material is what people send as proof in a case: certificates,
// letters, photographs. It lies on a shelf of its own, apart from published
// data, is checked for what it is and for what it hides, and its bytes are
// removed when they are no longer needed; the hash stays.
//
// Regulation: Articles 18 and 26; the Personal Information Protection Law asks
// that nothing is kept longer than needed.
//
// The package knows no cases: who may see a file of which case is for the
// case's own package to say, before it asks here.
//
// Read check.go, pdf.go, picture.go and office.go (what a file may be), then
// service.go, and quarantine.go (files of which the virus scanner has said
// nothing yet).
// Owns the table "material".
package material
