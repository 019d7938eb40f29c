package timeliness

import (
	_ "embed"
	"encoding/json"
	"sync"

	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
)

//go:embed numbers.json
var numbersFile []byte

type numbers struct {
	Cycles []struct {
		Code   string `json:"code"` // of the frequency
		Cycle  int    `json:"cycle"`
		Before int    `json:"before"`
		span
	} `json:"cycles"`
	Thresholds []struct {
		Name  string `json:"name"`
		Value int    `json:"value"`
		span
	} `json:"thresholds"`
}

// span is the days between which a figure holds.
type span struct {
	From  workday.Date `json:"from"`
	Until workday.Date `json:"until"` // "" for open-ended
}

func (s span) holds(day workday.Date) bool {
	return s.From <= day && (s.Until == "" || day <= s.Until)
}

var figures = sync.OnceValue(func() (n numbers) {
	if err := json.Unmarshal(numbersFile, &n); err != nil {
		panic("timeliness: numbers.json: " + err.Error()) // embedded: a fault of the program
	}
	return n
})

// PromiseOf returns what a frequency of the code list promises on day. A
// frequency whose cycle nobody has said has no grace: its window is the cycle.
// Article 9(5).
func PromiseOf(f openlist.Frequency, day workday.Date) Promise {
	p := Promise{Window: f.Window, Cycle: f.Window, Static: f.Code == openlist.StaticCode}
	for _, c := range figures().Cycles {
		if c.Code == f.Code && c.holds(day) {
			p.Cycle, p.Before = min(c.Cycle, f.Window), c.Before
		}
	}
	return p
}

// Of says how an entry of the list stands today, if its data is of the day
// updated; "" if that is unknown.
func Of(codes openlist.Codes, e openlist.Entry, updated, today workday.Date) Standing {
	f, _ := codes.Frequency(e.Frequency)
	return Judge(PromiseOf(f, today), Known{Updated: updated, Listed: e.FirstPublishedOn, Stopped: e.Stage == openlist.StageSuspended}, today)
}

// ThresholdsOn returns the thresholds that hold on day, by name; see
// numbers.json.
func ThresholdsOn(day workday.Date) Thresholds {
	t := Thresholds{}
	for _, x := range figures().Thresholds {
		if x.holds(day) {
			t[x.Name] = x.Value
		}
	}
	return t
}
