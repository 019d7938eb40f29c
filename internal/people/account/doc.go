// Package account is who acts: accounts, their roles and the tokens by which
// programs sign in. Passwords, TOTP and the pages come with the publisher's
// desk; a token already is a person's, never a system's.
//
// Regulation: Articles 5 and 26; requirements A.8.
//
// Read rules.go, then service.go. Owns the tables "account" and "token".
package account
