package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// RecoveryCodes is how many recovery codes a person gets at a time.
const RecoveryCodes = 10

// recoveryLength is the number of characters of one code: 50 random bits.
const recoveryLength = 10

// recovery32 has no i, l, o and u: what is easily misread is left out, and
// read as the digit that it resembles when somebody types it all the same.
var recovery32 = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewRecoveryCodes returns ten codes in two groups of five, to be shown once,
// and their hashes in the same order, to be stored.
func NewRecoveryCodes() (codes, hashes []string, err error) {
	for range RecoveryCodes {
		raw := make([]byte, 7) // 56 bits, of which 50 are shown
		if _, err := rand.Read(raw); err != nil {
			return nil, nil, fmt.Errorf("draw recovery code: %w", err)
		}
		text := recovery32.EncodeToString(raw)[:recoveryLength]
		codes = append(codes, text[:5]+"-"+text[5:])
		hashes = append(hashes, HashRecovery(text))
	}
	return codes, hashes, nil
}

// HashRecovery returns the SHA-256 of a recovery code in hex. The codes are
// random, so nobody guesses one at a page that bounds attempts. 50 bits can be
// searched by whoever holds a copy of the hashes: store them sealed, see [Box].
// Case, blanks, hyphens and full width do not matter, nor do letters that are
// not in the alphabet and look like a digit of it (o, i, l).
func HashRecovery(entry string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r):
			return -1
		case r == 'o':
			return '0'
		case r == 'i' || r == 'l':
			return '1'
		}
		return r
	}, strings.ToLower(norm.NFKC.String(entry)))
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:])
}
