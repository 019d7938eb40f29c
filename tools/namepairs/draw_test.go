package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheLabelledPairsAreThoseDrawn: nobody left out a pair, or chose one.
func TestTheLabelledPairsAreThoseDrawn(t *testing.T) {
	folder := filepath.FromSlash("../../../shared/data/real/catalog/cn")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("../shared/data is not beside the project")
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	var out strings.Builder
	if err := run(&out, folder, Seed); err != nil {
		t.Fatal(err)
	}
	labelled, err := os.Open(filepath.FromSlash("../../internal/base/likeness/testdata/pairs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer labelled.Close()
	r := csv.NewReader(labelled)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	drawn := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(rows) != 300 || len(drawn) != 300 {
		t.Fatalf("%d labelled, %d drawn", len(rows), len(drawn))
	}
	for i, line := range drawn {
		d := strings.Split(line, "\t")
		if d[2] != rows[i][0] || d[3] != rows[i][1] || d[1] != rows[i][2] {
			t.Errorf("pair %d is drawn as %q, labelled as %q", i+1, d[1:4], rows[i])
		}
	}
}

// TestTheDrawIsOfItsSeed: the same for the same seed, another for another, and
// no pair twice.
func TestTheDrawIsOfItsSeed(t *testing.T) {
	var names []Name // invented
	for i := range 400 {
		names = append(names, Name{"listing", fmt.Sprint("局", i%7), fmt.Sprintf("某市第%d类设施%d号登记信息", i%9, i)})
	}
	one, again, other := Draw(names, "a"), Draw(names, "a"), Draw(names, "b")
	seen, differ := map[string]bool{}, false
	for i, p := range one {
		if seen[p.Hash()] {
			t.Error("twice:", p)
		}
		seen[p.Hash()] = true
		if p != again[i] {
			t.Error("not the same again:", p, again[i])
		}
		differ = differ || i >= len(other) || p.Hash() != other[i].Hash()
	}
	if len(one) == 0 || !differ {
		t.Errorf("%d drawn; another seed draws the same: %v", len(one), !differ)
	}
}
