package account

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// ProveAgain has whoever has signed in by a browser prove again that it is
// he, before an act that binds him: by his password, where he has one, and by a
// code of his second factor, where he has one. It fails with problem.Invalid
// at "/present" or "/code" if they are wrong, and with problem.Conflict
// "account.nothing_to_prove" if he has neither.
func (s *Service) ProveAgain(ctx context.Context, who permit.Actor, present, code string) error {
	r, err := s.proved(ctx, who, present, code)
	if err == nil && r.password == "" && r.factor == "" {
		return problem.New(problem.Conflict, "account.nothing_to_prove")
	}
	return err
}
