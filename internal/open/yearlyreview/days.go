package yearlyreview

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"kaishu/internal/base/workday"
)

//go:embed days.json
var daysFile []byte

type yearRule struct {
	Opens     string       `json:"opens"` // month and day, e.g. "09-01"
	Last      string       `json:"last"`
	Reminders []int        `json:"reminders"`
	From      workday.Date `json:"from"`
	Until     workday.Date `json:"until"` // "" for open-ended
}

var yearRules = sync.OnceValue(func() []yearRule {
	var x struct {
		Years []yearRule `json:"years"`
	}
	if err := json.Unmarshal(daysFile, &x); err != nil {
		panic("yearlyreview: days.json: " + err.Error()) // embedded: a fault of the program
	}
	return x.Years
})

// YearOf returns when the reviews of a year are done; the zero Year if nothing
// is said of it. Article 10.
func YearOf(number int) Year { return yearIn(yearRules(), number) }

func yearIn(rules []yearRule, number int) Year {
	for _, r := range rules {
		opens := workday.Date(fmt.Sprintf("%04d-%s", number, r.Opens))
		if r.From <= opens && (r.Until == "" || opens <= r.Until) {
			return Year{Number: number, Opens: opens, Last: workday.Date(fmt.Sprintf("%04d-%s", number, r.Last)), Reminders: r.Reminders}
		}
	}
	return Year{}
}
