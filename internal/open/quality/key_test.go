package quality

import (
	"testing"

	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

func TestKey(t *testing.T) {
	c := newCity(t)
	c.list("a", func(d *openlist.Description) { d.Key = []string{"街道", "日"} })
	c.list("none", nil)
	c.list("shut", func(d *openlist.Description) { d.Key, d.Opening = []string{"街道"}, openlist.Conditional })
	twice := "街道,日,n\n" + lines(7, "街%d,2026-01-01,1") + lines(7, "街%d,2026-01-01,2") + "街0,2026-01-01,3\n"
	for _, tt := range []struct {
		name, slug, file string
		kind             version.Kind
		want             string
	}{
		{"passes", "a", "街道,日,n\n静安寺,2026-01-01,1\n静安寺,2026-01-02,1\n南京东路,2026-01-01,1\n", version.Full, "staged"},
		{"five are shown, the commonest first", "a", twice, version.Full,
			"blocked; key_repeated 街道 8 [街0 | 2026-01-01 街1 | 2026-01-01 街2 | 2026-01-01 街3 | 2026-01-01 街4 | 2026-01-01]"},
		{"a part of the key is missing", "a", "街道,n\n静安寺,1\n静安寺,2\n", version.Full, "blocked; key_missing 日"},
		{"all of it is", "a", "区,n\n静安,1\n黄浦,2\n", version.Full, "blocked; key_missing 街道; key_missing 日"},
		{"no key is declared", "none", twice, version.Full, "staged"},
		{"cells of data that is not open are kept out of the ledger", "shut", "街道,n\n静安寺,1\n静安寺,2\n", version.Full, "blocked; key_repeated 街道 1"},
		{"those of its sample may stand there", "shut", "街道,n\n静安寺,3\n静安寺,4\n", version.Sample, "blocked; key_repeated 街道 1 [静安寺]"},
	} {
		if got := told(c.sendAs(tt.slug, tt.kind, tt.file)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
