package timeliness

// Unused: on the list for unused.months months or more, and in that time
// nobody downloaded it or called it (零使用). Where use is not known, nothing
// is said. Entries without data are [Missing], not unused. Article 16(2).
const Unused Problem = "unused"

var unused = Detector{Problem: Unused, Article: "16(2)", Thresholds: []string{"unused.months"}, Find: func(w World) (all []Found) {
	months := w.Thresholds["unused.months"]
	since := w.Today.AddMonths(-months)
	for _, s := range w.Subjects {
		if s.Uses != nil && *s.Uses == 0 && s.Released && s.Listed.Valid() && s.Listed <= since {
			all = append(all, one(Unused, s, map[string]int64{"months": int64(months)}, "no_use"))
		}
	}
	return all
}}
