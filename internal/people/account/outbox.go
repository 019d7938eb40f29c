package account

import (
	"slices"
	"sync"

	"kaishu/internal/infra/database"
)

// Outbox is a Messenger that keeps the latest mails in memory: for tests, and
// for development, where a page shows them. The zero Outbox is ready to use.
type Outbox struct {
	mu   sync.Mutex
	kept []Message
}

// mostKept is how many mails an Outbox keeps.
const mostKept = 100

// Send keeps m. A mail of a transaction that is undone stays: nobody is
// harmed, since its ticket is not there.
func (o *Outbox) Send(_ *database.Tx, m Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = append(o.kept, m)
	if len(o.kept) > mostKept {
		o.kept = o.kept[1:]
	}
	return nil
}

// Mails returns what was kept, the latest first.
func (o *Outbox) Mails() []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := slices.Clone(o.kept)
	slices.Reverse(all)
	return all
}
