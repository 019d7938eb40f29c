package codelist

import (
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// List is the name of a list.
type List string

// The lists.
const (
	Domains       List = "domains"        // 数据领域
	Frequencies   List = "frequencies"    // 更新频率
	ReturnReasons List = "return_reasons" // 工单退回理由 (Article 11(2))
	RecallReasons List = "recall_reasons" // 版本召回理由
	Scenarios     List = "scenarios"      // 应用场景 (Article 15(1))
)

// Lists names every list.
var Lists = []List{Domains, Frequencies, ReturnReasons, RecallReasons, Scenarios}

// Keep is the rule of changes. Codes are public.
var Keep = permit.Rule{Act: "codelist.keep", By: []permit.Role{permit.SysAdmin}}

// Entry is one code of a list.
type Entry struct {
	List List         `json:"list"`
	Code string       `json:"code"`
	Name locale.Text  `json:"name"`
	Note string       `json:"note,omitempty"`
	From workday.Date `json:"from"`            // first day on which it may be used
	Last workday.Date `json:"until,omitempty"` // last day on which it may be used; "" for open-ended
	// Window, of a frequency, is how many days may pass after an update before
	// a dataset counts as late; 0: no promise.
	Window int `json:"window,omitempty"`
}

// Holds reports whether e may be used on day.
func (e Entry) Holds(day workday.Date) bool {
	return e.From <= day && (e.Last == "" || day <= e.Last)
}

// Wording is what may be changed of a code: its words, not its meaning.
type Wording struct {
	Name   locale.Text `json:"name"`
	Note   string      `json:"note,omitempty"`
	Window int         `json:"window,omitempty"`
}

// End is the last day of a code.
type End struct {
	Last workday.Date `json:"until"`
}

// The events.
type (
	Added struct {
		Entry
	}
	Reworded struct {
		Wording
	}
	Ended struct {
		End
	}
)

// Event is something that happened to a code.
type Event interface{ Kind() string }

func (Added) Kind() string    { return "codelist.added" }
func (Reworded) Kind() string { return "codelist.reworded" }
func (Ended) Kind() string    { return "codelist.ended" }

// CheckNew returns every fault of an entry that begins, or nil.
func CheckNew(e Entry, taken bool, today workday.Date) error {
	var p problem.List
	switch {
	case !validCode(e.Code):
		p.Add("/code", "codelist.bad_code", "code", e.Code)
	case taken:
		p.Add("/code", "codelist.taken", "code", e.Code)
	}
	checkWording(&p, e.List, Wording{e.Name, e.Note, e.Window})
	if !e.From.Valid() || e.From < today {
		p.Add("/from", "codelist.begins_before_today", "day", string(e.From))
	}
	if e.Last != "" && (!e.Last.Valid() || e.Last < e.From) {
		p.Add("/until", "codelist.ends_before_it_begins", "day", string(e.Last))
	}
	return p.Err()
}

// CheckWording returns every fault of new words for a code of list l, or nil.
func CheckWording(l List, w Wording) error {
	var p problem.List
	checkWording(&p, l, w)
	return p.Err()
}

func checkWording(p *problem.List, l List, w Wording) {
	p.Require("/name/zh", w.Name.ZH)
	p.Require("/name/en", w.Name.EN)
	if w.Window < 0 || w.Window > 4000 || w.Window != 0 && l != Frequencies {
		p.Add("/window", "codelist.bad_window", "window", w.Window)
	}
}

// CheckEnd returns what is wrong with ending e, or nil: today is the earliest
// last day, since it may have been used today.
func CheckEnd(e Entry, c End, today workday.Date) error {
	if e.Last != "" && e.Last < today {
		return problem.New(problem.Conflict, "codelist.has_ended", "day", string(e.Last))
	}
	var p problem.List
	if !c.Last.Valid() || c.Last < today || c.Last < e.From {
		p.Add("/until", "codelist.ends_in_the_past", "day", string(c.Last))
	}
	return p.Err()
}

// validCode: 1 to 40 lower-case letters, digits, hyphens and underscores.
func validCode(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// Known reports whether there is a list of that name.
func Known(l List) bool { return slices.Contains(Lists, l) }
