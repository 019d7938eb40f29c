// Package id makes identifiers: a prefix that tells the kind, then 26 letters
// that sort by time (ULID: 48 bits of milliseconds, 80 random bits).
package id

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"

	"kaishu/internal/base/clock"
)

// Source makes ids. It may be shared between goroutines.
type Source struct {
	clock  clock.Clock
	random io.Reader
	mu     sync.Mutex
	last   uint64
	tail   [10]byte
}

// New returns a source that takes time from c and chance from the system.
func New(c clock.Clock) *Source { return &Source{clock: c, random: rand.Reader} }

// Seeded returns a source whose ids depend on c and random only, for tests.
func Seeded(c clock.Clock, random io.Reader) *Source { return &Source{clock: c, random: random} }

// crockford is the alphabet without I, L, O and U, in ASCII order.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Make returns a new id, e.g. "ver_01JD…". Ids of one source are strictly
// increasing, also within one millisecond.
func (s *Source) Make(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := uint64(s.clock.Now().UnixMilli())
	if ms > s.last {
		s.last = ms
		if _, err := io.ReadFull(s.random, s.tail[:]); err != nil {
			panic("id: no random numbers: " + err.Error())
		}
		s.tail[0] &= 0x7f // room to count up
	} else {
		for i := len(s.tail) - 1; i >= 0; i-- {
			if s.tail[i]++; s.tail[i] != 0 {
				break
			}
		}
	}
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], s.last<<16)
	copy(raw[6:], s.tail[:])
	return prefix + "_" + encode(raw)
}

func encode(raw [16]byte) string {
	var out [26]byte
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	for i := 25; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}
