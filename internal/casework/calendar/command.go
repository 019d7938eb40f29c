package calendar

import (
	"context"
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// command answers a command on a notice or a term, read from the JSON body if
// there is one. An address without an id begins one.
func command[C Command, X any](do func(ctx context.Context, who permit.Actor, id string, c Command) (X, error)) web.Handler {
	return func(c *web.Context) error {
		var asked C
		if err := c.Body(&asked); err != nil {
			return err
		}
		x, err := do(c.Request.Context(), c.Actor, c.Param("id"), asked)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if c.Param("id") == "" {
			status = http.StatusCreated
		}
		return c.JSON(status, x)
	}
}
