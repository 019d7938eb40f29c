package identifier

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealTablesNameNobody: the real tables with a head, in UTF-8, of the
// city's data and the codes; their README tells that no person is named in
// them, so whatever identifies one is false.
func TestRealTablesNameNobody(t *testing.T) {
	folder := filepath.FromSlash("../../../../shared/data/real")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("../shared/data is not beside the project")
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	columns, others := 0, map[Kind]int{}
	for _, pattern := range []string{"shanghai/*.csv", "shanghai/*.tsv", "codes/*.csv"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
			r.FieldsPerRecord, r.LazyQuotes = -1, true
			if strings.HasSuffix(path, ".tsv") {
				r.Comma = '\t'
			}
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(path, err)
			}
			for i, header := range rows[0] {
				tally := NewTally("2026-11-24")
				for _, row := range rows[1:min(len(rows), 5000)] {
					if i < len(row) {
						tally.Add(row[i])
					}
				}
				columns++
				for _, e := range tally.Evidence(Column{Header: header}) {
					if others[e.Kind]++; e.Kind.Group() == Person {
						t.Errorf("%s, %s: %+v", filepath.Base(path), header, e)
					}
				}
			}
		}
	}
	t.Logf("%d columns; found: %v", columns, others)
}
