package adjustment

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/open/openlist"
)

// TestEveryPartHasItsPlace: no field of a description is left out of the order
// in which differences are shown.
func TestEveryPartHasItsPlace(t *testing.T) {
	kind := reflect.TypeFor[openlist.Description]()
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		if name == "publisher" || name == "items" { // stays as it is; each item by its name
			continue
		}
		if !slices.ContainsFunc(places, func(p string) bool { return p == "/"+name || strings.HasPrefix(p, "/"+name+"/") }) {
			t.Errorf("%s has no place", name)
		}
	}
}

func TestDifferences(t *testing.T) {
	was := openlist.Description{Title: locale.Text{ZH: "甲"}, Publisher: "w", Tags: []string{"a"}, Items: []openlist.Item{{Name: "x"}, {Name: "y", Unit: "米"}}}
	now := was
	now.Title.ZH, now.SourceKind, now.Tags, now.Unrelated = "乙", openlist.FromSystem, nil, true
	now.Items = []openlist.Item{{Name: "y", Unit: "厘米"}, {Name: "x"}, {Name: "z"}}
	all, err := Differences(was, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range all {
		got = append(got, d.Pointer+" "+string(d.Was)+" > "+string(d.Now))
	}
	want := []string{`/title/zh "甲" > "乙"`, `/tags ["a"] > `, `/unrelated  > true`,
		`/items/y {"name":"y","title":{"zh":""},"description":{"zh":""},"unit":"米"} > {"name":"y","title":{"zh":""},"description":{"zh":""},"unit":"厘米"}`,
		`/items/z  > {"name":"z","title":{"zh":""},"description":{"zh":""}}`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if all, err := Differences(now, now); err != nil || len(all) > 0 {
		t.Errorf("of itself: %v %v", all, err)
	}
}
