package web

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// writer remembers what was answered. It keeps ReadFrom, and so sendfile.
type writer struct {
	http.ResponseWriter
	status int
	bytes  int64
	copy   *copied // of the body, if it is to be kept; nil if not
}

func (w *writer) begun() bool { return w.status != 0 }

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.copy != nil {
		w.copy.Write(p)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.copy != nil {
		r = io.TeeReader(r, w.copy)
	}
	n, err := io.Copy(w.ResponseWriter, r)
	if w.copy != nil && err != nil {
		w.copy.over = true // a part is not kept for the whole
	}
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the real writer.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type notesKey struct{}

// notes are attributes that join the request's log line.
type notes struct {
	mu   sync.Mutex
	args []any
}

func (n *notes) all() []any {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.args
}

func withNotes(ctx context.Context) (context.Context, *notes) {
	n := &notes{}
	return context.WithValue(ctx, notesKey{}, n), n
}

// Note adds attributes, pairs of name and value, to the request's log line:
// no names, no free text, no secrets.
func Note(ctx context.Context, args ...any) {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.args = append(n.args, args...)
	}
}
