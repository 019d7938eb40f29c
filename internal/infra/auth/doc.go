// Package auth is the machinery by which somebody proves who they are:
// passwords (argon2id), one-time codes of an authenticator app (RFC 6238),
// recovery codes, sign-in by another house's OpenID provider, and the box that
// seals small secrets at rest. It keeps nothing and knows no account: callers
// store what it returns and bring it back.
//
// Read password.go, rule.go, totp.go, recovery.go, box.go,
// provider.go, signin.go.
package auth

import "embed"

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS
