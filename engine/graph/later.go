package graph

import "context"

type laterKey struct{}

// WithLater marks calls that give way to others as long as later reports true, because nobody waits for their outputs yet.
func WithLater(ctx context.Context, later func() bool) context.Context {
	return context.WithValue(ctx, laterKey{}, later)
}

// Later reports whether a call gives way to others.
func Later(ctx context.Context) bool {
	later, ok := ctx.Value(laterKey{}).(func() bool)
	return ok && later()
}
