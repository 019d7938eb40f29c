// Package roster is the members of an organisation that uses data: its
// administrator invites people by e-mail, gives them roles and ends their
// membership. Memberships themselves are kept by people/account; here are the
// invitations.
//
// Regulation: Articles 17 and 18 (natural persons, legal persons and other
// organisations obtain data).
//
// Read rules.go, then service.go. Owns the table "invitation".
package roster
