package yearlyreview

import (
	"slices"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

// Kind is what a decision is about.
type Kind string

// The kinds of item.
const (
	Listed   Kind = "listed"   // an entry of the open list
	Unopened Kind = "unopened" // a resource of the catalogue that nothing is opened from
)

// Verdict is what is decided of an item.
type Verdict string

// The verdicts on entries, then those on resources.
const (
	Keep     Verdict = "keep"     // 保持
	Change   Verdict = "change"   // 修改
	Static   Verdict = "static"   // 转为静态数据: Article 10(1)
	Merge    Verdict = "merge"    // 并入其他数据集
	Withdraw Verdict = "withdraw" // 转为不开放

	Open      Verdict = "open"       // 新增开放: Article 10(2) to (4)
	OpenAfter Verdict = "open_after" // 脱密、脱敏后开放: Article 10(2)
	NotYet    Verdict = "not_yet"    // 暂不开放
)

// Verdicts returns what may be decided of an item of a kind, in the order of
// the form.
func (k Kind) Verdicts() []Verdict {
	if k == Listed {
		return []Verdict{Keep, Change, Static, Merge, Withdraw}
	}
	return []Verdict{Open, OpenAfter, NotYet}
}

// Orders reports whether a verdict changes the list, so that it needs a work
// order.
func (v Verdict) Orders() bool { return v != "" && v != Keep && v != NotYet }

// New reports whether the work order of a verdict is about a new entry.
func (v Verdict) New() bool { return v == Open || v == OpenAfter }

// NotYetGrounds are the classes of reason for not opening a resource yet. [D]
var NotYetGrounds = []string{"law", "privacy", "secret", "consent", "quality", "system", "no_need", "other"}

// Choice is the decision on one item.
type Choice struct {
	Item    string  `json:"item"` // slug of an entry, or id of a resource
	Verdict Verdict `json:"verdict"`
	Ground  string  `json:"ground,omitempty"` // of open/adjustment for Withdraw, of NotYetGrounds for NotYet
	Into    string  `json:"into,omitempty"`   // slug, for Merge
	Reason  string  `json:"reason,omitempty"`
}

// Evidence is what the platform knows of an item; figures of use are of the
// twelve months before.
type Evidence struct {
	On         workday.Date `json:"on"`                   // day on which it was gathered
	Timeliness string       `json:"timeliness,omitempty"` // class of open/timeliness; "" if nobody tells, or of a resource
	DaysLate   int          `json:"days_late,omitempty"`
	UpdatedOn  workday.Date `json:"updated_on,omitempty"`
	Reads      int64        `json:"reads"` // downloads and calls
	ReadsKnown bool         `json:"reads_known"`
	Requests   int          `json:"requests,omitempty"`   // decided applications for it, so far
	Objections int          `json:"objections,omitempty"` // open ones
	GradedOn   workday.Date `json:"graded_on,omitempty"`  // "" if its grading is not confirmed
	GradingDue bool         `json:"grading_due,omitempty"`
	Hook       string       `json:"hook,omitempty"` // stage of its hook
	ChangedOn  workday.Date `json:"changed_on,omitempty"`
	Faults     int          `json:"faults,omitempty"` // of quality, that hold its newest version
	Before     Verdict      `json:"before,omitempty"` // of the year before
}

// OnTime reports whether an entry keeps what it promises, and nothing is wrong
// with it: what may be kept with one act for many.
func (e Evidence) OnTime() bool {
	return slices.Contains([]string{"on_time", "static", "not_due"}, e.Timeliness) && !e.Troubled()
}

// Troubled reports whether something speaks against keeping an entry as it is:
// whoever keeps it says why. [D]
func (e Evidence) Troubled() bool {
	return e.Timeliness == "late" || e.Timeliness == "seriously_late" || e.Objections > 0 || e.GradingDue || e.Hook == "broken" || e.Faults > 0
}

// Sources are where data comes from that no listing of the catalogue holds:
// daily work without an information system, and disclosed documents (Article
// 10(3) and (4)). The names are those of the open list.
var Sources = []string{"no_system", "disclosure"}

// Item is one thing to be decided, and what was.
type Item struct {
	ID      string      `json:"id"` // slug of an entry, or id of a resource
	Kind    Kind        `json:"kind"`
	Title   locale.Text `json:"title"`
	Source  string      `json:"source,omitempty"`  // of Sources, for what the editor added
	Link    string      `json:"link,omitempty"`    // the disclosed document
	Verdict Verdict     `json:"verdict,omitempty"` // "" while undecided
	Ground  string      `json:"ground,omitempty"`
	Into    string      `json:"into,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	By      string      `json:"by,omitempty"`       // who decided
	Seen    *Evidence   `json:"seen,omitempty"`     // what was known then
	Order   string      `json:"order,omitempty"`    // id of the work order that was begun
	Entry   string      `json:"entry,omitempty"`    // slug of the new entry, for a resource
	NoOrder bool        `json:"no_order,omitempty"` // none is needed any more: the entry is off the list
	Gone    bool        `json:"gone,omitempty"`     // off the list, or opened, since: nothing to decide
}

// Lacks returns what the decision still lacks, as field and code.
func (i Item) Lacks() (faults [][2]string) {
	lack := func(field, code string) { faults = append(faults, [2]string{field, code}) }
	blank := strings.TrimSpace(i.Reason) == ""
	switch {
	case i.Verdict == "":
		lack("verdict", "yearlyreview.undecided")
	case i.Verdict == Keep && i.Seen != nil && i.Seen.Troubled() && blank:
		lack("reason", "yearlyreview.keep_why")
	case i.Verdict != Keep && blank:
		lack("reason", "required")
	}
	if (i.Verdict == Withdraw || i.Verdict == NotYet) && i.Ground == "" {
		lack("ground", "required")
	}
	if i.Verdict == Merge && i.Into == "" {
		lack("into", "required")
	}
	return faults
}

// Decided reports whether nothing is lacking.
func (i Item) Decided() bool { return len(i.Lacks()) == 0 }

// Begun reports whether what follows from the decision was begun.
func (i Item) Begun() bool { return !i.Verdict.Orders() || i.Order != "" || i.NoOrder }

// Fault is one reason for which a review is returned.
type Fault struct {
	Item string `json:"item,omitempty"` // "" for the whole
	Text string `json:"text"`
}

// Review is what the rules know of the review of one publisher in one year.
type Review struct {
	ID         string            `json:"id"`
	Body       string            `json:"body"` // id of the publisher
	Year       int               `json:"year"`
	Stage      Stage             `json:"stage"`
	Due        workday.Date      `json:"due"`            // last day to sign
	Clock      deadline.Clock    `json:"clock,omitzero"` // of whoever's turn it is
	Late       bool              `json:"late,omitempty"` // the last day passed, or the signature came after it
	SignedOn   workday.Date      `json:"signed_on,omitempty"`
	Redo       bool              `json:"redo,omitempty"` // the authority returned it
	Faults     []Fault           `json:"faults,omitempty"`
	ReviewedOn workday.Date      `json:"reviewed_on,omitempty"`
	ClosedOn   workday.Date      `json:"closed_on,omitempty"`
	Did        map[string]string `json:"did,omitempty"`   // verb → doer, for four eyes
	Items      []Item            `json:"items,omitempty"` // entries by slug, then resources by title
}

// Item returns where the item with that id stands, -1 if there is none.
func (r Review) Item(id string) int {
	return slices.IndexFunc(r.Items, func(i Item) bool { return i.ID == id })
}

// DecidedBy reports whether who decided an item, or completed the review.
func (r Review) DecidedBy(who permit.Actor) bool {
	return slices.ContainsFunc(r.Items, func(i Item) bool { return i.By != "" && who.Is(i.By) })
}

// Unbegun returns the ids of the items whose work order is still to be begun.
func (r Review) Unbegun() (ids []string) {
	for _, i := range r.Items {
		if !i.Gone && !i.Begun() {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// Tally is how many items there are, how many are decided, and how.
type Tally struct {
	Items    int             `json:"items"` // what is gone is not counted
	Listed   int             `json:"listed"`
	Unopened int             `json:"unopened"`
	Decided  int             `json:"decided"`
	Verdicts map[Verdict]int `json:"verdicts,omitempty"`
}

// Tally counts.
func (r Review) Tally() (t Tally) {
	t.Verdicts = map[Verdict]int{}
	for _, i := range r.Items {
		if i.Gone {
			continue
		}
		t.Items++
		if i.Kind == Listed {
			t.Listed++
		} else {
			t.Unopened++
		}
		if i.Decided() {
			t.Decided++
		}
		if i.Verdict != "" {
			t.Verdicts[i.Verdict]++
		}
	}
	return t
}

// Share is the part of the items that is decided, 0 to 1; 1 if there are none.
func (t Tally) Share() float64 {
	if t.Items == 0 {
		return 1
	}
	return float64(t.Decided) / float64(t.Items)
}

// Turn is whose turn it is: "publisher", "lead", "authority" or "".
func (r Review) Turn() string {
	switch r.Stage {
	case StageOpened, StageEvaluating, StageReturned, StageReviewed:
		return "publisher"
	case StageComplete:
		return "lead"
	case StageSigned:
		return "authority"
	}
	return ""
}
