package web

import (
	"container/list"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kaishu/internal/base/clock"
)

// FairUse bounds what one address may ask for, so that everybody is served.
type FairUse struct {
	PerMinute int // units; 0 for no limit
	// Cost returns the units that one request to a route takes; nil for one, for
	// a query over a whole table three, for a form of the entrance ten, and for an
	// asset none.
	Cost func(r *Route) int
	// Bulk returns the address of a file that holds what the request asks for
	// piece by piece, "" for none. Nil: there are no such files.
	Bulk func(q *http.Request) string
}

// Costs in units. A page or a file is one, a query over a whole table more.
const (
	costPlain = 1
	costQuery = 3
	costProof = 10 // a password takes memory and time to check, and is what robots guess
)

func (f FairUse) cost(r *Route) int {
	switch {
	case f.Cost != nil:
		return f.Cost(r)
	case r.Name == assetRoute:
		return 0
	case strings.HasSuffix(r.Path, "/rows"):
		return costQuery
	case r.Plain && r.Method == http.MethodPost:
		return costProof
	}
	return costPlain
}

func (f FairUse) bulk(q *http.Request) string {
	if f.Bulk != nil {
		return f.Bulk(q)
	}
	return ""
}

// maxAddresses bounds the limiter's memory: about 300 bytes each.
const maxAddresses = 100_000

// limiter keeps a bucket for each address that asked lately; the address that
// was silent longest is forgotten first.
type limiter struct {
	fair  FairUse
	clock clock.Clock
	most  int // addresses remembered

	mu     sync.Mutex
	known  map[netip.Addr]*list.Element
	recent list.List // of *caller, the latest first
}

type caller struct {
	address netip.Addr
	bucket  *rate.Limiter
}

func newLimiter(f FairUse, c clock.Clock) *limiter {
	return &limiter{fair: f, clock: c, most: maxAddresses, known: map[netip.Addr]*list.Element{}}
}

// take books one request of address and returns 0, or the seconds to wait.
func (l *limiter) take(address netip.Addr, r *Route) int {
	cost := l.fair.cost(r)
	if l.fair.PerMinute == 0 || cost <= 0 {
		return 0
	}
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.bucket(address)
	booked := bucket.ReserveN(now, min(cost, bucket.Burst()))
	if wait := booked.DelayFrom(now); wait > 0 {
		booked.CancelAt(now)
		return int((wait + time.Second - 1) / time.Second)
	}
	return 0
}

// bucket returns the bucket of address. It holds half a minute's units, so
// that a page with its pictures passes at once.
func (l *limiter) bucket(address netip.Addr) *rate.Limiter {
	if e := l.known[address]; e != nil {
		l.recent.MoveToFront(e)
		return e.Value.(*caller).bucket
	}
	if oldest := l.recent.Back(); l.recent.Len() >= l.most {
		delete(l.known, l.recent.Remove(oldest).(*caller).address)
	}
	c := &caller{address, rate.NewLimiter(rate.Limit(float64(l.fair.PerMinute)/60), max(1, l.fair.PerMinute/2))}
	l.known[address] = l.recent.PushFront(c)
	return c.bucket
}
