//go:build !linux

package intake

import (
	"context"
	"encoding/json"
	"errors"
)

// Task is one kind of work.
type Task func(ctx context.Context, in json.RawMessage) (any, error)

var errLinux = errors.New("run worker: workers can be shut in on Linux only")

// Run fails: workers can be shut in on Linux only.
func Run(context.Context, []string, string, any, any, Limits) error { return errLinux }

// Serve fails: workers can be shut in on Linux only.
func Serve(map[string]Task) int { return 1 }
