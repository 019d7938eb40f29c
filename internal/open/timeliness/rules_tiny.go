package timeliness

// Tiny: the newest data holds fewer rows than tiny.rows (低容量). A table of
// that size is better a part of another one. Article 16(2): 零散数据整合.
const Tiny Problem = "tiny"

var tiny = Detector{Problem: Tiny, Article: "16(2)", Thresholds: []string{"tiny.rows"}, Find: func(w World) (all []Found) {
	least := int64(w.Thresholds["tiny.rows"])
	for _, s := range w.Subjects {
		if s.Full && s.Rows < least {
			all = append(all, one(Tiny, s, map[string]int64{"rows": s.Rows, "least": least}, "few_rows"))
		}
	}
	return all
}}
