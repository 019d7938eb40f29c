package adjustment

import (
	"encoding/json"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Kind is what an order asks for.
type Kind string

// The kinds of order.
const (
	List     Kind = "list"     // 新增: put an entry on the list
	Change   Kind = "change"   // 修改: change what the list says of it
	Withdraw Kind = "withdraw" // 转为不开放: take it off the list
)

// Kinds lists the kinds.
var Kinds = []Kind{List, Change, Withdraw}

// Grounds are the reasons for taking an entry off the list. That it cannot be
// updated any more is none: what was opened stays open, as static data
// (Article 10(1)). [D]
var Grounds = []string{"law", "privacy", "secret", "consent_ended", Merged, "not_ours", CannotUpdate, "other"}

// CannotUpdate is a ground that is refused.
const CannotUpdate = "cannot_update"

// Merged is the ground that names the entry which takes its place.
const Merged = "merged"

// GroundFaults returns what is wrong with the ground on which c takes an entry
// off the list; intoNone says that c.Into is not on it. Article 10(1).
func GroundFaults(entry string, c Content, intoNone bool) []problem.Field {
	switch c.Ground {
	case "":
		return []problem.Field{{Pointer: "/ground", Code: "required"}}
	case CannotUpdate:
		return []problem.Field{{Pointer: "/ground", Code: "adjustment.make_static"}}
	case Merged:
		if c.Into == "" {
			return []problem.Field{{Pointer: "/into", Code: "required"}}
		}
		if intoNone || c.Into == entry {
			return []problem.Field{{Pointer: "/into", Code: "adjustment.into_nothing", Args: map[string]any{"slug": c.Into}}}
		}
	}
	return nil
}

// ReturnCodes are the four cases of Article 11, second paragraph.
var ReturnCodes = []string{"R1", "R2", "R3", "R4"}

// Checklist is what a reviewer has looked at before he accepts: that none of
// the four cases is there.
var Checklist = []string{"reason", "complete", "graded", "else"}

// Difference is one thing that an order changes.
type Difference struct {
	Pointer string          `json:"pointer"` // in the description, e.g. "/abstract/zh"
	Was     json.RawMessage `json:"was,omitempty"`
	Now     json.RawMessage `json:"now,omitempty"`
}

// Content is what the editor of an order writes.
type Content struct {
	Proposed    json.RawMessage `json:"proposed,omitempty"`     // the whole new description; none for List, whose entry is still a draft, and Withdraw
	Reason      string          `json:"reason"`                 //
	Ground      string          `json:"ground,omitempty"`       // of Grounds, for Withdraw
	Into        string          `json:"into,omitempty"`         // slug of the entry that takes its place, for the ground "merged"
	EffectiveOn workday.Date    `json:"effective_on,omitempty"` // "" for as soon as it is accepted
	Urgent      string          `json:"urgent,omitempty"`       // why a downgrade cannot wait for its notice; "" if it can
}

// Document is an explaining document (说明文件).
type Document struct {
	ID     string `json:"id"` // of casework/material
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Fault is one reason for which an order is returned.
type Fault struct {
	Code    string `json:"code"`              // of ReturnCodes
	Pointer string `json:"pointer,omitempty"` // in the description; "" for the whole
	Text    string `json:"text"`
	// Key and Args are the words of a fault that the platform found; Text is "".
	Key  string         `json:"key,omitempty"`
	Args map[string]any `json:"args,omitempty"`
}

// Order is what the rules know of one work order.
type Order struct {
	ID     string `json:"id"`
	Number string `json:"number,omitempty"` // e.g. QD-2026-000017; "" before it is handed in
	Entry  string `json:"entry"`            // slug
	Body   string `json:"body"`             // id of the entry's publisher
	Kind   Kind   `json:"kind"`
	Stage  Stage  `json:"stage"`
	Content
	Documents    []Document        `json:"documents,omitempty"`
	Was          opening.Type      `json:"was,omitempty"` // opening type before; "" for List
	Now          opening.Type      `json:"now,omitempty"` // and after; closed for Withdraw
	Differences  []Difference      `json:"differences,omitempty"`
	Faults       []Fault           `json:"faults,omitempty"`       // of the last return
	Acknowledged bool              `json:"acknowledged,omitempty"` // by the authority, for a downgrade
	Clock        deadline.Clock    `json:"clock,omitzero"`
	SubmittedOn  workday.Date      `json:"submitted_on,omitempty"`
	EffectOn     workday.Date      `json:"effect_on,omitempty"` // the day on which it took effect
	Why          string            `json:"why,omitempty"`       // it was cancelled
	Did          map[string]string `json:"did,omitempty"`       // verb → doer, for four eyes
}

// Downgrade reports whether the order opens less than before: from
// unconditional to conditional, or off the list (Article 11(1)).
func (o Order) Downgrade() bool { return o.Was.Known() && o.Was.Looser(o.Now) }

// Open reports whether somebody still works on the order.
func (o Order) Open() bool { return o.Stage != StageEffective && o.Stage != StageCancelled }

// Turn is whose turn it is: "publisher", "centre", "authority", "clock" or "".
func (o Order) Turn() string {
	switch o.Stage {
	case StageDraft, StageReturned:
		return "publisher"
	case StageSubmitted:
		return "centre"
	case StageReviewing:
		if o.Downgrade() && !o.Acknowledged {
			return "authority"
		}
		return "centre"
	case StageAccepted:
		return "clock"
	}
	return ""
}
