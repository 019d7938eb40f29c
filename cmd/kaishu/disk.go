package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kaishu/internal/site/administration"
)

// disk measures how full the machine is.
func (p *platform) disk() (d administration.Disk, err error) {
	for _, name := range []string{"kaishu.db", "kaishu.db-wal"} {
		info, err := os.Stat(filepath.Join(p.config.Data, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return d, fmt.Errorf("measure database: %w", err)
		}
		d.Database += info.Size()
	}
	if d.Serving, err = sizeOf(filepath.Join(p.config.Data, "serving")); err != nil {
		return d, err
	}
	var s unix.Statfs_t
	if err := unix.Statfs(p.config.Data, &s); err != nil {
		return d, fmt.Errorf("measure disk: %w", err)
	}
	d.Free, d.Size = int64(s.Bavail)*int64(s.Bsize), int64(s.Blocks)*int64(s.Bsize)
	return d, nil
}

// sizeOf adds up the files of a folder; one that goes meanwhile is left out.
func sizeOf(folder string) (sum int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", folder, err)
	}
	return sum, nil
}
