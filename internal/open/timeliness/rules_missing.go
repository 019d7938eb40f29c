package timeliness

// Missing: an entry is on the list, and there is nothing behind it. Nothing of
// its data is offered here (of conditional data not even a sample), or none of
// its data items is explained. Articles 9(2), 17 and 22.
const Missing Problem = "missing"

var missing = Detector{Problem: Missing, Article: "9(2)", Find: func(w World) (all []Found) {
	for _, s := range w.Subjects {
		var says []string
		switch {
		case s.Released:
		case s.Conditional:
			says = append(says, "no_sample")
		default:
			says = append(says, "no_data")
		}
		if s.Items == 0 {
			says = append(says, "no_items")
		}
		if len(says) > 0 {
			all = append(all, one(Missing, s, nil, says...))
		}
	}
	return all
}}
