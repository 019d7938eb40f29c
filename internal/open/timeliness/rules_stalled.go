package timeliness

// Stalled: versions go on arriving and hold the same table, stalled.versions
// of them or more, over at least stalled.cycles cycles (更新停滞). The day is
// new and the data is not. Data without a cycle cannot stall. Article 9(5).
const Stalled Problem = "stalled"

var stalled = Detector{Problem: Stalled, Article: "9(5)", Thresholds: []string{"stalled.versions", "stalled.cycles"}, Find: func(w World) (all []Found) {
	versions, cycles := w.Thresholds["stalled.versions"], w.Thresholds["stalled.cycles"]
	for _, s := range w.Subjects {
		n := 0
		for n < len(s.Contents) && s.Contents[n].Hash == s.Contents[0].Hash {
			n++
		}
		if n < versions || s.Promise.Static || s.Promise.Window == 0 {
			continue
		}
		first, last := s.Contents[n-1].Day, s.Contents[0].Day
		if !first.Valid() || !last.Valid() || first.Days(last) < cycles*s.Promise.Cycle {
			continue
		}
		all = append(all, one(Stalled, s, map[string]int64{"versions": int64(n), "days": int64(first.Days(last))}, "same_content"))
	}
	return all
}}
