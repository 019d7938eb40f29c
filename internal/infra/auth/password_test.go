package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
)

func TestHashIsVerifiedByItsPasswordOnly(t *testing.T) {
	p, ctx := NewPasswords(2), t.Context()
	hash, err := p.Hash(ctx, "café au lait 2026")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	for password, want := range map[string]bool{
		"café au lait 2026":       true,
		"cafe\u0301 au lait 2026": true,  // the accent typed by itself
		"ｃafé au lait 2026":       false, // another character, not another way to type it
		"cafe au lait 2026":       false,
		"café au lait 2026 ":      false,
		"":                        false,
	} {
		ok, again, err := p.Verify(ctx, hash, password)
		if ok != want || again || err != nil {
			t.Errorf("%q: ok %v, again %v, %v", password, ok, again, err)
		}
	}
	other, err := p.Hash(ctx, "café au lait 2026")
	if err != nil || other == hash {
		t.Errorf("two hashes of one password are the same: %v", err)
	}
}

// TestHashesOfTheReference: a hash by the reference implementation of argon2
// (its own test vector), which has another cost than ours.
func TestHashesOfTheReference(t *testing.T) {
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	p := NewPasswords(1)
	if ok, again, err := p.Verify(t.Context(), reference, "password"); !ok || !again || err != nil {
		t.Errorf("ok %v, again %v, %v", ok, again, err)
	}
	if ok, _, err := p.Verify(t.Context(), reference, "passwort"); ok || err != nil {
		t.Errorf("another password: ok %v, %v", ok, err)
	}
}

func TestBrokenHashesAreFaults(t *testing.T) {
	const good = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	p := NewPasswords(1)
	if _, _, err := p.Verify(t.Context(), good, "x"); err != nil {
		t.Fatal(err)
	}
	for _, other := range [][2]string{{"m=19456", "m=9728"}, {"t=2", "t=3"}, {"p=1", "p=2"}} {
		if _, again, err := p.Verify(t.Context(), strings.Replace(good, other[0], other[1], 1), "x"); !again || err != nil {
			t.Errorf("%s: another cost, again %v, %v", other[1], again, err)
		}
	}
	for _, change := range [][2]string{
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"m=19456", "m=4194304"}, {"m=19456", "m=7"}, {"m=19456", "m=019456"}, {"t=2", "t=0"}, {"t=2", "t=17"},
		{"p=1", "p=0"}, {"p=1", "p=17"}, {"p=1", "p=257"}, {"p=1", "p=1,data=AAAA"}, {"$AAAAAAAAAAAAAAAAAAAAAA$", "$AAAA$"}, {"$AAAAAAAAAAAAAAAAAAAAAA$", "$AAAAAAAAAAAAAAAAAAAAAB$"},
		{"$AAAAAAAAAAAAAAAAAAAAAA$", "$A!AAAAAAAAAAAAAAAAAAAA$"}, {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAA"}, {"$argon2id", "argon2id"}, {good, ""}, {good, good + "$"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if ok, again, err := p.Verify(t.Context(), bad, "x"); err == nil || ok || again || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: ok %v, again %v, %v", bad, ok, again, err)
		}
	}
}

// TestOnlySoManyAtOnce fills every place by hand; nobody may work then.
func TestOnlySoManyAtOnce(t *testing.T) {
	p := NewPasswords(2)
	hash, err := p.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	p.gate <- struct{}{}
	p.gate <- struct{}{}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, hashErr := p.Hash(gone, "x")
	_, _, verifyErr := p.Verify(gone, hash, "x")
	for _, err := range []error{hashErr, verifyErr, p.Dummy(gone, "x")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("worked beyond the bound: %v", err)
		}
	}
	<-p.gate
	if ok, _, err := p.Verify(t.Context(), hash, "x"); !ok || err != nil {
		t.Errorf("a free place was not used: %v, %v", ok, err)
	}
	<-p.gate
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if ok, _, err := p.Verify(t.Context(), hash, "x"); !ok || err != nil {
				t.Errorf("in a crowd: %v, %v", ok, err)
			}
		})
	}
	all.Wait()
	if len(p.gate) != 0 || cap(NewPasswords(0).gate) != 1 {
		t.Error("places were not given back")
	}
}

