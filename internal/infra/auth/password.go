package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// cost is what one hash takes.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// present follows OWASP's sheet on storing passwords: argon2id, 19 MiB, two
// passes, one lane. A stored hash of any other cost is to be made again, so
// that every check, that of an unknown account too, costs the same.
var present = cost{memory: 19 * 1024, passes: 2, lanes: 1}

const (
	saltBytes = 16
	keyBytes  = 32
)

// The bounds within which a stored hash is believed: a hash that was tampered
// with must not be able to exhaust the memory.
const (
	mostMemory = 64 * 1024 // KiB
	mostPasses = 16
	mostLanes  = 16
)

// Passwords hashes and checks passwords, a bounded number at a time. It may be
// shared between goroutines.
type Passwords struct{ gate chan struct{} }

// NewPasswords returns a keeper that works on at most atOnce passwords at a
// time (one if atOnce is less), about 19 MiB each; the rest wait their turn.
func NewPasswords(atOnce int) *Passwords {
	return &Passwords{gate: make(chan struct{}, max(atOnce, 1))}
}

// Hash returns the PHC string of password, with a salt of its own, about 97
// bytes of ASCII. It fails only when ctx ends before its turn comes.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	key, err := p.derive(ctx, password, salt, present, keyBytes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, present, text64.EncodeToString(salt), text64.EncodeToString(key)), nil
}

// Verify reports whether password is that of hash. again says that the hash
// was made at another cost than today's: after a right password, the caller
// hashes it anew. It fails when hash is not a PHC string of argon2id, or when
// ctx ends before its turn comes.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (ok, again bool, err error) {
	made, salt, want, err := parse(hash)
	if err != nil {
		return false, false, err
	}
	key, err := p.derive(ctx, password, salt, made, uint32(len(want)))
	if err != nil {
		return false, false, err
	}
	again = made != present || len(salt) < saltBytes || len(want) < keyBytes
	return subtle.ConstantTimeCompare(key, want) == 1, again, nil
}

// Dummy does the work of a Verify and forgets it. A sign-in to an account that
// does not exist calls it, so that its answer takes as long as any other.
func (p *Passwords) Dummy(ctx context.Context, password string) error {
	_, err := p.derive(ctx, password, make([]byte, saltBytes), present, keyBytes)
	return err
}

// derive waits for its turn and works. The password is composed (NFC) first,
// so that it is the same from every keyboard.
func (p *Passwords) derive(ctx context.Context, password string, salt []byte, c cost, size uint32) ([]byte, error) {
	select {
	case p.gate <- struct{}{}:
		defer func() { <-p.gate }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn to hash: %w", ctx.Err())
	}
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, c.passes, c.memory, c.lanes, size), nil
}

// text64 is the base64 of PHC strings: the standard alphabet, no padding.
var text64 = base64.RawStdEncoding.Strict()

// String writes c as PHC strings do.
func (c cost) String() string { return fmt.Sprintf("m=%d,t=%d,p=%d", c.memory, c.passes, c.lanes) }

var errHash = errors.New("read password hash: not a PHC string of argon2id within our bounds")

// parse takes a PHC string apart. The error never shows the hash.
func parse(hash string) (c cost, salt, key []byte, err error) {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil || c.String() != part[3] {
		return c, nil, nil, errHash
	}
	salt, saltErr := text64.DecodeString(part[4])
	key, keyErr := text64.DecodeString(part[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return c, nil, nil, errHash
	}
	if c.memory < 8*uint32(c.lanes) || c.memory > mostMemory || c.passes < 1 || c.passes > mostPasses || c.lanes < 1 || c.lanes > mostLanes {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
