package workday

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

func TestStateCouncilCovers(t *testing.T) {
	c := StateCouncil()
	for year := 2004; year <= 2026; year++ {
		n, ok := c.Notice(year)
		if !ok || len(n.Off) < 20 || len(n.Worked) < 5 {
			t.Errorf("%d: %d days off, %d worked", year, len(n.Off), len(n.Worked))
		}
		if year >= 2006 && len(n.Addresses) == 0 {
			t.Errorf("%d has no address", year)
		}
	}
	if c.Covers(2003) || c.Covers(2027) {
		t.Error("covers a year without a notice")
	}
	if n, _ := c.Notice(2026); n.Number != "国办发明电〔2025〕7号" {
		t.Errorf("number of 2026 is %q", n.Number)
	}
}

// TestAgainstAnotherCopy compares with the table in the shared reference data,
// which was taken from the same package by other hands.
func TestAgainstAnotherCopy(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "real", "codes", "china_holidays_2004_2026.csv")
	f, err := os.Open(path)
	if os.IsNotExist(err) && os.Getenv("CI") != "true" {
		t.Skip("no reference data beside the project")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c := StateCouncil()
	for _, r := range records[1:] {
		works, ok := c.moved[Date(r[0])]
		if want := r[1] == "调休上班"; !ok || works != want {
			t.Errorf("%s: works %t, listed %t; the other copy says %s", r[0], works, ok, r[1])
		}
	}
	if len(c.moved) != len(records)-1 {
		t.Errorf("%d days, the other copy has %d", len(c.moved), len(records)-1)
	}
}
