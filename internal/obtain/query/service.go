package query

import (
	"context"
	"embed"
	"io"
	"sync"

	"kaishu/internal/base/paging"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/obtain/access"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Service answers queries behind the door.
type Service struct {
	door   *access.Service
	totals *totals
}

// New returns the service behind door.
func New(door *access.Service) *Service {
	return &Service{door: door, totals: &totals{known: map[string]int64{}}}
}

// Answer is one page of rows or groups.
type Answer struct {
	tabular.Page
	Total int64
	Next  string // cursor of the next page; "" if this is the last
}

// Page answers s, a checked query, on an opened reading. after is the cursor
// of the last answer, "" for the first page.
func (q *Service) Page(ctx context.Context, r *access.Reading, s selection.Select, after string) (a Answer, err error) {
	fingerprint := selection.Fingerprint(s, r.Version.ID)
	cursor, err := paging.Parse(after, fingerprint)
	if err != nil {
		return a, err
	}
	if cursor != nil {
		if s.After, err = selection.Place(cursor, s, r.Version.Outcome.Schema); err != nil {
			return a, err
		}
	}
	rows, err := r.Rows(ctx)
	if err != nil {
		return a, err
	}
	defer rows.Close()
	if a.Page, err = rows.Page(ctx, s); err != nil {
		return a, err
	}
	if a.Last != nil {
		a.Next = paging.Cursor{Query: fingerprint, Key: a.Last}.String()
	}
	a.Total, err = q.total(ctx, r, rows, s)
	return a, err
}

// Export writes every row of s in format to w.
func (q *Service) Export(ctx context.Context, r *access.Reading, s selection.Select, f tabular.Format, w io.Writer) (int64, error) {
	rows, err := r.Rows(ctx)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	return rows.Export(ctx, s, f, w)
}

// total is exact and remembered: tables never change.
func (q *Service) total(ctx context.Context, r *access.Reading, rows tabular.Reader, s selection.Select) (int64, error) {
	if s.Where == nil && !s.Grouped() {
		return r.Version.Outcome.Rows, nil
	}
	counted := selection.Select{Where: s.Where, Group: s.Group, Aggregates: s.Aggregates}
	key := selection.Fingerprint(counted, r.Version.ID)
	if n, ok := q.totals.get(key); ok {
		return n, nil
	}
	n, err := rows.Total(ctx, counted)
	if err == nil {
		q.totals.put(key, n)
	}
	return n, err
}

// totals remembers some thousand figures and forgets them all at once.
type totals struct {
	mu    sync.Mutex
	known map[string]int64
}

func (t *totals) get(key string) (int64, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.known[key]
	return n, ok
}

func (t *totals) put(key string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= 10_000 {
		clear(t.known)
	}
	t.known[key] = n
}

// At answers s from the place that it names, without a total. The caller has
// made the place itself, from a row's number.
func (q *Service) At(ctx context.Context, r *access.Reading, s selection.Select) (tabular.Page, error) {
	rows, err := r.Rows(ctx)
	if err != nil {
		return tabular.Page{}, err
	}
	defer rows.Close()
	return rows.Page(ctx, s)
}

// Histogram counts the rows that where lets through into the buckets and
// values of a column's profile.
func (q *Service) Histogram(ctx context.Context, r *access.Reading, where selection.Expr, like tabular.ColumnProfile) (tabular.ColumnProfile, error) {
	rows, err := r.Rows(ctx)
	if err != nil {
		return like, err
	}
	defer rows.Close()
	return rows.Histogram(ctx, where, like.Name, like)
}
