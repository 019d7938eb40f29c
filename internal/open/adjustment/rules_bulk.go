package adjustment

import (
	"slices"
	"strconv"

	"kaishu/internal/base/problem"
)

// Way is what an import does with one entry.
type Way string

// The ways.
const (
	WayBegun   Way = "begun"   // there was none: it is begun
	WayDrafted Way = "drafted" // it was being written: it is written on
	WayOrdered Way = "ordered" // it is on the list: an order is begun that changes it
	WayFilled  Way = "filled"  // an order that changes it was being written: it is written on
	WayKept    Way = "kept"    // it says that already
)

// MostEntries is how many entries one import may have. [D]
const MostEntries = 500

// CheckBulk finds what is wrong with an import of the entries called slugs, but
// for what each of them says.
func CheckBulk(slugs []string) error {
	var l problem.List
	switch {
	case len(slugs) == 0:
		l.Require("/entries", "")
	case len(slugs) > MostEntries:
		l.Add("/entries", "adjustment.too_many_entries", "most", MostEntries)
	}
	for i, slug := range slugs {
		if slices.Index(slugs, slug) < i {
			l.Add("/entries/"+strconv.Itoa(i)+"/slug", "adjustment.twice", "slug", slug)
		}
	}
	return l.Err()
}

// WayOf returns what becomes of an entry that exists; fillable says that its
// open order changes it and is the editor's to write, and moved that something
// differs.
func WayOf(b Begins, fillable, moved bool) (Way, error) {
	switch {
	case !moved:
		return WayKept, nil
	case fillable:
		return WayFilled, nil
	case b.Draft:
		return WayDrafted, nil
	case b.Open:
		return "", problem.New(problem.Conflict, "adjustment.one_at_a_time")
	case !b.Listed:
		return "", problem.New(problem.Conflict, "adjustment.not_listed")
	}
	return WayOrdered, nil
}
