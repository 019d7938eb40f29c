package draft

import (
	"strings"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Keep is the rule of keeping and reading one's own drafts.
var Keep = permit.Rule{Act: "draft.keep", By: []permit.Role{permit.Signed}}

// The bounds of drafts. [D]
const (
	MaxBytes   = 1 << 20             // of one
	MaxDrafts  = 200                 // of one account
	KeptFor    = 90 * 24 * time.Hour // since it was last saved
	maxKeySize = 200
)

// Draft is a form half filled: the texts of its inputs by name.
type Draft struct {
	Key     string              `json:"key"` // of the form, e.g. "desk.dictionary/metro-stations"
	Form    map[string][]string `json:"form"`
	SavedAt time.Time           `json:"saved_at"`
}

// Check returns every fault of a draft of so many bytes, or nil.
func Check(key string, bytes int) error {
	var p problem.List
	if strings.TrimSpace(key) == "" || len(key) > maxKeySize {
		p.Add("/key", "draft.bad_key", "most", maxKeySize)
	}
	if bytes > MaxBytes {
		p.Add("/form", "draft.too_large", "kilobytes", MaxBytes>>10)
	}
	return p.Err()
}
