// Package account is who acts: accounts, the memberships in which they act and
// the roles these give, and the ways in which somebody proves to be the holder
// of an account: password, one-time code, another house's sign-in, token.
//
// Two realms stay apart: the public (persons and members of organisations) and
// the back office. Of three administrators, who are three people, one enters
// accounts, one grants roles, one reads what happened (三员分立).
//
// Regulation: Articles 5, 25(5), 26 and 36; requirements A.8, state machine
// SM-24. Names, addresses and credentials stand in rows and can be erased; the
// ledger knows ids, roles and stages only.
//
// Read rules.go, events.go, secrets.go, then service.go and enter.go. Owns the
// tables "account", "membership", "account_act", "attempt", "ticket",
// "sign_in", "token" and "identity".
package account
