package access

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/tabular"
)

// Compare tells two versions of a dataset apart, both of which who must be
// allowed to read. At most limit rows of each kind of change are returned.
func (s *Service) Compare(ctx context.Context, who permit.Actor, slug string, from, to, limit int) (a, b *Reading, d tabular.Difference, err error) {
	if a, err = s.Open(ctx, who, slug, from); err != nil {
		return nil, nil, d, err
	}
	if b, err = s.Open(ctx, who, slug, to); err != nil {
		return nil, nil, d, err
	}
	comparer, ok := s.Engine.(tabular.Comparer)
	if !ok {
		return nil, nil, d, problem.New(problem.Unsupported, "access.cannot_compare")
	}
	key := b.Table().Key
	if !slices.Equal(key, a.Table().Key) {
		key = nil
	}
	d, err = comparer.Compare(ctx, a.Table(), b.Table(), key, limit)
	return a, b, d, err
}
