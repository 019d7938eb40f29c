package id

import "context"

type traceKey struct{}

// WithTrace returns ctx with the W3C trace id of the request or job that it
// belongs to, so that a click can be followed to its last consequence.
func WithTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// Trace returns the trace id that ctx carries; "" if none.
func Trace(ctx context.Context) string {
	t, _ := ctx.Value(traceKey{}).(string)
	return t
}
