package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// boxKeyBytes is the length of the key file: a key of AES-256.
const boxKeyBytes = 32

// sealed marks what this box wrote; another scheme would have another mark.
const sealed = "box1."

// Box seals small secrets, such as those of authenticators, so that a copy of
// the database alone does not give them away. It may be shared between
// goroutines.
type Box struct{ aead cipher.AEAD }

// OpenBox returns the box whose key is the file at path: 32 random bytes. If
// there is no such file it is made, readable by its owner only, and complete
// from its first moment; two processes that start together get one key. It
// fails when the file has another length, or when others may read it.
//
// The key belongs in the backup, but not beside the database's.
func OpenBox(path string) (*Box, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open key of the box: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("open key of the box: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("open key of the box: %w", err)
	}
	return &Box{aead}, nil
}

// Seal returns plain as text that only Open with the same aad can read. aad
// says what the secret belongs to, e.g. "totp/" and the account's id: a sealed
// text that is moved to another row does not open there.
func (b *Box) Seal(plain, aad string) string {
	return sealed + base64.RawURLEncoding.EncodeToString(b.aead.Seal(nil, nil, []byte(plain), []byte(aad)))
}

// Open returns what was sealed. It fails when text was not sealed by this box
// with this aad, whole.
func (b *Box) Open(text, aad string) (string, error) {
	rest, found := strings.CutPrefix(text, sealed)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if !found || err != nil {
		return "", errors.New("open sealed secret: this is no sealed text")
	}
	plain, err := b.aead.Open(nil, nil, raw, []byte(aad))
	if err != nil {
		return "", fmt.Errorf("open sealed secret: %w", err)
	}
	return string(plain), nil
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s is %s: it must be a file that only its owner may read (chmod 600)", path, mode)
	}
	if info.Size() != boxKeyBytes {
		return nil, fmt.Errorf("%s has %d bytes, want %d", path, info.Size(), boxKeyBytes)
	}
	return os.ReadFile(path)
}

// makeKey writes a new key beside path and links it there, which fails if
// somebody else was first; then theirs is the key.
func makeKey(path string) error {
	key := make([]byte, boxKeyBytes)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(key)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
