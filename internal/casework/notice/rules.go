package notice

import (
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Kind is one kind of notice. Each concept declares its own.
type Kind struct {
	Name  string // e.g. "proof.accepted"; part of the webhook's message
	Topic string // message key of what it is about; people choose by topic
	Title string // message key; one short sentence
	Text  string // message key; the whole
}

// Notice is something to tell a person.
type Notice struct {
	Key     string // follows from the cause, so that telling twice is once; "" for a new one each time
	Account string
	Kind    string         // name of a Kind
	Args    map[string]any // values for the {placeholders} of Title and Text: texts and numbers
	About   string         // address on the platform, without language, e.g. "/proof/prf_01…"; "" for none
}

// Told is a notice as it was told.
type Told struct {
	ID     string      `json:"id"`
	Kind   string      `json:"kind"`
	Topic  string      `json:"topic"`
	Title  locale.Text `json:"title"`
	Text   locale.Text `json:"text"`
	About  string      `json:"about,omitempty"` // without language
	At     time.Time   `json:"at"`
	ReadAt time.Time   `json:"read_at,omitzero"` // zero while unread
}

// Channel is a way beside the inbox.
type Channel string

// The channels.
const (
	Mail    Channel = "mail"
	Webhook Channel = "webhook"
	Letter  Channel = "letter" // e-mail to an address that is not confirmed yet
)

// State is how a delivery stands.
type State string

// The states.
const (
	Waiting State = "waiting"
	Sent    State = "sent"
	Failed  State = "failed" // will be tried again
	GivenUp State = "given_up"
)

// Delivery is one notice on one channel.
type Delivery struct {
	ID       string    `json:"id"`
	Notice   string    `json:"notice,omitempty"`
	Channel  Channel   `json:"channel"`
	Target   string    `json:"target,omitempty"` // id of the webhook or letter
	State    State     `json:"state"`
	Attempts int       `json:"attempts"`
	Status   int       `json:"status,omitempty"` // last answer of a webhook; 0 for none
	Fault    string    `json:"fault,omitempty"`  // message key of why it failed
	At       time.Time `json:"at"`               // of the last change
	account  string
}

// pauses are the times between attempts. [D]
var pauses = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// after returns how long to wait after n failed attempts; ok is false when
// trying ends.
func after(n int) (pause time.Duration, ok bool) {
	if n < 1 || n > len(pauses) {
		return 0, false
	}
	return pauses[n-1], true
}

// Choice is what a person chose.
type Choice struct {
	Lang locale.Lang `json:"lang"`           // of e-mails
	Mute []string    `json:"mute,omitempty"` // topics of which no e-mail is sent
}

// check returns every fault of c.
func (c Choice) check(topics []string) error {
	var p problem.List
	if !slices.Contains(locale.Langs, c.Lang) {
		p.Add("/lang", "notice.unknown_language")
	}
	for _, t := range c.Mute {
		if !slices.Contains(topics, t) {
			p.Add("/mute", "notice.unknown_topic", "topic", t)
		}
	}
	return p.Err()
}

// Hook is a webhook of a person.
type Hook struct {
	ID     string    `json:"id"`
	URL    string    `json:"url"`
	On     bool      `json:"on"` // false after it failed for too long, or said that it is gone
	MadeAt time.Time `json:"made_at"`
}

// MaxHooks is how many webhooks a person may have. [D]
const MaxHooks = 5

// MayRead is the rule of the inbox: each person's own.
var MayRead = permit.Rule{Act: "notice.read", By: []permit.Role{permit.Signed}}

// brief makes s one line of at most n characters.
func brief(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(strings.TrimSpace(s)); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return strings.TrimSpace(s)
}
