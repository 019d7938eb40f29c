package filing

import (
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/auth"
)

var shelf = Authors{Codes: "code of a test"}

// TestTheSameFormGivesTheSameCode: whoever sends a form twice, since he saw no
// answer, must not be left with a code that opens nothing.
func TestTheSameFormGivesTheSameCode(t *testing.T) {
	a, b := shelf.newCode("key"), shelf.newCode("key")
	if a != b || len(a) != 17 || strings.Count(a, "-") != 2 {
		t.Errorf("%s and %s", a, b)
	}
	if shelf.newCode("other") == a || (Authors{Codes: "another"}).newCode("key") == a {
		t.Error("another form, or one of another concept, gives the same code")
	}
	if shelf.newCode("") == shelf.newCode("") {
		t.Error("a code is drawn twice")
	}
}

// TestWhoOpensACase: the code for everybody, the account for its holder; a
// wrong code never, not even for him.
func TestWhoOpensACase(t *testing.T) {
	code := shelf.newCode("")
	a := Author{Account: "u", code: auth.HashRecovery(code)}
	holder, stranger, nobody := permit.Actor{Account: "u"}, permit.Actor{Account: "x"}, permit.Actor{}
	for name, x := range map[string]struct {
		who  permit.Actor
		code string
		want bool
	}{
		"the code, by nobody":         {nobody, code, true},
		"the code, in capitals":       {nobody, strings.ToUpper(code), true},
		"no code, by the holder":      {holder, "", true},
		"no code, by somebody else":   {stranger, "", false},
		"no code, by nobody":          {nobody, "", false},
		"a wrong code, by the holder": {holder, "00000-00000-00000", false},
		"a wrong code, by nobody":     {nobody, "00000-00000-00000", false},
	} {
		if got := a.Opens(x.who, Key{Code: x.code}); got != x.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (Author{}).Owns(nobody) {
		t.Error("nobody owns what nobody filed")
	}
}
