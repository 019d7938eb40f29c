package duckdb

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// TestCompareByAKeyThatIsNone: a declared key that names a row twice cannot
// tell which row became which; the counts are then of whole rows.
func TestCompareByAKeyThatIsNone(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, dir, Options{})
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "v", Type: selection.Text}}}
	table := func(name, rows string) tabular.Table {
		n := int64(strings.Count(rows, "\n"))
		hash := strings.Repeat(name, 64)
		if _, err := (Loader{Dir: t.TempDir()}).Load(t.Context(), strings.NewReader(rows), schema, func() int64 { return n }, 0, filepath.Join(dir, hash)); err != nil {
			t.Fatal(err)
		}
		return tabular.Table{Parquet: hash, Schema: schema, Rows: n}
	}
	once, twice := table("a", "1,x\n2,y\n,z\n"), table("b", "1,x\n1,x\n2,q\n,z\n")
	for _, tt := range []struct {
		name     string
		from, to tabular.Table
		key      []string
		want     string // key, added, removed, changed
	}{
		{"twice in the newer", once, twice, []string{"id"}, "[] 2 1 0"},
		{"twice in the older", twice, once, []string{"id"}, "[] 1 2 0"},
		{"a key that no row shares, one of them empty", once, table("c", "1,x\n2,q\n,Z\n3,n\n"), []string{"id"}, "[id] 1 0 2"},
		{"a key that the tables lack", once, twice, []string{"no"}, "[] 2 1 0"},
		{"the same table", once, once, []string{"id"}, "[id] 0 0 0"},
	} {
		d, err := e.Compare(t.Context(), tt.from, tt.to, tt.key, 10)
		if got := fmt.Sprint(d.Key, d.Added.Total, d.Removed.Total, d.Changed.Total); got != tt.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", tt.name, got, err, tt.want)
		}
		if len(d.Before) != len(d.Changed.First) {
			t.Errorf("%s: %d rows changed, %d were", tt.name, len(d.Changed.First), len(d.Before))
		}
	}
}
