// Package objectstest holds what every store of objects must do (house.md
// B.7).
package objectstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/objects"
)

// Suite runs every test on a new, empty store that open returns.
func Suite(t *testing.T, open func(t *testing.T) objects.Store) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, objects.Store)
	}{
		{"an object is what was put, by its hash", putGet},
		{"the same content is one object, never overwritten", sameContent},
		{"a failed put leaves nothing", failedPut},
		{"a finished file is taken over", adopt},
		{"only plain files are taken over", adoptRefuses},
		{"what is not there is missing", missing},
		{"a removed object is missing", remove},
		{"each names every object once", each},
		{"an altered object is found out", altered},
		{"many may put at once", manyAtOnce},
		{"nothing is kept inside a transaction", insideTransaction},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

func sum(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

func put(t *testing.T, s objects.Store, content string) objects.Info {
	t.Helper()
	info, err := s.Put(t.Context(), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// content returns what the object holds.
func content(t *testing.T, s objects.Store, hash string) string {
	t.Helper()
	path, err := s.Path(hash)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// All returns every object of s: bytes by hash. An object named twice fails
// the test.
func All(t *testing.T, s objects.Store) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	err := s.Each(t.Context(), func(i objects.Info) error {
		if _, ok := all[i.Hash]; ok {
			t.Errorf("object %s is named twice", i.Hash)
		}
		all[i.Hash] = i.Bytes
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func putGet(t *testing.T, s objects.Store) {
	for _, want := range []string{"", "x", "开放数据\x00\xff\n", strings.Repeat("0123456789abcdef", 100_000)} {
		info := put(t, s, want)
		if info.Hash != sum(want) || info.Bytes != int64(len(want)) {
			t.Errorf("%d bytes: got %+v", len(want), info)
		}
		if content(t, s, info.Hash) != want {
			t.Errorf("%d bytes came back altered", len(want))
		}
		if err := s.Verify(t.Context(), info.Hash); err != nil {
			t.Error(err)
		}
	}
}

func sameContent(t *testing.T, s objects.Store) {
	stat := func(hash string) os.FileInfo {
		path, err := s.Path(hash)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := put(t, s, "same")
	before := stat(first.Hash)
	if second := put(t, s, "same"); second != first {
		t.Errorf("%+v, then %+v", first, second)
	}
	path := file(t, "same")
	if third, err := s.Adopt(t.Context(), path); err != nil || third != first {
		t.Errorf("adopted: %+v, %v", third, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the adopted file is still there: %v", err)
	}
	if !os.SameFile(before, stat(first.Hash)) {
		t.Error("the object was overwritten")
	}
	if len(All(t, s)) != 1 {
		t.Errorf("%d objects", len(All(t, s)))
	}
}

var errBroken = errors.New("broken off")

func failedPut(t *testing.T, s objects.Store) {
	half := io.MultiReader(strings.NewReader(strings.Repeat("half", 100_000)), iotestErr{})
	if _, err := s.Put(t.Context(), half); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the reader's own error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader := readerFunc(func(p []byte) (int, error) {
		cancel() // it goes on reading only if nobody looks at the context
		clear(p)
		return len(p), nil
	})
	if _, err := s.Put(ctx, reader); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
	if all := All(t, s); len(all) != 0 {
		t.Errorf("left %v", all)
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errBroken }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// file returns the path of a new file.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func adopt(t *testing.T, s objects.Store) {
	path := file(t, "finished")
	info, err := s.Adopt(t.Context(), path)
	if err != nil || info.Hash != sum("finished") || info.Bytes != 8 {
		t.Fatalf("%+v, %v", info, err)
	}
	if content(t, s, info.Hash) != "finished" {
		t.Error("the content was altered")
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func adoptRefuses(t *testing.T, s objects.Store) {
	target := file(t, "secret")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a link": link, "a folder": t.TempDir(), "nothing": filepath.Join(t.TempDir(), "nothing")} {
		if info, err := s.Adopt(t.Context(), path); err == nil {
			t.Errorf("%s was taken over as %+v", name, info)
		}
	}
	if text, err := os.ReadFile(link); string(text) != "secret" {
		t.Errorf("the link is no longer what it was: %q, %v", text, err)
	}
	if all := All(t, s); len(all) != 0 {
		t.Errorf("left %v", all)
	}
}

func missing(t *testing.T, s objects.Store) {
	put(t, s, "present")
	for _, hash := range []string{sum("absent"), "", "ab", strings.ToUpper(sum("present")), sum("present") + "0", sum("present")[:63],
		"../../../../etc/passwd", sum("present")[:62] + "/.", strings.Repeat(".", 64), "\x00" + sum("present")[1:]} {
		if path, err := s.Path(hash); !errors.Is(err, objects.ErrMissing) {
			t.Errorf("path of %q: %q, %v", hash, path, err)
		}
		if err := s.Verify(t.Context(), hash); !errors.Is(err, objects.ErrMissing) {
			t.Errorf("verify %q: %v", hash, err)
		}
		if err := s.Remove(t.Context(), hash); err != nil {
			t.Errorf("remove %q: %v", hash, err)
		}
	}
	if len(All(t, s)) != 1 {
		t.Error("something else was removed")
	}
}

func remove(t *testing.T, s objects.Store) {
	gone, stays := put(t, s, "gone"), put(t, s, "stays")
	if err := s.Remove(t.Context(), gone.Hash); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Path(gone.Hash); !errors.Is(err, objects.ErrMissing) {
		t.Errorf("got %v", err)
	}
	if all := All(t, s); len(all) != 1 || all[stays.Hash] != 5 {
		t.Errorf("left %v", all)
	}
	if put(t, s, "gone") != gone || content(t, s, gone.Hash) != "gone" {
		t.Error("a removed object cannot be put again")
	}
}

func each(t *testing.T, s objects.Store) {
	want := map[string]int64{}
	for i := range 20 {
		text := strings.Repeat("x", i)
		want[put(t, s, text).Hash] = int64(i)
	}
	if got := All(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	n := 0
	err := s.Each(t.Context(), func(objects.Info) error {
		n++
		return errBroken
	})
	if n != 1 || !errors.Is(err, errBroken) {
		t.Errorf("%d objects after a failure at the first, %v", n, err)
	}
}

func altered(t *testing.T, s objects.Store) {
	info := put(t, s, "original")
	path, err := s.Path(info.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("0riginal"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), info.Hash); err == nil || errors.Is(err, objects.ErrMissing) {
		t.Errorf("got %v", err)
	}
}

func manyAtOnce(t *testing.T, s objects.Store) {
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for _, text := range []string{"shared", fmt.Sprint("own ", i), strings.Repeat("large", 50_000)} {
				info, err := s.Put(t.Context(), bytes.NewReader([]byte(text)))
				if err != nil || info.Hash != sum(text) {
					t.Errorf("%+v, %v", info, err)
				}
			}
		})
	}
	all.Wait()
	got := All(t, s)
	if len(got) != 18 {
		t.Errorf("%d objects, want 18", len(got))
	}
	for hash := range got {
		if err := s.Verify(t.Context(), hash); err != nil {
			t.Error(err)
		}
	}
}

// insideTransaction: what is kept cannot be rolled back (house.md law 4).
func insideTransaction(t *testing.T, s objects.Store) {
	db := databasetest.Open(t)
	path := file(t, "finished")
	for name, do := range map[string]func(context.Context) error{
		"put":    func(ctx context.Context) error { _, err := s.Put(ctx, strings.NewReader("x")); return err },
		"adopt":  func(ctx context.Context) error { _, err := s.Adopt(ctx, path); return err },
		"remove": func(ctx context.Context) error { return s.Remove(ctx, sum("x")) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s went through inside a transaction", name)
				}
			}()
			_ = db.Write(t.Context(), func(tx *database.Tx) error { return do(tx.Context()) })
		}()
	}
	if len(All(t, s)) != 0 {
		t.Error("something was kept")
	}
}
