package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kaishu/internal/base/problem"
)

// lock holds the data folder for this process until it ends.
func lock(data string) error {
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("lock data folder: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return problem.New(problem.Conflict, "kaishu.data_in_use", "folder", data)
	}
	if err != nil {
		return fmt.Errorf("lock data folder: %w", err)
	}
	held = f
	return nil
}

// held keeps the lock's file open.
var held *os.File
