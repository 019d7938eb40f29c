package quality

import (
	"testing"

	"kaishu/internal/open/openlist"
)

func TestCodes(t *testing.T) {
	c := newCity(t)
	c.list("districts", func(d *openlist.Description) { d.Key = []string{"code"} })
	c.list("plain", nil)
	c.list("a", func(d *openlist.Description) {
		d.Items = []openlist.Item{{Name: "区", Codes: "districts"}, {Name: "类", Codes: "plain"}, {Name: "级", Codes: "nowhere"}, {Name: "无", Codes: "districts"}}
	})
	if got := told(c.send("a", "区,n\n310106,1\n")); got != "staged; codes_missing 区 note" {
		t.Errorf("before the list is released: %s", got)
	}
	c.release(c.send("districts", "name,code\n静安区,310106\n黄浦区,310101\n"))
	c.release(c.send("plain", "类,说明\n甲,一\n乙,二\n"))
	for _, tt := range []struct{ name, file, want string }{
		{"passes", "区,类,n\n310106,甲,1\n310101,乙,2\n,,3\n", "staged"},
		{"codes that are none", "区,类,n\n310106,丙,1\n310999,甲,2\n310999,乙,3\n310998,丁,4\n", "blocked; code_unknown 区 3 [310999 310998]; code_unknown 类 2 [丁 丙]"},
		{"a list that is not there is noted", "区,级,n\n310106,a,1\n310101,b,2\n", "staged; codes_missing 级 note"},
	} {
		if got := told(c.send("a", tt.file)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
