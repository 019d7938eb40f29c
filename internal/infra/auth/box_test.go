package auth

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestBoxOpensWhatItSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "box.key")
	b, err := OpenBox(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"", rfcSecret, strings.Repeat("长", 1000)} {
		text := b.Seal(plain, "totp/a1")
		if plain != "" && strings.Contains(text, plain) || text == b.Seal(plain, "totp/a1") {
			t.Errorf("%q is not sealed, or always the same", text)
		}
		again, err := OpenBox(path) // as after a restart
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open(text, "totp/a1"); err != nil || got != plain {
			t.Errorf("opened %q, %v", got, err)
		}
	}
}

func TestBoxRefusesWhatIsNotItsOwn(t *testing.T) {
	b, err := OpenBox(filepath.Join(t.TempDir(), "box.key"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := OpenBox(filepath.Join(t.TempDir(), "box.key"))
	if err != nil {
		t.Fatal(err)
	}
	text := b.Seal(rfcSecret, "totp/a1")
	if _, err := other.Open(text, "totp/a1"); err == nil {
		t.Error("another key opens it")
	}
	if _, err := b.Open(text, "totp/a2"); err == nil {
		t.Error("it opens in another row")
	}
	for i := range len(text) {
		for _, c := range []string{"", "A", "B", "-"} {
			if changed := text[:i] + c + text[i+1:]; changed != text {
				if got, err := b.Open(changed, "totp/a1"); err == nil {
					t.Fatalf("%q opens as %q", changed, got)
				}
			}
		}
	}
	for _, broken := range []string{"", "box1.", "box1.AAAA", rfcSecret} {
		if _, err := b.Open(broken, "totp/a1"); err == nil {
			t.Errorf("%q opens", broken)
		}
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "box.key")
	if _, err := OpenBox(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || info.Size() != 32 {
		t.Fatalf("%v, %v", info, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v left behind, %v", files, err)
	}
	for name, spoil := range map[string]func(path string) error{
		"short":   func(path string) error { return os.WriteFile(path, make([]byte, 31), 0o600) },
		"long":    func(path string) error { return os.WriteFile(path, make([]byte, 33), 0o600) },
		"empty":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"shared":  func(path string) error { return os.WriteFile(path, make([]byte, 32), 0o640) },
		"public":  func(path string) error { return os.WriteFile(path, make([]byte, 32), 0o604) },
		"folder":  func(path string) error { return os.Mkdir(path, 0o700) },
		"no/path": func(string) error { return nil },
	} {
		path := filepath.Join(dir, name)
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBox(path); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestBoxesThatStartTogetherShareTheKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "box.key")
	boxes := make([]*Box, 16)
	var all sync.WaitGroup
	for i := range boxes {
		all.Go(func() {
			var err error
			if boxes[i], err = OpenBox(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	text := boxes[0].Seal("x", "a")
	for i, b := range boxes {
		if got, err := b.Open(text, "a"); err != nil || got != "x" {
			t.Errorf("box %d: %q, %v", i, got, err)
		}
	}
}
