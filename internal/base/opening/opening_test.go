package opening

import "testing"

func TestLooserIsAStrictOrder(t *testing.T) {
	all := append([]Type{"", "open"}, Types...)
	for _, a := range all {
		for _, b := range all {
			if a.Looser(b) && b.Looser(a) || a == b && a.Looser(b) {
				t.Errorf("%q and %q are each looser", a, b)
			}
			if a.Known() != (a != "" && a != "open") {
				t.Errorf("%q known: %t", a, a.Known())
			}
			if s := Strictest(a, b); s.Looser(a) || s.Looser(b) {
				t.Errorf("strictest of %q and %q is %q", a, b, s)
			}
		}
	}
	for i, a := range Types {
		for j, b := range Types {
			if a.Looser(b) != (i < j) {
				t.Errorf("%s looser than %s: %t", a, b, !(i < j))
			}
		}
	}
	if !Closed.Looser("") || Strictest() != Unconditional {
		t.Error("what is no type opens something")
	}
}
