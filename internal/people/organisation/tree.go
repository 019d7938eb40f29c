package organisation

import (
	"cmp"
	"slices"
)

// Arrange puts bodies, of which none is above itself, into the order of the
// tree; see [Service.Tree].
func Arrange(all []Organisation) (nodes []Node) {
	below := map[string][]Organisation{}
	there := map[string]Organisation{}
	for _, o := range all {
		there[o.ID] = o
	}
	var tops []Organisation
	for _, o := range all {
		if _, ok := there[o.Parent]; ok && hangs(o, there[o.Parent]) {
			below[o.Parent] = append(below[o.Parent], o)
		} else {
			tops = append(tops, o)
		}
	}
	slices.SortStableFunc(tops, func(a, b Organisation) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.District, b.District), cmp.Compare(a.ID, b.ID))
	})
	district := ""
	for _, o := range tops {
		depth := 0
		if o.Level == District && o.District != "" {
			if o.District != district {
				district = o.District
				nodes = append(nodes, Node{District: DistrictName{Code: district, Name: DistrictByCode(district)}})
			}
			depth = 1
		}
		nodes = descend(nodes, below, o, depth)
	}
	return nodes
}

// hangs reports whether o is listed under parent: a district's body under a
// body of the city is listed in its district.
func hangs(o, parent Organisation) bool {
	return o.Level != District || parent.Level == District
}

func descend(nodes []Node, below map[string][]Organisation, o Organisation, depth int) []Node {
	nodes = append(nodes, Node{Body: o, Depth: depth})
	for _, child := range below[o.ID] {
		nodes = descend(nodes, below, child, depth+1)
	}
	return nodes
}

// rank is the order of the top: nation, city, districts, the public realm.
func rank(o Organisation) int {
	switch {
	case o.Kind.Realm() == Public:
		return 3
	case o.Level == District:
		return 2
	case o.Level == City:
		return 1
	}
	return 0
}
