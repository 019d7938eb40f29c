package access

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// under are the answers under way that read data, by the dataset's slug.
type under struct {
	mu   sync.Mutex
	ways map[string]map[*web.Answer]struct{}
}

// enter notes that an answer reads a dataset, until the answer is given.
func (u *under) enter(slug string, a *web.Answer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ways == nil {
		u.ways = map[string]map[*web.Answer]struct{}{}
	}
	if u.ways[slug] == nil {
		u.ways[slug] = map[*web.Answer]struct{}{}
	}
	if _, known := u.ways[slug][a]; known {
		return
	}
	u.ways[slug][a] = struct{}{}
	go func() {
		<-a.Ended()
		u.mu.Lock()
		defer u.mu.Unlock()
		if delete(u.ways[slug], a); len(u.ways[slug]) == 0 {
			delete(u.ways, slug)
		}
	}()
}

func (u *under) of(slug string, but *web.Answer) (all []*web.Answer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for a := range u.ways[slug] {
		if a != but {
			all = append(all, a)
		}
	}
	return all
}

// patience is how long Stop waits for what it cut. A query ends when its engine
// looks up; that is much sooner.
const patience = 20 * time.Second

// Stop resets every answer under way that reads the dataset called slug,
// cancels its query, and returns when none is left. It is to be called when the
// opening is stopped for good to see: an answer that begins later is refused,
// since it is noted before the rules are asked. Article 31(2).
func (s *Service) Stop(ctx context.Context, _ permit.Actor, slug string) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	cut := s.under.of(slug, web.AnswerOf(ctx))
	for _, a := range cut {
		a.Cut()
	}
	for _, a := range cut {
		select {
		case <-a.Ended():
		case <-ctx.Done():
			return fmt.Errorf("stop reading %s: an answer does not end", slug)
		}
	}
	return nil
}
