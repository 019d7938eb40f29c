// Package disk keeps objects in a folder of the local file system.
package disk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kaishu/internal/infra/database"
	"kaishu/internal/infra/objects"
)

// Store is a folder: ab/cd/abcd… per object, and tmp/ for what is being
// written. Objects are read-only.
type Store struct{ root string }

var _ objects.Store = (*Store)(nil)

// Open returns the store in folder root, which is made if it is missing. What
// a killed process left in tmp/ is removed, so one process at a time opens a
// store; others may read it.
func Open(root string) (*Store, error) {
	tmp := filepath.Join(root, "tmp")
	if err := os.RemoveAll(tmp); err != nil {
		return nil, fmt.Errorf("sweep %s: %w", tmp, err)
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w", tmp, err)
	}
	return &Store{root: root}, nil
}

// Put implements objects.Store.
func (s *Store) Put(ctx context.Context, r io.Reader) (objects.Info, error) {
	database.MustBeOutside(ctx)
	f, err := os.CreateTemp(filepath.Join(s.root, "tmp"), "put-")
	if err != nil {
		return objects.Info{}, fmt.Errorf("begin object: %w", err)
	}
	defer os.Remove(f.Name()) // gone already once it was moved
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), &cancelled{ctx, r})
	if err != nil {
		return objects.Info{}, fmt.Errorf("write object: %w", err)
	}
	return s.move(f.Name(), f, h, n)
}

// Adopt implements objects.Store. The file may lie on another file system. A
// link or anything else that is no plain file is a fault, since whoever made
// it may have been led astray by what it read.
func (s *Store) Adopt(ctx context.Context, path string) (objects.Info, error) {
	database.MustBeOutside(ctx)
	named, err := os.Lstat(path)
	if err != nil {
		return objects.Info{}, fmt.Errorf("adopt object: %w", err)
	}
	if !named.Mode().IsRegular() {
		return objects.Info{}, fmt.Errorf("adopt object: %s is no plain file", path)
	}
	own, err := s.takeOver(path)
	if err != nil { // on another file system
		return s.copyOver(ctx, path, named)
	}
	defer os.Remove(own) // gone already once it was moved
	f, err := openSame(own, named)
	if err != nil {
		return objects.Info{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, &cancelled{ctx, f})
	if err != nil {
		return objects.Info{}, fmt.Errorf("adopt object: %w", err)
	}
	return s.move(own, f, h, n)
}

// takeOver moves the file at path to a name of its own in tmp/.
func (s *Store) takeOver(path string) (own string, err error) {
	f, err := os.CreateTemp(filepath.Join(s.root, "tmp"), "adopt-")
	if err != nil {
		return "", err
	}
	f.Close()
	if err := os.Rename(path, f.Name()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

func (s *Store) copyOver(ctx context.Context, path string, named fs.FileInfo) (objects.Info, error) {
	f, err := openSame(path, named)
	if err != nil {
		return objects.Info{}, err
	}
	defer f.Close()
	info, err := s.Put(ctx, f)
	if err != nil {
		return info, err
	}
	if err := os.Remove(path); err != nil {
		return info, fmt.Errorf("adopt object: %w", err)
	}
	return info, nil
}

// openSame opens the file at path, which must still be the one looked at.
func openSame(path string, named fs.FileInfo) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("adopt object: %w", err)
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(now, named) {
		f.Close()
		return nil, fmt.Errorf("adopt object: %s was exchanged, %w", path, cmp.Or(err, fs.ErrInvalid))
	}
	return f, nil
}

// move makes the file durable and gives it its place: first the content, then
// the name, then the folders that hold the name.
func (s *Store) move(from string, f *os.File, h hash.Hash, n int64) (objects.Info, error) {
	info := objects.Info{Hash: hex.EncodeToString(h.Sum(nil)), Bytes: n}
	to := s.place(info.Hash)
	dir := filepath.Dir(to)
	// One that is kept already is not touched, since content is the name; but
	// whoever named it may have died before the name was durable.
	if _, err := os.Stat(to); err != nil {
		if err := errors.Join(f.Sync(), f.Chmod(0o444)); err != nil {
			return info, fmt.Errorf("make object durable: %w", err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return info, fmt.Errorf("make folder: %w", err)
		}
		if err := os.Rename(from, to); err != nil {
			return info, fmt.Errorf("name object: %w", err)
		}
	}
	for _, d := range []string{dir, filepath.Dir(dir), s.root} {
		if err := syncFolder(d); err != nil {
			return info, err
		}
	}
	return info, nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("make folder durable: %w", err)
	}
	return nil
}

func (s *Store) place(hash string) string {
	return filepath.Join(s.root, hash[:2], hash[2:4], hash)
}

// Path implements objects.Store.
func (s *Store) Path(hash string) (string, error) {
	if !valid(hash) {
		return "", fmt.Errorf("object %q: %w", hash, objects.ErrMissing)
	}
	path := s.place(hash)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("object %s: %w", hash, objects.ErrMissing)
	} else if err != nil {
		return "", fmt.Errorf("find object: %w", err)
	}
	return path, nil
}

// Remove implements objects.Store.
func (s *Store) Remove(ctx context.Context, hash string) error {
	database.MustBeOutside(ctx)
	if !valid(hash) {
		return nil
	}
	if err := os.Remove(s.place(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove object: %w", err)
	}
	return nil
}

// Each implements objects.Store.
func (s *Store) Each(ctx context.Context, do func(objects.Info) error) error {
	return filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if d.IsDir() || !valid(d.Name()) {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return do(objects.Info{Hash: d.Name(), Bytes: info.Size()})
	})
}

// Verify implements objects.Store.
func (s *Store) Verify(ctx context.Context, hash string) error {
	path, err := s.Path(hash)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open object: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, &cancelled{ctx, f}); err != nil {
		return fmt.Errorf("read object: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != hash {
		return fmt.Errorf("object %s holds content of hash %s", hash, got)
	}
	return nil
}

func valid(hash string) bool {
	return len(hash) == 64 && strings.Trim(hash, "0123456789abcdef") == ""
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
