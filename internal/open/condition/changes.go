package condition

import "slices"

// Change is one difference between two versions, for people to read.
type Change struct {
	Do string `json:"do"` // "added", "removed" or "changed"
	Of string `json:"of"` // "condition", "material", "applicants", "exclude_reason" or "modes"

	Condition    *Condition `json:"condition,omitempty"` // as it is now; nil if removed
	WasCondition *Condition `json:"was_condition,omitempty"`
	Material     *Material  `json:"material,omitempty"`
	WasMaterial  *Material  `json:"was_material,omitempty"`
	Codes        []string   `json:"codes,omitempty"` // of applicants, of modes
	WasCodes     []string   `json:"was_codes,omitempty"`
}

// Changes lists what differs between was and now, in the order of a set:
// conditions, materials, then the rest. Conditions have no names: those that
// are equal belong together, then those of the same kind, in their order.
func Changes(was, now Content) []Change {
	all := append(conditionChanges(was.Conditions, now.Conditions), materialChanges(was.Materials, now.Materials)...)
	if before, after := words(was.Applicants), words(now.Applicants); !slices.Equal(before, after) {
		all = append(all, Change{Do: "changed", Of: "applicants", Codes: after, WasCodes: before})
	}
	if was.ExcludeReason != now.ExcludeReason {
		all = append(all, Change{Do: "changed", Of: "exclude_reason"})
	}
	if !slices.Equal(was.Modes, now.Modes) {
		all = append(all, Change{Do: "changed", Of: "modes", Codes: now.Modes, WasCodes: was.Modes})
	}
	return all
}

func conditionChanges(was, now []Condition) (all []Change) {
	left := slices.Clone(was)
	take := func(fits func(Condition) bool) *Condition {
		i := slices.IndexFunc(left, fits)
		if i < 0 {
			return nil
		}
		c := left[i]
		left = slices.Delete(left, i, i+1)
		return &c
	}
	var rest []Condition
	for _, c := range now {
		if take(func(o Condition) bool { return sameCondition(o, c) }) == nil {
			rest = append(rest, c)
		}
	}
	for _, c := range rest {
		if before := take(func(o Condition) bool { return o.Kind == c.Kind }); before != nil {
			all = append(all, Change{Do: "changed", Of: "condition", Condition: &c, WasCondition: before})
		} else {
			all = append(all, Change{Do: "added", Of: "condition", Condition: &c})
		}
	}
	for _, c := range left {
		all = append(all, Change{Do: "removed", Of: "condition", WasCondition: &c})
	}
	return all
}

func materialChanges(was, now []Material) (all []Change) {
	find := func(in []Material, id string) *Material {
		if i := slices.IndexFunc(in, func(m Material) bool { return m.ID == id }); i >= 0 {
			return &in[i]
		}
		return nil
	}
	for _, m := range now {
		switch before := find(was, m.ID); {
		case before == nil:
			all = append(all, Change{Do: "added", Of: "material", Material: &m})
		case *before != m:
			all = append(all, Change{Do: "changed", Of: "material", Material: &m, WasMaterial: before})
		}
	}
	for _, m := range was {
		if find(now, m.ID) == nil {
			all = append(all, Change{Do: "removed", Of: "material", WasMaterial: &m})
		}
	}
	return all
}

func words[S ~string](all []S) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}
