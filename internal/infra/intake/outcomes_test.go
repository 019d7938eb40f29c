package intake_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular/duckdb"
)

// Every file of the collections is listed in testdata/outcomes.txt with its
// outcome: the table it becomes, or why it is refused. UPDATE=1 writes the list
// anew; read the difference.
func TestOutcomes(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the shared data are missing: ", root)
		}
		t.Skip("the shared data are not beside the project")
	}
	var got []string
	for _, folder := range []string{"real/dirty/native", "real/dirty/fixtures", "conformance/csv-spectrum/csvs", "conformance/xlsx", "conformance/frictionless/data"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err == nil {
				got = append(got, filepath.ToSlash(name)+"\t"+outcome(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(got)
	const list = "testdata/outcomes.txt"
	text := strings.Join(got, "\n") + "\n"
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	stored, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(stored), "\n"), "\n")
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("not so in the list: %s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("only in the list: %s", line)
		}
	}
}

func outcome(t *testing.T, path string) string {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	r, err := intake.Read(ctx, intake.Request{Path: path, Name: filepath.Base(path), Dir: dir}, duckdb.Loader{Dir: dir})
	if p := problem.As(err); p != nil {
		what := ""
		for _, key := range []string{"format", "line", "encoding"} {
			if v, ok := p.Args[key]; ok {
				what += fmt.Sprint(" ", v)
			}
		}
		return "refused: " + p.Code + what
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return "fault"
	}
	said := fmt.Sprintf("%s: %d columns, %d rows", r.Recipe.Format, len(r.Recipe.Columns), r.RowsOut)
	if r.RowsSetAside+r.CellsSetAside > 0 {
		said += fmt.Sprintf(", set aside %d rows, %d cells", r.RowsSetAside, r.CellsSetAside)
	}
	return said
}
