package openlist

// Command is a request to move an entry.
type Command interface{ Verb() string }

// The commands.
type (
	Describe struct{ Description }
	Publish  struct{}
	// ProposeItems proposes a whole new dictionary; Article 11 asks for a reason.
	ProposeItems struct {
		Items  []Item `json:"items"`
		Reason string `json:"reason"`
	}
	AcceptItems struct{}
	ReturnItems struct {
		Reason string `json:"reason"`
	}
	Suspend struct {
		Reasons []string `json:"reasons"`
	}
	Resume   struct{}
	Withdraw struct {
		Reasons []string `json:"reasons"`
	}
)

func (Describe) Verb() string     { return "describe" }
func (Publish) Verb() string      { return "publish" }
func (ProposeItems) Verb() string { return "propose_items" }
func (AcceptItems) Verb() string  { return "accept_items" }
func (ReturnItems) Verb() string  { return "return_items" }
func (Suspend) Verb() string      { return "suspend" }
func (Resume) Verb() string       { return "resume" }
func (Withdraw) Verb() string     { return "withdraw" }

// Event is something that happened to an entry.
type Event interface{ Kind() string }

// The events.
type (
	Described struct {
		Description
		By string `json:"by"`
	}
	Published     struct{}
	ItemsProposed struct {
		Items  []Item `json:"items"`
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	ItemsAccepted struct{ Proposal }
	ItemsReturned struct{ Return }
	Suspended     struct {
		Reasons []string `json:"reasons"`
	}
	Resumed   struct{}
	Withdrawn struct {
		Reasons []string `json:"reasons"`
	}
)

func (Described) Kind() string     { return "openlist.described" }
func (Published) Kind() string     { return "openlist.published" }
func (ItemsProposed) Kind() string { return "openlist.items_proposed" }
func (ItemsAccepted) Kind() string { return "openlist.items_accepted" }
func (ItemsReturned) Kind() string { return "openlist.items_returned" }
func (Suspended) Kind() string     { return "openlist.suspended" }
func (Resumed) Kind() string       { return "openlist.resumed" }
func (Withdrawn) Kind() string     { return "openlist.withdrawn" }
