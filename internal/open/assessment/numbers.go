package assessment

import (
	_ "embed"
	"encoding/json"
	"sync"

	"kaishu/internal/base/workday"
)

//go:embed numbers.json
var numbersFile []byte

type numbers struct {
	Weights []struct {
		Name  string  `json:"name"`
		Value float64 `json:"value"`
		span
	} `json:"weights"`
	Boxes []struct {
		Box
		span
	} `json:"boxes"`
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
		panic("assessment: numbers.json: " + err.Error()) // embedded: a fault of the program
	}
	return n
})

// WeightsOn returns the figures that hold on day; see numbers.json.
func WeightsOn(day workday.Date) Weights {
	w := Weights{}
	for _, x := range figures().Weights {
		if x.holds(day) {
			w[x.Name] = x.Value
		}
	}
	return w
}

// CityOn returns the box around the city that holds on day.
func CityOn(day workday.Date) (b Box) {
	for _, x := range figures().Boxes {
		if x.holds(day) {
			b = x.Box
		}
	}
	return b
}
