package apply

import (
	"net/url"
	"testing"

	"kaishu/internal/obtain/application"
)

// TestTypedValuesFollowTheirDataset: another window took the first one out and
// added one.
func TestTypedValuesFollowTheirDataset(t *testing.T) {
	typed := url.Values{"/datasets/0/dataset": {"air"}, "/datasets/0/months": {"3"}, "/datasets/1/dataset": {"rain"}, "/datasets/1/months": {"7"}, "/datasets/1/fields/-": {"day", "mm"}, "seen": {"4"}}
	got := placed(typed, []application.Wanted{{Dataset: "rain", Months: 12}, {Dataset: "bus", Months: 5, Mode: "api", Fields: []string{"line"}}})
	for name, want := range map[string]string{"/datasets/0/dataset": "rain", "/datasets/0/months": "7", "/datasets/0/fields/-": "day", "/datasets/1/months": "5", "/datasets/1/mode": "api", "/datasets/1/fields/-": "line", "seen": "4"} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if got.Has("/datasets/2/months") {
		t.Errorf("%v", got)
	}
}
