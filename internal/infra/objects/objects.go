// Package objects keeps files by the SHA-256 of their content: never
// overwritten, complete or absent. Storage is not trusted: the hash is
// verified on the way in and by kaishu check.
package objects

import (
	"context"
	"io"
)

// Info names one object.
type Info struct {
	Hash  string // SHA-256, 64 hexadecimal digits
	Bytes int64
}

// Store keeps objects. It may be shared between goroutines and processes. Put
// and Adopt return when the object is durable.
type Store interface {
	// Put reads r to its end and keeps what it read.
	Put(ctx context.Context, r io.Reader) (Info, error)
	// Adopt takes over the finished file at path, which is gone afterwards.
	Adopt(ctx context.Context, path string) (Info, error)
	// Path returns where the object can be read as a local file. It fails with
	// [ErrMissing] if there is no such object.
	Path(hash string) (string, error)
	// Remove forgets an object; a missing one is no error.
	Remove(ctx context.Context, hash string) error
	// Each calls do for every object, in no order, until it fails.
	Each(ctx context.Context, do func(Info) error) error
	// Verify reads the object whole and fails if it is missing or altered.
	Verify(ctx context.Context, hash string) error
}

// ErrMissing says that there is no such object.
var ErrMissing = missing{}

type missing struct{}

func (missing) Error() string { return "object is missing" }
