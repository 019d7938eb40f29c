// Package sign holds the platform's signing keys, one of Ed25519 (RFC 8032) and
// one of SM2 (GB/T 32918), and seals texts with both: what the platform has
// signed can be verified by anybody who has its public keys, without it.
//
// Read Open, Keys.Seal and Verify.
package sign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// Keys are the platform's two signing keys. They may be shared between
// goroutines.
type Keys struct {
	ed     ed25519.PrivateKey
	sm     *sm2.PrivateKey
	public []byte
}

// Seal is the platform's signature of a text by both keys, in base64.
type Seal struct {
	Ed25519 string `json:"ed25519"`
	SM2     string `json:"sm2"` // of SM3 with the usual identity, ASN.1
}

const (
	edFile = "signing-ed25519.pem"
	smFile = "signing-sm2.pem"
)

// Open returns the keys in the folder dir: PKCS #8 in PEM, readable by their
// owner only. A key that is not there is made. It fails when others may read
// one. The keys belong in the backup; with another key, what was sealed before
// is verified by the public key of its day, which stands in each copy.
func Open(dir string) (*Keys, error) {
	ed, err := open(filepath.Join(dir, edFile), func() (any, error) {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	})
	if err != nil {
		return nil, err
	}
	sm, err := open(filepath.Join(dir, smFile), func() (any, error) { return sm2.GenerateKey(rand.Reader) })
	if err != nil {
		return nil, err
	}
	k := &Keys{}
	var ok, also bool
	k.ed, ok = ed.(ed25519.PrivateKey)
	k.sm, also = sm.(*sm2.PrivateKey)
	if !ok || !also {
		return nil, fmt.Errorf("open signing keys in %s: a file holds a key of another kind", dir)
	}
	var b bytes.Buffer
	for _, public := range []any{k.ed.Public(), &k.sm.PublicKey} {
		der, err := smx509.MarshalPKIXPublicKey(public)
		if err == nil {
			err = pem.Encode(&b, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
		}
		if err != nil {
			return nil, fmt.Errorf("write public keys: %w", err)
		}
	}
	k.public = b.Bytes()
	return k, nil
}

// open reads the key at path, which it makes if there is none.
func open(path string, fresh func() (any, error)) (key any, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := keep(path, fresh); err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open signing key: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("open signing key: %s is %s: it must be a file that only its owner may read (chmod 600)", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open signing key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("open signing key: %s holds no PEM", path)
	}
	if key, err = smx509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("open signing key %s: %w", path, err)
	}
	return key, nil
}

// keep writes a new key beside path and links it there: if somebody else was
// first, theirs is the key.
func keep(path string, fresh func() (any, error)) error {
	key, err := fresh()
	if err != nil {
		return err
	}
	der, err := smx509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Public returns the public keys, PKIX in PEM, that of Ed25519 first.
func (k *Keys) Public() string { return string(k.public) }

// Seal signs message with both keys.
func (k *Keys) Seal(message string) (s Seal, err error) {
	second, err := k.sm.SignWithSM2(rand.Reader, nil, []byte(message))
	if err != nil {
		return s, fmt.Errorf("sign by SM2: %w", err)
	}
	return Seal{Ed25519: base64.StdEncoding.EncodeToString(ed25519.Sign(k.ed, []byte(message))), SM2: base64.StdEncoding.EncodeToString(second)}, nil
}

// The ways in which a seal fails.
var (
	ErrNoKey   = errors.New("there is no public key of Ed25519")
	ErrEd25519 = errors.New("the Ed25519 signature is not of this text by this key")
	ErrSM2     = errors.New("the SM2 signature is not of this text by this key")
)

// Verify returns nil if s is the seal of message by the keys in public, as
// [Keys.Public] writes them. A public key of SM2 may be missing; then its
// signature is not looked at.
func Verify(public, message string, s Seal) error {
	ed, sm, err := read(public)
	if err != nil {
		return err
	}
	first, err := base64.StdEncoding.Strict().DecodeString(s.Ed25519)
	if err != nil || !ed25519.Verify(ed, []byte(message), first) {
		return ErrEd25519
	}
	if sm == nil {
		return nil
	}
	second, err := base64.StdEncoding.Strict().DecodeString(s.SM2)
	if err != nil || !sm2.VerifyASN1WithSM2(sm, nil, []byte(message), second) {
		return ErrSM2
	}
	return nil
}

// Fingerprint returns the SHA-256 of the Ed25519 key in public, in hexadecimal,
// as people compare it.
func Fingerprint(public string) (string, error) {
	ed, _, err := read(public)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(ed)
	if err != nil {
		return "", fmt.Errorf("write public key: %w", err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), nil
}

// read takes the first key of each kind.
func read(public string) (ed ed25519.PublicKey, sm *ecdsa.PublicKey, err error) {
	for rest := []byte(public); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		key, err := smx509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("read public key: %w", err)
		}
		switch key := key.(type) {
		case ed25519.PublicKey:
			if ed == nil {
				ed = key
			}
		case *ecdsa.PublicKey:
			if sm == nil && key.Curve == sm2.P256() {
				sm = key
			}
		}
	}
	if ed == nil {
		return nil, nil, ErrNoKey
	}
	return ed, sm, nil
}
