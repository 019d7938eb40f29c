// Package proof is the proof of who somebody is: the real name of a person
// (实名认证), or that he speaks for an organisation that he registers, with
// copies of documents, decided by an officer of the centre.
//
// Regulation: Articles 5, 18 and 26; the Personal Information Protection Law,
// Articles 6, 19 and 47: only what is needed is asked, it is sealed, and it is
// erased some days after the decision. Events carry no personal data.
//
// Read rules.go and events.go, then service.go. Owns the table
// "proof".
package proof
