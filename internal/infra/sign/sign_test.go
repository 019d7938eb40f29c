package sign

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsSealedVerifies(t *testing.T) {
	dir := t.TempDir()
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	const text = "编号：XY-2026-000001\n"
	seal, err := k.Seal(text)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, rest := pem.Decode([]byte(k.Public()))
	onlySM2 := string(rest)
	spoilt := func(text string) string {
		raw, _ := base64.StdEncoding.DecodeString(text)
		raw[len(raw)-1] ^= 1
		return base64.StdEncoding.EncodeToString(raw)
	}
	for name, tt := range map[string]struct {
		public, text string
		seal         Seal
		want         error
	}{
		"as sealed":                {k.Public(), text, seal, nil},
		"by one key only":          {string(pem.EncodeToMemory(first)), text, Seal{Ed25519: seal.Ed25519}, nil},
		"another text":             {k.Public(), text + " ", seal, ErrEd25519},
		"another key":              {other.Public(), text, seal, ErrEd25519},
		"a spoilt seal":            {k.Public(), text, Seal{spoilt(seal.Ed25519), seal.SM2}, ErrEd25519},
		"a spoilt second seal":     {k.Public(), text, Seal{seal.Ed25519, spoilt(seal.SM2)}, ErrSM2},
		"without the second seal":  {k.Public(), text, Seal{seal.Ed25519, ""}, ErrSM2},
		"without the first key":    {onlySM2, text, seal, ErrNoKey},
		"with no key":              {"", text, seal, ErrNoKey},
		"second seal of other key": {strings.Replace(k.Public(), onlySM2, "", 1) + strings.SplitAfterN(other.Public(), "-----END PUBLIC KEY-----\n", 2)[1], text, seal, ErrSM2},
	} {
		if err := Verify(tt.public, tt.text, tt.seal); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	again, err := Open(dir)
	if err != nil || again.Public() != k.Public() {
		t.Errorf("opened again it has other keys: %v", err)
	}
	mine, err := Fingerprint(k.Public())
	if theirs, _ := Fingerprint(other.Public()); err != nil || len(mine) != 64 || mine == theirs {
		t.Errorf("fingerprints %q and %q, %v", mine, theirs, err)
	}
}

func TestKeysAreForTheirOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{edFile, smFile} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
		os.Chmod(path, 0o644)
		if _, err := Open(dir); err == nil {
			t.Errorf("%s may be read by others", name)
		}
		os.Chmod(path, 0o600)
	}
	ed, err := os.ReadFile(filepath.Join(dir, edFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "no key", string(ed)} {
		os.WriteFile(filepath.Join(dir, smFile), []byte(bad), 0o600)
		if _, err := Open(dir); err == nil {
			t.Errorf("%.20q is taken for a key of SM2", bad)
		}
	}
}
