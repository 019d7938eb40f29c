package openlist

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Command is a request to move an entry.
type Command interface{ Verb() string }

// The commands. Those that carry the id of a work order are the order's
// consequence.
type (
	Describe struct{ Description }
	Submit   struct {
		Order string `json:"order"`
	}
	GiveBack struct{}
	List     struct {
		Order string       `json:"order"`
		On    workday.Date `json:"on"`
	}
	// Adopt takes over an entry that another list has published.
	Adopt struct {
		Description
		From locale.Text `json:"from"` // the other list
	}
	Change struct {
		Description
		Order string `json:"order"`
	}
	Suspend struct {
		Reasons []string `json:"reasons"`
	}
	Resume   struct{}
	Withdraw struct {
		Reasons []string `json:"reasons"`
		Order   string   `json:"order,omitempty"`
	}
)

func (Describe) Verb() string { return "describe" }
func (Submit) Verb() string   { return "submit" }
func (GiveBack) Verb() string { return "give_back" }
func (List) Verb() string     { return "list" }
func (Adopt) Verb() string    { return "adopt" }
func (Change) Verb() string   { return "change" }
func (Suspend) Verb() string  { return "suspend" }
func (Resume) Verb() string   { return "resume" }
func (Withdraw) Verb() string { return "withdraw" }

// Event is something that happened to an entry.
type Event interface{ Kind() string }

// The events.
type (
	Described struct {
		Description
		By string `json:"by"`
	}
	Submitted struct {
		Order string `json:"order"`
		By    string `json:"by"`
	}
	GivenBack struct{}
	Listed    struct {
		Order string       `json:"order"`
		On    workday.Date `json:"on"`
	}
	Adopted struct {
		Description
		From locale.Text `json:"from"`
	}
	Changed struct {
		Description
		Order string `json:"order"`
	}
	Suspended struct {
		Reasons []string `json:"reasons"`
	}
	Resumed   struct{}
	Withdrawn struct {
		Reasons []string `json:"reasons"`
		Order   string   `json:"order,omitempty"`
	}
)

func (Described) Kind() string { return "openlist.described" }
func (Submitted) Kind() string { return "openlist.submitted" }
func (GivenBack) Kind() string { return "openlist.given_back" }
func (Listed) Kind() string    { return "openlist.listed" }
func (Adopted) Kind() string   { return "openlist.adopted" }
func (Changed) Kind() string   { return "openlist.changed" }
func (Suspended) Kind() string { return "openlist.suspended" }
func (Resumed) Kind() string   { return "openlist.resumed" }
func (Withdrawn) Kind() string { return "openlist.withdrawn" }
