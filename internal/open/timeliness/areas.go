package timeliness

import (
	"strings"

	"kaishu/internal/people/organisation"
)

// areasOf are the names of districts as names of datasets write them: in full,
// and without 区 or 新区 where two remain.
func areasOf(districts []organisation.DistrictName) (all []string) {
	for _, d := range districts {
		all = append(all, d.Name.ZH)
		if short := strings.TrimSuffix(strings.TrimSuffix(d.Name.ZH, "区"), "新"); len([]rune(short)) > 1 {
			all = append(all, short)
		}
	}
	return all
}
