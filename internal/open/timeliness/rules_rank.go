package timeliness

import (
	"cmp"
	"slices"
)

// Counts are how many datasets of a publisher, or of one frequency of it, stand
// how.
type Counts struct {
	Datasets      int `json:"datasets"` // on the list
	Promised      int `json:"promised"` // of which an update is promised and its day known
	OnTime        int `json:"on_time"`  // of Promised
	Late          int `json:"late"`     // of Promised, seriously late ones apart
	SeriouslyLate int `json:"seriously_late"`
}

// Share is the share of what is promised that is on time, between 0 and 1; 0
// if nothing is promised.
func (c Counts) Share() float64 {
	if c.Promised == 0 {
		return 0
	}
	return float64(c.OnTime) / float64(c.Promised)
}

func (c *Counts) add(class Class) {
	c.Datasets++
	if class.Promised() {
		c.Promised++
	}
	switch class {
	case OnTime:
		c.OnTime++
	case Late:
		c.Late++
	case SeriouslyLate:
		c.SeriouslyLate++
	}
}

// One is one dataset, for counting.
type One struct {
	Body, Frequency string
	Standing
}

// Row is one publisher of the ranking.
type Row struct {
	Body           string
	Counts         Counts
	ByFrequency    map[string]Counts
	MedianDaysLate float64 // of the late ones; 0 if there are none
	Place          int     // 1 for the best; the same for the same share; 0 if nothing is promised
	Small          bool    // so few promised datasets that the share says little
}

// Rank puts publishers in order: by their share on time, then by how many
// datasets that is of. Small ones stand among the others, marked.
// Article 16; requirements A16.5.
func Rank(all []One, small int) (rows []Row) {
	at, days := map[string]int{}, map[string][]int{}
	for _, d := range all {
		i, known := at[d.Body]
		if !known {
			i = len(rows)
			at[d.Body] = i
			rows = append(rows, Row{Body: d.Body, ByFrequency: map[string]Counts{}})
		}
		rows[i].Counts.add(d.Class)
		c := rows[i].ByFrequency[d.Frequency]
		c.add(d.Class)
		rows[i].ByFrequency[d.Frequency] = c
		if d.Class.Late() {
			days[d.Body] = append(days[d.Body], d.DaysLate)
		}
	}
	for i := range rows {
		rows[i].MedianDaysLate = median(days[rows[i].Body])
		rows[i].Small = rows[i].Counts.Promised < small
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Counts.Share(), a.Counts.Share()), cmp.Compare(b.Counts.Promised, a.Counts.Promised), cmp.Compare(a.Body, b.Body))
	})
	for i := range rows {
		switch {
		case rows[i].Counts.Promised == 0:
		case i > 0 && rows[i].Counts.Share() == rows[i-1].Counts.Share():
			rows[i].Place = rows[i-1].Place
		default:
			rows[i].Place = i + 1
		}
	}
	return rows
}

// median is the middle of all, or the mean of the two middles; 0 of none.
func median(all []int) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	n := len(all)
	return float64(all[(n-1)/2]+all[n/2]) / 2
}