// TestUnknownAccountsCostTheSame compares the memory that the work takes, for
// time cannot be compared in a test.
func TestUnknownAccountsCostTheSame(t *testing.T) {
	p := NewPasswords(1)
	hash, err := p.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	taken := func(work func() error) int64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := work(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return int64(after.TotalAlloc - before.TotalAlloc)
	}
	known := taken(func() error { _, _, err := p.Verify(t.Context(), hash, "y"); return err })
	unknown := taken(func() error { return p.Dummy(t.Context(), "y") })
	if known < 19<<20 || unknown < 19<<20 || max(known-unknown, unknown-known) > 1<<20 {
		t.Errorf("a known account takes %d bytes, an unknown one %d", known, unknown)
	}
}

func TestPasswordRules(t *testing.T) {
	names := []string{"li.wei@example.gov.cn", "数据局王芳", "Wang", "li", "张三", "云"}
	for password, want := range map[string]string{
		"correct horse battery staple": "",
		"一二三四五六七八九十甲乙":                 "",
		"梧桐树下的猫数着电车的班次":                "",
		"tram-Kettle-ochre-91":         "",
		"mypassword of 2026 rain":      "", // holds a common word and enough besides
		"oli vine quarter":             "", // "li" is too short to count
		"":                             "auth.too_short",
		"elfzeichen1":                  "auth.too_short",
		"cafe\u0301cafe\u0301xy9":      "auth.too_short", // 11 after composition
		strings.Repeat("ab9 ", 33):     "auth.too_long",
		strings.Repeat("数据开放", 32):     "",
		"woaini1314":                   "auth.too_short auth.common",
		"123456":                       "auth.too_short auth.common",
		"woaini1314520":                "auth.common",
		"WoAiNi1314520!":               "auth.common",
		"password12345678":             "auth.common",
		"Password1!Password1!":         "auth.common",
		"ｐａｓｓｗｏｒｄ１２３４５６":               "auth.common",
		"zzzzzzzzzzzz":                 "auth.common",
		"aaaaaaaabbbbbbbb12":           "auth.common",
		strings.Repeat("0", 129):       "auth.too_long auth.common",
		"tram LI.WEI kettle":           "auth.contains_name",
		"tram ｗａｎｇ kettle":             "auth.contains_name",
		"我是数据局王芳今天天气好":                 "auth.contains_name",
		"今天张三去看了很久的云彩":                 "auth.contains_name",
		"云彩在梧桐树下数着电车班次":                "", // one Han is chance
		"example.gov.cn tram":          "", // the domain is no secret, but no name either
		"wang1234":                     "auth.too_short auth.contains_name",
		"woaini1314wang":               "auth.contains_name",
		"woaini520lisi":                "auth.common",
	} {
		var l problem.List
		CheckPassword(&l, "/password", password, names...)
		var codes []string
		if p := problem.As(l.Err()); p != nil {
			for _, f := range p.Fields {
				codes = append(codes, f.Code)
				if f.Pointer != "/password" {
					t.Errorf("%q: pointer %s", password, f.Pointer)
				}
			}
		}
		if got := strings.Join(codes, " "); got != want {
			t.Errorf("%q: got %q, want %q", password, got, want)
		}
	}
}

func TestLengthsAreTold(t *testing.T) {
	var l problem.List
	CheckPassword(&l, "/p", "数据开放真好")
	if f := problem.As(l.Err()).Fields[0]; f.Args["least"] != 12 || f.Args["given"] != 6 {
		t.Errorf("%+v", f)
	}
}

func TestCommonPasswords(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range strings.Fields(commonFile) {
		if f := fold(line); seen[f] || f != line {
			t.Errorf("%q stands twice or is not folded", line)
		}
		seen[line] = true
		if n := utf8.RuneCountInString(line); n < 4 && line == strings.ToLower(line) && n == len(line) {
			t.Errorf("%q is too short: it would eat into good passwords", line)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d", len(seen))
	}
}

func TestEveryCodeHasWordsWithItsValues(t *testing.T) {
	words, err := locale.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"least": 12, "most": 128, "given": 5, "provider": "P"}
	keys := []string{}
	for _, key := range words.Keys() {
		keys = append(keys, key)
		for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
			if text := words.Say(lang, key, maps.Clone(values)); text == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s in %s: %q", key, lang, text)
			}
		}
	}
	if len(keys) != 9 {
		t.Error(fmt.Sprint(keys))
	}
}

func BenchmarkVerify(b *testing.B) {
	p := NewPasswords(1)
	hash, err := p.Hash(b.Context(), "x")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, _, err := p.Verify(b.Context(), hash, "x"); !ok || err != nil {
			b.Fatal(err)
		}
	}
}
