package auth

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kaishu/internal/base/problem"
)

// The length of a password, in characters after composition (NFC).
const (
	LeastLength = 12
	MostLength  = 128
)

// leastOwn is how many characters must be left when everything that is well
// known has been taken out of a password.
const leastOwn = 4

// CheckPassword adds every fault of password to l, at pointer: "auth.too_short"
// and "auth.too_long" with the bound and the given length, "auth.common" for
// one that consists of well-known passwords and runs of one character, and
// "auth.contains_name" for one that holds one of names. names are the account's
// name and e-mail address; of an address its local part counts. A name that is
// too short to be more than chance (two letters, one Han) does not count.
func CheckPassword(l *problem.List, pointer, password string, names ...string) {
	n := utf8.RuneCountInString(norm.NFC.String(password))
	if n < LeastLength {
		l.Add(pointer, "auth.too_short", "least", LeastLength, "given", n)
	}
	if n > MostLength {
		l.Add(pointer, "auth.too_long", "most", MostLength, "given", n)
	}
	folded := []rune(fold(password))
	if len(folded) <= 4*MostLength && own(folded) < leastOwn {
		l.Add(pointer, "auth.common")
	}
	if slices.ContainsFunc(names, func(name string) bool { return holds(string(folded), name) }) {
		l.Add(pointer, "auth.contains_name")
	}
}

// fold makes what looks alike equal: full width and half, capital and small.
func fold(text string) string { return strings.ToLower(norm.NFKC.String(text)) }

// holds reports whether the folded password contains name.
func holds(password, name string) bool {
	if at := strings.LastIndexByte(name, '@'); at > 0 {
		name = name[:at]
	}
	name = strings.TrimSpace(fold(name))
	n := utf8.RuneCountInString(name)
	return (n >= 3 || n == 2 && len(name) > n) && strings.Contains(password, name)
}

//go:embed common.txt
var commonFile string

// common are well-known passwords, folded.
var common = sync.OnceValue(func() [][]rune {
	var all [][]rune
	for _, line := range strings.Fields(commonFile) {
		all = append(all, []rune(line))
	}
	return all
})

// own returns the least number of characters of a folded password that belong
// to no well-known password and to no run of one character, four or longer.
// An empty password has no fault of this kind.
func own(password []rune) int {
	if len(password) == 0 {
		return leastOwn
	}
	least := make([]int, len(password)+1) // of what begins at i
	run := 0                              // characters like the one at i, from i on
	for i := len(password) - 1; i >= 0; i-- {
		if i+1 < len(password) && password[i] == password[i+1] {
			run++
		} else {
			run = 1
		}
		least[i] = least[i+1] + 1
		for _, c := range common() {
			if end := i + len(c); end <= len(password) && slices.Equal(c, password[i:end]) {
				least[i] = min(least[i], least[end])
			}
		}
		if run >= 4 {
			least[i] = min(least[i], least[i+run])
		}
	}
	return least[0]
}
