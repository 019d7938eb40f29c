package timeliness

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
	"kaishu/internal/people/organisation"
)

// record is a line of the real listing.
type record struct {
	Title     string       `json:"数据集名称"`
	Publisher string       `json:"数据提供方"`
	Updated   workday.Date `json:"更新日期"`
	First     workday.Date `json:"首次发布日期"`
	Frequency string       `json:"更新频度"`
}

// listing reads the real Shanghai listing of 2023, which stays beside the
// project: it is read, never kept.
func listing(t *testing.T) (all []record) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "real", "catalog", "shanghai_catalog_unique.jsonl"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestTheRealListing reproduces, class by class, what the README of the real
// data counts as of 11 June 2023.
func TestTheRealListing(t *testing.T) {
	const asOf = workday.Date("2023-06-11")
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]openlist.Frequency{}
	for _, f := range codes.Frequencies {
		byName[f.Name.ZH] = f
	}
	var all []One
	late, of, classes := map[string]int{}, map[string]int{}, map[Class]int{}
	for _, r := range listing(t) {
		f := byName[r.Frequency]
		s := Judge(PromiseOf(f, asOf), Known{Updated: r.Updated, Listed: r.First}, asOf)
		of[f.Code]++
		classes[s.Class]++
		if s.Class.Late() {
			late[f.Code]++
		}
		all = append(all, One{Body: r.Publisher, Frequency: f.Code, Standing: s})
	}
	if want := map[string]int{"daily": 212, "weekly": 11, "monthly": 90, "quarterly": 22, "halfyearly": 2, "yearly": 247, "realtime": 74}; !maps.Equal(late, want) {
		t.Errorf("late %v, want %v", late, want)
	}
	if want := map[string]int{"yearly": 960, "daily": 469, "monthly": 236, "irregular": 185, "static": 176, "realtime": 109, "quarterly": 65, "weekly": 15, "halfyearly": 13}; !maps.Equal(of, want) {
		t.Errorf("of %v, want %v", of, want)
	}
	rows := Rank(all, ThresholdsOn(asOf)["rank.small"])
	sum, small := Counts{}, 0
	for _, r := range rows {
		sum.Datasets += r.Counts.Datasets
		sum.Promised += r.Counts.Promised
		sum.OnTime += r.Counts.OnTime
		sum.Late += r.Counts.Late
		sum.SeriouslyLate += r.Counts.SeriouslyLate
		if r.Small {
			small++
		}
	}
	if len(rows) != 56 || sum.Datasets != 2228 || sum.Promised != 1867 || sum.Late+sum.SeriouslyLate != 658 || sum.OnTime != 1209 {
		t.Errorf("%d publishers, %+v", len(rows), sum)
	}
	t.Logf("classes %v; %d small of %d publishers; in all %+v", classes, small, len(rows), sum)
}

// TestFragmentsOfTheRealListing: that listing had no long rows of yearly slices,
// but pairs of them.
func TestFragmentsOfTheRealListing(t *testing.T) {
	var subjects []Subject
	for _, r := range listing(t) {
		subjects = append(subjects, Subject{Slug: r.Title, Body: r.Publisher, Title: r.Title})
	}
	for least, want := range map[int]int{3: 0, 2: 2} {
		w := World{Today: "2023-06-11", Thresholds: Thresholds{"fragmented.sets": least}, Areas: areasOf(organisation.Districts()), Subjects: subjects}
		found := fragmented.Find(w)
		for _, f := range found {
			t.Logf("%d or more: %s of %s: %d", least, f.Subject, f.Body, len(f.Datasets))
		}
		if len(found) != want {
			t.Errorf("%d groups of %d sets or more, want %d", len(found), least, want)
		}
	}
}
