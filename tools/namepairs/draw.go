package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Name is the name of a dataset in a listing.
type Name struct{ Listing, Publisher, Title string }

// Hash tells a name without saying it.
func (n Name) Hash() string { return hash(n.Listing, n.Publisher, n.Title)[:20] }

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Pair is two different names of one listing.
type Pair struct {
	A, B    Name
	Stratum string
	key     string // its place in the draw
}

// Hash tells a pair without saying it.
func (p Pair) Hash() string { return p.A.Hash() + "," + p.B.Hash() }

// Seed of the draw whose pairs are labelled.
const Seed = "kaishu-likeness-2026-11-25"

// Bounds of the draw. The first two keep one series of names from filling a
// stratum.
const (
	MaxPerTitle     = 2  // pairs with the same name in them, of all strata
	MaxPerPublisher = 12 // pairs with a publisher in them, in one stratum
	CommonLetters   = 50 // that names use most
	LeastShare      = 0.3
)

// looks is what is known of a pair when it is drawn: how the two are written.
// Nothing is known here of what words mean.
type looks struct {
	same   bool    // of one publisher
	share  float64 // of pairs of neighbouring characters that both have
	within bool    // all characters of one are in the other
	common bool    // what one has and the other has not are letters that names use most
}

// strata are drawn in this order. Most pairs of a city's list are far apart,
// and most that look alike are of a series; the strata called common have most
// of those that are near indeed.
var strata = []struct {
	name  string
	n     int
	takes func(l looks) bool
}{
	{"common", 90, func(l looks) bool { return l.same && l.common && l.share >= 0.5 }},
	{"common-bodies", 45, func(l looks) bool { return !l.same && l.common && l.share >= 0.5 }},
	{"within", 45, func(l looks) bool { return l.same && l.within && l.share >= 0.5 }},
	{"90", 35, func(l looks) bool { return l.same && l.share >= 0.9 }},
	{"80", 35, func(l looks) bool { return l.same && l.share >= 0.8 && l.share < 0.9 }},
	{"65", 20, func(l looks) bool { return l.same && l.share >= 0.65 && l.share < 0.8 }},
	{"50", 10, func(l looks) bool { return l.same && l.share >= 0.5 && l.share < 0.65 }},
	{"30", 5, func(l looks) bool { return l.same && l.share < 0.5 }},
	{"bodies", 15, func(l looks) bool { return !l.same && l.share >= 0.8 }},
}

// Draw takes 300 pairs out of names, the same for the same seed: in each
// stratum those whose hash with the seed is lowest. Names that are the same
// letter by letter are no pair: for those no detector is needed.
func Draw(names []Name, seed string) (drawn []Pair) {
	titles, taken := map[string]int{}, map[string]bool{}
	for s, all := range candidates(names, seed) {
		slices.SortFunc(all, func(x, y Pair) int { return cmp.Compare(x.key, y.key) })
		publishers, n := map[string]int{}, 0
		for _, p := range all {
			if n == strata[s].n {
				break
			}
			if taken[p.Hash()] || max(titles[p.A.Title], titles[p.B.Title]) >= MaxPerTitle || max(publishers[p.A.Publisher], publishers[p.B.Publisher]) >= MaxPerPublisher {
				continue
			}
			taken[p.Hash()] = true
			titles[p.A.Title]++
			titles[p.B.Title]++
			publishers[p.A.Publisher]++
			if p.B.Publisher != p.A.Publisher {
				publishers[p.B.Publisher]++
			}
			drawn = append(drawn, p)
			n++
		}
	}
	return drawn
}

// candidates are the pairs of each stratum.
func candidates(names []Name, seed string) [][]Pair {
	found := make([][]Pair, len(strata))
	most := mostUsed(names)
	for _, of := range byListing(names) {
		grams, hashes := make([][]string, len(of)), make([]string, len(of))
		for i, n := range of {
			grams[i], hashes[i] = pairsOf(n.Title), n.Hash()
		}
		for i, a := range of {
			for j := i + 1; j < len(of); j++ {
				b := of[j]
				share := common(grams[i], grams[j])
				if a.Title == b.Title || share < LeastShare {
					continue
				}
				only, other := difference(a.Title, b.Title), difference(b.Title, a.Title)
				l := looks{a.Publisher == b.Publisher, share, only == "" || other == "", strings.Trim(only+other, most) == ""}
				for s := range strata {
					if strata[s].takes(l) {
						found[s] = append(found[s], Pair{a, b, strata[s].name, hash(seed, strata[s].name, hashes[i], hashes[j])})
					}
				}
			}
		}
	}
	return found
}

// mostUsed are the letters that most names have, and all signs.
func mostUsed(names []Name) string {
	uses := map[rune]int{}
	for _, n := range names {
		for r := range runes(n.Title) {
			uses[r]++
		}
	}
	letters := slices.SortedFunc(maps.Keys(uses), func(a, b rune) int { return cmp.Or(cmp.Compare(uses[b], uses[a]), cmp.Compare(a, b)) })
	signs := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	all := slices.DeleteFunc(slices.Clone(letters), signs)
	letters = slices.DeleteFunc(letters, func(r rune) bool { return !unicode.IsLetter(r) })
	return string(append(all, letters[:min(len(letters), CommonLetters)]...))
}

func runes(s string) map[rune]int {
	n := map[rune]int{}
	for _, r := range s {
		n[r]++
	}
	return n
}

// difference are the characters that a has more often than b.
func difference(a, b string) string {
	var d strings.Builder
	in := runes(b)
	for _, r := range a {
		if in[r]--; in[r] < 0 {
			d.WriteRune(r)
		}
	}
	return d.String()
}

func byListing(names []Name) map[string][]Name {
	of := map[string][]Name{}
	for _, n := range names {
		of[n.Listing] = append(of[n.Listing], n)
	}
	for _, all := range of {
		slices.SortFunc(all, func(a, b Name) int { return cmp.Compare(a.Hash(), b.Hash()) })
	}
	return of
}

// pairsOf are the pairs of neighbouring characters of s, sorted.
func pairsOf(s string) (all []string) {
	r := []rune(s)
	for i := 1; i < len(r); i++ {
		all = append(all, string(r[i-1:i+1]))
	}
	slices.Sort(all)
	return all
}

// common is the share of two sorted lists that is in both, 0 to 1 (Dice).
func common(a, b []string) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := strings.Compare(a[i], b[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	if len(a)+len(b) == 0 {
		return 0
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}
