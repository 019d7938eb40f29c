package likeness

import (
	"cmp"
	"slices"
)

// Index finds the names that are like another. It is for one user at a time.
type Index struct {
	names map[string]int32 // id → slot
	slots []slot           // those of removed names are free
	free  []int32
	grams map[[2]rune][]int32 // two letters side by side → slots of the names that have them
	// shared is for one search: how many pairs each slot shares; 0 between two
	shared []uint16
}

type slot struct {
	id   string
	form form
}

// Hit is a name that is like the one asked for.
type Hit struct {
	ID string
	Name
	Likeness
}

// NewIndex returns an index without names.
func NewIndex() *Index { return &Index{names: map[string]int32{}, grams: map[[2]rune][]int32{}} }

// Len is the number of names.
func (x *Index) Len() int { return len(x.names) }

// Put sets the name of id.
func (x *Index) Put(id string, n Name) {
	if at, ok := x.names[id]; ok && x.slots[at].form.Name == n {
		return
	}
	x.Remove(id)
	at := int32(len(x.slots))
	if last := len(x.free) - 1; last >= 0 {
		at, x.free = x.free[last], x.free[:last]
	} else {
		x.slots = append(x.slots, slot{})
	}
	x.slots[at] = slot{id, read(n)}
	x.names[id] = at
	for _, g := range grams(x.slots[at].form.content) {
		x.grams[g] = append(x.grams[g], at)
	}
}

// Remove forgets id.
func (x *Index) Remove(id string) {
	at, ok := x.names[id]
	if !ok {
		return
	}
	for _, g := range grams(x.slots[at].form.content) {
		list := x.grams[g]
		if i := slices.Index(list, at); i >= 0 {
			list[i] = list[len(list)-1]
			x.grams[g] = list[:len(list)-1]
		}
		if len(x.grams[g]) == 0 {
			delete(x.grams, g)
		}
	}
	delete(x.names, id)
	x.slots[at] = slot{}
	x.free = append(x.free, at)
}

// Bounds of a search. [D]
const (
	Floor    = 0.60 // hits are at least so like
	compared = 400  // names that are compared letter by letter, those with most pairs of letters in common
)

// Near returns the names that are most like n, other than that of id: at most
// limit, from [Floor] on, the most like first, then by id. Of a series of
// more than 400 names that hardly differ it may miss some that are not near
// duplicates.
func (x *Index) Near(id string, n Name, limit int) []Hit {
	asked := read(n)
	of := grams(asked.content)
	slices.SortFunc(of, func(a, b [2]rune) int {
		return cmp.Or(len(x.grams[a])-len(x.grams[b]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	// A name that is so like has at least a third of the pairs, so it has one
	// of the rarest two thirds: the long lists need not be read.
	for len(x.shared) < len(x.slots) {
		x.shared = append(x.shared, 0)
	}
	var touched []int32
	for _, g := range of[:len(of)-len(of)/3] {
		for _, at := range x.grams[g] {
			if x.shared[at] == 0 {
				touched = append(touched, at)
			}
			x.shared[at]++
		}
	}
	found := x.most(touched, id, len(of))
	for _, at := range touched {
		x.shared[at] = 0
	}
	var hits []Hit
	for _, at := range found {
		if l := compare(asked, x.slots[at].form); l.Score >= Floor {
			hits = append(hits, Hit{x.slots[at].id, x.slots[at].form.Name, l})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return hits[:min(len(hits), limit)]
}

// most returns those of touched, other than id, that share most with a name of
// n pairs, relative to how much there is: [compared] of them, and those that
// share as much as the last of them.
func (x *Index) most(touched []int32, id string, n int) (found []int32) {
	const steps = 100
	var of [steps + 1]int
	step := func(at int32) int {
		return 2 * steps * int(x.shared[at]) / max(n+max(len(x.slots[at].form.content)-1, 1), 2*int(x.shared[at]))
	}
	for _, at := range touched {
		of[step(at)]++
	}
	least, total := steps, of[steps]
	for least > 0 && total < compared {
		least--
		total += of[least]
	}
	for _, at := range touched {
		if step(at) >= least && x.slots[at].id != id {
			found = append(found, at)
		}
	}
	return found
}

// grams are the pairs of letters side by side, each once; of a single letter,
// that.
func grams(s []rune) (all [][2]rune) {
	if len(s) == 1 {
		return [][2]rune{{s[0]}}
	}
	for i := 1; i < len(s); i++ {
		all = append(all, [2]rune{s[i-1], s[i]})
	}
	slices.SortFunc(all, func(a, b [2]rune) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return slices.Compact(all)
}
